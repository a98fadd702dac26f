"""Generators of images, under their published names."""

import torch

from core.computing.sequential import without_wrapper_names
from core.errors import SettingError
from core.generators.biggan import BigGAN_wrapper, loadBigGAN
from core.generators.deepsim import (
    WEIGHT_FILES,
    RGB_mean,
    ScalarMultiply,
    View,
    multiZupconvGAN,
    upconvGAN,
)
from core.networks.caffenet import WEIGHT_FILE, Caffenet
from core.weights import locate, read_state

__all__ = [
    "BigGAN_wrapper",
    "Caffenet",
    "RGB_mean",
    "ScalarMultiply",
    "View",
    "loadBigGAN",
    "load_statedict_from_online",
    "model_urls",
    "multiZupconvGAN",
    "upconvGAN",
]

_FILES = {**WEIGHT_FILES, "caffenet": WEIGHT_FILE}

model_urls = {name: file.remote.url for name, file in _FILES.items()}
"""Public address of the weights of each generator and of CaffeNet."""


def load_statedict_from_online(
    name: str = "fc6", *, weights_dir: str | None = None, allow_download: bool = True
) -> dict[str, torch.Tensor]:
    """State dict of a DeePSim generator's ``G``, or of CaffeNet's ``net`` (``"caffenet"``).

    Looked for in `weights_dir`, ``$NETWORK_WEIGHTS`` and torch.hub's folder, then fetched.

    Parameters
    ----------
    name
        A generator of `upconvGAN`, or ``"caffenet"``.
    weights_dir
        Folder with the weight files, looked at first.
    allow_download
        Whether the file may be fetched.

    Returns
    -------
    dict
        Tensors by the layers' own names.

    Raises
    ------
    WeightsError
        If the file is nowhere and cannot be fetched, or is damaged.
    SettingError
        If there is no such network.
    """
    if name not in _FILES:
        raise SettingError(expected=f"one of {', '.join(_FILES)}", found=f"{name!r}")
    path = locate(_FILES[name], folder=weights_dir, allow_download=allow_download)
    return without_wrapper_names(read_state(path))
