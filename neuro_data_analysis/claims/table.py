"""The table: every claim as published, with animal and era held, and corrected for drift.

P is uncorrected. q is that of Benjamini and Hochberg over all tests of one variant, whose number
stands in each line; verdicts follow from q.
"""

import numpy as np
import pandas as pd

from core.statistics.comparisons import benjamini_hochberg
from core.statistics.linear_models import least_squares
from neuro_data_analysis.claims import catalogue
from neuro_data_analysis.claims.catalogue import CLAIMS, Claim
from neuro_data_analysis.claims.controls import control_rows
from neuro_data_analysis.claims.drift import corrected
from neuro_data_analysis.claims.effects import (
    Effect,
    decide,
    equivalence,
    mean_difference,
    success_difference,
    undetermined,
    welch,
)
from neuro_data_analysis.claims.factor_tests import factor_rows
from neuro_data_analysis.claims.factors import effect_of_column, fit_effect
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import ADJUSTED, CORRECTED, PUBLISHED, Row, row_of, table_of
from neuro_data_analysis.claims.timing import timing_rows


def claims_table(observations: Observations) -> pd.DataFrame:
    """All lines, variant by variant.

    Parameters
    ----------
    observations
        What the claims are tested on.

    Returns
    -------
    DataFrame
        Columns of `Row`, with those of `Effect` in place of the effect, and ``tests``, ``source``.
    """
    without_drift = corrected(observations)
    rows = [
        *claim_rows(observations, PUBLISHED),
        *timing_rows(observations, PUBLISHED),
        *claim_rows(observations, ADJUSTED),
        *claim_rows(without_drift, CORRECTED),
        *timing_rows(without_drift, CORRECTED),
        *factor_rows(observations),
        *control_rows(observations, without_drift),
    ]
    return table_of(rows, observations.source)


def claim_rows(observations: Observations, variant: str) -> list[Row]:
    """Every claim with its test; those that the model of `ADJUSTED` cannot be fitted to are absent.

    Parameters
    ----------
    observations
        What the claims are tested on.
    variant
        `PUBLISHED`, `ADJUSTED` or `CORRECTED`.
    """
    effect_of = held_effect if variant == ADJUSTED else plain_effect
    found = [(claim, effect_of(claim, observations)) for claim in CLAIMS]
    effects = [(claim, effect) for claim, effect in found if effect is not None]
    q = benjamini_hochberg(np.array([effect.p for _, effect in effects]))
    return [
        row_of(claim, effect, variant, of, decide(effect, claim.expected, of, claim.margin))
        for (claim, effect), of in zip(effects, q, strict=True)
    ]


def plain_effect(claim: Claim, observations: Observations) -> Effect:
    """The effect of a claim by its paired, two-sample, covariate or equivalence test.

    Parameters
    ----------
    claim
        What is tested.
    observations
        What it is tested on.
    """
    values, rows, others = _sample(claim, observations)
    if claim.others:
        if min(rows.sum(), others.sum()) < 2:
            return undetermined(int(rows.sum() + others.sum()))
        return welch(values[others], values[rows])
    if claim.covariate:
        return _at_equal(values[rows], claim.covariate(observations)[rows])
    if claim.values is catalogue.success_balance:
        pair = (of[rows] for of in catalogue.successes(observations))
        return success_difference(*pair, claim.margin if claim.expected == "equal" else None)
    return _if_equal(claim, mean_difference(values[rows]), int(rows.sum()) - 1)


def held_effect(claim: Claim, observations: Observations) -> Effect | None:
    """The effect of a claim with animal and era held, clustered by channel; None if impossible.

    Parameters
    ----------
    claim
        What is tested.
    observations
        What it is tested on.
    """
    values, rows, others = _sample(claim, observations)
    held, column = None, 0
    if claim.others:
        rows = rows | others
        held, column = others[rows, None].astype(float), 1
    if claim.covariate:
        held = claim.covariate(observations)[rows, None]
    fitted = fit_effect(values[rows], observations.factors[rows], held)
    if fitted is None:
        return None
    fit, _, n = fitted
    effect = effect_of_column(fit, column, n, "least squares, errors by channel")
    return _if_equal(claim, effect, fit.freedom)


def _sample(claim: Claim, observations: Observations) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of all experiments, and the rows of the claim's area and of the others."""
    values = claim.values(observations)
    known = np.isfinite(values)
    others = [observations.rows(area, claim.mask) & known for area in claim.others]
    rows = observations.rows(claim.area, claim.mask) & known
    return values, rows, np.any(others, axis=0) if others else np.zeros_like(rows)


def _at_equal(values: np.ndarray, held: np.ndarray) -> Effect:
    if len(values) < 4 or not np.ptp(held):
        return undetermined(len(values))
    fit = least_squares(values, np.column_stack([np.ones(len(values)), held]))
    return effect_of_column(fit, 0, len(values), "least squares, rise held")


def _if_equal(claim: Claim, effect: Effect, freedom: int) -> Effect:
    if claim.expected != "equal" or not np.isfinite(effect.low):
        return effect
    return equivalence(effect, freedom, claim.margin)
