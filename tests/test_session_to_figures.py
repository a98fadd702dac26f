"""From a session of which both sides were killed to an NWB file and to the figures."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.errors import run
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.record import kept_blocks
from core.threads import N_THREADS
from figure_reproduction.__main__ import main as draw
from neuro_data_analysis.export.__main__ import main as export
from neuro_data_analysis.session import main as convert
from tests.core.experiments.closed_loop.kill_both_sides import N_BLOCKS
from tests.nwb_recordings import METADATA, with_metadata

ROOT = Path(__file__).parents[1]

N_KILLS = 10

FIGURES = ("2", "4", "5")

EVOLVED = "Fig2/Figure2B_src_resp_Exp155_{}_thread_evol.csv"
"""Single trials of the example, whose number is in the published name."""


@pytest.mark.slow
def test_a_session_that_was_killed_becomes_figures(tmp_path):
    pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")
    program = "tests.core.experiments.closed_loop.kill_both_sides"
    seed = str(time.time_ns())
    command = [sys.executable, "-m", program, tmp_path, seed, str(N_KILLS)]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}{done.stderr}"
    folder = Folder.at(tmp_path / "killed")
    kept = kept_blocks(folder)
    assert len(kept) == N_BLOCKS

    matroot = tmp_path / "matroot"
    nwb = with_metadata(tmp_path / "nwb", METADATA.replace("Alfa", "Otto"))
    words = [str(folder.root), "--animal=Otto", "--area=IT", f"--out={matroot}", f"--nwb={nwb}"]
    assert run(lambda: convert(words)) == 0

    sources = [tmp_path / "from_mat", tmp_path / "from_nwb"]
    for recordings, source in zip((matroot, nwb), sources, strict=True):
        words = [f"--matroot={recordings}", f"--out={source}", "--example=1", "--jobs=1"]
        assert run(lambda words=words: export(words)) == 0
    of_mat, of_nwb = ({p.relative_to(s): p for p in s.glob("*/*")} for s in sources)
    assert of_mat.keys() == of_nwb.keys()
    for name, path in of_mat.items():
        assert path.read_bytes() == of_nwb[name].read_bytes(), name
    for thread, space in enumerate(("DeePSim", "BigGAN")[:N_THREADS]):
        table = pd.read_csv(sources[0] / EVOLVED.format(space))
        for number, of_block in table.groupby("gen"):
            # a score is the rate of one presentation, what was not shown has none; the two differ
            # by spikes at the window's edges, which the recording smooths
            scores = kept[number - 1].scores[thread]
            shown = scores[np.isfinite(scores)]
            assert len(of_block) == len(shown)
            assert abs(of_block["resp"].mean() - shown.mean()) <= 0.25 * shown.mean() + 5

    out = tmp_path / "figures"
    words = [f"--figure={word}" for word in FIGURES]
    words += ["--data=local", f"--source-data={sources[1]}", f"--out={out}", "--jobs=1"]
    assert run(lambda: draw(words)) == 0
    drawn = {path.name.split("_SIM")[0] for path in (out / "simulated").glob("*.png")}
    assert {f"Figure{panel}" for panel in ("2B", "2D", "4A", "4C", "4D", "5C")} <= drawn
    for path in (out / "simulated").glob("*.png"):
        with Image.open(path) as picture:
            assert len(picture.convert("RGB").getcolors(maxcolors=10**6)) > 10, path.name
    assert "not comparable: simulated" in (out / "report.csv").read_text()
