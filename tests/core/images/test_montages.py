"""Montages, frames, crops and grids against golden vectors, torchvision and their own inverses."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.computing.torchvision_compat import import_torchvision
from core.errors import ImageError
from core.images.montages import (
    PIL_array_to_montage,
    PIL_array_to_montage_score_frame,
    build_montages,
    color_frame,
    color_framed_montages,
    crop_all_from_montage,
    crop_from_montage,
    get_first_non_none_image_size,
    make_grid_np,
    make_grid_T,
)


@pytest.fixture
def golden(data_folder):
    with np.load(data_folder / "montage.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


@pytest.fixture
def pictures(hashed_unit):
    """Makes n images (height, width, 3) of floats from tensor number t on."""

    def make(t, n, height, width):
        shape = (height, width, 3)
        return [hashed_unit(t + i, height * width * 3).reshape(shape) for i in range(n)]

    return make


@pytest.fixture
def oblong(pictures):
    return [eight_bits(image) for image in pictures(6000, 5, 6, 7)]


@pytest.fixture
def batch(oblong):
    """(5, 3, 6, 7) in [0, 1]."""
    return torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in oblong]) / 255


@pytest.fixture
def squares(pictures):
    return pictures(6100, 5, 8, 8)


@pytest.fixture
def montage(pictures):
    """Five images of 8 pixels in three columns."""
    return make_grid_np([eight_bits(image) for image in pictures(6200, 5, 8, 8)], nrow=3)


@pytest.fixture
def table(pictures):
    """2 x 2 PIL images of 6 x 5 pixels; the last is missing."""
    array = np.full((2, 2), None, dtype=object)
    for i, image in enumerate(pictures(6300, 3, 5, 6)):
        array[divmod(i, 2)] = Image.fromarray(eight_bits(image))
    return array


def eight_bits(image):
    return np.floor(256 * image).astype(np.uint8)


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert np.asarray(found).dtype == expected.dtype


def test_array_grids_are_the_golden_ones(golden, oblong):
    row = make_grid_np(oblong, nrow=3, pad_value=9)
    column = make_grid_np(np.stack(oblong, axis=3), nrow=3, padding=1, rowfirst=False)
    for found, expected in ((row, golden["montage.np_row"]), (column, golden["montage.np_col"])):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "chosen", "options"),
    [
        ("T_row", slice(None), {"nrow": 2}),
        ("T_col", slice(None), {"nrow": 2, "padding": 1, "pad_value": 1, "rowfirst": False}),
        ("T_norm", slice(None), {"normalize": True, "value_range": (0.2, 0.8)}),
        ("T_norm_each", slice(None), {"normalize": True, "scale_each": True}),
        ("T_single", slice(0, 1), {}),
    ],
)
def test_tensor_grids_are_the_golden_ones(golden, batch, name, chosen, options):
    assert_close(make_grid_T(batch[chosen], **options).numpy(), golden[f"montage.{name}"])


def test_greyscale_tensors_get_three_channels(golden, batch):
    assert_close(make_grid_T(batch[:3, :1], nrow=2).numpy(), golden["montage.T_gray"])


@pytest.mark.parametrize("nrow", [1, 2, 3, 8])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": 0, "pad_value": 0.5},
        {"normalize": True, "value_range": [0.3, 0.6]},
        {"normalize": True, "scale_each": True},
    ],
)
def test_row_first_grids_are_those_of_torchvision(batch, nrow, options):
    peer = import_torchvision().utils.make_grid
    options = {"nrow": nrow, **options}
    before = batch.clone()
    found = make_grid_T(batch, **options)
    if "value_range" in options:
        options["value_range"] = tuple(options["value_range"])
    torch.testing.assert_close(found, peer(batch, **options), rtol=0, atol=0)
    torch.testing.assert_close(batch, before, rtol=0, atol=0)


def test_lists_of_tensors_are_joined(batch):
    whole = make_grid_T(batch, nrow=2)
    assert torch.equal(make_grid_T(list(batch), nrow=2), whole)
    assert torch.equal(make_grid_T([batch[:2], batch[2:]], nrow=2), whole)
    grey = [image[0] for image in batch]
    assert torch.equal(make_grid_T(grey, nrow=2), make_grid_T(batch[:, :1], nrow=2))
    assert make_grid_T(batch[0]).shape == (3, 6, 7)


def test_the_former_name_of_the_value_range_is_understood(batch):
    former = make_grid_T(batch, normalize=True, range=(0.2, 0.8))
    assert torch.equal(former, make_grid_T(batch, normalize=True, value_range=(0.2, 0.8)))
    with pytest.raises(TypeError, match="columns"):
        make_grid_T(batch, columns=3)


def test_integer_tensors_can_be_normalised(batch):
    found = make_grid_T((batch * 255).round().to(torch.uint8), normalize=True, value_range=(0, 255))
    torch.testing.assert_close(found, make_grid_T(batch))


sizes = st.tuples(st.integers(1, 7), st.integers(1, 4), st.integers(1, 4), st.integers(1, 9))
"""Number of images, their height and width, and `nrow`."""


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 3), st.integers(0, 2**31))
def test_column_first_is_row_first_of_transposed_images(sizes, padding, seed):
    n, height, width, nrow = sizes
    stack = np.random.default_rng(seed).random((n, 3, height, width))
    tensors = torch.from_numpy(stack)
    found = make_grid_T(tensors, nrow, padding, rowfirst=False)
    assert torch.equal(found.mT, make_grid_T(tensors.mT, nrow, padding))


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 3), st.booleans(), st.integers(0, 2**31))
def test_arrays_and_tensors_make_the_same_grid(sizes, padding, rowfirst, seed):
    n, height, width, nrow = sizes
    columns = min(nrow, n)
    rows = -(-n // columns)
    # rows that columns of this number fill; tensors count rows where arrays count columns
    assume(n > 1 and (rowfirst or -(-n // rows) == columns))
    stack = np.random.default_rng(seed).random((n, height, width, 3))
    arrays = make_grid_np(list(stack), columns, padding, 0.5, rowfirst)
    tensors = torch.from_numpy(stack).permute(0, 3, 1, 2)
    count = columns if rowfirst else rows
    grid = make_grid_T(tensors, count, padding, pad_value=0.5, rowfirst=rowfirst)
    np.testing.assert_array_equal(arrays, grid.permute(1, 2, 0).numpy())


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(0, 3),
    st.integers(0, 2**31),
)
def test_cropping_a_grid_gives_the_images_back(n, size, nrow, padding, seed):
    stack = list(np.random.default_rng(seed).integers(1, 256, (n, size, size, 3), dtype=np.uint8))
    grid = make_grid_np(stack, nrow, padding)
    crops = crop_all_from_montage(grid, imgsize=size, pad=padding)
    np.testing.assert_array_equal(crops, stack)
    columns = min(nrow, n)
    for k, image in enumerate(stack):
        crop = crop_from_montage(grid, divmod(k, columns), size, padding)
        np.testing.assert_array_equal(crop, image)


def test_array_grids_fill_the_wanted_number_of_columns():
    arrays = [np.full((1, 1, 3), i) for i in range(1, 5)]
    kept = {"nrow": 3, "padding": 0}
    assert make_grid_np(arrays, **kept)[..., 0].tolist() == [[1, 2, 3], [4, 0, 0]]
    assert make_grid_np(arrays, **kept, rowfirst=False)[..., 0].tolist() == [[1, 3, 0], [2, 4, 0]]


def test_greyscale_arrays_get_three_channels():
    grid = make_grid_np([np.full((2, 2), 5), np.full((2, 2), 6)], padding=0)
    assert grid.shape == (2, 4, 3)
    assert grid[0].tolist() == [[5] * 3, [5] * 3, [6] * 3, [6] * 3]


def test_montages_are_the_golden_ones(golden, squares):
    by_column = build_montages(squares, (8, 8), (3, 1), transpose=False)
    of_bytes = build_montages([eight_bits(image) for image in squares[:4]], (8, 8), (2, 2))
    assert_close(build_montages(squares, (8, 8), (2, 2)), golden["montage.bm_row"])
    assert_close(by_column, golden["montage.bm_col"])
    assert_close(of_bytes, golden["montage.bm_u8"])
    found = [len(build_montages(squares[:n], (8, 8), (2, 2))) for n in range(len(squares) + 1)]
    assert found == [golden["montage.n_exact"]] * 5 + [2]


def test_without_images_there_is_one_black_montage():
    (montage,) = build_montages([], (4, 3), (5, 2))
    np.testing.assert_array_equal(montage, np.zeros((6, 20, 3)))


def test_montages_take_width_before_height():
    colors = [np.full((5, 9, 3), value) for value in (0.2, 0.4, 0.6)]
    (montage,) = build_montages(colors, (4, 2), (3, 1))
    assert montage.shape == (2, 12, 3)
    np.testing.assert_allclose(montage[0, [0, 4, 8], 0], [0.2, 0.4, 0.6])
    (montage,) = build_montages(colors, (4, 2), (3, 1), transpose=False)
    assert montage.shape == (6, 4, 3)
    np.testing.assert_allclose(montage[[0, 2, 4], 0, 0], [0.2, 0.4, 0.6])


def test_column_first_montages_fill_their_columns():
    dots = [np.full((1, 1), value / 10) for value in range(1, 6)]
    (montage,) = build_montages(dots, (1, 1), (2, 3), transpose=False)
    np.testing.assert_allclose(montage[..., 0], [[0.1, 0.3, 0.5], [0.2, 0.4, 0]])


def test_montages_mix_sizes_and_greyscale():
    (montage,) = build_montages([np.ones((1, 1)), np.ones((9, 5, 3))], (3, 3), (2, 1))
    np.testing.assert_allclose(montage, 1)


def test_frames_are_the_golden_ones(golden, squares):
    scores = golden["montage.framed_scores"]
    framed = color_framed_montages(squares, (8, 8), (5, 1), scores, pad=2)
    limited = color_framed_montages(squares, (12, 12), (3, 2), scores, pad=2, vmin=0, vmax=2)
    assert_close(color_frame(squares[0], (0.2, 0.4, 0.6), pad=3), golden["montage.frame"])
    assert_close(framed, golden["montage.framed"])
    assert_close(limited, golden["montage.framed_v"])


def test_a_frame_may_have_no_width():
    image = np.full((2, 2, 3), 0.3)
    np.testing.assert_array_equal(color_frame(image, (1, 0, 0, 0.5), pad=0), image)


def test_frames_put_bytes_on_the_scale_of_the_colour():
    framed = color_frame(np.full((1, 1, 3), 51, np.uint8), "white", pad=1)
    np.testing.assert_allclose(framed[1, :, 0], [1, 0.2, 1])


def corners(scores, **options):
    """Colour of the frame of each image."""
    black = [np.zeros((4, 4, 3))] * len(scores)
    (montage,) = color_framed_montages(black, (6, 6), (len(scores), 1), scores, pad=1, **options)
    return montage[0, ::6].round(3).tolist()


def test_equal_and_unknown_scores_have_a_colour():
    assert corners([2, 2], cmap="gray") == [[0] * 3] * 2
    assert corners([0, np.nan, 1], cmap="gray") == [[0] * 3, [0] * 3, [1] * 3]
    assert corners([np.nan], cmap="gray") == [[0] * 3]


def test_colours_may_come_from_a_function():
    assert corners([0, 1], cmap=lambda share: (share, 0, 1)) == [[0, 0, 1], [1, 0, 1]]


def test_crops_are_the_golden_ones(golden, montage):
    for imgid, name in (((1, 1), "t"), (2, "i"), (-3, "neg")):
        crop = crop_from_montage(montage, imgid, imgsize=8)
        np.testing.assert_array_equal(crop, golden[f"montage.crop_{name}"])
    found = [
        len(crop_all_from_montage(montage, imgsize=8, **options))
        for options in ({}, {"autostop": False}, {"totalnum": 2})
    ]
    assert found == golden["montage.crop_all_n"].tolist()


def test_crops_are_found_by_numpy_integers_and_from_the_end(montage):
    expected = crop_from_montage(montage, (1, 1), 8)
    for imgid in (np.int64(4), np.uint8(4), np.array(4), np.array([1, 1]), (-1, -2), -2):
        np.testing.assert_array_equal(crop_from_montage(montage, imgid, 8), expected)


def test_random_crops_follow_the_generator_and_reach_every_cell(montage):
    def draw(rng):
        return crop_from_montage(montage, "rand", 8, rng=rng)

    np.testing.assert_array_equal(draw(3), draw(np.random.default_rng(3)))
    rng = np.random.default_rng(0)
    assert len({draw(rng).tobytes() for _ in range(100)}) == 6


def test_greyscale_montages_are_cropped(montage):
    crop = crop_from_montage(montage[..., 0], (0, 1), 8)
    np.testing.assert_array_equal(crop, crop_from_montage(montage, (0, 1), 8)[..., 0])


def test_pil_montages_are_the_golden_ones(golden, table, caplog):
    scores = np.arange(4).reshape(2, 2)
    plain = PIL_array_to_montage(table)
    framed = PIL_array_to_montage_score_frame(table, scores, border_size=2)
    np.testing.assert_array_equal(np.asarray(plain), golden["montage.pil"])
    np.testing.assert_array_equal(np.asarray(framed), golden["montage.pil_frame"])
    assert caplog.messages == ["No image in row 1, column 1: its cell stays black."] * 2


def test_pil_montages_take_lists_and_any_mode(table):
    grey = Image.new("L", (6, 5), 77)
    montage = PIL_array_to_montage([[grey, table[0, 0].convert("RGBA")]])
    assert montage.mode == "RGB"
    assert montage.getpixel((0, 0)) == (77, 77, 77)
    np.testing.assert_array_equal(np.asarray(montage)[:, 6:], np.asarray(table[0, 0]))


def test_score_frames_keep_to_their_limits(table):
    def corner(clim):
        scores = np.full((2, 2), 5.0)
        scores[0, 1] = np.nan
        framed = PIL_array_to_montage_score_frame(table, scores, "gray", 1, clim)
        return [framed.getpixel((column * 8, 0))[0] for column in (0, 1)]

    assert corner((0, 10)) == [128, 0]
    assert corner((0, 2)) == [255, 0]
    assert corner(None) == [0, 0]


@pytest.mark.parametrize("table", [[], [[]], [[None, None]], np.empty((0, 0), dtype=object)])
def test_without_pil_images_there_is_no_montage(table, caplog):
    assert get_first_non_none_image_size(table) == (0, 0)
    assert PIL_array_to_montage(table) is None
    assert PIL_array_to_montage_score_frame(table, np.zeros((0, 0))) is None
    assert caplog.messages == ["The table holds no image, so there is no montage."] * 2


def test_the_size_is_that_of_the_first_image(table):
    assert get_first_non_none_image_size(table) == (6, 5)
    table[0] = None
    assert get_first_non_none_image_size(table) == (6, 5)


RED = Image.new("RGB", (6, 5), "red")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PIL_array_to_montage([RED, RED]), "found a single row"),
        (lambda: PIL_array_to_montage([[RED], [RED, RED]]), r"lengths \[1, 2\]"),
        (lambda: PIL_array_to_montage([[np.zeros((5, 6))]]), "found ndarray"),
        (lambda: PIL_array_to_montage([[RED, RED.resize((5, 5))]]), r"\(6, 5\) and \(5, 5\)"),
        (lambda: PIL_array_to_montage_score_frame([[RED]], [1.0]), r"\(1, 1\), found \(1,\)"),
        (lambda: PIL_array_to_montage_score_frame([[RED]], [[1]], border_size=-1), "found -1"),
    ],
)
def test_unsuitable_tables_are_refused(call, message):
    with pytest.raises(ImageError, match=message):
        call()


ONE = np.full((4, 4, 3), 0.5)
LARGER = np.full((5, 4, 3), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_grid_np([]), "at least one, found none"),
        (lambda: make_grid_np([ONE, LARGER]), r"one size, found \(4, 4, 3\) and \(5, 4, 3\)"),
        (lambda: make_grid_np(np.zeros((2, 4, 4, 3))), r"\(H, W, 3, N\), found an array \(2, 4"),
        (lambda: make_grid_np(np.zeros((4, 4, 3, 0))), r"found an array \(4, 4, 3, 0\)"),
        (lambda: make_grid_np([ONE], nrow=0), "found 0 and 2"),
        (lambda: make_grid_np([ONE], padding=-1), "found 8 and -1"),
        (lambda: build_montages([ONE * 255], (4, 4), (1, 1)), "found values from 127.5 to 127.5"),
        (lambda: build_montages([ONE.astype(int)], (4, 4), (1, 1)), "or uint8, found int64"),
        (lambda: build_montages([ONE * np.nan], (4, 4), (1, 1)), "found values from nan to nan"),
        (lambda: build_montages([np.zeros((4, 4, 4))], (4, 4), (1, 1)), r"found \(4, 4, 4\)"),
        (lambda: build_montages([ONE], (4, 0), (1, 1)), r"image_shape: .* found \(4, 0\)"),
        (lambda: build_montages([ONE], (4, 4), (1.5, 1)), r"montage_shape: .* found \(1.5, 1\)"),
        (lambda: color_frame(ONE, "red", pad=-1), "found -1"),
        (lambda: color_frame(ONE * 255, "red"), "divide them by 255"),
        (lambda: color_framed_montages([ONE], (4, 4), (1, 1), [1, 2]), r"1 images, .* \(2,\)"),
        (
            lambda: color_framed_montages([ONE], (4, 4), (1, 1), [1], vmin=2, vmax=2),
            "vmax above vmin, found 2 and 2",
        ),
    ],
)
def test_unsuitable_images_are_refused(call, message):
    with pytest.raises(ImageError, match=message):
        call()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "at least one, found none"),
        ([torch.zeros(3, 4, 4), torch.zeros(3, 5, 4)], r"one size, found \(3, 4, 4\) and \(3, 5"),
        ([ONE], "found ndarray"),
        (torch.zeros(4), r"found \(4,\)"),
        (torch.zeros(0, 3, 4, 4), r"found shape \(0, 3, 4, 4\)"),
    ],
)
def test_unsuitable_tensors_are_refused(images, message):
    with pytest.raises(ImageError, match=message):
        make_grid_T(images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"imgid": 6}, "expected -6 to 5, found 6"),
        ({"imgid": -7}, "found -7"),
        ({"imgid": (2, 0)}, "expected -2 to 1, found 2"),
        ({"imgid": (0, 0, 0)}, "found 3 numbers"),
        ({"imgid": "any"}, "found 'any'"),
        ({"imgsize": 100}, "found 22 x 32 pixels"),
        ({"imgsize": 0}, "found 0 and 2"),
    ],
)
def test_crops_that_are_not_there_are_refused(montage, options, message):
    with pytest.raises(ImageError, match=message):
        crop_from_montage(montage, **{"imgsize": 8, **options})


def test_more_crops_than_cells_are_refused(montage):
    with pytest.raises(ImageError, match="found 6"):
        crop_all_from_montage(montage, totalnum=7, imgsize=8, autostop=False)


@pytest.mark.parametrize("value", [0.25, np.float32(0.25)])
def test_a_single_pixel_is_an_image(value):
    pixel = np.full((1, 1, 3), value)
    assert make_grid_np([pixel], padding=1).shape == (3, 3, 3)
    (montage,) = build_montages([pixel], (3, 2), (1, 1))
    np.testing.assert_allclose(montage, np.full((2, 3, 3), 0.25))
