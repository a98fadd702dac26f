"""Whoever brings a generator, scorer or optimizer of her own gets there from the page alone."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import StateError
from core.experiments.evolution import read_evolution

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "own_parts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.S)
EXAMPLES = [text for language, text in BLOCKS if language == "python"]


def commands():
    (shell,) = [text for language, text in BLOCKS if not language]
    lines = shell.replace("\\\n", " ").strip().splitlines()
    return [shlex.split(line, comments=True) for line in lines]


def test_the_examples_run_and_go_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in EXAMPLES:
        exec(example, names)
    records = names["records"]
    assert [record.n_done for record in records] == [15, 15]
    for record in records:
        (thread,) = record.threads
        assert thread.scores_clean[-20:].max() > 3 * thread.scores_clean[0]
    assert len(list(tmp_path.glob("own_parts/*.png"))) == 2
    assert names["responses"].identity(0)["unit"] == [".ReLU1", 3, 15, 15]
    # what is said under the example
    evolve, Contrast, HillClimber = (names[n] for n in ("evolve", "Contrast", "HillClimber"))

    def fresh():
        return [
            names["Evolution"](
                evolution.path,
                evolution.unit,
                [names["Thread"]("stripes", names["stripes"], HillClimber(8, random_seed=number))],
                noise=0.1,
                seed=number,
            )
            for number, evolution in enumerate(names["evolutions"])
        ]

    with pytest.raises(StateError, match="scorer's size 20, found scorer's size 16"):
        evolve(fresh(), Contrast([20, 48]), n_blocks=15)
    longer = evolve(fresh(), Contrast([16, 48]), n_blocks=30)
    assert [record.n_done for record in longer] == [30, 30]
    np.testing.assert_array_equal(longer[0].threads[0].codes[:281], records[0].threads[0].codes)


def test_the_commands_run(tmp_path):
    parts = "\n".join(example for example in EXAMPLES if "def small_network" in example)
    (tmp_path / "my_parts.py").write_text(f"{EXAMPLES[0]}\n{parts}", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in commands():
        assert command[0] == ".venv/bin/python"
        done = subprocess.run(
            [sys.executable, *command[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    file = tmp_path / done.stdout.splitlines()[0]
    record = read_evolution(file)
    assert record.n_done == 30
    assert (tmp_path / done.stdout.splitlines()[2]).name.endswith("_Stripes_best.png")
