"""Tuning of neurons along axes of a generator's metric, classified as Figure 6 classifies it.

Along each axis nine images at equal distances from the centre's are shown some times; a neuron
answers with Poisson counts at the rate that the twin predicts. So an analysis of variance means
what it means of recordings, and neurons of low rates are tuned less often.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.errors import SampleError
from core.experiments.evolution.noise import PoissonNoise
from core.generators.protocol import Generator
from core.geometry.axes import TARGETS
from core.geometry.distances import FeatureDistance
from core.geometry.stimuli import AxisImages
from core.settings import whole
from core.statistics.intervals import bootstrap_mean_interval, wilson_interval
from core.statistics.tuning_axes import fit_axis
from core.statistics.tuning_curves import shape_flags
from dualneuron.landscape.paired_folder import images_of
from dualneuron.paired.run import RATE, WINDOW

LEVEL = 0.01
"""Level of the analysis of variance at which an axis is tuned, that of Figure 6E."""

REPEATS = 5
"""Trials of an image; published recordings have five to nine."""

N_APART = 64
"""Random images whose mean distance scales the targets of a distance other than LPIPS."""

SHARES = ("tuned", "bellshaped", "monotonic", "peak_at_origin")
"""Columns of the table whose shares are told: the first of all axes, the others of tuned ones."""

Responses = Callable[[torch.Tensor], np.ndarray]
"""Responses (n, n_neurons), of which 1 is ten events/s, to images (n, 3, H, W) in [0, 1]."""


@dataclass(frozen=True)
class AxisTuning:
    """Neurons along some axes; A axes of all spaces, D distances.

    Attributes
    ----------
    table
        A row for each neuron and axis; see `tuning_along_axes`.
    targets : (D,)
        Signed distances, 0 in the middle.
    rates : (n_neurons, A, D)
        Without noise, events/s; NaN where a distance was out of reach.
    """

    table: pd.DataFrame
    targets: np.ndarray
    rates: np.ndarray


def tuning_along_axes(
    responses: Responses,
    neurons: Sequence[int],
    generator: Generator,
    sets: Sequence[AxisImages],
    n_trials: int = REPEATS,
    seed: int = 0,
) -> AxisTuning:
    """Show the images of all axes to some neurons, and classify the tuning of each along each.

    Parameters
    ----------
    responses
        Of all neurons.
    neurons
        0-based ids.
    generator
        Makes the images.
    sets
        Of `core.geometry.stimuli.stimulus_set`, around one centre.
    n_trials
        Trials of an image, at least 2.
    seed
        Of counts and fits; each neuron and axis has a stream of its own.

    Returns
    -------
    AxisTuning
        Columns of its table: ``neuron``; ``space`` and ``rank`` of the axis, from the top, 0-based;
        ``leading``, whether it is among the first half of the ranks of its space; ``eigenvalue``;
        ``n_distances`` shown; ``mean``, over all trials, events/s; ``F``, ``p`` and ``r2`` of the
        analysis of variance; ``tuned``; ``unimodal``, ``monotonic`` and ``bellshaped``, of the
        curve of a Gaussian process; ``peak``, distance of the largest mean, and
        ``peak_at_origin``, NaN and False where the rate is constant.
    """
    whole(n_trials, "n_trials", at_least=2)
    codes = np.concatenate([part.codes for part in sets])
    rates = np.full((len(neurons), *codes.shape[:2]), np.nan)
    reached = np.isfinite(codes).all(-1)
    rates[:, reached] = RATE * responses(images_of(generator, codes[reached])).T
    axes = [axis for part in sets for axis in _axes(part)]
    targets = sets[0].targets
    rows = [
        {"neuron": neuron, **axis, **_classified(targets, curve, n_trials, [seed, neuron, number])}
        for neuron, of_axes in zip(neurons, rates, strict=True)
        for number, (axis, curve) in enumerate(zip(axes, of_axes, strict=True))
    ]
    return AxisTuning(pd.DataFrame(rows), targets, rates)


def joined(parts: Sequence[AxisTuning]) -> AxisTuning:
    """Tuning of neurons that had centres of their own, as one.

    Raises
    ------
    SampleError
        If there are none.
    """
    if not parts:
        raise SampleError(expected="tuning of at least one neuron", found="none")
    table = pd.concat([part.table for part in parts], ignore_index=True)
    rates = np.concatenate([part.rates for part in parts])
    return AxisTuning(table, parts[0].targets, rates)


def scaled_targets(
    generator: Generator, distance: FeatureDistance, rng: int | np.random.Generator
) -> np.ndarray:
    """Distances to show: the published ones of LPIPS; in proportion of others.

    Parameters
    ----------
    generator
        Makes images.
    distance
        If not LPIPS, the farthest target is half the mean distance of random images.
    rng
        Of the random images.

    Returns
    -------
    (4,)

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry.distances import PixelDistance
    >>> found = scaled_targets(SmallGenerator(8, 8), PixelDistance(), 0)
    >>> (found / found[-1]).round(2).tolist()
    [0.4, 0.6, 0.8, 1.0]
    """
    targets = np.asarray(TARGETS)
    if distance.name.startswith("LPIPS"):
        return targets
    codes = generator.sample(N_APART, rng=rng).flatten(1).cpu().numpy()
    with torch.no_grad():
        apart = distance(*images_of(generator, codes).chunk(2))
    return targets / targets[-1] * float(apart.mean()) / 2


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Shares of axes that are tuned, and of tuned ones that are bell-shaped, by rank and group.

    Parameters
    ----------
    table
        Of `tuning_along_axes`.

    Returns
    -------
    DataFrame
        ``what`` (one of `SHARES`), ``space``, ``axes`` (a rank, leading, trailing or all),
        ``count``, ``total``, ``share`` and its 95 % interval ``low``, ``high`` (Wilson's, as in
        Figure 6E, which takes axes as independent).

    Examples
    --------
    >>> found = shares(pd.DataFrame({
    ...     "space": "class", "rank": [0, 1], "leading": [True, False], "tuned": [True, False],
    ...     "bellshaped": True, "monotonic": False, "peak_at_origin": True,
    ... }))
    >>> found.query("axes == 'all'")[["what", "count", "total"]].values.tolist()[:2]
    [['tuned', 1, 2], ['bellshaped', 1, 1]]
    """
    rows = []
    for space, of_space in table.groupby("space", sort=False):
        groups = {str(rank): rows_ for rank, rows_ in of_space.groupby("rank")}
        groups |= {
            "leading": of_space[of_space["leading"]],
            "trailing": of_space[~of_space["leading"]],
            "all": of_space,
        }
        for name, group in groups.items():
            for what in SHARES:
                some = group if what == "tuned" else group[group["tuned"]]
                count, total = int(some[what].sum()), len(some)
                low, high = wilson_interval(count, total)
                share = count / total if total else np.nan
                rows.append((what, space, name, count, total, share, float(low), float(high)))
    names = ["what", "space", "axes", "count", "total", "share", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def leading_over_trailing(table: pd.DataFrame, seed: int = 0) -> tuple[float, float, float]:
    """How much larger the share of leading axes that are tuned is than that of trailing ones.

    Parameters
    ----------
    table
        Of `tuning_along_axes`.
    seed
        Of the resamples.

    Returns
    -------
    mean, low, high
        Over neurons, with a 95 % bootstrap interval.
    """
    by_group = table.groupby(["neuron", "leading"])["tuned"].mean().unstack()
    differences = (by_group[True] - by_group[False]).to_numpy(float)
    return float(differences.mean()), *bootstrap_mean_interval(
        differences, np.random.default_rng(seed)
    )


def tuning_in_words(table: pd.DataFrame, seed: int = 0) -> Iterator[str]:
    """What a table says, in lines.

    Parameters
    ----------
    table
        Of `tuning_along_axes`.
    seed
        Of the resamples.

    Yields
    ------
    str
    """
    found = shares(table).set_index(["what", "space", "axes"])
    for space in dict.fromkeys(table["space"]):
        words = {what: _in_words(found.loc[what, space, "all"]) for what in SHARES}
        for name in ("leading", "trailing"):
            of_group = (table["space"] == space) & (table["leading"] == (name == "leading"))
            ranks = table.loc[of_group, "rank"]
            shown = f"rank {min(ranks)} to {max(ranks)}"
            tuned = _in_words(found.loc["tuned", space, name])
            yield f"{space}, {name} axes ({shown}): tuned {tuned}"
        yield (
            f"{space}, of tuned axes: bell-shaped {words['bellshaped']}, monotonic "
            f"{words['monotonic']}, peak at the origin {words['peak_at_origin']}"
        )
    mean, low, high = leading_over_trailing(table, seed)
    yield f"leading minus trailing, share tuned: {mean:+.2f} ({low:+.2f} to {high:+.2f}, neurons)"


def _in_words(row: pd.Series) -> str:
    interval = f"{row['low']:.2f} to {row['high']:.2f}"
    return f"{row['share']:.2f} ({row['count']:.0f} of {row['total']:.0f}; {interval})"


def _axes(part: AxisImages) -> Iterator[dict[str, object]]:
    ranks = sorted(part.ranks.tolist())
    leading = set(ranks[: -(-len(ranks) // 2)])
    for rank in part.ranks.tolist():
        yield {
            "space": part.space,
            "rank": rank,
            "leading": rank in leading,
            "eigenvalue": float(part.metric.eigenvalues[-1 - rank]),
        }


def _classified(
    targets: np.ndarray, rates: np.ndarray, n_trials: int, seeds: Sequence[int]
) -> dict[str, object]:
    """Trials at some rates (D,), and what they say of an axis."""
    rng = np.random.default_rng(seeds)
    shown = np.isfinite(rates)
    distance = np.repeat(targets[shown], n_trials)
    counted = PoissonNoise(window=WINDOW)(np.repeat(rates[shown], n_trials), rng)
    fits = fit_axis(distance, counted, rng)
    shape = shape_flags(fits.process.curve()[1])
    is_flat = not np.isfinite(fits.anova.F) and not np.ptp(counted)
    peak = np.nan if is_flat else float(fits.levels.x[np.argmax(fits.levels.mean)])
    return {
        "n_distances": len(fits.levels.x),
        "mean": float(counted.mean()),
        "F": fits.anova.F,
        "p": fits.anova.p,
        "r2": fits.anova.r2,
        "tuned": bool(fits.anova.p < LEVEL),
        "unimodal": shape.unimodal,
        "monotonic": shape.monotonic,
        "bellshaped": shape.bellshaped,
        "peak": peak,
        "peak_at_origin": peak == 0.0,
    }
