"""A rig and a controller as processes of their own, killed at random moments and started again."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_codes
from core.experiments.closed_loop.record import kept_blocks
from core.files import sha256
from tests.core.experiments.closed_loop.kill_both_sides import N_BLOCKS

ROOT = Path(__file__).parents[4]

N_KILLS = 10


def test_a_session_that_was_killed_is_bit_for_bit_the_undisturbed_one(tmp_path):
    program = "tests.core.experiments.closed_loop.kill_both_sides"
    command = [sys.executable, "-m", program, tmp_path, str(time.time_ns()), str(N_KILLS)]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("killed:") + done.stdout.count("had ended:") >= N_KILLS
    expected, found = (Folder.at(tmp_path / name) for name in ("undisturbed", "killed"))
    blocks = kept_blocks(expected), kept_blocks(found)
    assert [len(kept) for kept in blocks] == [N_BLOCKS, N_BLOCKS]
    for block, other in zip(*blocks, strict=True):
        for name in ("scores", "references"):
            pairs = zip(getattr(block, name), getattr(other, name), strict=True)
            for one, two in pairs:
                np.testing.assert_array_equal(one, two)
        assert block.raw_sha256 == other.raw_sha256
        assert block.notes == other.notes
        shown = [read_codes(folder, block.number) for folder in (expected, found)]
        assert [codes.tobytes() for codes in shown[0]] == [codes.tobytes() for codes in shown[1]]
        files = [sorted(folder.block(block.number).glob("*.*g")) for folder in (expected, found)]
        assert [(p.name, sha256(p)) for p in files[0]] == [(p.name, sha256(p)) for p in files[1]]
    left = [path.name for path in found.root.rglob(".*") if path.name != ".lock"]
    assert left == []


@pytest.mark.slow
def test_a_network_can_be_the_neuron_and_ctrl_c_leaves_a_session_that_goes_on(tmp_path):
    root = tmp_path / "session"
    start = [sys.executable, "-m", "core.experiments.closed_loop", "start", str(root)]
    start += ["--generator", "small", "--population", "6", "--blocks", "50", "--patience", "0.5"]
    rig = [sys.executable, "-m", "core.experiments.closed_loop", "rig", str(root), "--simulated"]
    rig += ["--network", "tests.closed_loop_rig:network", "--unit", ".Conv2d2,3,1,1"]
    options = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with (
        subprocess.Popen(start, **options) as controller,
        subprocess.Popen(rig, **options) as other,
    ):
        until = time.monotonic() + 120
        while not Folder.at(root).kept(3).is_dir() and time.monotonic() < until:
            time.sleep(0.05)
        for process in (controller, other):
            process.terminate()
        said = [process.communicate(timeout=60)[0] for process in (controller, other)]
    assert [controller.returncode, other.returncode] == [130, 130], said
    assert "block 2 SIMULATED: small" in said[0]
    assert "interrupted: no file was left half-written" in said[0]
    n_kept = len(kept_blocks(Folder.at(root)))
    done = subprocess.run([*start[:-3], str(n_kept), *start[-2:]], **options, check=False)
    assert done.returncode == 0, done.stdout
    assert f"finished after {n_kept} blocks" in done.stdout
