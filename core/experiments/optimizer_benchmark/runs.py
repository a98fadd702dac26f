"""One run of an optimizer, for a unit of a network or on scores of noise, as a row of numbers.

These are the tasks of the optimizer benchmark. Scores are activations; generations are counted from
0; where the published analysis took something else, that stands beside it under ``legacy_``.
"""

import json
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from core.computing.array_backend import to_host
from core.experiments.optimizer_benchmark.trajectory_geometry import (
    cosine_fits,
    covariance_summary,
    mean_angle,
    mean_coordinate_std,
    mean_norm,
    norm_growth,
    principal_components,
)
from core.files import scratch
from core.optimizers.presets import POPULATION, make_optimizer
from core.optimizers.protocol import Optimizer
from core.sweep import Row

if TYPE_CHECKING:
    from core.experiments.evolution.record import ThreadRecord

FIRST_COMPONENTS = 10
"""Number of the first components whose share of the variance is recorded."""

FITTED_COMPONENTS = (1, 2, 5, 10, 20)
"""Components to which a cosine is fitted, 1-based."""

GENERATORS = ("fc6", "small")


def unit_run(
    *,
    network: str,
    layer: str,
    unit: list[int],
    noise: float,
    optimizer: str,
    repeat: int,
    generator: str,
    pixels: int | None,
    n_generations: int,
    budget: int,
    seed: int,
    device: str | None = None,
) -> Row:
    """Evolve codes for one unit, images from the generator straight to the network.

    Parameters
    ----------
    network, layer, unit
        Unit: channel, or channel, row and column.
    noise
        Level of the multiplicative noise that the optimizer sees.
    optimizer
        See `make_optimizer`.
    repeat, seed
        Number of the run, and what all random numbers of the sweep derive from.
    generator
        A name of `GENERATORS`.
    pixels
        Size of the images that the network sees; None is its own.
    n_generations, budget
        Length of a run, and images that count in `best_clean` and `best_noisy`, so that optimizers
        with larger populations have no more of them.
    device
        By default a GPU where there is one.

    Returns
    -------
    dict
        ``best_clean``, ``best_noisy``: best score without noise and as seen, within the budget;
        ``legacy_best_clean``: of the whole run. ``final_mean_clean``: score of the mean of the last
        generation. ``code_norm``, ``legacy_code_norm``: mean norm of the last generation, and of
        the next one, which is not shown. ``best_code_norm``; ``n_evaluations``; ``seconds``.
        ``mean_clean``, ``angle``: score and angle in degrees, by generation. SHA-256 of the
        weights, versions as JSON, and what `trajectory_row` and `covariance_row` say.
    """
    from core.computing.checksums import checksum
    from core.experiments.evolution.loop import Evolution, evolve
    from core.experiments.evolution.threads import Thread
    from core.probing.unit_responses import UnitResponses, unit_label

    images_of = _generator(generator, device)
    scorer = _scorer(network, pixels, device)
    respond = UnitResponses(scorer, [(layer, *unit)])
    name = unit_label(network, layer, unit)
    rng = _random(seed, f"{name} {noise} {optimizer}", repeat)
    searcher = make_optimizer(
        optimizer,
        images_of.latent_dim,
        n_generations=n_generations,
        budget=budget,
        random_seed=rng,
    )
    thread = Thread(generator, images_of, searcher)
    noise_seed = int(rng.integers(2**31))
    with scratch() as folder:
        evolution = Evolution(folder / "run.h5", name, [thread], noise, seed=noise_seed)
        start = time.perf_counter()
        (record,) = evolve([evolution], respond, n_generations)
        seconds = time.perf_counter() - start
    (shown,) = record.threads
    last_mean = shown.codes[shown.generations == n_generations - 1].mean(axis=0)
    final_mean = images_of.images(last_mean[None])
    return {
        **_thread_row(shown, budget),
        "final_mean_clean": float(respond(final_mean, np.zeros(1, dtype=int))[0]),
        "legacy_code_norm": mean_norm(to_host(searcher.population)),
        "seconds": seconds,
        **covariance_row(searcher),
        "network_weights": checksum(scorer.model),
        "generator_weights": checksum(images_of),
        "versions": json.dumps(record.versions),
    }


