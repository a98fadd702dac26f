"""Every class of MATLAB, full and empty: right, or called by its name."""

import h5py
import mat73
import numpy as np
import pytest
import scipy.sparse

from core.errors import RecordingError
from core.matlab import StructArray, Unread, open_matfile
from core.matlab.kinds import NUMERIC
from core.matlab.reading import plain_value
from neuro_data_analysis.recordings.conversion import as_names, as_numbers, as_text
from tests.matlab_files import build, empty, kind_of, mark, put, value_of

EMPTY_SHAPES = [(0, 0), (0, 3), (3, 0), (1, 0), (2, 0, 4)]
OBJECTS = ["string", "table", "datetime", "duration", "containers.Map", "categorical", "MyClass"]


def one(tmp_path, *arguments, **attributes):
    return build(tmp_path / "k.mat", lambda file: put(file, "x", *arguments, **attributes))


def refs(file):
    return file.require_group("#refs#")


@pytest.mark.parametrize("kind", NUMERIC)
def test_numbers_keep_their_type(tmp_path, kind):
    data = np.array([[1, 0], [1, 1], [0, 1]]).astype(NUMERIC[kind])
    stored = data.astype(np.uint8) if kind == "logical" else data
    read = value_of(one(tmp_path, stored, kind))
    assert read.dtype == NUMERIC[kind]
    np.testing.assert_array_equal(read, data.T)


@pytest.mark.parametrize("shape", EMPTY_SHAPES)
@pytest.mark.parametrize("kind", NUMERIC)
def test_empty_numbers_keep_their_type_and_shape(tmp_path, kind, shape):
    read = value_of(build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, kind)))
    assert (read.shape, read.dtype) == (shape, NUMERIC[kind])


def test_an_empty_array_of_some_elements_is_damage_not_numbers(tmp_path):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", (2, 3), "double"))
    with pytest.raises(RecordingError, match=r"an empty double of the dimensions \(2, 3\)"):
        value_of(path)


def test_a_mark_that_says_not_empty(tmp_path):
    read = value_of(one(tmp_path, np.ones((1, 2)), "double", MATLAB_empty=np.uint8(0)))
    assert read.tolist() == [[1], [1]]


@pytest.mark.parametrize("part", ["<f8", "<f4", "<i2", ">f8"])
def test_complex_numbers(tmp_path, part):
    data = np.array([[(1, 2)], [(3, -4)]], dtype=[("real", part), ("imag", part)])
    read = value_of(one(tmp_path, data, "double"))
    assert read.dtype.kind == "c"
    assert read.tolist() == [[1 + 2j, 3 - 4j]]
    with pytest.raises(RecordingError, match=r"found complex numbers of shape \(1, 2\)"):
        as_numbers(read, "Exp 1")


def test_numbers_in_another_order_of_bytes_are_this_machines(tmp_path):
    read = value_of(one(tmp_path, np.array([[1.5, 2]], ">f8"), "double"))
    assert read.dtype.isnative
    assert read.tolist() == [[1.5], [2]]


def sparse_layout(matrix, kind="double", stored=None):
    def layout(file):
        group = file.create_group("x")
        mark(group, kind, MATLAB_sparse=np.uint64(matrix.shape[0]))
        group["jc"] = matrix.indptr.astype(np.uint64)
        if matrix.nnz:
            group["ir"] = matrix.indices.astype(np.uint64)
            group["data"] = matrix.data if stored is None else stored

    return layout


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (1, 4), (4, 1)])
def test_sparse_matrices_keep_their_rows(tmp_path, shape):
    full = np.zeros(shape)
    full[0, 0], full[-1, -1] = 2.5, -1
    full[-1, 0] += 0.5
    path = build(tmp_path / "k.mat", sparse_layout(scipy.sparse.csc_array(full)))
    np.testing.assert_array_equal(value_of(path), full)


@pytest.mark.parametrize("shape", [(5, 3), (0, 0), (0, 3), (4, 0)])
@pytest.mark.parametrize("kind", ["double", "logical"])
def test_sparse_matrices_of_zeros(tmp_path, shape, kind):
    path = build(tmp_path / "k.mat", sparse_layout(scipy.sparse.csc_array(shape), kind))
    read = value_of(path)
    assert (read.shape, read.dtype, read.any()) == (shape, NUMERIC[kind], False)


