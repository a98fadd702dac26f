"""The rows of the comparison: a number of a sample, its interval, and whether one has the other.

Every number is a function of the features of some experiments; its interval comes from drawing
experiments with replacement, of every area as many as there are.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.statistics.masks import AREAS
from neuro_data_analysis.simulation.compare.features import RATE_CLASSES, Features

N_DRAWS = 1000
"""Samples of experiments behind an interval."""

LEVEL = 95
"""Coverage of the intervals, %."""

SEED = 0
"""Of the draws, so that the same sample has the same interval."""

NUMBERS = ("value", "low", "high")

FITTED, LOOKED_AT = "fitted", "looked at"
"""Whether a parameter of the simulator follows from the row, or the row was only compared."""


class Measure(NamedTuple):
    """A number of a sample.

    Attributes
    ----------
    quantity, where
        Words; together they name the row.
    role
        `FITTED` or `LOOKED_AT`.
    number
        From features of some experiments to the number.
    """

    quantity: str
    where: str
    role: str
    number: Callable[[Features], float]


def measure(sample: Features) -> pd.DataFrame:
    """Every row of a sample with its interval.

    Returns
    -------
    DataFrame
        ``quantity``, ``where``, ``role``, ``value``, and ``low``, ``high`` of the interval.
    """
    rng = np.random.default_rng(SEED)
    areas = [np.flatnonzero(sample["area"] == area) for area in AREAS]
    draws = [
        _some(sample, np.concatenate([rng.choice(of, len(of)) for of in areas if len(of)]))
        for _ in range(N_DRAWS)
    ]
    tail = (100 - LEVEL) / 2
    table = []
    for row in ROWS:
        drawn = np.array([row.number(draw) for draw in draws], dtype=float)
        known = drawn[np.isfinite(drawn)]
        interval = np.percentile(known, [tail, 100 - tail]) if known.size else [np.nan, np.nan]
        table.append((row.quantity, row.where, row.role, row.number(sample), *interval))
    return pd.DataFrame(table, columns=["quantity", "where", "role", *NUMBERS])


def real_and_simulated(real: pd.DataFrame, simulated: pd.DataFrame) -> pd.DataFrame:
    """Both samples in one table.

    Parameters
    ----------
    real, simulated
        What `measure` gives, with the same rows.

    Returns
    -------
    DataFrame
        ``quantity``, ``where``, ``role``; ``real``, ``real_low``, ``real_high``, the same of
        ``simulated``; and ``inside``: whether the simulated number lies in the real interval.
    """
    table = real[["quantity", "where", "role"]].copy()
    for name, part in (("real", real), ("simulated", simulated)):
        table[name] = part["value"]
        table[f"{name}_low"], table[f"{name}_high"] = part["low"], part["high"]
    table["inside"] = table["simulated"].between(table["real_low"], table["real_high"])
    return table


def _some(sample: Features, rows: np.ndarray) -> Features:
    return {name: values[rows] for name, values in sample.items()}


def _known(values: np.ndarray) -> np.ndarray:
    """The finite ones, or one NaN where there are none."""
    known = values[np.isfinite(values)]
    return known if known.size else np.array([np.nan])


def _sd(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return np.std(known, ddof=1) if known.size > 1 else np.nan


def _slope(f: Features) -> float:
    products, squares = f["slope"].reshape(-1, 2).sum(axis=0)
    return products / squares


def _change(name: str, f: Features) -> float:
    return 100 * np.expm1(np.median(_known(f[name])))


def _share(name: str, beyond: float, f: Features) -> float:
    return 100 * np.mean(np.abs(np.expm1(_known(f[name]))) > beyond)


def _falling(name: str, f: Features) -> float:
    return 100 * np.mean(_known(f[name]) < 0)


def _mean(name: str, f: Features) -> float:
    return np.mean(_known(f[name]))


def _spread(name: str, f: Features) -> float:
    return _sd(f[name])


def _median_in(name: str, area: str, f: Features) -> float:
    return np.median(_known(f[name][f["area"] == area]))


def _mean_in(name: str, area: str, f: Features) -> float:
    return np.mean(_known(f[name][f["area"] == area]))


def _fc6_median(name: str, area: str, f: Features) -> float:
    return np.median(_known(f[name][f["valid"] & (f["area"] == area), 0]))


def _factor_in(name: str, area: str, f: Features) -> float:
    return np.exp(np.mean(_known(f[name][f["area"] == area])))


def _maximum(area: str, animal: str | None, f: Features) -> float:
    chosen = (f["area"] == area) & (True if animal is None else f["animal"] == animal)
    return np.exp(np.median(_known(f["log_maximum"][chosen])))


def _maximum_spread(area: str, f: Features) -> float:
    return _sd(f["log_maximum"][f["area"] == area])


def _late_exceeds(thread: int, f: Features) -> float:
    chosen = f["valid"] & (f["area"] == "IT") & f["success"][:, thread]
    return 100 * f["late_exceeds"][chosen, thread].mean() if chosen.any() else np.nan


def _gain(area: str, thread: int, f: Features) -> float:
    return np.median(_known(f["gain"][f["valid"] & (f["area"] == area), thread]))


def _end_spread(area: str, thread: int, f: Features) -> float:
    return _sd(f["end_initial"][f["valid"] & (f["area"] == area), thread])


def _rho(x: np.ndarray, y: np.ndarray) -> float:
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 3:
        return np.nan
    ranks = [pd.Series(values[known]).rank().to_numpy() for values in (x, y)]
    return float(np.corrcoef(*ranks)[0, 1])


def _rho_of_changes(f: Features) -> float:
    return _rho(f["reference_change"], f["baseline_change"])


def _rho_of_gains(f: Features) -> float:
    return _rho(*f["gain"][f["valid"]].T)


def _bin_fano(number: int, f: Features) -> float:
    return f["bin_variance"][:, number].sum() / f["bin_rate"][:, number].sum()


def _percentile(name: str, percent: float, f: Features) -> float:
    return np.percentile(_known(f[name]), percent)


def _short(thread: int, f: Features) -> float:
    return 100 * f["short_last"][:, thread].mean()


def _small_populations(f: Features) -> float:
    return 100 * np.mean(f["population"][f["fc6"], 0] < 35)


def _success(animal: str, f: Features) -> float:
    chosen = f["valid"] & (f["area"] == "IT") & (f["animal"] == animal)
    return 100 * f["success"][chosen, 0].mean() if chosen.any() else np.nan


def _by_area(quantity: str, role: str, number: Callable[..., float], *first: str) -> list[Measure]:
    return [Measure(quantity, area, role, partial(number, *first, area)) for area in AREAS]


_CLASSES = [
    f"{low:g}-{high:g} events/s" if np.isfinite(high) else f"above {low:g} events/s"
    for low, high in pairwise(RATE_CLASSES)
]

ROWS = (
    Measure("slope of log SEM on log mean", "threads", LOOKED_AT, _slope),
    *_by_area("Fano factor, 150 ms", FITTED, _mean_in, "fano"),
    *(
        Measure("Fano factor, smoothed bins", words, FITTED, partial(_bin_fano, number))
        for number, words in enumerate(_CLASSES)
    ),
    Measure("references, last to first third, %", "median", FITTED,
        partial(_change, "reference_change")),
    Measure("references, last to first third, %", "share that falls", LOOKED_AT,
        partial(_falling, "reference_change")),
    Measure("references, last to first third, %", "share beyond 20 %", LOOKED_AT,
        partial(_share, "reference_change", 0.2)),
    Measure("references, last to first third", "sd of logs", FITTED,
        partial(_spread, "reference_change")),
    Measure("baseline, last to first third, %", "median", FITTED,
        partial(_change, "baseline_change")),
    Measure("baseline, last to first third, %", "share beyond 25 %", FITTED,
        partial(_share, "baseline_change", 0.25)),
    Measure("references and baseline, last to first third", "rho", FITTED, _rho_of_changes),
    *_by_area("references, block 1 over blocks 5-10", FITTED, _factor_in, "reference_first"),
    *_by_area("baseline, block 1 over blocks 5-10", LOOKED_AT, _factor_in, "baseline_first"),
    Measure("first differences of both threads", "r", FITTED, partial(_mean, "r_threads")),
    Measure("thread and its references after a cubic", "r", LOOKED_AT,
        partial(_mean, "r_reference")),
    Measure("block scatter over SEM^2", "mean", FITTED, partial(_mean, "scatter")),
    *_by_area("half-height latency, FC6, ms", FITTED, _fc6_median, "latency"),
    *_by_area("width at half height, FC6, ms", FITTED, _fc6_median, "width"),
    *_by_area("peak, FC6, ms", FITTED, _fc6_median, "peak"),
    *_by_area("late response over peak, FC6", FITTED, _fc6_median, "late_share"),
    Measure("late gain exceeds early, IT, % of successes", "FC6", LOOKED_AT,
        partial(_late_exceeds, 0)),
    Measure("late gain exceeds early, IT, % of successes", "BigGAN", LOOKED_AT,
        partial(_late_exceeds, 1)),
    *(Measure("sd of log maximal rates", area, FITTED, partial(_maximum_spread, area))
      for area in AREAS),
    *(Measure("maximal rate, median, events/s", area, FITTED, partial(_maximum, area, None))
      for area in AREAS),
    *(Measure("maximal rate, IT, median, events/s", animal, FITTED,
              partial(_maximum, "IT", animal))
      for animal in ("Alfa", "Beto")),
    Measure("baseline over references", "5th percentile", FITTED,
        partial(_percentile, "baseline_share", 5)),
    Measure("baseline over references", "95th percentile", FITTED,
        partial(_percentile, "baseline_share", 95)),
    Measure("first two blocks of FC6 over references", "V1", LOOKED_AT,
        partial(_median_in, "first_over_reference", "V1")),
    Measure("gain of FC6 (log best 3 / first 2)", "V1", LOOKED_AT, partial(_gain, "V1", 0)),
    Measure("gains of both threads", "rho", FITTED, _rho_of_gains),
    Measure("sd over sites of log end/initial, IT", "FC6", LOOKED_AT,
        partial(_end_spread, "IT", 0)),
    Measure("sd over sites of log end/initial, IT", "BigGAN", LOOKED_AT,
        partial(_end_spread, "IT", 1)),
    Measure("short last blocks, %", "FC6", FITTED, partial(_short, 0)),
    Measure("short last blocks, %", "BigGAN", FITTED, partial(_short, 1)),
    Measure("FC6 populations of 30, %", "threads", FITTED, _small_populations),
    Measure("FC6 success in IT, %", "Alfa", LOOKED_AT, partial(_success, "Alfa")),
    Measure("FC6 success in IT, %", "Beto", LOOKED_AT, partial(_success, "Beto")),
)  # fmt: skip
"""In the order in which they are printed."""
