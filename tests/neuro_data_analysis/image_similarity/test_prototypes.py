"""Montages of prototypes: tiles, names of files, damaged and hostile images."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ImageError, MissingFileError, SettingError
from neuro_data_analysis.image_similarity.prototypes import (
    COLUMNS,
    find_prototypes,
    read_image,
    read_montage,
    read_prototypes,
)


def colours():
    """A colour for every tile, (3, 4, 3) uint8."""
    return np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7


def montage(mode="RGB"):
    tiles = colours().repeat(224, axis=0).repeat(224, axis=1)
    return Image.fromarray(tiles).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_tiles_are_prototypes_by_column_and_threads_by_row(tmp_path, mode):
    montage(mode).save(tmp_path / "Exp012_prototypes.png")
    prototypes = read_prototypes(tmp_path, 12)
    assert sorted(prototypes) == sorted((name, k) for name in COLUMNS for k in (0, 1))
    for (name, thread), image in prototypes.items():
        assert image.shape == (3, 224, 224)
        assert image.dtype == np.float32
        colour = colours()[thread, COLUMNS.index(name)].astype(np.float32) / 255
        np.testing.assert_array_equal(image, np.broadcast_to(colour[:, None, None], image.shape))


def test_a_jpeg_is_read_up_to_its_compression(tmp_path):
    montage().save(tmp_path / "Exp003.JPG", quality=95)
    image = read_prototypes(tmp_path, 3)["reevol_pix", 1]
    middle = image[:, 100:120, 100:120].mean(axis=(1, 2))
    np.testing.assert_allclose(middle, colours()[1, 3] / 255, atol=0.01)


def test_files_are_found_by_their_three_digits(tmp_path):
    for name in ("Exp155_a.png", "Exp003.jpeg", "Exp1550.png", "Exp15.png", "x_Exp004.png"):
        (tmp_path / name).touch()
    (tmp_path / "Exp007.png").mkdir()
    (tmp_path / "Exp009.txt").touch()
    assert {expi: path.name for expi, path in find_prototypes(tmp_path).items()} == {
        3: "Exp003.jpeg",
        155: "Exp155_a.png",
    }
    with pytest.raises(MissingFileError, match="expected the montage Exp004"):
        read_prototypes(tmp_path, 4)
    (tmp_path / "Exp003_again.png").touch()
    with pytest.raises(SettingError, match=r"Exp003_again.png: expected one .* Exp003.jpeg"):
        find_prototypes(tmp_path)
    with pytest.raises(SettingError, match="folder of prototype images"):
        find_prototypes(tmp_path / "none")


def test_a_montage_of_another_size_is_refused_by_name(tmp_path):
    path = tmp_path / "Exp001.png"
    Image.new("RGB", (896, 448)).save(path)
    with pytest.raises(ImageError, match=r"Exp001.png: expected 896 x 672 .* found 896 x 448"):
        read_prototypes(tmp_path, 1)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_an_image_that_is_not_rgb_is_refused(tmp_path, mode):
    path = tmp_path / "Exp001.jpg"
    montage(mode).save(path)
    with pytest.raises(ImageError, match=f"expected an RGB image, found .* mode {mode}"):
        read_montage(path)


def huge_png(width, height):
    """A PNG file that states a size and holds next to nothing."""

    def chunk(name, content):
        crc = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("size", [(896, 672), (13000, 13000), (60000, 60000), (2**31 - 1,) * 2])
def test_damaged_and_hostile_images_are_refused_in_one_sentence(tmp_path, size):
    path = tmp_path / "Exp001.png"
    path.write_bytes(huge_png(*size))
    for read in (read_montage, read_image):
        with pytest.raises(ImageError, match=r"Exp001.png: expected [^\n]*, found[^\n]*\.$"):
            read(path)


def test_a_cut_off_image_is_refused(tmp_path):
    montage().save(tmp_path / "whole.png")
    path = tmp_path / "Exp001.png"
    path.write_bytes((tmp_path / "whole.png").read_bytes()[:700])
    with pytest.raises(ImageError, match=r"Exp001.png: expected an image .*, found"):
        read_montage(path)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff\xe0", huge_png(9, 9), b"BM"]))
@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_bytes_of_any_kind_are_an_image_or_one_sentence(tmp_path, content, start):
    path = tmp_path / "Exp001.jpg"
    path.write_bytes(start + content)
    with pytest.raises(ImageError, match=r"Exp001.jpg: expected [^\n]*$"):
        read_montage(path)


def test_any_image_is_read_as_rgb_bytes(tmp_path):
    path = tmp_path / "block001_thread000_gen_gen000_000001.bmp"
    with pytest.raises(MissingFileError, match="expected an image, found no file"):
        read_image(path)
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    Image.fromarray(pixels).save(path)
    np.testing.assert_array_equal(read_image(path), pixels)


def test_a_turned_picture_is_read_as_a_viewer_shows_it(tmp_path):
    pixels = np.zeros((8, 16, 3), dtype=np.uint8)
    pixels[:4] = 200
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png", (8, 16)), pixels[::-1])
