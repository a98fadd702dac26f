"""A disk that fills while a command writes: one sentence, exit code 1, nothing half-written.

A limit on the size of files stands in for it, which the system says in the same place.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.matlab.writing import Cell, write_matfile
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from tests.nwb_recordings import element, with_metadata, write_matroot

ROOT = Path(__file__).parents[1]

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[2:]])
"""


def limited(n_bytes, *words):
    """A command none of whose files can have more than some bytes."""
    command = [sys.executable, "-c", LIMITED, str(n_bytes), *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def assert_is_one_sentence(done, name):
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert f"/{name}: expected room " in line
    assert "MB of free disk (File too large); nothing was left half-written; make room" in line
    assert done.returncode == 1


def temporaries(folder):
    return [path for path in folder.rglob(".*") if path.name != ".lock"]


@pytest.mark.slow
def test_simulated_recordings_that_do_not_fit(tmp_path):
    out = tmp_path / "out"
    done = limited(300_000, "neuro_data_analysis.simulation", "--out", out, "--subset=155")
    assert_is_one_sentence(done, EVOLUTION_FILES[0])
    assert "room for more than " in done.stderr
    assert temporaries(out) == []
    assert [path.name for path in (out / "matroot").iterdir()] == []


@pytest.mark.slow
def test_source_data_that_do_not_fit(simulation, tmp_path):
    out = tmp_path / "out"
    words = ["neuro_data_analysis.export", "--matroot", simulation / "matroot", "--out", out]
    done = limited(20_000, *words)
    (line,) = done.stderr.splitlines()
    assert "expected room for more than 0.0 MB, found " in line
    assert done.returncode == 1
    assert temporaries(out) == []
    assert [path.name for path in out.iterdir()] == [".lock"]


@pytest.mark.slow
@pytest.mark.parametrize("figures", [["4"], ["3", "4"]])
def test_pictures_that_do_not_fit(source, tmp_path, figures):
    words = [f"--figure={figure}" for figure in figures]
    words += ["--data=local", "--source-data", source.root, "--out", tmp_path / "out"]
    done = limited(20_000, "figure_reproduction", *words)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path / 'out' / 'simulated'}/Figure")
    assert ".png: expected room " in line
    assert done.returncode == 1
    assert temporaries(tmp_path / "out") == []


FULL = """
import sys
from pathlib import Path
import numpy as np
from core.errors import run
from core.matlab.writing import Cell, write_matfile

def elements():
    rng = np.random.default_rng(0)
    for number in range(30):
        psth = [[rng.random((1, 200, 40)) for _ in range(20)] for _ in range(2)]
        yield {"psth": Cell(psth), "name": "a" * number}

sys.exit(run(lambda: write_matfile(Path(sys.argv[1]), "a", elements(), ["psth", "name"])))
"""


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB, where this system lets us make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "small", disk]
    if not hasattr(os, "posix_fallocate") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be made here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_hdf5_never_meets_a_full_disk(small_disk):
    path = small_disk / "a.mat"
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {path}: expected room for more than ")
    assert list(small_disk.iterdir()) == []


def test_room_is_given_back(tmp_path):
    path = tmp_path / "a.mat"
    write_matfile(path, "a", iter([{"name": Cell.column(["a", "b"])}]), ["name"])
    assert path.stat().st_size < 20_000


@pytest.mark.slow
def test_nwb_files_that_do_not_fit(tmp_path):
    pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")
    matroot = write_matroot(tmp_path / "recordings", [element("Beto-22072020-002")])
    out = with_metadata(tmp_path / "nwb")
    done = limited(100_000, "neuro_data_analysis.nwb", "--matroot", matroot, "--out", out)
    assert_is_one_sentence(done, "sub-Beto_ses-Beto-22072020-002.nwb")
    assert temporaries(out) == []
    assert list(out.rglob("*.nwb")) == []
