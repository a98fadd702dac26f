"""The command ``paired``."""

import argparse
from collections.abc import Iterator

from core.errors import WeightsError
from core.generators.by_name import check_name
from dualneuron.arguments import twin_options
from dualneuron.paired.neurons import open_neurons
from dualneuron.paired.run import PairedSettings, run_paired


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
    respond = open_neurons(options.area, options.neurons, **twin_options(options))
    try:
        records = run_paired(respond, options.out, settings, untrained=options.untrained)
    except WeightsError as error:
        raise error.advising(f"{error.advice}; `--generators small small` needs none") from None
    yield (
        f"{options.out}: {len(records)} neurons of {respond.twin.files.folder}, "
        f"{settings.n_blocks} blocks, generators {' and '.join(settings.generators)}"
    )
