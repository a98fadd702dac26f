"""The command ``axis``."""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from core.errors import SettingError
from core.files import replacing
from core.progress import progress
from dualneuron.dream.axis import axis_between, embedded_one_by_one
from dualneuron.dream.embedding import load_dreamsim, shown_to_guide
from dualneuron.figures import has_room, room_warning
from dualneuron.screening.sets import open_images
from dualneuron.synthesis.generate import DualNeuronDataset

POLES = {"high": "most", "low": "least"}
"""Poles, and what they are called in a file of poles; high ones first."""


def find_axis(options: argparse.Namespace) -> Iterator[str]:
    """Find a semantic axis, write it, and say how well it tells both sets of images apart.

    Images are shown to DreamSim as guided synthesis shows them.

    Parameters
    ----------
    options
        As the parser of the command gives them.

    Raises
    ------
    SettingError
        If it does not say where both sets of images are.
    """
    from_sets = options.high is not None and options.low is not None
    from_poles = options.poles is not None and options.neuron is not None
    if from_sets == from_poles:
        raise SettingError(
            expected="either --high and --low, or --poles and --neuron",
            found="both" if from_sets else "neither",
        )
    if from_poles:
        with DualNeuronDataset(options.poles) as poles:
            sets = [_images(poles, options.neuron, pole) for pole in POLES.values()]
            baseline = poles.grey_baseline
        if baseline is not None and not has_room(baseline[options.neuron]):
            warning = room_warning(baseline[options.neuron])
            yield f"neuron {options.neuron}, low images: {warning}"
    else:
        sets = [open_images(options.high), open_images(options.low)]
    model = load_dreamsim(options.cache_dir, options.device, options.dreamsim_type)
    high, low = (
        embedded_one_by_one(_seen(images, f"{pole} images"), model, options.device)
        for images, pole in zip(sets, POLES, strict=True)
    )
    axis = axis_between(high, low)
    with replacing(options.out) as temporary, temporary.open("wb") as file:
        np.save(file, axis)
    yield f"{len(high)} high and {len(low)} low images, embedded in {high.shape[1]} numbers"
    along = [f"{(rows @ axis).mean():.4f} (SD {(rows @ axis).std():.4f})" for rows in (high, low)]
    yield f"along the axis, high images are at {along[0]}, low ones at {along[1]}"
    yield f"{options.out}: a vector of length 1, from low to high"


def _images(poles: DualNeuronDataset, neuron: int, pole: str) -> list[torch.Tensor]:
    """Images of one pole of a neuron, one a seed."""
    results = poles.get_neuron_results(neuron, activation_type=pole)
    return [torch.from_numpy(result["image"]) for result in results]


def _seen(images: Sequence[object], words: str) -> Iterator[torch.Tensor]:
    """Images of a set, one by one, as guided synthesis shows them."""
    for index in progress(range(len(images)), len(images), words):
        item = images[index]
        image = item[0] if isinstance(item, tuple | list) else item
        yield shown_to_guide(image[None])[0]