def test_sparse_masks_and_complex_values(tmp_path):
    mask = scipy.sparse.csc_array(np.eye(3, 2))
    path = build(tmp_path / "k.mat", sparse_layout(mask, "logical", np.ones(2, np.uint8)))
    np.testing.assert_array_equal(value_of(path), np.eye(3, 2, dtype=bool))
    parts = np.array([(1, 2), (3, 4)], dtype=[("real", "f8"), ("imag", "f8")])
    path = build(tmp_path / "k.mat", sparse_layout(mask, "double", parts))
    assert value_of(path)[1, 1] == 3 + 4j


def test_a_sparse_matrix_whose_rows_reach_past_its_end_is_damaged(tmp_path):
    def layout(file):
        sparse_layout(scipy.sparse.csc_array(np.eye(3)))(file)
        file["x"].attrs["MATLAB_sparse"] = np.uint64(2)

    with pytest.raises(RecordingError, match="damaged"):
        value_of(build(tmp_path / "k.mat", layout))


def metadata(kind):
    data = np.array([[0xDD000000, 2, 1, 1, 1, 1]], np.uint32)
    return lambda file: put(file, "x", data, kind, MATLAB_object_decode=np.int32(3))


@pytest.mark.parametrize("kind", OBJECTS)
def test_objects_are_named_and_never_numbers(tmp_path, kind):
    path = build(tmp_path / "k.mat", metadata(kind))
    assert kind in kind_of(path)
    assert value_of(path) is None


@pytest.mark.parametrize("kind", [*OBJECTS, "function_handle"])
@pytest.mark.parametrize("shape", [(0, 0), (0, 3)])
def test_empty_objects_are_named_and_never_numbers(tmp_path, kind, shape):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, kind))
    assert kind.replace("_", " ") in kind_of(path)


@pytest.mark.parametrize(("kind", "mark_"), [("function_handle", 1), ("inline", 2)])
def test_function_handles_and_old_objects_are_no_structs(tmp_path, kind, mark_):
    def layout(file):
        group = file.create_group("x")
        mark(group, kind, MATLAB_object_decode=np.int32(mark_))
        put(group, "function", np.ones((1, 1)), "double")

    assert kind.replace("_", " ") in kind_of(build(tmp_path / "k.mat", layout))


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (np.ones((2, 2)), None, "name no MATLAB class"),
        (np.ones((2, 2)), "int128", "unknown MATLAB class int128"),
        (np.array([[b"text"]]), "double", "the class double stored as |S4"),
        (np.ones((2, 2)), "cell", "a cell stored as float64"),
        (np.ones((2, 2)), "struct", "a struct stored as float64"),
        (np.zeros(2, [("a", "f8"), ("b", "f8")]), "double", "the class double stored as"),
        (h5py.Empty("f8"), "double", "without a place for values"),
    ],
)
def test_what_is_not_recognised_is_named_and_never_numbers(tmp_path, data, kind, said):
    assert said in kind_of(one(tmp_path, data, kind))


@pytest.mark.parametrize("kind", [None, "double", "cell", "table"])
def test_groups_of_other_classes_are_no_structs(tmp_path, kind):
    def layout(file):
        mark(file.create_group("x"), kind)
        put(file["x"], "data", np.ones((1, 1)), "double")

    path = build(tmp_path / "k.mat", layout)
    assert kind_of(path)
    assert value_of(path) is None


def struct_array(shape):
    """A struct array whose field ``n`` counts its elements in MATLAB's order."""

    def layout(file):
        count = int(np.prod(shape))
        targets = [put(refs(file), f"r{i}", np.array([[float(i)]]), "double") for i in range(count)]
        group = file.create_group("x")
        mark(group, "struct")
        data = np.empty(count, h5py.ref_dtype)
        data[:] = [target.ref for target in targets]
        group.create_dataset("n", data=data.reshape(shape[::-1]))

    return layout


def numbers_in(value):
    return [numbers_in(v) for v in value] if isinstance(value, list) else value["n"].item()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 3), [0, 1, 2]),
        ((3, 1), [0, 1, 2]),
        ((2, 3), [[0, 2, 4], [1, 3, 5]]),
        ((2, 1, 2), [[[0, 2]], [[1, 3]]]),
    ],
)
def test_struct_arrays_keep_their_shape(tmp_path, shape, expected):
    path = build(tmp_path / "k.mat", struct_array(shape))
    with open_matfile(path) as variables:
        array = variables["x"]
        assert (array.shape, len(array)) == (shape, int(np.prod(shape)))
        assert [element["n"].item() for element in array] == list(range(len(array)))
        assert numbers_in(plain_value(array)) == expected


