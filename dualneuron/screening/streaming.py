"""Responses to the images of a set, batch after batch: read ahead in threads, none lost or doubled.

Images are read by index, in batches that always begin at the same indices, so that a screen that
goes on after an interruption gives the same numbers as one that was never interrupted.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from core.errors import ImageError, RunError
from dualneuron.screening.sets import CorruptImageError


class Respond(Protocol):
    """A model as a function of images.

    Attributes
    ----------
    image_shape
        (C, H, W) that it takes.
    n_units
        Number of responses to an image.
    """

    image_shape: tuple[int, int, int]
    n_units: int

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Responses (B, n_units) to images (B, C, H, W)."""


class Batch(NamedTuple):
    """Responses to some images of a set, one after the other.

    Attributes
    ----------
    span
        Indices of all of them, one after the other.
    indices : (n,) int64
        Of the images that could be read.
    responses : (n, n_units) float32
        Finite.
    skipped
        Names of those that could not be, by index.
    """

    span: range
    indices: np.ndarray
    responses: np.ndarray
    skipped: dict[int, str]


def response_batches(
    images: Any,
    respond: Respond,
    span: range,
    *,
    batch_size: int,
    num_workers: int = 0,
    skip_corrupt: bool = False,
) -> Iterator[Batch]:
    """Responses to some images of a set; the next ones are read meanwhile.

    Parameters
    ----------
    images
        Has a length and items by index: tensors (C, H, W), or tuples that begin with one.
    respond
        The model.
    span
        Indices of the images, one after the other.
    batch_size
        Images that are shown at once.
    num_workers
        Threads that read images; one beside the model at least.
    skip_corrupt
        Leave out images that cannot be decoded instead of stopping at the first.

    Yields
    ------
    Batch

    Raises
    ------
    CorruptImageError
        If an image cannot be decoded and is not to be skipped.
    ImageError
        If an image has another size than the model expects.
    RunError
        If a response is no finite number.
    """
    starts = range(span.start, span.stop, batch_size)
    parts = (range(first, min(first + batch_size, span.stop)) for first in starts)
    n_ahead = max(1, num_workers) + 1
    with _Readers(max(1, num_workers)) as pool:

        def begin(part: range) -> tuple[range, Future]:
            return part, pool.submit(_read, images, part, skip_corrupt, respond.image_shape)

        reading = deque(map(begin, islice(parts, n_ahead)))
        while reading:
            part, future = reading.popleft()
            indices, shown, skipped = future.result()
            reading.extend(map(begin, islice(parts, 1)))
            if shown is None:
                responses = np.empty((0, respond.n_units), np.float32)
            else:
                responses = _responses(respond, shown, images, indices)
            yield Batch(part, indices, responses, skipped)


class _Readers(ThreadPoolExecutor):
    """Threads; what has not begun when their work is left is not begun."""

    def __exit__(self, *error: object) -> None:
        self.shutdown(cancel_futures=True)


def _read(
    images: Any, part: range, skip_corrupt: bool, image_shape: tuple[int, int, int]
) -> tuple[np.ndarray, torch.Tensor | None, dict[int, str]]:
    indices, tensors, skipped = [], [], {}
    for index in part:
        try:
            item = images[index]
        except CorruptImageError as error:
            if not skip_corrupt:
                raise
            skipped[index] = error.path
            continue
        tensor = item[0] if isinstance(item, tuple | list) else item
        if tuple(tensor.shape) != tuple(image_shape):
            raise ImageError(
                path=image_name(images, index),
                expected=f"an image of shape {tuple(image_shape)}",
                found=f"{tuple(tensor.shape)}",
            )
        indices.append(index)
        tensors.append(tensor)
    shown = torch.stack(tensors) if tensors else None
    return np.array(indices, np.int64), shown, skipped


def _responses(
    respond: Respond, shown: torch.Tensor, images: Any, indices: np.ndarray
) -> np.ndarray:
    responses = np.ascontiguousarray(respond(shown).cpu().numpy(), dtype=np.float32)
    finite = np.isfinite(responses).all(axis=1)
    if not finite.all():
        name = image_name(images, int(indices[~finite][0]))
        raise RunError(path=name, expected="finite responses", found="NaN or infinite ones")
    return responses


def image_name(images: Any, index: int) -> str:
    """What an image of a set is called in messages.

    Parameters
    ----------
    images
        The set.
    index
        Of the image.

    Examples
    --------
    >>> image_name([None], 0)
    'image 0'
    """
    name = getattr(images, "name", None)
    return name(index) if callable(name) else f"image {index}"
