"""Images for the next session: along axes of the metric, at equal distances from the centre.

The sets of Figure 6: some eigenvectors of the noise block and of the class block of the metric at a
centre code, and on each the images whose distance from the centre's is 0.16, 0.24, 0.32 and 0.40 to
both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.files import replacing
from core.generators.protocol import Generator
from core.geometry.at_code import metric_tensor
from core.geometry.averages import PARTS, block_metric
from core.geometry.axes import MAX_STEP, TARGETS, TOLERANCE, equidistant_steps
from core.geometry.distances import FeatureDistance
from core.geometry.metric import Metric
from core.images.stimulus_names import stimulus_name
from core.optional import import_package

AXES = {"noise": (0, 1, 2, 3, 5, 8, 10, 20, 40), "class": (0, 1, 2, 3, 6, 9, 13, 21, 30, 60)}
"""Ranks of the eigenvectors of Figure 6, from the top, 0-based."""


@dataclass(frozen=True)
class AxisImages:
    """Images along some eigenvectors of one part of the code; A axes, T targets to each side.

    Attributes
    ----------
    space
        ``"noise"`` or ``"class"``.
    metric
        Of this part.
    ranks : (A,)
        Of the eigenvectors from the top, 0-based.
    targets : (2 T + 1,)
        Signed target distances, 0 in the middle.
    steps, distances : (A, 2 T + 1)
        Signed steps and the distances reached; NaN where a target is out of reach.
    codes : (A, 2 T + 1, n)
        Whole codes; NaN there too.
    """

    space: str
    metric: Metric
    ranks: np.ndarray
    targets: np.ndarray
    steps: np.ndarray
    distances: np.ndarray
    codes: np.ndarray

    @property
    def names(self) -> list[list[str]]:
        """Names of the images, by axis, in the published grammar."""
        return [
            [stimulus_name(self.space, rank, target) for target in self.targets]
            for rank in self.ranks
        ]


def stimulus_set(
    generator: Generator,
    code: np.ndarray,
    distance: FeatureDistance,
    *,
    axes: Mapping[str, Sequence[int]] = AXES,
    parts: Mapping[str, slice] = PARTS,
    targets: Sequence[float] = TARGETS,
    tolerance: float = TOLERANCE,
    max_step: float = MAX_STEP,
    metric: Metric | None = None,
) -> list[AxisImages]:
    """Codes of the images of a session like those of Figure 6.

    Parameters
    ----------
    generator
        Makes the images.
    code : (n,)
        The centre: such as the mean code of an evolution's last block.
    distance
        LPIPS as published; any other will do, with targets to fit.
    axes
        Ranks of eigenvectors by space, ``noise`` and ``class``; fewer spaces than these will do.
    parts
        Values of the code that belong to each space.
    targets
        Distances above 0, ascending.
    tolerance
        By how much a distance may miss its target.
    max_step
        Largest step.
    metric
        At the centre, if it is known.

    Returns
    -------
    One `AxisImages` for each space.

    Raises
    ------
    SettingError
        If a space has no such eigenvector.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> parts = {"noise": slice(0, 4), "class": slice(4, 8)}
    >>> noise, _ = stimulus_set(
    ...     SmallGenerator(8, 8), np.zeros(8), PixelDistance(), parts=parts,
    ...     axes={"noise": [0, 1], "class": [3]}, targets=[0.01],
    ... )
    >>> noise.names[1]
    ['noise_eig1_lin-0.01', 'noise_eig1_lin0.00', 'noise_eig1_lin0.01']
    >>> noise.codes.shape
    (2, 3, 8)
    """
    code = np.asarray(code, float).ravel()
    whole = metric_tensor(generator, code, distance) if metric is None else metric
    sets = []
    for space, ranks in axes.items():
        block = block_metric(whole, parts[space])
        directions = np.zeros((len(ranks), len(code)))
        for row, rank in zip(directions, ranks, strict=True):
            row[parts[space]] = block.axis(rank)
        found = [
            equidistant_steps(
                generator,
                code,
                direction,
                distance,
                targets,
                tolerance=tolerance,
                max_step=max_step,
            )
            for direction in directions
        ]
        steps = np.stack([axis.steps for axis in found])
        sets.append(
            AxisImages(
                space,
                block,
                np.asarray(ranks),
                found[0].targets,
                steps,
                np.stack([axis.distances for axis in found]),
                code + steps[:, :, None] * directions[:, None],
            )
        )
    return sets


def save_stimuli(folder: Path, generator: Generator, sets: Sequence[AxisImages]) -> list[Path]:
    """Write images and what they are: JPEGs by name, and a table of each space as published.

    ``noise_ImDist_root_data.npz`` and ``class_ImDist_root_data.npz`` hold ``xtick_arr`` (steps),
    ``dsim_arr`` (distances), ``vecs_arr`` (codes), ``targ_val`` (targets) and ``eiglist`` (ranks).
    Images out of reach are left out.

    Parameters
    ----------
    folder
        Exists.
    generator
        Makes the images.
    sets
        Of `stimulus_set`.

    Returns
    -------
    The images written.
    """
    image = import_package("PIL.Image", "writing images")
    written = []
    for part in sets:
        table = {
            "xtick_arr": part.steps,
            "dsim_arr": part.distances,
            "vecs_arr": part.codes,
            "targ_val": part.targets,
            "eiglist": part.ranks,
        }
        with replacing(folder / f"{part.space}_ImDist_root_data.npz") as path:
            np.savez(path, **table)
        names, codes = np.ravel(part.names), part.codes.reshape(-1, part.codes.shape[-1])
        reached = np.isfinite(codes).all(1)
        images = generator.images(torch.from_numpy(codes[reached]), scale=255, device="cpu")
        pixels = images.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        for name, picture in zip(names[reached], pixels, strict=True):
            with replacing(folder / f"{name}.jpg") as path:
                image.fromarray(picture).save(path, "JPEG", quality=95)
            written.append(folder / f"{name}.jpg")
    return written