@pytest.mark.parametrize("shape", EMPTY_SHAPES)
def test_empty_struct_arrays_are_no_numbers(tmp_path, shape):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, "struct"))
    with open_matfile(path) as variables:
        assert isinstance(variables["x"], StructArray)
        assert (variables["x"].shape, list(variables["x"])) == (shape, [])
        assert np.size(plain_value(variables["x"])) == 0


@pytest.mark.parametrize(("shape", "expected"), [((1, 1), {}), ((1, 3), [{}, {}, {}])])
def test_structs_without_fields(tmp_path, shape, expected):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, "struct"))
    assert value_of(path) == expected


def test_a_struct_array_whose_fields_differ_in_length_is_damaged(tmp_path):
    def layout(file):
        struct_array((1, 3))(file)
        file["x"].create_dataset("m", data=file["x"]["n"][:2])

    with pytest.raises(RecordingError, match="a struct array whose fields differ in shape"):
        value_of(build(tmp_path / "k.mat", layout))


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (2, 3), (2, 3, 2)])
def test_cells_of_any_dimensions(tmp_path, shape):
    count = np.arange(float(np.prod(shape))).reshape(shape)

    def layout(file):
        data = np.empty(shape, h5py.ref_dtype)
        for place in np.ndindex(shape):
            data[place] = put(refs(file), f"c{place}", count[place].reshape(1, 1), "double").ref
        put(file, "x", data.T, "cell")

    def items(value):
        return [items(v) for v in value] if isinstance(value, list) else value.item()

    assert items(value_of(build(tmp_path / "k.mat", layout))) == count.tolist()


@pytest.mark.parametrize("shape", EMPTY_SHAPES)
def test_empty_cells_are_lists_of_their_shape(tmp_path, shape):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, "cell"))
    assert value_of(path) == np.zeros(shape).tolist()


def test_references_to_nothing_are_unset_not_damaged(tmp_path):
    def layout(file):
        put(file, "x", np.empty((2, 1), h5py.ref_dtype), "cell")
        mark(file.create_group("s"), "struct")
        file["s"].create_dataset("field", (2, 1), h5py.ref_dtype)

    path = build(tmp_path / "k.mat", layout)
    assert value_of(path) == [[None, None]]
    assert value_of(path, "s") == [{"field": None}, {"field": None}]


@pytest.mark.parametrize("shape", [(0, 0), (1, 1)])
def test_what_was_never_assigned_is_none(tmp_path, shape):
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, "canonical empty"))
    assert value_of(path) is None


def test_objects_of_other_packages_do_not_stop_the_rest(tmp_path):
    def layout(file):
        metadata("table")(file)
        put(file, "y", np.ones((1, 1)), "double")

    path = build(tmp_path / "k.mat", layout)
    assert value_of(path, "y") == 1
    assert set(mat73.loadmat(path)) == {"x", "y"}


STRING = Unread("a MATLAB string object")


@pytest.mark.parametrize("ask", [as_text, as_names, as_numbers])
def test_whoever_needs_it_refuses_it_by_name(ask):
    with pytest.raises(RecordingError, match=r"Exp 1: expected .* found a MATLAB string object"):
        ask(STRING, "Exp 1")


def test_refusals_print_no_addresses(tmp_path):
    path = build(tmp_path / "k.mat", struct_array((1, 2)))
    with open_matfile(path) as variables:
        ours = [variables, variables["x"], variables["x"][0], STRING]
        assert not any("0x" in repr(value) for value in ours)
        for value in (*ours, object(), print):
            with pytest.raises(RecordingError) as refusal:
                as_numbers(value, "Exp 1")
            assert "0x" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["struct", "cell", "char"])
def test_a_damaged_file_may_claim_any_number_of_empty_elements(tmp_path, kind):
    shape = (2**40, 1) if kind == "struct" else (2**40, 0)
    path = build(tmp_path / "k.mat", lambda file: empty(file, "x", shape, kind))
    with pytest.raises(RecordingError, match=f"an empty {kind} of the dimensions"):
        value_of(path)
