"""Kills a controller and a simulated rig at random moments, and starts them again, to the end.

``python -m tests.core.experiments.closed_loop.kill_both_sides FOLDER SEED N_KILLS`` leaves
FOLDER/undisturbed and FOLDER/killed. Every process is a fork of this one, which has imported all.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from core import errors
from core.experiments.closed_loop import rig_run, start_run  # noqa: F401 (before the fork)
from core.experiments.closed_loop.__main__ import main
from core.progress import answer
from tests.closed_loop_rig import reference_folder

N_BLOCKS = 14

LATE = 0.15
"""Seconds that an answer takes at most: kills fall while something happens."""


def commands(root):
    """The two sides of a session, as a user starts them."""
    start = f"start {root} --generator small --generator small --population 8 --population 6"
    start += f" --references {root.parent / 'references'} --blocks {N_BLOCKS} --patience 0.2"
    rig = f"rig {root} --simulated --network tests.closed_loop_rig:brightness --lost 0.03"
    return start.split(), f"{rig} --late {LATE} --format csv".split()


def started(words):
    """Number of a process that runs a command."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            code = errors.run(lambda: main(words))
        finally:
            os._exit(code)
    return process


def run(root, moments):
    """Run a session; at each moment (seconds after the one before) a side is killed, or both."""
    words = commands(root)
    processes = [started(of_one) for of_one in words]
    for seconds, sides in moments:
        time.sleep(seconds)
        for side in sides:
            os.kill(processes[side], signal.SIGKILL)
            _, status = os.waitpid(processes[side], 0)
            answer(f"{'killed' if os.WIFSIGNALED(status) else 'had ended'}: {words[side][0]}")
            processes[side] = started(words[side])
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
    answer(f"exit codes {codes}")
    return codes


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, seed, n_kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    reference_folder(folder / "references")
    begun = time.monotonic()
    wrong = any(run(folder / "undisturbed", []))
    seconds = time.monotonic() - begun
    rng = random.Random(seed)
    sides = [rng.choice(([0], [1], [0, 1])) for _ in range(n_kills)]
    moments = [(rng.uniform(0, 0.15 * seconds), side) for side in sides]
    sys.exit(wrong or any(run(folder / "killed", moments)))
