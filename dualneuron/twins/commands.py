"""The commands ``fetch`` and ``summary``."""

import argparse
from collections.abc import Iterator

from core.errors import WeightsError
from core.progress import progress
from dualneuron.files import TWINS, known_files, locate_file
from dualneuron.twins.nets import model_summary


def files_of_twin(twin: str) -> list[str]:
    """Published paths that belong to a twin, its mask's and prior's included.

    Parameters
    ----------
    twin
        ``v1``, ``v4``, ``v4g``, ``priors`` or ``all``.

    Examples
    --------
    >>> files_of_twin("v1")[-2:], len(files_of_twin("all"))
    (['V1GrayTaskDriven/mask.npy', 'V1GrayTaskDriven/correlations.npy'], 27)
    """
    if twin == "all":
        return list(known_files())
    if twin == "priors":
        return [path for path in known_files() if path.startswith("priors/")]
    files = TWINS[twin]
    paths = [path for path in known_files() if path.startswith(f"{files.folder}/")]
    mask = f"{files.mask}/mask.npy"
    return paths if mask in paths else [*paths, mask]


def fetch_files(options: argparse.Namespace) -> Iterator[str]:
    """Bring the files of a twin, or say which are here.

    Parameters
    ----------
    options
        As the parser of the command gives them.

    Raises
    ------
    WeightsError
        If one cannot be had or, with ``--verify``, if any is missing or damaged, after all were
        looked at.
    """
    paths = files_of_twin(options.twin)
    wrong = []
    for path in progress(paths, len(paths), "files"):
        try:
            found = locate_file(path, data_dir=options.data_dir, allow_download=not options.verify)
        except WeightsError as error:
            if not options.verify:
                raise
            wrong.append(path)
            yield f"{path}: not here" if error.found.startswith("nowhere") else str(error)
        else:
            yield f"{path}: verified, {found}"
    if wrong:
        raise WeightsError(
            path=options.twin, expected=f"{len(paths)} files", found=f"{len(paths) - len(wrong)}"
        )


def print_summary(options: argparse.Namespace) -> Iterator[str]:
    """Print the layers of a network.

    Parameters
    ----------
    options
        As the parser of the command gives them.
    """
    model_summary(
        options.model,
        device=options.device,
        untrained=options.untrained,
        data_dir=options.data_dir,
    )
    yield from ()
