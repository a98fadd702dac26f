"""What every optimizer of codes offers: hand in scores, get the next codes; save, and go on.

Codes are rows, ``(B, space_dimen)``; scores are ``(B,)``, row by row. A score of NaN is an image
that was not measured and ranks last; an infinite one is refused, because no measurement is.
"""

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.computing.array_backend import NUMPY, Array, Backend, is_elsewhere, to_host
from core.errors import CodeError, MissingFileError, ScoreError, StateError
from core.files import replacing
from core.settings import as_plain, check_same

SETTINGS = "settings"
"""Entry of a saved state that says to which optimizer it belongs, as JSON."""

State = dict[str, np.ndarray]
"""Arrays by name; a ``/`` in a name separates the parts of what has parts."""


class Optimizer(ABC):
    """One ask-and-tell call, `step`, and what surrounds it.

    A child says how to learn (`_next`), what it shows first (`_first_population`), which
    generations it refuses (`check_generation`), what fixes it (`settings`) and what moves
    (`_state`, `_load_state`). `core.optimizers.validate_optimizer` says whether it keeps what is
    promised here.

    Attributes
    ----------
    space_dimen
        Length of a code.
    lambda_
        Codes that a call returns.
    maximize
        Whether larger scores are better.
    istep
        Calls so far.
    population : (lambda_, space_dimen) or None
        What the last call returned.
    """

    space_dimen: int
    lambda_: int
    maximize: bool = True
    accepts_nan: bool = True
    istep: int = 0
    population: Array | None = None
    backend: Backend = NUMPY

    def step(self, scores: Array, codes: Array) -> Array:
        """Learn from one generation and propose the next.

        Parameters
        ----------
        scores : (B,)
            One score per code; a NaN ranks last.
        codes : (B, space_dimen)
            The codes that were shown. From the second call on, row j must be the code that the
            previous call returned in row j; the first generation may have any size that the
            optimizer can learn from.

        Returns
        -------
        (lambda_, space_dimen) float64
            On the optimizer's device, where it has one.

        Raises
        ------
        ScoreError, CodeError
            If scores and codes do not fit each other or this optimizer; nothing was learnt then,
            and the call can be made again. What lies on a GPU is not looked at, because that would
            wait for it; scores there that are not finite rank last.
        """
        with self.backend.without_gradients():
            scores, codes = self._checked(scores, codes)
            self.population = self._next(scores, codes)
            self.istep += 1
            return self.population + 0

    def step_simple(self, scores: Array, codes: Array, verbosity: int = 1) -> Array:
        """Published name of `step`; `verbosity` is ignored (logging decides).

        Parameters
        ----------
        scores : (B,)
            One score per code.
        codes : (B, space_dimen)
            The codes that were shown.
        verbosity
            Has no effect; logging decides.
        """
        return self.step(scores, codes)

    def get_init_pop(self) -> Array | None:
        """A copy of the codes to show first, the same at every call.

        Returns
        -------
        (B, space_dimen) float64, or None where the caller chooses them
        """
        first = self._first_population()
        return None if first is None else first + 0

    def save(self, path: Path) -> None:
        """Write the state, with that of the random generator, as an npz file without pickles."""
        with replacing(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez(file, **self.state())

    def restore(self, path: Path) -> None:
        """Go on from a saved state, with the very codes that would have come.

        Make the optimizer as it was made then, restore it, and show `population`.

        Raises
        ------
        MissingFileError
            If there is no such file.
        StateError
            If the file is damaged, or belongs to an optimizer with other settings.
        """
        try:
            self.load_state(read_optimizer_state(path))
        except StateError as error:
            raise error.inside(path) from None

    def state(self) -> State:
        """Everything that `load_state` needs, as arrays."""
        settings = json.dumps(self.settings(), default=as_plain)
        state = {SETTINGS: np.array(settings), "istep": np.array(self.istep)}
        if self.population is not None:
            state["population"] = np.array(to_host(self.population))
        return state | {name: np.array(to_host(value)) for name, value in self._state().items()}

    def load_state(self, state: State) -> None:
        """Go on from a state.

        Raises
        ------
        StateError
            If it is that of an optimizer with other settings; names the difference.
        """
        if SETTINGS not in state:
            raise StateError(expected="the state of an optimizer", found="none")
        check_same(self.settings(), json.loads(str(state[SETTINGS])), type(self).__name__)
        try:
            self._load_state(state)
            self.istep = int(state["istep"])
            population = state.get("population")
        except KeyError as error:
            raise StateError(expected="a complete state", found=f"none of {error}") from None
        self.population = None if population is None else self.backend.numbers(population)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit, in plain types."""
        return {
            "optimizer": type(self).__name__,
            "space_dimen": self.space_dimen,
            "population_size": self.lambda_,
            "maximize": self.maximize,
        }

    def _first_population(self) -> Array | None:
        """Codes that the optimizer would show first, if it has any."""
        return None

    @abstractmethod
    def _next(self, scores: Array, codes: Array) -> Array:
        """Learn from checked scores and codes, and return the next codes."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """What a call changes, without `istep` and `population`."""

    @abstractmethod
    def _load_state(self, state: State) -> None:
        """Take back what `_state` gave."""

    def _checked(self, scores: Array, codes: Array) -> tuple[Array, Array]:
        scores = scores if is_elsewhere(scores) else NUMPY.numbers(scores)
        codes = codes if is_elsewhere(codes) else NUMPY.numbers(codes)
        scores = scores.reshape(-1)
        if tuple(codes.shape) != (len(scores), self.space_dimen) or len(scores) == 0:
            raise ScoreError(
                expected=f"one score per code of length {self.space_dimen}",
                found=f"{len(scores)} scores for codes of shape {tuple(codes.shape)}",
            )
        if not is_elsewhere(scores):
            self._check_scores(scores)
        if not is_elsewhere(codes) and not np.isfinite(codes).all():
            raise CodeError(expected="finite codes", found="NaN or infinity among them")
        self.check_generation(len(scores))
        return self.backend.numbers(scores), self.backend.numbers(codes)

    def check_generation(self, n: int) -> None:
        """Refuse a generation of `n` codes that the optimizer cannot learn from; changes nothing.

        Raises
        ------
        ScoreError
            If it has too few codes, or more than were proposed.
        """
        return

    def _check_scores(self, scores: np.ndarray) -> None:
        n_infinite, n_missing = int(np.isinf(scores).sum()), int(np.isnan(scores).sum())
        if n_infinite:
            raise ScoreError(
                expected="finite scores, or NaN for what was not measured",
                found=f"{n_infinite} infinite of {len(scores)}",
            )
        if n_missing == len(scores):
            raise ScoreError(expected="a score to learn from", found=f"NaN for all {n_missing}")
        if n_missing and not self.accepts_nan:
            raise ScoreError(
                path=type(self).__name__,
                expected="all scores, by which codes are weighted",
                found=f"{n_missing} NaN of {len(scores)}",
            )

    def _ranked(self, scores: Array) -> Array:
        """Numbers of the codes, best first; ties in their order, unknown scores last."""
        xp = self.backend.xp
        cost = -scores if self.maximize else scores
        return xp.argsort(xp.where(xp.isfinite(cost), cost, xp.inf), stable=True)


def read_optimizer_state(path: Path) -> State:
    """Arrays of a saved state.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it cannot be read.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise MissingFileError(path=path, expected="a saved optimizer", found="no file") from None
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:
        raise StateError(expected="a saved optimizer", found=f"a damaged file ({error})") from None


def part_of(state: State, name: str) -> State:
    """The entries of a part, without its name.

    Parameters
    ----------
    state
        Entries of a whole, those of parts under ``name/``.
    name
        Name of the part.

    Examples
    --------
    >>> part_of({"factor/v": 1, "sigma": 2}, "factor")
    {'v': 1}
    """
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def as_part(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """Entries under the name of a part.

    Parameters
    ----------
    name
        Name of the part.
    state
        Its entries.

    Examples
    --------
    >>> as_part("factor", {"v": 1})
    {'factor/v': 1}
    """
    return {f"{name}/{key}": value for key, value in state.items()}


def one_code(code: Array | None, n: int, backend: Backend) -> Array | None:
    """A copy of a code as (1, n); None stays None.

    Parameters
    ----------
    code : (n,) or (1, n)
        The code, or None.
    n
        Its length.
    backend
        Where the copy is wanted.

    Raises
    ------
    CodeError
        If it is not one code of `n` finite numbers.

    Examples
    --------
    >>> one_code([1.0, 2.0], 2, NUMPY)
    array([[1., 2.]])
    >>> one_code([1.0, 2.0], 3, NUMPY)
    Traceback (most recent call last):
    core.errors.CodeError: init_code: expected one code of 3 numbers, found shape (2,).
    """
    if code is None:
        return None
    code = np.array(to_host(code), dtype=float)
    if code.shape not in ((n,), (1, n)):
        raise CodeError(
            path="init_code", expected=f"one code of {n} numbers", found=f"shape {code.shape}"
        )
    if not np.isfinite(code).all():
        raise CodeError(path="init_code", expected="finite numbers", found="NaN or infinity")
    return backend.numbers(code.reshape(1, n))
