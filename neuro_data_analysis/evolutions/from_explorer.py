"""The cohort from block averages in place of trials (the authors' explorer).

Block averages enter where trials would have been reduced to them. Three things need more than
averages, and are approximate:

- tests of success need the number of trials, which is derived (`core.explorer.trials`); where
  a label depends on what that leaves open, `undecided_labels` lists it;
- the SEM of a window other than 50-200 ms does not follow from bins, and is NaN;
- best and last block are those of the joint last-block rule also where the published table drops
  a last block by thread (``endrsp``, ``maxrsp``).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from core.errors import RecordingError
from core.explorer.averages import BlockAverages
from core.explorer.trials import FIRST_BLOCK_RANGE, TrialCounts, trial_counts
from core.explorer.valid import recording_name
from core.statistics.masks import SUCCESS_LEVELS
from core.statistics.windows import BASELINE, EVOKED, Window, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.cohort import Cohort, Summary
from neuro_data_analysis.evolutions.evolution_tests import block_responses, evolution_tests
from neuro_data_analysis.evolutions.trajectories import BlockMeans, Moments

PUBLISHED_LABELS = {(7, 1): 32}
"""First blocks (Expi, thread) whose number of trials was chosen so that labels are as published."""


def stand_in_trials(mean: float, sem: float, n: int) -> np.ndarray:
    """A sample of the given size, mean and SEM; t tests see no more of a sample than these.

    Parameters
    ----------
    mean, sem
        Mean and standard error (ddof 1), of one unit.
    n
        Size, at least 1.

    Returns
    -------
    (n,) float64
        Equally spaced numbers.

    Examples
    --------
    >>> sample = stand_in_trials(40.0, 2.0, 25)
    >>> round(float(sample.mean()), 9), round(float(sample.std(ddof=1) / 5), 9)
    (40.0, 2.0)
    """
    steps = np.arange(n) - (n - 1) / 2
    return mean + (sem * np.sqrt(n) / steps.std(ddof=1) * steps if n > 1 else steps)


def cohort_from_explorer(
    experiments: Iterable[BlockAverages],
    windows: tuple[Window, ...] = (),
    published_labels: bool = False,
) -> Cohort:
    """Every experiment of the explorer, as the exporters take them.

    Parameters
    ----------
    experiments
        Averages in any order.
    windows
        Windows for `Cohort.window_responses`, start and stop in ms.
    published_labels
        Whether numbers of trials are taken from `PUBLISHED_LABELS` where it has some. They were
        inferred from published counts, so that nothing is reproduced by what follows from them.

    Raises
    ------
    RecordingError
        If there is no experiment.
    """
    summaries = []
    for experiment in experiments:
        n = trial_counts(experiment).n
        if published_labels:
            for thread in range(N_THREADS):
                n[0, thread] = PUBLISHED_LABELS.get((experiment.expi, thread), n[0, thread])
        summaries.append(summarise_averages(experiment, n, windows))
    if not summaries:
        raise RecordingError(expected="at least one experiment", found="none")
    return Cohort(tuple(sorted(summaries, key=lambda summary: summary.expi)))


def summarise_averages(
    experiment: BlockAverages,
    n_trials: np.ndarray,
    windows: tuple[Window, ...] = (),
) -> Summary:
    """One experiment in the form to which trials are reduced.

    Parameters
    ----------
    experiment
        Its averages.
    n_trials : (n_blocks, 2) int
        Trials behind them, say what `trial_counts` finds.
    windows
        Windows of `Summary.windows`, start and stop in ms.
    """
    psth = experiment.psth
    evoked = _stand_ins(experiment, n_trials)
    meta = {
        **identity_in_explorer(experiment),
        "blockN": experiment.n_blocks,
        **evolution_tests(evoked),
        **block_responses(evoked),
    }
    return Summary(
        expi=experiment.expi,
        meta=meta,
        responses=BlockMeans(*experiment.evoked, window_rate(psth.mean, BASELINE, axis=2)),
        psth=Moments(*psth),
        windows={window: window_moments(experiment, window) for window in windows},
    )


def window_moments(experiment: BlockAverages, window: Window) -> Moments:
    """Mean and SEM of the rate in a window, (n_blocks, 2) each, events/s.

    The SEM is NaN but for the evoked window, since the bins of a PSTH are correlated.

    Parameters
    ----------
    experiment
        Its averages.
    window
        Start and stop in ms, half-open, 0-based.
    """
    if window == EVOKED:
        return Moments(*experiment.evoked)
    mean = window_rate(experiment.psth.mean, window, axis=2)
    return Moments(mean, np.full_like(mean, np.nan))


def identity_in_explorer(experiment: BlockAverages) -> dict:
    """The columns of ``meta_stats`` that describe the recording; optimizers are not known.

    Parameters
    ----------
    experiment
        Its averages.
    """
    return {
        "Animal": experiment.animal,
        "expdate": experiment.date.isoformat(),
        "ephysFN": recording_name(experiment),
        "prefchan": experiment.pref_chan,
        "prefunit": experiment.unit,
        "visual_area": experiment.area,
        "space1": experiment.spaces[0],
        "space2": experiment.spaces[1],
        "optim_names1": None,
        "optim_names2": None,
    }


def undecided_labels(experiments: Iterable[BlockAverages]) -> pd.DataFrame:
    """Labels of success that depend on numbers of trials which the files leave open.

    All numbers of trials are tried that the first block may have, and both population sizes where
    that of fc6 is doubtful.

    Parameters
    ----------
    experiments
        Averages, in any order.

    Returns
    -------
    DataFrame
        A row per label: ``Expi``, ``thread`` (0 or 1), ``label`` (005 or 001), ``p`` by the best
        numbers, and the range ``p_low``, ``p_high`` of all that were tried.
    """
    rows = []
    for experiment in sorted(experiments, key=lambda experiment: experiment.expi):
        counts = trial_counts(experiment)
        best = _p_values(experiment, counts.n)
        tried = np.array([_p_values(experiment, n) for n in possible_counts(counts)])
        for thread in range(N_THREADS):
            p = tried[:, thread]
            rows += [
                (experiment.expi, thread, label, best[thread], p.min(), p.max())
                for label, level in SUCCESS_LEVELS.items()
                if p.min() < level <= p.max()
            ]
    return pd.DataFrame(rows, columns=["Expi", "thread", "label", "p", "p_low", "p_high"])


def possible_counts(counts: TrialCounts) -> list[np.ndarray]:
    """Numbers of trials that the files allow and that tell in a test of best against first blocks.

    Parameters
    ----------
    counts
        Of one experiment.

    Returns
    -------
    list of (n_blocks, 2) int
        The first blocks of both threads vary together.
    """
    possible = []
    for first in range(FIRST_BLOCK_RANGE[0], FIRST_BLOCK_RANGE[1] + 1):
        for inner in {tuple(counts.low[1]), tuple(counts.high[1])}:
            n = counts.n.copy()
            n[0] = np.clip(first, counts.low[0], counts.high[0])
            n[1:-1] = inner
            possible.append(n)
    return possible


def _stand_ins(experiment: BlockAverages, n: np.ndarray) -> Sequence[Sequence[np.ndarray]]:
    mean, sem = experiment.evoked
    return [
        [
            stand_in_trials(*of_block)
            for of_block in zip(mean[:, thread], sem[:, thread], n[:, thread], strict=True)
        ]
        for thread in range(N_THREADS)
    ]


def _p_values(experiment: BlockAverages, n: np.ndarray) -> list[float]:
    tests = evolution_tests(_stand_ins(experiment, n))
    return [tests[f"p_maxinit_{thread}"] for thread in range(N_THREADS)]
