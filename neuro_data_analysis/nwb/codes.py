"""Codes of the images that an experiment showed, where the files that hold them are at hand."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.errors import MissingFileError
from core.threads import N_THREADS
from neuro_data_analysis.nwb.tables import NwbColumn, NwbTable, single
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.latent_codes import LatentCodes, read_latent_codes
from neuro_data_analysis.recordings.layout import STIMULI_FOLDER, local_folder

IMAGE_SUFFIX = ".bmp"

FOUNDER = "founder_"
"""How the ids of first codes begin; their images have names of another kind."""


def codes_at_hand(experiment: Experiment, root: Path) -> dict[int, LatentCodes]:
    """Codes by thread, from ``stimuli/`` beside the recordings; none where there are no files.

    Parameters
    ----------
    experiment
        The experiment.
    root
        Folder of the recordings.

    Raises
    ------
    RecordingError
        If a file cannot be read.
    """
    if not experiment.stimuli:
        return {}
    folder = local_folder(experiment.stimuli, root / STIMULI_FOLDER)
    found = {}
    for thread in range(N_THREADS):
        try:
            found[thread] = read_latent_codes(folder, thread)
        except MissingFileError:
            continue
    return found


def digest_of(codes: dict[int, LatentCodes]) -> str:
    """SHA-256 of codes and their ids; empty where there are none.

    Parameters
    ----------
    codes
        What `codes_at_hand` gives.
    """
    if not codes:
        return ""
    digest = hashlib.sha256()
    for thread, of_thread in codes.items():
        digest.update(f"{thread} {of_thread.codes.shape} {of_thread.ids}".encode())
        digest.update(of_thread.codes.tobytes())
    return digest.hexdigest()


def code_tables(experiment: Experiment, codes: dict[int, LatentCodes]) -> dict[str, NwbTable]:
    """A table for each thread with the codes of the images that were shown.

    Parameters
    ----------
    experiment
        The experiment.
    codes
        What `codes_at_hand` gives.
    """
    shown = set(experiment.imageName)
    tables = {}
    for thread, of_thread in codes.items():
        names = image_names(of_thread.ids, thread, experiment.imageName)
        rows = [row for row, name in enumerate(names) if name in shown]
        if not rows:
            continue
        generator = experiment.space_names[thread]
        tables[f"codes_thread{thread}"] = NwbTable(
            f"Codes of the evolved images of thread {thread}: the generator, {generator}, makes "
            "the images of them.",
            {
                "image_name": NwbColumn(
                    [names[row] for row in rows], "name of the image, as in presentations"
                ),
                "code": NwbColumn(
                    single(of_thread.codes[rows]), f"latent code, as {generator} takes it"
                ),
            },
        )
    return tables


def image_names(ids: Sequence[str], thread: int, shown: Sequence[str]) -> list[str]:
    """Name of the image of every code.

    Ids of founders say their place alone: they are the images of the first block, in order of name;
    where some of those were never shown, it is not known which, and the founders have no names.

    Parameters
    ----------
    ids
        Of the codes.
    thread
        Their thread.
    shown
        Names of all images that were shown.

    Examples
    --------
    >>> image_names(["founder_001", "block002_thread000_gen_gen001_000031.bmp"], 0,
    ...             ["block001_thread000_gen_gen000_000001"])
    ['block001_thread000_gen_gen000_000001', 'block002_thread000_gen_gen001_000031']
    """
    begin = f"block001_thread{thread:03d}_gen_gen000_"
    first = sorted({name for name in shown if name.startswith(begin)})
    n_founders = sum(name.startswith(FOUNDER) for name in ids)
    founders = iter(first if len(first) == n_founders else [""] * n_founders)
    return [
        next(founders) if name.startswith(FOUNDER) else name.removesuffix(IMAGE_SUFFIX)
        for name in ids
    ]
