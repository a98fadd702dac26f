"""The form of the published pickles: what mat73 0.59 makes of each kind of value."""

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

from core.matlab.reading import open_matfile
from core.matlab.writing import Cell, write_variables
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from neuro_data_analysis.recordings.published_form import (
    Fields,
    PublishedExperiment,
    as_experiments,
    published_elements,
    published_value,
    write_published_pickles,
)

PSTH = np.arange(400.0).reshape(1, 200, 2)


def dimensions(*sizes):
    return np.array(sizes, dtype=np.uint64)


FORMS = {
    "some trials": (PSTH, PSTH[0]),
    "one trial": (PSTH[:, :, :1], PSTH[0, :, 0]),
    "no trial": (PSTH[:, :, :0], dimensions(1, 200, 0)),
    "no number": (np.zeros((1, 0)), dimensions(1, 0)),
    "one number": (np.array([[3.0]]), np.array(3.0)),
    "a row of whole numbers": (np.array([[1, 2]], np.int16), np.array([1, 2], np.int16)),
    "single precision": (np.array([[1.5], [2]], np.float32), np.array([1.5, 2], np.float32)),
    "a flag": (np.array([[True]]), True),
    "flags": (np.array([[True], [False]]), np.array([True, False])),
    "no flag": (np.zeros((0, 1), bool), np.array([False, True])),
    "a text": ("fc6", "fc6"),
    "no text": ("", ""),
    "unset": (None, None),
    "a row of texts": (Cell.row(["fc6", "BigGAN"]), ["fc6", "BigGAN"]),
    "a column of texts": (Cell.column(["fc6", "BigGAN"]), [["fc6"], ["BigGAN"]]),
    "one text in a cell": (Cell.row(["fc6"]), ["fc6"]),
    "a table": (Cell([["a", "b"], ["c", None]]), [["a", "b"], ["c", None]]),
    "cells in a column": (
        Cell.column([Cell.row(["fc6", None]), Cell.row(["BigGAN"])]),
        [[["fc6", None]], [["BigGAN"]]],
    ),
    "a cell without entries": (Cell([]), []),
    "a struct": ({"a": np.array([[1.0]]), "b": "x"}, {"a": np.array(1.0), "b": "x"}),
}
"""What lies in the MATLAB file, and what mat73 0.59 returns (tried with that version)."""


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for name, value in expected.items():
            assert_same(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for item, other in zip(found, expected, strict=True):
            assert_same(item, other)
    else:
        assert found == expected


@pytest.mark.parametrize("name", FORMS)
def test_a_value_has_the_form_that_mat73_gave_it(name, tmp_path):
    stored, expected = FORMS[name]
    write_variables(tmp_path / "a.mat", {"v": {"value": stored}})
    with open_matfile(tmp_path / "a.mat") as variables:
        assert_same(published_value(variables["v"]["value"]), expected)
        found = Fields(variables["v"])["value"]
        assert_same(published_value(found) if isinstance(found, Fields) else found, expected)


def test_both_pickles_hold_that_form_under_the_published_names(simulation, recordings, tmp_path):
    (tmp_path / EVOLUTION_FILES[0]).symlink_to(simulation / "matroot" / EVOLUTION_FILES[0])
    write_published_pickles(tmp_path)
    separate = pickle.loads((tmp_path / "Both_BigGAN_FC6_Evol_Stats_expsep.pkl").read_bytes())
    merged = pickle.loads((tmp_path / "Both_BigGAN_FC6_Evol_Stats.pkl").read_bytes())
    assert len(separate) == 190
    assert all(type(element) is dict for element in separate)
    assert list(merged) == ["BFEStats"]
    fields = merged["BFEStats"]
    assert {name: len(entries) for name, entries in fields.items()} == dict.fromkeys(
        separate[154], 190
    )
    assert separate[0]["evol"] is None
    assert fields["evol"][0] is None
    experiment = separate[154]
    blocks = recordings.experiment(155).psth
    for thread in (0, 1):
        assert len(experiment["evol"]["psth"][thread]) == len(blocks[thread]) == 23
        for stored, block in zip(experiment["evol"]["psth"][thread], blocks[thread], strict=True):
            assert_same(stored, block)
    assert_same(experiment["evol"]["block_n"], np.array(23.0))
    assert experiment["evol"]["space_names"] == [["fc6"], ["BigGAN_class"]]
    assert experiment["imageName"][0] == [recordings.experiment(155).imageName[0]]
    assert experiment["units"]["spikeID"].ndim == 1
    assert experiment["ref"].keys() == {"idx_seq", "psth", "rspmat"}
    assert_same(fields["units"][154], experiment["units"])
    for name in EVOLUTION_FILES[1:]:
        with open_recordings(tmp_path / name) as other:
            assert other.usable() == recordings.usable()
            np.testing.assert_array_equal(other.experiment(28).psth[1][2], blocks_of(recordings))


def blocks_of(recordings):
    return recordings.experiment(28).psth[1][2]


def test_elements_are_looked_into_as_in_the_published_code(recordings):
    elements = published_elements(recordings)
    assert len(elements) == 190
    for expi, element in enumerate(elements, start=1):
        assert isinstance(element, Mapping)
        assert (element["evol"] is None) == (expi not in recordings.usable())
    S, experiment = elements[154], recordings.experiment(155)
    assert isinstance(S, PublishedExperiment)
    np.testing.assert_array_equal(S["evol"]["psth"][1][4], experiment.psth[1][4])
    np.testing.assert_array_equal(S.evol.psth[1][4], S.psth[1][4])
    assert S["meta"]["ephysFN"] == S.meta.ephysFN == experiment.ephysFN
    assert S["evol"]["pref_chan"].shape == (2,)
    assert {"evol", "ref", "meta", "units", "stim"} <= set(S)
    with pytest.raises(KeyError):
        S["targmap"]
    with pytest.raises(AttributeError):
        _ = S.evol.targmap


def test_any_form_of_an_experiment_is_taken(recordings):
    own = recordings.experiment(155)
    stored = published_value(recordings.elements[154])
    found = as_experiments(
        [None, {"evol": None}, own, *published_elements(recordings)[3:5], stored]
    )
    assert [experiment and experiment.Expi for experiment in found] == [None, None, 155, 4, None, 6]
    np.testing.assert_array_equal(found[-1].psth[0][3], own.psth[0][3])
