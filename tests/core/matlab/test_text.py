"""Text of MATLAB files: one row a text, in every width that writers use."""

import h5py
import mat73
import numpy as np
import pytest

from core.matlab.writing import Cell, write_variables
from tests.matlab_files import build, empty, kind_of, put, value_of


def chars(*rows, dtype=np.uint16):
    """Rows of a char matrix as HDF5 holds them, (n_characters, n_rows)."""
    return np.array([[ord(c) for c in row] for row in rows], dtype).T


def stored(tmp_path, data, **attributes):
    attributes.setdefault("MATLAB_int_decode", np.int32(2))
    return build(tmp_path / "t.mat", lambda file: put(file, "x", data, "char", **attributes))


def test_a_row_of_characters_is_a_text(tmp_path):
    assert value_of(stored(tmp_path, chars("row one"))) == "row one"


def test_rows_of_characters_are_texts_with_their_trailing_blanks(tmp_path):
    path = stored(tmp_path, chars("row one", "row 2  "))
    assert value_of(path) == ["row one", "row 2  "]


def test_a_column_of_characters_is_a_text_a_row(tmp_path):
    assert value_of(stored(tmp_path, np.array([[97, 98]], np.uint16))) == ["a", "b"]


def test_a_text_of_one_dimension_is_a_row(tmp_path):
    assert value_of(stored(tmp_path, np.array([97, 98], np.uint16))) == "ab"


def test_rows_in_cells_and_structs_are_rows_too(tmp_path):
    def layout(file):
        target = put(file.create_group("#refs#"), "a", chars("ab", "cd"), "char")
        put(file, "x", np.array([[target.ref]], h5py.ref_dtype), "cell")

    assert value_of(build(tmp_path / "t.mat", layout)) == [[["ab", "cd"]]]


@pytest.mark.parametrize("text", ["naïve – 猿", "😀 and 猿", "a\0b", " "])
def test_characters_outside_ascii_come_back(tmp_path, text):
    units = np.frombuffer(text.encode("utf-16-le"), "<u2").reshape(-1, 1)
    assert value_of(stored(tmp_path, units)) == text


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int64, np.uint64, ">u4"])
def test_code_points_of_four_bytes_and_more(tmp_path, dtype):
    """The library hdf5storage writes these, with MATLAB_int_decode 4, outside the basic plane."""
    path = stored(tmp_path, chars("猿 😀", dtype=dtype), MATLAB_int_decode=np.int32(4))
    assert value_of(path) == "猿 😀"


def test_surrogates_stored_in_four_bytes_are_put_together(tmp_path):
    assert value_of(stored(tmp_path, np.array([[0xD83D], [0xDE00]], np.uint32))) == "😀"


@pytest.mark.parametrize("dtype", [">u2", np.int16])
def test_units_in_another_order_of_bytes_or_signed(tmp_path, dtype):
    assert value_of(stored(tmp_path, chars("naïve", dtype=dtype))) == "naïve"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_single_bytes_are_ascii(tmp_path, dtype):
    assert value_of(stored(tmp_path, chars("hello", dtype=dtype))) == "hello"


def test_strings_of_hdf5_under_the_class_char(tmp_path):
    """The library hdf5storage writes these for bytes outside ASCII, with MATLAB_int_decode 1."""
    path = stored(tmp_path, np.array([["naïve".encode()]]), MATLAB_int_decode=np.int32(1))
    assert value_of(path) == "naïve"
    assert value_of(stored(tmp_path, "猿 of any length")) == "猿 of any length"


def test_the_class_may_be_written_as_a_string_of_any_length(tmp_path):
    path = build(
        tmp_path / "t.mat", lambda file: put(file, "x", chars("ab"), None, MATLAB_class="char")
    )
    assert value_of(path) == "ab"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (np.array([[99], [233]], np.uint8), "single bytes beyond ASCII"),
        (np.array([[b"caf\xe9"]]), "bytes that are no UTF-8"),
        (np.array([[97], [-5]], np.int16), "negative numbers for characters"),
        (np.array([[97], [0x110000]], np.uint32), "a character of the number 1114112"),
        (np.array([[97.0]]), "text stored as float64"),
        (np.ones((2, 2, 2), np.uint16), "text of 3 dimensions"),
    ],
)
def test_what_does_not_say_its_characters_is_named_not_guessed(tmp_path, data, kind):
    path = stored(tmp_path, data)
    assert kind in kind_of(path)
    assert value_of(path) is None


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ([[0xD83D], [97]], "\ufffda"),
        ([[97], [0xDE00]], "a\ufffd"),
        ([[97], [0xD83D]], "a\ufffd"),
        ([[0xD83D, 0xDE00]], ["\ufffd", "\ufffd"]),
    ],
)
def test_half_a_character_is_replaced_with_a_warning(tmp_path, units, text):
    path = stored(tmp_path, np.array(units, np.uint16))
    with pytest.warns(UserWarning, match=r"t\.mat: expected whole UTF-16 characters, found half"):
        assert value_of(path) == text


@pytest.mark.parametrize(
    ("shape", "text"),
    [((0, 0), ""), ((1, 0), ""), ((0, 5), ""), ((3, 0), ["", "", ""]), ((0, 0, 2), "")],
)
def test_empty_texts(tmp_path, shape, text):
    path = build(tmp_path / "t.mat", lambda file: empty(file, "x", shape, "char"))
    assert value_of(path) == text


def test_mat73_runs_rows_into_one_another_and_we_do_not(tmp_path):
    path = stored(tmp_path, chars("row one", "row two"))
    assert mat73.loadmat(path)["x"] != ["row one", "row two"]
    assert value_of(path) == ["row one", "row two"]


def test_texts_of_several_rows_inside_what_the_project_writes(tmp_path):
    path = tmp_path / "t.mat"
    write_variables(path, {"x": Cell.column(["fc6", "BigGAN"])})
    assert value_of(path) == [["fc6"], ["BigGAN"]]
