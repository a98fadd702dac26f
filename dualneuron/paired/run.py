"""The paper's paired evolution for many neurons of a twin at once, through the one engine.

A response of 1 is 10 events/s, as the twins' authors have it, and what an optimizer learns from is
the count of spikes in 150 ms at that rate. Each neuron's evolution is a file of its own that grows
block by block; a run that is called again goes on where it stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.errors import SettingError
from core.experiments.closed_loop.start_run import with_whole_first
from core.experiments.evolution.loop import Evolution, blocks_to_do, evolve
from core.experiments.evolution.named_threads import named_thread
from core.experiments.evolution.noise import PoissonNoise
from core.experiments.evolution.paired import PairedDescription, begin_paired, neuron_file
from core.experiments.evolution.record import GENERATOR_WEIGHTS, EvolutionRecord
from core.experiments.evolution.threads import Thread
from core.files import alone_in, writable_folder
from core.generators.by_name import load_generator
from core.generators.small import SmallGenerator
from core.generators.validation import ImageGenerator
from core.progress import progress, say
from core.settings import whole
from core.statistics.masks import PAIR, stands_for
from core.threads import N_THREADS
from dualneuron.paired.responses import TwinResponses

RATE = 10.0
"""Events/s that a response of 1 means."""

WINDOW = 150.0
"""ms in which spikes are counted."""

OPTIMIZER = "CholCMA"
"""Optimizer of both threads, the paper's."""

AREAS = {"v1": "V1", "v4": "V4", "v4g": "V4"}
"""Visual area of each twin."""

N_REFERENCES, REFERENCE_SEED = 10, 1
"""Images that are shown in every block, drawn from the small generator."""


@dataclass(frozen=True)
class PairedSettings:
    """What an experiment is made of, and must be made of again to go on.

    Attributes
    ----------
    generators
        Names of two generators, thread by thread.
    n_blocks
        Blocks of every evolution.
    seed
        Of first codes, samples, spikes and order.
    population_size
        Images of a thread and block; by default the optimizer's own.
    random_weights
        Generators with random weights instead of the published ones.
    """

    generators: tuple[str, str] = ("fc6", "BigGAN")
    n_blocks: int = 30
    seed: int = 0
    population_size: int | None = None
    random_weights: bool = False

    def __post_init__(self) -> None:
        if len(self.generators) != N_THREADS:
            raise SettingError(
                path="--generators", expected="two generators", found=len(self.generators)
            )
        whole(self.n_blocks, "n_blocks", at_least=1)


def run_paired(
    respond: TwinResponses,
    out: Path,
    settings: PairedSettings,
    *,
    untrained: bool = False,
    after_block: Callable[[], None] = lambda: None,
) -> list[EvolutionRecord]:
    """Evolve images for every neuron of `respond`, all side by side.

    Parameters
    ----------
    respond
        Neurons of a twin.
    out
        Folder, made if need be.
    settings
        What the experiment is made of.
    untrained
        Whether the twin's weights are random, for what is said of it.
    after_block
        Called after every block, of all neurons together.

    Returns
    -------
    list of EvolutionRecord
        One for each neuron.

    Raises
    ------
    StateError
        If the folder holds an experiment of other settings; names the difference.
    WeightsError
        If a generator's weights cannot be had.
    """
    made = _generators(settings)
    with alone_in(writable_folder(out), say):
        begin_paired(out, _description(respond, settings, untrained))
        evolutions = [
            _evolution(respond, unit, made, out, settings) for unit in range(len(respond.neurons))
        ]
        to_do = blocks_to_do(evolutions, settings.n_blocks)
        steps = iter(progress(range(to_do), to_do, "blocks"))
        next(steps, None)

        def done() -> None:
            next(steps, None)
            after_block()

        return evolve(evolutions, respond, settings.n_blocks, after_block=done)


def _generators(settings: PairedSettings) -> list[ImageGenerator]:
    """Generators of both threads; one for both where the names are one, so that it renders once."""
    by_name = {
        name: load_generator(name, pretrained=not settings.random_weights, rng=0)
        for name in dict.fromkeys(settings.generators)
    }
    return [by_name[name] for name in settings.generators]


def _description(
    respond: TwinResponses, settings: PairedSettings, untrained: bool
) -> PairedDescription:
    spaces = tuple(
        name if name == role and not settings.random_weights else stands_for(role, name)
        for role, name in zip(PAIR, settings.generators, strict=True)
    )
    notice = twin_notice(untrained)
    if spaces != PAIR:
        weights = "random " * settings.random_weights
        names = "/".join(dict.fromkeys(settings.generators))
        notice += f"; {weights}{names} for DeePSim and BigGAN"
    name = respond.twin.name
    return PairedDescription(respond.twin.files.folder, AREAS[name], spaces, settings.seed, notice)


def twin_notice(untrained: bool) -> str:
    """What every figure says of a twin's neurons.

    Examples
    --------
    >>> twin_notice(True)
    'DIGITAL TWINS, untrained – not recordings'
    """
    return f"DIGITAL TWINS{', untrained' * untrained} – not recordings"


def _evolution(
    respond: TwinResponses,
    unit: int,
    generators: Sequence[ImageGenerator],
    out: Path,
    settings: PairedSettings,
) -> Evolution:
    neuron = int(respond.neurons[unit])
    name = f"{respond.twin.files.folder} {neuron}"
    return Evolution(
        path=neuron_file(out, neuron),
        unit=name,
        threads=[_thread(number, generators, name, settings) for number in range(N_THREADS)],
        noise=PoissonNoise(window=WINDOW, scale=RATE),
        references=shown_references(),
        seed=settings.seed,
        notes={
            "neuron": neuron,
            "grey rate": round(RATE * respond.grey(unit), 4),
            GENERATOR_WEIGHTS: "random" if settings.random_weights else "published",
        },
    )


def _thread(
    number: int, generators: Sequence[ImageGenerator], unit: str, settings: PairedSettings
) -> Thread:
    thread = named_thread(
        settings.generators,
        number,
        generators,
        OPTIMIZER,
        unit=unit,
        seed=settings.seed,
        n_blocks=settings.n_blocks,
        population_size=settings.population_size,
    )
    return with_whole_first(thread)


def shown_references() -> torch.Tensor:
    """Images that are shown in every block, (10, 3, 64, 64) in [0, 1]; the same everywhere."""
    rng = np.random.default_rng(REFERENCE_SEED)
    made = SmallGenerator()
    with torch.no_grad():
        return made.visualize(2 * made.sample(N_REFERENCES, rng=rng))
