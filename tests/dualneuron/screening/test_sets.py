"""Sets of images: their order, what they refuse, and ImageNet by a stand-in of its library."""

import io
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import (
    ArchiveError,
    DownloadError,
    ImageError,
    MissingFileError,
    MissingPackageError,
    SettingError,
)
from dualneuron.screening.sets import (
    ArrayImages,
    CorruptImageError,
    ImagenetImages,
    RenderedImages,
    open_images,
)


def png(level, size=(4, 4), mode="L"):
    file = io.BytesIO()
    Image.new(mode, size, level).save(file, "png")
    return file.getvalue()


def levels(images):
    return [round(255 * images[i][0].mean().item()) for i in range(len(images))]


def test_rendered_images_are_in_lexicographic_order(tmp_path):
    for name, level in [("scene_10", 1), ("scene_9", 2), ("Scene_1", 3), ("a", 4)]:
        (tmp_path / f"{name}.png").write_bytes(png(level))
    (tmp_path / "b.jpg").write_bytes(b"no PNG file")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.png").write_bytes(png(9))
    images = RenderedImages(tmp_path, use_grayscale=True)
    names = [images[i][1] for i in range(len(images))]
    assert names == [str(tmp_path / f"{n}.png") for n in ("Scene_1", "a", "scene_10", "scene_9")]
    assert levels(images) == [3, 4, 1, 2]
    with pytest.raises(IndexError, match="image 4 of 4"):
        images[4]


def test_any_folder_or_zip_gives_the_same_images(tmp_path):
    folder = tmp_path / "mine"
    contents = {"a/2.png": png(20), "a/10.PNG": png(10), "b.png": png(30)}
    others = {"notes.txt": b"", "__MACOSX/a/2.png": b"", "a/.hidden.png": b""}
    archive = tmp_path / "mine.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in (contents | others).items():
            file.writestr(name, content)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for source in (folder, archive):
        images = open_images(source, use_grayscale=True)
        assert levels(images) == [10, 20, 30]
        assert images[1][1] == str(source / "a/2.png")


@pytest.mark.parametrize("layout", ["nhw", "nhwc", "nchw", "colour"])
@pytest.mark.parametrize("kind", ["uint8", "float32", "tensor", "npy"])
def test_arrays_of_every_layout(layout, kind, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 3), np.uint8)
    if layout != "colour":
        values = np.repeat(values[..., :1], 3, axis=3)
    given = {
        "nhw": values[..., 0],
        "nhwc": values[..., :1],
        "nchw": values.transpose(0, 3, 1, 2),
        "colour": values,
    }[layout]
    if kind == "float32":
        given = (given / 255).astype(np.float32)
    if kind == "tensor":
        given = torch.tensor(np.ascontiguousarray(given))
    if kind == "npy":
        np.save(tmp_path / "images.npy", given)
        given = tmp_path / "images.npy"
        if layout == "nchw":  # np.save keeps the order in memory, which is not C here
            np.save(given, np.ascontiguousarray(values.transpose(0, 3, 1, 2)))
    images = open_images(given)
    for index in range(2):
        tensor, label = images[index]
        expected = torch.tensor(values[index].transpose(2, 0, 1) / 255, dtype=torch.float32)
        torch.testing.assert_close(tensor, expected)
        assert label == index


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 4, 4, 5)), r"C 1 or 3, at least one, found an array \(2, 4, 4, 5\)"),
        (np.zeros((4, 4)), r"found an array \(4, 4\)"),
        (np.zeros((0, 4, 4)), r"at least one, found an array \(0, 4, 4\)"),
        (np.zeros((1, 4, 4), np.int64), "uint8, or real numbers from 0 to 1, found int64"),
    ],
)
def test_arrays_that_are_no_images_are_refused(array, words):
    with pytest.raises(ImageError, match=words):
        ArrayImages(array)


def test_images_from_0_to_255_that_are_not_uint8_are_refused():
    images = ArrayImages(np.linspace(0, 255, 32).reshape(2, 4, 4))
    with pytest.raises(ImageError, match=r"image 1: expected values from 0 to 1.*divide them by"):
        images[1]
    with pytest.raises(ImageError, match="found values from nan to nan"):
        ArrayImages(np.full((1, 4, 4), np.nan))[0]


def test_a_corrupt_image_is_named(tmp_path):
    content = png(7, (64, 64))
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "wrong.png").write_bytes(content.replace(b"IDAT", b"IDAT\xff", 1))
    (tmp_path / "empty.png").touch()
    images = RenderedImages(tmp_path)
    for index, name in enumerate(["cut", "empty", "text", "wrong"]):
        with pytest.raises(CorruptImageError, match=rf"{name}\.png: expected an image that can be"):
            images[index]


