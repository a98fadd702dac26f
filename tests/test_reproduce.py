"""The shell script: dispatch, help, and what it says where it cannot start."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def reproduce(*words, folder=ROOT, **environment):
    return subprocess.run(
        [folder / "reproduce", *words],
        capture_output=True,
        text=True,
        env={
            **{k: v for k, v in os.environ.items() if k not in ("PYTHON", "REPRODUCE_VENV")},
            **environment,
        },
        check=False,
    )


@pytest.fixture
def elsewhere(tmp_path):
    """The script alone in a folder with a space and an accent, without an environment."""
    folder = tmp_path / "a folder é"
    folder.mkdir()
    for name in ("reproduce", "pyproject.toml", *(p.name for p in ROOT.glob("requirements*"))):
        shutil.copy(ROOT / name, folder)
    (folder / "figure_reproduction").mkdir()
    (folder / "figure_reproduction" / "published_statistics.csv").touch()
    return folder


@pytest.mark.parametrize(
    "word", ["figures", "simulate", "export", "download", "import", "test", "versions", "clean"]
)
def test_every_sub_command_has_help(word):
    done = reproduce(word, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")


def test_the_script_itself_has_help():
    done = reproduce("--help")
    assert done.returncode == 0
    assert "figures" in done.stdout


def test_an_unknown_sub_command_is_refused_in_one_line():
    done = reproduce("figure")
    assert done.returncode == 2
    assert done.stderr.startswith("error: expected a sub-command")
    assert done.stderr.count("\n") == 1


def fake_python(folder, version, modules):
    """A bin folder whose only Python has this version, and these modules."""
    folder.mkdir()
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        path = folder / name
        path.write_text(
            "#!/bin/sh\n"
            f'[ "$1" = --version ] && {{ echo "Python {version}"; exit 0; }}\n'
            'case "$2" in\n'
            f"  *version_info*) exit {0 if version >= '3.11' else 1} ;;\n"
            f"  *ensurepip*) exit {0 if modules else 1} ;;\n"
            "esac\nexit 1\n"
        )
        path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_an_old_python_is_named(elsewhere, tmp_path):
    done = reproduce("versions", folder=elsewhere, **fake_python(tmp_path / "bin", "3.10.2", True))
    assert done.returncode == 2
    assert "expected Python 3.11, 3.12 or 3.13, found Python 3.10.2; install one" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_venv_module_is_named(elsewhere, tmp_path):
    done = reproduce("versions", folder=elsewhere, **fake_python(tmp_path / "bin", "3.12.1", False))
    assert done.returncode == 2
    assert "has none; install it (Debian, Ubuntu: apt-get install python3-venv)" in done.stderr


def test_clean_never_touches_source_data(elsewhere):
    for name in ("figures", "simulated_data", "source_data"):
        (elsewhere / name).mkdir()
        (elsewhere / name / "file").touch()
    done = reproduce("clean", folder=elsewhere)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "source_data" / "file").exists()
    assert not (elsewhere / "figures").exists()
    assert not (elsewhere / "simulated_data").exists()
    assert reproduce("clean", "--everything", folder=elsewhere).returncode == 2


def test_a_link_to_the_script_works_on_the_project_not_on_the_links_folder(elsewhere, tmp_path):
    links = tmp_path / "bin"
    links.mkdir()
    (links / "reproduce").symlink_to("../a folder é/reproduce")
    for folder in (links, elsewhere):
        (folder / "figures").mkdir()
    assert reproduce("clean", folder=links).returncode == 0
    assert (links / "figures").exists()
    assert not (elsewhere / "figures").exists()


def test_a_copy_outside_the_project_touches_nothing(tmp_path):
    shutil.copy(ROOT / "reproduce", tmp_path)
    (tmp_path / "figures").mkdir()
    done = reproduce("clean", folder=tmp_path)
    assert done.returncode == 2
    assert "expected the project around" in done.stderr
    assert (tmp_path / "figures").exists()


def test_another_shell_hands_over_to_bash(elsewhere):
    (elsewhere / "figures").mkdir()
    done = subprocess.run(["sh", elsewhere / "reproduce", "clean"], cwd="/", check=False)
    assert done.returncode == 0
    assert not (elsewhere / "figures").exists()


def test_a_python_that_is_named_and_does_not_run_is_refused(elsewhere):
    done = reproduce("versions", folder=elsewhere, PYTHON="/nonexistent")
    assert done.returncode == 2
    assert "at PYTHON=/nonexistent, found none that runs" in done.stderr


def test_an_environment_that_is_named_is_used_and_nothing_is_installed(elsewhere, tmp_path):
    python = tmp_path / "ready" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = reproduce("versions", folder=elsewhere, REPRODUCE_VENV=str(tmp_path / "ready"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "-m core.versions\n"
    assert not (elsewhere / ".venv").exists()
    done = reproduce("clean", "--all", folder=elsewhere, REPRODUCE_VENV=str(tmp_path / "ready"))
    assert done.returncode == 0, done.stderr
    assert python.exists()


def test_an_environment_that_is_named_and_is_none_is_refused(elsewhere):
    done = reproduce("versions", folder=elsewhere, REPRODUCE_VENV="/nonexistent")
    assert done.returncode == 2
    assert "expected an environment at REPRODUCE_VENV=/nonexistent" in done.stderr


def of_another_clone(folder):
    """An environment that another clone set up, whose Python says what it is asked to run."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> {folder.parent}/asked\nexit 1\n')
    python.chmod(0o755)
    (folder / ".installed-full").write_text("1 2\n")
    (folder / ".clone").write_text("/the/other/clone\n")


