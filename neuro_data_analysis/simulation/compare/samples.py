"""Both kinds of recordings in one form: block averages and the number of trials behind them."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.explorer.averages import BlockAverages, Rates
from core.explorer.trials import trial_counts
from core.parallel import ordered_map
from core.progress import progress
from core.statistics.windows import EVOKED, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.trajectories import (
    complete_blocks,
    psth_trajectory,
    response_trajectory,
    sem,
)
from neuro_data_analysis.recordings.naming import animal_and_date
from neuro_data_analysis.simulation.evolution import SimulatedEvolution
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.simulator import Simulator


class Measured(NamedTuple):
    """One experiment: its averages, and the trials in every block, (n_blocks, 2)."""

    averages: BlockAverages
    trials: np.ndarray


def real_sample(experiments: Iterable[BlockAverages]) -> list[Measured]:
    """The explorer's experiments; their numbers of trials are derived.

    Examples
    --------
    >>> real_sample([])
    []
    """
    return [Measured(averages, trial_counts(averages).n) for averages in experiments]


def simulated_sample(
    seed: int, chosen: list[int], n_jobs: int = 2, parameters: Parameters | None = None
) -> list[Measured]:
    """Simulated experiments, reduced to averages one by one; nothing is written.

    Parameters
    ----------
    seed
        Seed of the world and, with the experiment's number, of every experiment.
    chosen
        Numbers of the experiments (Expi).
    n_jobs
        Processes.
    parameters
        Constants of the model.
    """
    simulator = Simulator(seed, parameters or Parameters(), Path())
    measured = ordered_map(partial(_simulated, simulator), chosen, n_jobs)
    return list(progress(measured, len(chosen), "simulated experiments"))


def averages_of(evolution: SimulatedEvolution) -> Measured:
    """What the explorer would hold of a simulated evolution, before rounding."""
    descriptor = evolution.descriptor
    psth = [[block[k].psth.T for block in evolution.blocks] for k in range(N_THREADS)]
    psth = complete_blocks(psth)
    reference = [
        [window_rate(block[k].ref_psth, EVOKED, axis=1) for k in range(N_THREADS)]
        for block in evolution.blocks[: len(psth[0])]
    ]
    rates = response_trajectory(psth)
    averages = BlockAverages(
        expi=descriptor.Expi,
        animal=descriptor.animal,
        date=animal_and_date(descriptor.scheduled_name, "")[1],
        pref_chan=descriptor.channel,
        unit=descriptor.unit,
        area=descriptor.area,
        spaces=descriptor.spaces,
        imgsize=(descriptor.size, descriptor.size),
        imgpos=(descriptor.position, descriptor.position),
        evoked=Rates(rates.mean, rates.sem),
        reference=Rates(
            np.array([[of.mean() if len(of) else np.nan for of in block] for block in reference]),
            np.array([[sem(of) for of in block] for block in reference]),
        ),
        psth=Rates(*psth_trajectory(psth)),
    )
    return Measured(averages, np.array([[b.shape[1] for b in thread] for thread in psth]).T)


def _simulated(simulator: Simulator, expi: int) -> Measured:
    return averages_of(simulator.evolution(expi))
