"""Is a unit a radial basis function of image distance? Distances of images that drive it equally.

Images of one level of activation are searched as close to the prototype as can be (`min`), as far
(`max`), or without regard to distance (`none`), from codes near the prototype's or from anywhere
(``abinit``). Around an isotropic peak ``max / min`` is 1; a level set with distant branches has
``max_abinit / max`` above 1. The claim is that units of higher layers come near 1 in the first
ratio and not in the second: that they are radial basis functions locally, not globally.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import SampleError
from core.level_sets.population import spearman
from core.settings import positive_number
from core.statistics.samples import numbers
from core.statistics.tuning_curves import fit_line

CONDITIONS = ("min", "none", "max", "max_abinit", "none_abinit")

LEVELS = np.arange(11) / 10
"""Centres of the bins, as shares of the prototype's activation; each is 0.1 wide."""

FEWEST = 10
"""Samples without which the mean of a bin is NaN."""

RATIOS = (
    *(("max", "min"), ("max", "none"), ("none", "min")),
    *(("max_abinit", "max"), ("none_abinit", "none")),
)

NEAR = {"m": [6, 7, 8, 9], "peak": [9, 10]}
"""Bins over which ratios are averaged, by name."""

Samples = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Scores and distances from the prototype, (n,) each, by condition."""


@dataclass(frozen=True, eq=False)
class RbfSummary:
    """Distances by level, and what follows from them.

    `table` has a row per bin with the published columns ``imdist_m_{c}, imdist_s_{c}, N_{c}`` of
    each condition, ``level_fr`` and ``level``. `ratios` holds, by name, mean ratios of distances
    (``max/min_m`` over levels 0.6 to 0.9, ``max/min_peak`` over 0.9 and 1, ...), and ``slope_{c}``,
    ``bias_{c}`` of lines through the bins above level 0. `samples` has the correlations, slopes and
    biases of single images, with those that score 0 and without (``_excl0``).
    """

    table: pd.DataFrame
    ratios: dict[str, float]
    samples: pd.DataFrame


def rbf_summary(samples: Samples, top_score: float) -> RbfSummary:
    """Distance of images from the prototype by level of activation, and the published indices.

    Parameters
    ----------
    samples
        Scores and distances of the images that were found, by condition: ``min``, ``none``,
        ``max``, ``max_abinit``, ``none_abinit``, or some of them.
    top_score
        Activation of the prototype, above 0.

    Returns
    -------
    RbfSummary
        What needs a condition that is not there is NaN.

    Raises
    ------
    SampleError
        If a condition has another name, or there is not one distance per score.

    Examples
    --------
    >>> score = np.repeat(np.arange(11) / 10, 20)
    >>> round_peak = {name: (score, 1 - score / 2) for name in ("min", "max")}
    >>> found = rbf_summary(round_peak, 1.0)
    >>> found.ratios["max/min_m"], round(found.ratios["slope_max"], 6)
    (1.0, -0.5)
    """
    top = positive_number(top_score, "top_score")
    unknown = set(samples) - set(CONDITIONS)
    if unknown:
        raise SampleError(
            expected=f"conditions of {', '.join(CONDITIONS)}", found=", ".join(sorted(unknown))
        )
    columns: dict[str, np.ndarray] = {}
    singles = {}
    for name in CONDITIONS:
        score, distance = (numbers(values) for values in samples.get(name, ([], [])))
        if len(score) != len(distance):
            raise SampleError(
                path=name,
                expected="one distance per score",
                found=f"{len(distance)} for {len(score)}",
            )
        level = score / top
        mean, sd, n = _binned(level, distance)
        columns |= {f"imdist_m_{name}": mean, f"imdist_s_{name}": sd, f"N_{name}": n}
        singles[name] = _single_images(level, distance)
    table = pd.DataFrame(columns | {"level_fr": LEVELS, "level": LEVELS * top})
    return RbfSummary(table, _ratios(table), pd.DataFrame(singles))


def _binned(level: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, SD (ddof 1) and number of the distances in each bin."""
    edges = 0.1 * np.arange(len(LEVELS) + 1) - 0.05
    bins = [distance[np.digitize(level, edges) == k + 1] for k in range(len(LEVELS))]
    n = np.array([len(some) for some in bins])
    mean = [some.mean() if len(some) >= FEWEST else np.nan for some in bins]
    sd = [some.std(ddof=1) if len(some) > 1 else np.nan for some in bins]
    return np.array(mean), np.array(sd), n


def _single_images(level: np.ndarray, distance: np.ndarray) -> dict[str, float]:
    """Correlation and line of distance over level, of all images and of those that score."""
    found = {}
    for ending, kept in (("", np.ones(len(level), dtype=bool)), ("_excl0", level != 0)):
        line = fit_line(level[kept], distance[kept])
        found[f"corr{ending}"] = spearman(level[kept], distance[kept])[0]
        found |= {f"slope{ending}": line.slope, f"bias{ending}": line.intercept}
    return found


def _ratios(table: pd.DataFrame) -> dict[str, float]:
    mean = {name: table[f"imdist_m_{name}"].to_numpy() for name in CONDITIONS}
    found = {}
    for upper, lower in RATIOS:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = mean[upper] / mean[lower]
        for where, bins in NEAR.items():
            known = ratio[bins][~np.isnan(ratio[bins])]
            found[f"{upper}/{lower}_{where}"] = float(known.mean()) if len(known) else np.nan
    for name in ("min", "max", "max_abinit"):
        known = np.isfinite(mean[name]) & (LEVELS > 0)
        line = fit_line(LEVELS[known], mean[name][known])
        found |= {f"slope_{name}": line.slope, f"bias_{name}": line.intercept}
    found["slope_max/min"] = found["slope_max"] / found["slope_min"]
    found["bias_max_abinit/max"] = found["bias_max_abinit"] / found["bias_max"]
    return found
