"""How much responses rise along evolutions, by area and thread, with intervals over experiments.

A response is standardised neuron by neuron over all images of its presentation, and averaged over
neurons: so neurons count alike whatever their gain, and a rise is in SDs of what these images do
to a neuron. Each presentation has SDs of its own, because at equal norm contrast is lower than
most images' own, and responses with it. (A logarithm would do as much, but for units that respond
with 0 or less.)
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from core.statistics.analysis import AREAS
from core.threads import THREADS
from dualneuron.evolved.looking import Observed
from dualneuron.evolved.viewers import PRESENTATIONS

BLOCKS = ("last", "best")
"""Blocks whose image is compared with the first one's; the best has the largest recorded rate."""

REFERENCE_AREA = "IT"
"""Area that the others are compared with."""

N_RESAMPLES = 10_000

STEADY = 1e-5
"""A neuron whose SD is a smaller share of its largest response does not vary but by rounding."""


NO_CONTRAST = 0.5 / 255
"""Contrast below which an image is one grey, half a grey level."""


class Interval(NamedTuple):
    """An estimate with its 95 % interval, whose ends are NaN where there is one experiment."""

    estimate: float
    low: float
    high: float


def standardised(responses: np.ndarray) -> np.ndarray:
    """Mean over neurons of their responses in SDs around their mean over all images.

    Parameters
    ----------
    responses : (n_images, n_neurons)
        A neuron that does not vary counts as 0.

    Returns
    -------
    (n_images,)

    Examples
    --------
    >>> standardised(np.array([[1.0, 50.0], [3.0, 50.0]]))
    array([-0.5,  0.5])
    """
    sd = responses.std(axis=0)
    varies = sd > STEADY * np.abs(responses).max(axis=0)
    return np.where(varies, (responses - responses.mean(axis=0)) / np.where(varies, sd, 1), 0).mean(
        axis=1
    )


def image_table(observed: Observed) -> pd.DataFrame:
    """`Observed.images` with the standardised responses, columns ``shown`` and ``equal``."""
    return observed.images.assign(
        **{name: standardised(observed.responses[name]) for name in PRESENTATIONS}
    )


def rises(table: pd.DataFrame) -> pd.DataFrame:
    """Differences to the first block of every thread that has both images.

    Parameters
    ----------
    table
        Of `image_table`.

    Returns
    -------
    DataFrame
        A row per experiment, thread and block: ``expi``, ``area``, ``thread``, ``block`` (last or
        best); the rises ``shown`` and ``equal`` of the standardised response, and ``contrast``,
        the natural logarithm by which the image's contrast rises (0.2 is 22 %).
    """
    keys = ["expi", "area", "thread"]
    first = table[table["block"] == 1].set_index(keys)
    chosen = {"last": table["block"] == table["n_blocks"], "best": table["best"]}
    parts = []
    for name in BLOCKS:
        later = table[chosen[name]].set_index(keys)
        both = later.index.intersection(first.index)
        later, before = later.loc[both], first.loc[both]
        change = later[list(PRESENTATIONS)] - before[list(PRESENTATIONS)]
        change["contrast"] = np.log(
            later["contrast"].clip(lower=NO_CONTRAST) / before["contrast"].clip(lower=NO_CONTRAST)
        )
        parts.append(change.reset_index().assign(block=name))
    return pd.concat(parts, ignore_index=True)


def effect_table(rise: pd.DataFrame) -> pd.DataFrame:
    """Mean rises by area and thread, differences of areas, and what is left at equal norm.

    Parameters
    ----------
    rise
        Of `rises`.

    Returns
    -------
    DataFrame
        ``quantity`` (shown, equal, contrast; left: the rise at equal norm as a share of that as
        shown, NaN where the interval of the latter holds 0), ``thread``, ``block``, ``area``
        (or ``V1 - IT``), ``n`` experiments, ``n_minus`` of the area that is subtracted (0: none),
        ``estimate``, ``low`` and ``high`` of its 95 % interval. Areas without experiments have no
        rows.
    """
    rows = []
    for thread in THREADS:
        for block in BLOCKS:
            some = rise[(rise["thread"] == thread) & (rise["block"] == block)]
            of_area = {area: some[some["area"] == area] for area in AREAS}
            for quantity, area, n, n_minus, interval in _effects(of_area):
                keys = (quantity, thread, block, area, n, n_minus)
                rows.append((*keys, *interval))
    keys = ["quantity", "thread", "block", "area", "n", "n_minus"]
    return pd.DataFrame(rows, columns=[*keys, *Interval._fields])


def _effects(
    of_area: dict[str, pd.DataFrame],
) -> Iterator[tuple[str, str, int, int, Interval]]:
    found = {area: some for area, some in of_area.items() if len(some)}
    for quantity in (*PRESENTATIONS, "contrast"):
        values = {area: some[quantity].to_numpy() for area, some in found.items()}
        for area, own in values.items():
            yield quantity, area, len(own), 0, bootstrapped([own], _mean)
        other = values.pop(REFERENCE_AREA, None)
        for area, own in values.items() if other is not None else ():
            name = f"{area} - {REFERENCE_AREA}"
            yield quantity, name, len(own), len(other), bootstrapped([own, other], _difference)
    for area, some in found.items():
        shown, equal = (some[name].to_numpy() for name in PRESENTATIONS)
        yield "left", area, len(some), 0, share_left(equal, shown)


def share_left(equal: np.ndarray, shown: np.ndarray) -> Interval:
    """Mean of some rises as a share of the mean of others of the same experiments.

    Parameters
    ----------
    equal, shown : (n,)
        Rises at equal norm and as shown.

    Returns
    -------
    Interval
        NaN where the interval of the mean of `shown` holds 0: a share of nothing says nothing.

    Examples
    --------
    >>> share_left(np.array([1.0, 2.0]), np.array([4.0, 8.0]))
    Interval(estimate=0.25, low=0.25, high=0.25)
    """
    whole = bootstrapped([shown], _mean)
    if not whole.low * whole.high > 0:
        return Interval(np.nan, np.nan, np.nan)
    return bootstrapped([equal, shown], _ratio, together=True)


def bootstrapped(
    samples: Sequence[np.ndarray], statistic: Callable, *, together: bool = False
) -> Interval:
    """A statistic of some samples with its 95 % percentile bootstrap interval.

    Parameters
    ----------
    samples
        (n,) each; experiments are drawn with replacement.
    statistic
        Called with arrays (..., n) and ``axis=``.
    together
        Whether the samples are of the same experiments, which are then drawn together.

    Examples
    --------
    >>> bootstrapped([np.full(9, 2.0)], np.mean)
    Interval(estimate=2.0, low=2.0, high=2.0)
    """
    estimate = float(statistic(*samples, axis=-1))
    if min(map(len, samples)) < 2:
        return Interval(estimate, np.nan, np.nan)
    found = stats.bootstrap(
        samples,
        statistic,
        n_resamples=N_RESAMPLES,
        paired=together,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Interval(estimate, float(found.low), float(found.high))


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    return values.mean(axis=axis)


def _difference(values: np.ndarray, others: np.ndarray, axis: int) -> np.ndarray:
    return values.mean(axis=axis) - others.mean(axis=axis)


def _ratio(values: np.ndarray, others: np.ndarray, axis: int) -> np.ndarray:
    return values.mean(axis=axis) / others.mean(axis=axis)
