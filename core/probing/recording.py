"""Recording what layers put out: hooks that copy a unit, some units or a whole layer.

What is kept is a copy. A hook that keeps the tensor itself is rewritten by an in-place layer behind
it (a ReLU, in most networks), and a convolution then looks rectified.
"""

import operator
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from core.errors import LayerError
from core.probing.layers import naming_the_input, undisturbed

Index = int | slice
Select = Callable[[torch.Tensor], torch.Tensor]


class Hooks(AbstractContextManager):
    """Forward hooks under names of their own; a context manager that takes them all off.

    Examples
    --------
    >>> layer = nn.ReLU()
    >>> with Hooks() as hooks:
    ...     _ = hooks.add("key", layer, lambda *_: None)
    ...     len(layer._forward_hooks)
    1
    >>> len(layer._forward_hooks)
    0
    """

    def __init__(self):
        self._handles: dict[str, RemovableHandle] = {}

    def __len__(self) -> int:
        return len(self._handles)

    def __iter__(self):
        return iter(self._handles)

    def add(self, key: str, module: nn.Module, hook: Callable) -> RemovableHandle:
        """Register `hook` on `module`, in place of the one with the same key.

        Parameters
        ----------
        key
            Name of the hook.
        module
            Where it goes.
        hook
            Forward hook.
        """
        self.remove(key)
        self._handles[key] = module.register_forward_hook(hook)
        return self._handles[key]

    def remove(self, key: str) -> None:
        """Take off the hook with this key, if there is one."""
        handle = self._handles.pop(key, None)
        if handle is not None:
            handle.remove()

    def close(self) -> None:
        """Take off all hooks."""
        for key in list(self._handles):
            self.remove(key)

    def __exit__(self, *_error: object) -> None:
        self.close()


def recording_hook(
    activations: dict[str, torch.Tensor],
    key: str,
    select: Select,
    *,
    layer: str,
    ingraph: bool = False,
    aliased: bool = False,
) -> Callable[[nn.Module, tuple, object], None]:
    """Forward hook that writes what `select` takes of a layer's output to ``activations[key]``.

    Parameters
    ----------
    activations
        Where it is written; a layer that is called several times leaves its last output.
    key
        Under which name.
    select
        What to take, such as `one_unit` or `some_units`.
    layer
        Name for messages.
    ingraph
        Keep it differentiable.
    aliased
        Keep the tensor itself where `select` gives a view of it, as the published code does.
    """

    def hook(_module: nn.Module, _args: tuple, output: object) -> None:
        taken = select(only_tensor(output, layer))
        if not ingraph:
            taken = taken.detach()
        activations[key] = taken if aliased else taken.clone()

    return hook


def whole_layer(output: torch.Tensor) -> torch.Tensor:
    """Everything."""
    return output


def one_unit(unit: int | Sequence[Index], layer: str = "the layer") -> Select:
    """Function that takes one unit of every sample: ``output[:, *unit]``.

    Parameters
    ----------
    unit
        Channel, row and column; 0-based, slices take several. Of a layer without positions only
        the channel counts.
    layer
        Name for messages.

    Raises
    ------
    LayerError
        By the function, if the layer has no such unit; says the layer's shape.
    """
    given = as_indices(unit, layer)

    def select(output: torch.Tensor) -> torch.Tensor:
        index = given[:1] if output.dim() == 2 else given
        check_unit(tuple(output.shape[1:]), index, layer)
        return output[(slice(None), *index)]

    return select


def some_units(mask: np.ndarray | torch.Tensor | Sequence[int], layer: str = "the layer") -> Select:
    """Function that takes units of every sample, ``(B, n)``.

    Parameters
    ----------
    mask
        Boolean array of the layer's shape (or flat), or flat 0-based indices in C order, whose
        order is kept.
    layer
        Name for messages.
    """
    chosen = np.asarray(mask)
    is_mask = chosen.dtype == bool
    if chosen.size == 0 or not (is_mask or (chosen.dtype.kind in "iu" and chosen.ndim == 1)):
        raise LayerError(
            path=layer,
            expected="a boolean mask or a row of flat indices",
            found=f"{chosen.dtype} values of shape {chosen.shape}",
        )
    indices = torch.from_numpy(np.flatnonzero(chosen) if is_mask else chosen.astype(np.int64))

    def select(output: torch.Tensor) -> torch.Tensor:
        flat = output.flatten(1)
        n_units, shape = flat.shape[1], tuple(output.shape[1:])
        if is_mask and chosen.shape not in (shape, (n_units,)):
            raise LayerError(
                path=layer, expected=f"a mask of the layer's shape {shape}", found=chosen.shape
            )
        if len(indices) and not (indices.min() >= 0 and indices.max() < n_units):
            raise LayerError(
                path=layer,
                expected=f"indices from 0 to {n_units - 1} (the layer's shape is {shape})",
                found=f"{int(indices.min())} to {int(indices.max())}",
            )
        return flat[:, indices.to(flat.device)]

    return select


