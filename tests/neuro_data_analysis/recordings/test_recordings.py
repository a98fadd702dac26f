"""Opening the data set in all its forms, and what is refused."""

import pickle
import sys
import types

import mat73
import numpy as np
import pytest

from core.errors import MissingFileError, RecordingError, SettingError, UnsafePickleError
from core.matlab.reading import plain_value
from core.matlab.writing import write_matfile
from neuro_data_analysis.recordings.dataset import (
    EVOLUTION_FILES,
    evolution_file,
    matroot,
    open_recordings,
    recordings_from,
)

EXPI = 28


@pytest.fixture(scope="module")
def by_mat73(simulation):
    return mat73.loadmat(simulation / "matroot" / EVOLUTION_FILES[0])


@pytest.fixture
def elements(recordings):
    return [plain_value(element) for element in recordings.elements]


def assert_same_experiment(found, expected):
    for name in ("psth", "ref_psth", "idx_seq", "ref_idx_seq", "rspmat"):
        for found_thread, thread in zip(getattr(found, name), getattr(expected, name), strict=True):
            for found_block, block in zip(found_thread, thread, strict=True):
                np.testing.assert_array_equal(found_block, block)
    for name in ("space_names", "optim_names", "pref_chan", "imageName", "title", "stimuli"):
        assert getattr(found, name) == getattr(expected, name)
    np.testing.assert_array_equal(found.spikeID, expected.spikeID)
    np.testing.assert_array_equal(found.unitID, expected.unitID)


def test_what_mat73_returns_gives_the_same_experiments(recordings, by_mat73):
    for content in (by_mat73, by_mat73["BFEStats"]):
        other = recordings_from(content)
        assert len(other) == 190
        assert other.usable() == recordings.usable()
        for expi in recordings.usable():
            assert_same_experiment(other.experiment(expi), recordings.experiment(expi))


def old_mat73(value):
    """Empties as mat73 0.59 returned them: the vector of dimensions."""
    if isinstance(value, dict):
        return {name: old_mat73(content) for name, content in value.items()}
    if isinstance(value, list):
        return [old_mat73(content) for content in value]
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return np.array(value.shape, dtype=np.uint64)
        return value.squeeze()
    return value


def test_what_old_mat73_returned_gives_the_same_experiments(recordings, elements):
    other = recordings_from([old_mat73(element) for element in elements])
    for expi in recordings.usable():
        assert_same_experiment(other.experiment(expi), recordings.experiment(expi))


def test_both_pickles_give_the_same_experiments(recordings, elements, tmp_path):
    merged = {field: [element[field] for element in elements] for field in elements[0]}
    for name, content in (
        (EVOLUTION_FILES[1], elements),
        (EVOLUTION_FILES[2], {"BFEStats": merged}),
    ):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(content, protocol=4))
        with open_recordings(path) as other:
            assert other.usable() == recordings.usable()
            assert_same_experiment(other.experiment(EXPI), recordings.experiment(EXPI))


def test_attribute_dicts_of_the_published_pickle_are_read_without_their_package(
    elements, recordings, tmp_path, monkeypatch
):
    module = types.ModuleType("easydict")

    class EasyDict(dict):
        def __init__(self, content=()):
            super().__init__(content)
            self.__dict__.update(content)

    EasyDict.__module__, EasyDict.__qualname__ = "easydict", "EasyDict"
    module.EasyDict = EasyDict
    monkeypatch.setitem(sys.modules, "easydict", module)

    def attribute_dicts(value):
        if isinstance(value, dict):
            return EasyDict({name: attribute_dicts(content) for name, content in value.items()})
        return value

    path = tmp_path / EVOLUTION_FILES[1]
    path.write_bytes(pickle.dumps([attribute_dicts(e) for e in elements], protocol=4))
    monkeypatch.delitem(sys.modules, "easydict")
    with open_recordings(path) as other:
        assert_same_experiment(other.experiment(EXPI), recordings.experiment(EXPI))


def test_a_pickle_that_would_run_a_command_is_refused(tmp_path):
    class Attack:
        def __reduce__(self):
            return print, ("ran",)

    path = tmp_path / EVOLUTION_FILES[1]
    path.write_bytes(pickle.dumps([Attack()]))
    with pytest.raises(UnsafePickleError, match=r"builtins\.print"), open_recordings(path):
        pass


def test_a_name_the_rates_or_a_marked_folder_say_that_data_are_simulated(elements, tmp_path):
    raw = elements[EXPI - 1]
    named = {**raw, "meta": {**raw["meta"], "ephysFN": "Beto-26082020-005"}}
    other_rates = [[1.001 * block for block in thread] for thread in raw["evol"]["psth"]]
    recorded = {**named, "evol": {**raw["evol"], "psth": other_rates}}
    for content, expected in (([raw], True), ([named], True), ([recorded], False)):
        path = tmp_path / EVOLUTION_FILES[1]
        path.write_bytes(pickle.dumps(content))
        with open_recordings(path) as other:
            assert other.is_simulated() is expected
    (tmp_path / "SIMULATED.json").write_text("{}")
    with open_recordings(path) as other:
        assert other.is_simulated()


def test_experiments_are_found_by_their_number(recordings):
    assert recordings.experiment(155).ephysFN == "Alfa-25112020-003-SIM"
    assert recordings[154].Expi == 155
    assert recordings[0] is None
    with pytest.raises(RecordingError, match="expected a recording of Exp 1, found none; 9 of 190"):
        recordings.experiment(1)
    with pytest.raises(RecordingError, match="Exp 191"):
        recordings.experiment(191)


def test_the_root_comes_from_option_or_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("MATROOT", raising=False)
    with pytest.raises(SettingError, match="MATROOT: expected the folder of the recordings"):
        matroot()
    monkeypatch.setenv("MATROOT", str(tmp_path / "none"))
    with pytest.raises(SettingError, match="found none at "):
        matroot()
    assert matroot(tmp_path) == tmp_path
    with pytest.raises(MissingFileError, match="found neither"):
        evolution_file(tmp_path)


def test_a_file_without_the_variable_is_refused(tmp_path):
    path = tmp_path / EVOLUTION_FILES[0]
    write_matfile(path, "Other", iter([{"evol": None}]), ["evol"])
    with pytest.raises(RecordingError, match="BFEStats, found Other"), open_recordings(path):
        pass


def test_elements_without_evolution_are_refused(tmp_path):
    path = tmp_path / EVOLUTION_FILES[0]
    write_matfile(path, "BFEStats", iter([{"meta": None}]), ["meta"])
    with (
        open_recordings(path) as recordings,
        pytest.raises(RecordingError, match="field evol, found only meta"),
    ):
        recordings.usable()


@pytest.mark.parametrize("content", [3, "x", {"evol": [1, 2], "meta": [1]}, {"a": 1}])
def test_what_is_no_data_set_is_refused(content):
    with pytest.raises(RecordingError, match="expected"):
        recordings_from(content)
