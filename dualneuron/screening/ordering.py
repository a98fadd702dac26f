"""Ascending order of the images for every unit: of all, or of both ends alone.

Ties keep the order of the images, so that the order does not depend on how the work was divided.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.settings import whole

ROWS_BYTES = 2 * 2**20
"""Memory for the rows that are read at a time."""

WAITING = 1024
"""Images whose responses wait until they are sorted into the ends, at least."""

FLOAT32 = 4
"""Bytes of a response."""


def stable_order(responses: np.ndarray) -> np.ndarray:
    """Indices that sort responses along the first axis, ascending; ties stay in order.

    Parameters
    ----------
    responses : (n_images,) or (n_images, n_units)
        Without NaN.

    Returns
    -------
    Same shape, int64

    Examples
    --------
    >>> stable_order(np.array([2.0, 1.0, 2.0, 1.0]))
    array([1, 3, 0, 2])
    """
    return np.argsort(responses, axis=0, kind="stable")


Pair = tuple[np.ndarray, np.ndarray]
"""Responses and indices of images, (n_units, n) each."""


class Ends:
    """The lowest and the highest responses of every unit, among all that were added.

    What they are does not depend on how the images are divided into batches. Memory is bounded by
    `n_units` times `k`.

    Parameters
    ----------
    n_units
        Number of units.
    k
        How many to keep at each end.

    Examples
    --------
    >>> ends = Ends(n_units=1, k=1)
    >>> ends.add(np.array([10, 11, 12]), np.array([[3.0], [1.0], [3.0]], np.float32))
    >>> responses, indices = ends.ordered()
    >>> responses[:, 0].tolist(), indices[:, 0].tolist()
    ([1.0, 3.0], [11, 12])
    """

    def __init__(self, n_units: int, k: int):
        self.k = whole(k, "top_k", at_least=1)
        self.n_images = 0
        nothing = (np.empty((n_units, 0), np.float32), np.empty((n_units, 0), np.int64))
        self._low: Pair = nothing
        self._high: Pair = nothing
        self._waiting: list[Pair] = []
        self._n_waiting = 0

    def add(self, indices: np.ndarray, responses: np.ndarray) -> None:
        """Take in the responses to some images, later ones than before.

        Parameters
        ----------
        indices : (n,)
            Of the images, ascending.
        responses : (n, n_units) float32
            Without NaN.
        """
        spread = np.broadcast_to(np.asarray(indices, np.int64), responses.shape[::-1])
        self._waiting.append((responses.T, spread))
        self._n_waiting += len(responses)
        self.n_images += len(responses)
        if self._n_waiting >= max(self.k, WAITING):
            self._settle()

    def _settle(self) -> None:
        """Sort what has waited into the ends."""
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if waiting:
            self._low = _sorted(_joined([self._low, *waiting]), slice(None, self.k))
            self._high = _sorted(_joined([self._high, *waiting]), slice(-self.k, None))

    def merge(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take in the ends of later images.

        Parameters
        ----------
        arrays
            Their `arrays`.
        """
        self._settle()
        low, high = (
            (arrays[f"{end}_responses"], arrays[f"{end}_indices"]) for end in ("low", "high")
        )
        self._low = _sorted(_joined([self._low, low]), slice(None, self.k))
        self._high = _sorted(_joined([self._high, high]), slice(-self.k, None))
        self.n_images += int(arrays["n_images"])

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is known, as arrays by name."""
        self._settle()
        ends = {"low": self._low, "high": self._high}
        return {
            "n_images": np.array(self.n_images),
            **{f"{end}_responses": pair[0] for end, pair in ends.items()},
            **{f"{end}_indices": pair[1] for end, pair in ends.items()},
        }

    def ordered(self) -> tuple[np.ndarray, np.ndarray]:
        """Responses and indices, ascending: `k` of each end, or all where these would overlap.

        Returns
        -------
        (min(2 k, n_images), n_units) float32 and int64
        """
        self._settle()
        n_above = min(self.k, max(0, self.n_images - self.k))
        above = tuple(part[:, part.shape[1] - n_above :] for part in self._high)
        responses, indices = _joined([self._low, above])
        return responses.T, indices.T


def _joined(pairs: list[Pair]) -> Pair:
    return tuple(np.concatenate(parts, axis=1) for parts in zip(*pairs, strict=True))


def _sorted(pair: Pair, chosen: slice) -> Pair:
    responses, indices = pair
    order = np.argsort(responses, axis=1, kind="stable")[:, chosen]
    return np.take_along_axis(responses, order, 1), np.take_along_axis(indices, order, 1)


def sorted_units(
    path: Path, n_units: int, scratch: Path, kept: np.ndarray | None = None
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Every unit's responses in ascending order, from a file that is larger than the memory.

    The file is first turned over, a few rows at a time, so that each unit's responses lie together;
    then one unit at a time is in memory.

    Parameters
    ----------
    path
        Raw float32, one row of `n_units` for each image.
    n_units
        Number of units.
    scratch
        File to write, of the same size.
    kept
        Whether each image counts, (n_images,) bool; None for all.

    Yields
    ------
    unit
        From 0.
    responses : (n,) float32
    indices : (n,) int64
        Of the images.
    """
    n_images = path.stat().st_size // (FLOAT32 * n_units)
    _turn_over(path, scratch, n_images, n_units)
    indices = np.arange(n_images) if kept is None else np.flatnonzero(kept)
    for unit in range(n_units):
        offset = FLOAT32 * unit * n_images
        responses = np.fromfile(scratch, np.float32, n_images, offset=offset)[indices]
        order = stable_order(responses)
        yield unit, responses[order], indices[order]


def _turn_over(path: Path, scratch: Path, n_images: int, n_units: int) -> None:
    """Write a column of one file as a row of the other."""
    n_rows = max(1, ROWS_BYTES // (FLOAT32 * n_units))
    with path.open("rb") as rows, scratch.open("wb") as columns:
        for first in range(0, n_images, n_rows):
            part = np.fromfile(rows, np.float32, n_units * min(n_rows, n_images - first))
            turned = np.ascontiguousarray(part.reshape(-1, n_units).T)
            for unit, responses in enumerate(turned):
                columns.seek(FLOAT32 * (unit * n_images + first))
                columns.write(responses)
