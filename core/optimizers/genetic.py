"""Genetic algorithm on codes, as used in the first evolutions (Ponce et al. 2019).

The fittest codes are kept; the others are replaced by children whose genes come from two parents
drawn by fitness, some of them changed at random.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE, Array, backend_of, to_host
from core.computing.random_source import Randomness, RandomSource
from core.errors import ScoreError, SettingError
from core.optimizers.protocol import Optimizer, State
from core.settings import positive_number, whole

if TYPE_CHECKING:
    import torch

MIN_TEMPERATURE = 1e-8
"""Temperature of a generation whose scores are all equal."""


class Genetic(Optimizer):
    """Maximise a score over codes of `space_dimen` numbers, by selection, crossing and mutation.

    Parameters
    ----------
    space_dimen, population_size
        Length N of a code, and codes P in every generation.
    mutation_rate
        Share of a child's genes that are changed.
    mutation_size
        Standard deviation of the changes.
    kT_multiplier
        Temperature of selection, in standard deviations of the scores; large is lenient.
    parental_skew
        Share of a child's genes that come from its first parent.
    n_conserve
        Best codes that are kept as they are.
    random_seed
        Seed, of a `numpy.random.RandomState` as published, or a generator.
    thread
        Number that is put before the codes' `ids`.
    device
        Where it computes: with NumPy by default, with torch on a named device, on CUDA when present
        for None.

    published_ties
        Of codes with equal scores, prefer the one shown last, as the published code does, so that a
        silent generation throws away all conserved codes; by default the one shown first.

    Attributes
    ----------
    kT
        Temperature of the last selection.

    Examples
    --------
    >>> optimizer = Genetic(8, 20, 0.25, 0.75, kT_multiplier=2, n_conserve=5, random_seed=0)
    >>> codes = optimizer.get_init_pop()
    >>> for _ in range(60):
    ...     codes = optimizer.step(-np.square(codes - 2).sum(axis=1), codes)
    >>> bool(np.square(codes[0] - 2).sum() < 4)
    True
    """

    maximize = True
    accepts_nan = False

    def __init__(
        self,
        space_dimen: int,
        population_size: int,
        mutation_rate: float,
        mutation_size: float,
        kT_multiplier: float,  # noqa: N803 (published name)
        parental_skew: float = 0.5,
        n_conserve: int = 0,
        random_seed: Randomness = None,
        thread: int | None = None,
        *,
        device: "str | torch.device | None" = NUMPY_DEVICE,
        published_ties: bool = False,
    ):
        self.space_dimen = whole(space_dimen, "space_dimen", at_least=1)
        self.lambda_ = whole(population_size, "population_size", at_least=2)
        self.mutation_rate = _share(mutation_rate, "mutation_rate")
        self.mutation_size = positive_number(mutation_size, "mutation_size")
        self.kT_multiplier = positive_number(kT_multiplier, "kT_multiplier")
        self.parental_skew = _share(parental_skew, "parental_skew")
        self.n_conserve = whole(n_conserve, "n_conserve", at_least=0)
        if self.n_conserve >= self.lambda_:
            raise SettingError(
                path="n_conserve",
                expected=f"fewer than the {self.lambda_} of the population",
                found=n_conserve,
            )
        self.thread = thread
        self.published_ties = published_ties
        self.backend = backend_of(device)
        self.kT = None
        self._source = RandomSource(random_seed, self.backend, legacy=True)
        self._first = self.population = self._source.normal((self.lambda_, self.space_dimen))
        self._n_born = self.lambda_
        self._born = self._birth_numbers(0, 0, self.lambda_)

    @property
    def ids(self) -> list[str]:
        """Names of the codes of `population`, which a code keeps as long as it lives.

        ``gen003_000117`` was the 118th code of all, 0-based, and born in generation 3.
        """
        prefix = "" if self.thread is None else f"thread{self.thread:02d}_"
        return [f"{prefix}gen{gen:03d}_{number:06d}" for gen, number in to_host(self._born)]

    def _first_population(self) -> Array:
        """The first generation, (P, N), standard normal numbers."""
        return self._first

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {
            "mutation_rate": self.mutation_rate,
            "mutation_size": self.mutation_size,
            "kT_multiplier": self.kT_multiplier,
            "parental_skew": self.parental_skew,
            "n_conserve": self.n_conserve,
            "published_ties": self.published_ties,
        }

    def _next(self, scores: Array, codes: Array) -> Array:
        xp = self.backend.xp
        if self.published_ties:
            order = xp.flip(xp.argsort(scores, stable=True), (0,))
        else:
            order = xp.argsort(-scores, stable=True)
        scores, codes = scores[order], codes[order]
        children = self._children(codes, self._fitness(scores))
        self._count(order)
        return xp.concatenate([codes[: self.n_conserve], children])

    def check_generation(self, n: int) -> None:
        """Refuse a generation of another size."""
        if n != self.lambda_:
            raise ScoreError(expected=f"the {self.lambda_} codes of the last population", found=n)

    def _fitness(self, scores: Array) -> Array:
        """Chance of each code to be a parent, relative to the best; scores are descending."""
        xp = self.backend.xp
        spread = xp.sqrt(((scores - scores.mean()) ** 2).mean())
        self.kT = xp.clip(spread * self.kT_multiplier, MIN_TEMPERATURE, None)
        fitness = xp.exp((scores - scores[0]) / self.kT)
        least = xp.where(fitness > 0, fitness, 1.0).min()
        return xp.where(fitness > 0, fitness, least)

    def _children(self, codes: Array, fitness: Array) -> Array:
        xp = self.backend.xp
        n = self.lambda_ - self.n_conserve
        upto = xp.cumsum(fitness, 0) / fitness.sum()
        first, second = (
            xp.clip(
                xp.searchsorted(upto, self._source.uniform((n,)), side="right"), 0, len(codes) - 1
            )
            for _ in range(2)
        )
        from_first = self._source.uniform((n, self.space_dimen)) < self.parental_skew
        children = xp.where(from_first, codes[first], codes[second])
        changes = self._source.sparse_normal((n, self.space_dimen), self.mutation_rate)
        return children + self.mutation_size * changes

    def _count(self, order: Array) -> None:
        """Carry over the birth numbers of kept codes, and number the children."""
        n_born = self._n_born + self.lambda_ - self.n_conserve
        kept = self._born[order[: self.n_conserve]]
        born = self._birth_numbers(self.istep + 1, self._n_born, n_born)
        self._born = self.backend.xp.concatenate([kept, born])
        self._n_born = n_born

    def _birth_numbers(self, generation: int, start: int, stop: int) -> Array:
        """Generation and number of each code, (stop - start, 2)."""
        numbers = self.backend.counts(start, stop)
        return self.backend.xp.stack([0 * numbers + generation, numbers], 1)

    def _state(self) -> dict[str, Any]:
        return {"born": self._born, "n_born": self._n_born, "generator": self._source.state()}

    def _load_state(self, state: State) -> None:
        self._source.load_state(state["generator"])
        self._born, self._n_born = self.backend.indices(state["born"]), int(state["n_born"])


def _share(value: float, name: str) -> float:
    if not (isinstance(value, int | float | np.number) and 0 <= value <= 1):
        raise SettingError(path=name, expected="a share between 0 and 1", found=f"{value!r}")
    return float(value)
