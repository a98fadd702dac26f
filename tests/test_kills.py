"""Whatever is killed, and whenever: the next run ends as if nothing had happened."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

KILLS = {
    "simulation": (1, 1),
    "export": (2, 6),
    "evolution": (2, 4),
    "sweep": (1, 1),
    "download": (3, 6),
}
"""Kills at random moments, and at renamings; ``python -m benchmarks.kills`` has more."""


@pytest.mark.slow
@pytest.mark.parametrize("part", KILLS)
def test_what_is_killed_goes_on_and_leaves_nothing_behind(part):
    n_random, n_events = KILLS[part]
    command = [sys.executable, "-m", "benchmarks.kills", part, f"--seed={int(time.time())}"]
    command += [f"--random={n_random}", f"--events={n_events}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.search(rf"^{part}: killed (\d+) times, 0 problems$", done.stdout, re.MULTILINE)
    # a moment may come when all is done already, a renaming cannot
    assert n_events <= int(said[1]) <= n_random + n_events
