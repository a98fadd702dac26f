"""BigGAN-deep through `pytorch_pretrained_biggan`, with what that library gets wrong put right.

A latent code has 256 values: 128 of noise, then the 128 of a class embedding. The model is always
in eval mode (in train mode every forward pass changes its spectral normalisation). Between two
stored truncations the library weights the statistics of its batch norms the wrong way round and,
through rounding, takes the wrong row at five of them; `TruncatedNorm` takes their place.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of
from core.computing.random_source import (
    Randomness,
    standard_normal,
    torch_draws_from,
    torch_generator,
)
from core.download import RemoteFile
from core.errors import SettingError, WeightsError
from core.generators.protocol import Generator
from core.optional import import_package
from core.spaces import TRUNCATION
from core.weights import WeightFile, load_strictly, locate, read_state

HOST = "https://s3.amazonaws.com/models.huggingface.co/biggan/"

CONFIGURATIONS = {f"biggan-deep-{size}": f"BigGAN{size}" for size in (128, 256, 512)}
"""version: the library's name of its configuration."""


def weight_file(version: str) -> WeightFile:
    """The weights of a version, and the names under which other programs keep them."""
    name = f"{version}-pytorch_model.bin"
    return WeightFile(
        name,
        RemoteFile(HOST + name),
        aliases=(f"{version}/pytorch_model.bin", "pytorch_model.bin"),
    )


def load_biggan(
    version: str = "biggan-deep-256",
    device: str | torch.device | None = None,
    weights_dir: str | Path | None = None,
    *,
    pretrained: bool = True,
    allow_download: bool = True,
    rng: Randomness = None,
) -> nn.Module:
    """A BigGAN-deep model of `pytorch_pretrained_biggan`, frozen and in eval mode.

    Published as `core.utils.GAN_utils.loadBigGAN`; `BigGAN` makes a generator of it.

    Parameters
    ----------
    version
        biggan-deep-128, biggan-deep-256 or biggan-deep-512.
    device
        Where it computes; by default CUDA when present, else the CPU.
    weights_dir
        Folder with ``<version>-pytorch_model.bin`` or ``pytorch_model.bin``, looked at first; then
        ``$NETWORK_WEIGHTS``, torch.hub's folders and the library's own cache are. A configuration
        beside the file (``<version>-config.json`` or ``config.json``) is used.
    pretrained
        Load the published weights; otherwise they are random.
    allow_download
        Whether the weights may be fetched.
    rng
        Source of random weights.

    Returns
    -------
    nn.Module
        The library's model.

    Raises
    ------
    SettingError
        If there is no such version.
    WeightsError
        If the weights cannot be found, fetched or read.
    MissingPackageError
        If `pytorch_pretrained_biggan`, or the boto3 and scipy that it needs, is not installed.
    """
    if version not in CONFIGURATIONS:
        raise SettingError(expected=f"one of {', '.join(CONFIGURATIONS)}", found=f"{version!r}")
    device = choose_device(device)
    library = import_package("pytorch_pretrained_biggan", "BigGAN")
    if pretrained:
        file = weight_file(version)
        path = locate(
            file, folder=weights_dir, others=_other_places(file), allow_download=allow_download
        )
        state = read_state(path)
        with torch.device("meta"):
            model = library.BigGAN(_configuration(version, path.parent))
        model.to_empty(device="cpu")
        load_strictly(model, state, path)
    else:
        with torch_draws_from(rng):
            model = library.BigGAN(_configuration(version))
        nn.init.ones_(model.generator.bn.weight)
        nn.init.zeros_(model.generator.bn.bias)
        settle_spectral_norms(model)
    return model.to(device).eval().requires_grad_(False)


def _configuration(version: str, folder: Path | None = None) -> object:
    """The configuration that lies beside the weights, or else the published one."""
    if folder is not None:
        for name in (f"{version}-config.json", "config.json"):
            if (folder / name).is_file():
                return _read_configuration(folder / name)
    ready = import_package("pytorch_pretrained_biggan.convert_tf_to_pytorch", "BigGAN")
    return getattr(ready, CONFIGURATIONS[version])