def as_indices(unit: Index | Sequence[Index], layer: str) -> tuple[Index, ...]:
    """A unit as a tuple of whole numbers and slices; None among them is left out.

    Parameters
    ----------
    unit
        A channel, or (channel, row, column); whole numbers, slices, or None for what is
        left out.
    layer
        Name of the layer, for messages.

    Raises
    ------
    LayerError
        If something else is among them.

    Examples
    --------
    >>> as_indices(3, "conv1"), as_indices((3, None, None), "conv1")
    ((3,), (3,))
    >>> as_indices((3, 1.5, 2), "conv1")
    Traceback (most recent call last):
    core.errors.LayerError: conv1: expected a unit of whole numbers (channel, row, column), \
found (3, 1.5, 2).
    """
    given = unit if isinstance(unit, Sequence) else (unit,)
    try:
        return tuple(
            index if isinstance(index, slice) else operator.index(index)
            for index in given
            if index is not None and not _refuse_bool(index)
        )
    except TypeError:
        raise LayerError(
            path=layer, expected="a unit of whole numbers (channel, row, column)", found=f"{unit!r}"
        ) from None


def _refuse_bool(index: object) -> bool:
    if isinstance(index, bool | np.bool_):
        raise TypeError
    return False


def check_unit(shape: tuple[int, ...], unit: Sequence[Index], layer: str) -> None:
    """Raise unless a layer of this shape (batch axis left out) has this unit.

    Parameters
    ----------
    shape
        Shape of the layer's output, batch axis left out.
    unit
        Index for each axis.
    layer
        Name of the layer, for messages.

    Raises
    ------
    LayerError
        Says the layer's shape, and its centre where a position is missing.

    Examples
    --------
    >>> check_unit((4, 9, 9), (3, 8, 8), "conv1")
    >>> check_unit((4, 9, 9), (-1, 8, 8), "conv1")
    Traceback (most recent call last):
    core.errors.LayerError: conv1: expected a unit within the layer's shape (4, 9, 9), found \
(-1, 8, 8).
    """
    if len(unit) != len(shape):
        hint = ""
        if len(shape) == 3 and len(unit) == 1:
            hint = f"give channel, row and column, the centre is {centre(shape)}"
        raise LayerError(
            path=layer,
            expected=f"one index for each axis of the layer's shape {shape}",
            found=tuple(unit),
            advice=hint,
        )
    for index, size in zip(unit, shape, strict=True):
        if isinstance(index, slice):
            found = len(range(*index.indices(size))) > 0
        else:
            found = 0 <= index < size
        if not found:
            raise LayerError(
                path=layer, expected=f"a unit within the layer's shape {shape}", found=tuple(unit)
            )


def output_shape(
    model: nn.Module, module: nn.Module, layer: str, image: torch.Tensor
) -> tuple[int, ...]:
    """Shape of what a layer puts out, batch axis left out; found by a forward pass of an image.

    Parameters
    ----------
    model
        The network.
    module
        The layer.
    layer
        Name of the layer, for messages.
    image : (1, C, H, W)
        Image to try.

    Raises
    ------
    LayerError
        If the layer does not run, puts out no tensor, or the network does not take the image.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3))
    >>> output_shape(net, net[0], "conv", torch.zeros(1, 3, 8, 8))
    (4, 6, 6)
    """
    shapes = []
    with Hooks() as hooks, undisturbed(model), naming_the_input(model, [image]):
        hooks.add(
            layer, module, lambda *call: shapes.append(tuple(only_tensor(call[2], layer).shape))
        )
        model(image)
    if not shapes:
        raise LayerError(path=layer, expected="a layer that runs", found="that it never does")
    return shapes[-1][1:]


def centre(shape: Sequence[int]) -> tuple[int, int]:
    """Row and column in the middle of a layer of shape (channels, rows, columns)."""
    return shape[-2] // 2, shape[-1] // 2


def only_tensor(output: object, layer: str) -> torch.Tensor:
    """A layer's output if it is a tensor.

    Parameters
    ----------
    output
        What the layer put out.
    layer
        Name of the layer, for messages.

    Raises
    ------
    LayerError
        If it is a tuple or anything else.

    Examples
    --------
    >>> only_tensor(torch.zeros(2), "conv1").shape
    torch.Size([2])
    """
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, tuple | list):
        parts = ", ".join(str(tuple(getattr(part, "shape", ()))) for part in output)
        found = f"{type(output).__name__} of {len(output)} (shapes {parts})"
    else:
        found = type(output).__name__
    raise LayerError(
        path=layer,
        expected="a layer that puts out one tensor",
        found=f"a {found}",
        advice="record a layer inside or behind it",
    )
