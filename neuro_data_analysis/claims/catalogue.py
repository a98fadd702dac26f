"""The claims of the abstract, each as a number of every experiment that can be tested.

Words are ours. "Texture" is DeePSim's space (thread 0), "object" BigGAN's (thread 1); the paper
calls IT PIT. Levels are shares of the experiment's largest block mean of either thread, as there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.statistics.masks import RISE_LEVEL, success_with_rise
from core.statistics.windows import EVOKED, Window
from core.threads import PREFIXES
from neuro_data_analysis.claims.effects import Expected
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.export.ext4 import attribution
from neuro_data_analysis.export.fig4 import time_constants

SHARE_MARGIN = 0.1
"""Difference of levels or of success rates that counts: a tenth of the largest response, or of the
experiments. V4's levels end 0.16 apart."""

BLOCK_MARGIN = 4.0
"""Difference of speeds that counts, in blocks: about that of PIT."""

MARGINS = {"share": SHARE_MARGIN, "blocks": BLOCK_MARGIN}
"""Margin by unit."""

EARLY: Window = (50, 100)
LATE: Window = (100, 200)
STATED: Window = (80, 200)
"""From the time on which the published code's README states for the object space."""

BETWEEN: Window = (80, 110)
"""From the stated time to the first window in which the object space leads in Figure 5C."""

SEEN: Window = (110, 200)

Values = Callable[[Observations], np.ndarray]
"""DeePSim minus BigGAN of every experiment, (n_experiments,)."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes
    ----------
    name
        Short and unique, say ``end.V1``.
    words
        The claim.
    place
        Where the paper shows it.
    area
        ``V1``, ``V4`` or ``IT``.
    when
        Block and window, in words.
    mask
        Which valid experiments are taken: a column of the published masks.
    expected
        What the claim says of the mean of `values`.
    values
        DeePSim minus BigGAN of every experiment.
    unit
        A key of `MARGINS`.
    others
        Areas from whose mean that of `area` is subtracted; the claim is then about the difference.
    covariate
        Number of every experiment that is held at 0.
    """

    name: str
    words: str
    place: str
    area: str
    when: str
    mask: str
    expected: Expected
    values: Values
    unit: str = "share"
    others: tuple[str, ...] = ()
    covariate: Values | None = None

    @property
    def margin(self) -> float:
        """Size of an effect that counts."""
        return MARGINS[self.unit]

    @property
    def where(self) -> str:
        """Area, or areas that are compared."""
        return f"{'+'.join(self.others)} - {self.area}" if self.others else self.area


def level(observations: Observations, block: int, window: Window = EVOKED) -> np.ndarray:
    """Difference of the normalised rate in one padded block.

    Parameters
    ----------
    observations
        All experiments.
    block
        0-based number; negative ones count from the end.
    window
        Start and stop in ms, half-open, 0-based.
    """
    rates = observations.evoked[:, block]
    if window != EVOKED:
        rates = observations.window(window, block)
    return rates[:, 0] - rates[:, 1]


def early_minus_late(observations: Observations) -> np.ndarray:
    """By how much more the texture space leads early than late, in the last block."""
    return level(observations, -1, EARLY) - level(observations, -1, LATE)


def success_balance(observations: Observations) -> np.ndarray:
    """Difference of success by Figure 4A's criterion: -1, 0 or 1."""
    deepsim, biggan = successes(observations)
    return deepsim.astype(float) - biggan


