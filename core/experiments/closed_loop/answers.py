"""Answers of a rig: one row for each presentation, from a CSV, HDF5 or MAT file.

An answer names the image of every presentation and has, for each channel, a rate (events/s), the
times of spikes (ms from image onset), or a PSTH (events/s in 1-ms bins from image onset):

- CSV: a column ``image``, and columns ``rate``, ``spikes`` or ``psth``, of one kind; several
  channels are ``rate:5A``, ``rate:7B``. Spikes and PSTHs are numbers with spaces between them.
- HDF5 and MAT: ``images`` (n names), ``channels`` (their names, may be left out), and ``rates``
  (n, channels), ``psths`` (n, channels, bins), or spikes. Those are ``spike_times`` (k,),
  ``spike_rows`` and ``spike_channels`` (k,), 0-based; in MAT files also a cell ``spikes``
  (n, channels) of times.
- HDF5 as XDREAM has it: ``scores`` (images, channels) alone, in the sorted order of the names.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.io import loadmat

from core.errors import RecordingError, ReproductionError
from core.matlab.reading import open_matfile, plain_value

KINDS = ("rate", "spikes", "psth")

MOST_CHANNELS = 10_000
"""Of an answer that does not name them; a damaged file has any number."""

SIMULATED_MARK = "simulated"
"""Attribute of an HDF5 answer, or variable of a MAT file, that a simulated rig sets."""


@dataclass(frozen=True)
class Answer:
    """What a rig says of one block.

    Attributes
    ----------
    images
        Name of the image of each of n presentations.
    channels
        Names of the channels.
    kind
        ``rate``, ``spikes`` or ``psth``.
    values
        (n, channels) of rates, (n, channels) of arrays of times, or (n, channels, bins).
    is_complete
        False if the file may have been cut while it was written.
    is_simulated
        Whether the file says that it is simulated.
    """

    images: list[str]
    channels: list[str]
    kind: str
    values: np.ndarray
    is_complete: bool = True
    is_simulated: bool = False


def read_answer(path: Path, names: Sequence[str]) -> Answer:
    """Read an answer.

    Parameters
    ----------
    path
        ``.csv``, ``.h5``, ``.hdf5`` or ``.mat``.
    names
        Names of the block's images, sorted; ``scores`` without names are in this order.

    Raises
    ------
    RecordingError
        If it is no answer, or cut short.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "block000.csv"
    >>> n = path.write_text("image,spikes:5A\\na.png,60 71.5\\nb.png,\\n")
    >>> answer = read_answer(path, ["a", "b"])
    >>> answer.images, answer.channels, answer.values[0, 0]
    (['a', 'b'], ['5A'], array([60. , 71.5]))
    """
    try:
        return READERS[path.suffix.lower()](path, names)
    except ReproductionError as error:
        raise error.about(path.name) from None
    except Exception as error:  # SciPy and HDF5 raise many kinds for files that are cut
        said = str(error).strip("'\"") or type(error).__name__
        raise RecordingError(path=path.name, expected="an answer", found=f"none ({said})") from None


def plain_name(words: object) -> str:
    """Name of an image without folder and without the end of a file's.

    Examples
    --------
    >>> plain_name("C:\\\\images\\\\block000_thread000_gen000_000000.png")
    'block000_thread000_gen000_000000'
    """
    words = words.decode() if isinstance(words, bytes) else str(words)
    name = words.strip().replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix.lower() in ("png", "bmp", "jpg") else name


def _read_csv(path: Path, _: Sequence[str]) -> Answer:
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    if not rows or "image" not in (header := [word.strip() for word in rows[0]]):
        raise ValueError("no column `image`")
    parts = [word.partition(":") for word in header if word != "image"]
    kinds = {kind for kind, _, _ in parts}
    if len(kinds) != 1 or not kinds <= set(KINDS):
        raise ValueError(f"columns {', '.join(header)}; one kind of {', '.join(KINDS)} is wanted")
    whole = [row for row in rows[1:] if len(row) == len(header)]
    at = header.index("image")
    cells = [[word for i, word in enumerate(row) if i != at] for row in whole]
    channels = [channel or str(i + 1) for i, (_, _, channel) in enumerate(parts)]
    kind = kinds.pop()
    values = np.array([_numbers(word, kind) for row in cells for word in row], dtype=object)
    return Answer(
        [plain_name(row[at]) for row in whole],
        channels,
        *_in_shape(kind, values, len(whole), len(channels)),
        is_complete=text.endswith("\n") and len(whole) == len([row for row in rows[1:] if row]),
    )


def _numbers(cell: str, kind: str) -> Any:
    if kind == "rate":
        return float(cell) if cell.strip() else np.nan
    return _Vector(np.array(cell.split(), dtype=float))


class _Vector:
    """Keeps NumPy from making a matrix of vectors of one length."""

    def __init__(self, numbers: np.ndarray):
        self.numbers = numbers


def _in_shape(kind: str, values: np.ndarray, n: int, n_channels: int) -> tuple[str, np.ndarray]:
    """Cells, row by row, as the values of an `Answer`."""
    if kind == "rate":
        return kind, values.astype(float).reshape(n, n_channels)
    vectors = [each.numbers for each in values.ravel()]
    if kind == "psth":
        if len({len(vector) for vector in vectors}) > 1:
            raise ValueError("PSTHs of different lengths")
        return kind, np.array(vectors, dtype=float).reshape(n, n_channels, -1)
    return kind, _vectors(vectors).reshape(n, n_channels)


def _vectors(vectors: Sequence[np.ndarray]) -> np.ndarray:
    made = np.empty(len(vectors), dtype=object)
    for i, vector in enumerate(vectors):
        made[i] = vector
    return made


def _read_hdf5(path: Path, names: Sequence[str]) -> Answer:
    with h5py.File(path, "r") as file:
        arrays = {name: item[()] for name, item in file.items() if isinstance(item, h5py.Dataset)}
        simulated = bool(file.attrs.get(SIMULATED_MARK, False))
    if "scores" in arrays and "images" not in arrays:
        scores = np.asarray(arrays["scores"], dtype=float)
        arrays = {"images": list(names), "rates": scores.reshape(len(scores), -1)}
        if len(scores) != len(names):
            raise ValueError(f"{len(scores)} scores for {len(names)} images")
    return _from_arrays(arrays, simulated)


def _read_mat(path: Path, _: Sequence[str]) -> Answer:
    if h5py.is_hdf5(path):
        with open_matfile(path) as file:
            variables = {name: plain_value(file[name]) for name in file}
    else:
        variables = loadmat(path)
    arrays = {name: _flat(value) for name, value in variables.items() if not name.startswith("__")}
    return _from_arrays(arrays, bool(np.any(arrays.get(SIMULATED_MARK, 0))))


def _flat(value: Any) -> Any:
    """A variable of a MAT file: a cell of texts as a list of them, others as arrays."""
    if isinstance(value, list):  # a cell of a v7.3 file
        rows = [row if isinstance(row, list) else [row] for row in value]
        value = _vectors([entry for row in rows for entry in row]).reshape(len(rows), -1)
    if isinstance(value, np.ndarray) and value.dtype == object:
        entries = [_entry(entry) for entry in value.ravel()]
        if all(isinstance(entry, str) for entry in entries):
            return entries
        return _vectors([np.atleast_1d(np.ravel(entry)) for entry in entries]).reshape(value.shape)
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return [str(word).strip() for word in value.ravel()]
    return value


def _entry(entry: Any) -> Any:
    if isinstance(entry, np.ndarray) and entry.dtype.kind == "U":
        return str(entry.ravel()[0]) if entry.size else ""
    return np.zeros(0) if entry is None else entry


def _from_arrays(arrays: Mapping[str, Any], simulated: bool) -> Answer:
    images = [plain_name(name) for name in np.ravel(arrays["images"])]
    n = len(images)
    if "rates" in arrays:
        kind, values = "rate", np.asarray(arrays["rates"], dtype=float).reshape(n, -1)
    elif "psths" in arrays:
        kind, values = "psth", np.asarray(arrays["psths"], dtype=float)
        values = values[:, None] if values.ndim == 2 else values
        if values.ndim != 3 or len(values) != n:
            raise ValueError(f"psths of shape {values.shape} for {n} images")
    elif "spikes" in arrays:
        kind, values = "spikes", np.asarray(arrays["spikes"], dtype=object).reshape(n, -1)
    else:
        kind, values = "spikes", _spikes_by_row(arrays, n)
    names = arrays.get("channels", [str(i + 1) for i in range(values.shape[1])])
    channels = [name.decode() if isinstance(name, bytes) else str(name) for name in np.ravel(names)]
    if len(channels) != values.shape[1]:
        raise ValueError(f"{len(channels)} names of channels for {values.shape[1]} channels")
    return Answer(images, channels, kind, values, is_simulated=simulated)


def _spikes_by_row(arrays: Mapping[str, Any], n: int) -> np.ndarray:
    times = np.ravel(arrays["spike_times"]).astype(float)
    rows = np.ravel(arrays["spike_rows"]).astype(int)
    of_channel = np.ravel(arrays.get("spike_channels", np.zeros(len(rows)))).astype(int)
    if "channels" in arrays:
        n_channels = len(np.ravel(arrays["channels"]))
    else:
        n_channels = min(int(of_channel.max(initial=0)) + 1, MOST_CHANNELS)
    if len(times) != len(rows) or len(times) != len(of_channel):
        raise ValueError("not one row and one channel for each spike")
    for numbers, n_there, what in ((rows, n, "rows"), (of_channel, n_channels, "channels")):
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < n_there):
            raise ValueError(f"spikes of {what} that there are not")
    place = rows * n_channels + of_channel
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=n * n_channels))
    return _vectors(np.split(times[order], ends[:-1])).reshape(n, n_channels)


READERS: dict[str, Callable[[Path, Sequence[str]], Answer]] = {
    ".csv": _read_csv,
    ".h5": _read_hdf5,
    ".hdf5": _read_hdf5,
    ".mat": _read_mat,
}
