"""The published files of the twins: which there are, where they are found, and what is in them.

Weights, masks and correlations of three twins and two magnitude spectra of natural images, from one
commit of the authors' repository (MIT); each is verified by git's id of its content, and by its
SHA-256 where that is known. None of them is part of this project.
"""

import csv
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.download import RemoteFile
from core.errors import SettingError, WeightsError
from core.weights import Home, WeightFile, locate

COMMIT = "e285b4672c71d3915333da21e9514c4c64af51c4"
"""The commit of github.com/enigma-brain/dualneuron that is meant."""

REPOSITORY = f"https://raw.githubusercontent.com/enigma-brain/dualneuron/{COMMIT}/dualneuron"

TABLE = Path(__file__).with_name("files.csv")
"""Path, bytes where known, git's id of the content, SHA-256 where known."""


def cache_folder() -> Path:
    """Where downloads go: what `DUALNEURON_CACHE` names, else a folder of the user's cache."""
    if named := os.environ.get("DUALNEURON_CACHE"):
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dualneuron"


HOME = Home("DUALNEURON_DATA", "DUALNEURON_OFFLINE", cache_folder)


@dataclass(frozen=True)
class TwinFiles:
    """What is known of a twin before its weights are read.

    Attributes
    ----------
    folder
        Folder of its files; the published name of the twin.
    area
        Visual area and animal.
    n_neurons
        Neurons; ids are 0-based columns of the response.
    image_shape
        (C, H, W) of its images, z-scored: 0 is the mean grey.
    norm
        L2 norm of a whole image in screening and synthesis.
    mask
        Folder of the mask that goes with it.
    """

    folder: str
    area: str
    n_neurons: int
    image_shape: tuple[int, int, int]
    norm: float
    mask: str

    @property
    def members(self) -> list[str]:
        """Paths of its weight files, one for each member of the ensemble."""
        mine = (path for path in known_files() if path.startswith(f"{self.folder}/"))
        return [path for path in mine if path.endswith(".pth.tar")]


TWINS = {
    "v1": TwinFiles("V1GrayTaskDriven", "macaque V1", 458, (1, 93, 93), 12.0, "V1GrayTaskDriven"),
    "v4": TwinFiles(
        "V4ColorTaskDriven", "macaque V4", 394, (3, 100, 100), 40.0, "V4ColorTaskDriven"
    ),
    "v4g": TwinFiles(
        "V4GrayTaskDriven", "macaque V4", 1244, (1, 100, 100), 20.0, "V4ColorTaskDriven"
    ),
}
"""The twins by their short names. The grey V4 twin has no mask of its own and takes the colour
twin's; its norm is that of the authors' synthesis."""

PRIORS = ("natural_gray", "natural_rgb")
"""Magnitude spectra of natural images: mean of abs(fft2), not shifted, of z-scored images."""


def twin_files(name: str) -> TwinFiles:
    """What is known of a twin.

    Raises
    ------
    SettingError
        If there is no twin of that name.

    Examples
    --------
    >>> twin_files("v1").n_neurons
    458
    >>> twin_files("v2")
    Traceback (most recent call last):
    core.errors.SettingError: expected a twin: v1, v4, v4g, found 'v2'.
    """
    if name not in TWINS:
        raise SettingError(expected=f"a twin: {', '.join(TWINS)}", found=repr(name))
    return TWINS[name]


@cache
def known_files() -> dict[str, WeightFile]:
    """All published files by their path, weights first as the members are numbered."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["path"]: _weight_file(row) for row in rows}


def _weight_file(row: dict[str, str]) -> WeightFile:
    path = row["path"]
    room = "synthesis" if path.startswith("priors/") else "twins"
    size = int(row["bytes"]) if row["bytes"] else None
    address = f"{REPOSITORY}/{room}/{path}"
    remote = RemoteFile(address, size, row["sha256"] or None, row["git_blob"])
    return WeightFile(path, remote, home=HOME)


def locate_file(
    path: str, *, data_dir: str | Path | None = None, allow_download: bool = True
) -> Path:
    """A verified published file, fetched if need be.

    Looked for in `data_dir`, in the folder that `DUALNEURON_DATA` names and in the cache; fetched
    unless `DUALNEURON_OFFLINE` is set.

    Parameters
    ----------
    path
        As published: ``V1GrayTaskDriven/mask.npy``.
    data_dir
        Folder of files as published, looked at first.
    allow_download
        Whether it may be fetched.

    Raises
    ------
    SettingError
        If no such file is published.
    WeightsError
        If it is nowhere and cannot be fetched, or is damaged; names file, address and variable.
    """
    if path not in known_files():
        raise SettingError(expected="a published file of a twin", found=repr(path))
    return locate(known_files()[path], folder=data_dir, allow_download=allow_download)


def load_mask(name: str, *, data_dir: str | Path | None = None) -> np.ndarray:
    """The mask of a twin: where its neurons look, a smooth blob.

    Parameters
    ----------
    name
        ``v1``, ``v4`` or ``v4g``.
    data_dir
        Folder of files as published, looked at first.

    Returns
    -------
    (H, W) float64
        From 0 to 1; (93, 93) for V1, (100, 100) for V4.
    """
    return _array(f"{twin_files(name).mask}/mask.npy", data_dir)


def load_correlations(name: str, *, data_dir: str | Path | None = None) -> np.ndarray:
    """Correlation of each neuron's prediction with its mean response to images held out.

    The file has no label; that it is this follows from the paper's rule of inclusion (above 0.4),
    which gives the published 205 of 394 neurons of the colour V4 twin.

    Parameters
    ----------
    name
        ``v1``, ``v4`` or ``v4g``.
    data_dir
        Folder of files as published, looked at first.

    Returns
    -------
    (n_neurons,) float64
    """
    return _array(f"{twin_files(name).folder}/correlations.npy", data_dir)


def load_prior(name: str, *, data_dir: str | Path | None = None) -> np.ndarray:
    """Magnitude spectrum of natural images.

    Parameters
    ----------
    name
        One of `PRIORS`.
    data_dir
        Folder of files as published, looked at first.

    Returns
    -------
    (C, H, W) float32
        Mean of abs(fft2) of z-scored images, constant term at [0, 0]; (1, 93, 93) or
        (3, 100, 100).

    Raises
    ------
    SettingError
        If there is no such spectrum.
    """
    if name not in PRIORS:
        raise SettingError(expected=f"a spectrum: {', '.join(PRIORS)}", found=repr(name))
    return _array(f"priors/{name}.npy", data_dir)


def _array(path: str, data_dir: str | Path | None) -> np.ndarray:
    found = locate_file(path, data_dir=data_dir)
    try:
        return np.load(found, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise WeightsError(path=found, expected="an array (npy)", found=error) from error
