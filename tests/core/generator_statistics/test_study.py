"""The command: panels with substitutes, what is kept, and what is missing for the paper's own."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.contract import ext1
from core.contract.descriptions import Sizes
from core.contract.source_data import SourceData
from core.errors import ImageError, MissingFileError, run
from core.explorer import save_averages
from core.generator_statistics import study
from core.generator_statistics.__main__ import main
from core.generator_statistics.explorer_sets import explorer_sets
from core.generator_statistics.presets import OFFLINE, PRESETS
from tests import explorer_examples

TINY = replace(
    OFFLINE,
    n_images=6,
    n_resamples=3,
    n_units=2,
    n_blocks=2,
    population=4,
    n_targets=3,
    n_iterations=4,
    layers={".Linearfc": 2},
    n_reps=1,
    n_steps=2,
)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(study.PRESETS, "offline", TINY)


def read(root, file):
    return SourceData(root, Sizes()).read(file)


@pytest.mark.usefixtures("tiny")
def test_panels_are_computed_once_and_again_for_another_seed(tmp_path, capsys):
    words = ["--out", str(tmp_path), "--panel", "B", "--panel", "C", "--device", "cpu"]
    assert main(words) == 0
    table = read(tmp_path, ext1.LOWLEVEL)
    assert table.groupby(["generator", "unit_id"]).size().tolist() == [4] * 4
    assert table["image_in_gen"].tolist()[:5] == [0, 1, 2, 3, 0]
    assert set(read(tmp_path, ext1.SPECTRA)["n"]) == {8}
    inversions = read(tmp_path, ext1.INVERSION)
    assert inversions.groupby("generator").size().tolist() == [3, 3]
    stamp = json.loads((tmp_path / "ExtendedFig1" / "ExtFig1C.json").read_text())
    assert stamp["substitutes"].startswith("offline substitutes")
    assert set(stamp["files"]) == {"ExtFig1C_inversion.csv", "ExtFig1C_examples.png"}
    capsys.readouterr()
    assert main(words) == 0
    assert capsys.readouterr().out.count("computed before") == 2
    assert main([*words[:4], "--device", "cpu", "--seed", "1"]) == 0
    assert "computed before" not in capsys.readouterr().out
    assert not read(tmp_path, ext1.LOWLEVEL).equals(table)


@pytest.mark.usefixtures("tiny")
def test_panel_a_compares_all_pairs_of_sets(tmp_path):
    assert main(["--out", str(tmp_path), "--panel", "A", "--device", "cpu"]) == 0
    distances, objects = read(tmp_path, ext1.FRECHET), read(tmp_path, ext1.OBJECTNESS)
    assert len(distances) == 15
    assert (distances["frechet_se"] > 0).all()
    assert objects.groupby("set").size().tolist() == [6] * 6
    natural = distances[(distances["kind1"] == "reference") & (distances["kind2"] == "reference")]
    others = distances[distances["kind1"] != distances["kind2"]]
    assert natural["frechet_distance"].item() < others["frechet_distance"].min()


def test_the_plan_computes_nothing(tmp_path, capsys):
    assert main(["--preset", "published", "--plan", "--out", str(tmp_path)]) == 0
    words = capsys.readouterr().out
    for part in ("upconvGAN_fc6.pt", "50000 images a set", "91 units", "hours on one GPU"):
        assert part in words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--panel", "A"], "--natural: expected a folder of natural images"),
        (["--panel", "C"], "--photographs: expected a folder of photographs"),
        (["--panel", "A", "--natural", "ImageNet"], "--natural: expected NAME=PATH"),
        (["--panel", "A", "--natural", "ImageNet=nowhere"], "nowhere: expected a folder of im"),
    ],
)
def test_what_the_published_preset_lacks_is_said_before_anything_is_computed(
    words, said, tmp_path, capsys
):
    command = ["--preset", "published", "--out", str(tmp_path), *words]
    assert run(lambda: main(command)) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "ExtendedFig1" / "ExtFig1A_frechet.csv").exists()


def test_presets_name_generators_that_stand_for_the_papers():
    for preset in PRESETS.values():
        roles = [ext1.STANDS_FOR[name] for name in preset.generators]
        assert roles == ["DeePSim", "BigGAN"]
        assert set(preset.methods) == set(preset.n_codes) == set(preset.generators)
        assert all(preset.counts(panel) for panel in "ABCD")


def write_images(folder, experiment, blocks):
    for block in blocks:
        for word in ("deepsim", "biggan"):
            path = folder / "images" / experiment.name / f"gen_{block + 1:02d}"
            path.mkdir(parents=True, exist_ok=True)
            color = tuple(np.random.default_rng(block).integers(0, 255, 3).tolist())
            Image.new("RGB", (256, 256), color).save(path / f"{word}_img.webp")


def test_evolved_images_become_sets_by_thread_block_and_area(tmp_path):
    experiments = [replace(made, area="IT") for made in explorer_examples.experiments(3)]
    save_averages(tmp_path / "averages.npz", experiments)
    with pytest.raises(MissingFileError, match="expected evolved images"):
        explorer_sets(tmp_path)
    write_images(tmp_path, experiments[2], [0])
    with pytest.raises(ImageError, match="expected experiments with all images"):
        explorer_sets(tmp_path)
    for experiment in experiments[:2]:
        write_images(tmp_path, experiment, [0, experiment.n_blocks - 1])
    sets = explorer_sets(tmp_path)
    assert list(sets) == [
        (thread, block, "IT") for block in ("first", "last") for thread in ("DeePSim", "BigGAN")
    ]
    images, numbers = sets["BigGAN", "last", "IT"]
    assert numbers == [3, 4]
    assert next(images.batches()).shape == (2, 3, 256, 256)
    assert images.name == "BigGAN, last block, IT"