def contents(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize("word", ["figures", "versions", "test", "download", "simulate"])
def test_a_linked_environment_of_another_clone_is_left_as_it_is(elsewhere, tmp_path, word):
    other = tmp_path / "other" / ".venv"
    of_another_clone(other)
    (elsewhere / ".venv").symlink_to(other)
    before = contents(other)
    done = reproduce(word, folder=elsewhere)
    assert done.returncode == 2
    words = f"expected at {elsewhere}/.venv an environment that was made by this clone, found anoth"
    assert words in done.stderr
    assert f"REPRODUCE_VENV={other} uses it" in done.stderr
    assert done.stderr.count("\n") == 1
    assert contents(other) == before
    assert not (other.parent / "asked").exists()


def test_a_linked_environment_that_lost_its_python_is_not_cleared(elsewhere, tmp_path):
    other = tmp_path / "other"
    of_another_clone(other)
    (other / "bin" / "python").unlink()
    (elsewhere / ".venv").symlink_to(other)
    assert reproduce("versions", folder=elsewhere).returncode == 2
    assert (other / ".clone").exists()


def test_an_environment_with_packages_but_without_pip_is_not_cleared(elsewhere):
    venv = elsewhere / ".venv"
    of_another_clone(venv)
    (venv / ".installed-full").unlink()
    (venv / ".clone").unlink()
    package = venv / "lib" / "python3.11" / "site-packages" / "numpy"
    package.mkdir(parents=True)
    done = reproduce("versions", folder=elsewhere)
    assert done.returncode == 2
    assert "an environment that was made by this clone, found another" in done.stderr
    assert package.exists()


@pytest.mark.parametrize("linked", [False, True])
def test_an_environment_that_this_clone_made_is_set_up_again(elsewhere, tmp_path, linked):
    venv = tmp_path / "elsewhere" if linked else elsewhere / ".venv"
    python = venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\n')
    python.chmod(0o755)
    if linked:
        (venv / ".clone").write_text(f"{elsewhere}\n")
        (elsewhere / ".venv").symlink_to(venv)
    done = reproduce("versions", folder=elsewhere)
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text()
    assert f"-m core.installation {elsewhere}/requirements.txt" in asked
    assert asked.endswith("-m core.versions\n")
    assert (venv / ".clone").read_text() == f"{elsewhere}\n"
    assert (venv / ".installed-full").exists()
