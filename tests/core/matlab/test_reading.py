"""MATLAB v7.3 files: what is written is read back, by this project and by mat73."""

import h5py
import mat73
import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.errors import MissingFileError, RecordingError
from core.matlab.reading import open_matfile, plain_value
from core.matlab.writing import Cell, write_matfile

ELEMENT = {
    "comment": "naïve – 猿 😀 'quoted'",
    "number": np.float64(2.5),
    "row": np.arange(3.0)[None],
    "column": np.arange(3.0)[:, None],
    "cube": np.arange(24.0).reshape(1, 4, 6),
    "one_trial": np.arange(4.0).reshape(1, 4, 1),
    "no_trial": np.zeros((1, 4, 0)),
    "empty_text": "",
    "mask": np.array([[True], [False]]),
    "small": np.array([[1, 2]], dtype=np.uint8),
    "names": Cell.column(["a", "b", "a"]),
    "options": Cell.row(["fc6", None]),
    "grid": Cell([[np.ones((1, 2)), np.zeros((1, 0))], [np.ones((1, 1)), "x"]]),
    "nested": {"deep": {"value": np.float64(1)}, "text": "t"},
    "large": np.linspace(0, 1, 1000).reshape(2, 500),
    "unset": None,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ä b.mat"


def write(path, *elements):
    fields = list(next(element for element in elements if element is not None))
    write_matfile(path, "Data", iter(elements), fields)


@pytest.fixture
def element(path):
    write(path, ELEMENT, None, ELEMENT)
    with open_matfile(path) as variables:
        yield variables["Data"][0]


def test_every_kind_of_value_is_read_back(element):
    assert element["comment"] == ELEMENT["comment"]
    assert element["empty_text"] == ""
    assert element["unset"] is None
    for name in ("row", "column", "cube", "mask", "small", "large"):
        np.testing.assert_array_equal(element[name], ELEMENT[name])
    assert element["mask"].dtype == bool
    assert element["small"].dtype == np.uint8
    assert element["number"].tolist() == [[2.5]]
    assert element["names"] == [["a"], ["b"], ["a"]]
    assert element["options"] == [["fc6", None]]
    assert element["grid"][1][1] == "x"
    assert element["nested"]["deep"]["value"].tolist() == [[1.0]]


def test_matlab_drops_trailing_ones_and_keeps_empty_dimensions(element):
    assert element["one_trial"].shape == (1, 4)
    assert element["no_trial"].shape == (1, 4, 0)


def test_elements_are_counted_and_may_be_unset(path):
    write(path, ELEMENT, None, ELEMENT)
    with open_matfile(path) as variables:
        data = variables["Data"]
        assert len(data) == 3
        assert set(data[1].values()) == {None}
        with pytest.raises(IndexError):
            data[3]


def test_mat73_reads_the_same(path):
    write(path, ELEMENT, None)
    read = mat73.loadmat(path)["Data"]
    first = {name: values[0] for name, values in read.items()}
    assert all(values[1] is None for values in read.values())
    assert (
        first["comment"].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        == (ELEMENT["comment"])
    )
    assert first["number"] == 2.5
    assert first["empty_text"] == ""
    assert first["no_trial"] is None
    assert first["unset"] is None
    assert first["names"] == [["a"], ["b"], ["a"]]
    assert first["options"] == ["fc6", None]
    assert first["mask"].tolist() == [True, False]
    assert first["nested"]["deep"]["value"] == 1
    np.testing.assert_array_equal(first["cube"], ELEMENT["cube"])
    np.testing.assert_array_equal(first["large"], ELEMENT["large"])
    np.testing.assert_array_equal(first["grid"][0][0], [1, 1])


def test_the_layout_is_matlabs(path):
    write(path, ELEMENT)
    start = path.read_bytes()[:512]
    assert start.startswith(b"MATLAB 7.3 MAT-file, Platform: PCWIN64, Created on: ")
    assert start[124:128] == b"\x00\x02IM"
    assert len(start[:116].rstrip(b" ")) < 116
    with h5py.File(path) as file:
        field = file["Data"]["cube"]
        assert field.shape == (1, 1)
        assert field.dtype == h5py.ref_dtype
        assert "MATLAB_class" not in field.attrs
        cube = file[field[0, 0]]
        assert cube.shape == (6, 4, 1)
        assert cube.attrs["MATLAB_class"] == b"double"
        assert [b"".join(f).decode() for f in file["Data"].attrs["MATLAB_fields"]] == list(ELEMENT)
        text = file[file["Data"]["comment"][0, 0]]
        assert text.dtype == np.uint16
        assert text.attrs["MATLAB_int_decode"] == 2
        empty = file[file["Data"]["no_trial"][0, 0]]
        assert empty[()].tolist() == [1, 4, 0]
        assert empty.attrs["MATLAB_empty"] == 1
        assert file[file["Data"]["unset"][0, 0]].attrs["MATLAB_class"] == b"canonical empty"


def test_equal_texts_are_stored_once(path):
    write(path, {"names": Cell.column(["same"] * 50)})
    with h5py.File(path) as file:
        assert len(file["#refs#"]) == 2


def test_same_content_same_bytes(path):
    write(path, ELEMENT)
    first = path.read_bytes()
    write(path, ELEMENT)
    assert path.read_bytes() == first


numbers = arrays.arrays(
    st.sampled_from([np.float64, np.float32, np.int16, np.uint64, np.bool_]),
    arrays.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4),
)
values = st.recursive(
    st.none() | st.text(st.characters(codec="utf-16-le"), max_size=20) | numbers,
    lambda inner: (
        st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, min_size=1)
        | st.lists(st.lists(inner, min_size=2, max_size=2), min_size=1, max_size=3).map(Cell)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_any_value_survives(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("m") / "v.mat"
    write(path, {"v": value})
    with open_matfile(path) as variables:
        assert_same(plain_value(variables["Data"][0]["v"]), value)


def assert_same(read, written):
    if isinstance(written, dict):
        assert set(read) == set(written)
        for name in written:
            assert_same(read[name], written[name])
    elif isinstance(written, Cell):
        for read_row, row in zip(read, written.rows, strict=True):
            for read_value, value in zip(read_row, row, strict=True):
                assert_same(read_value, value)
    elif isinstance(written, np.ndarray):
        shape = written.shape
        if len(shape) == 3 and shape[2] == 1:
            shape = shape[:2]
        assert read.shape == shape
        np.testing.assert_array_equal(read, written.reshape(shape))
    else:
        assert read == written


def test_an_interrupted_write_leaves_the_old_file(path):
    write(path, ELEMENT)
    before = path.read_bytes()

    def elements():
        yield ELEMENT
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_matfile(path, "Data", elements(), list(ELEMENT))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def opened(path):
    with open_matfile(path) as variables:
        return plain_value(variables)


def test_what_is_no_v73_file_is_refused(path, tmp_path):
    with pytest.raises(MissingFileError, match="found no file"):
        opened(path)
    with pytest.raises(RecordingError, match="found a folder"):
        opened(tmp_path)
    path.write_text("just a text")
    with pytest.raises(RecordingError, match="found something else"):
        opened(path)
    scipy.io.savemat(path, {"x": np.ones(3)})
    with pytest.raises(RecordingError, match=r"level-5 file; in MATLAB, save"):
        opened(path)


@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_a_file_cut_off_is_refused(path, part):
    write(path, ELEMENT)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(RecordingError, match="cut off; copy it again"):
        opened(path)


def test_a_file_with_a_zeroed_end_is_refused(path):
    write(path, ELEMENT, ELEMENT)
    content = bytearray(path.read_bytes())
    for length in (500, 4000, len(content) // 2):
        path.write_bytes(content[:-length] + bytes(length))
        with pytest.raises(RecordingError):
            opened(path)


def test_a_damaged_block_is_refused(path):
    rates = np.random.default_rng(0).normal(size=(200, 200))
    write(path, {"v": rates})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="damaged"):
        opened(path)


def test_sizes_of_cells_are_told_without_reading_them(path):
    trials = Cell([[np.ones((1, 3)), np.ones((1, 2))], [np.ones((1, 1)), np.float64(7)]])
    element = {"evol": {"trials": trials, **ELEMENT}}
    write_matfile(path, "x", iter([element]), ["evol"])
    with open_matfile(path) as variables:
        evol = variables["x"][0]["evol"]
        assert evol.cell_sizes("trials") == [[3, 2], [1, 1]]
        for name in ("grid", "row", "nested", "unset", "options", "no_such_field"):
            assert evol.cell_sizes(name) is None
