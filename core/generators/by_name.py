"""Image generators by name: one registry for commands, sweeps and tests."""

from collections.abc import Callable

import torch

from core.computing.devices import choose_device
from core.computing.random_source import Randomness
from core.errors import SettingError
from core.generators.biggan import BigGAN, load_biggan
from core.generators.deepsim import ARCHITECTURES, DeePSim
from core.generators.protocol import Generator
from core.generators.small import SmallGenerator


def _biggan(**options: object) -> Generator:
    return BigGAN(load_biggan("biggan-deep-256", **options))


def _small(*, device: str | torch.device | None, **_options: object) -> Generator:
    return SmallGenerator().to(choose_device(device))


def _deepsim(name: str) -> Callable[..., Generator]:
    return lambda **options: DeePSim(name, **options)


GENERATORS: dict[str, Callable[..., Generator]] = {
    "BigGAN": _biggan,
    **{name: _deepsim(name) for name in ARCHITECTURES},
    "small": _small,
}
"""What makes each generator, from the keyword arguments of `load_generator`."""


def load_generator(
    name: str,
    *,
    pretrained: bool = True,
    weights_dir: str | None = None,
    device: str | torch.device | None = None,
    allow_download: bool = True,
    rng: Randomness = None,
) -> Generator:
    """A generator by name.

    Parameters
    ----------
    name
        ``BigGAN`` (deep, 256 pixels), a DeePSim layer such as ``fc6``, or ``small``, which needs no
        weights.
    pretrained
        Load the published weights; otherwise they are random.
    weights_dir
        Folder with the weight files, looked at first.
    device
        Where it computes; by default CUDA when present, else the CPU.
    allow_download
        Whether weights may be fetched.
    rng
        Source of random weights.

    Returns
    -------
    Generator

    Raises
    ------
    SettingError
        If no generator has this name.
    WeightsError
        If the weights cannot be found, fetched or read.

    Examples
    --------
    >>> load_generator("small", device="cpu").latent_shape
    (256,)
    >>> load_generator("large")
    Traceback (most recent call last):
    core.errors.SettingError: generator: expected one of BigGAN, norm1, norm2, conv3, conv4, \
pool5, fc6, fc6_eucl, fc7, fc8, small, found 'large'.
    """
    if name not in GENERATORS:
        raise SettingError(
            path="generator", expected=f"one of {', '.join(GENERATORS)}", found=f"{name!r}"
        )
    return GENERATORS[name](
        pretrained=pretrained,
        weights_dir=weights_dir,
        device=device,
        allow_download=allow_download,
        rng=rng,
    )
