"""The explorer's images, one after the other, as somebody sees them and responds to them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.errors import MissingFileError
from core.explorer.averages import BlockAverages
from core.explorer.images import IMAGES_FOLDER, image_path, read_rgb
from core.progress import progress
from core.threads import N_THREADS, THREADS
from dualneuron.evolved.viewers import PRESENTATIONS, Viewer

BATCH_SIZE = 8
"""Images in one forward pass; more leave the caches of a CPU."""

N_READERS = 4
"""Threads that decode images."""


@dataclass(frozen=True)
class Observed:
    """What was seen in each image, and the responses to it.

    Attributes
    ----------
    images : DataFrame
        A row per image: ``expi``, ``animal``, ``area``, ``thread`` (name of the generator),
        ``block`` (1-based), ``n_blocks``, ``best`` (whether it is the thread's best block),
        ``rate`` (recorded in that block, events/s); of its luminance within the mask ``light``
        (mean around mean grey, white is 1) and ``contrast`` (SD); ``norm`` as shown.
    responses : dict of (n_images, n_neurons)
        By presentation.
    """

    images: pd.DataFrame
    responses: dict[str, np.ndarray]


def look_at_evolved(folder: Path, experiments: Sequence[BlockAverages], viewer: Viewer) -> Observed:
    """Show all images of some experiments to a viewer, in both presentations.

    Parameters
    ----------
    folder
        Folder of averages and images.
    experiments
        Whose images; blocks without one are left out.
    viewer
        Who responds.

    Raises
    ------
    MissingFileError
        If they have no image.
    ImageError
        If a file is no image.
    """
    rows, paths = _images_of(folder, experiments)
    if not paths:
        raise MissingFileError(
            path=folder / IMAGES_FOLDER,
            expected="images of valid experiments",
            found="none",
            advice="`./reproduce download --from explorer --images` fetches all",
        )
    measured: dict[str, list[np.ndarray]] = {name: [] for name in ("light", "contrast", "norm")}
    responses: dict[str, list[np.ndarray]] = {name: [] for name in PRESENTATIONS}
    n_batches = -(-len(paths) // BATCH_SIZE)
    for seen in progress(_seen_batches(paths, viewer), n_batches, f"batches of {BATCH_SIZE}"):
        presented = viewer.presented(seen)
        for name, images in presented.items():
            responses[name].append(viewer.respond(images).cpu().numpy())
        light, contrast = viewer.light(seen)
        norm = presented["shown"].flatten(1).norm(dim=1).cpu().numpy()
        for name, values in (("light", light), ("contrast", contrast), ("norm", norm)):
            measured[name].append(values)
    return Observed(
        pd.DataFrame(rows).assign(**{name: np.concatenate(v) for name, v in measured.items()}),
        {name: np.concatenate(parts).astype(float) for name, parts in responses.items()},
    )


def _images_of(folder: Path, experiments: Sequence[BlockAverages]) -> tuple[list[dict], list[Path]]:
    """What is known of each image that is there, and its path."""
    rows, paths = [], []
    for experiment in experiments:
        for thread, block in np.ndindex(N_THREADS, experiment.n_blocks):
            path = image_path(folder, experiment, block, thread)
            if not path.is_file():
                continue
            paths.append(path)
            rows.append(
                {
                    "expi": experiment.expi,
                    "animal": experiment.animal,
                    "area": experiment.area,
                    "thread": THREADS[thread],
                    "block": block + 1,
                    "n_blocks": experiment.n_blocks,
                    "best": experiment.best_blocks[thread] == block,
                    "rate": experiment.evoked.mean[block, thread],
                }
            )
    return rows, paths


def _seen_batches(image_files: Sequence[Path], viewer: Viewer) -> Iterator[torch.Tensor]:
    """What is seen of the images, batch by batch; images may differ in size."""
    with ThreadPoolExecutor(N_READERS) as pool:
        for first in range(0, len(image_files), BATCH_SIZE):
            images = pool.map(read_rgb, image_files[first : first + BATCH_SIZE])
            yield torch.cat([viewer.seen(_as_tensor(image)) for image in images])


def _as_tensor(image: np.ndarray) -> torch.Tensor:
    """An 8-bit image (H, W, 3) as a tensor (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]