def _thread_row(shown: "ThreadRecord", budget: int) -> Row:
    """What follows from the codes and scores alone."""
    counted = slice(0, budget)
    best = int(np.argmax(shown.scores_clean[counted]))
    borders = np.flatnonzero(np.diff(shown.generations)) + 1
    populations = np.split(shown.codes, borders)
    return {
        "best_clean": float(shown.scores_clean[best]),
        "best_noisy": float(shown.scores[counted].max()),
        "legacy_best_clean": float(shown.scores_clean.max()),
        "code_norm": mean_norm(populations[-1]),
        "best_code_norm": float(np.linalg.norm(shown.codes[best])),
        "n_evaluations": len(shown.scores),
        "mean_clean": [scores.mean() for scores in np.split(shown.scores_clean, borders)],
        "angle": [mean_angle(codes) for codes in populations],
        **trajectory_row(np.array([codes.mean(axis=0) for codes in populations])),
    }


def noise_driven_run(
    *, optimizer: str, repeat: int, seed: int, n_generations: int = 75, space_dimen: int = 4096
) -> Row:
    """Let an optimizer follow scores that are standard normal numbers; no images are made.

    Parameters
    ----------
    optimizer
        See `make_optimizer`.
    repeat, seed
        As of `unit_run`.
    n_generations, space_dimen
        Length of the run, and of a code.

    Returns
    -------
    dict
        By generation: ``angle`` (degrees) and ``std`` of the codes shown; ``sigma`` with which they
        were drawn, and one more. ``code_norm``, ``legacy_code_norm`` as of `unit_run`;
        ``seconds``; and what `trajectory_row` and `covariance_row` say.
    """
    rng = _random(seed, f"noise {optimizer}", repeat)
    budget = n_generations * POPULATION
    searcher = make_optimizer(
        optimizer, space_dimen, n_generations=n_generations, budget=budget, random_seed=rng
    )
    codes = searcher.get_init_pop()
    means, angles, stds, sigmas = [], [], [], [getattr(searcher, "sigma", np.nan)]
    start = time.perf_counter()
    for _ in range(n_generations):
        shown = codes
        means.append(shown.mean(axis=0))
        angles.append(mean_angle(shown))
        stds.append(mean_coordinate_std(shown))
        codes = searcher.step(rng.standard_normal(len(shown)), shown)
        sigmas.append(getattr(searcher, "sigma", np.nan))
    seconds = time.perf_counter() - start
    return {
        "angle": angles,
        "std": stds,
        "sigma": sigmas,
        "code_norm": mean_norm(shown),
        "legacy_code_norm": mean_norm(codes),
        "seconds": seconds,
        **trajectory_row(np.array(means)),
        **covariance_row(searcher),
    }


def trajectory_row(mean_codes: np.ndarray) -> Row:
    """Geometry of the mean codes (T, D).

    Returns
    -------
    dict
        ``norm2``, the squared norm by generation, its ``norm2_slope`` and ``norm2_r2``, and
        ``mean_code_norm``, that of the last one; ``explained_{k}`` and
        ``cumulative_{k}`` of the first components; ``r2_fitted_{k}``, ``r2_fixed_{k}`` and
        ``omega_{k}`` of cosines, k of `FITTED_COMPONENTS`.
    """
    slope, r2 = norm_growth(mean_codes)
    row = {
        "mean_code_norm": float(np.linalg.norm(mean_codes[-1])),
        "norm2": list(np.square(mean_codes).sum(axis=1)),
        "norm2_slope": slope,
        "norm2_r2": r2,
    }
    components = principal_components(mean_codes)
    n = len(components.explained)
    cumulative = np.cumsum(components.explained)
    for k in range(1, min(FIRST_COMPONENTS, n) + 1):
        row[f"explained_{k}"] = float(components.explained[k - 1])
        row[f"cumulative_{k}"] = float(cumulative[k - 1])
    for fit in cosine_fits(components, [k for k in FITTED_COMPONENTS if k <= n]).itertuples():
        row[f"r2_fitted_{fit.PCi}"] = fit.Rcorr
        row[f"r2_fixed_{fit.PCi}"] = fit.Rcorr_init
        row[f"omega_{fit.PCi}"] = fit.omega
    return row


def covariance_row(optimizer: Optimizer) -> Row:
    """`covariance_summary` of an optimizer that has a covariance; nothing of others."""
    if not hasattr(optimizer, "covariance_eigenvalues"):
        return {}
    return covariance_summary(optimizer.covariance_eigenvalues())


def _random(seed: int, words: str, repeat: int) -> np.random.Generator:
    """Differs between all runs of a sweep, and is the same whenever one is run again."""
    return np.random.default_rng([seed, repeat, *words.encode()])


@lru_cache(maxsize=2)
def _scorer(network: str, pixels: int | None, device: str | None) -> Any:
    from core.probing.scorer import Scorer

    return Scorer(network, size=pixels, device=device)


@lru_cache(maxsize=2)
def _generator(name: str, device: str | None) -> Any:
    from core.generators.by_name import load_generator

    return load_generator(name, device=device)
