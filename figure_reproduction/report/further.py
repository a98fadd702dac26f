"""Numbers that the authors printed elsewhere than on a panel, as the page shows them, by place."""

import math
import re
from collections import Counter
from dataclasses import dataclass

from figure_reproduction.claims.comparing import compare_claims
from figure_reproduction.claims.listed import FURTHER_AXES, PrintedNumber
from figure_reproduction.comparison import DIFFERS, SIMULATED, TWINS, UNAVAILABLE, Compared
from figure_reproduction.report.words import label
from figure_reproduction.results import FigureResult

COLUMNS = (
    *("id", "figure", "place", "claim", "printed", "value", "difference", "tolerance", "verdict"),
    *("n", "test", "source", "note"),
)
"""Of ``claims.csv``."""

MAX_DECIMALS = 6


@dataclass(frozen=True)
class Place:
    """Where numbers were printed, and the numbers beside this run's."""

    name: str
    numbers: tuple[Compared, ...]

    @property
    def anchor(self) -> str:
        """Its id on the page.

        Examples
        --------
        >>> Place("Fig. 6 D, success example", ()).anchor
        'further-fig-6-d-success-example'
        """
        return "further-" + re.sub(r"\W+", "-", self.name.lower()).strip("-")

    @property
    def sources(self) -> str:
        """Files and captions in which the numbers were printed, without cells and lines."""
        found = (compared.published.source for compared in self.numbers)
        return "; ".join(dict.fromkeys(re.sub(r" (cell|lines?) [\d-]+", "", s) for s in found))

    @property
    def tests(self) -> str:
        """Tests that were made, in words."""
        found = (compared.published.test for compared in self.numbers)
        return "; ".join(filter(None, dict.fromkeys(found)))

    @property
    def tally(self) -> Counter:
        """How often each verdict was given."""
        return Counter(compared.verdict for compared in self.numbers)

    @property
    def simulated(self) -> bool:
        """Whether no number comes from anything but simulated recordings."""
        marked = {SIMULATED, TWINS}
        return bool(marked & set(self.tally)) and not set(self.tally) - {*marked, UNAVAILABLE}


def places(results: list[FigureResult]) -> tuple[Place, ...]:
    """All places of the figures that were drawn, in the order of the list.

    Examples
    --------
    >>> places([])
    ()
    """
    found: dict[str, list[Compared]] = {}
    for result in results:
        for compared in compare_claims(result):
            found.setdefault(compared.published.panel, []).append(compared)
    return tuple(Place(name, tuple(numbers)) for name, numbers in found.items())


def claim_words(claim: PrintedNumber) -> str:
    """What is claimed, in words.

    Examples
    --------
    >>> from figure_reproduction.claims.listed import claims
    >>> claim_words(claims()[0]), claim_words(claims()[-2])
    ('Smallest time bin of the attribution analysis', 'Noise 40 axis: P of the ANOVA')
    """
    words = label(claim) if claim.id.startswith(FURTHER_AXES) else claim.group
    return f"{words[0].upper()}{words[1:]}"


def like_printed(compared: Compared) -> str:
    """This run's value in the form of the printed one; with more digits where they look alike.

    Examples
    --------
    >>> from figure_reproduction.claims.listed import claims
    >>> ids = {claim.id: claim for claim in claims()}
    >>> f = ids["pc.fig6d.success.class1.anova.p"]
    >>> f.printed, like_printed(Compared(f, 1.23456789e-20, DIFFERS, f.tolerance))
    ('9.153928e-08', '1.234568e−20')
    >>> n = ids["pc.cohort.n"]
    >>> like_printed(Compared(n, 9.0, DIFFERS, 0.0)), like_printed(Compared(n, None, "", 0.0))
    ('9', '–')
    """
    value, printed = compared.value, compared.published.printed
    if value is None:
        return "–"
    if float(value).is_integer() and "." not in printed and "e" not in printed:
        return f"{value:.0f}".replace("-", "−")
    mantissa, power, _ = printed.partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    if not power and 0 < compared.published.tolerance < 1:
        n_decimals = max(n_decimals, -math.floor(math.log10(2.0001 * compared.published.tolerance)))
    n_decimals = min(n_decimals, MAX_DECIMALS)
    for n_more in range(9):
        text = f"{value:.{n_decimals + n_more}{power or 'f'}}"
        if compared.verdict != DIFFERS or float(text) != compared.published.value:
            break
    return text.replace("-", "−")


def claim_row(compared: Compared) -> dict:
    """One line of ``claims.csv``.

    Examples
    --------
    >>> from figure_reproduction.claims.listed import claims
    >>> row = claim_row(Compared(claims()[0], 5.0, "agrees", 0.0))
    >>> row["printed"], row["difference"], row["place"]
    ('5', 0.0, 'Extended Data Fig. 4 B')
    """
    claim = compared.published
    return {
        "id": claim.id,
        "figure": claim.figure,
        "place": claim.panel,
        "claim": claim_words(claim),
        "printed": claim.printed,
        "value": compared.value,
        "difference": compared.difference,
        "tolerance": compared.tolerance,
        "verdict": compared.verdict,
        "n": claim.n,
        "test": claim.test,
        "source": claim.source,
        "note": remarks(compared),
    }


def remarks(compared: Compared) -> str:
    """What else is to be said of a number."""
    regenerated = "regenerated" * compared.regenerated
    return "; ".join(filter(None, (compared.published.note, regenerated, compared.why)))
