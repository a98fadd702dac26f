"""Every optimizer of the paper's comparisons by name: one registry.

Names of the in-vivo presets begin with the code space, ``BigGAN/CholCMA``, because their sigmas are
the authors' own for either generator and must not be carried from one to the other; the others are
those of the ActMax benchmark (Wang & Ponce 2022) and of its comparison with nevergrad.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE, backend_of
from core.computing.random_source import Randomness, RandomSource
from core.errors import CodeError, MissingFileError, SettingError
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.composed import concat_wrapper, fix_param_wrapper
from core.optimizers.external import NEVERGRAD_METHODS, NevergradOptimizer, PycmaOptimizer
from core.optimizers.genetic import Genetic
from core.optimizers.hessian import HessCMAES
from core.optimizers.mirrored import MirroredES
from core.optimizers.protocol import Optimizer
from core.optimizers.sphere import SphereCMA
from core.settings import whole
from core.spaces import CODE_LENGTHS, HESSIAN_ARRAYS, HESSIAN_FILES, N_NOISE

if TYPE_CHECKING:
    import torch

NEVER = 102
"""`Aupdate_freq` under which a run of 100 generations never updates its covariance."""

POPULATION = 40
"""Codes a generation of the benchmark's optimizers."""

SPHERE_NORM = 300.0
"""Radius of the benchmark's sphere in 4096 dimensions."""

BENCHMARK = (
    *("Genetic", "CholeskyCMAES", "pycma", "pycmaDiagonal"),
    *("ZOHA_Sphere_exp", "ZOHA_Sphere_inv"),
)
"""Optimizers of the ActMax benchmark."""

MORE_UPDATES = "CholeskyCMAES_Aupdate1"
"""CholeskyCMAES with ``Aupdate_freq=1``, of which the benchmark looked at the covariance only."""


@dataclass(frozen=True)
class Start:
    """What an optimizer is made from.

    Attributes
    ----------
    code : (1, N)
        Where it starts.
    hessian
        Arrays of the generator's Hessian archive, for presets that search along its eigenvectors.
    n_generations
        Generations that a schedule may plan with.
    budget
        Images in all that a method may plan with.
    population_size
        Codes of a generation; None for what is usual.
    random_seed
        Seed or generator of the samples.
    device
        Where it computes.
    """

    code: np.ndarray
    hessian: Mapping[str, np.ndarray] | None = None
    n_generations: int = 75
    budget: int | None = None
    population_size: int | None = None
    random_seed: Randomness = None
    device: "str | torch.device | None" = field(default=NUMPY_DEVICE)

    @property
    def n(self) -> int:
        """Length of a code."""
        return self.code.shape[1]

    @property
    def population(self) -> int:
        """Codes of a generation of the benchmark's optimizers."""
        return self.population_size or POPULATION

    @property
    def options(self) -> dict[str, object]:
        """What all optimizers of this project take."""
        return {"random_seed": self.random_seed, "device": self.device}

    @property
    def noise(self) -> "Start":
        """The part of BigGAN's noise."""
        return replace(self, code=self.code[:, :N_NOISE])

    @property
    def clas(self) -> "Start":
        """The part of BigGAN's class embedding."""
        return replace(self, code=self.code[:, N_NOISE:])


