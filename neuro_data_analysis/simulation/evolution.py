"""The closed loop: blocks of images are shown, spikes drawn, and both optimizers learn from them.

Model: docs/simulation.md.
"""

from dataclasses import dataclass

import numpy as np

from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.cma_constants import default_population
from core.statistics.windows import window_rate
from neuro_data_analysis.simulation.descriptors import (
    COMPLETE,
    Descriptor,
    draw_n_blocks,
    fc6_population,
)
from neuro_data_analysis.simulation.drift import draw_drift
from neuro_data_analysis.simulation.parameters import N_GROUP, Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles
from neuro_data_analysis.simulation.site import Site, draw_site
from neuro_data_analysis.simulation.spikes import simulated_psth
from neuro_data_analysis.simulation.world import GROUPS, FeatureGenerator, World


@dataclass(frozen=True)
class ShownTrials:
    """One thread's images in one block.

    `images` (n_trials,) are 0-based numbers of evolved images in the population, one per trial, and
    `references` (n_trials,) of reference images; the PSTHs are (n_trials, 200) float32, events/s.
    `mean_code` (n_code,) and `mean_features` (12,) by group are those of the population.
    """

    population: int
    mean_code: np.ndarray
    mean_features: dict[str, np.ndarray]
    images: np.ndarray
    psth: np.ndarray
    references: np.ndarray
    ref_psth: np.ndarray


@dataclass(frozen=True)
class SimulatedEvolution:
    """A simulated experiment: ``blocks[block][thread]`` and the site that responded.

    `references` (n_references, 12) by group are the features of the natural images.
    """

    descriptor: Descriptor
    site: Site
    references: dict[str, np.ndarray]
    blocks: list[tuple[ShownTrials, ShownTrials]]


