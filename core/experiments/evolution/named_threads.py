"""Threads of an evolution from the names of a generator and an optimizer, as commands take them."""

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from core.errors import SettingError
from core.experiments.evolution.threads import Thread
from core.generators.protocol import Generator
from core.generators.start_codes import start_code
from core.geometry.averages import load_average
from core.optimizers.presets import BENCHMARK, make_optimizer, names_of
from core.spaces import CODE_LENGTHS, HESSIAN_ARRAYS, HESSIAN_FILES


def named_thread(
    generators: Sequence[str],
    number: int,
    generator: Generator,
    label: str,
    *,
    unit: str,
    seed: int,
    n_blocks: int,
    population_size: int | None = None,
    hessians: Path | None = None,
) -> Thread:
    """A thread whose samples follow from the seed, the unit and the thread's number.

    Parameters
    ----------
    generators
        Names of the generators of all threads.
    number
        Number of this thread, 0-based.
    generator
        Generator of this thread.
    label
        Optimizer: of a generator with presets (fc6, BigGAN) one of them, or one of the benchmark.
    unit
        Name of the unit.
    seed
        Seed of the evolution.
    n_blocks
        Generations that a schedule plans with.
    population_size
        Codes of a generation; by default the optimizer's own.
    hessians
        Folder of the average Hessians, for labels that begin with Hess.

    Returns
    -------
    Thread

    Raises
    ------
    SettingError
        If the optimizer is not one of this generator's, or there are no Hessians.
    """
    kind = generators[number]
    presets = names_of(kind) if kind in CODE_LENGTHS else []
    known = (*presets, *BENCHMARK)
    if label not in known:
        raise SettingError(
            path="--optimizer", expected=f"for {kind} one of {', '.join(known)}", found=f"{label!r}"
        )
    of_start, of_samples = (
        np.random.default_rng([seed, crc32(unit.encode()), number, purpose]) for purpose in (0, 1)
    )
    name = kind if list(generators).count(kind) == 1 else f"{kind}-{number}"
    if label in BENCHMARK:
        optimizer = make_optimizer(
            label,
            generator.latent_dim,
            n_generations=n_blocks,
            population_size=population_size,
            random_seed=of_samples,
        )
        return Thread(name, generator, optimizer)
    start = start_code(kind, of_start)
    optimizer = make_optimizer(
        f"{kind}/{label}",
        generator.latent_dim,
        init_code=start,
        hessian=_hessian(kind, label, hessians),
        population_size=population_size,
        random_seed=of_samples,
    )
    return Thread(name, generator, optimizer, start)


def _hessian(kind: str, label: str, hessians: Path | None) -> dict | None:
    if not label.startswith("Hess"):
        return None
    if hessians is None:
        raise SettingError(
            path=label, expected=f"a folder with {HESSIAN_FILES[kind]} as --hessians", found="none"
        )
    is_class = label.endswith("_class")
    metric = load_average(hessians, kind, part="class" if is_class else None)
    values, vectors = HESSIAN_ARRAYS[f"{kind} class" if is_class else kind]
    return {values: metric.eigenvalues, vectors: metric.eigenvectors}
