"""The tables that lie beside simulated recordings: records, similarities, linearity."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from core.contract.signs import sign_content
from core.files import replacing
from neuro_data_analysis.recordings.experiment_records import EVOLUTION_TABLE, TUNING_TABLE
from neuro_data_analysis.recordings.layout import LINEARITY_FILES, SIMILARITY_FILE
from neuro_data_analysis.simulation.tuning import TuningSchedule


def write_similarity(folder: Path, similarity: Mapping[int, Mapping[str, float]]) -> None:
    """Write the similarity of the prototypes by experiment, as the image analysis does.

    Parameters
    ----------
    folder
        Folder of the prototypes.
    similarity
        Similarities by column, by Expi.
    """
    table = pd.DataFrame.from_dict(similarity, orient="index").rename_axis("Expi")
    _write(folder / SIMILARITY_FILE, table.reset_index())


def write_records(folder: Path, schedules: Iterable[TuningSchedule]) -> None:
    """Write the record tables of tuning recordings and of the evolutions before them.

    Parameters
    ----------
    folder
        Folder of the record tables.
    schedules
        The tuning recordings.
    """
    schedules = list(schedules)
    tuning = pd.DataFrame([_record(s, s.ephysFN, "BigGAN_Hessian") for s in schedules])
    evolutions = pd.DataFrame([_record(s, s.evolution.ephysFN, "BigGAN_FC6") for s in schedules])
    _write(folder / f"{TUNING_TABLE}.csv", tuning)
    _write(folder / f"{EVOLUTION_TABLE}.csv", evolutions.drop_duplicates(["Animal", "Expi"]))


def _record(schedule: TuningSchedule, name: str, collection: str) -> dict:
    return {
        "ChanQual": "",
        "Exp_collection": collection,
        "Expi": schedule.number,
        "WebCam": "",
        "comments": "SIMULATED DATA:\nno animal was recorded",
        "ephysFN": name,
        "expControlFN": "",
        "pref_chan": schedule.evolution.channel,
        "pref_unit": schedule.evolution.unit,
        "stim_size": schedule.evolution.size,
        "stimuli": f"SIMULATED/{name}",
        "Animal": schedule.animal,
    }


def write_linearity(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the regressions of the surrogate network's units on the codes.

    Parameters
    ----------
    folder
        Folder of the tables.
    tables
        Tables by generator.
    """
    for generator, table in tables.items():
        _write(folder / LINEARITY_FILES[generator], table)


def _write(path: Path, table: pd.DataFrame) -> None:
    with replacing(path) as temporary:
        sign_content(table).to_csv(temporary, index=False)
