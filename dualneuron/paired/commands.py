"""The command ``paired``."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.errors import SettingError, WeightsError
from core.generators.by_name import check_name
from dualneuron.files import load_correlations, load_mask, twin_files
from dualneuron.paired.responses import TwinResponses
from dualneuron.paired.run import PairedSettings, run_paired
from dualneuron.twins.nets import TWIN_MAKERS

PREDICTED = 0.4
"""Correlation that a neuron's prediction must pass to be chosen, the companion paper's."""


def evolve_paired(options: argparse.Namespace) -> Iterator[str]:
    """Evolve for neurons of a twin.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    for name in options.generators:
        check_name(name, "--generators")
    settings = PairedSettings(
        generators=tuple(options.generators),
        n_blocks=options.blocks,
        seed=options.seed,
        random_weights=options.random_weights,
    )
    respond = opened_twin(options)
    try:
        records = run_paired(respond, options.out, settings, untrained=options.untrained)
    except WeightsError as error:
        raise error.advising(f"{error.advice}; `--generators small small` needs none") from None
    yield (
        f"{options.out}: {len(records)} neurons of {respond.twin.files.folder}, "
        f"{settings.n_blocks} blocks, generators {' and '.join(settings.generators)}"
    )


def opened_twin(options: argparse.Namespace) -> TwinResponses:
    """Neurons of the twin that options name, centred, with the mask that goes with its weights.

    Parameters
    ----------
    options
        Of the command line: those of `chosen_neurons`, `one_member` and `device`.

    Raises
    ------
    SettingError
        If there are no such neurons.
    WeightsError
        If its weights cannot be had.
    """
    neurons = chosen_neurons(
        options.area, options.neurons, untrained=options.untrained, data_dir=options.data_dir
    )
    twin = TWIN_MAKERS[options.area](
        ensemble=not options.one_member,
        centered=True,
        untrained=options.untrained,
        data_dir=options.data_dir,
        device=options.device,
    )
    mask = None if options.untrained else load_mask(options.area, data_dir=options.data_dir)
    return TwinResponses(twin, neurons, mask)


def chosen_neurons(
    area: str, neurons: int | list[int], *, untrained: bool = False, data_dir: Path | None = None
) -> list[int]:
    """Ids that are named, or a number of them spread evenly over those that are predicted well.

    Parameters
    ----------
    area
        Short name of the twin.
    neurons
        A number or ids.
    untrained
        Whether the twin's weights are random, in which case all neurons count.
    data_dir
        Folder of the twins' files as published, looked at first.

    Raises
    ------
    SettingError
        If there are not so many.
    """
    if not isinstance(neurons, int):
        return list(neurons)
    known = list(range(twin_files(area).n_neurons))
    if not untrained:
        correlations = load_correlations(area, data_dir=data_dir)
        known = [n for n in known if correlations[n] > PREDICTED]
    if neurons < 1 or neurons > len(known):
        raise SettingError(path="--neurons", expected=f"1 to {len(known)} neurons", found=neurons)
    return [known[i * len(known) // neurons] for i in range(neurons)]
