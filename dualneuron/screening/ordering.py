"""Ascending order of the images for every unit: of all, or of both ends alone.

Ties keep the order of the images, so that the order does not depend on how the work was divided.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.settings import whole

BLOCK_BYTES = 256 * 2**20
"""Memory for a block of units that are sorted together; a single unit may take more."""

ROWS_BYTES = 8 * 2**20
"""Memory for the rows that are read at a time."""

WAITING = 1024
"""Images whose responses wait until they are sorted into the ends, at least."""

BYTES_PER_RESPONSE = 24
"""What sorting takes of a response: it, its index, and both again."""


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
    path: Path, n_units: int, kept: np.ndarray | None = None, *, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Every unit's responses in ascending order, from a file that is larger than the memory.

    Parameters
    ----------
    path
        Raw float32, one row of `n_units` for each image.
    n_units
        Number of units.
    kept
        Whether each image counts, (n_images,) bool; None for all.
    block_bytes
        Memory for the units that are sorted at a time.

    Yields
    ------
    unit
        From 0.
    responses : (n,) float32
    indices : (n,) int64
        Of the images.
    """
    row_bytes = 4 * n_units
    n_images = path.stat().st_size // row_bytes
    indices = np.arange(n_images) if kept is None else np.flatnonzero(kept)
    n_at_a_time = max(1, block_bytes // max(1, BYTES_PER_RESPONSE * n_images))
    for start in range(0, n_units, n_at_a_time):
        block = slice(start, min(n_units, start + n_at_a_time))
        columns = _columns(path, n_images, n_units, block)
        for unit, responses in enumerate(columns, start):
            responses = responses[indices]
            order = stable_order(responses)
            yield unit, responses[order], indices[order]


def _columns(path: Path, n_images: int, n_units: int, block: slice) -> np.ndarray:
    """Responses of some units, (n, n_images), read a few rows at a time."""
    columns = np.empty((block.stop - block.start, n_images), np.float32)
    n_rows = max(1, ROWS_BYTES // (4 * n_units))
    for first in range(0, n_images, n_rows):
        last = min(n_images, first + n_rows)
        offset, count = 4 * n_units * first, n_units * (last - first)
        rows = np.fromfile(path, np.float32, count, offset=offset).reshape(-1, n_units)
        columns[:, first:last] = rows[:, block].T
    return columns
