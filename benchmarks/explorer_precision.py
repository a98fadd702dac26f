"""How precise the numbers are that block averages give: ``explorer_precision.csv`` of the figures.

Two things blur them. Every rate in the explorer's files is rounded to 0.01 events/s: here all are
moved by as much at random, and every number of Figures 4, 5 and Extended Data Figure 4 is computed
again. And some labels of success depend on numbers of trials that the files leave open: here each
is turned over. Needs the averages (`./reproduce download --from explorer`); takes some minutes.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core import arguments
from core.contract.source_data import SourceData
from core.errors import run
from core.explorer.averages import BlockAverages, Rates
from core.explorer.store import FILE_NAME, load_averages
from core.files import replacing
from core.progress import answer, progress
from core.project import EXPLORER_DATA, ROOT
from core.statistics.masks import SUCCESS_LEVELS
from core.statistics.windows import window_rate
from figure_reproduction import Figure4_reproduction as figure4
from figure_reproduction import Figure5_reproduction as figure5
from figure_reproduction import FigureExt4_reproduction as ext4
from figure_reproduction.comparison import published_numbers
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.evolutions.from_explorer import cohort_from_explorer, undecided_labels
from neuro_data_analysis.export import ext4 as ext4_files
from neuro_data_analysis.export import fig4 as fig4_files
from neuro_data_analysis.export import fig5 as fig5_files
from neuro_data_analysis.export.inputs import WINDOWS

TABLE = ROOT / "figure_reproduction" / "explorer_precision.csv"

HALF_STEP = 0.005
"""Most by which rounding moves a rate, events/s."""

N_REPLICAS = 20

BOOTSTRAP_SEED = 0


class _Given:
    """A cohort in place of the inputs of an export."""

    def __init__(self, cohort: Cohort):
        self.cohort, self.order = cohort, cohort.order


def numbers(cohort: Cohort) -> pd.Series:
    """Every published number of the three figures, by id.

    Parameters
    ----------
    cohort
        All experiments.
    """
    given = _Given(cohort)
    source = SourceData("in memory")
    for exporter in (fig4_files, fig5_files, ext4_files):
        files = exporter.contents(given).files
        source._known |= {file.name: content for file, content in files.items()}
    data4, data5, data_ext4 = (module.read(source) for module in (figure4, figure5, ext4))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return pd.Series(
        figure4.statistics(data4, figure4.speeds(data4, rng))
        | figure5.statistics(data5, figure5.compare_late_windows(data5))
        | ext4.statistics(data_ext4, ext4.attributions(data_ext4), ext4.compare_windows(data_ext4))
    ).astype(float)


def blurred(experiment: BlockAverages, rng: np.random.Generator) -> BlockAverages:
    """An experiment whose averages could have been rounded to the ones that are there.

    Parameters
    ----------
    experiment
        Its averages.
    rng
        Draws what rounding took away.
    """

    def moved(values: np.ndarray) -> np.ndarray:
        return np.maximum(values + rng.uniform(-HALF_STEP, HALF_STEP, values.shape), 0)

    mean = moved(experiment.psth.mean)
    # a SEM is half the difference of two rounded numbers
    sem = (moved(experiment.evoked.sem) + moved(experiment.evoked.sem)) / 2
    return replace(
        experiment,
        psth=Rates(mean, moved(experiment.psth.sem)),
        evoked=Rates(window_rate(mean, axis=2), sem),
    )


def with_tests_of(cohort: Cohort, other: Cohort) -> Cohort:
    """A cohort with the p and t values of another, so that no label changes.

    Parameters
    ----------
    cohort, other
        Of the same experiments.
    """
    summaries = [
        replace(s, meta=s.meta | {k: v for k, v in o.meta.items() if k[:2] in ("p_", "t_")})
        for s, o in zip(cohort.summaries, other.summaries, strict=True)
    ]
    return Cohort(tuple(summaries))


def with_p(cohort: Cohort, expi: int, column: str, p: float) -> Cohort:
    """A cohort in which one test came out otherwise.

    Parameters
    ----------
    cohort
        All experiments.
    expi, column
        Experiment and column of its ``meta_stats``.
    p
        The other p.
    """
    return Cohort(
        tuple(
            replace(s, meta=s.meta | {column: p}) if s.expi == expi else s for s in cohort.summaries
        )
    )


def precision(
    experiments: Sequence[BlockAverages],
    n_replicas: int = N_REPLICAS,
    compute: Callable[[Cohort], pd.Series] = numbers,
) -> pd.DataFrame:
    """What rounding and open labels do to every number.

    Parameters
    ----------
    experiments
        The explorer's.
    n_replicas
        How often rounding is drawn.
    compute
        Gives the numbers of a cohort by id.

    Returns
    -------
    DataFrame
        By ``id``: ``rounding``, standard deviation over the replicas; ``labels``, sum of the
        changes that each open label makes alone.
    """
    cohort = cohort_from_explorer(experiments, WINDOWS)
    base = compute(cohort)
    replicas = []
    for seed in progress(range(n_replicas), n_replicas, "replicas"):
        rng = np.random.default_rng(seed)
        drawn = cohort_from_explorer([blurred(e, rng) for e in experiments], WINDOWS)
        replicas.append(compute(with_tests_of(drawn, cohort)))
    changes = pd.Series(0.0, index=base.index)
    for row in undecided_labels(experiments).itertuples():
        level = SUCCESS_LEVELS[row.label]
        p = row.p_high if row.p < level else row.p_low
        other = compute(with_p(cohort, row.Expi, f"p_maxinit_{row.thread}", p))
        changes += (other - base).abs().fillna(0.0)
    rounding = pd.concat(replicas, axis=1).std(axis=1).fillna(0.0)
    return pd.DataFrame({"rounding": rounding, "labels": changes}).rename_axis("id")


def main(argv: list[str] | None = None) -> int:
    """Compute the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.explorer_precision", description="What averages leave open."
    )
    parser.add_argument(
        "--data", type=arguments.folder, default=EXPLORER_DATA, help="folder of the averages"
    )
    parser.add_argument("--replicas", type=arguments.count, default=N_REPLICAS)
    parser.add_argument("--out", type=Path, default=TABLE, help="table to write")
    options = parser.parse_args(argv)
    table = precision(load_averages(options.data / FILE_NAME), options.replicas)
    table = table[table.index.isin([number.id for number in published_numbers()])]
    with replacing(options.out) as temporary:
        table.to_csv(temporary, float_format="%.3g", lineterminator="\n")
    answer(f"{options.out}: {len(table)} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