def make_optimizer(
    name: str,
    space_dimen: int,
    *,
    init_code: np.ndarray | None = None,
    hessian: Mapping[str, np.ndarray] | None = None,
    n_generations: int = 75,
    budget: int | None = None,
    population_size: int | None = None,
    random_seed: Randomness = None,
    device: "str | torch.device | None" = NUMPY_DEVICE,
) -> Optimizer:
    """An optimizer by name.

    Parameters
    ----------
    name
        One of `OPTIMIZERS`.
    space_dimen
        Length N of a code. A benchmark's sphere has a radius that follows its square root, 300 for
        the 4096 values of fc6.
    init_code : (N,) or (1, N), optional
        Where a preset of a code space starts; zeros by default. The benchmark's start at zero.
    hessian
        Arrays of the generator's Hessian archive, for names with ``Hess``:
        ``np.load("H_avg_1000cls.npz")`` for BigGAN, ``np.load("Evolution_Avg_Hess.npz")`` for fc6.
    n_generations
        Generations of the sphere's schedule.
    budget
        Images that nevergrad's methods may plan with.
    population_size
        Codes of a generation (those of the sphere have one more); by default the preset's own.
    random_seed
        Seed or generator of the samples.
    device
        Where it computes; those of other packages compute with NumPy only.

    Returns
    -------
    Optimizer

    Raises
    ------
    SettingError
        If the name is not known; lists those that are.
    CodeError
        If `init_code` is not one code, or not of the preset's code space.
    MissingFileError
        If a name with ``Hess`` has no `hessian`, or it lacks an array.
    MissingPackageError
        If it is one of nevergrad, which is not installed.

    Examples
    --------
    >>> make_optimizer("ZOHA_Sphere_exp", 4096, random_seed=0).mulist.shape
    (75,)
    >>> make_optimizer("fc6/CholCMA", 4096).lambda_
    40
    >>> make_optimizer("BigGAN/CholCMA", 4096)
    Traceback (most recent call last):
    core.errors.CodeError: BigGAN/CholCMA: expected codes of 256 values, found 4096.
    """
    if name not in OPTIMIZERS:
        raise SettingError(
            path="optimizer", expected=f"one of {', '.join(OPTIMIZERS)}", found=f"{name!r}"
        )
    n = whole(space_dimen, "space_dimen", at_least=1)
    space = name.partition("/")[0]
    if space in CODE_LENGTHS and n != CODE_LENGTHS[space]:
        raise CodeError(path=name, expected=f"codes of {CODE_LENGTHS[space]} values", found=n)
    code = np.zeros((1, n)) if init_code is None else np.array(init_code, dtype=float)
    if code.shape not in ((n,), (1, n)):
        raise CodeError(path="init_code", expected=f"one code of shape (1, {n})", found=code.shape)
    if "/Hess" in name and hessian is None:
        raise MissingFileError(
            path=name, expected=f"the arrays of {HESSIAN_FILES[space]} as the Hessian", found="none"
        )
    if space in CODE_LENGTHS:
        # one generator, so that the parts of a code do not draw the same numbers
        random_seed = RandomSource(random_seed, backend_of(device)).generator
    start = Start(
        code.reshape(1, -1), hessian, n_generations, budget, population_size, random_seed, device
    )
    return OPTIMIZERS[name](start)


def names_of(space: str) -> list[str]:
    """Labels of the in-vivo presets of a code space, without its name.

    Parameters
    ----------
    space
        ``BigGAN`` or ``fc6``.

    Returns
    -------
    list of str

    Raises
    ------
    SettingError
        If there is no such code space.

    Examples
    --------
    >>> names_of("fc6")
    ['CholCMA', 'CholCMA_noA', 'HessCMA800', 'HessCMA500', 'HessCMA500_1', 'MirroredES']
    """
    if space not in CODE_LENGTHS:
        raise SettingError(
            path="GAN", expected=f"one of {', '.join(CODE_LENGTHS)}", found=f"{space!r}"
        )
    return [name.removeprefix(f"{space}/") for name in OPTIMIZERS if name.startswith(f"{space}/")]


def _cholesky(start: Start, sigma: float, update_freq: int = 10) -> CholeskyCMAES:
    return CholeskyCMAES(
        start.n,
        start.population_size,
        init_sigma=sigma,
        init_code=start.code,
        Aupdate_freq=update_freq,
        **start.options,
    )


def _hessian(
    start: Start,
    sigma: float,
    space: str,
    expon: float,
    cutoff: int | None = None,
    update_freq: int = 10,
) -> HessCMAES:
    names = HESSIAN_ARRAYS[space]
    missing = [name for name in names if name not in start.hessian]
    if missing:
        raise MissingFileError(
            path="Hdata", expected=f"the arrays {' and '.join(names)}", found=f"no {missing[0]}"
        )
    values, vectors = (np.asarray(start.hessian[name]) for name in names)
    optimizer = HessCMAES(
        start.n,
        start.population_size,
        cutoff=cutoff,
        init_sigma=sigma,
        init_code=start.code,
        Aupdate_freq=update_freq,
        **start.options,
    )
    optimizer.set_Hessian(values[::-1], vectors[:, ::-1], expon=expon)
    return optimizer


