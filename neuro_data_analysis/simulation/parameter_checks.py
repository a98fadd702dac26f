"""What the simulation's parameters may be; each mistake is one sentence."""

import datetime
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import SettingError

if TYPE_CHECKING:
    from neuro_data_analysis.simulation.parameters import Era, Parameters

Range = tuple[float, float]
"""Lowest and highest allowed number, both allowed."""

ABOVE_ZERO = (math.ulp(0.0), math.inf)
NOT_NEGATIVE = (0.0, math.inf)
SHARE = (0.0, 1.0)

SMALLEST_POPULATION = 2
"""Images of which an optimizer can prefer one."""


def check_parameters(parameters: "Parameters") -> None:
    """Raise a SettingError for the first parameter that means nothing."""
    for name, number, (low, high), words in _numbers(parameters):
        if not low <= number <= high:
            raise SettingError(path=name, expected=words, found=number)
    low, high = parameters.baseline_share
    if not 0 < low <= high < 1:
        raise SettingError(
            path="baseline_share", expected="0 < low <= high < 1", found=parameters.baseline_share
        )
    check_eras(parameters.eras)


def check_eras(eras: "tuple[Era, ...]") -> None:
    """Raise a SettingError for eras that are none, that overlap, or whose population is too small.

    Examples
    --------
    >>> check_eras(())
    """
    for era in eras:
        try:
            first, last = (datetime.date.fromisoformat(day) for day in (era.first, era.last))
        except ValueError:
            first, last = datetime.date.max, datetime.date.min
        if first > last:
            raise SettingError(
                path=f"era of {era.animal}",
                expected="a first and a later last day, YYYY-MM-DD",
                found=f"{era.first} and {era.last}",
            )
        if era.population < SMALLEST_POPULATION:
            raise SettingError(
                path=f"era of {era.animal} from {era.first}",
                expected=f"a population of at least {SMALLEST_POPULATION}",
                found=era.population,
            )
    for earlier, later in pairwise(sorted(eras, key=lambda era: (era.animal, era.first))):
        if earlier.animal == later.animal and later.first <= earlier.last:
            raise SettingError(
                path=f"eras of {later.animal}",
                expected=f"none that begins before {earlier.last} has passed",
                found=f"one from {later.first}",
            )


def _numbers(parameters: "Parameters") -> Iterator[tuple[str, float, Range, str]]:
    """Name, value, range and its words of every number that has a range."""
    drift = parameters.drift
    for name in ("dead_time", "reference_sd", "trial_cv_log_sd", "tuning_range"):
        yield name, getattr(parameters, name), NOT_NEGATIVE, "at least 0"
    for name in ("response_limit", "distance_shape"):
        yield name, getattr(parameters, name), ABOVE_ZERO, "a number above 0"
    for name in ("p_partial", "p_truncated", "p_repeated_founders"):
        yield name, getattr(parameters, name), SHARE, "a probability from 0 to 1"
    for name in ("p_repeated_image", "p_missing_image"):
        yield name, getattr(parameters, name), SHARE, "a probability from 0 to 1"
    n_founders = parameters.n_founders
    yield "n_founders", n_founders, (SMALLEST_POPULATION, math.inf), "at least 2"
    yield "n_references", parameters.n_references, (1, math.inf), "at least 1"
    most = (1, n_founders - 1)
    yield "max_repeated_founders", parameters.max_repeated_founders, most, f"1 to {n_founders - 1}"
    yield "drift.trend_freedom", drift.trend_freedom, ABOVE_ZERO, "a number above 0"
    yield "drift.block_persistence", drift.block_persistence, SHARE, "a number from 0 to 1"
    for name in ("trend_scale", "baseline_scale", "block_sd", "thread_sd"):
        yield f"drift.{name}", getattr(drift, name), NOT_NEGATIVE, "at least 0"
    for area, of_area in parameters.areas.items():
        for name in ("trial_cv", "first_block", "width"):
            yield f"{area}.{name}", getattr(of_area, name), ABOVE_ZERO, "a number above 0"
        for name in ("response", "exponent"):
            median, log_sd = getattr(of_area, name)
            yield f"{area}.{name}", median, ABOVE_ZERO, "a median above 0"
            yield f"{area}.{name}", log_sd, NOT_NEGATIVE, "a spread of at least 0"
        yield f"{area}.p_other", of_area.p_other, SHARE, "a probability from 0 to 1"
