"""The numbers that the authors printed elsewhere, as listed; nothing here needs matplotlib."""

import csv
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from figure_reproduction.comparison import Published, numbers_of_no_panel

LISTED = Path(__file__).parents[1] / "published_claims.csv"

FURTHER_AXES = "fig6c_all."
"""Beginning of the ids of ``published_statistics.csv`` that belong to further axes of panel 6C."""

PLACE_OF_FURTHER_AXES = "Fig. 6 C, further axes of the file"


@dataclass(frozen=True)
class PrintedNumber(Published):
    """A number printed elsewhere than on a panel; `panel` says where, `group` what is claimed.

    Attributes
    ----------
    printed
        The number as it was printed, or as nearly as the list tells.
    n, test
        Size of the sample and test, in words; empty where nothing was said.
    source
        Where it was printed.
    panel_number
        Id of the panel's number that is the same quantity; empty where there is none.
    """

    printed: str
    n: str
    test: str
    source: str
    panel_number: str


def claims() -> tuple[PrintedNumber, ...]:
    """All of them that a file of source data allows to compute, in the order of the list.

    Examples
    --------
    >>> len(claims()), claims()[0].group
    (1265, 'smallest time bin of the attribution analysis')
    """
    return (*_listed()[0], *_further_axes())


def left_out() -> Counter:
    """How many further ones are not computed, by reason.

    Examples
    --------
    >>> left_out().total(), left_out()["a bibliographic fact"]
    (83, 6)
    """
    return Counter(_listed()[1])


@cache
def _listed() -> tuple[tuple[PrintedNumber, ...], tuple[str, ...]]:
    """Claims that are computed, and the reason of every other."""
    found, reasons = [], []
    with LISTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["left_out"]:
                reasons.append(row["left_out"])
                continue
            found.append(
                PrintedNumber(
                    id=row["id"],
                    figure=row["figure"],
                    panel=row["place"],
                    group=row["claim"],
                    statistic=row["statistic"],
                    value=float(row["value"]),
                    tolerance=float(row["tolerance"]),
                    note=row["note"],
                    printed=row["value"],
                    n=row["n"],
                    test=row["test"],
                    source=row["source"],
                    panel_number=row["panel_number"],
                )
            )
    return tuple(found), tuple(reasons)


@cache
def _further_axes() -> tuple[PrintedNumber, ...]:
    """Fits of the axes of panel 6C's file that the panel does not show."""
    return tuple(
        PrintedNumber(
            **asdict(number) | {"panel": PLACE_OF_FURTHER_AXES},
            printed=f"{number.value:g}",
            n="",
            test="",
            source="the authors' development figure of the same file",
            panel_number="",
        )
        for number in numbers_of_no_panel()
        if number.id.startswith(FURTHER_AXES)
    )
