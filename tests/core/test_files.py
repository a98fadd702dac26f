"""Files are written whole, by whoever shares the folder, and what killed processes left is gone."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from core.errors import RunError, SettingError
from core.files import TEMPORARY_PREFIX, replacing, scratch, writable_folder, write_text

ROOT = Path(__file__).parents[2]

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

SLOW = """
import sys, time
from pathlib import Path
from core.files import TEMPORARY_PREFIX, replacing, scratch, writable_folder, write_text

path, letter, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
with replacing(path) as temporary, temporary.open("w") as file:
    for _ in range(20):
        file.write(letter * 100)
        file.flush()
        print(temporary.name, flush=True)
        time.sleep(seconds / 20)
"""


def slow_writer(path, letter, seconds, *before):
    command = [*before, sys.executable, "-c", SLOW, path, letter, str(seconds)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    process.temporary = process.stdout.readline().strip()
    return process


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


def can_unshare():
    if shutil.which(NAMESPACE[0]) is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


def test_what_a_killed_process_left_is_removed_and_what_is_written_now_is_not(tmp_path):
    killed, alive = (slow_writer(tmp_path / f"{n}.txt", n, 3) for n in ("killed", "alive"))
    killed.kill()
    killed.communicate()
    # its own leftover, and one of an older version
    (tmp_path / f"{TEMPORARY_PREFIX}123-numbers.txt").touch()
    assert killed.temporary in names_in(tmp_path)
    write_text(tmp_path / "numbers.txt", "1")
    assert names_in(tmp_path) == [
        alive.temporary.removesuffix("-alive.txt"),
        alive.temporary,
        "numbers.txt",
    ]
    alive.communicate()
    assert alive.returncode == 0
    assert names_in(tmp_path) == ["alive.txt", "numbers.txt"]


@pytest.mark.skipif(not can_unshare(), reason="no namespaces here")
def test_containers_that_repeat_process_numbers_do_not_mix_a_file(tmp_path):
    path = tmp_path / "numbers.txt"
    writers = [slow_writer(path, letter, 1.5, *NAMESPACE) for letter in "ab"]
    assert len({writer.temporary for writer in writers}) == 2
    write_text(tmp_path / "other.txt", "1")
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert path.read_text() in ("a" * 2000, "b" * 2000)
    assert names_in(tmp_path) == ["numbers.txt", "other.txt"]


def test_one_process_may_write_a_file_twice_at_once(tmp_path):
    path = tmp_path / "numbers.txt"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("1")
        second.write_text("2")
    assert path.read_text() == "1"
    assert names_in(tmp_path) == ["numbers.txt"]


def test_what_killed_processes_left_is_gone_whatever_they_were_doing(tmp_path):
    """Writers that are killed at any moment, while others write the same file."""
    path = tmp_path / "numbers.txt"
    for seconds in (0.0, 0.05, 0.1, 0.2):
        writers = [slow_writer(path, letter, 0.2) for letter in "abc"]
        time.sleep(seconds)
        for writer in writers[:2]:
            writer.kill()
        for writer in writers:
            writer.communicate()
        assert writers[2].returncode == 0
        assert len(path.read_text()) == 2000
    write_text(path, "1")
    assert names_in(tmp_path) == ["numbers.txt"]


FULL = """
import resource, sys
from pathlib import Path
from core.errors import run
from core.files import TEMPORARY_PREFIX, replacing, scratch, writable_folder, write_text

resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
sys.exit(run(lambda: write_text(Path(sys.argv[1]), "x" * 2**21)))
"""


def test_a_file_that_does_not_fit_is_one_sentence_and_leaves_nothing(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("before")
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {path}: expected room for more than 1.0 MB, found ")
    assert "MB of free disk (File too large); nothing was left half-written; make" in done.stderr
    assert done.stderr.count("\n") == 1
    assert names_in(tmp_path) == ["numbers.txt"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_whatever_a_library_raises_on_a_full_disk_names_the_file(tmp_path, number):
    path = tmp_path / "numbers.h5"
    words = os.strerror(number)
    sentence = r"numbers\.h5: expected room to write it, found"
    for error in (OSError(number, words), RuntimeError(f"write failed: {words}.")):
        with pytest.raises(RunError, match=sentence), replacing(path):
            raise error
    with pytest.raises(RuntimeError, match=r"^another$"), replacing(path):
        raise RuntimeError("another")
    assert names_in(tmp_path) == []


def test_a_folder_is_tried_without_a_trace(tmp_path):
    assert names_in(writable_folder(tmp_path / "a" / "b")) == []
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="expected a folder that can be written, found a file"):
        writable_folder(tmp_path / "file")


SCRATCH = """
import time
from core.files import TEMPORARY_PREFIX, replacing, scratch, writable_folder, write_text

with scratch() as folder:
    (folder / "a.txt").touch()
    print(folder, flush=True)
    time.sleep(30)
"""


def test_temporary_folders_of_killed_processes_are_removed(tmp_path, monkeypatch):
    environment = {**ENVIRONMENT, "TMPDIR": str(tmp_path)}
    killed, alive = (
        subprocess.Popen(
            [sys.executable, "-c", SCRATCH], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    folders = [Path(process.stdout.readline().strip()) for process in (killed, alive)]
    killed.kill()
    killed.communicate()
    assert all((folder / "a.txt").exists() for folder in folders)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch():
        assert [folder.exists() for folder in folders] == [False, True]
    alive.kill()
    alive.communicate()
    with scratch():
        pass
    assert names_in(tmp_path) == []
