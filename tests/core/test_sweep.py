"""Sweeps: nothing is run twice, nothing is lost, whatever dies."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import sweep as sweeps
from core.errors import CodeError, RunError, SettingError, StateError
from core.files import alone_in
from core.sweep import described, finished, sweep, workers

ROOT = Path(__file__).parents[2]


def square(number, log):
    note(log, number)
    return {"square": number**2, "list": [number, number + 0.5], "text": "ü"}


def note(log, word):
    with Path(log).open("a") as file:
        file.write(f"{word}\n")


def noted(log):
    return sorted(Path(log).read_text().split()) if Path(log).exists() else []


def tasks_of(log, n=4):
    return {f"square {i}": {"number": i, "log": str(log)} for i in range(n)}


@pytest.fixture(scope="module")
def client():
    with workers(n_workers=2, memory="1GB") as started:
        yield started


def test_results_come_in_the_order_of_the_tasks_and_say_what_they_were_made_from(client, tmp_path):
    tasks = tasks_of(tmp_path / "log")
    table = sweep(square, tasks, tmp_path / "out", client)
    assert list(table["name"]) == list(tasks)
    assert list(table["square"]) == [0, 1, 4, 9]
    assert [list(entry) for entry in table["list"]] == [[i, i + 0.5] for i in range(4)]
    assert [json.loads(task) for task in table["task"]] == list(tasks.values())
    assert noted(tmp_path / "log") == ["0", "1", "2", "3"]


def test_what_is_done_is_not_done_again(client, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    first = sweep(square, tasks_of(log, 2), out, client)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    more = sweep(square, tasks_of(log, 3), out, client)
    assert noted(log) == ["0", "1", "2"]
    pd.testing.assert_frame_equal(more[:2], first)
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    assert before.items() <= after.items()
    # where all is done, nothing is asked of anybody
    pd.testing.assert_frame_equal(sweep(square, tasks_of(log, 3), out, None), more)


def die():
    # Dask gives up a worker that dies within a blink of its start, before it is known to have any
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark, log, number):
    note(log, number)
    if not Path(mark).exists():
        Path(mark).touch()
        die()
    return {"worker": os.getpid()}


def test_a_task_whose_worker_dies_is_run_again(client, tmp_path):
    log = tmp_path / "log"
    tasks = {
        f"task {i}": {"mark": str(tmp_path / f"mark {i}"), "log": str(log), "number": i}
        for i in range(3)
    }
    (tmp_path / "mark 1").touch()
    (tmp_path / "mark 2").touch()
    table = sweep(die_once, tasks, tmp_path / "out", client)
    assert list(table["name"]) == list(tasks)
    assert noted(log).count("0") == 2
    assert len(list((tmp_path / "out").glob("*.parquet"))) == 3


def die_or_square(number, log):
    if number == 2:
        note(log, "died")
        die()
    return {"square": number**2}


@pytest.mark.slow
def test_a_task_that_kills_every_worker_is_given_up_and_the_others_are_kept(client, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    with pytest.raises(
        RunError,
        match=r"out: expected 4 results, found 3, which are kept; square 2 failed: expected a "
        r"worker that survives it",
    ):
        sweep(die_or_square, tasks_of(log), out, client)
    # among others, and then alone
    assert noted(log) == ["died"] * 2 * sweeps.DEATHS
    assert list(finished(tasks_of(log), out)["square"]) == [0, 1, 9]


def too_much(n_bytes):
    block = np.ones(n_bytes, dtype=np.uint8)
    time.sleep(20)
    return {"sum": int(block.sum())}


@pytest.mark.slow
def test_a_worker_has_no_more_memory_than_it_may(tmp_path):
    with workers(n_workers=1, memory="600MB") as client:
        assert described(client) == "1 worker, 1 thread and at most 0.6 GB each"
        with pytest.raises(RunError, match="has each enough memory"):
            sweep(too_much, {"large": {"n_bytes": 900_000_000}}, tmp_path, client)


def fail_or_square(number, log, faults):
    if Path(faults).exists() and number in (1, 2):
        raise [CodeError("no such code."), ValueError("of\nall things")][number - 1]
    return square(number, log)


def test_a_task_that_fails_is_named_and_the_others_are_kept(client, tmp_path):
    log, out, faults = tmp_path / "log", tmp_path / "out", tmp_path / "faults"
    tasks = {name: task | {"faults": str(faults)} for name, task in tasks_of(log).items()}
    faults.touch()
    with pytest.raises(RunError) as error:
        sweep(fail_or_square, tasks, out, client)
    sentence = str(error.value)
    assert "expected 4 results, found 2, which are kept; " in sentence
    assert sentence.endswith(
        ("square 1 failed: no such code.", "square 2 failed: ValueError: of all things.")
    )
    faults.unlink()
    assert list(sweep(fail_or_square, tasks, out, client)["square"]) == [0, 1, 4, 9]
    assert noted(log) == ["0", "1", "2", "3"]


def test_a_sweep_whose_first_tasks_all_fail_stops(client, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    tasks = {f"task {i:02d}": {"log": str(log)} for i in range(40)}
    with pytest.raises(RunError, match=r"expected 40 results, found 0, .* failed: no such code"):
        sweep(always_fail, tasks, out, client)
    assert sweeps.HOPELESS <= len(noted(log)) < 40
    assert finished(tasks, out).empty


def always_fail(log):
    note(log, "tried")
    time.sleep(0.05)
    raise CodeError("no such code.")


def remove_another(number, log):
    if number == 3:
        for name in ("square 0", "square 1"):
            (Path(log).parent / "out" / f"{name}.parquet").unlink()
    return {"square": number**2}


def test_results_that_are_gone_at_the_end_are_named(client, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    sweep(square, tasks_of(log, 3), out, client)
    sentence = "expected 4 results, found 2, which are kept; removed meanwhile: square 0, square 1;"
    with pytest.raises(RunError, match=sentence):
        sweep(remove_another, tasks_of(log, 4), out, client)
    assert list(sweep(square, tasks_of(log, 4), out, client)["square"]) == [0, 1, 4, 9]


def test_results_of_other_arguments_are_refused_and_kept(client, tmp_path):
    log, out = tmp_path / "log", tmp_path / "out"
    sweep(square, tasks_of(log, 1), out, client)
    other = {"square 0": {"number": 5, "log": str(log)}}
    with pytest.raises(StateError, match=r"square 0\.parquet: .* number 5, found number 0"):
        sweep(square, other, out, client)
    assert noted(log) == ["0"]
    assert finished(other, out)["square"].item() == 0


def test_a_damaged_result_is_named(client, tmp_path):
    log = tmp_path / "log"
    (tmp_path / "square 0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(StateError, match=r"square 0\.parquet: expected the result of a task"):
        sweep(square, tasks_of(log), tmp_path, client)
    assert noted(log) == []


def test_a_second_sweep_waits_and_finds_everything_done(client, tmp_path, caplog):
    log, out = tmp_path / "log", tmp_path / "out"
    with alone_in(out, print):
        other = threading.Thread(target=sweep, args=(square, tasks_of(log), out, client))
        other.start()
        while "waiting for another run" not in caplog.text:
            time.sleep(0.02)
        assert noted(log) == []
    other.join(30)
    assert noted(log) == ["0", "1", "2", "3"]
    assert list(sweep(square, tasks_of(log), out, None)["square"]) == [0, 1, 4, 9]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://here", "tcp://127.0.0.1"])
def test_a_scheduler_that_does_not_answer_is_said(address, monkeypatch):
    monkeypatch.setattr(sweeps, "CONNECT_SECONDS", 1)
    with (
        pytest.raises(SettingError, match=rf"a Dask scheduler that answers at {address}"),
        workers(address),
    ):
        pass


@pytest.mark.parametrize("memory", ["much", "0", "1", "-4GB", "99MB"])
def test_memory_is_an_amount_that_a_worker_can_start_in(memory):
    sentence = f"memory: expected an amount such as 4GB, at least 100MB, found '{memory}'"
    with pytest.raises(SettingError, match=sentence), workers(memory=memory):
        pass


def test_a_running_cluster_is_used(client, tmp_path):
    with workers(client.cluster.scheduler_address) as other:
        table = sweep(square, tasks_of(tmp_path / "log"), tmp_path / "out", other)
    assert list(table["square"]) == [0, 1, 4, 9]
    # and it is still there
    assert client.submit(sum, [1, 2]).result() == 3


def slow_square(number, log):
    time.sleep(0.3)
    return square(number, log)


@pytest.mark.slow
def test_a_scheduler_that_goes_away_loses_nothing_that_is_done(tmp_path):
    port = free_port()
    dask = [sys.executable, "-m", "dask"]
    elsewhere = ["--dashboard-address", "127.0.0.1:0"]
    commands = (
        ["scheduler", "--host", "127.0.0.1", "--port", str(port), *elsewhere],
        ["worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", *elsewhere],
    )
    # workers import this file, from the project's folder
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    started = [subprocess.Popen([*dask, *command], **quiet) for command in commands]
    tasks, out = tasks_of(tmp_path / "log", 30), tmp_path / "out"
    try:
        with workers(f"tcp://127.0.0.1:{port}") as client:
            client.wait_for_workers(1)
            watch = threading.Thread(target=kill_after, args=(started[0], out, 3), daemon=True)
            watch.start()
            with pytest.raises(RunError, match="expected a scheduler that stays"):
                sweep(slow_square, tasks, out, client)
            watch.join()
    finally:
        for process in started:
            process.kill()
            process.wait()
    done = finished(tasks, out)
    assert 3 <= len(done) < 30
    assert list(done["square"]) == [json.loads(task)["number"] ** 2 for task in done["task"]]


def kill_after(process, folder, n_results):
    while len(list(folder.glob("[!.]*.parquet"))) < n_results:
        time.sleep(0.05)
    process.kill()


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def test_the_environment_of_workers_is_not_that_of_their_client(monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    before = dict(os.environ)
    with workers(n_workers=1, memory="1GB"):
        pass
    assert dict(os.environ) == before


def test_workers_have_one_thread_and_keep_the_memory_of_arrays(client):
    assert client.submit(os.environ.get, "OMP_NUM_THREADS").result() == "1"
    assert client.submit(os.environ.get, "MALLOC_TRIM_THRESHOLD_").result() == str(64 * 2**20)


INTERRUPTED = """
import sys, time
from pathlib import Path
from core.sweep import sweep, workers

