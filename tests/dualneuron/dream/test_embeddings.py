"""Embeddings of sets of images."""

import os
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import ImageError, MissingPackageError, RunError, SettingError
from dualneuron.dream import embeddings

N_IMAGES = 40

SMALL = {"use_mask": False, "use_norm": False, "crop_size": 8, "dataset": "images"}


def mean_colour(images):
    return images.mean((2, 3))


@pytest.fixture
def folder(tmp_path):
    """PNG files of 10 x 10 pixels, each of one colour: its index in red."""
    where = tmp_path / "images"
    where.mkdir()
    for index in range(N_IMAGES):
        Image.new("RGB", (10, 10), (index, 51, 255)).save(where / f"{index:02d}.png")
    return where


REDS = np.arange(N_IMAGES) / 255


def test_all_images_are_embedded_in_order_in_any_batches(folder):
    for batch_size in (1, 7):  # more than the 31 batches after which the published code stops
        found = embeddings(folder, dreamsim_model=mean_colour, batch_size=batch_size, **SMALL)
        assert found.shape == (N_IMAGES, 3)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[:, 0], REDS, atol=1e-6)
        np.testing.assert_allclose(found[:, 1:], [[0.2, 1]] * N_IMAGES, atol=1e-6)


def test_a_subset_with_its_indices(folder):
    found, index = embeddings(
        folder, dreamsim_model=mean_colour, max_images=10, batch_size=4, return_index=True, **SMALL
    )
    np.testing.assert_array_equal(index, np.arange(10))
    np.testing.assert_allclose(found[:, 0], REDS[:10], atol=1e-6)
    with pytest.raises(SettingError, match="max_images: expected a whole number of at least 1"):
        embeddings(folder, dreamsim_model=mean_colour, max_images=0, **SMALL)


def test_images_are_cropped_resized_scaled_and_clipped(folder):
    seen = []

    def embed(images):
        seen.append(images)
        return images.amax((2, 3))

    options = SMALL | {"use_norm": True, "norm": 300.0, "use_grayscale": True}
    embeddings(folder, dreamsim_model=embed, max_images=2, batch_size=2, **options)
    assert seen[0].shape == (2, 3, 224, 224)
    # one grey level at norm 300 over 224 x 224 pixels is 1.34, which is clipped
    torch.testing.assert_close(seen[0], torch.ones(2, 3, 224, 224))
    embeddings(folder, dreamsim_model=embed, max_images=1, **options | {"norm": 80.0})
    torch.testing.assert_close(seen[1], torch.full((1, 3, 224, 224), 80 / 224))


def test_a_file_holds_what_would_be_returned_and_appears_whole(folder, tmp_path):
    path = tmp_path / "out" / "embeddings.npy"
    options = {"dreamsim_model": mean_colour, "batch_size": 7, **SMALL}
    assert embeddings(folder, output_path=path, **options) is None
    np.testing.assert_array_equal(np.load(path), embeddings(folder, **options))
    before = path.read_bytes()
    calls = []

    def breaks(images):
        calls.append(len(images))
        return mean_colour(images) if len(calls) < 3 else mean_colour(images) * torch.nan

    with pytest.raises(RunError, match="finite numbers"):
        embeddings(folder, output_path=path, **options | {"dreamsim_model": breaks})
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["embeddings.npy"]


@pytest.mark.parametrize("to_file", [False, True])
def test_corrupt_images_stop_it_or_are_left_out_named_and_counted(
    folder, tmp_path, caplog, to_file
):
    corrupt = folder / "03.png"
    corrupt.write_bytes(corrupt.read_bytes()[:40])
    path = tmp_path / "embeddings.npy" if to_file else None
    options = {"dreamsim_model": mean_colour, "batch_size": 2, "output_path": path, **SMALL}
    with pytest.raises(ImageError, match=r"03\.png: expected an image that can be decoded"):
        embeddings(folder, **options)
    found = embeddings(folder, skip_corrupt=True, return_index=True, **options)
    rows, index = (np.load(path), found[1]) if to_file else found
    kept = np.delete(np.arange(N_IMAGES), 3)
    np.testing.assert_array_equal(index, kept)
    np.testing.assert_allclose(rows[:, 0], REDS[kept], atol=1e-6)
    assert caplog.messages == [
        f"{corrupt}: cannot be decoded, and is left out",
        "1 of 40 images were left out",
    ]


def test_a_set_without_a_sound_image_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ImageError, match="images that can be read, found none among 1"):
        embeddings(tmp_path, dreamsim_model=mean_colour, skip_corrupt=True, **SMALL)


def test_an_embedding_of_another_number_of_images_is_refused(folder):
    with pytest.raises(RunError, match=r"embeddings of 32 images, found a tensor \(3,\)"):
        embeddings(folder, dreamsim_model=lambda images: images.mean((0, 2, 3)), **SMALL)


def test_dreamsim_is_said_to_be_missing(folder):
    with pytest.raises(MissingPackageError, match=r"DreamSim needs the package dreamsim.*pip inst"):
        embeddings(folder, **SMALL)


DREAMSIM = """
import torch

class Model(torch.nn.Module):
    def __init__(self, **asked):
        super().__init__()
        self.asked = asked
        self.weight = torch.nn.Parameter(torch.ones(3))

    def embed(self, images):
        return images.mean((2, 3)) * self.weight

def dreamsim(**asked):
    print(asked)
    return Model(**asked), None
"""


def test_dreamsim_itself_is_loaded_by_its_published_call(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "dreamsim.py").write_text(DREAMSIM)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "dreamsim", raising=False)
    found = embeddings(folder, cache_dir=tmp_path / "cache", device="cpu", **SMALL)
    np.testing.assert_allclose(found[:, 0], REDS, atol=1e-6)
    assert capsys.readouterr().out.strip() == str(
        {
            "pretrained": True,
            "device": "cpu",
            "cache_dir": str(tmp_path / "cache"),
            "dreamsim_type": "ensemble",
        }
    )
    monkeypatch.delitem(sys.modules, "dreamsim")


@pytest.mark.skipif("DUALNEURON_DATA" not in os.environ, reason="needs the published masks")
@pytest.mark.parametrize("area", ["v1", "v4"])
def test_the_mask_of_an_area_leaves_the_background(folder, area):
    seen = []

    def embed(images):
        seen.append(images)
        return mean_colour(images)

    options = SMALL | {"use_mask": True, "bg_value": 0.25, "max_images": 1}
    embeddings(folder, area=area, dreamsim_model=embed, **options)
    image = seen[0][0]
    torch.testing.assert_close(image[:, 0, 0], torch.full((3,), 0.25))
    torch.testing.assert_close(image[:, 112, 112], torch.tensor([0, 0.2, 1]), atol=2e-3, rtol=0)
