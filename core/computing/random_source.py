"""Random numbers of one explicit source, drawn where the work is done.

What takes randomness takes it as `rng`: a seed, a generator of NumPy or torch, or None. The state
of a `RandomSource` can be taken out and put back, so that a run that was saved draws the numbers
that it would have drawn.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from core.computing.array_backend import Array, Backend
from core.errors import SettingError, StateError

if TYPE_CHECKING:
    import torch

Randomness = Union[int, np.random.Generator, np.random.RandomState, "torch.Generator", None]
"""A seed, a generator, or None for numbers that differ from run to run."""

Draw = Callable[[tuple[int, ...]], Array]
"""A function of a shape that returns standard normal numbers."""


class RandomSource:
    """Normal and uniform numbers from one generator.

    Parameters
    ----------
    rng
        A seed makes NumPy's default generator, or torch's on the backend's device. A generator of
        NumPy can feed either backend; its numbers are then moved to the device.
    backend
        Where the numbers are wanted.
    draw
        Gives the normal numbers in place of the generator.
    legacy
        Whether a seed makes a `numpy.random.RandomState`, as published.

    Raises
    ------
    SettingError
        If `rng` is neither, or a torch generator is given for NumPy or for another device.

    Examples
    --------
    >>> from core.computing.array_backend import NUMPY
    >>> source = RandomSource(3, NUMPY)
    >>> state, drawn = source.state(), source.normal((2,))
    >>> source.load_state(state)
    >>> np.array_equal(source.normal((2,)), drawn)
    True
    >>> RandomSource(-3, NUMPY)
    Traceback (most recent call last):
    core.errors.SettingError: random_seed: expected None, a whole number of at least 0 or a \
generator of NumPy, found -3.
    """

    def __init__(
        self,
        rng: Randomness,
        backend: Backend,
        draw: Draw | None = None,
        *,
        legacy: bool = False,
    ):
        self.backend = backend
        self.generator = _generator(rng, backend, legacy)
        self._draw = draw

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Standard normal numbers of a shape."""
        if self._draw is not None:
            numbers = self.backend.numbers(self._draw(shape))
            if tuple(numbers.shape) != tuple(shape):
                raise SettingError(
                    path="draw",
                    expected=f"numbers of shape {tuple(shape)}",
                    found=tuple(numbers.shape),
                )
            return numbers
        if self._on_host:
            return self.backend.numbers(self.generator.standard_normal(shape))
        return self.backend.xp.randn(shape, generator=self.generator, **self._tensor_options)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers in [0, 1) of a shape."""
        if self._on_host:
            return self.backend.numbers(self.generator.random(shape))
        return self.backend.xp.rand(shape, generator=self.generator, **self._tensor_options)

    def sparse_normal(self, shape: tuple[int, ...], rate: float) -> Array:
        """Standard normal numbers at a random share `rate` of places, zero elsewhere.

        NumPy's generators draw only as many normal numbers as there are places, in row-major
        order; how many that is would cross from a GPU to the host, so torch draws all of them.

        Parameters
        ----------
        shape
            Shape of the array.
        rate
            Probability, from 0 to 1, that a place is not zero.

        Returns
        -------
        Array of that shape, float64
        """
        if not self._on_host:
            hit = self.uniform(shape) < rate
            return self.backend.xp.where(hit, self.normal(shape), self.backend.zeros(1))
        hit = self.generator.random(shape) < rate
        values = np.zeros(shape)
        values[hit] = self.generator.standard_normal(int(hit.sum()))
        return self.backend.numbers(values)

    def state(self) -> np.ndarray:
        """The generator's state as bytes, (n,) uint8."""
        if not self._on_host:
            return self.generator.get_state().numpy()
        if isinstance(self.generator, np.random.RandomState):
            state = self.generator.get_state(legacy=False)
        else:
            state = self.generator.bit_generator.state
        text = json.dumps(state, default=lambda array: array.tolist())
        return np.frombuffer(text.encode(), dtype=np.uint8)

    def load_state(self, state: np.ndarray) -> None:
        """Go on from a state.

        Raises
        ------
        StateError
            If it is that of another kind of generator.
        """
        state = np.array(state, dtype=np.uint8)
        try:
            if self._on_host:
                _load_numpy_state(self.generator, json.loads(state.tobytes()))
            else:
                self.generator.set_state(self.backend.xp.from_numpy(state))
        except (ValueError, RuntimeError, TypeError, KeyError):
            raise StateError(
                expected=f"the state of a {_kind(self.generator)}",
                found="that of another kind of generator",
                advice="make the optimizer with the kind it was saved with",
            ) from None

    @property
    def _on_host(self) -> bool:
        return isinstance(self.generator, np.random.Generator | np.random.RandomState)

    @property
    def _tensor_options(self) -> dict[str, Any]:
        return {"dtype": self.backend.xp.float64, "device": self.backend.device}


