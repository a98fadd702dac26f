"""The export notebooks run once, as a user runs them, on the simulated recordings."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.contract.source_data import SourceData
from neuro_data_analysis.simulation.run import MATROOT_FOLDER


@dataclass(frozen=True)
class Run:
    """Where the notebooks wrote, and what the command said."""

    source: SourceData
    executed: Path
    done: subprocess.CompletedProcess


def run_export(*words, **environment):
    """`python -m source_data_export`, away from the project's folder and without MATROOT."""
    inherited = {name: value for name, value in os.environ.items() if name != "MATROOT"}
    return subprocess.run(
        [sys.executable, "-m", "source_data_export", *map(str, words)],
        capture_output=True,
        text=True,
        cwd="/",
        env={**inherited, **environment},
        check=False,
    )


@pytest.fixture(scope="session")
def export():
    """The command, as a function of its words and environment."""
    return run_export


@pytest.fixture(scope="session")
def notebooks_run(export, simulation, tmp_path_factory):
    """All notebooks; read only."""
    folder = tmp_path_factory.mktemp("notebooks")
    out, executed = folder / "out é", folder / "executed"
    matroot = str(simulation / MATROOT_FOLDER)
    done = export("--out", out, "--executed", executed, MATROOT=matroot)
    return Run(SourceData(out), executed, done)
