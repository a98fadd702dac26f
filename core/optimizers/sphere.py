"""Evolution on a sphere of codes (Wang & Ponce 2022, the ActMax benchmark's SphereCMA).

Every generation turns the base point towards the rank-weighted mean of its samples, along the great
circle, and samples anew around it: tangent vectors of a scheduled length, mapped onto the sphere.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE, Array, Backend, backend_of, to_host
from core.computing.random_source import Draw, Randomness, RandomSource
from core.errors import CodeError, ScoreError, SettingError
from core.optimizers.cma_constants import rank_weights
from core.optimizers.protocol import Optimizer, State
from core.settings import positive_number, whole
from core.spaces import CODE_LENGTHS

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

PUBLISHED_NORM = 300
"""Norm of the codes of fc6 on the published sphere."""

SCHEDULES = ("inv", "lin", "exp")
"""Ways in which the angle of exploration shrinks."""

N_GENERATIONS = 75
"""Generations of the schedule that holds until `lr_schedule` sets another."""


class SphereCMA(Optimizer):
    """Maximise (or minimise) a score over codes of one norm; published as `ZOHA_Sphere_lr_euclid`.

    The first generation may have any size from 2; the following ones have ``population_size + 1``
    codes, the base point first. The exponential schedule over 75 generations holds until
    `lr_schedule` sets another.

    Parameters
    ----------
    space_dimen
        Length N of a code.
    population_size
        Samples around the base point.
    select_size
        How many of the best make the next base point. In the first generation it is half of the
        codes, whatever this says, as published.
    lr
        How far to turn towards the weighted mean; above 1 goes past it.
    maximize
        Whether larger scores are better. Has no effect with ``rankweight=False``, as published.
    rankweight
        Weight codes by rank; otherwise by their score above the base point's.
    rankbasis
        Rank the base point with its samples.
    sphere_norm
        Norm of all codes. The published 300 is for the 4096 values of fc6, 4.7 for each; a warning
        is logged where it is kept for codes that are less than a quarter as long, and where the
        first codes that are scored (on the CPU) have less than half or more than twice this norm.
    random_seed
        Seed or generator of the first population and of the samples.
    device
        Where it computes: with NumPy by default, with torch on a named device, on CUDA when present
        for None.
    draw
        Function of a shape that returns the normal numbers, in place of the generator.

    Attributes
    ----------
    mulist : (n_gen,)
        Schedule: length of the tangent vectors per coordinate, radians.
    xcur, xnew : (N,)
        Base points of the last population that was scored, and of the one it led to.

    Examples
    --------
    >>> optimizer = SphereCMA(16, 20, 10, sphere_norm=10, random_seed=0)
    >>> codes = optimizer.get_init_pop()
    >>> for _ in range(40):
    ...     codes = optimizer.step(codes[:, 0], codes)
    >>> codes.shape, bool(optimizer.xnew[0] > 9)
    ((21, 16), True)
    """

    def __init__(
        self,
        space_dimen: int,
        population_size: int = 40,
        select_size: int = 20,
        lr: float = 1.5,
        maximize: bool = True,
        rankweight: bool = True,
        rankbasis: bool = False,
        sphere_norm: float = PUBLISHED_NORM,
        random_seed: Randomness = None,
        *,
        device: "str | torch.device | None" = NUMPY_DEVICE,
        draw: Draw | None = None,
    ):
        self.space_dimen = whole(space_dimen, "space_dimen", at_least=2)
        self.backend = backend_of(device)
        self.n_samples = whole(population_size, "population_size", at_least=2)
        self.lambda_ = self.n_samples + 1
        self.select_size = positive_number(select_size, "select_size")
        if not 1 <= self.select_size <= self.n_samples:
            raise SettingError(
                path="select_size",
                expected=f"1 to the {self.n_samples} of the population",
                found=select_size,
            )
        self.lr = positive_number(lr, "lr")
        self.maximize = maximize
        self.accepts_nan = rankweight
        self.rankweight, self.rankbasis = rankweight, rankbasis
        self.sphere_norm = positive_number(sphere_norm, "sphere_norm")
        if self.sphere_norm == PUBLISHED_NORM and 4 * self.space_dimen < CODE_LENGTHS["fc6"]:
            logger.warning(
                "SphereCMA: sphere_norm=300 is published for the %d values of fc6, and %d values "
                "then have %.3g each; say the norm that good codes have as sphere_norm",
                CODE_LENGTHS["fc6"],
                self.space_dimen,
                PUBLISHED_NORM / np.sqrt(self.space_dimen),
            )
        self.xcur = self.xnew = self.backend.zeros(self.space_dimen)
        self._source = RandomSource(random_seed, self.backend, draw)
        self._first = None
        if draw is None:  # now, so that asking for it later moves no generator
            self._first_population()
        ranked = self.lambda_ if rankbasis else self.n_samples
        self._by_rank = self.backend.numbers(rank_weights(ranked, self.select_size))
        self.lr_schedule(N_GENERATIONS, "exp")

    def lr_schedule(
        self, n_gen: int = 100, mode: str = "inv", lim: Sequence[float] = (50, 7.33)
    ) -> None:
        """Set how the angle of exploration shrinks from generation to generation.

        Parameters
        ----------
        n_gen
            Generations; after them the last angle stays.
        mode
            ``inv`` (as one over the generation, without regard to `lim`), ``lin`` or ``exp``.
        lim
            First and last angle, degrees.

        Raises
        ------
        SettingError
            If there is no such mode, or an angle is not above 0.
        """
        degrees = exploration_angles(n_gen, mode, lim)
        self.mulist = np.radians(degrees) / np.sqrt(self.space_dimen)

    def _first_population(self) -> Array:
        """`population_size` random codes, (population_size, N), drawn once."""
        if self._first is None:
            drawn = self._source.normal((self.n_samples, self.space_dimen))
            self._first = self._on_sphere(drawn)
        return self._first

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {
            "select_size": self.select_size,
            "lr": self.lr,
            "rankweight": self.rankweight,
            "rankbasis": self.rankbasis,
            "sphere_norm": self.sphere_norm,
            "mulist": self.mulist.tolist(),
        }

    def _next(self, scores: Array, codes: Array) -> Array:
        if self.istep == 0:
            base = self._first_base(scores, codes)
        else:
            base = self._following_base(scores, codes)
        drawn = self._source.normal((self.n_samples, self.space_dimen))
        self.xcur, self.xnew = codes[0] + 0, base
        return self._around(base, drawn)

    def _first_base(self, scores: Array, codes: Array) -> Array:
        self._warn_of_another_norm(codes)
        n = len(codes)
        mean = self._weights(scores, self.backend.numbers(rank_weights(n, n / 2))) @ codes
        if not mean @ mean > 0:
            raise CodeError(
                path="SphereCMA",
                expected="first codes whose weighted mean has a direction",
                found="zero",
                advice="`get_init_pop()` gives codes on the sphere",
            )
        return self._on_sphere(mean)

    def _warn_of_another_norm(self, codes: Array) -> None:
        if self.backend.device is not None and self.backend.device.type != "cpu":
            return  # to look at them would wait for a GPU
        norm = float(np.median(np.linalg.norm(to_host(codes), axis=1)))
        if not self.sphere_norm / 2 <= norm <= 2 * self.sphere_norm:
            logger.warning(
                "SphereCMA: the first codes have a norm of %.3g, and all that follow have "
                "sphere_norm=%.3g",
                norm,
                self.sphere_norm,
            )

    def _following_base(self, scores: Array, codes: Array) -> Array:
        if self.rankbasis or not self.rankweight:
            mean = self._weights(scores, self._by_rank) @ codes
        else:
            mean = self._weights(scores[1:], self._by_rank) @ codes[1:]
        # equal scores, weighted by their differences, say nothing: the base point stays
        mean = self.backend.xp.where(mean @ mean > 0, mean, codes[0])
        return slerp(self.backend, codes[0], self._on_sphere(mean), self.lr)

    def check_generation(self, n: int) -> None:
        """Refuse a first generation of one code, and later ones of another size."""
        if self.istep == 0 and n < 2:
            raise ScoreError(path="SphereCMA", expected="at least 2 codes to start from", found=n)
        if self.istep > 0 and n != self.lambda_:
            raise ScoreError(expected=f"the {self.lambda_} codes of the last population", found=n)

    def _weights(self, scores: Array, by_rank: Array) -> Array:
        """Weight of every code."""
        if not self.rankweight:
            return (scores - scores[0]) / self.n_samples
        ranks = self.backend.xp.argsort(self._ranked(scores), stable=True)
        return by_rank[ranks]

    def _around(self, base: Array, drawn: Array) -> Array:
        """The base point and samples around it, from normal numbers."""
        xp = self.backend.xp
        length = self.mulist[min(self.istep, len(self.mulist) - 1)]
        tangent = float(length) * orthogonal_part(drawn, base)
        codes = xp.concatenate([base[None], exp_map(self.backend, base, tangent)])
        return self._on_sphere(codes)

    def _on_sphere(self, codes: Array) -> Array:
        return self.sphere_norm * codes / _norms(self.backend, codes)

    def _state(self) -> dict[str, Any]:
        return {"xcur": self.xcur, "xnew": self.xnew, "generator": self._source.state()}

    def _load_state(self, state: State) -> None:
        self._source.load_state(state["generator"])
        self.xcur = self.backend.numbers(state["xcur"])
        self.xnew = self.backend.numbers(state["xnew"])


def exploration_angles(n_gen: int, mode: str, lim: Sequence[float] = (50, 7.33)) -> np.ndarray:
    """Expected angle between base point and samples in every generation, (n_gen,), degrees.

    Parameters
    ----------
    n_gen
        Generations.
    mode
        ``inv`` (as one over the generation, without regard to `lim`), ``lin`` or ``exp``.
    lim
        First and last angle, degrees.

    Examples
    --------
    >>> exploration_angles(75, "inv")[[0, -1]].round(3)
    array([76.35 , 22.037])
    >>> exploration_angles(75, "exp")[[0, 1, -1]].round(3)
    array([50.   , 48.719,  7.33 ])
    """
    n_gen = whole(n_gen, "n_gen", at_least=1)
    if mode not in SCHEDULES:
        raise SettingError(
            path="mode", expected=f"one of {', '.join(SCHEDULES)}", found=f"{mode!r}"
        )
    if mode == "inv":
        return 15 + 1 / (0.0017 * np.arange(1, n_gen + 1) + 0.0146)
    first, last = (positive_number(angle, "lim") for angle in lim)
    return (np.linspace if mode == "lin" else np.geomspace)(first, last, n_gen)


def slerp(backend: Backend, x: Array, y: Array, t: float) -> Array:
    """Point of the great circle from x (t = 0) to y (t = 1), (N,), past y for t > 1.

    ``(sin((1 - t) w) x + sin(t w) y) / sin w`` with the angle w between them, and x + t (y - x)
    where w is zero.

    Parameters
    ----------
    backend
        Where x and y are.
    x : (N,)
        Point at t = 0.
    y : (N,)
        Point at t = 1.
    t
        Share of the way; above 1 goes past y.

    Examples
    --------
    >>> from core.computing.array_backend import NUMPY
    >>> slerp(NUMPY, np.array([1.0, 0.0]), np.array([0.0, 1.0]), 2).round(4)
    array([-1.,  0.])
    """
    xp = backend.xp
    u, v = x / _norms(backend, x), y / _norms(backend, y)
    angle = 2 * xp.arctan2(_norms(backend, u - v), _norms(backend, u + v))
    whole_angle = xp.sinc(angle / np.pi)
    share_x = (1 - t) * xp.sinc((1 - t) * angle / np.pi) / whole_angle
    share_y = t * xp.sinc(t * angle / np.pi) / whole_angle
    return share_x * x + share_y * y


def exp_map(backend: Backend, x: Array, tangent: Array) -> Array:
    """Turn x (N,) towards tangent vectors (B, N), by their lengths in radians; keeps its norm.

    Parameters
    ----------
    backend
        Where x and the tangents are.
    x : (N,)
        Base point.
    tangent : (B, N)
        Tangent vectors; lengths are angles in radians.

    Examples
    --------
    >>> from core.computing.array_backend import NUMPY
    >>> exp_map(NUMPY, np.array([3.0, 0.0]), np.array([[0.0, np.pi / 2], [0.0, 0.0]])).round(4)
    array([[0., 3.],
           [3., 0.]])
    """
    xp = backend.xp
    angle = _norms(backend, tangent)
    return xp.cos(angle) * x + _norms(backend, x) * xp.sinc(angle / np.pi) * tangent


def orthogonal_part(codes: Array, x: Array) -> Array:
    """Rows of codes (B, N) without their part along x (N,).

    Parameters
    ----------
    codes : (B, N)
        Rows to change.
    x : (N,)
        Direction to take out.

    Examples
    --------
    >>> orthogonal_part(np.array([[1.0, 2.0]]), np.array([0.0, 5.0]))
    array([[1., 0.]])
    """
    return codes - (codes @ x)[:, None] * (x / (x @ x))


def _norms(backend: Backend, codes: Array) -> Array:
    return backend.xp.sqrt((codes * codes).sum(-1))[..., None]
