"""The canonical experiment: every form in which readers of any version hand a field over."""

import copy
import datetime

import numpy as np
import pytest

from core.errors import RecordingError
from neuro_data_analysis.recordings.experiment import Experiment, is_usable


def rates(n):
    return np.arange(200.0 * n).reshape(200, n)


def raw(last=2, **evol):
    """An experiment of two blocks with 3 trials, then `last` trials, in both threads."""
    psth = [[rates(3), rates(last)], [rates(3), rates(last)]]
    index = [[np.array([1.0, 2, 3]), np.arange(last) + 7.0]] * 2
    responses = [[np.ones((4, 3)), np.ones((4, last))]] * 2
    return {
        "Animal": None,
        "imageName": [["a"], ["b"]],
        "evol": {
            "block_n": np.array(2.0),
            "psth": psth,
            "idx_seq": index,
            "rspmat": responses,
            "space_names": [["fc6"], ["BigGAN"]],
            "optim_names": None,
            "pref_chan": np.array([12.0, 12.0]),
            "unit_in_pref_chan": np.array([1.0, 1.0]),
            "imgsize": np.array([3.0, 3.0]),
            "imgpos": np.array([[0.0, -0.8], [0.0, -0.8]]),
            **evol,
        },
        "ref": {"psth": psth, "idx_seq": index, "rspmat": responses},
        "meta": {
            "ephysFN": "Alfa-25112020-003",
            "expControlFN": "201125_Alfa_generate_BigGAN",
            "stimuli": r"N:\Stimuli\x",
        },
        "units": {
            "spikeID": np.array([11.0, 12, 12, 13]),
            "unit_num_arr": np.array([1.0, 0, 1, 2]),
        },
    }


def with_last_block(field, value, last):
    content = raw(last)
    content["evol"][field] = copy.copy(content["evol"][field])
    content["evol"][field] = [[row[0], value] for row in content["evol"][field]]
    return Experiment(155, content)


@pytest.mark.parametrize(
    ("value", "n"),
    [
        (rates(2), 2),
        (rates(2)[None], 2),
        (np.arange(200.0), 1),
        (np.arange(200.0)[None], 1),
        (np.arange(200.0)[:, None], 1),
        (None, 0),
        (np.array([1, 200, 0], dtype=np.uint64), 0),
        (np.zeros((1, 200, 0)), 0),
    ],
)
def test_a_block_of_psth_in_any_form(value, n):
    experiment = with_last_block("psth", value, n)
    assert experiment.psth[0][1].shape == (200, n)
    if n:
        np.testing.assert_array_equal(experiment.psth[0][1].ravel(), np.ravel(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array(7.0), [7]),
        (np.array([7.0]), [7]),
        (np.array([[7.0, 9.0]]), [7, 9]),
        (np.array([[7.0], [9.0]]), [7, 9]),
        (None, []),
        (np.array([1, 0], dtype=np.uint64), []),
        (np.array([0, 0], dtype=np.uint64), []),
    ],
)
def test_a_block_of_trial_numbers_in_any_form(value, expected):
    experiment = with_last_block("idx_seq", value, len(expected))
    assert experiment.idx_seq[1][1].tolist() == expected
    assert experiment.idx_seq[1][1].dtype == np.int64
    assert experiment.trial_indices(1, 1).tolist() == [number - 1 for number in expected]


def test_a_vector_of_200_whole_numbers_is_a_trial_not_a_shape():
    experiment = with_last_block("psth", np.ones(200, dtype=np.uint64), 1)
    assert experiment.psth[0][1].sum() == 200


@pytest.mark.parametrize("names", [[["fc6"], ["BigGAN"]], ["fc6", "BigGAN"], [["fc6", "BigGAN"]]])
def test_space_names_in_both_orientations(names):
    assert Experiment(1, raw(space_names=names)).space_names == ("fc6", "BigGAN")


def test_optimizer_names_come_from_the_file_or_the_override():
    assert Experiment(1, raw()).optim_names == (None, None)
    assert Experiment(1, raw(optim_names=["CMAES", "x"])).optim_names == ("CMAES", "x")
    override = {"optim_names": ["CMAES_Hessian", "CMAES"], "stimuli": "/there"}
    experiment = Experiment(1, raw(), override)
    assert experiment.optim_names == ("CMAES_Hessian", "CMAES")
    assert experiment.stimuli == "/there"


def test_a_struct_of_cells_that_mat73_repacked_as_a_list():
    content = raw()
    ref = content["ref"]
    content["ref"] = [{name: ref[name][thread] for name in ref} for thread in (0, 1)]
    assert Experiment(1, content).ref_psth[1][0].shape == (200, 3)


