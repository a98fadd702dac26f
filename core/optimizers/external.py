"""Optimizers of other packages behind this project's protocol: pycma, cmaes and nevergrad.

Their states cannot be saved without pickles. What fixes them is their seed and what they were told,
so that is what is saved, and restoring tells it to them again.
"""

from abc import abstractmethod
from importlib import metadata
from typing import Any

import numpy as np

from core.computing.array_backend import NUMPY, Array
from core.computing.random_source import Randomness, RandomSource
from core.errors import ScoreError, SettingError
from core.optimizers.protocol import Optimizer, State, one_code
from core.optional import import_package
from core.settings import positive_number, whole

NEVERGRAD_METHODS = (
    *("NGOpt", "DE", "TwoPointsDE", "ES", "CMA", "RescaledCMA", "DiagonalCMA", "SQPCMA"),
    *("PSO", "OnePlusOne", "TBPSA", "RandomSearch"),
)
"""The methods of the published comparison."""


class ExternalOptimizer(Optimizer):
    """An optimizer of another package; a child starts it, asks it and tells it.

    Every generation, the first too, has `lambda_` codes. NumPy only.
    """

    package: str

    def __init__(
        self,
        space_dimen: int,
        population_size: int,
        init_sigma: float,
        init_code: np.ndarray | None,
        maximize: bool,
        random_seed: Randomness,
    ):
        self.space_dimen = whole(space_dimen, "space_dimen", at_least=1)
        self.lambda_ = whole(population_size, "population_size", at_least=2)
        self.maximize = maximize
        self.init_sigma = positive_number(init_sigma, "init_sigma")
        code = one_code(init_code, self.space_dimen, NUMPY)
        self.start = np.zeros(self.space_dimen) if code is None else code[0]
        self._begin(_whole_seed(random_seed))

    def _first_population(self) -> np.ndarray:
        """The first population, (lambda_, space_dimen)."""
        return self._first

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit, the package's version among it."""
        return super().settings() | {
            "init_sigma": self.init_sigma,
            "start": self.start.tolist() if self.start.any() else 0,
            f"version of {self.package}": metadata.version(self.package),
        }

    @abstractmethod
    def _start_engine(self, seed: int) -> Any:
        """The package's optimizer, drawing from a generator of its own."""

    @abstractmethod
    def _ask(self) -> np.ndarray:
        """The next codes, (lambda_, space_dimen)."""

    @abstractmethod
    def _tell(self, codes: np.ndarray, cost: np.ndarray) -> None:
        """Hand in what is to be minimised."""

    def _begin(self, seed: int) -> None:
        self._seed = seed
        self._engine = self._start_engine(seed)
        self._told: list[tuple[np.ndarray, np.ndarray | None]] = []
        self._first = self.population = self._asked()

    def _asked(self) -> np.ndarray:
        codes = self._ask()
        self._own = codes.copy()
        return codes

    def _next(self, scores: Array, codes: Array) -> np.ndarray:
        changed = None if np.array_equal(codes, self._own) else codes.copy()
        self._told.append((scores.copy(), changed))
        return self._told_and_asked(scores, changed)

    def check_generation(self, n: int) -> None:
        """Refuse a generation of another size."""
        if n != self.lambda_:
            raise ScoreError(
                path=type(self).__name__,
                expected=f"{self.lambda_} codes, as `get_init_pop()` and every step give them",
                found=n,
            )

    def _told_and_asked(self, scores: np.ndarray, changed: np.ndarray | None) -> np.ndarray:
        cost = -scores if self.maximize else scores
        cost = np.where(np.isnan(cost), np.nanmax(cost), cost)
        self._tell(self._own if changed is None else changed, cost)
        return self._asked()

    def _state(self) -> dict[str, Any]:
        changed = {
            f"codes/{i}": codes for i, (_, codes) in enumerate(self._told) if codes is not None
        }
        scores = np.reshape([scores for scores, _ in self._told], (-1, self.lambda_))
        return {"seed": self._seed, "scores": scores, **changed}

    def _load_state(self, state: State) -> None:
        self._begin(int(state["seed"]))
        for i, scores in enumerate(state["scores"]):
            changed = state.get(f"codes/{i}")
            self._told.append((scores, changed))
            self._told_and_asked(scores, changed)


