"""Every messy case: what the rules make of it, and what the page says."""

import numpy as np
import pytest

from core.errors import RecordingError
from core.experiments.closed_loop.answers import Answer
from core.experiments.closed_loop.rules import judge
from core.experiments.closed_loop.settings import Scores, SessionSettings
from core.experiments.closed_loop.tracking import Course, course_of, drift_note, on_plateau, tracked
from tests.closed_loop_rig import rows

ROWS = rows()
NAMES = [row.name for row in ROWS]
EVOLVED = [row.name for row in ROWS if row.code >= 0]
RATES = dict(zip(NAMES, np.arange(10.0, 10 + len(NAMES)), strict=True))


def answer(rates=RATES, names=None, channels=("5A",)):
    names = list(rates) if names is None else names
    values = np.array([np.broadcast_to(rates[name], len(channels)) for name in names], dtype=float)
    return Answer(names, list(channels), "rate", values.reshape(len(names), len(channels)))


def judged(given, repeats=1, **options):
    return judge(given, ROWS, SessionSettings(repeats=repeats), **options)


def expected_scores(rates=RATES):
    return [
        [rates[row.name] for row in ROWS if row.thread == thread and row.code >= 0]
        for thread in (0, 1)
    ]


def test_a_block_without_a_fault_says_nothing():
    found = judged(answer())
    np.testing.assert_array_equal(found.scores, expected_scores())
    assert [len(of_one) for of_one in found.references] == [2, 2]
    assert (found.learns, found.notes, found.is_whole) == ([True, True], [], True)


def test_rows_in_any_order_give_the_same():
    shuffled = np.random.default_rng(0).permutation(NAMES).tolist()
    found = judged(answer(names=shuffled))
    np.testing.assert_array_equal(found.scores, expected_scores())
    assert found.notes == []


def test_repeats_are_averaged():
    twice = answer(names=NAMES * 2)
    twice.values[len(NAMES) :] += 4
    found = judged(twice, repeats=2)
    np.testing.assert_array_equal(found.scores, np.array(expected_scores()) + 2)
    assert (found.notes, found.is_whole) == ([], True)


def test_other_numbers_of_repeats_are_averaged_and_said():
    found = judged(answer(names=[*NAMES, NAMES[0]]), repeats=1)
    assert found.notes == ["1 image not shown 1 time: the mean of what was shown counts"]
    assert found.is_whole
    found = judged(answer(), repeats=2)
    assert found.notes == ["12 images not shown 2 times: the mean of what was shown counts"]
    assert not found.is_whole


def test_what_was_never_shown_ranks_last():
    found = judged(answer(names=[name for name in NAMES if name != EVOLVED[1]]))
    assert np.isnan(found.scores[0][1])
    assert np.isfinite(np.concatenate([found.scores[0][[0, 2, 3]], found.scores[1]])).all()
    assert found.notes == [f"1 image never shown: {EVOLVED[1]}; what was not shown ranks last"]
    assert (found.learns, found.is_whole) == ([True, True], False)


def test_a_thread_of_which_less_than_half_was_shown_waits():
    shown = [name for name in NAMES if name not in EVOLVED[:3]]
    found = judged(answer(names=shown))
    assert found.learns == [False, True]
    assert found.notes[0] == (
        "thread 0: 1 of 4 images were shown: it learns nothing and shows the same again"
    )
    assert judged(answer(names=[n for n in NAMES if n not in EVOLVED[:2]])).learns == [True, True]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_rate_that_is_no_number_counts_as_not_shown(value):
    found = judged(answer(RATES | {EVOLVED[0]: value}))
    assert np.isnan(found.scores[0][0])
    assert found.notes[0] == "1 presentation without a finite rate: as if not shown"


def test_negative_rates_are_taken_as_they_are():
    found = judged(answer(RATES | {EVOLVED[0]: -3.0}))
    assert found.scores[0][0] == -3
    assert found.notes == ["1 negative rate: taken as they are"]


def test_names_that_are_not_in_the_manifest_are_left_out():
    found = judged(answer(RATES | {"fixation": 99.0}))
    np.testing.assert_array_equal(found.scores, expected_scores())
    assert found.notes == ["1 row of images that are not in the block, as fixation: left out"]


def test_an_answer_to_another_block_is_refused():
    other = [row.name for row in rows(block=7)]
    with pytest.raises(RecordingError, match=r"as block000.*block007"):
        judged(answer(dict.fromkeys(other, 1.0)))
    with pytest.raises(RecordingError, match="found no presentation at all"):
        judge(Answer([], ["5A"], "rate", np.zeros((0, 1))), ROWS, SessionSettings())


def test_a_silent_channel_is_left_out_while_others_live():
    two = answer(channels=("5A", "7B"))
    two.values[:, 1] = 0
    found = judged(two)
    np.testing.assert_array_equal(found.scores, expected_scores())
    assert found.notes == ["channel 7B is silent: left out of the mean"]


def test_other_channels_than_before_are_refused_unless_they_are_named():
    with pytest.raises(RecordingError, match="2 channels of the block before, 5A, 7B, found 1"):
        judged(answer(), channels_before=["5A", "7B"])
    by_name = SessionSettings(scores=Scores(channels=("5A",)))
    judge(answer(), ROWS, by_name, ["5A", "7B"])
    with pytest.raises(RecordingError, match="expected channel 5A, found 7B"):
        judge(answer(channels=("7B",)), ROWS, by_name)


def test_all_zero_counts_are_said_and_end_nothing():
    found = judged(answer(dict.fromkeys(NAMES, 0.0)))
    assert found.learns == [True, True]
    assert found.notes[0].startswith("thread 0: all 4 scores are 0: there is no rank to follow")


def test_many_ties_are_said():
    rates = RATES | dict.fromkeys(EVOLVED[:3], 6.66)
    assert judged(answer(rates)).notes == [
        "thread 0: 3 of 4 images score 6.66 alike: there is little rank to follow"
    ]


def test_one_outlying_trial_is_named_and_keeps_its_rank():
    found = judged(answer(RATES | {EVOLVED[2]: 400.0}))
    assert found.scores[0][2] == 400
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"{EVOLVED[2]}: 400 in one trial")


def course(references, sem=0.1):
    none = np.zeros((0, len(references)))
    return Course(none, none, references, np.full(len(references), sem), tracked(references))


def test_the_first_two_blocks_are_no_baseline():
    # 15 % high at first, as real sessions are: no drift is called
    assert drift_note(course(np.array([23.0, 21.0, 20.0, 20.0]))) == []
    (said,) = drift_note(course(np.array([20.0, 20.0, 20.0, 14.0])))
    assert said.startswith("references at 14, 30 % below their level so far (20)")
    assert drift_note(course(np.array([20.0, 20.0, 20.0, 14.0]), sem=4.0)) == []


def test_a_plateau_is_seen_beside_references_that_fall():
    references = np.linspace(20, 10, 12)
    level = tracked(references)
    level[:2] = level[2]
    falling = Course(2 * level[None], level[None], references, references, level)
    assert on_plateau(falling, 4)
    rising = Course(
        (2 * level * np.linspace(1, 2, 12))[None], level[None], references, level, level
    )
    assert not on_plateau(rising, 4)
    assert not on_plateau(falling, 6)  # not yet so many blocks


def test_a_session_without_blocks_has_no_course():
    assert course_of([]).n_blocks == 0