def slowly(number, log):
    time.sleep(0.4)
    with Path(log).open("a") as file:
        file.write(f"{number}\\n")
    return {"square": number**2}

if __name__ == "__main__":
    log, out = sys.argv[1:]
    tasks = {f"square {i}": {"number": i, "log": log} for i in range(12)}
    with workers(n_workers=2, memory="1GB") as client:
        print(len(sweep(slowly, tasks, Path(out), client)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_whose_client_is_killed_goes_on(tmp_path, number):
    script, log, out = tmp_path / "script.py", tmp_path / "log", tmp_path / "out"
    script.write_text(INTERRUPTED)
    command = [sys.executable, str(script), str(log), str(out)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while len(list(out.glob("[!.]*.parquet"))) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(30)
    time.sleep(2)
    done = {path.stem.split()[1] for path in out.glob("[!.]*.parquet")}
    assert 3 <= len(done) < 12
    before = noted(log)
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert again.stdout.split() == ["12"]
    ran_again = noted(log)
    for word in before:
        ran_again.remove(word)
    assert set(ran_again) == {str(i) for i in range(12)} - done
    assert [path.name for path in out.glob(".writing*")] == []


FULL = """
import resource, sys
from pathlib import Path
from core.errors import RunError
from core.experiments.optimizer_benchmark.runs import noise_driven_run
from core.sweep import sweep, workers

if __name__ == "__main__":
    tasks = {
        f"run {i}": {"optimizer": "Genetic", "repeat": i, "seed": 0, "n_generations": n,
                     "space_dimen": 8}
        for i, n in enumerate((5, 400))
    }
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_000, 32_000))
    try:
        with workers(n_workers=1, memory="1GB") as client:
            sweep(noise_driven_run, tasks, Path(sys.argv[1]), client)
    except RunError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_disk_that_is_full_loses_nothing_that_was_written(tmp_path):
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(FULL)
    done = subprocess.run(
        [sys.executable, str(script), str(out)], cwd=ROOT, capture_output=True, text=True
    )
    assert "run 1.parquet: expected room for more than " in done.stdout
    assert "the same call goes on from them." in done.stdout
    assert sorted(path.name for path in out.iterdir()) == [".lock", "run 0.parquet"]
    assert len(pd.read_parquet(out / "run 0.parquet")) == 1
