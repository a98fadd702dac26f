"""One name for one thing: what `.ci/check_names.py` refuses, and that it finds nothing here."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

CI = Path(__file__).parents[1] / ".ci"

SETTINGS = '[tool.setuptools.packages.find]\ninclude = ["core*", "neuro_data_analysis*"]\n'


def check(*arguments):
    command = [sys.executable, CI / "check_names.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def looked_at(tmp_path):
    """A function that checks a project with these modules of `core` and these exceptions."""

    def look(exceptions="", **modules):
        (tmp_path / "pyproject.toml").write_text(SETTINGS)
        for name, text in modules.items():
            path = tmp_path / "core" / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "names.toml").write_text(exceptions)
        return check(tmp_path, "--exceptions", tmp_path / "names.toml")

    return look


def test_the_projects_own_names_pass():
    done = check()
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_spellings_of_a_parameter_are_refused(looked_at):
    done = looked_at(a="def one(n_row): ...", b="def two(nrow): ...")
    assert done.returncode == 1
    assert "n_row nrow: parameters of core.a.one and core.b.two" in done.stdout


def test_a_plural_and_a_number_are_no_other_spelling(looked_at):
    done = looked_at(a="def one(code, codes, n_codes): ...\ndef two(axis, axes): ...")
    assert done.returncode == 0, done.stdout


def test_a_public_name_that_two_modules_define_is_refused(looked_at):
    done = looked_at(a="class Record: ...", b="def Record(): ...", c="class _Record: ...")
    assert done.returncode == 1
    assert "Record: defined in core.a and core.b;" in done.stdout


def test_published_names_are_exempt_where_a_door_hands_them_on(looked_at):
    grids = "def grid(nrow): ...\ndef own(n_row): ..."
    montages = "from core.grids import grid"
    door = 'from core.montages import grid\n__all__ = ["grid"]\n'
    done = looked_at(grids=grids, montages=montages, utils__montage_utils=door)
    assert done.returncode == 0, done.stdout
    done = looked_at(utils__montage_utils="")
    assert "n_row nrow" in done.stdout


def test_an_exception_needs_its_twin(looked_at):
    twins = "def one(n_row, nrow): ..."
    listed = '[near_alike]\n"n_row nrow" = "a reason"\n'
    assert looked_at(listed, a=twins).returncode == 0
    done = looked_at(listed, a="def one(n_row): ...")
    assert done.returncode == 1
    assert "n_row nrow: an exception under [near_alike] of .ci/names.toml that is no longer" in (
        done.stdout
    )


def test_marks_of_two_checkouts_stand_side_by_side(tmp_path, looked_at):
    looked_at(
        a='def documented(x, y):\n    """X.\n\n    Parameters\n    ----------\n    x, y\n    """\n'
        "    from core import b\n\n    return _once(b)\n\n\ndef _once(b):\n    return b\n",
        b="def bare(x, y): ...\n",
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text("pass\n" * 7)
    command = [sys.executable, CI / "code_marks.py", tmp_path, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert rows[0] == "before after"
    for mark in (
        "files in the fullest folder 2 (core) 2 (core)",
        "public functions with 2 parameters or more: with a section 50% (1 of 2) 50% (1 of 2)",
        "imports of own modules inside functions 1 in 1 files 1 in 1 files",
        "small helpers used once 1 1",
        "tests / code, lines 0.47 (7 / 15) 0.47 (7 / 15)",
    ):
        assert mark in rows


def test_examples_of_the_measures_hold(monkeypatch):
    monkeypatch.syspath_prepend(CI)
    done = doctest.testmod(__import__("code_marks"))
    assert done.attempted
    assert not done.failed
