"""An element appended to a struct array of a MATLAB v7.3 file."""

import numpy as np
import pytest

from core.matlab.reading import open_matfile
from core.matlab.writing import Cell, append_element, write_matfile

FIELDS = ["name", "values", "cells"]


def element(number):
    cells = Cell([[np.arange(3.0)[None], "text"], [None, np.zeros((1, 0))]])
    return {"name": f"element {number}", "values": {"x": np.full((2, 3), number)}, "cells": cells}


def contents(path):
    with open_matfile(path) as file:
        return [(e["name"], e["values"]["x"].tolist(), str(e["cells"])) for e in file["Stats"]]


def test_it_is_what_it_would_be_had_it_been_written_with_the_others(tmp_path):
    path, whole = tmp_path / "a.mat", tmp_path / "b.mat"
    write_matfile(path, "Stats", iter([element(0), element(1)]), FIELDS)
    header = path.read_bytes()[:512]
    for number in (2, 3):
        append_element(path, "Stats", element(number) | {"unknown": "left out"})
    write_matfile(whole, "Stats", iter(map(element, range(4))), FIELDS)
    assert contents(path) == contents(whole)
    assert path.read_bytes()[:512] == header


def test_a_field_that_it_lacks_is_unset(tmp_path):
    path = tmp_path / "a.mat"
    write_matfile(path, "Stats", iter([element(0)]), FIELDS)
    append_element(path, "Stats", {"name": "no more"})
    with open_matfile(path) as file:
        assert file["Stats"][1]["values"] is None


def test_an_error_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.mat"
    write_matfile(path, "Stats", iter([element(0)]), FIELDS)
    before = path.read_bytes()
    with pytest.raises(TypeError, match="cannot write"):
        append_element(path, "Stats", element(1) | {"values": np.array([object()])})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.mat"]
