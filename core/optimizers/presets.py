"""The optimizers of the paper's comparisons, by label.

BigGAN's code is 128 values of noise, then 128 of a class embedding; the sigmas are the authors' own
for either generator and must not be carried from one to the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.computing.array_backend import backend_of
from core.computing.random_source import Randomness, RandomSource
from core.errors import CodeError, MissingFileError, SettingError
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.composed import concat_wrapper, fix_param_wrapper
from core.optimizers.external import PycmaOptimizer
from core.optimizers.genetic import Genetic
from core.optimizers.hessian import HessCMAES
from core.optimizers.protocol import Optimizer
from core.optimizers.sphere import SphereCMA
from core.spaces import CODE_LENGTHS, HESSIAN_FILES, N_NOISE

NEVER = 102
"""`Aupdate_freq` under which a run of 100 generations never updates its covariance."""

BENCHMARK = (
    *("Genetic", "CholeskyCMAES", "pycma", "pycmaDiagonal"),
    *("ZOHA_Sphere_exp", "ZOHA_Sphere_inv"),
)
"""Optimizers of the ActMax benchmark."""

MORE_UPDATES = "CholeskyCMAES_Aupdate1"
"""CholeskyCMAES with ``Aupdate_freq=1``, of which the benchmark looked at the covariance only."""

SPHERE_NORM = 300.0
"""Radius of the benchmark's sphere in 4096 dimensions."""


@dataclass(frozen=True)
class Start:
    """What an optimizer of a label is made from."""

    code: np.ndarray
    hessian: Mapping[str, np.ndarray] | None
    options: dict[str, Any]

    @property
    def noise(self) -> "Start":
        """The part of BigGAN's noise."""
        return replace(self, code=self.code[:, :N_NOISE])

    @property
    def clas(self) -> "Start":
        """The part of BigGAN's class embedding."""
        return replace(self, code=self.code[:, N_NOISE:])


def label2optimizer(
    methodlabel: str,
    init_code: np.ndarray,
    GAN: str = "BigGAN",  # noqa: N803 (published name)
    Hdata: Mapping[str, np.ndarray] | None = None,  # noqa: N803
    *,
    random_seed: Randomness = None,
    device: Any = None,
) -> Optimizer:
    """The optimizer of a label, starting at a code.

    Parameters
    ----------
    methodlabel
        One of `labels(GAN)`.
    init_code : (1, 256) for BigGAN, (1, 4096) for fc6
    GAN
        "BigGAN" or "fc6".
    Hdata
        Arrays of the generator's Hessian archive, for labels that begin with Hess:
        ``np.load("H_avg_1000cls.npz")`` for BigGAN, ``np.load("Evolution_Avg_Hess.npz")`` for fc6.
    random_seed, device
        See `CholeskyCMAES`.

    Raises
    ------
    SettingError
        If the generator or label is not known; lists those that are.
    MissingFileError
        If a label needs `Hdata` and there is none, or it lacks an array.
    CodeError
        If `init_code` is not one code of the generator.

    Examples
    --------
    >>> optimizer = label2optimizer("CholCMA_class", np.zeros((1, 256)), random_seed=0)
    >>> optimizer.lambda_, optimizer.space_dimen
    (25, 256)
    """
    presets = _presets_of(GAN)
    if methodlabel not in presets:
        raise SettingError(
            path=f"optimizer of {GAN}",
            expected=f"one of {', '.join(presets)}",
            found=f"{methodlabel!r}",
        )
    code = np.array(init_code, dtype=float)
    if code.shape not in ((CODE_LENGTHS[GAN],), (1, CODE_LENGTHS[GAN])):
        raise CodeError(
            path="init_code",
            expected=f"one {GAN} code of shape (1, {CODE_LENGTHS[GAN]})",
            found=code.shape,
        )
    if methodlabel.startswith("Hess") and Hdata is None:
        raise MissingFileError(
            path=methodlabel, expected=f"the arrays of {HESSIAN_FILES[GAN]} as Hdata", found="none"
        )
    # one generator, so that the parts of a code do not draw the same numbers
    generator = RandomSource(random_seed, backend_of(device)).generator
    options = {"random_seed": generator, "device": device}
    return presets[methodlabel](Start(code.reshape(1, -1), Hdata, options))


