"""Threads of an evolution from the names of a generator and an optimizer, as commands take them."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from zlib import crc32

import numpy as np

from core.errors import SettingError
from core.experiments.evolution.threads import Thread
from core.generators.start_codes import first_sigma, sampled_codes, start_code
from core.generators.validation import ImageGenerator
from core.geometry.averages import load_average
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.mirrored import MirroredES
from core.optimizers.presets import BENCHMARK, make_optimizer, names_of
from core.own_parts import is_own
from core.spaces import CODE_LENGTHS, HESSIAN_ARRAYS, HESSIAN_FILES

PLAIN = ("CholCMA", "MirroredES")
"""Labels for generators that have no published presets: `CholeskyCMAES`, and that for counts."""


def named_thread(
    kinds: Sequence[str],
    number: int,
    generators: Sequence[ImageGenerator],
    label: str,
    *,
    unit: str,
    seed: int,
    n_blocks: int,
    population_size: int | None = None,
    sigma: float | None = None,
    hessians: Path | None = None,
) -> Thread:
    """A thread whose samples follow from the seed, the unit and the thread's number.

    Parameters
    ----------
    kinds
        Names of the generators of all threads, or ``module:factory``.
    number
        Number of this thread, 0-based.
    generators
        The generators of all threads.
    label
        Optimizer: of a generator with presets (fc6, BigGAN) one of them, of others `PLAIN`, or one
        of the benchmark.
    unit
        Name of the unit.
    seed
        Seed of the evolution.
    n_blocks
        Generations that a schedule plans with.
    population_size
        Codes of a generation; by default the optimizer's own.
    sigma
        Step size of `PLAIN` at first; by default 0.3 times the spread of the generator's codes.
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
    kind, generator = kinds[number], generators[number]
    has_presets = kind in CODE_LENGTHS
    known = (*(names_of(kind) if has_presets else PLAIN), *BENCHMARK)
    if label not in known:
        raise SettingError(
            path="--optimizer", expected=f"for {kind} one of {', '.join(known)}", found=f"{label!r}"
        )
    of_start, of_samples = (
        np.random.default_rng([seed, crc32(unit.encode()), number, purpose]) for purpose in (0, 1)
    )
    names = [
        type(made).__name__ if is_own(name) else name
        for name, made in zip(kinds, generators, strict=True)
    ]
    name = names[number] if names.count(names[number]) == 1 else f"{names[number]}-{number}"
    n_code = prod(generator.latent_shape)
    if label in BENCHMARK:
        optimizer = make_optimizer(
            label,
            n_code,
            n_generations=n_blocks,
            population_size=population_size,
            random_seed=of_samples,
        )
        return Thread(name, generator, optimizer)
    if not has_presets:
        start = sampled_codes(generator, 1, int(of_start.integers(2**31)))
        sigma = first_sigma(generator) if sigma is None else sigma
        plain = {"CholCMA": CholeskyCMAES, "MirroredES": MirroredES}[label]
        optimizer = plain(n_code, population_size, sigma, start, random_seed=of_samples)
        return Thread(name, generator, optimizer, start)
    start = start_code(kind, of_start)
    optimizer = make_optimizer(
        f"{kind}/{label}",
        n_code,
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
