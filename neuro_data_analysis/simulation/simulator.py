"""Simulating one experiment at a time, in whichever process."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from neuro_data_analysis.simulation.descriptors import Descriptor, descriptors
from neuro_data_analysis.simulation.evolution import SimulatedEvolution, simulate_evolution
from neuro_data_analysis.simulation.formatted_files import write_formatted
from neuro_data_analysis.simulation.linearity import simulate_linearity
from neuro_data_analysis.simulation.parameters import Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles, site_quantiles
from neuro_data_analysis.simulation.record import TrialRecord, make_record
from neuro_data_analysis.simulation.similarity import ReadoutNetwork, make_network, similarities
from neuro_data_analysis.simulation.tables import write_linearity
from neuro_data_analysis.simulation.tuning import (
    TuningSchedule,
    formatted_evolution,
    schedules,
    simulate_tuning,
)
from neuro_data_analysis.simulation.world import World, make_world


@dataclass(frozen=True)
class Simulator:
    """One simulated world; small to send to another process, which makes the world once.

    Attributes
    ----------
    seed
        Seed of the world and, with the experiment's number, of every experiment.
    parameters
        Constants of the model.
    formatted
        Folder of the formatted files.
    """

    seed: int
    parameters: Parameters
    formatted: Path

    @property
    def world(self) -> World:
        """Both generators, the same for all experiments."""
        return _world(self.seed, self.parameters)

    @property
    def network(self) -> ReadoutNetwork:
        """The network that prototypes are compared in."""
        return _network(self.seed)

    def evolution(self, expi: int) -> SimulatedEvolution:
        """One experiment of the data set, of which nothing is written."""
        return self._evolution(descriptors()[expi], _generator(self.seed, 1, expi))

    def paired_evolution(self, expi: int) -> tuple[TrialRecord, dict[str, float]]:
        """An experiment and its similarities; the tuning recordings after it are written."""
        rng = _generator(self.seed, 1, expi)
        evolution = self._evolution(descriptors()[expi], rng)
        record = make_record(evolution, rng)
        for schedule in schedules():
            if schedule.evolution.Expi == expi:
                self._write_tuning(schedule, evolution, _generator(self.seed, 2, schedule.index))
        return record, similarities(evolution, self.network, _generator(self.seed, 3, expi))

    def outside_evolution(self, index: int) -> None:
        """Write a tuning recording whose evolution is outside the paired data set, and that one."""
        schedule, rng = schedules()[index], _generator(self.seed, 2, index)
        evolution = self._evolution(schedule.evolution, rng)
        record = make_record(evolution, rng)
        write_formatted(self.formatted, formatted_evolution(record, self.parameters, rng))
        self._write_tuning(schedule, evolution, rng)

    def linearity(self, folder: Path) -> None:
        """Write the regressions of network units on codes into a folder."""
        tables = simulate_linearity(self.world, _generator(self.seed, 4), self.parameters)
        write_linearity(folder, tables)

    def _evolution(self, descriptor: Descriptor, rng: np.random.Generator) -> SimulatedEvolution:
        quantiles = _quantiles(self.seed)[descriptor.scheduled_name]
        return simulate_evolution(descriptor, self.world, self.parameters, quantiles, rng)

    def _write_tuning(
        self, schedule: TuningSchedule, evolution: SimulatedEvolution, rng: np.random.Generator
    ) -> None:
        recording = simulate_tuning(schedule, evolution, self.world, self.parameters, rng)
        write_formatted(self.formatted, recording, schedule.has_unit_numbers)


def _generator(seed: int, *spawn_key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


@cache
def _quantiles(seed: int) -> dict[str, SiteQuantiles]:
    """Those of the data set and of the evolutions outside of it."""
    outside = (schedule.evolution for schedule in schedules() if schedule.evolution.Expi is None)
    return site_quantiles([*descriptors().values(), *outside], _generator(seed, 5))


_world = cache(make_world)
_network = cache(make_network)
