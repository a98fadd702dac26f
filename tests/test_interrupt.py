"""Ctrl-C and requests to end: prompt, clean, and never lost."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import interrupt
from core.contract.provenance import simulation_record
from core.parallel import ordered_map
from neuro_data_analysis.recordings.formatted import read_formatted


def test_a_lost_interrupt_is_raised_at_the_next_step():
    class Lost:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with interrupt.handled():
        lost = Lost()
        del lost
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        interrupt.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_waits_for_the_end_of_a_short_step():
    done = []
    with interrupt.held_back():
        os.kill(os.getpid(), signal.SIGINT)
        done.append(True)
    assert done
    with pytest.raises(KeyboardInterrupt):
        interrupt.check()


def test_results_come_in_order_from_several_processes():
    assert list(ordered_map(math.factorial, range(7), 2)) == [math.factorial(n) for n in range(7)]


def test_an_error_in_a_process_ends_the_work():
    with pytest.raises(ValueError, match="negative"):
        list(ordered_map(math.factorial, [1, 2, -1, *range(100)], 2))


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [1.5, 4.0])
def test_an_interrupted_simulation_ends_soon_and_leaves_whole_files_only(
    tmp_path, whole_group, number, seconds
):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "neuro_data_analysis.simulation", "--out", out]
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(seconds)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == "interrupted: no file was left half-written\n"
    beside = ("SIMULATED.json", ".lock")
    left = [p for p in out.rglob("*") if p.is_file() and p.name not in beside]
    for path in left:
        assert len(read_formatted(path).image_names) > 0
    assert (simulation_record(out) or {}).get("complete") is not True
    deadline = time.monotonic() + 5
    while running_in_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running_in_session(process.pid) == []


def running_in_session(session):
    """Processes of a session that are alive, but for the tracker that ends by itself."""
    alive = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            command = (status.parent / "cmdline").read_text()
            if "resource_tracker" not in command:
                alive.append(command)
    return alive


def test_an_interrupt_while_source_text_runs_ends_with_130(tmp_path):
    (tmp_path / "command.py").write_text(
        "import sys\nfrom core.errors import run\n"
        "sys.exit(run(lambda: exec('raise KeyboardInterrupt')))\n"
    )
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "command"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted: no file was left half-written\n")