def successes(observations: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Success of both threads by Figure 4A's criterion, (n_experiments,) bool each."""
    meta = observations.cohort.meta
    deepsim, biggan = (success_with_rise(meta, k, RISE_LEVEL).to_numpy() for k in (0, 1))
    return deepsim, biggan


def passed(observations: Observations) -> np.ndarray:
    """Which threads pass the published test at P < 0.01, whatever the sign, (n_experiments, 2)."""
    return observations.cohort.meta[["p_maxinit_0", "p_maxinit_1"]].to_numpy() < RISE_LEVEL


def blocks_to_rise(observations: Observations) -> np.ndarray:
    """Difference of the blocks until 80 % of the rise, as Figure 4D counts them."""
    constants = [time_constants(summary) for summary in observations.cohort.summaries]
    blocks = [[of[f"{word}_tc0_bslinit"] for word in PREFIXES] for of in constants]
    deepsim, biggan = np.array(blocks, dtype=float).T
    return deepsim - biggan


def rise(observations: Observations) -> np.ndarray:
    """Difference of the largest rises above the first block, shares."""
    rates = observations.evoked
    rises = rates.max(axis=1) - rates[:, 0]
    return rises[:, 0] - rises[:, 1]


def late_share_of_rise(observations: Observations) -> np.ndarray:
    """Difference of the share of the rise that falls after 100 ms; NaN where one did not rise."""
    shares = [
        [attribution(summary.psth.mean[:, k], 50)[2:].sum() for k in (0, 1)]
        for summary in observations.cohort.summaries
    ]
    deepsim, biggan = np.array(shares).T
    return deepsim - biggan


_first, _last = partial(level, block=0), partial(level, block=-1)


def _window(window: Window) -> Values:
    return partial(level, block=-1, window=window)


def _level(name: str, words: str, area: str, expected: Expected, values: Values, **other) -> Claim:
    when = "first block" if values is _first else "last block"
    standard = {"place": "Fig. 4B", "when": f"{when}, 50-200 ms", "mask": "anysucc005"}
    return Claim(name, words, area=area, expected=expected, values=values, **standard | other)


def _timing(name: str, words: str, area: str, expected: Expected, window: Window, **other) -> Claim:
    when = f"last block, {window[0]}-{window[1]} ms"
    standard = {"place": "Fig. 5A", "when": when, "mask": "anysucc005"}
    values = _window(window)
    return Claim(name, words, area=area, expected=expected, values=values, **standard | other)


def _success(name: str, words: str, area: str, expected: Expected) -> Claim:
    when = "best against first two blocks, P < 0.01"
    return Claim(name, words, "Fig. 4A", area, when, "valid", expected, success_balance)


def _speed(name: str, words: str, area: str, expected: Expected, **other) -> Claim:
    standard = {"place": "Fig. 4D", "when": "blocks to 80 % of the rise", "mask": "bothsucc001"}
    values = blocks_to_rise
    return Claim(
        name, words, area=area, expected=expected, values=values, unit="blocks", **standard | other
    )


CLAIMS = (
    _level("end.V1", "V1 ends higher in the texture space", "V1", "above", _last),
    _level("end.V4", "V4 ends higher in the texture space", "V4", "above", _last),
    _success("success.V1", "V1 succeeds more often in the texture space", "V1", "above"),
    _success("success.V4", "V4 succeeds more often in the texture space", "V4", "above"),
    _level("end.IT", "PIT ends equally high in both spaces", "IT", "equal", _last),
    _level(
        *("end.IT.both", "PIT ends equally high, both successful", "IT", "equal", _last),
        place="Fig. 4C",
        mask="bothsucc005",
    ),
    _success("success.IT", "PIT succeeds equally often in both spaces", "IT", "equal"),
    _level(
        *("end.areas", "V1 and V4 end more for texture than PIT", "IT", "above", _last),
        others=("V1", "V4"),
    ),
    _level("start.IT", "PIT starts higher in the object space", "IT", "below", _first),
    _level("start.V4", "V4 starts higher in the object space", "V4", "below", _first),
    _level("start.V1", "V1 starts higher in the object space", "V1", "below", _first),
    _level(
        *("start.areas", "Object's head start is larger in PIT", "IT", "above", _first),
        others=("V1", "V4"),
    ),
    _speed("speed.IT", "PIT is faster in the object space", "IT", "above"),
    _speed(
        *("speed.IT.rise", "PIT is faster, both rising as far", "IT", "above"),
        covariate=rise,
    ),
    _speed("speed.V4", "V4 is equally fast in both spaces", "V4", "equal"),
    _timing("early.V1", "Texture leads early responses of V1", "V1", "above", EARLY),
    _timing("early.V4", "Texture leads early responses of V4", "V4", "above", EARLY),
    _timing("early.IT", "Texture leads early responses of PIT", "IT", "above", EARLY),
    _timing("late.V1", "Texture leads late responses of V1", "V1", "above", LATE),
    _timing("late.V4", "Texture leads late responses of V4", "V4", "above", LATE),
    _timing("late.IT", "Object leads late responses of PIT", "IT", "below", LATE),
    _timing(
        *("late.IT.both", "Object leads late in PIT, both successful", "IT", "below", LATE),
        place="Fig. 5C",
        mask="bothsucc005",
    ),
    *(
        Claim(
            f"switch.{area}",
            f"Texture leads early more than late in {'PIT' if area == 'IT' else area}",
            "Fig. 5A",
            area,
            "last block, 50-100 less 100-200 ms",
            "anysucc005",
            "above",
            early_minus_late,
        )
        for area in ("V1", "V4", "IT")
    ),
    Claim(
        "rise.IT",
        "Object's rise in PIT falls later than texture's",
        "Ext. Fig. 4B",
        "IT",
        "share of the rise after 100 ms",
        "bothsucc001",
        "below",
        late_share_of_rise,
    ),
    _timing(
        *("readme.IT", "Object leads PIT from 80 ms on, as stated", "IT", "below", STATED),
        place="README of the published code",
    ),
    _timing(
        *(
            "readme.between.IT",
            "Object leads PIT from 80 to 110 ms",
            "IT",
            "below",
            BETWEEN,
        ),
        place="README of the published code",
    ),
    _timing(
        *("readme.seen.IT", "Object leads PIT from 110 ms on", "IT", "below", SEEN),
        place="Fig. 5C",
    ),
)
"""All claims, in the order of the abstract."""
