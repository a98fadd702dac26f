"""CaffeNet: the network whose layers the DeePSim generators invert."""

from collections import OrderedDict

import torch
from torch import nn

from core.errors import ImageError, LayerError
from core.utils.deepsim import RGB_mean, pretrained_sequential, spread_weights
from core.utils.devices import choose_device

INVERTED_AT = {
    "norm1": "norm1",
    "norm2": "norm2",
    "conv3": "relu3",
    "conv4": "relu4",
    "pool5": "pool5",
    "fc6": "relu6",
    "fc6_eucl": "relu6",
    "fc7": "relu7",
    "fc8": "fc8",
}
"""Layer of ``Caffenet.net`` whose output each DeePSim generator inverts."""


def _layers() -> OrderedDict[str, nn.Module]:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, stride=2, ceil_mode=True)

    def norm() -> nn.Module:
        return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)

    return OrderedDict(
        conv1=nn.Conv2d(3, 96, 11, stride=4),
        relu1=nn.ReLU(inplace=True),
        pool1=pool(),
        norm1=norm(),
        conv2=nn.Conv2d(96, 256, 5, padding=2, groups=2),
        relu2=nn.ReLU(inplace=True),
        pool2=pool(),
        norm2=norm(),
        conv3=nn.Conv2d(256, 384, 3, padding=1),
        relu3=nn.ReLU(inplace=True),
        conv4=nn.Conv2d(384, 384, 3, padding=1, groups=2),
        relu4=nn.ReLU(inplace=True),
        conv5=nn.Conv2d(384, 256, 3, padding=1, groups=2),
        relu5=nn.ReLU(inplace=True),
        pool5=pool(),
        flatten=nn.Flatten(),
        fc6=nn.Linear(9216, 4096),
        relu6=nn.ReLU(inplace=True),
        fc7=nn.Linear(4096, 4096),
        relu7=nn.ReLU(inplace=True),
        fc8=nn.Linear(4096, 1000),
    )


class Caffenet(nn.Module):
    """CaffeNet with 21 named layers in ``net``; input 227x227 (224x224 works too), no dropout.

    Parameters
    ----------
    pretrained
        Load the published weights; otherwise they are random.
    weights_dir, device, allow_download
        As in `upconvGAN`.

    Examples
    --------
    >>> net = Caffenet(pretrained=False)
    >>> net(torch.rand(1, 3, 227, 227), preproc=True, output_layer_idx=15).shape
    torch.Size([1, 256, 6, 6])
    """

    def __init__(
        self,
        pretrained: bool = True,
        *,
        weights_dir: str | None = None,
        device: str | torch.device | None = None,
        allow_download: bool = True,
    ):
        super().__init__()
        device = choose_device(device)
        name = "caffenet" if pretrained else None
        self.net = pretrained_sequential(
            lambda: _layers().items(), name, weights_dir, allow_download
        )
        if not pretrained:
            spread_weights(self.net)
        self.register_buffer("RGB_mean", RGB_mean.clone(), persistent=False)
        self.to(device).eval().requires_grad_(False)

    def forward(
        self,
        x: torch.Tensor,
        preproc: bool = False,
        scale: float = 1.0,
        output_layer_idx: int | None = None,
    ) -> torch.Tensor:
        """Logits ``(B, 1000)``, or the output of an earlier layer.

        Parameters
        ----------
        x
            ``(B, 3, H, W)``; BGR, 0-255 minus the mean colour, unless `preproc`.
        preproc
            `x` is RGB in [0, scale] and is brought into the network's own form first.
        scale
            Value of white in `x`.
        output_layer_idx
            Run the layers before this index (exclusive end); None runs all.
        """
        if x.dim() != 4 or x.shape[1] != 3:
            raise ImageError(f"expected images (B, 3, H, W), found {tuple(x.shape)}.")
        if output_layer_idx is not None and not 0 < output_layer_idx <= len(self.net):
            raise LayerError(
                f"output_layer_idx: expected 1 to {len(self.net)}, found {output_layer_idx}."
            )
        if preproc:
            x = (x * (255 / scale) - self.RGB_mean).flip(1)
        return self.net[:output_layer_idx](x)