def test_an_image_that_does_not_fit_is_named(tmp_path):
    (tmp_path / "small.png").write_bytes(png(7))
    images = RenderedImages(tmp_path, use_center_crop=True, crop_size=9)
    with pytest.raises(ImageError, match=r"small\.png: expected at least 9 x 9 pixels") as caught:
        images[0]
    assert not isinstance(caught.value, CorruptImageError)


def test_16_bit_images_are_refused_and_palettes_become_rgb(tmp_path):
    Image.fromarray(np.full((4, 4), 1000, np.uint16)).save(tmp_path / "a.png")
    Image.new("RGB", (4, 4), (255, 0, 51)).convert("P").save(tmp_path / "b.png")
    images = RenderedImages(tmp_path)
    with pytest.raises(ImageError, match=r"a\.png: expected 8 bits a channel, found .* mode I"):
        images[0]
    assert images[1][0][:, 0, 0].tolist() == pytest.approx([1.0, 0.0, 0.2])


def test_no_images_are_an_error(tmp_path):
    with pytest.raises(MissingFileError, match=r"expected images \(\.png\), found none"):
        RenderedImages(tmp_path)
    with pytest.raises(MissingFileError, match="found no such folder or file"):
        open_images(tmp_path / "elsewhere")
    with pytest.raises(MissingFileError, match="expected images, found no such file"):
        open_images(tmp_path / "elsewhere.npy")
    (tmp_path / "a.zip").write_bytes(b"PK no zip")
    with pytest.raises(ArchiveError, match=r"a\.zip: expected a zip with images"):
        open_images(tmp_path / "a.zip")
    with pytest.raises(SettingError, match="dataset: expected one of imagenet, rendered, images"):
        open_images(tmp_path, "cifar")


def test_a_set_of_ones_own_is_taken_as_it_is():
    mine = [torch.zeros(1, 2, 2)]
    assert open_images(mine) is mine


class DatasetNotFoundError(Exception):
    """As the library names its own."""


@pytest.fixture
def library(monkeypatch):
    """A module with the one function of `datasets` that is called."""
    module = types.ModuleType("datasets")
    module.calls = []
    rows = [{"image": Image.new("CMYK", (300, 512), (0, 255, 255, 0)), "label": 7}]
    module.answer = lambda: rows

    def load_dataset(path, *, split, cache_dir, token):
        module.calls.append((path, split, cache_dir, token))
        return module.answer()

    module.load_dataset = load_dataset
    monkeypatch.setitem(sys.modules, "datasets", module)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("DATA_DIR", raising=False)
    return module


def test_imagenet_is_made_rgb_and_resized_first(library):
    images = ImagenetImages("folder", token="secret", split="validation")
    tensor, label = images[0]
    assert tensor.shape == (3, 436, 256)
    assert (tensor[:, 0, 0].tolist(), label, len(images)) == ([1.0, 0.0, 0.0], 7, 1)
    assert library.calls == [("ILSVRC/imagenet-1k", "validation", "folder", "secret")]


def test_imagenet_takes_token_and_folder_from_the_environment(library, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "theirs")
    monkeypatch.setenv("DATA_DIR", "there")
    ImagenetImages()
    assert library.calls == [("ILSVRC/imagenet-1k", "train", "there", "theirs")]


def test_imagenet_without_a_token_says_what_to_do(library):
    def refuse():
        raise DatasetNotFoundError("Dataset 'ILSVRC/imagenet-1k' is a gated dataset on the Hub.")

    library.answer = refuse
    with pytest.raises(SettingError, match=r"expected access to .* found none without a token"):
        ImagenetImages()
    with pytest.raises(SettingError, match=r"none with this token .*Accept the terms .* HF_TOKEN"):
        ImagenetImages(token="secret")


def test_imagenet_out_of_reach_is_another_error(library):
    def fail():
        raise ConnectionError("no route to host")

    library.answer = fail
    with pytest.raises(DownloadError, match="ConnectionError: no route to host"):
        ImagenetImages(token="secret")


def test_a_corrupt_image_of_imagenet_is_named_by_its_index(library):
    class Cut:
        def convert(self, mode):
            raise OSError("image file is truncated")

    library.answer = lambda: [{"image": Cut(), "label": 0}]
    with pytest.raises(CorruptImageError, match=r"imagenet-1k, train, image 0: .*truncated"):
        ImagenetImages()[0]


def test_imagenet_needs_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingPackageError, match="ImageNet needs the package datasets"):
        ImagenetImages()
