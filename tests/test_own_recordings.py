"""A lab with recordings of its own gets there from the page alone, by its commands.

The data set has none of the paper's experiments, an element without an evolution, and a broken one.
"""

import json
import os
import pickle
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from core.contract.provenance import read_provenance
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from tests.small_recordings import element

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```\n(.*?)```", PAGE, re.S)

PLACES = {"./reproduce export": "-m neuro_data_analysis.export", ".venv/bin/python": ""}
"""What stands for a program on the page; the notebooks' way of exporting has tests of its own."""


def of_page(start):
    """The command that begins so, as it stands on the page."""
    lines = [line for text in SHELL for line in text.splitlines()]
    (command,) = [line for line in lines if line.startswith(start)]
    return command.partition("  #")[0].strip()


def do(command, folder):
    """Run a command of the page in a folder whose MATROOT is `mine`; what it prints."""
    for words, module in PLACES.items():
        command = command.replace(words, module, 1)
    command = command.replace("/path/to/recordings", "mine")
    done = subprocess.run(
        [sys.executable, *shlex.split(command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MATROOT": str(folder / "mine")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "mine").mkdir()
    broken = element(3)
    del broken["evol"]["psth"]
    content = [element(1), {"evol": None}, broken, element(4)]
    (folder / "mine" / EVOLUTION_FILES[1]).write_bytes(pickle.dumps(content))
    return folder


def test_what_the_data_set_holds(lab):
    said = do(of_page(".venv/bin/python -m neuro_data_analysis list") + " --skip-bad", lab)
    assert "2 used, 2 skipped: Exp 2, no evolution is stored; Exp 3" in said
    table = pd.read_csv(lab / "experiments.csv").set_index("Expi")
    assert table["used"].tolist() == [True, False, False, True]
    assert "psth" in table.loc[3, "why_not"]
    assert table.loc[1, "FC_P"] < 0.01


def test_all_single_trials_in_one_call(lab):
    do("-m neuro_data_analysis trials 4 --out trials", lab)
    trials = pd.read_csv(lab / "trials" / "Exp004_trials.csv")
    psth = pd.read_csv(lab / "trials" / "Exp004_psth.csv")
    assert len(trials) == len(psth)
    assert psth.filter(regex=r"^ms_\d+$").shape[1] == 200


def test_her_own_figures_with_her_own_settings(lab):
    command = of_page("./reproduce export --evoked")
    said = do(f"{command} --skip-bad --example 4", lab)
    assert "2 used, 2 skipped" in said
    made = lab / "v4_60_180"
    records = read_provenance(made)
    (settings,) = {json.dumps(r.details["settings"]) for n, r in records.items() if "Fig4/" in n}
    assert json.loads(settings) == {
        "evoked": [60, 180],
        "baseline": [0, 30],
        "areas": ["V4"],
        "exclude": [3],
    }
    do("-m figure_reproduction --figure 4 --data local --source-data v4_60_180 --out figures", lab)
    table = pd.read_csv(lab / "figures" / "report.csv")
    verdicts = table.loc[table["figure"].astype(str).str.contains("4"), "verdict"].dropna()
    assert verdicts.str.contains("other settings").any()
    assert not verdicts.str.startswith(("agrees", "differs")).any()
