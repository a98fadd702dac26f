"""MATLAB v7.3 files laid out by hand, as MATLAB and other writers lay them out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core.matlab import open_matfile
from core.matlab.reading import plain_value

HEADER = b"MATLAB 7.3 MAT-file, by hand".ljust(116) + bytes(8) + b"\x00\x02IM"


def build(path: Path, layout: Callable[[h5py.File], None], header: bytes = HEADER) -> Path:
    """A file whose content `layout` writes behind a user block of 512 bytes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        layout(file)
    with path.open("r+b") as stream:
        stream.write(header)
    return path


def put(parent: h5py.Group, name: str, data: Any, kind: str | None, **attributes: Any) -> Any:
    """A dataset as HDF5 holds it (dimensions reversed), its MATLAB class and more attributes."""
    dataset = parent.create_dataset(name, data=data)
    mark(dataset, kind, **attributes)
    return dataset


def mark(item: h5py.Group | h5py.Dataset, kind: str | None, **attributes: Any) -> None:
    """Set the MATLAB class and other attributes of a group or dataset."""
    if kind is not None:
        item.attrs["MATLAB_class"] = np.bytes_(kind)
    for name, value in attributes.items():
        item.attrs[name] = value


def empty(parent: h5py.Group, name: str, shape: tuple[int, ...], kind: str, **attributes) -> None:
    """An empty array as MATLAB stores it: its dimensions, and the mark that it is empty."""
    put(parent, name, np.array(shape, np.uint64), kind, MATLAB_empty=np.uint8(1), **attributes)


def value_of(path: Path, name: str = "x") -> Any:
    """A variable, with everything behind it read."""
    with open_matfile(path) as variables:
        return plain_value(variables[name])


def kind_of(path: Path, name: str = "x") -> str:
    """How a variable is called that is not read."""
    with open_matfile(path) as variables:
        return variables[name].kind
