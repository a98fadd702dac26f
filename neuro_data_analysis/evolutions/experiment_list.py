"""Which experiments of a data set are used, which are not and why, and a table of all of them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.progress import progress
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.masks import (
    fc6_against_biggan,
    long_enough,
    mask_table,
    success_with_rise,
    unstable_baseline,
)
from core.threads import PREFIXES
from neuro_data_analysis.evolutions.cohort import Cohort, gather
from neuro_data_analysis.recordings.dataset import Recordings

FILE = "experiments.csv"
"""Table of all experiments, beside the source data."""


def broken(recordings: Recordings, settings: AnalysisSettings = PUBLISHED) -> dict[int, str]:
    """Experiments that cannot be used, and why; every trial of all of them is read.

    Parameters
    ----------
    recordings
        The data set.
    settings
        Windows in which they must respond.

    Returns
    -------
    dict
        A clause for each, by 1-based number.
    """
    found = {}
    for index in progress(range(len(recordings)), len(recordings), "experiments, to be checked"):
        try:
            experiment = recordings[index]
            if experiment is not None:
                gather([experiment], with_psth=False, settings=settings)
                experiment.ref_psth  # noqa: B018 (refused here)
        except RecordingError as error:
            found[index + 1] = _without_number(error, index + 1)
    return found


def _without_number(error: RecordingError, expi: int) -> str:
    """What an error says of an experiment that is named beside it."""
    clause = error.clause.rpartition(f"Exp {expi}")[2].lstrip(",: ")
    return clause or error.clause


def used_line(recordings: Recordings) -> str:
    """How many experiments are used, and which are not and why, in one line.

    Parameters
    ----------
    recordings
        The data set.

    Examples
    --------
    >>> from neuro_data_analysis.recordings.dataset import recordings_from
    >>> elements = [{"evol": {}}, {"evol": {}}, {"evol": None}, {"evol": None}]
    >>> used_line(recordings_from(elements).without({2: "excluded"}))
    '1 used, 3 skipped: Exp 2, excluded; Exp 3-4, no evolution is stored'
    """
    skipped = recordings.skipped()
    why = {reason: [n for n in skipped if skipped[n] == reason] for reason in skipped.values()}
    words = "; ".join(f"Exp {_ranges(numbers)}, {reason}" for reason, numbers in why.items())
    used = f"{len(recordings.usable())} used, {len(skipped)} skipped"
    return f"{used}: {words}" if words else used


def _ranges(numbers: Iterable[int]) -> str:
    """Numbers in short.

    Examples
    --------
    >>> _ranges([1, 2, 3, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    numbers = np.array(sorted(numbers))
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def experiment_table(recordings: Recordings, cohort: Cohort) -> pd.DataFrame:
    """A row for every experiment of the data set, used or not.

    Parameters
    ----------
    recordings
        The data set.
    cohort
        Its used experiments.

    Returns
    -------
    DataFrame
        ``Expi`` (1-based), ``used`` and ``why_not``; of the used ones ``ephysFN``, ``Animal``,
        ``visual_area``, ``space1``, ``space2`` (generators of both threads), ``n_blocks`` (after
        the last-block rule), ``n_trials_FC``, ``n_trials_BG`` (all that were shown), ``valid`` and
        ``why_not_valid``; of either thread ``FC_success`` (Figure 4A: best against first two blocks
        with t > 0 and P below the level of the settings, 0.01 by default), ``FC_t``, ``FC_P``; then
        the published masks, 0 or 1. Empty where an experiment is not used.
    """
    meta = cohort.meta
    columns = {"used": True, "why_not": "", **{name: meta[name] for name in _DESCRIBED}}
    columns["n_blocks"] = meta["blockN"]
    for thread, prefix in enumerate(PREFIXES):
        columns[f"n_trials_{prefix}"] = [summary.n_trials[thread] for summary in cohort.summaries]
    columns["valid"] = meta["valid"]
    columns["why_not_valid"] = reasons(meta, cohort.settings.min_blocks)
    for thread, prefix in enumerate(PREFIXES):
        columns[f"{prefix}_success"] = success_with_rise(
            meta, thread, cohort.settings.success_level
        )
        columns[f"{prefix}_t"] = meta[f"t_maxinit_{thread}"]
        columns[f"{prefix}_P"] = meta[f"p_maxinit_{thread}"]
    used = pd.DataFrame(columns, index=meta.index)
    masks = mask_table(meta).drop(columns="valid").set_axis(meta.index)
    skipped = pd.DataFrame(
        [{"Expi": n, "used": False, "why_not": why} for n, why in recordings.skipped().items()],
        columns=["Expi", "used", "why_not"],
    ).set_index("Expi")
    whole = ["n_blocks", *(f"n_trials_{prefix}" for prefix in PREFIXES), *masks]
    table = pd.concat([used.join(masks), skipped]).sort_index().rename_axis("Expi")
    return table.astype(dict.fromkeys(whole, "Int64")).reset_index()


_DESCRIBED = ("ephysFN", "Animal", "visual_area", "space1", "space2")


def reasons(meta: pd.DataFrame, min_blocks: int = PUBLISHED.min_blocks) -> pd.Series:
    """Why experiments do not count as valid, empty for those that do.

    Parameters
    ----------
    meta
        Table with the columns of ``meta_stats``.
    min_blocks
        Fewest blocks of a valid one.

    Examples
    --------
    >>> meta = {"blockN": [30, 9], "ephysFN": ["a", "b"], "space1": "fc6", "space2": "fc6"}
    >>> reasons(pd.DataFrame(meta)).tolist()
    ['not fc6 against BigGAN', 'fewer than 15 blocks, not fc6 against BigGAN']
    """
    told = pd.DataFrame(
        {
            f"fewer than {min_blocks} blocks": ~long_enough(meta, min_blocks),
            "unstable baseline": unstable_baseline(meta),
            "not fc6 against BigGAN": ~fc6_against_biggan(meta),
        }
    )
    return told.apply(lambda row: ", ".join(row.index[row]), axis=1)
