"""Screening: the responses of a model to every image of a set, in ascending order for every unit.

The last images of a unit's order excite it most, the first least. With an output folder a screen
can be interrupted and goes on by the same call, on one machine or on a cluster.
"""

import logging
import os
from collections.abc import Mapping
from contextlib import closing
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.errors import SettingError
from core.files import alone_in
from core.progress import progress
from core.settings import whole
from dualneuron.screening.models import images_and_model
from dualneuron.screening.ordering import Ends, stable_order
from dualneuron.screening.saved import SavedScreen, folders_of, nothing_read
from dualneuron.screening.sets import identity_of
from dualneuron.screening.shards import show_on_cluster
from dualneuron.screening.streaming import Respond, response_batches
from dualneuron.twins.activations import Location

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

INDEX_TYPES = ("int64", "int32")
"""Types of indices on disk."""

ELSEWHERE = ("data_dir", "device", "weights_dir", "mask")
"""Options that say where things are or are computed, and may differ when a screen goes on."""

NAMED = 3
"""How many of the images that were left out are named."""


def screen_activations(
    data_dir: Any,
    output_dir: str | os.PathLike | None = None,
    token: str | None = None,
    split: str = "train",
    dataset: str = "rendered",
    model: str = "v4",
    layer: str | None = None,
    location: Location = "center",
    ensemble: bool = True,
    batch_size: int = 32,
    num_workers: int = 0,
    device: str | torch.device | None = None,
    *,
    top_k: int | None = None,
    index_dtype: str = "int64",
    skip_corrupt: bool = False,
    crop_size: int | None = None,
    mask: "np.ndarray | str | os.PathLike | None" = None,
    weights_dir: str | os.PathLike | None = None,
    untrained: bool = False,
    client: "Client | None" = None,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Show a model every image of a set, and order the images by response for every unit.

    Images are cropped, resized, normalised, masked and scaled to the model's norm; twins look at
    the middle.

    Parameters
    ----------
    data_dir
        Where the images are: folder, zip, npy file or array; for ImageNet the folder of the
        download. Any other set is shown as it is; see `open_images`.
    output_dir
        Folder for files, one of responses and one of indices for every unit; None returns them.
    token
        Of HuggingFace, for ImageNet; by default `HF_TOKEN`. Not handed to a cluster.
    split
        Of ImageNet.
    dataset
        ``rendered``, ``imagenet``, or ``images`` for any folder, zip or array.
    model
        ``v1``, ``v4``, ``v4g`` or a standard network.
    layer, location
        Units of a layer, and their place; see `get_spatial_activation`.
    ensemble
        All members of a twin.
    batch_size
        Images that are shown at once.
    num_workers
        Threads that read images beside the model, one at least.
    device
        By default CUDA when present, else the CPU.
    top_k
        Keep so many images of each end of every unit, in bounded memory; None keeps all.
    index_dtype
        Of the indices on disk: ``int64``, or ``int32`` for half the room.
    skip_corrupt
        Leave out images that cannot be decoded instead of stopping at the first.
    crop_size
        Pixels of the centre crop instead of the model's.
    mask : (H, W)
        Instead of the published one; an array, or an npy file.
    weights_dir
        Folder of weights and masks, looked at first.
    untrained
        Random weights.
    client
        Of a cluster whose workers are shown shards of the images, see `core.sweep.workers`; None
        for this process. Needs an output folder, and images that workers can open by their path.

    Returns
    -------
    responses : (n, n_units) float32
        In ascending order of each unit, ties in the order of the images; the first are least
        exciting, the last most. n is the number of images, or twice `top_k` where that is less.
    indices : (n, n_units) int64
        Of the images in the set.

    Raises
    ------
    SettingError
        If an option cannot be used.
    MissingFileError
        If there are no images.
    ImageError
        If an image cannot be decoded and is not to be skipped, or does not fit.
    StateError
        If the output folder holds such a screen that was made with other settings.
    """
    whole(batch_size, "batch_size", at_least=1)
    whole(num_workers, "num_workers", at_least=0)
    if top_k is not None:
        whole(top_k, "top_k", at_least=1)
    if index_dtype not in INDEX_TYPES:
        raise SettingError(
            path="index_dtype", expected=" or ".join(INDEX_TYPES), found=repr(index_dtype)
        )
    opening = {
        **{"data_dir": data_dir, "split": split, "dataset": dataset, "model": model},
        **{"layer": layer, "location": location, "ensemble": ensemble, "device": device},
        **{"crop_size": crop_size, "mask": mask, "weights_dir": weights_dir},
        "untrained": untrained,
    }
    images, respond = images_and_model(**opening, token=token)
    options = {
        "batch_size": batch_size,
        "num_workers": num_workers,
        "skip_corrupt": skip_corrupt,
    }
    if output_dir is None:
        return ordered_responses(images, respond, top_k=top_k, **options)
    settings = {name: value for name, value in opening.items() if name not in ELSEWHERE} | {
        "batch_size": batch_size,
        "index_dtype": index_dtype,
        **identity_of(images),
    }
    name = f"{model}_{layer}_{dataset}"
    with alone_in(folders_of(Path(output_dir), name)[2], logger.warning):
        screen = SavedScreen(Path(output_dir), name, settings, respond.n_units, top_k)
        if not screen.is_complete:
            if client is None:
                show(images, respond, screen, **options)
            else:
                show_on_cluster(
                    opening,
                    images,
                    screen,
                    client,
                    batch_size=batch_size,
                    skip_corrupt=skip_corrupt,
                )
            screen.finish(index_dtype, respond.notes())
        _say_skipped(screen.summary())
    return None


def show(images: Any, respond: Respond, screen: SavedScreen, **options: Any) -> None:
    """Show the images of a set that a screen has no responses to yet.

    Parameters
    ----------
    images
        The set.
    respond
        The model.
    screen
        Takes the responses.
    options
        See `response_batches`.
    """
    span = range(screen.n_done, len(images))
    total = ceil(len(span) / options["batch_size"])
    try:
        with closing(response_batches(images, respond, span, **options)) as batches:
            for batch in progress(batches, total, "batches of images"):
                screen.add(batch)
    finally:
        screen.save()
        screen.close()


def ordered_responses(
    images: Any, respond: Respond, *, top_k: int | None = None, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Responses to a set of images in ascending order, in memory.

    Parameters
    ----------
    images
        The set.
    respond
        The model.
    top_k
        Keep so many images of each end.
    options
        See `response_batches`.

    Returns
    -------
    responses, indices
        See `screen_activations`.
    """
    n_units = respond.n_units
    ends = None if top_k is None else Ends(n_units, top_k)
    kept = [(np.empty(0, np.int64), np.empty((0, n_units), np.float32))]
    skipped = {}
    total = ceil(len(images) / options["batch_size"])
    with closing(response_batches(images, respond, range(len(images)), **options)) as batches:
        for batch in progress(batches, total, "batches of images"):
            skipped |= batch.skipped
            if ends is None:
                kept.append((batch.indices, batch.responses))
            else:
                ends.add(batch.indices, batch.responses)
    if len(skipped) == len(images):
        raise nothing_read(len(images))
    _say_skipped({"n_skipped": len(skipped), "skipped": list(skipped.values())})
    if ends is not None:
        return ends.ordered()
    indices, responses = map(np.concatenate, zip(*kept, strict=True))
    order = stable_order(responses)
    return np.take_along_axis(responses, order, 0), indices[order]


def _say_skipped(summary: Mapping[str, Any]) -> None:
    names, n_skipped = summary["skipped"][:NAMED], summary["n_skipped"]
    if n_skipped:
        more = f" and {n_skipped - NAMED} more" if n_skipped > NAMED else ""
        logger.warning(
            "images left out, since they cannot be read: %d (%s%s)",
            n_skipped,
            ", ".join(names),
            more,
        )


def activations(
    data_dir: Any,
    token: str | None = None,
    split: str = "train",
    dataset: str = "rendered",
    area: str = "v4",
    batch_size: int = 32,
    num_workers: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Older name of `screen_activations`, without files.

    Parameters
    ----------
    data_dir, token, split, dataset, batch_size, num_workers
        See `screen_activations`.
    area
        The model: ``v1``, ``v4``, ``v4g``.

    Returns
    -------
    responses, indices
        See `screen_activations`.
    """
    return screen_activations(
        data_dir,
        token=token,
        split=split,
        dataset=dataset,
        model=area,
        batch_size=batch_size,
        num_workers=num_workers,
    )