class PycmaOptimizer(ExternalOptimizer):
    """CMA-ES of the package `cma` (Hansen's pycma), with the published settings as defaults.

    Parameters
    ----------
    space_dimen, population_size, init_sigma, init_code, maximize, random_seed
        See `CholeskyCMAES`; the mean starts at `init_code`, by default at zero.
    diagonal
        Learn variances only (`CMA_diagonal`), which needs no N x N matrix.

    Raises
    ------
    MissingPackageError
        If `cma` is not installed.
    """

    package = "cma"

    def __init__(
        self,
        space_dimen: int,
        population_size: int = 40,
        init_sigma: float = 2.0,
        init_code: np.ndarray | None = None,
        maximize: bool = True,
        random_seed: Randomness = None,
        *,
        diagonal: bool = False,
    ):
        self.diagonal = diagonal
        super().__init__(space_dimen, population_size, init_sigma, init_code, maximize, random_seed)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {"diagonal": self.diagonal}

    def _start_engine(self, seed: int) -> Any:
        cma = import_package("cma", "PycmaOptimizer")
        options = {
            "popsize": self.lambda_,
            "CMA_diagonal": self.diagonal,
            # a source of its own; NaN leaves NumPy's global one alone
            "randn": np.random.RandomState(seed).randn,
            "seed": np.nan,
            # no output, no files
            "verbose": -10,
            "verb_log": 0,
        }
        return cma.CMAEvolutionStrategy(self.start.copy(), self.init_sigma, options)

    def covariance_eigenvalues(self) -> np.ndarray:
        """Eigenvalues of the covariance, without the step size, (space_dimen,) ascending."""
        if self.diagonal:
            scales = np.broadcast_to(self._engine.sigma_vec.scaling, self.space_dimen)
            return np.sort(np.square(scales))
        return np.linalg.eigvalsh(self._engine.C)

    def _ask(self) -> np.ndarray:
        self._solutions = self._engine.ask()
        return np.array(self._solutions)

    def _tell(self, codes: np.ndarray, cost: np.ndarray) -> None:
        self._engine.tell(self._solutions if codes is self._own else list(codes), cost.tolist())


class CmaesOptimizer(ExternalOptimizer):
    """CMA-ES of the package `cmaes` (CyberAgent), separable unless ``separable=False``.

    Parameters and errors are those of `PycmaOptimizer`.
    """

    package = "cmaes"

    def __init__(
        self,
        space_dimen: int,
        population_size: int = 40,
        init_sigma: float = 2.0,
        init_code: np.ndarray | None = None,
        maximize: bool = True,
        random_seed: Randomness = None,
        *,
        separable: bool = True,
    ):
        self.separable = separable
        super().__init__(space_dimen, population_size, init_sigma, init_code, maximize, random_seed)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {"separable": self.separable}

    def _start_engine(self, seed: int) -> Any:
        cmaes = import_package("cmaes", "CmaesOptimizer")
        kind = cmaes.SepCMA if self.separable else cmaes.CMA
        return kind(self.start.copy(), self.init_sigma, seed=seed, population_size=self.lambda_)

    def _ask(self) -> np.ndarray:
        return np.array([self._engine.ask() for _ in range(self.lambda_)])

    def _tell(self, codes: np.ndarray, cost: np.ndarray) -> None:
        self._engine.tell(list(zip(codes, cost.tolist(), strict=True)))


class NevergradOptimizer(ExternalOptimizer):
    """A method of the package `nevergrad`, which is not among the requirements.

    Parameters
    ----------
    method
        A name of nevergrad's registry; `NEVERGRAD_METHODS` are those of the published comparison.
    budget
        Evaluations that the method may plan with.
    bound
        Values of a code lie in [-bound, bound].

    Raises
    ------
    MissingPackageError
        If nevergrad is not installed.
    SettingError
        If it knows no such method.
    """

    package = "nevergrad"

    def __init__(
        self,
        space_dimen: int,
        population_size: int = 40,
        method: str = "NGOpt",
        maximize: bool = True,
        random_seed: Randomness = None,
        *,
        budget: int = 3000,
        bound: float = 6.0,
    ):
        self.method = method
        self.budget = whole(budget, "budget", at_least=1)
        self.bound = positive_number(bound, "bound")
        super().__init__(space_dimen, population_size, 1.0, None, maximize, random_seed)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        own = {"method": self.method, "budget": self.budget, "bound": self.bound}
        return super().settings() | own

    def _start_engine(self, seed: int) -> Any:
        nevergrad = import_package(
            "nevergrad", "NevergradOptimizer", "`pip install nevergrad` installs it"
        )
        if self.method not in nevergrad.optimizers.registry:
            raise SettingError(
                path="method",
                expected=f"a name of nevergrad's registry, such as {', '.join(NEVERGRAD_METHODS)}",
                found=f"{self.method!r}",
            )
        code = nevergrad.p.Array(shape=(self.space_dimen,)).set_bounds(-self.bound, self.bound)
        code.random_state = np.random.RandomState(seed)
        make = nevergrad.optimizers.registry[self.method]
        # the population behind the last one that is shown is asked for too, and some methods refuse
        budget = self.budget + self.lambda_
        return make(parametrization=code, budget=budget, num_workers=self.lambda_)

    def _ask(self) -> np.ndarray:
        self._candidates = [self._engine.ask() for _ in range(self.lambda_)]
        return np.array([candidate.value for candidate in self._candidates])

    def _tell(self, codes: np.ndarray, cost: np.ndarray) -> None:
        candidates = self._candidates
        if codes is not self._own:
            parametrization = self._engine.parametrization
            candidates = [parametrization.spawn_child(new_value=code) for code in codes]
        for candidate, value in zip(candidates, cost.tolist(), strict=True):
            self._engine.tell(candidate, value)


def _whole_seed(seed: Randomness) -> int:
    """A seed as the packages take it; one drawn from a generator."""
    generator = RandomSource(seed, NUMPY).generator
    if isinstance(seed, int | np.integer):
        return int(seed)
    return int(RandomSource(generator, NUMPY).uniform((1,))[0] * 2**31)
