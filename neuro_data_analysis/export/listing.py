"""The work of ``python -m neuro_data_analysis``: a table of all experiments, trials as tables."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.contract.signs import sign_content
from core.errors import RecordingError
from core.files import replacing, writable_folder
from neuro_data_analysis.evolutions.cohort import Cohort, gather_all
from neuro_data_analysis.evolutions.experiment_list import FILE, experiment_table, used_line
from neuro_data_analysis.export.opening import choose_experiments
from neuro_data_analysis.export.options import Settings, analysis_settings
from neuro_data_analysis.recordings.arrays import trial_arrays
from neuro_data_analysis.recordings.dataset import Recordings, matroot, open_recordings

SHOWN = {
    "Expi": "Expi",
    "ephysFN": "recording",
    "visual_area": "area",
    "n_blocks": "blocks",
    "n_trials_FC": "trials FC",
    "n_trials_BG": "trials BG",
    "FC_success": "FC success",
    "FC_P": "P",
    "BG_success": "BG success",
    "BG_P": "P ",
    "why": "not valid because",
}
"""Columns that are printed, and their headings."""


def listed(options: argparse.Namespace) -> Iterator[str]:
    """Lines of the table of experiments.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str

    Raises
    ------
    RecordingError
        If an experiment is broken and was not left out.
    """
    settings = Settings.of(options)
    with open_recordings(matroot(options.matroot)) as opened:
        recordings = choose_experiments(opened, settings)
        cohort = gather_all(recordings, with_psth=False, settings=settings.analysis)
        table = experiment_table(recordings, cohort)
        is_simulated = recordings.is_simulated()
    used = table[table["used"]].assign(why=table["why_not_valid"])
    shown = used[list(SHOWN)].rename(columns=SHOWN)
    yield shown.to_string(index=False, float_format="{:.2g}".format)
    yield used_line(recordings)
    if line := settings.analysis.line:
        yield line
    if is_simulated:
        yield "SIMULATED: these recordings are a stand-in"
    if options.csv is not None:
        write_table(table, options.csv, is_simulated)
        yield str(options.csv)


def written_trials(options: argparse.Namespace) -> Iterator[str]:
    """Write all trials of an experiment; paths of the tables.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    settings = analysis_settings(options)
    with open_recordings(matroot(options.matroot)) as recordings:
        experiment = recordings.experiment(options.expi)
        rates, trials = trial_arrays(experiment, settings)
        is_simulated = recordings.is_simulated()
    out = writable_folder(options.out)
    psth = pd.DataFrame(rates, columns=[f"ms_{k}" for k in range(rates.shape[1])])
    psth.insert(0, "trial", trials["trial"])
    for name, table in {"trials": trials, "psth": psth}.items():
        path = out / f"Exp{options.expi:03d}_{name}.csv"
        write_table(table, path, is_simulated)
        yield str(path)


def write_experiments(recordings: Recordings, cohort: Cohort, root: Path, simulated: bool) -> None:
    """Write the table of experiments into the folder of source data.

    Parameters
    ----------
    recordings
        The data set.
    cohort
        Its used experiments.
    root
        Folder of source data.
    simulated
        Whether the recordings are.
    """
    write_table(experiment_table(recordings, cohort), root / FILE, simulated)


def write_table(table: pd.DataFrame, path: Path, simulated: bool) -> None:
    """Write a table that appears whole; simulated numbers carry their sign.

    Parameters
    ----------
    table
        What to write.
    path
        CSV file.
    simulated
        Whether the recordings are.

    Raises
    ------
    RecordingError
        If the file would lie in no folder.
    """
    if not path.parent.is_dir():
        raise RecordingError(path=path, expected="a folder to write into", found="none")
    with replacing(path) as temporary:
        (sign_content(table) if simulated else table).to_csv(temporary, index=False)
