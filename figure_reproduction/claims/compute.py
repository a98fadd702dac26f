"""All families of one figure, from the folder that the figure was drawn from."""

import logging
from importlib import import_module

import numpy as np

from core.contract.source_data import SourceData
from core.errors import ReproductionError
from core.figures import FIGURES
from figure_reproduction.claims.listed import claims
from figure_reproduction.results import ClaimNumbers, Statistics

logger = logging.getLogger(__name__)

FAMILIES: dict[str, dict[str, tuple[str, ...]]] = {
    "2": {"example": ("pc.fig2",)},
    "3": {"cohort": ("pc.cohort", "pc.metarow"), "covariances": ("pc.covtsr",)},
    "5": {"time_course": ("pc.fig5", "pc.results")},
    "6": {
        "axes": ("fig6c_all.",),
        "maps": ("pc.fig6d.",),
        "shapes": ("pc.fig6.shape_", "pc.fig6.exp", "pc.fig6.axes_common_tuning"),
        "strongest": ("pc.fig6.recordings", "pc.fig6.max"),
    },
    "ext4": {"attribution": ("pc.ext4",)},
    "ext5": {"linearity": ("pc.ext5.",)},
}
"""By figure, the modules of this room and the beginnings of the ids that they compute.

Each has a function ``numbers(source, rng)``, which returns `ClaimNumbers`.
"""


def claim_numbers(figure: str, source: SourceData, seed: int) -> ClaimNumbers:
    """The numbers of one figure that are listed, and why others are not there.

    Parameters
    ----------
    figure
        Word that ``--figure`` takes.
    source
        The folder that it was drawn from.
    seed
        Seed of draws and restarts; the figure's own random numbers are others.

    Examples
    --------
    >>> claim_numbers("4", SourceData("no_such_folder"), 0)
    ClaimNumbers(values={}, regenerated={}, unavailable={})
    """
    listed = {claim.id for claim in claims() if claim.figure == FIGURES[figure].folder}
    values: Statistics = {}
    regenerated: Statistics = {}
    unavailable: dict[str, str] = {}
    for name, beginnings in FAMILIES.get(figure, {}).items():
        try:
            # the figures' scripts, which these modules stand on, import this one's caller
            module = import_module(f"{__package__}.{name}")
            found = module.numbers(source, np.random.default_rng(seed))
        except ReproductionError as error:
            unavailable |= dict.fromkeys(beginnings, str(error))
            continue
        except Exception as error:
            # neither the figure nor the other families must be lost with this one
            logger.exception("Further numbers of Figure %s: %s", figure, name)
            words = f"computing failed unexpectedly with {type(error).__name__}: {error}"
            unavailable |= dict.fromkeys(beginnings, words)
            continue
        values |= _of_list(found.values, listed)
        regenerated |= _of_list(found.regenerated, listed)
        unavailable |= found.unavailable
    return ClaimNumbers(values, regenerated, unavailable)


def _of_list(numbers: Statistics, listed: set[str]) -> Statistics:
    return {name: float(number) for name, number in numbers.items() if name in listed}
