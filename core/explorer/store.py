"""The explorer's numbers in one file, ``averages.npz``: ten thousand JSON files are read once.

Arrays hold the blocks of all experiments one after the other; ``n_blocks`` says where each ends,
``experiments`` holds what else is known of them, as JSON.
"""

import datetime
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import MissingFileError, RecordingError
from core.explorer.averages import BlockAverages, Rates
from core.files import replacing, sha256

FILE_NAME = "averages.npz"

RECORD_NAME = "EXPLORER.json"
"""Where the numbers came from, beside them."""

_PARTS = ("evoked", "reference", "psth")
_KNOWN = ("expi", "animal", "pref_chan", "unit", "area", "spaces", "imgsize", "imgpos")


def save_averages(path: Path, experiments: Sequence[BlockAverages]) -> None:
    """Write all experiments; the same ones give the same bytes.

    Parameters
    ----------
    path
        File to write or replace.
    experiments
        At least one.
    """
    known = [
        {name: getattr(experiment, name) for name in _KNOWN} | {"date": experiment.date.isoformat()}
        for experiment in experiments
    ]
    arrays = {
        f"{part}_{moment}": np.concatenate(
            [getattr(getattr(experiment, part), moment) for experiment in experiments]
        )
        for part in _PARTS
        for moment in Rates._fields
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            experiments=np.frombuffer(json.dumps(known).encode(), dtype=np.uint8),
            n_blocks=np.array([experiment.n_blocks for experiment in experiments]),
            **arrays,
        )


def load_averages(path: Path) -> list[BlockAverages]:
    """All experiments of a file that `save_averages` wrote.

    Raises
    ------
    MissingFileError, RecordingError
        If it is not there, or holds something else.
    """
    if not path.is_file():
        raise MissingFileError(
            path=path,
            expected="block averages of the explorer",
            found="no file",
            advice="`./reproduce download --from explorer` fetches them",
        )
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            known = json.loads(content["experiments"].tobytes())
            ends = np.cumsum(content["n_blocks"])[:-1]
            rates = {
                part: [
                    Rates(mean, sem)
                    for mean, sem in zip(
                        *(np.split(content[f"{part}_{name}"], ends) for name in Rates._fields),
                        strict=True,
                    )
                ]
                for part in _PARTS
            }
        return [_experiment(of, *parts) for of, *parts in zip(known, *rates.values(), strict=True)]
    except (KeyError, ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise RecordingError(
            path=path,
            expected="block averages of the explorer",
            found=f"another file ({error})",
            advice="import or download them again",
        ) from None


def read_record(folder: Path) -> dict:
    """What is known of where averages came from; empty if nothing is, or only of other averages.

    Its key ``pinned`` says whether they are those of the commit that was checked.

    Parameters
    ----------
    folder
        Folder of the averages.

    Examples
    --------
    >>> read_record(Path("no_such_folder"))
    {}
    """
    try:
        record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        return record if record["sha256"] == sha256(folder / FILE_NAME) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def stated_origin(folder: Path) -> str:
    """Where the averages of a folder came from, as its record says; for captions.

    Parameters
    ----------
    folder
        Folder of the averages.

    Examples
    --------
    >>> stated_origin(Path("no_such_folder"))
    'of unknown origin'
    """
    record = read_record(folder)
    return f"{record['repository']}, {record['verified']}" if record else "of unknown origin"


def _experiment(known: dict, evoked: Rates, reference: Rates, psth: Rates) -> BlockAverages:
    tuples = {
        "spaces": tuple(known["spaces"]),
        "imgsize": tuple(known["imgsize"]),
        "imgpos": tuple(map(tuple, known["imgpos"])),
        "date": datetime.date.fromisoformat(known["date"]),
    }
    return BlockAverages(**known | tuples, evoked=evoked, reference=reference, psth=psth)
