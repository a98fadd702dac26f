"""Figure 3G: similarity of the prototype images, beside the difference of the PSTHs."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.contract import fig3
from core.contract.manifest import EXPERIMENT_ORDER
from core.errors import MissingFileError, RecordingError
from neuro_data_analysis.evolutions.cohort import Cohort
from neuro_data_analysis.evolutions.psth_similarity import psth_differences
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.recordings.lab_tables import read_lab_table
from neuro_data_analysis.recordings.layout import COVARIANCE_FILE, SIMILARITY_FILE


def contents(inputs: Inputs) -> Contents:
    """The folder of Figure 3.

    Columns of image similarity are taken from ``similarity.csv`` and ``covariance.csv`` in the
    prototypes' folder, joined by Expi; what is not there stays empty.

    Raises
    ------
    RecordingError
        If a recording or one of the tables is broken.
    """
    cohort = inputs.cohort
    tables, unavailable = [], []
    for name in (SIMILARITY_FILE, COVARIANCE_FILE):
        path = inputs.folders.prototypes / name
        if not path.is_file():
            unavailable.append(
                MissingFileError(
                    path=path,
                    expected="measured columns",
                    found="no file",
                    advice="they stay empty (docs/image_similarity.md)",
                ).inside("Figure 3G")
            )
            continue
        tables.append(read_measured(path))
        if not tables[-1].index.isin(cohort.meta.index).any():
            unavailable.append(
                RecordingError(
                    path=path,
                    expected="experiments of these recordings",
                    found="none",
                    advice="its columns stay empty",
                ).inside("Figure 3G")
            )
    files = {
        EXPERIMENT_ORDER: inputs.order,
        fig3.META: cohort.meta.reset_index(),
        fig3.SIMILARITY: similarity_table(cohort, tables),
    }
    return Contents(files, tuple(unavailable))


def similarity_table(cohort: Cohort, measured: list[pd.DataFrame]) -> pd.DataFrame:
    """The wide table in the published order; further measured columns come last.

    Parameters
    ----------
    cohort
        All experiments.
    measured
        Tables of similarities, as `read_measured` gives them.
    """
    differences = pd.DataFrame(
        [psth_differences(s.psth.mean, cohort.settings.evoked) for s in cohort.summaries],
        index=cohort.meta.index,
    )
    parts = [differences, cohort.meta, *(table.reindex(cohort.meta.index) for table in measured)]
    known = pd.concat(parts, axis=1).rename_axis("Expi").reset_index()
    known = known.loc[:, ~known.columns.duplicated()]
    published = [column.name for column in fig3.SIMILARITY.columns]
    further = [c for table in measured for c in table.columns if c not in published]
    absent = [name for name in published if name not in known]
    empty = pd.DataFrame(np.nan, index=known.index, columns=absent)
    return pd.concat([known, empty], axis=1)[[*published, *further]]


def read_measured(path: Path) -> pd.DataFrame:
    """A table of measured similarities, indexed by Expi.

    Raises
    ------
    RecordingError
        If it is no table of finite numbers with every Expi once.
    """
    table = read_lab_table(path)
    try:
        values = table.astype(float)
        whole = values[[name for name in ("Expi", "Expi_alt") if name in values]]
        if np.isinf(values).any(axis=None) or not (whole.isna() | (whole % 1 == 0)).all(axis=None):
            raise ValueError("infinity, or a number of an experiment that is not whole")
        values = values.astype(dict.fromkeys(whole, "Int64")).astype({"Expi": int})
        values = values.set_index("Expi")
    except (ValueError, KeyError, TypeError) as error:
        raise RecordingError(
            path=path, expected="a table of numbers with a column Expi", found=f"another ({error})"
        ) from None
    if not values.index.is_unique:
        raise RecordingError(path=path, expected="every Expi once", found="one of them twice")
    return values
