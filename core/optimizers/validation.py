"""Whether an optimizer keeps the promises of `core.optimizers.Optimizer`."""

from collections.abc import Callable

import numpy as np

from core.computing.array_backend import to_host
from core.errors import PromiseError, ReproductionError
from core.optimizers.protocol import Optimizer

N_STEPS = 3
"""Generations that the promises are tried on."""


def validate_optimizer(make: Callable[[], Optimizer]) -> None:
    """Try every promise that evolutions and the benchmark rely on.

    Parameters
    ----------
    make
        Makes an optimizer, the same one at every call: give it a seed.

    Raises
    ------
    PromiseError
        Names the first promise that is broken.

    Examples
    --------
    >>> from core.optimizers import CholeskyCMAES
    >>> validate_optimizer(lambda: CholeskyCMAES(8, random_seed=0))

    One that forgets a number of every code:

    >>> class Short(CholeskyCMAES):
    ...     def _next(self, scores, codes):
    ...         return super()._next(scores, codes)[:, 1:]
    >>> validate_optimizer(lambda: Short(8, random_seed=0))
    Traceback (most recent call last):
    core.errors.PromiseError: Short: expected `step` to give codes (13, 8), found (13, 7).
    """
    optimizer = make()
    name = type(optimizer).__name__
    for method in ("step", "get_init_pop", "state", "load_state", "settings"):
        if not callable(getattr(optimizer, method, None)):
            raise PromiseError(path=name, expected=f"a method `{method}`", found="none")
    for attribute in ("space_dimen", "lambda_"):
        value = getattr(optimizer, attribute, None)
        if not isinstance(value, int | np.integer) or value < 1:
            raise PromiseError(
                path=name,
                expected=f"`{attribute}` to be a whole number above 0",
                found=f"{value!r}",
            )
    _check_first(name, make)
    codes = _first_codes(optimizer)
    _check_refusals(name, make, codes)
    _check_steps(name, make, codes)
    _check_restoring(name, make, codes)


def _first_codes(optimizer: Optimizer) -> np.ndarray:
    first = optimizer.get_init_pop()
    if first is not None:
        return np.array(to_host(first))
    rows = np.arange(1.0, optimizer.lambda_ + 1)[:, None]
    return np.sin(rows * np.arange(1.0, optimizer.space_dimen + 1))


def _score(codes: np.ndarray) -> np.ndarray:
    return -np.square(codes - 1).sum(axis=1)


def _go_on_alike(first: Optimizer, second: Optimizer, codes: np.ndarray) -> bool:
    """Whether two optimizers propose the same after the same generation."""
    proposed = [to_host(one.step(_score(codes), codes.copy())) for one in (first, second)]
    return np.array_equal(*proposed, equal_nan=True)


def _check_first(name: str, make: Callable[[], Optimizer]) -> None:
    optimizer, never_asked = make(), make()
    first = optimizer.get_init_pop()
    if first is None:
        return
    shape = tuple(first.shape)
    if len(shape) != 2 or shape[1] != optimizer.space_dimen or shape[0] < 1:
        raise PromiseError(
            path=name,
            expected=f"`get_init_pop` to give codes (B, {optimizer.space_dimen}) or None",
            found=shape,
        )
    kept = np.array(to_host(first))
    if not np.isfinite(kept).all():
        raise PromiseError(path=name, expected="finite first codes", found="NaN or infinity")
    first[:] = 0
    if not np.array_equal(to_host(optimizer.get_init_pop()), kept):
        raise PromiseError(
            path=name,
            expected="`get_init_pop` to give a copy of the same codes at every call",
            found="others at the second",
        )
    if not _go_on_alike(optimizer, never_asked, kept):
        raise PromiseError(
            path=name,
            expected="asking for the first codes to change nothing",
            found="other codes after it",
        )


def _check_refusals(name: str, make: Callable[[], Optimizer], codes: np.ndarray) -> None:
    refused, untouched = make(), make()
    for scores in (_score(codes)[:-1], np.full(len(codes), np.inf)):
        try:
            refused.step(scores, codes.copy())
        except (ReproductionError, ValueError):
            continue
        raise PromiseError(
            path=name,
            expected="a refusal of scores that do not fit the codes, or are infinite",
            found="that it learnt from them",
        )
    if not _go_on_alike(refused, untouched, codes):
        raise PromiseError(path=name, expected="a refused call to change nothing", found="a change")


def _check_steps(name: str, make: Callable[[], Optimizer], codes: np.ndarray) -> None:
    optimizer, same = make(), make()
    expected = (optimizer.lambda_, optimizer.space_dimen)
    for _ in range(N_STEPS):
        shown = codes.copy()
        proposed, again = (one.step(_score(codes), codes) for one in (optimizer, same))
        if not np.array_equal(codes, shown):
            raise PromiseError(
                path=name, expected="`step` to leave its input alone", found="a change"
            )
        if tuple(proposed.shape) != expected:
            raise PromiseError(
                path=name, expected=f"`step` to give codes {expected}", found=tuple(proposed.shape)
            )
        codes = np.array(to_host(proposed))
        if not np.isfinite(codes).all():
            raise PromiseError(path=name, expected="finite codes", found="NaN or infinity")
        if not np.array_equal(codes, to_host(again)):
            raise PromiseError(
                path=name,
                expected="the same seed and scores to give the same codes",
                found="others",
            )
        proposed[:] = 0  # what the caller does with codes must not reach the optimizer


def _check_restoring(name: str, make: Callable[[], Optimizer], codes: np.ndarray) -> None:
    optimizer, restored = make(), make()
    for _ in range(2):
        codes = np.array(to_host(optimizer.step(_score(codes), codes)))
    restored.load_state(optimizer.state())
    if not np.array_equal(to_host(restored.population), codes):
        raise PromiseError(path=name, expected="a restored state to hold its codes", found="others")
    if not _go_on_alike(optimizer, restored, codes):
        raise PromiseError(
            path=name, expected="a restored state to go on alike", found="other codes"
        )
