"""From a seed to the table, its lines, its file and its picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.contract.signs import sign_content
from core.explorer.store import FILE_NAME, load_averages, stated_origin
from core.files import replacing, writable_folder
from core.project import EXPLORER_DATA
from neuro_data_analysis.simulation.compare.features import features
from neuro_data_analysis.simulation.compare.figure import draw_comparison
from neuro_data_analysis.simulation.compare.reference import stored_reference
from neuro_data_analysis.simulation.compare.rows import NUMBERS, measure, real_and_simulated
from neuro_data_analysis.simulation.compare.samples import real_sample, simulated_sample
from neuro_data_analysis.simulation.descriptors import descriptors

DPI = 130
"""Resolution of the picture."""


def compare_recordings(
    seed: int, data: Path | None = None, n_jobs: int = 2, chosen: Sequence[int] | None = None
) -> pd.DataFrame:
    """The table for a seed.

    Parameters
    ----------
    seed
        Seed of the simulation.
    data
        Folder of the explorer's averages; None for the project's, where they are at hand, else
        the stored numbers.
    n_jobs
        Processes.
    chosen
        Experiments to simulate; None for all 170.

    Returns
    -------
    What `real_and_simulated` gives, and ``source`` of the real numbers.

    Raises
    ------
    MissingFileError, RecordingError
        If `data` holds no averages, or broken ones.
    """
    real = real_numbers(data)
    sample = simulated_sample(seed, sorted(descriptors()) if chosen is None else chosen, n_jobs)
    return real_and_simulated(real, measure(features(sample))).assign(source=real["source"])


def real_numbers(data: Path | None = None) -> pd.DataFrame:
    """Rows of the real recordings with their ``source``, from averages or as stored.

    Parameters
    ----------
    data
        As `compare_recordings` takes it.
    """
    if data is None and not (EXPLORER_DATA / FILE_NAME).is_file():
        return stored_reference()
    folder = data or EXPLORER_DATA
    numbers = measure(features(real_sample(load_averages(folder / FILE_NAME))))
    return numbers.assign(source=f"block averages of the explorer, {stated_origin(folder)}")


def comparison_lines(table: pd.DataFrame) -> list[str]:
    """What is printed.

    Parameters
    ----------
    table
        What `compare_recordings` gives.
    """
    width = table["quantity"].str.len().max()
    beside = table["where"].str.len().max()
    result = [
        f"Real: {table['source'].iloc[0]}",
        f"{'':{width}} {'':{beside}} {'real [95 %]':26} {'SIMULATED [95 %]':26} inside",
    ]
    for row in table.to_dict("records"):
        real, simulated = (_interval(row, kind) for kind in ("real", "simulated"))
        inside = "yes" if row["inside"] else "NO"
        result.append(
            f"{row['quantity']:{width}} {row['where']:{beside}} {real:26} {simulated:26} "
            f"{inside:4} {row['role']}"
        )
    for role, part in (("all", table), *table.groupby("role")):
        result.append(f"{role}: {part['inside'].sum()} of {len(part)} inside the real interval")
    return result


def write_comparison(table: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write the table and the picture; simulated numbers are signed.

    Parameters
    ----------
    table
        What `compare_recordings` gives.
    folder
        Folder to write into.

    Returns
    -------
    Paths of both.

    Raises
    ------
    SettingError
        If the folder cannot be written.
    """
    paths = writable_folder(folder) / "comparison.csv", folder / "comparison.png"
    columns = ["simulated", *(f"simulated_{name}" for name in NUMBERS[1:])]
    with replacing(paths[0]) as temporary:
        signed = table.assign(**sign_content(table[columns]))
        signed.to_csv(temporary, index=False, lineterminator="\n")
    with replacing(paths[1]) as temporary:
        draw_comparison(table).savefig(temporary, dpi=DPI, format="png")
    return paths


def _interval(row: dict, kind: str) -> str:
    value, low, high = (row[name] for name in (kind, f"{kind}_low", f"{kind}_high"))
    if not np.isfinite(value):
        return "-"
    return f"{value:.3g} [{low:.3g}, {high:.3g}]"
