"""Where the axes of `axis_tuning` cross: one code for all neurons, or one evolved for each."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import PromiseError, SettingError
from core.files import writable_folder
from core.generators.biggan import BigGAN
from core.generators.by_name import check_name, load_generator
from core.generators.protocol import Generator
from core.geometry.at_code import metric_tensor
from core.geometry.averages import PARTS
from core.geometry.commands import WHOLE_UP_TO
from core.geometry.distances import FeatureDistance
from core.geometry.leading import leading_metric
from core.geometry.metric import name_of
from core.geometry.stimuli import AXES, AxisImages, stimulus_set
from core.progress import progress
from dualneuron.arguments import twin_options
from dualneuron.landscape.axis_tuning import AxisTuning, joined, scaled_targets, tuning_along_axes
from dualneuron.landscape.paired_folder import mean_code, open_evolved
from dualneuron.paired.neurons import open_neurons
from dualneuron.paired.run import twin_notice

AREA, N_NEURONS, GENERATOR = "v1", 40, "small"
"""Twin, number of its neurons and generator where nothing is said."""

OF_A_FOLDER = ("generator", "random_weights", "one_member", "untrained")
"""Options of which a folder of evolutions decides."""


def around_one_code(
    options: argparse.Namespace, distance: FeatureDistance
) -> tuple[str, AxisTuning]:
    """Tuning of all neurons around one random code: the same images are shown to all.

    The folder ``options.out`` is made when all options are known to be good, before the work.

    Parameters
    ----------
    options
        Of the command line.
    distance
        Of the metric.

    Returns
    -------
    notice, tuning
        What the neurons and the centre are, in words; and how they are tuned.

    Raises
    ------
    SettingError, PromiseError
        If an option is not good, or ``options.out`` cannot be written.
    WeightsError
        If a file of the twin or the generator cannot be had.
    """
    name = options.generator or GENERATOR
    check_name(name, "--generator")
    respond = open_neurons(
        options.area or AREA,
        N_NEURONS if options.neurons is None else options.neurons,
        **twin_options(options),
    )
    generator = load_generator(
        name, pretrained=not options.random_weights, device=options.device, rng=0
    )
    axes = _chosen_axes(options, generator)
    writable_folder(options.out)
    code = generator.sample(1, rng=options.seed).flatten().double().cpu().numpy()
    sets = _sets(options, generator, code, distance, axes)
    neurons = respond.neurons.tolist()
    found = tuning_along_axes(
        respond.of_all, neurons, generator, sets, options.repeats, options.seed
    )
    weights = "random " * options.random_weights
    centre = f"around a random code of {weights}{name}"
    return f"{twin_notice(options.untrained)}; {centre}", found


def around_evolved(
    options: argparse.Namespace, distance: FeatureDistance
) -> tuple[str, AxisTuning]:
    """Tuning of each neuron around the mean code of the best block of its own evolution.

    Parameters
    ----------
    options
        Of the command line.
    distance
        Of the metric.

    Returns
    -------
    notice, tuning
        As `around_one_code` returns them; the folder is made alike.

    Raises
    ------
    SettingError
        If a number of neurons is given, not ids, another area than the folder's, or an option of
        which the folder decides; or for the reasons of `around_one_code`.
    """
    given = [name for name in OF_A_FOLDER if getattr(options, name)]
    if given:
        raise SettingError(
            expected="--evolved, whose folder names twin and generator, alone",
            found=f"--{given[0].replace('_', '-')} beside it",
        )
    if isinstance(options.neurons, int):
        raise SettingError(
            path="--neurons", expected="ids of a folder's neurons, as in 3,7", found=options.neurons
        )
    evolved = open_evolved(
        options.evolved, options.neurons, data_dir=options.data_dir, device=options.device
    )
    twin = evolved.respond.twin.name
    if options.area not in (None, twin):
        raise SettingError(path="--area", expected=f"{twin}, the folder's", found=options.area)
    generator = evolved.generators[options.thread]
    axes = _chosen_axes(options, generator)
    writable_folder(options.out)
    parts = []
    for unit in progress(range(len(evolved.neurons)), len(evolved.neurons), "neurons"):
        code = mean_code(evolved.records[unit].threads[options.thread])
        sets = _sets(options, generator, code, distance, axes)
        neuron = evolved.respond.alone(unit)
        ids = neuron.neurons.tolist()
        parts.append(
            tuning_along_axes(neuron.of_all, ids, generator, sets, options.repeats, options.seed)
        )
    space = evolved.described.spaces[options.thread]
    return f"{evolved.described.notice}; around codes evolved in {space}", joined(parts)


@dataclass(frozen=True)
class _Axes:
    """Parts of a code, and ranks of the axes of each."""

    parts: Mapping[str, slice]
    ranks: Mapping[str, Sequence[int]]


def _chosen_axes(options: argparse.Namespace, generator: Generator) -> _Axes:
    """Axes to show; what cannot be is refused before anything is computed."""
    if not isinstance(generator, Generator):
        raise PromiseError(
            path=type(generator).__name__,
            expected="a child of core.generators.Generator, of which there are derivatives",
            found="another generator",
        )
    parts = PARTS if isinstance(generator, BigGAN) else {"class": slice(0, generator.latent_dim)}
    ranks = {space: options.ranks or AXES[space] for space in parts}
    for space, some in ranks.items():
        n_axes = parts[space].stop - parts[space].start
        if len(set(some)) < max(2, len(some)):
            raise SettingError(
                path="--ranks", expected="at least two different ranks", found=options.ranks
            )
        if not all(0 <= rank < n_axes for rank in some):
            raise SettingError(
                path="--ranks",
                expected=f"ranks from 0 to {n_axes - 1}, of the axes of {name_of(generator)}",
                found=", ".join(map(str, some)),
            )
    return _Axes(parts, ranks)


def _sets(
    options: argparse.Namespace,
    generator: Generator,
    code: np.ndarray,
    distance: FeatureDistance,
    axes: _Axes,
) -> list[AxisImages]:
    if generator.latent_dim <= WHOLE_UP_TO:
        metric = metric_tensor(generator, code, distance)
    else:
        n_axes = 1 + max(map(max, axes.ranks.values()))
        metric = leading_metric(generator, code, distance, n_axes, rng=options.seed)
    targets = scaled_targets(generator, distance, options.seed)
    return stimulus_set(
        generator, code, distance, axes=axes.ranks, parts=axes.parts, targets=targets, metric=metric
    )