def benchmark_optimizer(
    name: str,
    space_dimen: int = 4096,
    n_generations: int = 75,
    *,
    random_seed: Randomness = None,
    device: Any = None,
) -> Optimizer:
    """An optimizer of the ActMax benchmark, as it was set there for fc6 (Wang & Ponce 2022).

    Parameters
    ----------
    name
        One of `BENCHMARK`, or `MORE_UPDATES`.
    space_dimen
        Length of a code. The sphere's radius follows its square root, and is 300 for fc6.
    n_generations
        Length of the sphere's schedule.
    random_seed, device
        See `CholeskyCMAES`; pycma computes with NumPy only.

    Raises
    ------
    SettingError
        If the name is not known; lists those that are.

    Examples
    --------
    >>> benchmark_optimizer("ZOHA_Sphere_exp", random_seed=0).mulist.shape
    (75,)
    """
    known = (*BENCHMARK, MORE_UPDATES)
    if name not in known:
        raise SettingError(
            path="optimizer", expected=f"one of {', '.join(known)}", found=f"{name!r}"
        )
    options = {"random_seed": random_seed, "device": device}
    if name == "Genetic":
        return Genetic(space_dimen, 40, 0.25, 0.75, 2, 0.75, 10, **options)
    if name.startswith("CholeskyCMAES"):
        frequency = 1 if name == MORE_UPDATES else 10
        start = np.zeros(space_dimen)
        return CholeskyCMAES(space_dimen, 40, 3.0, start, Aupdate_freq=frequency, **options)
    if name.startswith("pycma"):
        diagonal = name == "pycmaDiagonal"
        return PycmaOptimizer(space_dimen, random_seed=random_seed, diagonal=diagonal)
    radius = SPHERE_NORM * np.sqrt(space_dimen / CODE_LENGTHS["fc6"])
    sphere = SphereCMA(space_dimen, 40, 20, lr=1.5, sphere_norm=radius, **options)
    sphere.lr_schedule(n_generations, name.removeprefix("ZOHA_Sphere_"), (50, 7.33))
    return sphere


def labels(GAN: str = "BigGAN") -> list[str]:  # noqa: N803
    """Labels of a generator.

    Examples
    --------
    >>> labels("fc6")
    ['CholCMA', 'CholCMA_noA', 'HessCMA800', 'HessCMA500', 'HessCMA500_1']
    """
    return list(_presets_of(GAN))


def _presets_of(generator: str) -> dict[str, Callable[[Start], Optimizer]]:
    if generator not in PRESETS:
        raise SettingError(
            path="GAN", expected=f"one of {', '.join(PRESETS)}", found=f"{generator!r}"
        )
    return PRESETS[generator]


def _cholesky(start: Start, sigma: float, update_freq: int = 10) -> CholeskyCMAES:
    return CholeskyCMAES(
        start.code.shape[1],
        init_sigma=sigma,
        init_code=start.code,
        Aupdate_freq=update_freq,
        **start.options,
    )


def _hessian(
    start: Start,
    sigma: float,
    names: tuple[str, str],
    expon: float,
    cutoff: int | None = None,
    update_freq: int = 10,
) -> HessCMAES:
    missing = [name for name in names if name not in start.hessian]
    if missing:
        raise MissingFileError(
            path="Hdata", expected=f"the arrays {' and '.join(names)}", found=f"no {missing[0]}"
        )
    values, vectors = (np.asarray(start.hessian[name]) for name in names)
    optimizer = HessCMAES(
        start.code.shape[1],
        cutoff=cutoff,
        init_sigma=sigma,
        init_code=start.code,
        Aupdate_freq=update_freq,
        **start.options,
    )
    optimizer.set_Hessian(values[::-1], vectors[:, ::-1], expon=expon)
    return optimizer


_ALL = ("eigvals_avg", "eigvects_avg")
_CLASS = ("eigvals_clas_avg", "eigvects_clas_avg")
_FC6 = ("eigv_avg", "eigvect_avg")

PRESETS: dict[str, dict[str, Callable[[Start], Optimizer]]] = {
    "BigGAN": {
        "CholCMA": lambda s: _cholesky(s, 0.2),
        "CholCMA_class": lambda s: fix_param_wrapper(_cholesky(s.clas, 0.06), s.noise.code),
        "CholCMA_noise": lambda s: fix_param_wrapper(
            _cholesky(s.noise, 0.3), s.clas.code, pre=False
        ),
        "CholCMA_prod": lambda s: concat_wrapper(_cholesky(s.noise, 0.1), _cholesky(s.clas, 0.06)),
        "CholCMA_noA": lambda s: _cholesky(s, 0.2, NEVER),
        "HessCMA": lambda s: _hessian(s, 0.2, _ALL, 1 / 2.5),
        "HessCMA_noA": lambda s: _hessian(s, 0.2, _ALL, 1 / 2.5, update_freq=NEVER),
        "HessCMA_class": lambda s: fix_param_wrapper(
            _hessian(s.clas, 0.2, _CLASS, 1 / 2.5), s.noise.code
        ),
    },
    "fc6": {
        "CholCMA": lambda s: _cholesky(s, 3.0),
        "CholCMA_noA": lambda s: _cholesky(s, 3.0, NEVER),
        "HessCMA800": lambda s: _hessian(s, 0.8, _FC6, 1 / 5, 800),
        "HessCMA500": lambda s: _hessian(s, 0.8, _FC6, 1 / 5, 500),
        "HessCMA500_1": lambda s: _hessian(s, 0.4, _FC6, 1 / 4, 500),
    },
}