def torch_generator(rng: Randomness) -> "torch.Generator | None":
    """A source of randomness as torch takes it.

    Parameters
    ----------
    rng
        A generator of torch is given back as it is, and None as None (torch's own source). A seed
        makes a generator on the CPU, and so does a generator of NumPy, which draws the seed.

    Returns
    -------
    torch.Generator or None

    Raises
    ------
    SettingError
        If it is none of these.

    Examples
    --------
    >>> torch_generator(3).initial_seed()
    3
    >>> torch_generator("three")
    Traceback (most recent call last):
    core.errors.SettingError: rng: expected a generator of NumPy or torch or a seed, found 'three'.
    """
    import torch

    if rng is None or isinstance(rng, torch.Generator):
        return rng
    if isinstance(rng, np.random.Generator):
        rng = int(rng.integers(2**63))
    elif isinstance(rng, np.random.RandomState):
        rng = int(rng.randint(2**63, dtype=np.int64))
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return torch.Generator().manual_seed(int(rng))
    raise SettingError(
        path="rng", expected="a generator of NumPy or torch or a seed", found=f"{rng!r}"
    )


def standard_normal(
    shape: tuple[int, ...], device: "torch.device", rng: Randomness
) -> "torch.Tensor":
    """Standard normal numbers, float32; drawn where `rng` lives, then moved to `device`.

    Parameters
    ----------
    shape
        Shape; its first entry, the number of rows, may be 0.
    device
        Where the numbers are wanted.
    rng
        As in `torch_generator`.

    Returns
    -------
    Tensor of that shape

    Raises
    ------
    SettingError
        If the number of rows is negative or no whole number.

    Examples
    --------
    >>> import torch
    >>> drawn = standard_normal((2, 3), torch.device("cpu"), 0)
    >>> drawn.shape, torch.equal(drawn, standard_normal((2, 3), torch.device("cpu"), 0))
    (torch.Size([2, 3]), True)
    """
    import torch

    if not isinstance(shape[0], int | np.integer) or shape[0] < 0:
        raise SettingError(expected="a number of codes to draw", found=f"{shape[0]!r}")
    generator = torch_generator(rng)
    source = device if generator is None else generator.device
    return torch.randn(shape, generator=generator, device=source).to(device)


@contextmanager
def torch_draws_from(rng: Randomness) -> Iterator[None]:
    """Let torch's own source on the CPU draw from `rng` in a block; it is put back afterwards.

    For libraries that make random weights and take no generator.

    Parameters
    ----------
    rng
        A seed or a generator of NumPy or torch; None leaves torch's own source as it is.

    Examples
    --------
    >>> import torch
    >>> with torch_draws_from(0):
    ...     first = torch.rand(2)
    >>> with torch_draws_from(0):
    ...     torch.equal(first, torch.rand(2))
    True
    """
    import torch

    if rng is None:
        yield
        return
    seed = torch_generator(rng).initial_seed()
    if isinstance(rng, torch.Generator):
        seed = int(torch.randint(2**62, (), generator=rng, device=rng.device))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def _generator(rng: Randomness, backend: Backend, legacy: bool) -> Any:
    """The generator that is given, or a new one of a seed."""
    if isinstance(rng, np.random.Generator | np.random.RandomState):
        return rng
    is_seed = isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0
    if rng is None or is_seed:
        return _new_generator(rng if rng is None else int(rng), backend, legacy)
    if backend.device is not None and isinstance(rng, backend.xp.Generator):
        if rng.device.type != backend.device.type:
            raise SettingError(
                path="random_seed", expected=f"a generator on {backend.device}", found=rng.device
            )
        return rng
    what = "NumPy" if backend.device is None else "torch"
    raise SettingError(
        path="random_seed",
        expected=f"None, a whole number of at least 0 or a generator of {what}",
        found=f"{rng!r}",
    )


def _new_generator(seed: int | None, backend: Backend, legacy: bool) -> Any:
    """A generator of a seed, where the backend computes."""
    if backend.device is None:
        return np.random.RandomState(seed) if legacy else np.random.default_rng(seed)
    generator = backend.xp.Generator(device=backend.device)
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    return generator


def _load_numpy_state(rng: np.random.Generator | np.random.RandomState, state: dict) -> None:
    """Set the state of one of NumPy's generators to that of another of its kind."""
    is_legacy = isinstance(rng, np.random.RandomState)
    if is_legacy != ("has_gauss" in state):
        raise ValueError("a Generator and a RandomState hold different states")
    if is_legacy:
        rng.set_state(state)
    else:
        rng.bit_generator.state = state


def _kind(rng: Any) -> str:
    """Name of a kind of generator, for messages."""
    if isinstance(rng, np.random.Generator):
        return f"NumPy Generator ({type(rng.bit_generator).__name__})"
    return "NumPy RandomState" if isinstance(rng, np.random.RandomState) else "torch Generator"
