"""NumPy or torch: the one set of functions that the optimizers' formulas are written in.

The two libraries share the names that are used (`sqrt`, `exp`, `where`, `argsort`, `concatenate`,
...), so a formula calls them through `Backend.xp`; what differs stands here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from core.computing.devices import choose_device

if TYPE_CHECKING:
    import torch

Array = Union[np.ndarray, "torch.Tensor"]
"""What formulas compute with: an array of NumPy or a tensor."""


@dataclass(frozen=True)
class Backend:
    """Where arrays live; numbers are float64 throughout.

    Attributes
    ----------
    xp
        `numpy` or `torch`.
    device
        The tensors' device; None for NumPy.

    Examples
    --------
    >>> NUMPY.numbers([1, 2]), NUMPY.indices([1, 2])
    (array([1., 2.]), array([1, 2]))
    """

    xp: ModuleType
    device: "torch.device | None" = None

    def numbers(self, values: Any) -> Array:
        """`values` as float64 here; the same memory where that can be."""
        if self.device is None:
            return np.asarray(to_host(values), dtype=float)
        if not hasattr(values, "detach"):
            # torch shares no memory with read-only or reversed arrays
            values = np.ascontiguousarray(values, dtype=float)
            values = values if values.flags.writeable else values.copy()
        tensor = self.xp.as_tensor(values, dtype=self.xp.float64, device=self.device).detach()
        # what was made under inference mode could not be written to outside of it
        return tensor.clone() if tensor.is_inference() else tensor

    def indices(self, values: Any) -> Array:
        """`values` as int64 here."""
        if self.device is None:
            return np.asarray(to_host(values), dtype=np.int64)
        return self.xp.as_tensor(values, dtype=self.xp.int64, device=self.device)

    @contextmanager
    def without_gradients(self) -> Iterator[None]:
        """Block in which torch keeps no graph, and makes tensors that can be written to later."""
        if self.device is None:
            yield
            return
        with self.xp.inference_mode(False), self.xp.no_grad():
            yield

    def zeros(self, *shape: int) -> Array:
        """Zeros of a shape."""
        if self.device is None:
            return np.zeros(shape)
        return self.xp.zeros(shape, dtype=self.xp.float64, device=self.device)

    def counts(self, start: int, stop: int) -> Array:
        """Whole numbers in a row, int64, made where they are wanted.

        Parameters
        ----------
        start, stop
            The first, and the one after the last.

        Returns
        -------
        (stop - start,)

        Examples
        --------
        >>> NUMPY.counts(2, 5)
        array([2, 3, 4])
        """
        if self.device is None:
            return np.arange(start, stop)
        return self.xp.arange(start, stop, device=self.device)

    def eye(self, n: int) -> Array:
        """Identity matrix, (n, n)."""
        if self.device is None:
            return np.eye(n)
        return self.xp.eye(n, dtype=self.xp.float64, device=self.device)


NUMPY = Backend(np)
"""Backend of NumPy."""

NUMPY_DEVICE = "numpy"
"""What an optimizer's `device` is to compute with NumPy, the default."""


def backend_of(device: "str | torch.device | None") -> Backend:
    """Where arrays live for a device.

    Parameters
    ----------
    device
        ``"numpy"`` is NumPy; else torch on that device, and for None, as everywhere, on CUDA when
        present, else on the CPU.

    Returns
    -------
    Backend

    Raises
    ------
    SettingError
        If there is no such device.

    Examples
    --------
    >>> backend_of("numpy").zeros(2)
    array([0., 0.])
    >>> backend_of("cpu").zeros(2)
    tensor([0., 0.], dtype=torch.float64)
    """
    if device == NUMPY_DEVICE:
        return NUMPY
    import torch

    return Backend(torch, choose_device(device))


def to_host(values: Any) -> Any:
    """A tensor as an array; anything else as it is.

    Examples
    --------
    >>> import torch
    >>> to_host(torch.arange(3))
    array([0, 1, 2])
    >>> to_host([1, 2])
    [1, 2]
    """
    if not hasattr(values, "detach"):
        return values
    values = values.detach().cpu()
    # NumPy has no bfloat16
    return (values.float() if str(values.dtype) == "torch.bfloat16" else values).numpy()


def is_elsewhere(values: Any) -> bool:
    """Whether `values` lie on an accelerator, where looking at them would wait for it.

    Examples
    --------
    >>> is_elsewhere(np.zeros(3))
    False
    """
    return hasattr(values, "detach") and values.device.type != "cpu"
