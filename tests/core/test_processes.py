"""A child ends with its parent, whatever ends the parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import RunError
from core.parallel import ordered_map
from core.processes import run_child

ROOT = Path(__file__).parents[2]

CHILD = """
import sys, time
from pathlib import Path
from core.errors import run

def work():
    folder = Path(sys.argv[1])
    try:
        (folder / "started").touch()
        time.sleep(60)
    finally:
        (folder / "cleaned").touch()

sys.exit(run(work))
"""

PARENT = """
import signal, sys
from core.errors import run
from core.processes import run_child

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the suite runs under nohup
sys.exit(run(lambda: run_child([sys.executable, *sys.argv[1:]])))
"""


def wait_for(path, seconds=30):
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.01)


@pytest.fixture
def parent(tmp_path):
    """A process whose child has started to work."""
    for name, text in (("child.py", CHILD), ("parent.py", PARENT)):
        (tmp_path / name).write_text(text)
    command = [sys.executable, tmp_path / "parent.py", tmp_path / "child.py", tmp_path]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    wait_for(tmp_path / "started")
    yield process
    process.kill()
    process.communicate()


ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]


@pytest.mark.parametrize("number", ENDS)
def test_a_child_cleans_up_and_ends_with_its_parent(parent, tmp_path, number):
    parent.send_signal(number)
    # its end of the child's standard error is closed only when the child has ended, too
    _, errors = parent.communicate(timeout=60)
    assert (tmp_path / "cleaned").exists()
    assert parent.returncode == (-number if number == signal.SIGKILL else 130)
    said = 1 if number == signal.SIGKILL else 2
    assert errors == "interrupted: no file was left half-written\n" * said


def test_under_nohup_the_end_of_the_terminal_has_no_effect(tmp_path):
    (tmp_path / "child.py").write_text(CHILD.replace("time.sleep(60)", "time.sleep(1)"))
    process = subprocess.Popen(
        ["nohup", sys.executable, tmp_path / "child.py", tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(tmp_path / "started")
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0


def test_the_exit_code_is_that_of_the_child():
    assert run_child([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    killed = "import os; os.kill(os.getpid(), 9)"
    assert run_child([sys.executable, "-c", killed]) == -signal.SIGKILL


def end_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_work_whose_process_is_killed_ends_in_one_sentence():
    with pytest.raises(RunError, match="that live until it is done, found that one was killed"):
        list(ordered_map(end_at_three, range(50), 2))


STUBBORN = """
import sys, time
from pathlib import Path
from core.errors import run
from core.parallel import ordered_map

def stubborn(folder):
    Path(folder, "started").touch()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass

if __name__ == "__main__":
    sys.exit(run(lambda: list(ordered_map(stubborn, [sys.argv[1]], 1)) and 0))
"""


def test_work_that_does_not_heed_an_interrupt_is_killed_before_docker_would(tmp_path):
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, script, tmp_path], env=environment)
    wait_for(tmp_path / "started")
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 130
    assert time.monotonic() - start < 10
