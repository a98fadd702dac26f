"""Pictures to practise on: a few montages, and all images of one experiment of a simulation.

They are coloured gratings, made by no generator and seen by no unit, and their names or folders say
SIMULATED. Both threads' gratings of an experiment share their direction, more or less, and gain
contrast from block to block.
"""

from itertools import islice
from pathlib import Path

import numpy as np

from core.files import staging_in
from core.optional import import_package
from core.progress import progress
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.shown_images import evolved_images
from neuro_data_analysis.image_similarity.prototypes import COLUMNS, N_TILE_ROWS, TILE
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.layout import PROTOTYPES_FOLDER, STIMULI_FOLDER

FOLDER = "practice"
"""Folder of the pictures, beside that of the recordings."""

SIGN = "SIMULATED"
"""Word in the names of montages that are none."""

N_MONTAGES = 8

STIMULUS = 64
"""Rows and columns of the image of a trial, pixels."""


def write_practice(recordings: Recordings, root: Path) -> Path:
    """Write the pictures into a new folder, which appears whole; one that is there is kept.

    Parameters
    ----------
    recordings
        Simulated ones.
    root
        Folder that gets `FOLDER`, with montages of the first experiments in ``prototypes/`` and
        the images of the experiment with the fewest blocks in ``stimuli/``.

    Returns
    -------
    The folder of the pictures.
    """
    out = root / FOLDER
    if out.is_dir():
        return out
    shortest = min(recordings.experiments(), key=lambda experiment: experiment.n_blocks)
    with staging_in(root) as staging:
        made = staging / FOLDER
        folder = made / PROTOTYPES_FOLDER
        folder.mkdir(parents=True)
        for experiment in islice(recordings.experiments(), N_MONTAGES):
            _save(montage(experiment.Expi), folder / f"Exp{experiment.Expi:03d}_{SIGN}.jpg")
        _write_stimuli(shortest, made / STIMULI_FOLDER)
        made.rename(out)
    return out


def _write_stimuli(experiment: Experiment, root: Path) -> None:
    rng = np.random.default_rng(experiment.Expi)
    files = {
        file: (thread, (block + 1) / experiment.n_blocks)
        for thread in range(N_THREADS)
        for block, of_block in enumerate(evolved_images(experiment, thread, root))
        for file in of_block
    }
    for file, (thread, contrast) in progress(files.items(), len(files), "practice images"):
        file.parent.mkdir(parents=True, exist_ok=True)
        _save(grating(_direction(experiment.Expi, thread), contrast, STIMULUS, rng), file)


def montage(expi: int) -> np.ndarray:
    """A montage of gratings, as `prototypes` describes montages.

    Parameters
    ----------
    expi
        1-based number of the experiment; decides on all of it.

    Returns
    -------
    (672, 896, 3) uint8

    Examples
    --------
    >>> montage(3).shape
    (672, 896, 3)
    """
    rng = np.random.default_rng(expi)
    rows = [
        np.concatenate([grating(_direction(expi, row), 0.9, TILE, rng) for _ in COLUMNS], axis=1)
        for row in range(N_TILE_ROWS)
    ]
    return np.concatenate(rows)


def grating(direction: float, contrast: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """A grating of four cycles with noise, in colours and of a phase that are drawn.

    Parameters
    ----------
    direction
        Of the waves, radians.
    contrast
        Share of the range, 0 to 1.
    size
        Rows and columns, pixels.
    rng
        Draws phase, colours and noise.

    Returns
    -------
    (size, size, 3) uint8

    Examples
    --------
    >>> grating(0.0, 1.0, 8, np.random.default_rng(0)).shape
    (8, 8, 3)
    """
    y, x = np.mgrid[:size, :size] / size
    along = np.cos(direction) * x + np.sin(direction) * y
    waves = np.sin(2 * np.pi * (4 * along + rng.random()))
    colours = rng.uniform(0.5, 1.0, 3)
    noise = rng.normal(0, 0.05, (size, size, 1))
    return (255 * np.clip(0.5 + contrast * waves[..., None] * colours / 2 + noise, 0, 1)).astype(
        np.uint8
    )


def _direction(expi: int, thread: int) -> float:
    """Direction of an experiment's gratings; the threads' differ the more, the larger its Expi."""
    return expi + thread * (expi % 8) / 8 * np.pi / 2


def _save(pixels: np.ndarray, path: Path) -> None:
    image = import_package("PIL.Image", "writing practice images")
    image.fromarray(pixels).save(path)
