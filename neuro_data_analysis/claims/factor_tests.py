"""Whether the effects differ between animals and between eras."""

from dataclasses import replace

import numpy as np
import pandas as pd

from core.statistics.comparisons import benjamini_hochberg
from core.statistics.linear_models import CoefficientTest, likelihood_ratio
from neuro_data_analysis.claims.catalogue import CLAIMS, Claim, passed
from neuro_data_analysis.claims.effects import LEVEL, Effect
from neuro_data_analysis.claims.factors import HELD, common, fit_effect, sum_coded
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import FACTORS, Row, row_of

ASKED = ("end.V4", "end.IT", "start.IT", "speed.IT", "early.IT", "late.IT")
"""Names of the claims of which it is asked."""

SMALLEST_RATE = 1e-3
"""Lowest reference rate whose logarithm is taken, events/s."""


def factor_rows(observations: Observations) -> list[Row]:
    """Tests of animal and era in the effects of `ASKED`, and in success in PIT.

    Parameters
    ----------
    observations
        What the claims are tested on.
    """
    by_name = {claim.name: claim for claim in CLAIMS}
    found = [pair for name in ASKED for pair in _of_effect(by_name[name], observations)]
    for thread, space in enumerate(("texture", "object")):
        claim = replace(
            by_name["success.IT"], words=f"PIT succeeds in {space} space", name=f"success.{space}"
        )
        found += _of_success(claim, observations, thread)
    q = benjamini_hochberg(np.array([effect.p for _, effect in found]))
    return [
        row_of(claim, effect, FACTORS, of, "differs" if of < LEVEL else "no difference found")
        for (claim, effect), of in zip(found, q, strict=True)
    ]


def _of_effect(claim: Claim, observations: Observations) -> list[tuple[Claim, Effect]]:
    rows = observations.rows(claim.area, claim.mask)
    fitted = fit_effect(claim.values(observations)[rows], observations.factors[rows])
    if fitted is None:
        return []
    fit, places, n = fitted
    means = by_level(claim.values(observations)[rows], observations.factors[rows])
    return [
        _asked(claim, f"F({len(of)}, {fit.freedom})", fit.wald(of), n, factor, means[factor])
        for factor, of in places.items()
    ]


def _of_success(
    claim: Claim, observations: Observations, thread: int
) -> list[tuple[Claim, Effect]]:
    """Logistic regressions of success on animal and era, the references' rate held."""
    rows = np.flatnonzero(observations.rows(claim.area, claim.mask))
    rows = rows[common(observations.factors.iloc[rows])]
    outcome = passed(observations)[rows, thread]
    rates = np.array([_mean_reference(beside.reference.mean) for beside in observations.beside])
    factors = observations.factors.iloc[rows]
    coded, places = sum_coded(factors)
    design = np.column_stack([np.ones(len(outcome)), np.log(rates[rows]), coded])
    means = by_level(outcome.astype(float), factors)
    result = []
    for factor, of in places.items():
        test = likelihood_ratio(outcome, design, [column + 2 for column in of])
        result.append(_asked(claim, f"chi2({len(of)})", test, len(outcome), factor, means[factor]))
    return result


def _mean_reference(rates: np.ndarray) -> float:
    shown = rates[np.isfinite(rates)]
    return max(shown.mean() if shown.size else 0.0, SMALLEST_RATE)


def by_level(values: np.ndarray, factors: pd.DataFrame) -> dict[str, str]:
    """Means and numbers of experiments by level, in words, for each factor.

    Parameters
    ----------
    values : (n,)
        Effect in each experiment.
    factors
        Rows of the same experiments, with the columns `HELD`.

    Examples
    --------
    >>> table = pd.DataFrame({"animal": ["Alfa", "Beto", "Beto"], "era": "coloured"})
    >>> by_level(np.array([0.1, 0.3, 0.5]), table)["animal"]
    'Alfa 0.10 (1), Beto 0.40 (2)'
    """
    words = {}
    for factor in HELD:
        groups = pd.Series(values).groupby(factors[factor].to_numpy())
        parts = [f"{level} {of.mean():.2f} ({len(of)})" for level, of in groups]
        words[factor] = ", ".join(parts)
    return words


def _asked(
    claim: Claim, letter: str, test: CoefficientTest, n: int, factor: str, means: str
) -> tuple[Claim, Effect]:
    words = f"{claim.words}: {factor}s differ"
    statistic = f"{letter} = {test.statistic:.2f}; {means}"
    kind = "Wald, errors by channel" if letter.startswith("F") else "likelihood ratio, logit"
    nan = np.nan
    return (
        replace(claim, name=f"{claim.name}.{factor}", words=words),
        Effect(nan, nan, nan, n, kind, statistic, test.p),
    )
