"""Record tables: how tuning recordings find their evolutions, and what is refused."""

import pandas as pd
import pytest

from core.errors import MissingFileError, RecordingError
from neuro_data_analysis.recordings.experiment_records import (
    EVOLUTION_TABLE,
    TUNING_TABLE,
    tuning_recordings,
)

TUNING = pd.DataFrame(
    {
        "Animal": ["Beto", "Alfa", "Alfa"],
        "Expi": [11.0, 15.0, 15.0],
        "ephysFN": ["Beto-07092020-003", "Alfa-27102020-007", "Alfa-27102020-008"],
        "pref_chan": [5, 9, 9],
        "pref_unit": [2, 1, 1],
        "comments": ["two\nlines", 'said "so", twice', ""],
    }
)
EVOLUTIONS = pd.DataFrame(
    {
        "Animal": ["Alfa", "Beto"],
        "Expi": [15, 11],
        "ephysFN": ["Alfa-27102020-004", "Beto-07092020-002"],
        "pref_chan": [9, 5],
        "pref_unit": [1, 2],
    }
)


def write(folder, tuning=TUNING, evolutions=EVOLUTIONS, suffix=""):
    for stem, table in ((TUNING_TABLE, tuning), (EVOLUTION_TABLE, evolutions)):
        table.to_csv(folder / f"{stem}{suffix}.csv", index=False)


@pytest.mark.parametrize("suffix", ["", "_w_meta"])
def test_recordings_are_linked_by_animal_and_its_own_number(tmp_path, suffix):
    write(tmp_path, suffix=suffix)
    table = tuning_recordings(tmp_path)
    assert table["Exp_id"].tolist() == ["Beto_11", "Alfa_15", "Alfa_15"]
    assert table["evol_ephysFN"].tolist() == [
        "Beto-07092020-002",
        "Alfa-27102020-004",
        "Alfa-27102020-004",
    ]
    assert table["evol_pref_unit"].tolist() == [2, 1, 1]
    assert table["pref_chan"].tolist() == [5, 9, 9]
    assert table["Expi"].dtype.kind == "i"


@pytest.mark.parametrize(
    ("tuning", "evolutions", "sentence"),
    [
        (TUNING.assign(pref_unit=9), EVOLUTIONS, "pref_unit from 0 to 8 in every row, found 9"),
        (TUNING.assign(pref_unit=-1), EVOLUTIONS, "pref_unit from 0 to 8 in every row, found -1"),
        (TUNING[:0], EVOLUTIONS, "at least one row, found none"),
        (TUNING.drop(columns="pref_unit"), EVOLUTIONS, "found no pref_unit"),
        (TUNING.assign(Expi=[11, None, 15]), EVOLUTIONS, "whole number of Expi .* in row 2"),
        (TUNING.assign(pref_chan=["5", "B", "9"]), EVOLUTIONS, "pref_chan .*, found B in row 2"),
        (TUNING.assign(Animal=["Beto", None, "Alfa"]), EVOLUTIONS, "Animal and ephysFN in every"),
        (TUNING.assign(ephysFN="Beto-07092020-003"), EVOLUTIONS, "Beto-07092020-003 twice"),
        (TUNING, pd.concat([EVOLUTIONS] * 2), "every Exp_id once, found Alfa_15 twice"),
        (TUNING, EVOLUTIONS[:1], "the evolution before Beto-07092020-003, found none"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(tmp_path, tuning, evolutions, sentence):
    write(tmp_path, tuning, evolutions)
    with pytest.raises(RecordingError, match=sentence):
        tuning_recordings(tmp_path)


def test_missing_and_broken_tables_are_named(tmp_path):
    with pytest.raises(MissingFileError, match=rf"{TUNING_TABLE}.csv \(or _w_meta.csv\)"):
        tuning_recordings(tmp_path)
    write(tmp_path)
    (tmp_path / f"{EVOLUTION_TABLE}.csv").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(RecordingError, match=f"{EVOLUTION_TABLE}.csv: expected a CSV table"):
        tuning_recordings(tmp_path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1), "fields in every row"),
        (lambda text: text[:-4], "whole lines"),
        (lambda text: text.replace("Beto-", "Beto\0-"), "whole lines|CSV table"),
    ],
)
def test_surplus_fields_and_cut_files_are_refused(tmp_path, damage, sentence):
    write(tmp_path, TUNING.drop(columns="comments"))
    path = tmp_path / f"{TUNING_TABLE}.csv"
    path.write_text(damage(path.read_text()))
    with pytest.raises(RecordingError, match=sentence):
        tuning_recordings(tmp_path)
