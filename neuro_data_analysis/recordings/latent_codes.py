"""Codes that an evolution proposed, ``block<NNN>_thread<NNN>_code.mat`` beside its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.io import loadmat, savemat

from core.errors import MissingFileError, RecordingError
from core.files import replacing


class LatentCodes(NamedTuple):
    """Codes of one thread in file order: (n, n_dim) float64, their n ids, and block of each (n,).

    Block 0 holds the founders; block b the codes made after block b, shown in block b + 1; the last
    file may hold codes that were never shown.
    """

    codes: np.ndarray
    ids: list[str]
    block: np.ndarray


def read_latent_codes(folder: str | Path, thread: int) -> LatentCodes:
    """All codes of one thread.

    Parameters
    ----------
    folder
        Folder of the code files.
    thread
        0 (DeePSim) or 1 (BigGAN), as in the file names.

    Raises
    ------
    MissingFileError
        If there is no code file of that thread.
    RecordingError
        If a file does not hold one id per code.
    """
    files = sorted(Path(folder).glob(f"block*_thread{thread:03d}_code.mat"))
    if not files:
        raise MissingFileError(
            path=folder, expected=f"block000_thread{thread:03d}_code.mat and so on", found="none"
        )
    codes, ids, blocks = [], [], []
    for file in files:
        try:
            content = loadmat(file, simplify_cells=True)
            of_file = np.atleast_2d(np.asarray(content["codes"], dtype=float))
            names = np.atleast_1d(content["ids"]).astype(str).tolist()
        except (ValueError, KeyError, OSError, NotImplementedError, TypeError) as error:
            raise RecordingError(
                path=file, expected="a level-5 MAT file with codes and ids", found=error
            ) from None
        if len(names) != len(of_file):
            raise RecordingError(
                path=file,
                expected="one id per code",
                found=f"{len(names)} ids and {len(of_file)} codes",
            )
        codes.append(of_file)
        ids += names
        blocks += [int(file.name[5:8])] * len(names)
    return LatentCodes(np.concatenate(codes), ids, np.array(blocks))


def write_latent_codes(
    folder: Path, block: int, thread: int, codes: np.ndarray, ids: Sequence[str]
) -> None:
    """Write the codes of one block of one thread, in the form that `read_latent_codes` reads.

    Parameters
    ----------
    folder
        Folder of the code files.
    block
        0 for the founders, b for codes made after block b.
    thread
        0 or 1.
    codes : (n, n_dim)
        The codes, in the precision in which they are to be kept.
    ids
        Their n ids: names of image files.

    Raises
    ------
    FullDiskError
        If there is no room.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_latent_codes(folder, 0, 1, np.ones((1, 2), np.float32), ["a.bmp"])
    >>> read_latent_codes(folder, 1)
    LatentCodes(codes=array([[1., 1.]]), ids=['a.bmp'], block=array([0]))
    """
    with (
        replacing(folder / f"block{block:03d}_thread{thread:03d}_code.mat") as temporary,
        temporary.open("wb") as file,
    ):
        savemat(file, {"codes": codes, "ids": np.array([ids], dtype=object)})