def _genetic(start: Start) -> Genetic:
    return Genetic(
        start.n,
        start.population,
        mutation_rate=0.25,
        mutation_size=0.75,
        kT_multiplier=2,
        parental_skew=0.75,
        n_conserve=start.population // 4,
        **start.options,
    )


def _benchmark_cholesky(start: Start, update_freq: int) -> CholeskyCMAES:
    zero = np.zeros(start.n)
    return CholeskyCMAES(
        start.n, start.population, 3.0, zero, Aupdate_freq=update_freq, **start.options
    )


def _mirrored(start: Start, sigma: float) -> MirroredES:
    return MirroredES(start.n, start.population, sigma, start.code, **start.options)


def _pycma(start: Start, diagonal: bool) -> PycmaOptimizer:
    return PycmaOptimizer(
        start.n, start.population, random_seed=start.random_seed, diagonal=diagonal
    )


def _sphere(start: Start, schedule: str) -> SphereCMA:
    radius = SPHERE_NORM * np.sqrt(start.n / CODE_LENGTHS["fc6"])
    sphere = SphereCMA(
        start.n,
        start.population,
        start.population // 2,
        lr=1.5,
        sphere_norm=radius,
        **start.options,
    )
    sphere.lr_schedule(start.n_generations, schedule, (50, 7.33))
    return sphere


def _nevergrad(start: Start, method: str) -> NevergradOptimizer:
    return NevergradOptimizer(
        start.n, start.population, method, random_seed=start.random_seed, budget=start.budget
    )


_BIGGAN: dict[str, Callable[[Start], Optimizer]] = {
    "CholCMA": lambda s: _cholesky(s, 0.2),
    "CholCMA_class": lambda s: fix_param_wrapper(_cholesky(s.clas, 0.06), s.noise.code),
    "CholCMA_noise": lambda s: fix_param_wrapper(_cholesky(s.noise, 0.3), s.clas.code, pre=False),
    "CholCMA_prod": lambda s: concat_wrapper(_cholesky(s.noise, 0.1), _cholesky(s.clas, 0.06)),
    "CholCMA_noA": lambda s: _cholesky(s, 0.2, NEVER),
    "HessCMA": lambda s: _hessian(s, 0.2, "BigGAN", 1 / 2.5),
    "HessCMA_noA": lambda s: _hessian(s, 0.2, "BigGAN", 1 / 2.5, update_freq=NEVER),
    "HessCMA_class": lambda s: fix_param_wrapper(
        _hessian(s.clas, 0.2, "BigGAN class", 1 / 2.5), s.noise.code
    ),
    "MirroredES": lambda s: _mirrored(s, 0.2),
}

_DEEPSIM: dict[str, Callable[[Start], Optimizer]] = {
    "CholCMA": lambda s: _cholesky(s, 3.0),
    "CholCMA_noA": lambda s: _cholesky(s, 3.0, NEVER),
    "HessCMA800": lambda s: _hessian(s, 0.8, "fc6", 1 / 5, 800),
    "HessCMA500": lambda s: _hessian(s, 0.8, "fc6", 1 / 5, 500),
    "HessCMA500_1": lambda s: _hessian(s, 0.4, "fc6", 1 / 4, 500),
    "MirroredES": lambda s: _mirrored(s, 3.0),
}

OPTIMIZERS: dict[str, Callable[[Start], Optimizer]] = {
    **{f"BigGAN/{label}": make for label, make in _BIGGAN.items()},
    **{f"fc6/{label}": make for label, make in _DEEPSIM.items()},
    "Genetic": _genetic,
    "CholeskyCMAES": partial(_benchmark_cholesky, update_freq=10),
    MORE_UPDATES: partial(_benchmark_cholesky, update_freq=1),
    "MirroredES": partial(_mirrored, sigma=3.0),
    "pycma": partial(_pycma, diagonal=False),
    "pycmaDiagonal": partial(_pycma, diagonal=True),
    "ZOHA_Sphere_exp": partial(_sphere, schedule="exp"),
    "ZOHA_Sphere_inv": partial(_sphere, schedule="inv"),
    **{method: partial(_nevergrad, method=method) for method in NEVERGRAD_METHODS},
}
"""What makes each optimizer from its `Start`."""
