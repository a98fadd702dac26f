"""Each published number beside the one that this run computed, and a verdict."""

import csv
import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.contract.provenance import Origin
from core.figures import FIGURES
from figure_reproduction.results import FigureResult, Regenerated

PUBLISHED = Path(__file__).with_name("published_statistics.csv")

PRECISION = Path(__file__).with_name("explorer_precision.csv")
"""What block averages leave open in each number (``python -m benchmarks.explorer_precision``).

Standard deviation over redrawn rounding errors, and change by undecided labels.
"""

ROUNDING_DEVIATIONS = 4
"""Standard deviations of the rounding that a number from block averages may be off."""

NOT_IN_AVERAGES = dict.fromkeys(
    ("fig2b.natref.trials_per_block", "fig2b.natref.n_trials"),
    "block averages do not tell the number of trials of reference images",
)
"""Why a number cannot be computed from block averages, by id."""

COLUMNS = (
    "id", "figure", "panel", "published", "value", "difference", "tolerance", "verdict", "note",
)  # fmt: skip

AGREES = "agrees"
AGREES_UNKNOWN = "agrees, origin unknown"
DIFFERS = "differs"
SIMULATED = "not comparable: simulated"
TWINS = "not comparable: digital twins"
SUBSTITUTES = "not comparable: substitutes"
AVERAGED = "not comparable: block averages"
OTHER_SETTINGS = "not comparable: other settings"
WITHHELD = "withheld: a check failed"
UNAVAILABLE = "not available"
INFORMATIVE = "informative"

_NOT_COMPARABLE = {
    Origin.SIMULATED: SIMULATED,
    Origin.TWINS: TWINS,
    Origin.SUBSTITUTES: SUBSTITUTES,
}

_INFORMATIVE_NOTES = (
    *("optimiser dependent", "development figure", "unpublished axis"),
    "of one unseeded draw",
)

_NO_PANEL = ("cohort.", "fig6c_all.")
"""Beginnings of ids that belong to no published panel."""


@dataclass(frozen=True)
class Published:
    """One number that a published panel states; `tolerance` is absolute.

    `panel` is a letter, or more than one (``D/E``), and what tells apart versions of the panel.
    """

    id: str
    figure: str
    panel: str
    group: str
    statistic: str
    value: float
    tolerance: float
    note: str

    @property
    def letter(self) -> str:
        """The panel's letter alone."""
        return self.panel.partition(" ")[0]


@dataclass(frozen=True)
class Compared:
    """A published number, this run's (None where there is none), and the verdict.

    `tolerance` is the one that decided; `regenerated` says whether it is that of a computed table
    instead of the published number's own; `why` tells why there is no value, where that is known,
    or what a regenerated one or one of other settings rests on.
    """

    published: Published
    value: float | None
    verdict: str
    tolerance: float
    regenerated: bool = False
    why: str = ""

    @property
    def difference(self) -> float | None:
        """This run's value minus the published one; None where the two are not compared."""
        if self.value is None or self.verdict in (
            *_NOT_COMPARABLE.values(),
            AVERAGED,
            OTHER_SETTINGS,
        ):
            return None
        return self.value - self.published.value


@cache
def published_numbers() -> tuple[Published, ...]:
    """All numbers that belong to a panel, in the order of the list.

    Examples
    --------
    >>> published_numbers()[0].figure
    'Fig2'
    """
    return tuple(number for number in _listed() if not number.id.startswith(_NO_PANEL))


@cache
def numbers_of_no_panel() -> tuple[Published, ...]:
    """All others: the size of the cohort, and fits of further axes of panel 6C's file.

    Examples
    --------
    >>> numbers_of_no_panel()[0].id, len(numbers_of_no_panel())
    ('cohort.struct_entries', 348)
    """
    return tuple(number for number in _listed() if number.id.startswith(_NO_PANEL))


@cache
def _listed() -> tuple[Published, ...]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return tuple(
            Published(
                id=row["id"],
                figure=row["figure"],
                panel=row["panel"],
                group=row["group"],
                statistic=row["statistic"],
                value=float(row["value"]),
                tolerance=float(row["tolerance"] or 0),
                note=row["note"],
            )
            for row in csv.DictReader(file)
        )


def compare(result: FigureResult) -> list[Compared]:
    """Every published number of a figure beside the figure's own.

    Where the figure's folder gives none, a regenerated number stands for it.

    Examples
    --------
    >>> result = FigureResult("2", None, Origin.RECORDED, statistics={"fig2d.n_blocks": 23.0})
    >>> compared = compare(result)
    >>> [c.verdict for c in compared if c.published.id == "fig2d.n_blocks"]
    ['agrees']
    """
    return [
        _compare_regenerated(number, result.regenerated[number.id])
        if number.id in result.regenerated and number.id not in result.statistics
        else _compare(number, result)
        for number in _of_figure(result.figure)
    ]