def test_structs_with_different_fields_are_refused():
    content = {**raw(), "ref": [{"psth": 1}, {"idx_seq": 2}]}
    with pytest.raises(RecordingError, match=r"field ref\.psth: expected this field"):
        _ = Experiment(9, content).ref_psth


def test_identity_follows_from_names():
    experiment = Experiment(155, raw())
    assert experiment.Animal == "Alfa"
    assert experiment.expdate == datetime.date(2020, 11, 25)
    assert experiment.visual_area == "IT"
    assert experiment.pref_chan == 12
    assert experiment.title == (
        "Exp 155 Alfa-25112020-003 Pref chan12 U1\n"
        "image size [3. 3.] deg  pos [ 0.  -0.8]\n"
        "Evol thr0: fc6   thr1: BigGAN"
    )
    assert not experiment.is_simulated


def test_responses_of_one_unit_and_one_trial_keep_their_axes():
    content = raw(1)
    content["units"] = {"spikeID": np.array(12.0), "unit_num_arr": np.array(1.0)}
    content["evol"]["rspmat"] = [[np.ones(3), np.array(1.0)]] * 2
    experiment = Experiment(1, content)
    assert [block.shape for block in experiment.rspmat[0]] == [(1, 3), (1, 1)]


@pytest.mark.parametrize(
    ("evol", "message"),
    [
        ({"psth": [[rates(3)], [rates(3)]]}, r"expected 2 blocks in both threads, found \[1, 1\]"),
        ({"block_n": np.array(3.0)}, "expected 3 blocks"),
        ({"psth": [[rates(3), rates(1)], [rates(3), rates(2)]]}, "expected 2 trials in block 2"),
        ({"psth": [[np.ones((2, 200, 3))] * 2] * 2}, r"200 bins x n trials, found \(2, 200, 3\)"),
        ({"psth": [[np.ones((100, 3))] * 2] * 2}, r"found \(100, 3\)"),
        ({"psth": [[np.full((200, 3), np.nan), rates(2)]] * 2}, "finite rates"),
        ({"psth": np.ones(3)}, "cell with 2 rows, found an array"),
        ({"psth": [["a", rates(2)]] * 2}, "expected numbers, found 'a'"),
        ({"idx_seq": [["a", np.array([7.0, 8])]] * 2}, "expected numbers, found 'a'"),
        ({"idx_seq": [[np.array([1, 2, 3.5]), np.array([7.0, 8])]] * 2}, "whole numbers"),
        ({"block_n": "two"}, "expected numbers, found 'two'"),
        ({"block_n": None}, "expected a whole number, found nothing"),
        (
            {
                "psth": [[None, rates(2)]] * 2,
                "idx_seq": [[None, np.array([7.0, 8])]] * 2,
            },
            "every block but the last, found none in block 1 of thread 0",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(evol, message):
    with pytest.raises(RecordingError, match=message) as error:
        _ = Experiment(9, raw(**evol)).psth
    assert str(error.value).startswith("Exp 9, field evol.")


@pytest.mark.parametrize(
    ("name", "value", "ask"),
    [
        ("ephysFN", np.array(3.0), "ephysFN"),
        ("stimuli", np.array([1.0]), "stimuli"),
    ],
)
def test_numbers_where_text_is_expected_are_refused(name, value, ask):
    content = raw()
    content["meta"][name] = value
    with pytest.raises(RecordingError, match=rf"Exp 9, field meta\.{name}: expected a text"):
        getattr(Experiment(9, content), ask)


@pytest.mark.parametrize("evol", [{"imgsize": "3"}, {"imgpos": np.zeros(0)}])
def test_sizes_and_positions_must_be_numbers(evol):
    with pytest.raises(RecordingError, match=r"field evol\.img"):
        _ = Experiment(9, raw(**evol)).title


def test_a_missing_struct_is_named():
    with pytest.raises(RecordingError, match=r"field meta\.ephysFN: expected this field"):
        _ = Experiment(9, {**raw(), "meta": []}).ephysFN


def test_a_missing_field_is_named():
    content = raw()
    del content["evol"]["psth"]
    with pytest.raises(RecordingError, match=r"Exp 9, field evol\.psth: expected this field"):
        _ = Experiment(9, content).psth


@pytest.mark.parametrize(("evol", "usable"), [(None, False), ([], False), ({"psth": 1}, True)])
def test_unset_elements_are_not_usable(evol, usable):
    assert is_usable({"evol": evol}) is usable
