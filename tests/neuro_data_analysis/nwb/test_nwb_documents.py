"""The example of docs/nwb.md runs without this project; NWB files give the same source data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from core.contract.provenance import PROVENANCE_FILE_NAME, SIMULATION_FILE_NAME
from neuro_data_analysis.export.__main__ import main as export
from neuro_data_analysis.nwb.run import write_all
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from tests.nwb_recordings import element, with_metadata, write_matroot

pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")

ROOT = Path(__file__).parents[3]


def test_the_example_of_a_stranger_draws_a_trajectory_and_a_psth(tmp_path):
    matroot = write_matroot(tmp_path / "recordings", [element("Beto-22072020-002-SIM")])
    out = with_metadata(tmp_path / "nwb")
    write_all(matroot, out, n_jobs=1)
    (path,) = out.glob("sub-*/*.nwb")
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/nwb.md").read_text("utf-8"), re.S)
    imported = re.findall(r"^(?:import|from) (\w+)", example, re.M)
    assert set(imported) == {"sys", "matplotlib", "numpy", "pynwb"}
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "example.py", path],
        cwd=tmp_path,
        env=environment | {"MPLBACKEND": "Agg"},
        check=True,
    )
    with Image.open(tmp_path / "trajectory_and_psth.png") as picture:
        assert picture.size == (1500, 600)
        # both lines' colours are on it
        colors = {color for _, color in picture.convert("RGB").getcolors(maxcolors=10**6)}
    assert {(31, 119, 180), (255, 127, 14)} <= colors


ORIGIN = (PROVENANCE_FILE_NAME, SIMULATION_FILE_NAME)
"""Files that say where the others came from, and when."""


def files_below(folder):
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    found = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    return {name: content for name, content in found.items() if name not in ORIGIN}


@pytest.mark.slow
def test_source_data_from_nwb_files_are_the_same_bytes(simulation, tmp_path):
    alone = tmp_path / "mat"
    alone.mkdir()
    (alone / EVOLUTION_FILES[0]).symlink_to(simulation / "matroot" / EVOLUTION_FILES[0])
    written = with_metadata(tmp_path / "nwb")
    assert write_all(alone, written, n_jobs=2).n_written == 9
    exported = {}
    for root in (alone, written):
        out = tmp_path / f"source data of {root.name}"
        assert export(["--matroot", str(root), "--out", str(out), "--jobs", "1"]) == 0
        exported[root.name] = files_below(out)
    assert len(exported["mat"]) > 280
    assert exported["nwb"] == exported["mat"]
