"""Order of images: both ends are those of a full sort, whatever the batches, ties included."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingError
from dualneuron.screening import ordering
from dualneuron.screening.ordering import WAITING, Ends, sorted_units, stable_order


def test_ties_keep_the_order_of_the_images():
    responses = np.array([[1.0, 5.0], [0.0, 5.0], [1.0, 4.0]])
    assert stable_order(responses).T.tolist() == [[1, 0, 2], [2, 0, 1]]


@given(
    values=st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=1, max_size=40),
    k=st.integers(1, 8),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    merged=st.booleans(),
)
def test_the_ends_are_those_of_a_full_sort(values, k, cuts, merged):
    responses = np.array(values, np.float32)
    indices = 10 + np.arange(len(responses))
    ends = Ends(2, k)
    for part in np.split(np.arange(len(responses)), sorted(cuts)):
        if merged:
            other = Ends(2, k)
            other.add(indices[part], responses[part])
            ends.merge(other.arrays())
        else:
            ends.add(indices[part], responses[part])
    order = stable_order(responses)
    if len(responses) > 2 * k:
        order = np.concatenate([order[:k], order[-k:]])
    found, found_indices = ends.ordered()
    np.testing.assert_array_equal(found, np.take_along_axis(responses, order, 0))
    np.testing.assert_array_equal(found_indices, indices[order])
    assert found_indices.dtype == np.int64


def test_ends_of_many_images_after_many_sorts():
    responses = np.random.default_rng(0).integers(0, 500, (5 * WAITING, 3)).astype(np.float32)
    ends = Ends(3, 20)
    for first in range(0, len(responses), 96):
        part = responses[first : first + 96]
        ends.add(first + np.arange(len(part)), part)
    order = stable_order(responses)
    np.testing.assert_array_equal(ends.ordered()[1], np.concatenate([order[:20], order[-20:]]))


def test_memory_of_the_ends_does_not_grow_with_the_number_of_images():
    peaks = []
    for n_batches in (100, 1000):
        rng = np.random.default_rng(0)
        ends = Ends(20, 10)
        tracemalloc.start()
        for number in range(n_batches):
            indices = 64 * number + np.arange(64)
            ends.add(indices, rng.random((64, 20), np.float32))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize("k", [0, 1.5, True])
def test_numbers_of_images_that_are_none(k):
    with pytest.raises(SettingError, match="top_k: expected a whole number of at least 1"):
        Ends(2, k)


@pytest.mark.parametrize("rows_bytes", [1, 4 * 5 * 7, 2**23])
def test_units_are_sorted_without_the_images_that_are_left_out(tmp_path, rows_bytes, monkeypatch):
    monkeypatch.setattr(ordering, "ROWS_BYTES", rows_bytes)
    responses = np.random.default_rng(0).integers(0, 9, (30, 5)).astype(np.float32)
    kept = np.arange(30) % 7 != 3
    responses[~kept] = np.nan
    path = tmp_path / "responses.float32"
    responses.tofile(path)
    units = list(sorted_units(path, 5, tmp_path / "scratch", kept))
    assert [unit for unit, *_ in units] == list(range(5))
    for unit, ascending, indices in units:
        expected = np.flatnonzero(kept)[stable_order(responses[kept, unit])]
        np.testing.assert_array_equal(indices, expected)
        np.testing.assert_array_equal(ascending, responses[expected, unit])


def test_one_unit_at_a_time_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "ROWS_BYTES", 2**20)
    n_images, n_units = 20_000, 128
    path = tmp_path / "responses.float32"
    np.random.default_rng(0).random((n_images, n_units), np.float32).tofile(path)
    tracemalloc.start()
    for _ in sorted_units(path, n_units, tmp_path / "scratch"):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20 < path.stat().st_size / 2
