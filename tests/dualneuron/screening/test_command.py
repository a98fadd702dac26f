"""``python -m dualneuron screen``."""

import json

import numpy as np
import pytest
from PIL import Image

from core.errors import SampleError, run
from dualneuron.__main__ import main
from dualneuron.screening import compute_population_statistics, load_poles
from dualneuron.screening.commands import location


@pytest.fixture
def words(tmp_path):
    """Arguments of a small screen."""
    rng = np.random.default_rng(0)
    (tmp_path / "scenes").mkdir()
    for number in range(6):
        values = rng.integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(values).save(tmp_path / "scenes" / f"{number}.png")
    np.save(tmp_path / "mask.npy", np.eye(93))
    fixed = "screen --model v1 --untrained --one-member --device cpu --crop-size 24 --batch-size 4"
    paths = [str(tmp_path / "scenes"), "--mask", str(tmp_path / "mask.npy")]
    return [*fixed.split(), *paths, "--out", str(tmp_path / "out")]


def test_what_is_said(words, tmp_path, capsys):
    assert main([*words, "--top-k", "2", "--int32"]) == 0
    first, second, *paths = capsys.readouterr().out.splitlines()
    assert first == "v1_None_rendered: 6 images, 458 units"
    assert second.endswith("units have next to no room for a low pole below their response to mean "
                           "grey")  # fmt: skip
    kinds = ("ordered_responses", "ordered_indices", "screen")
    assert paths == [str(tmp_path / "out" / f"v1_None_rendered_{kind}") for kind in kinds]
    assert np.load(f"{paths[1]}/0.npy").dtype == np.int32
    summary = json.loads((tmp_path / "out" / "v1_None_rendered_screen/summary.json").read_text())
    assert second.split()[0] == str(len(summary["without_room"]))
    with pytest.raises(SampleError, match="responses to all images, found 2 of each end"):
        compute_population_statistics(paths[0])
    with pytest.raises(SampleError, match="expected 3 images of each end of unit 0, found 2"):
        load_poles(0, [], paths[1], k=3)


def test_a_corrupt_image_is_one_sentence_and_can_be_skipped(words, tmp_path, capsys):
    (tmp_path / "scenes" / "3.png").write_bytes(b"\x89PNG cut off")
    assert run(lambda: main(words)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {tmp_path / 'scenes' / '3.png'}: expected an image that can be")
    assert main([*words, "--skip-corrupt"]) == 0
    assert "v1_None_rendered: 5 images (1 left out), 458 units" in capsys.readouterr().out


def test_an_empty_folder_is_one_sentence(words, tmp_path, capsys):
    for path in (tmp_path / "scenes").iterdir():
        path.unlink()
    assert run(lambda: main(words)) == 2
    expected = f"error: {tmp_path / 'scenes'}: expected images (.png), found none.\n"
    assert capsys.readouterr().err == expected


def test_places_in_a_layer():
    assert [location(text) for text in ("center", "mean", "7", "2,3")] == [
        *("center", None, 7),
        [2, 3],
    ]