class SimulatedThread:
    """One generator with its optimizer; some spaces move only a part of the code."""

    def __init__(
        self,
        space_name: str,
        population: int | None,
        world: World,
        parameters: Parameters,
        rng: np.random.Generator,
    ):
        texture = space_name == "fc6"
        self.generator: FeatureGenerator = world.texture if texture else world.object
        self.from_texture = texture
        space = self.generator.space
        self._fixed = self.generator.origin + rng.normal(0, space.jitter_sd, space.n_code)
        self._moving = slice(space.n_code // 2 if space_name == "BigGAN_class" else 0, None)
        start = self._fixed[self._moving]
        n_moving = len(start)
        self.codes = start + space.init_sigma * rng.standard_normal(
            (parameters.n_founders, n_moving)
        )
        self._optimizer = CholeskyCMAES(
            n_moving,
            population_size=population or default_population(n_moving),
            init_sigma=space.init_sigma,
            Aupdate_freq=parameters.update_every,
            adapt=not texture,
            random_seed=rng,
        )

    def full_codes(self) -> np.ndarray:
        """The current population with the part of the code that does not move."""
        if self._moving.start == 0:
            return self.codes
        codes = np.tile(self._fixed, (len(self.codes), 1))
        codes[:, self._moving] = self.codes
        return codes

    def learn(self, scores: np.ndarray) -> None:
        """Replace the population; a NaN score is an image that was not shown."""
        self.codes = self._optimizer.step(scores, self.codes)


def simulate_evolution(
    descriptor: Descriptor,
    world: World,
    parameters: Parameters,
    quantiles: SiteQuantiles,
    rng: np.random.Generator,
) -> SimulatedEvolution:
    """Run one paired evolution.

    Parameters
    ----------
    descriptor
        Experiment to run.
    world
        Both generators.
    parameters
        Constants of the model.
    quantiles
        Where the site stands among all.
    rng
        Generator of everything else.
    """
    site = draw_site(descriptor, world, parameters, quantiles, rng)
    small = fc6_population(descriptor, parameters)
    threads = [
        SimulatedThread(name, small if name == "fc6" else None, world, parameters, rng)
        for name in descriptor.spaces
    ]
    references = {
        group: rng.normal(0, parameters.reference_sd, (parameters.n_references, N_GROUP))
        for group in GROUPS
    }
    reference_evoked = site.evoked(site.drives(references, from_texture_generator=False))
    n_blocks = draw_n_blocks(descriptor.Expi, rng)
    partial = rng.random() < parameters.p_partial and descriptor.Expi not in COMPLETE
    drift = draw_drift(descriptor, n_blocks + partial, parameters, quantiles, rng)

    blocks = []
    for block in range(n_blocks + partial):
        choice = [
            draw_images(len(thread.codes), block, n_blocks, descriptor.Expi, parameters, rng)
            for thread in threads
        ]
        codes = [thread.full_codes() for thread in threads]
        features = [
            thread.generator.features(of) for thread, of in zip(threads, codes, strict=True)
        ]
        factors = drift.response[block] * drift.threads[block]
        evoked = [
            of_trials
            for thread, of_thread, (images, shown_references), factor in zip(
                threads, features, choice, factors, strict=True
            )
            for of_trials in (
                factor * site.evoked(site.drives(of_thread, thread.from_texture))[images],
                drift.response[block] * reference_evoked[shown_references],
            )
        ]
        baseline = site.baseline * drift.baseline[block]
        rates = np.concatenate(evoked) + baseline
        psth = simulated_psth(rates, site.trial_cv, parameters.dead_time, rng)
        parts = np.split(psth, np.cumsum([len(of_trials) for of_trials in evoked])[:-1])
        shown = tuple(
            ShownTrials(
                population=len(thread.codes),
                mean_code=codes[number].mean(axis=0),
                mean_features={group: f.mean(axis=0) for group, f in of_thread.items()},
                images=images,
                psth=parts[2 * number],
                references=shown_references,
                ref_psth=parts[2 * number + 1],
            )
            for number, (thread, of_thread, (images, shown_references)) in enumerate(
                zip(threads, features, choice, strict=True)
            )
        )
        blocks.append(shown)
        if block < n_blocks - 1:
            for thread, of_thread in zip(threads, shown, strict=True):
                thread.learn(mean_scores(of_thread))
    return SimulatedEvolution(descriptor, site, references, blocks)


def mean_scores(shown: ShownTrials) -> np.ndarray:
    """Evoked rate of every image, mean over its trials; NaN where it was not shown.

    Parameters
    ----------
    shown
        One thread's images in one block.

    Returns
    -------
    (population,)
        events/s.
    """
    evoked = window_rate(shown.psth, axis=1)
    n_trials = np.bincount(shown.images, minlength=shown.population)
    total = np.bincount(shown.images, weights=evoked, minlength=shown.population)
    return np.where(n_trials > 0, total / np.maximum(n_trials, 1), np.nan)


def draw_images(
    population: int,
    block: int,
    n_blocks: int,
    expi: int | None,
    parameters: Parameters,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Which images and references one thread shows in a block, one number per trial.

    An image may be missing or shown twice; the last block may be cut short, and a block after
    `n_blocks` holds at most 9 images.

    Parameters
    ----------
    population
        Number of images that the optimizer proposed.
    block
        0-based number of the block.
    n_blocks
        Number of complete blocks.
    expi
        Experiment; the blocks of some are all complete.
    parameters
        Constants of the model.
    rng
        Generator of the draw.

    Returns
    -------
    images, references : (n_trials,)
        0-based numbers of images in the population, and of reference images.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> images, references = draw_images(25, 30, 30, 3, Parameters(), rng)
    >>> len(images) < 10
    True
    """
    images = np.arange(population)
    if rng.random() < parameters.p_missing_image:
        images = np.delete(images, rng.integers(population))
    first = block == 0
    if rng.random() < (parameters.p_repeated_founders if first else parameters.p_repeated_image):
        n_repeated = rng.integers(1, parameters.max_repeated_founders + 1) if first else 1
        images = np.append(images, rng.choice(images, n_repeated, replace=False))
    references = np.arange(parameters.n_references)
    if block >= n_blocks:
        images = rng.permutation(images)[: rng.integers(0, 10)]
        references = rng.permutation(references)[: rng.integers(0, 5)]
    elif block == n_blocks - 1 and expi not in COMPLETE and rng.random() < parameters.p_truncated:
        images = rng.permutation(images)[: rng.integers(10, len(images) + 1)]
        references = rng.permutation(references)[: rng.integers(1, len(references) + 1)]
    return images, references
