"""Most exciting images beside evolved ones: a linear neuron's are its weights."""

import json
import re
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.errors import run
from core.geometry.distances import PixelDistance
from dualneuron.__main__ import main
from dualneuron.landscape.beside import poles_beside_evolved
from dualneuron.landscape.paired_folder import best_block, best_code, mean_code, open_evolved
from dualneuron.synthesis.presets import V1_NOTEBOOK
from tests.dualneuron.paired.conftest import NEURONS

EXACT = replace(V1_NOTEBOOK, total_steps=60, noise=0.0, nb_crops=1, jitter_std=0.0, tv_weight=0.0)


def test_the_mei_of_a_linear_neuron_is_its_weight_image(linear):
    found = poles_beside_evolved(linear, EXACT, PixelDistance("mean"))
    table = found.table.set_index(["neuron", "image"])
    # weights of norm 1/2 answer their own image of norm 12 with 6
    for neuron in (0, 1):
        mei, same, opposite = table.loc[neuron].itertuples()
        assert 5.94 < mei.response < 6.0
        assert (mei.share, mei.distance) == (1.0, 0.0)
        assert same.response == pytest.approx(6.0, rel=1e-4)
        assert opposite.response == pytest.approx(-6.0, rel=1e-4)
        unlike = 2 * (0.276 * 12) ** 2 / 93**2  # of two orthogonal images of norm 12
        assert same.distance < 0.01 * unlike
        assert same.distance_to_others == pytest.approx(unlike, rel=0.05)
        assert opposite.distance == pytest.approx(2 * unlike, rel=0.05)
    np.testing.assert_allclose(found.pictures[0, 0], found.pictures[0, 1], atol=0.02)


def test_a_neuron_alone_has_no_others(linear):
    one = replace(linear, respond=type(linear.respond)(linear.respond.twin, [1]), records=(
        linear.records[0],
    ))  # fmt: skip
    found = poles_beside_evolved(one, replace(EXACT, total_steps=2), PixelDistance("mean"))
    assert found.table["distance_to_others"].isna().all()
    assert set(found.table["neuron"]) == {1}


def test_best_codes_and_blocks(linear):
    thread = linear.records[0].threads[0]
    thread.codes[:] = [[1, 0], [2, 0], [9, 9]]
    assert best_code(thread).tolist() == [2, 0]
    # means without noise are 1 and 1: the first of equals
    assert best_block(thread) == 0
    assert mean_code(thread).tolist() == [1.5, 0]


def test_a_folder_answers_as_it_did_when_it_evolved(evolved, tmp_path, capsys):
    words = ["beside", str(evolved[0]), "--steps=2", "--distance=MSE", f"--out={tmp_path}"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "DIGITAL TWINS, untrained" in said
    assert "small for fc6: " in said
    table = pd.read_csv(tmp_path / "beside.csv").set_index(["neuron", "image"])
    assert len(table) == 9
    for neuron, record in zip(NEURONS, evolved[1], strict=True):
        for name, shown in zip(("small for fc6", "small for BigGAN"), record.threads, strict=True):
            best = shown.scores_clean.max()
            assert table.loc[(neuron, name), "response"] == pytest.approx(best, rel=1e-4)
    with Image.open(tmp_path / "beside.png") as picture:
        assert picture.width > 400


def test_one_neuron_of_many(evolved):
    found = open_evolved(evolved[0], [NEURONS[2]])
    assert found.neurons == [NEURONS[2]]
    assert len(found.records) == 1
    assert found.generators[0] is found.generators[1]


@pytest.mark.parametrize(("words", "said"), [
    (["--neurons=180,7"], "--neurons: expected neurons of .*: 37, 180, 337, found 7"),
    (["--preset=v4-batch"], "--preset: expected one of v1-batch, v1-notebook, found 'v4-batch'"),
    (["--distance=far"], "--distance: expected MSE, L2, LPIPS, efficientnet_lite0, found 'far'"),
])  # fmt: skip
def test_mistakes_are_told_in_a_sentence(evolved, tmp_path, capsys, words, said):
    out = tmp_path / "out"
    assert run(lambda: main(["beside", str(evolved[0]), f"--out={out}", *words])) == 2
    error = capsys.readouterr().err
    assert re.search(said, error)
    assert not out.exists()


def test_another_folder_and_another_twin_are_refused(evolved, tmp_path, capsys):
    def said(folder):
        assert run(lambda: main(["beside", str(folder), f"--out={tmp_path / 'out'}"])) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        return line

    assert "expected the description of paired evolutions, found none" in said(tmp_path)
    copy = shutil.copytree(evolved[0], tmp_path / "copy")
    with h5py.File(copy / "neuron0037.h5", "r+") as file:
        settings = json.loads(file.attrs["settings"])
        file.attrs["settings"] = json.dumps(settings | {"scorer's weights": "0123"})
    assert "with weights 0123, found weights" in said(copy)
    for path in copy.glob("*.h5"):
        path.unlink()
    assert "expected evolutions of neurons, found none" in said(copy)
    assert not (tmp_path / "out").exists()