def compare_regenerated(result: FigureResult) -> list[Compared]:
    """The published numbers that were regenerated although the figure's folder gives them too."""
    return [
        _compare_regenerated(number, result.regenerated[number.id])
        for number in _of_figure(result.figure)
        if number.id in result.regenerated and number.id in result.statistics
    ]


def _of_figure(figure: str) -> list[Published]:
    return [number for number in published_numbers() if number.figure == FIGURES[figure].folder]


def _compare(number: Published, result: FigureResult) -> Compared:
    value = result.statistics.get(number.id)
    averaged = result.origin is Origin.EXPLORER
    if value is None or math.isnan(value):
        why = NOT_IN_AVERAGES.get(number.id, "") if averaged else ""
        return Compared(number, None, UNAVAILABLE, number.tolerance, why=why)
    if averaged:
        allowed = number.tolerance + explorer_tolerances().get(number.id, 0.0)
        number = replace(number, tolerance=allowed)
    decision = verdict(
        number, value, result.origin, bool(result.contradictions), bool(result.settings)
    )
    return Compared(number, value, decision, number.tolerance, why=result.settings)


@cache
def explorer_tolerances() -> dict[str, float]:
    """How far block averages may lead a number off, by id: by rounding, and by undecided labels.

    Examples
    --------
    >>> explorer_tolerances()["fig4a.IT.BigGAN.successes"]
    2.0
    """
    with PRECISION.open(encoding="utf-8", newline="") as file:
        return {
            row["id"]: ROUNDING_DEVIATIONS * float(row["rounding"]) + float(row["labels"])
            for row in csv.DictReader(file)
        }


def _compare_regenerated(number: Published, found: Regenerated) -> Compared:
    if math.isnan(found.value):
        return Compared(number, None, UNAVAILABLE, found.tolerance, regenerated=True)
    widened = replace(number, tolerance=found.tolerance)
    decision = verdict(widened, found.value, Origin.RECORDED)
    return Compared(
        number, found.value, decision, found.tolerance, regenerated=True, why=found.note
    )


def verdict(
    number: Published,
    value: float,
    origin: Origin,
    contradicted: bool = False,
    settings_differ: bool = False,
) -> str:
    """Verdict on one value; a difference equal to the tolerance agrees.

    Parameters
    ----------
    number
        The published number.
    value
        This run's.
    origin
        What it was computed from; a value from simulated recordings, twins, or substitutes for
        the paper's models, says nothing about the published one.
    contradicted
        Whether the files that it comes from contradict one another.
    settings_differ
        Whether the analysis was set otherwise than the paper's.

    Examples
    --------
    >>> number = next(n for n in published_numbers() if n.id == "fig2d.n_blocks")
    >>> verdict(number, 23, Origin.RECORDED), verdict(number, 22, Origin.RECORDED)
    ('agrees', 'differs')
    >>> verdict(number, 23, Origin.SIMULATED)
    'not comparable: simulated'
    >>> verdict(number, 23, Origin.RECORDED, settings_differ=True)
    'not comparable: other settings'
    >>> verdict(number, 23, Origin.UNKNOWN), verdict(number, 23, Origin.RECORDED, contradicted=True)
    ('agrees, origin unknown', 'withheld: a check failed')
    """
    if origin in _NOT_COMPARABLE:
        return _NOT_COMPARABLE[origin]
    if settings_differ:
        return OTHER_SETTINGS
    if contradicted:
        return WITHHELD
    if any(words in number.note for words in _INFORMATIVE_NOTES):
        return INFORMATIVE
    # of the arithmetic, far below any tolerance: p values can be smaller than 1e-10
    rounding = 1e-12 * abs(number.value) + 1e-9 * number.tolerance
    if abs(value - number.value) > number.tolerance + rounding:
        return DIFFERS
    return AGREES_UNKNOWN if origin is Origin.UNKNOWN else AGREES


def csv_row(compared: Compared, panel: str | None = None) -> dict:
    """One line of ``report.csv``.

    Parameters
    ----------
    compared
        A published number and this run's.
    panel
        What is written as the panel; the published one by default.

    Examples
    --------
    >>> number = next(n for n in published_numbers() if n.id == "fig2d.n_blocks")
    >>> csv_row(Compared(number, 23.0, AGREES, 0.0))["difference"]
    0.0
    """
    number = compared.published
    return {
        "id": number.id,
        "figure": number.figure,
        "panel": panel or number.panel,
        "published": number.value,
        "value": compared.value,
        "difference": compared.difference,
        "tolerance": compared.tolerance,
        "verdict": compared.verdict,
        "note": "; ".join(
            filter(None, (number.note, "regenerated" * compared.regenerated, compared.why))
        ),
    }
