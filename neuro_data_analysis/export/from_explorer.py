"""Source data of Figures 2, 4, 5 and Extended Data Figure 4 from the explorer's block averages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from core.contract import ext4, fig2, fig4, fig5, metadata
from core.contract.manifest import EXPERIMENT_ORDER
from core.contract.provenance import EXPLORER, PINNED, read_provenance
from core.contract.source_data import EXAMPLE_EXPI
from core.errors import RecordingError
from core.explorer.averages import BlockAverages
from core.explorer.store import FILE_NAME, load_averages, read_record
from core.files import sha256
from core.moving import settle
from core.statistics.windows import BASELINE, window_rate
from core.threads import THREADS
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.evolutions.from_explorer import cohort_from_explorer, undecided_labels
from neuro_data_analysis.export import ext4 as ext4_exporter
from neuro_data_analysis.export import fig4 as fig4_exporter
from neuro_data_analysis.export import fig5 as fig5_exporter
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.explorer import LABELS
from neuro_data_analysis.export.inputs import WINDOWS
from neuro_data_analysis.export.output import Output

VERSION = 1
"""Raised by a change that changes what is exported."""

FOLDERS = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)
"""Folders that are written."""


@dataclass(frozen=True)
class AveragedInputs:
    """What the exporters of populations draw on, from averages instead of recordings.

    Attributes
    ----------
    experiments
        The explorer's experiments.
    labels
        One of `LABELS`.
    """

    experiments: Sequence[BlockAverages]
    labels: str = LABELS[0]

    @cached_property
    def cohort(self) -> Cohort:
        """All experiments, with the windows of all figures."""
        return cohort_from_explorer(self.experiments, WINDOWS, self.labels == "published")

    @property
    def order(self) -> pd.DataFrame:
        """The experiment behind every row."""
        return self.cohort.order

    @property
    def example(self) -> BlockAverages:
        """The experiment of Figure 2, the first one where the published one is not there."""
        found = [e for e in self.experiments if e.expi == EXAMPLE_EXPI]
        return (found or list(self.experiments))[0]


def export_explorer(data: Path, out: Path, labels: str = LABELS[0]) -> list[Path]:
    """Write the source data that block averages suffice for.

    Parameters
    ----------
    data
        Folder of the averages.
    out
        Folder in the layout of ``source_data/``.
    labels
        One of `LABELS`.

    Returns
    -------
    Paths of the files; none where the same is there already.

    Raises
    ------
    MissingFileError, RecordingError
        If the averages are not there, or are broken.
    SettingError
        If `out` cannot be written, or holds files of another origin.
    """
    settle(data)
    pinned = read_record(data).get("pinned") is True
    details = {"averages_sha256": "", PINNED: pinned, "labels": labels, "version": VERSION}
    if (data / FILE_NAME).is_file():
        details["averages_sha256"] = sha256(data / FILE_NAME)
        if holds_export(out, details):
            return []
    experiments = load_averages(data / FILE_NAME)
    output = Output(out, FOLDERS, False, str(data / FILE_NAME), details, source=EXPLORER)
    output.refuse()
    return output.write(contents(AveragedInputs(experiments, labels)))


def holds_export(out: Path, details: dict) -> bool:
    """Whether a folder was written from these averages in this way, and no file is missing.

    Parameters
    ----------
    out
        Folder in the layout of ``source_data/``.
    details
        What the records of its files must say.
    """
    records = read_provenance(out)
    return bool(records) and all(
        record.details == details and (out / name).is_file() for name, record in records.items()
    )


def contents(inputs: AveragedInputs) -> Contents:
    """All files of the four folders.

    Raises
    ------
    RecordingError
        If an experiment never responds.
    """
    silent = inputs.cohort.meta.index[inputs.cohort.normaliser <= 0]
    if len(silent):
        raise RecordingError(path=f"Exp {silent[0]}", expected="evoked spikes", found="none")
    result = fig2_contents(inputs)
    undecided = undecided_labels(inputs.experiments)
    if len(undecided):
        result |= Contents({metadata.UNDECIDED_LABELS: undecided})
    for exporter in (fig4_exporter, fig5_exporter, ext4_exporter):
        result |= exporter.contents(inputs)
    return result


def fig2_contents(inputs: AveragedInputs) -> Contents:
    """The folder of Figure 2: block rates in place of single trials."""
    example = inputs.example
    psth = np.concatenate(example.psth, axis=1)
    offset = fig2.stacking_offset(psth)
    meta = {"Expi": example.expi, "offset": float(offset), "expstr": example.title}
    return Contents(
        {
            EXPERIMENT_ORDER: inputs.order,
            **{fig2.PSTH_CSV[name]: part for name, part in fig2.psth_files(psth).items()},
            fig2.META: meta,
            fig2.PSTH_PICKLE: {**meta, "psth_arr": psth, "offset": offset},
            fig2.BLOCK_RATES: block_rates(example),
        }
    )


def block_rates(experiment: BlockAverages) -> pd.DataFrame:
    """Rates by block of evolved and reference images, as `fig2.BLOCK_RATES` describes them.

    Parameters
    ----------
    experiment
        The example.
    """
    baseline = window_rate(experiment.psth.mean, BASELINE, axis=2)
    blocks = np.arange(1, experiment.n_blocks + 1)
    frames = [
        pd.DataFrame(
            {
                "thread": thread,
                "kind": kind,
                "gen": blocks,
                "resp_mean": rates.mean[:, index],
                "resp_sem": rates.sem[:, index],
                "bsl_mean": baseline[:, index] if kind == "evol" else np.nan,
            }
        )
        for kind, rates in (("evol", experiment.evoked), ("natref", experiment.reference))
        for index, thread in enumerate(THREADS)
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[table["resp_mean"].notna()].reset_index(drop=True)
