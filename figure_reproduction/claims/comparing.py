"""Each listed number beside the one that this run computed, with a verdict by the panels' rules."""

import math
from dataclasses import replace

from core.contract.provenance import Origin
from core.figures import FIGURES
from figure_reproduction.claims.listed import PrintedNumber, claims
from figure_reproduction.comparison import (
    AVERAGED,
    UNAVAILABLE,
    Compared,
    explorer_tolerances,
    verdict,
)
from figure_reproduction.results import FigureResult


def compare_claims(result: FigureResult) -> list[Compared]:
    """Every listed number of a figure beside this run's; none where the figure was not drawn.

    Examples
    --------
    >>> from figure_reproduction.results import ClaimNumbers
    >>> found = ClaimNumbers({"pc.fig2.expi": 155.0})
    >>> compared = compare_claims(FigureResult("2", None, Origin.RECORDED, claims=found))
    >>> next(c.verdict for c in compared if c.published.id == "pc.fig2.expi")
    'agrees'
    """
    if result.problem:
        return []
    folder = FIGURES[result.figure].folder
    return [_compare(claim, result) for claim in claims() if claim.figure == folder]


def _compare(claim: PrintedNumber, result: FigureResult) -> Compared:
    found, origin = result.claims, result.origin
    regenerated = claim.id not in found.values and claim.id in found.regenerated
    value = (found.regenerated if regenerated else found.values).get(claim.id)
    if value is None or math.isnan(value):
        reasons = (why for start, why in found.unavailable.items() if claim.id.startswith(start))
        return Compared(claim, None, UNAVAILABLE, claim.tolerance, why=next(reasons, ""))
    if regenerated:
        said = verdict(claim, value, Origin.RECORDED)
        return Compared(claim, value, said, claim.tolerance, regenerated=True)
    if origin is Origin.EXPLORER:
        if not claim.panel_number:
            return Compared(claim, value, AVERAGED, claim.tolerance)
        rounding = explorer_tolerances().get(claim.panel_number, 0.0)
        claim = replace(claim, tolerance=claim.tolerance + rounding)
    said = verdict(claim, value, origin, bool(result.contradictions), bool(result.settings))
    return Compared(claim, value, said, claim.tolerance, why=result.settings)
