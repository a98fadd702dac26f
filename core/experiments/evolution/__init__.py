"""Evolutions of images, single or paired, in one file that can be read while they run."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "experiment_evolution": ["ExperimentEvolution"],
        "figures": ["save_figures"],
        "loop": ["Evolution", "Respond", "evolve"],
        "noise": ["PoissonNoise"],
        "record": ["EvolutionRecord", "read_evolution"],
        "threads": ["Thread", "Turns"],
    },
)
