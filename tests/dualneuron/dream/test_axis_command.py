"""``python -m dualneuron axis``."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import MissingPackageError, SettingError
from dualneuron.__main__ import main
from dualneuron.dream import shown_to_guide
from dualneuron.synthesis.batch import Item
from dualneuron.synthesis.poles_file import PolesFile

DREAMSIM = """
import torch

class Model(torch.nn.Module):
    def embed(self, images):
        assert images.shape == (1, 3, 224, 224)
        return images.mean((2, 3)) if self.dreamsim_type == "colour" else images[:, 0, ::223, 0]

def dreamsim(pretrained, device, cache_dir, dreamsim_type):
    model = Model()
    model.dreamsim_type = dreamsim_type
    return model, None
"""
"""Stands in for the package, which fetches its weights."""


@pytest.fixture
def dreamsim(tmp_path, monkeypatch):
    (tmp_path / "dreamsim.py").write_text(DREAMSIM)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("dreamsim", None)


@pytest.fixture
def folders(tmp_path):
    """Pictures of different sizes: the left half red and the right one black, or blue."""
    for name, color in (("high", (255, 0, 0)), ("low", (0, 0, 255))):
        (tmp_path / name).mkdir()
        for size in (16, 32):
            image = Image.new("RGB", (size, size))
            image.paste(color, (0, 0, size // 2, size))
            image.save(tmp_path / name / f"{size}.png")
    return tmp_path / "high", tmp_path / "low"


def test_from_two_folders(dreamsim, folders, tmp_path, capsys):
    out = tmp_path / "new" / "axis.npy"
    sets = ["--high", str(folders[0]), "--low", str(folders[1])]
    assert main(["axis", *sets, "--dreamsim-type", "colour", "--out", str(out)]) == 0
    half = np.sqrt(0.5)
    np.testing.assert_allclose(np.load(out), [half, 0, -half], atol=1e-6)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 high and 2 low images, embedded in 3 numbers"
    assert lines[1].startswith("along the axis, high images are at 0.35")
    assert "low ones at -0.35" in lines[1]
    assert lines[2] == f"{out}: a vector of length 1, from low to high"


@pytest.fixture
def poles(tmp_path):
    """A file of poles of neurons 0, whose low pole has no room, and 1; two seeds."""
    path = tmp_path / "poles.h5"
    file = PolesFile(path, {"model": "V1GrayTaskDriven"}, np.array([0.1, 2.0]), {})
    for neuron in range(2):
        for seed in range(2):
            for pole, sign in (("most", 1), ("least", -1)):
                ramp = sign * torch.linspace(-1, 1, 4)[:, None].expand(4, 4)[None]
                result = {
                    "image": ramp,
                    "alpha": torch.ones(1, 4, 4),
                    "activations": torch.ones(3),
                    "objectives": torch.ones(3),
                }
                file.add([Item(neuron, pole, seed)], [result])
    return path


def test_from_a_file_of_poles_which_are_shown_as_guided_synthesis_shows_them(
    dreamsim, poles, tmp_path, capsys
):
    out = tmp_path / "axis.npy"
    assert main(["axis", "--poles", str(poles), "--neuron", "1", "--out", str(out)]) == 0
    ramp = torch.linspace(-1, 1, 4)[:, None].expand(4, 4)[None, None]
    top, bottom = shown_to_guide(ramp)[0, 0, ::223, 0].tolist()
    difference = np.array([top - bottom, bottom - top])
    expected = difference / np.linalg.norm(difference)
    np.testing.assert_allclose(np.load(out), expected, atol=1e-6)
    assert "no room" not in capsys.readouterr().out


def test_a_low_pole_without_room_is_told(dreamsim, poles, tmp_path, capsys):
    main(["axis", "--poles", str(poles), "--neuron", "0", "--out", str(tmp_path / "axis.npy")])
    assert "neuron 0, low images: no room below grey (0.1)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], "neither"),
        (["--high", "a"], "neither"),
        (["--poles", "a.h5"], "neither"),
        (["--high", "a", "--low", "b", "--poles", "a.h5", "--neuron", "0"], "both"),
    ],
)
def test_it_must_be_said_where_both_sets_are(arguments, found):
    with pytest.raises(SettingError, match=f"either --high and --low, or .* found {found}"):
        main(["axis", *arguments])


def test_a_neuron_that_is_not_in_the_file_is_refused(dreamsim, poles):
    with pytest.raises(SettingError, match="poles of a neuron 9, found none"):
        main(["axis", "--poles", str(poles), "--neuron", "9"])


def test_without_dreamsim_a_sentence_says_how_to_install_it(folders, tmp_path):
    command = [sys.executable, "-m", "dualneuron", "axis", "--out", tmp_path / "axis.npy"]
    command += ["--high", folders[0], "--low", folders[1]]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == MissingPackageError.exit_code
    assert "`pip install dreamsim`" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "axis.npy").exists()
