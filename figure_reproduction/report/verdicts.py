"""The answer in one line: what is compared with what, how many numbers agree, how many differ."""

from collections import Counter

from core.contract.provenance import Origin
from figure_reproduction.comparison import (
    AGREES,
    AGREES_UNKNOWN,
    DIFFERS,
    INFORMATIVE,
    OTHER_SETTINGS,
    SIMULATED,
    SUBSTITUTES,
    TWINS,
    UNAVAILABLE,
    WITHHELD,
    Compared,
    Published,
)
from figure_reproduction.results import FigureResult

CONSTANTS = (
    "fig2d.n_slices",
    "fig2d.n_ms",
    "ext5c.n_rows",
    "ext5c.n_seeds",
    "ext5de.units_per_draw",
    "ext5de.n_draws",
)
"""Ids of numbers that the code fixes, whatever the data: shapes, grids, draws."""

DESIGNED = (
    "fig2d.n_blocks",
    "fig2b.natref.",
    "fig4a.V1.DeePSim.total",
    "fig4a.V1.BigGAN.total",
    "fig4a.V4.DeePSim.total",
    "fig4a.V4.BigGAN.total",
    "fig4a.IT.DeePSim.total",
    "fig4a.IT.BigGAN.total",
    "fig6c.n_levels",
    "fig6d.success.n_",
    "fig6d.fail.n_",
    "fig6e.table.n_exp_id_all",
    "ext5de.n_layers_relu",
)
"""Beginnings of ids that a simulation copies: sizes of the cohort, lengths of named experiments."""

NOT_OF_THE_PAPER = ("authors' annotated version", "in the authors' notebook")
"""Words in the notes of numbers that the published panels do not show."""


def is_published(number: Published) -> bool:
    """Whether a published panel shows the number; others are of the authors' further pictures.

    Examples
    --------
    >>> from figure_reproduction.comparison import published_numbers
    >>> sum(not is_published(number) for number in published_numbers())
    230
    """
    return not any(words in number.note for words in NOT_OF_THE_PAPER)


def by_construction(compared: Compared) -> bool:
    """Whether a number is that of the paper because it was put in, and so is no agreement.

    Examples
    --------
    >>> from figure_reproduction.comparison import published_numbers
    >>> number = next(n for n in published_numbers() if n.id == "fig4a.V1.BigGAN.total")
    >>> by_construction(Compared(number, 10.0, SIMULATED, 0.0))
    True
    >>> by_construction(Compared(number, 10.0, AGREES, 0.0))
    False
    """
    number = compared.published
    if compared.value != number.value:
        return False
    designed = compared.verdict in (SIMULATED, TWINS) and number.id.startswith(DESIGNED)
    return designed or number.id in CONSTANTS


def counted(numbers: list[Compared]) -> Counter:
    """Verdicts of the numbers that can speak: shown in the paper, and not put in.

    Examples
    --------
    >>> from figure_reproduction.comparison import published_numbers
    >>> numbers = [Compared(n, n.value, AGREES, 0.0) for n in published_numbers()]
    >>> counted(numbers)
    Counter({'agrees': 888})
    """
    return Counter(
        c.verdict for c in numbers if is_published(c.published) and not by_construction(c)
    )


def short_answer(figures: list[tuple[FigureResult, tuple[Compared, ...]]]) -> list[str]:
    """Sentences that answer first.

    Parameters
    ----------
    figures
        Each figure with its compared numbers.

    Examples
    --------
    >>> short_answer([])
    ['No figure was drawn.']
    """
    numbers = [compared for _, of_figure in figures for compared in of_figure]
    if not numbers:
        return ["No figure was drawn."]
    counts = counted(numbers)
    agree, differ = counts[AGREES] + counts[AGREES_UNKNOWN], counts[DIFFERS]
    sentences = []
    if agree + differ:
        sentences.append(
            f"{agree + differ} numbers that the paper's panels state were compared with real data "
            f"or computed anew ({_with_what(figures)}): {agree} agree, {differ} differ."
        )
        if counts[AGREES_UNKNOWN]:
            sentences.append(f"{counts[AGREES_UNKNOWN]} of these are of unknown origin.")
    else:
        sentences.append("No published number was compared with real data or computed anew.")
    sentences += [
        f"{counts[verdict]} {words}"
        for verdict, words in (
            (SIMULATED, "were computed from simulated recordings and are not compared."),
            (TWINS, "were computed from digital twins of neurons and are not compared."),
            (
                SUBSTITUTES,
                "were computed with substitutes for the paper's models or images and "
                "are not compared.",
            ),
            (
                OTHER_SETTINGS,
                "were computed with other settings than the paper's and are not compared.",
            ),
            (WITHHELD, "get no verdict, since files contradict one another."),
            (INFORMATIVE, "depend on an optimiser and are shown for information."),
            (UNAVAILABLE, "are not available, each with the reason."),
        )
        if counts[verdict]
    ]
    return sentences + _apart(numbers)


def _with_what(figures: list[tuple[FigureResult, tuple[Compared, ...]]]) -> str:
    """Origins of what was compared, in words."""
    found = {}
    for result, numbers in figures:
        compared = [c for c in numbers if c.verdict in (AGREES, AGREES_UNKNOWN, DIFFERS)]
        if any(not c.regenerated for c in compared):
            unknown = result.origin is Origin.UNKNOWN
            found[("files of unknown origin" if unknown else result.origin.value)] = None
        if any(c.regenerated for c in compared):
            found["computed from scratch, without recordings"] = None
    return "; ".join(found)


def _apart(numbers: list[Compared]) -> list[str]:
    """What is counted apart."""
    n_other = sum(not is_published(c.published) for c in numbers)
    n_put_in = sum(is_published(c.published) and by_construction(c) for c in numbers)
    sentences = []
    if n_other:
        sentences.append(
            f"Not counted: {n_other} numbers of the authors' annotated version or notebook, which "
            "the published panels do not show."
        )
    if n_put_in:
        sentences.append(
            f"Not counted: {n_put_in} numbers that equal the paper's by construction (sizes of the "
            "cohort, lengths of named experiments, seeds, draws)."
        )
    return sentences