def _read_configuration(path: Path) -> object:
    library = import_package("pytorch_pretrained_biggan", "BigGAN")
    try:
        return library.BigGANConfig.from_json_file(path)
    except (ValueError, AttributeError) as error:
        raise WeightsError(
            path=path, expected="BigGAN's configuration", found=f"an error: {error}"
        ) from None


def settle_spectral_norms(model: nn.Module, n_iterations: int = 10) -> None:
    """Power iterations towards the largest singular value of every spectrally normalised weight.

    Training does one at every step; a model with fresh weights has had none, and its eval mode
    would divide by a number near 0.

    Parameters
    ----------
    model
        Model whose weights are spectrally normalised; changed in place.
    n_iterations
        Power iterations of each weight.
    """
    with torch.no_grad():
        for module in model.modules():
            if hasattr(module, "weight_u"):
                matrix = module.weight_orig.flatten(1)
                for _ in range(n_iterations):
                    nn.functional.normalize(matrix.T @ module.weight_u, dim=0, out=module.weight_v)
                    nn.functional.normalize(matrix @ module.weight_v, dim=0, out=module.weight_u)


class TruncatedNorm(nn.Module):
    """Batch norm with stored statistics for every 1/50 of truncation, linear in between.

    Made from one of the library's, whose tensors and names it keeps.
    """

    def __init__(self, norm: nn.Module):
        super().__init__()
        self.eps = norm.eps
        self.conditional = norm.conditional
        if norm.conditional:
            self.scale, self.offset = norm.scale, norm.offset
        else:
            self.weight, self.bias = norm.weight, norm.bias
        self.register_buffer("running_means", norm.running_means)
        self.register_buffer("running_vars", norm.running_vars)

    def forward(
        self, x: torch.Tensor, truncation: float, condition: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Normalise ``(B, C, H, W)`` maps; `condition` is ``(B, 256)``."""
        mean = at_truncation(self.running_means, truncation)
        variance = at_truncation(self.running_vars, truncation)
        if self.conditional:
            weight, bias = 1 + self.scale(condition), self.offset(condition)
        else:
            weight, bias = self.weight[None], self.bias[None]
        gain = weight * torch.rsqrt(variance + self.eps)
        shift = bias - gain * mean
        return torch.addcmul(shift[..., None, None], x, gain[..., None, None])


def at_truncation(statistics: torch.Tensor, truncation: float) -> torch.Tensor:
    """Row of ``(n_stats, C)`` statistics that belongs to a truncation in (0, 1], interpolated.

    Parameters
    ----------
    statistics : (n_stats, C)
        Stored statistics, one row for every step of truncation.
    truncation
        In (0, 1].

    Examples
    --------
    >>> rows = torch.arange(51.0)[:, None]
    >>> at_truncation(rows, 0.7), at_truncation(rows, 0.705)
    (tensor([35.]), tensor([35.2500]))
    """
    if not 0 < truncation <= 1:
        raise SettingError(
            path="truncation", expected="more than 0 and at most 1", found=truncation
        )
    position = round(truncation * (len(statistics) - 1), 9)
    row = min(int(position), len(statistics) - 2)
    return torch.lerp(statistics[row], statistics[row + 1], position - row)


class BigGAN(Generator):
    """BigGAN with the protocol that all generators share; published as `BigGAN_wrapper`.

    Parameters
    ----------
    model
        A model of `pytorch_pretrained_biggan`, as `load_biggan` gives it. It is put into eval mode,
        and its batch norms are replaced by ones that interpolate the right way.

    Attributes
    ----------
    BigGAN : nn.Module
    latent_shape
        (256,): 128 of noise, then 128 of class embedding.

    Examples
    --------
    >>> import pytorch_pretrained_biggan as library
    >>> G = BigGAN(library.BigGAN(library.BigGANConfig(channel_width=8)))
    >>> G.sample(3, class_id=207, rng=0).shape
    torch.Size([3, 256])
    """

    batch_size = 15

    def __init__(self, model: nn.Module):
        super().__init__()
        if not all(hasattr(model, part) for part in ("generator", "embeddings", "config")):
            raise SettingError(
                expected="a model of pytorch_pretrained_biggan, as load_biggan gives it",
                found=type(model).__name__,
            )
        _replace_norms(model)
        self.BigGAN = model.eval()
        self.latent_shape = (2 * model.config.z_dim,)

    def train(self, mode: bool = True) -> "BigGAN":
        """Stay in eval mode: in train mode two calls with the same code would differ."""
        return super().train(False)

    def sample(
        self,
        n: int = 1,
        *,
        rng: Randomness = None,
        class_id: int | Sequence[int] | None = None,
        noise_std: float = TRUNCATION,
    ) -> torch.Tensor:
        """Codes ``(n, 256)``: normal noise (not truncated), then a class embedding.

        Parameters
        ----------
        n
            How many.
        rng
            Source of randomness.
        class_id
            ImageNet class (0-999) of all codes, or of each; random classes for None.
        noise_std
            Standard deviation of the noise.

        Returns
        -------
        (n, 256) float32

        Raises
        ------
        SettingError
            If a class does not exist, their number is not `n`, or `n` is no number.
        """
        rng = torch_generator(rng)
        given = None if class_id is None else self._classes(n, class_id)
        noise = standard_normal((n, self.BigGAN.config.z_dim), device_of(self), rng) * noise_std
        classes = self._random_classes(n, rng) if given is None else given
        table = self.BigGAN.embeddings.weight.detach()
        embedding = table.T[classes.to(table.device)]
        return torch.cat([noise, embedding.to(noise)], dim=1)

    def _classes(self, n: int, class_id: int | Sequence[int]) -> torch.Tensor:
        """(n,) classes as they are given."""
        n_classes = self.BigGAN.config.num_classes
        classes = np.asarray(class_id)
        n_given = n if classes.ndim == 0 else classes.size
        within = classes.dtype.kind in "iu" and ((classes >= 0) & (classes < n_classes)).all()
        if not within or n_given != n:
            raise SettingError(
                path="class_id",
                expected=f"one class from 0 to {n_classes - 1}, or {n} of them",
                found=class_id,
            )
        return torch.from_numpy(np.full(n, classes.ravel(), dtype=np.int64))

    def _random_classes(self, n: int, rng: torch.Generator | None) -> torch.Tensor:
        source = "cpu" if rng is None else rng.device
        n_classes = self.BigGAN.config.num_classes
        return torch.randint(n_classes, (n,), generator=rng, device=source)

    def forward(self, codes: torch.Tensor, truncation: float = TRUNCATION) -> torch.Tensor:
        """Images ``(B, 3, H, W)`` in [-1, 1]."""
        return self.BigGAN.generator(self.as_codes(codes), truncation)

    def visualize(
        self, codes: torch.Tensor, *, scale: float = 1.0, truncation: float = TRUNCATION
    ) -> torch.Tensor:
        """Images ``(B, 3, H, W)``, RGB in [0, scale]; differentiable.

        Parameters
        ----------
        codes : (B, 256)
            Noise, then class embedding.
        scale
            Value of white.
        truncation
            In (0, 1]; chooses the statistics of the batch norms.

        Returns
        -------
        (B, 3, H, W)
        """
        return ((self.forward(codes, truncation) + 1) / 2).clamp(0, 1) * scale


def _replace_norms(module: nn.Module) -> None:
    norm = import_package("pytorch_pretrained_biggan.model", "BigGAN").BigGANBatchNorm
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, norm):
                setattr(parent, name, TruncatedNorm(child))


def _other_places(file: WeightFile) -> list[Path]:
    """torch.hub's own folder, and the library's cache, which names files after their address."""
    default = Path.home() / ".pytorch_pretrained_biggan"
    cache = Path(os.environ.get("PYTORCH_PRETRAINED_BIGGAN_CACHE", default))
    stem = hashlib.sha256(file.remote.url.encode()).hexdigest()
    cached = [path for path in sorted(cache.glob(f"{stem}*")) if path.suffix != ".json"]
    hub = Path(torch.hub.get_dir())
    return [*(hub / name for name in (file.name, *file.aliases)), *cached]
