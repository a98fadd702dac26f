"""A screen on a cluster: shards of the images are tasks, and their results are put together here.

A shard begins where a batch of the whole screen begins, so the responses are those of one process.
"""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.errors import SettingError
from core.settings import as_plain, check_same
from core.sweep import Row, finished, run_tasks
from dualneuron.screening.models import Responder, images_and_model
from dualneuron.screening.ordering import Ends
from dualneuron.screening.saved import SavedScreen
from dualneuron.screening.sets import cannot_be_decoded, identity_of
from dualneuron.screening.streaming import Batch, response_batches

if TYPE_CHECKING:
    from distributed import Client

BY_PATH = ("data_dir", "mask", "weights_dir", "device")
"""Arguments of `images_and_model` that workers are told as texts."""

SHARD_IMAGES = 4096
"""Images of a task, rounded to whole batches."""


def show_shard(
    *,
    opening: Mapping[str, Any],
    images_are: Mapping[str, Any],
    first: int,
    stop: int,
    top_k: int | None,
    batch_size: int,
) -> Row:
    """Responses to some images of a set, on a worker.

    Parameters
    ----------
    opening
        Arguments of `images_and_model`.
    images_are
        `identity_of` of the set.
    first, stop
        Indices of the first image and of the first after them.
    top_k
        Keep so many images of each end; None keeps all.
    batch_size
        Images that are shown at once.

    Returns
    -------
    dict
        Arrays, flat: of `Ends.arrays`, or responses and indices; and which images could not be
        read.

    Raises
    ------
    StateError
        If the worker finds another set of images.
    """
    images, respond = _opened(json.dumps(opening))
    check_same(
        dict(images_are), json.loads(json.dumps(identity_of(images))), "the images of a worker"
    )
    ends = None if top_k is None else Ends(respond.n_units, top_k)
    kept, skipped = [], {}
    span = range(first, stop)
    for batch in response_batches(images, respond, span, batch_size=batch_size, skip_corrupt=True):
        skipped |= batch.skipped
        if ends is None:
            kept.append(batch)
        else:
            ends.add(batch.indices, batch.responses)
    arrays = (
        {
            "indices": np.concatenate([batch.indices for batch in kept]),
            "responses": np.concatenate([batch.responses for batch in kept]),
        }
        if ends is None
        else ends.arrays()
    )
    return {
        **{name: np.ravel(values) for name, values in arrays.items()},
        **{"skipped": list(skipped), "skipped_names": list(skipped.values())},
    }


@lru_cache(maxsize=1)
def _opened(opening: str) -> tuple[Any, Responder]:
    return images_and_model(**json.loads(opening))


def show_on_cluster(
    opening: Mapping[str, Any],
    images: Any,
    screen: SavedScreen,
    client: "Client",
    *,
    batch_size: int,
    skip_corrupt: bool,
) -> None:
    """Show a set to the workers of a cluster, and give a screen all responses in order.

    Parameters
    ----------
    opening
        Arguments of `images_and_model`, such that workers can open the same.
    images
        The set.
    screen
        Takes the responses.
    client
        See `core.sweep.workers`.
    batch_size
        Images that are shown at once.
    skip_corrupt
        Leave out images that cannot be decoded.

    Raises
    ------
    SettingError
        If workers cannot open the images or the mask by a path.
    CorruptImageError
        If an image cannot be decoded and is not to be skipped, once all others were shown.
    """
    size = batch_size * max(1, SHARD_IMAGES // batch_size)
    starts = range(screen.n_done, len(images), size)
    spans = [range(first, min(first + size, len(images))) for first in starts]
    known = {
        "opening": _for_workers(opening),
        "images_are": identity_of(images),
        "top_k": screen.top_k,
        "batch_size": batch_size,
    }
    known = json.loads(json.dumps(known, default=as_plain))
    tasks = {
        f"images_{span.start}_{span.stop}": {**known, "first": span.start, "stop": span.stop}
        for span in spans
    }
    run_tasks(show_shard, tasks, screen.shards, client)
    try:
        for name, span in zip(tasks, spans, strict=True):
            _take(screen, span, finished({name: {}}, screen.shards).iloc[0], skip_corrupt)
    finally:
        screen.save()
        screen.close()


def _for_workers(opening: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with paths and devices as texts."""
    arguments = {}
    for name, value in opening.items():
        if name in BY_PATH and not isinstance(value, str | os.PathLike | torch.device | None):
            raise SettingError(
                path=name, expected="a path that workers can open", found=type(value).__name__
            )
        is_text = name in BY_PATH and value is not None
        arguments[name] = str(value) if is_text else value
    return arguments


def _take(screen: SavedScreen, span: range, row: Any, skip_corrupt: bool) -> None:
    names = map(str, row["skipped_names"])
    skipped = dict(zip(map(int, row["skipped"]), names, strict=True))
    if skipped and not skip_corrupt:
        raise cannot_be_decoded(next(iter(skipped.values())), "one that a worker could not read")
    if screen.top_k is None:
        responses = row["responses"].reshape(-1, screen.n_units)
        screen.add(Batch(span, row["indices"], responses, skipped))
        return
    arrays = {
        name: row[name].reshape(screen.n_units, -1)
        for end in ("low", "high")
        for name in (f"{end}_responses", f"{end}_indices")
    }
    screen.add_ends(span, {**arrays, "n_images": row["n_images"][0]}, skipped)
