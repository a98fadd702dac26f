"""Grids as pictures and picture files, and the small drawing helpers beside them."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import ImageError, SettingError
from core.utils.plot_utils import (
    off_axes,
    save_imgrid,
    save_imgrid_by_row,
    show_imgrid,
    showimg,
    to_imgrid,
)


@pytest.fixture
def golden(data_folder):
    with np.load(data_folder / "montage.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


@pytest.fixture
def batch(hashed_unit):
    """(5, 3, 6, 7) in [0, 1]."""
    images = [hashed_unit(6000 + i, 6 * 7 * 3).reshape(6, 7, 3) for i in range(5)]
    whole = torch.from_numpy(np.floor(256 * np.stack(images))).permute(0, 3, 1, 2)
    return whole.float() / 255


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def flat(*values, size=(3, 1, 1)):
    return torch.stack([torch.full(size, float(value)) for value in values])


def levels(images, **options):
    return np.asarray(to_imgrid(images, padding=0, **options))[0, :, 0].tolist()


def test_pictures_are_the_golden_ones(golden, batch):
    joined = to_imgrid([batch[:2], batch[3:]], nrow=2, padding=0)
    for images in (batch, list(batch)):
        found = to_imgrid(images, nrow=3)
        np.testing.assert_array_equal(np.asarray(found), golden["montage.imgrid"])
    np.testing.assert_array_equal(np.asarray(joined), golden["montage.imgrid_cat"])


def test_intensities_are_clamped_then_truncated():
    assert levels(flat(-0.2, 0, 0.999, 1, 1.2)) == [0, 0, 254, 255, 255]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_floating_point_is_taken(dtype):
    assert levels(flat(0.5, 0.25).to(dtype)) == [127, 63]


def test_bytes_and_masks_are_taken_as_they_are():
    assert levels(flat(3, 200).to(torch.uint8)) == [3, 200]
    assert levels(flat(0, 1).bool()) == [0, 255]


def test_one_image_has_no_border():
    assert to_imgrid(torch.zeros(3, 6, 7)).size == (7, 6)
    assert to_imgrid(torch.zeros(1, 1, 1, 1)).size == (1, 1)
    assert to_imgrid(torch.zeros(6, 7)).mode == "RGB"


def test_gradients_do_not_matter(batch):
    assert to_imgrid(batch.requires_grad_()) == to_imgrid(batch.detach())


def test_a_normalised_grid_takes_any_scale():
    assert levels(flat(0, 51, 255), normalize=True) == [0, 51, 255]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "at least one, found none"),
        ([torch.zeros(3, 4, 4), torch.zeros(3, 4, 5)], "expected one size"),
        (
            flat(0, 255),
            r"in \[0, 1\], found values from 0 to 255; divide them by 255",
        ),
        (flat(0, float("nan")), "found values from nan to nan"),
        (flat(0, 1).long(), "floating point or uint8, found torch.int64"),
        (torch.zeros(2, 5, 4, 4), "expected 1, 3 or 4 channels, found 5"),
    ],
)
def test_unsuitable_images_are_refused(images, message):
    with pytest.raises(ImageError, match=message):
        to_imgrid(images)


def test_a_saved_grid_is_what_is_returned(batch, tmp_path):
    path = tmp_path / "new folder" / "grid.png"
    returned = save_imgrid(batch, path, nrow=2)
    assert returned == to_imgrid(batch, nrow=2)
    with Image.open(path) as saved:
        np.testing.assert_array_equal(np.asarray(saved), np.asarray(returned))
    assert list(path.parent.iterdir()) == [path]


def test_a_shown_grid_is_what_is_returned(batch, monkeypatch):
    shown = []
    monkeypatch.setattr(Image.Image, "show", lambda image: shown.append(image))
    assert show_imgrid(batch, nrow=2) is shown[0]
    assert shown[0] == to_imgrid(batch, nrow=2)


@pytest.mark.parametrize("name", ["grid", "grid.xyz", "grid.psd"])
def test_files_that_are_no_pictures_are_refused(batch, tmp_path, name):
    with pytest.raises(SettingError, match="expected the extension of a picture format"):
        save_imgrid(batch, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_the_old_file(batch, tmp_path, monkeypatch):
    path = tmp_path / "grid.png"
    path.write_bytes(b"old")

    def save(self, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(OSError, match="disk full"):
        save_imgrid(batch, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("n_row", "shown"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (9, [5])])
def test_rows_are_saved_one_by_one(batch, tmp_path, n_row, shown):
    paths = save_imgrid_by_row(list(batch), str(tmp_path / "grid.x.png"), n_row, padding=1)
    assert paths == [tmp_path / f"grid.x_{i}.png" for i in range(len(shown))]
    for path, row in zip(paths, batch.split(n_row), strict=True):
        with Image.open(path) as saved:
            expected = to_imgrid(row, nrow=n_row, padding=1)
            np.testing.assert_array_equal(np.asarray(saved), np.asarray(expected))


def test_no_row_is_saved_if_one_cannot_be(batch, tmp_path):
    batch[-1] = 255
    with pytest.raises(ImageError, match="divide them by 255"):
        save_imgrid_by_row(batch, tmp_path / "grid.png", n_row=2)
    with pytest.raises(ImageError, match="at least one image in a row"):
        save_imgrid_by_row(batch, tmp_path / "grid.png", n_row=0)
    assert list(tmp_path.iterdir()) == []


def test_an_image_is_drawn_bare(ax):
    handle = showimg(ax, np.zeros((2, 3)), cbar=True, ylabel="block 1")
    assert handle in ax.images
    assert len(ax.figure.axes) == 2
    assert ax.get_ylabel() == "block 1"
    assert [*ax.get_xticks(), *ax.get_yticks()] == []
    assert not any(spine.get_visible() for spine in ax.spines.values())


def test_no_colour_bar_unless_asked(ax):
    showimg(ax, np.zeros((2, 3, 3)))
    assert ax.figure.axes == [ax]
    assert ax.get_ylabel() == ""


def test_axes_are_switched_off_one_or_many():
    figure, axs = plt.subplots(2, 2)
    off_axes(axs[0, 0])
    assert [ax.axison for ax in axs.flat] == [False, True, True, True]
    off_axes(list(axs[0]))
    off_axes(axs)
    assert not any(ax.axison for ax in axs.flat)
    plt.close(figure)


def test_importing_needs_no_network_libraries_and_changes_no_style():
    code = (
        "import sys, matplotlib as mpl, matplotlib.pyplot; before = dict(mpl.rcParams); "
        "import core.plotting.style, core.images.montages, core.plotting.colormaps; "
        "assert dict(mpl.rcParams) == before; "
        "assert not {'torch', 'torchvision', 'skimage'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
