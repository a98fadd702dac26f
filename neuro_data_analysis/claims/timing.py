"""When the object space overtakes the texture space within a response."""

import numpy as np

from core.statistics.comparisons import benjamini_hochberg, paired
from core.statistics.masks import AREAS
from core.statistics.windows import EVOKED, window_rate
from neuro_data_analysis.claims.effects import LEVEL, Effect
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import Row

WINDOWS = tuple((start, start + 10) for start in range(*EVOKED, 10))
"""Windows of Figure 5C that hold the response, start and stop in ms."""

N_RESAMPLES = 2000
SEED = 20260310
"""Of the resamples."""

STATED_MS = 80
"""When the published code's README has the object space take over in PIT."""

NEVER = np.inf
"""Crossing time of a difference that stays above 0."""


def timing_rows(observations: Observations, variant: str) -> list[Row]:
    """Crossing times by area, and the first window of Figure 5C in which the object space leads.

    Parameters
    ----------
    observations
        What the claims are tested on.
    variant
        A key of `neuro_data_analysis.claims.rows.VARIANTS`.
    """
    rng = np.random.default_rng(SEED)
    rows = []
    for area, mask in (*((area, "anysucc005") for area in AREAS), ("IT", "bothsucc005")):
        effect = crossing_time(observations.psth[observations.rows(area, mask), -1], rng)
        both = mask == "bothsucc005"
        name = f"crossing.{area}" + (".both" if both else "")
        words = f"Object overtakes texture in {'PIT' if area == 'IT' else area}"
        words += ", both successful" if both else ""
        place = ("Fig. 5A", area, "last block", mask, "ms")
        rows.append(Row(variant, name, words, *place, effect, _crossing_verdict(effect)))
    effect = first_led_window(observations, observations.rows("IT", "bothsucc005"))
    words = "First 10-ms window in which object leads PIT"
    place = ("Fig. 5C", "IT", "any block", "bothsucc005", "ms")
    later = f"later than {STATED_MS} ms" if STATED_MS < effect.value < NEVER else ""
    return [*rows, Row(variant, "window.IT", words, *place, effect, later)]


def _crossing_verdict(effect: Effect) -> str:
    if not np.isfinite(effect.low):
        return "never" if effect.n > 1 else ""
    return "holds" if np.isfinite(effect.high) else "not decided"


def crossing(differences: np.ndarray) -> np.ndarray:
    """First ms after the texture space's largest lead at which the object space leads.

    Parameters
    ----------
    differences : (..., 200)
        DeePSim minus BigGAN, 1-ms bins from image onset.

    Returns
    -------
    (...)
        ms; `NEVER` where the object space does not lead any more before 200 ms.

    Examples
    --------
    >>> time = np.arange(200)
    >>> crossing(np.stack([np.sin((time - 50) / 20), np.ones(200)])).tolist()
    [113.0, inf]
    """
    inside = differences[..., slice(*EVOKED)]
    after = np.arange(inside.shape[-1]) > inside.argmax(axis=-1)[..., None]
    crossed = after & (inside < 0)
    first = EVOKED[0] + crossed.argmax(axis=-1)
    return np.where(crossed.any(axis=-1), first, NEVER)


def crossing_time(psth: np.ndarray, rng: np.random.Generator) -> Effect:
    """Crossing time of the mean difference, with a percentile bootstrap over experiments.

    Parameters
    ----------
    psth : (n, 2, 200)
        Normalised PSTHs of one block.
    rng
        Generator of the resamples.

    Returns
    -------
    Effect
        In ms. A value or bound is `NEVER` where there is no crossing.
    """
    differences = psth[:, 0] - psth[:, 1]
    n = len(differences)
    if n < 2:
        return Effect(np.nan, np.nan, np.nan, n, "bootstrap", "", np.nan)
    weights = rng.multinomial(n, np.full(n, 1 / n), N_RESAMPLES) / n
    resampled = np.sort(crossing(weights @ differences))
    low, high = (float(resampled[round(p * (N_RESAMPLES - 1))]) for p in (LEVEL / 2, 1 - LEVEL / 2))
    value = float(crossing(differences.mean(axis=0)))
    share = f"{np.isfinite(resampled).mean():.1%} of resamples cross"
    return Effect(value, low, high, n, f"bootstrap, {N_RESAMPLES} resamples", share, np.nan)


def first_led_window(observations: Observations, rows: np.ndarray) -> Effect:
    """Start of the first 10-ms window in which the object space leads in a block (Figure 5C).

    Parameters
    ----------
    observations
        All experiments.
    rows : (n_experiments,) bool
        Experiments to take.

    Returns
    -------
    Effect
        In ms, without interval; `NEVER` where there is none. As published, the false discovery
        rate is controlled over the blocks of a window.
    """
    psth = observations.psth[rows]
    value, led = NEVER, 0
    for window in WINDOWS:
        rates = window_rate(psth, window, axis=3)
        test = paired(rates[:, :, 0], rates[:, :, 1])
        q = np.nan_to_num(benjamini_hochberg(test.p), nan=1.0)
        led = int(((q < LEVEL) & (test.t < 0)).sum())
        if led:
            value = float(window[0])
            break
    words = f"object leads in {led} of {psth.shape[1]} blocks"
    return Effect(value, np.nan, np.nan, len(psth), "paired t by block, FDR", words, np.nan)
