"""Optimizers made of others: two that share a code, and one that leaves a part of it alone."""

from typing import Any

from core.computing.array_backend import Array, to_host
from core.errors import CodeError, SettingError
from core.optimizers.protocol import Optimizer, State, as_part, part_of


class concat_wrapper(Optimizer):  # noqa: N801 (published name)
    """Two optimizers that search the first and the second part of a code by the same scores.

    Parameters
    ----------
    optim1, optim2
        Of equal population size and direction; the code is split at ``optim1.space_dimen``.

    Raises
    ------
    SettingError
        If they do not return the same number of codes, on the same device.
    """

    def __init__(self, optim1: Optimizer, optim2: Optimizer):
        for name in ("lambda_", "maximize", "backend"):
            found = getattr(optim1, name), getattr(optim2, name)
            if found[0] != found[1]:
                raise SettingError(
                    path="concat_wrapper",
                    expected=f"optimizers of the same {name.strip('_')}",
                    found=f"{found[0]} and {found[1]}",
                )
        self.optim1, self.optim2 = optim1, optim2
        self.space_dimen = optim1.space_dimen + optim2.space_dimen
        self.lambda_, self.maximize = optim1.lambda_, optim1.maximize
        self.accepts_nan = optim1.accepts_nan and optim2.accepts_nan
        self.backend = optim1.backend

    def _first_population(self) -> Array | None:
        """Both first populations side by side; None if either has none, or their sizes differ."""
        first, second = self.optim1.get_init_pop(), self.optim2.get_init_pop()
        if first is None or second is None or len(first) != len(second):
            return None
        return self.backend.xp.concatenate([first, second], axis=1)

    def check_generation(self, n: int) -> None:
        """Refuse what either part refuses, before one of them has learnt."""
        self.optim1.check_generation(n)
        self.optim2.check_generation(n)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        parts = {"optim1": self.optim1.settings(), "optim2": self.optim2.settings()}
        return super().settings() | parts

    def _next(self, scores: Array, codes: Array) -> Array:
        split = self.optim1.space_dimen
        first = self.optim1.step(scores, codes[:, :split])
        second = self.optim2.step(scores, codes[:, split:])
        return self.backend.xp.concatenate([first, second], axis=1)

    def _state(self) -> dict[str, Any]:
        first, second = self.optim1.state(), self.optim2.state()
        return as_part("optim1", first) | as_part("optim2", second)

    def _load_state(self, state: State) -> None:
        self.optim1.load_state(part_of(state, "optim1"))
        self.optim2.load_state(part_of(state, "optim2"))


class fix_param_wrapper(Optimizer):  # noqa: N801 (published name)
    """An optimizer of one part of a code, while the other part stays as it is.

    Parameters
    ----------
    optim
        Searches the part that moves.
    fixed_code : (K,) or (1, K)
    pre
        Whether the fixed part comes first.

    Raises
    ------
    CodeError
        If `fixed_code` is not one row.
    """

    def __init__(self, optim: Optimizer, fixed_code: Array, pre: bool = True):
        fixed = optim.backend.numbers(fixed_code)
        if fixed.ndim == 1:
            fixed = fixed[None]
        if fixed.ndim != 2 or len(fixed) != 1:
            raise CodeError(
                path="fixed_code", expected="one row", found=f"shape {tuple(fixed.shape)}"
            )
        self.optim, self.pre = optim, pre
        self.fixed_code = fixed + 0
        self.space_dimen = optim.space_dimen + fixed.shape[1]
        self.lambda_, self.maximize = optim.lambda_, optim.maximize
        self.accepts_nan = optim.accepts_nan
        self.backend = optim.backend

    def _first_population(self) -> Array | None:
        """The first population with the fixed part."""
        moving = self.optim.get_init_pop()
        return None if moving is None else self._with_fixed(moving)

    def check_generation(self, n: int) -> None:
        """Refuse what the optimizer of the moving part refuses."""
        self.optim.check_generation(n)

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit."""
        return super().settings() | {
            "pre": self.pre,
            "fixed_code": to_host(self.fixed_code)[0].tolist(),
            "optim": self.optim.settings(),
        }

    def _next(self, scores: Array, codes: Array) -> Array:
        n_fixed = self.fixed_code.shape[1]
        moving = codes[:, n_fixed:] if self.pre else codes[:, : self.optim.space_dimen]
        return self._with_fixed(self.optim.step(scores, moving))

    def _with_fixed(self, moving: Array) -> Array:
        xp = self.backend.xp
        fixed = xp.broadcast_to(self.fixed_code, (len(moving), self.fixed_code.shape[1]))
        return xp.concatenate([fixed, moving] if self.pre else [moving, fixed], axis=1)

    def _state(self) -> dict[str, Any]:
        return as_part("optim", self.optim.state())

    def _load_state(self, state: State) -> None:
        self.optim.load_state(part_of(state, "optim"))
