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
from core.generators.validation import ImageGenerator, validate_generator
from core.own_parts import is_own, own_part


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


def check_name(name: str, path: str = "generator") -> None:
    """Raise a SettingError unless a generator has this name, or it looks like ``module:factory``.

    Parameters
    ----------
    name
        The name.
    path
        Whose setting it is, for the message.
    """
    if name not in GENERATORS and not is_own(name):
        expected = f"one of {', '.join(GENERATORS)}, or module:factory"
        raise SettingError(path=path, expected=expected, found=f"{name!r}")


def _own(name: str, device: str | torch.device | None) -> ImageGenerator:
    made = own_part(name)
    if isinstance(made, torch.nn.Module):
        made = made.to(choose_device(device)).eval().requires_grad_(False)
    validate_generator(made)
    return made


def load_generator(
    name: str,
    *,
    pretrained: bool = True,
    weights_dir: str | None = None,
    device: str | torch.device | None = None,
    allow_download: bool = True,
    rng: Randomness = None,
) -> ImageGenerator:
    """A generator by name, or one of the user's.

    Parameters
    ----------
    name
        ``BigGAN`` (deep, 256 pixels), a DeePSim layer such as ``fc6``, or ``small``, which needs no
        weights; or ``module:factory``, a function of the user's that makes a generator. What it
        makes is tried by `validate_generator`, and brought to the device; its weights are its own.
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
    A `Generator`; of a user's function, anything that keeps the promises.

    Raises
    ------
    SettingError
        If no generator has this name, or there is no such function.
    PromiseError
        If the user's generator breaks a promise.
    WeightsError
        If the weights cannot be found, fetched or read.

    Examples
    --------
    >>> load_generator("small", device="cpu").latent_shape
    (256,)
    >>> load_generator("large")
    Traceback (most recent call last):
    core.errors.SettingError: generator: expected one of BigGAN, norm1, norm2, conv3, conv4, \
pool5, fc6, fc6_eucl, fc7, fc8, small, or module:factory, found 'large'.
    """
    check_name(name)
    if is_own(name):
        return _own(name, device)
    return GENERATORS[name](
        pretrained=pretrained,
        weights_dir=weights_dir,
        device=device,
        allow_download=allow_download,
        rng=rng,
    )
