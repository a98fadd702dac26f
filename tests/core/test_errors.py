"""Errors: fields, the sentence that they make, and what whoever catches one may change."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from core import errors
from core.errors import ContractError, MissingPackageError, RecordingError, ReproductionError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ReproductionError)
]
FIELDS = {"path": "a.csv", "expected": "3 rows", "found": "2", "advice": "fetch it again"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_from_a_worker(kind):
    error = kind(**FIELDS).inside("Exp 1")
    error.exit_code = 7
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) == "Exp 1, a.csv: expected 3 rows, found 2; fetch it again."
    assert {name: getattr(again, name) for name in FIELDS} == FIELDS
    assert (again.outer, again.exit_code) == (("Exp 1",), 7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_of_its_own_is_printed_as_it_is(kind):
    assert str(kind("nothing fits, whatever is tried.")) == "nothing fits, whatever is tried."
    assert str(kind("nothing fits").about("a.csv")) == "a.csv: nothing fits."


def test_advice_with_a_capital_letter_is_a_sentence_of_its_own():
    error = ReproductionError(expected="3 rows", found=2, advice="Fetch it again.")
    assert str(error) == "expected 3 rows, found 2. Fetch it again."
    assert error.clause == "expected 3 rows, found 2. Fetch it again"


def test_another_path_leaves_the_rest():
    error = ContractError(**FIELDS).inside("Figure 3").about("b.csv")
    assert str(error) == "Figure 3, b.csv: expected 3 rows, found 2; fetch it again."
    assert (error.expected, error.found, error.advice) == ("3 rows", "2", "fetch it again")


def test_a_name_that_begins_another_is_no_repetition():
    error = RecordingError(path="Exp 15", expected="rates", found="none")
    assert str(error.inside("Exp 15")) == "Exp 15: expected rates, found none."
    assert str(error.inside("Exp 1")) == "Exp 1, Exp 15: expected rates, found none."


def test_what_is_named_once_is_not_named_again():
    error = RecordingError(expected="rates", found="none").inside("Exp 1")
    assert error.path == "Exp 1"
    assert str(error.inside("a.mat").inside("a.mat")) == "a.mat, Exp 1: expected rates, found none."


def test_other_advice_stands_in_the_place_of_the_first():
    error = MissingPackageError(**FIELDS).advising("Wait.")
    assert str(error) == "a.csv: expected 3 rows, found 2. Wait."


HEAD = """
import sys
from pathlib import Path
from core.errors import run
from core.progress import answer

def work():
    answer("first")
    sys.stdin.read()
    for _ in range(3):
        answer("more")
    Path(sys.argv[1]).touch()

sys.exit(run(work))
"""


def started(*words, **options):
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", *words],
        env={**os.environ, "PYTHONPATH": root},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_work_goes_on_when_its_output_is_no_longer_read(tmp_path):
    """As in ``./reproduce figures | head -1``."""
    process = started(HEAD, tmp_path / "done", stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"first\n"
    process.stdout.close()
    process.stdin.close()
    assert (process.stderr.read(), process.wait(30)) == (b"", 0)
    process.stderr.close()
    assert (tmp_path / "done").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_output_that_has_no_room_is_named(tmp_path):
    with Path("/dev/full").open("w") as full:
        _, errors = started(HEAD, tmp_path / "done", stdout=full).communicate(b"", timeout=30)
    assert errors == (
        b"error: standard output: expected to read or write it, found an error: No space left on "
        b"device.\n"
    )
