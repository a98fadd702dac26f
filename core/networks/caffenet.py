"""CaffeNet: the network whose layers the DeePSim generators invert."""

from collections import OrderedDict

import torch
from torch import nn

from core.computing.devices import choose_device
from core.computing.sequential import (
    initialise_weights,
    sequential_of,
    without_wrapper_names,
)
from core.download import RemoteFile
from core.errors import ImageError, LayerError
from core.images.range import CAFFE_MEAN
from core.weights import WeightFile, WeightSource

WEIGHT_FILE = WeightFile(
    "caffenet.pt",
    RemoteFile("https://huggingface.co/binxu/DeePSim_DosovitskiyBrox2016/resolve/main/caffenet.pt"),
    aliases=("upconvGAN_caffenet.pt", "upconv/caffenet/caffenet_state_dict.pt"),
)


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
    weights_dir
        Folder with ``caffenet.pt``, looked at first.
    device
        Where it computes; by default CUDA when present, else the CPU.
    trusted
        Read a local weight file that holds more than tensors; it can run any code.
    allow_download
        Whether the weights may be fetched.

    Raises
    ------
    WeightsError
        If the weights cannot be found, fetched or read.

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
        trusted: bool = False,
        allow_download: bool = True,
    ):
        super().__init__()
        device = choose_device(device)
        if pretrained:
            source = WeightSource(pretrained, weights_dir, trusted, allow_download)
            state, path = source.read(WEIGHT_FILE)
            self.net = sequential_of(lambda: _layers().items(), without_wrapper_names(state), path)
        else:
            self.net = nn.Sequential(_layers())
            initialise_weights(self.net)
        mean = torch.tensor(CAFFE_MEAN).reshape(1, 3, 1, 1)
        self.register_buffer("RGB_mean", mean, persistent=False)
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
            raise ImageError(expected="images (B, 3, H, W)", found=tuple(x.shape))
        if output_layer_idx is not None and not 0 < output_layer_idx <= len(self.net):
            raise LayerError(
                path="output_layer_idx", expected=f"1 to {len(self.net)}", found=output_layer_idx
            )
        if preproc:
            x = (x * (255 / scale) - self.RGB_mean).flip(1)
        return self.net[:output_layer_idx](x)
