"""False alarms of the published test, and what the correction for drift does to labels, in rows."""

import numpy as np

from core.statistics.intervals import wilson_interval
from core.statistics.masks import RISE_LEVEL
from neuro_data_analysis.claims.catalogue import passed
from neuro_data_analysis.claims.effects import Effect
from neuro_data_analysis.claims.false_alarms import false_alarms
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import CONTROLS, Row

SEED = 20260310
"""Of the draws."""

WHEN = "best against first two blocks"


def control_rows(observations: Observations, without_drift: Observations) -> list[Row]:
    """Shares of threads that pass the published test at P < 0.01 and should not, or fail.

    Parameters
    ----------
    observations
        All experiments.
    without_drift
        The same, corrected.
    """
    rng = np.random.default_rng(SEED)
    rates = {
        words: (share(alarms), _against_level(share(alarms)))
        for words, alarms in false_alarms(observations, rng).items()
    }
    valid = observations.masks["valid"].to_numpy()
    before, after = (passed(of)[valid].ravel() for of in (observations, without_drift))
    rates["Failed threads that pass once corrected for drift"] = share(after[~before]), ""
    rates["Successful threads that fail once corrected"] = share(~after[before]), ""
    return [
        Row(
            *(CONTROLS, f"control.{place}", words, "", "all", WHEN, "valid", "share of threads"),
            effect,
            said,
        )
        for place, (words, (effect, said)) in enumerate(rates.items(), start=1)
    ]


def share(chosen: np.ndarray) -> Effect:
    """A share with its Wilson interval.

    Parameters
    ----------
    chosen : (n,)
        Truth values.

    Examples
    --------
    >>> effect = share(np.array([True, False, False, False]))
    >>> effect.value, effect.statistic
    (0.25, '1 of 4')
    """
    n, count = len(chosen), int(np.sum(chosen))
    if not n:
        return Effect(np.nan, np.nan, np.nan, 0, "Wilson interval", "", np.nan)
    low, high = map(float, wilson_interval(count, n))
    return Effect(count / n, low, high, n, "Wilson interval", f"{count} of {n}", np.nan)


def _against_level(effect: Effect) -> str:
    if not effect.n:
        return ""
    return f"above {RISE_LEVEL}" if effect.low > RISE_LEVEL else f"compatible with {RISE_LEVEL}"
