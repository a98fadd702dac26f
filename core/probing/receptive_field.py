"""Receptive fields of network units: mean size of the gradient with respect to probe images.

A map is the mean over repetitions, the batch and the three channels of ``|d a / d x|``, where
``a`` is what the unit puts out and ``x`` an image in [-1, 1], not normalised further: uniform noise
(`noise_images`) or a generator's images (`generator_images`). Many units of one layer share their
forward passes, and layers behind it are not run.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from core.computing.devices import device_of, dtype_of
from core.computing.random_source import Randomness, torch_generator
from core.errors import ImageError, LayerError, SettingError
from core.generators.protocol import Generator
from core.networks.preprocessing import resized
from core.probing.layers import eval_mode, find_layer, naming_the_input, probe_inputs
from core.probing.receptive_field_fit import gradmap2RF_square
from core.probing.recording import (
    Hooks,
    Index,
    as_indices,
    centre,
    check_unit,
    only_tensor,
    output_shape,
)
from core.settings import whole

INPUT_SIZE = (3, 227, 227)
"""Channels, rows and columns of probe images unless a call says otherwise."""

UNITS_AT_A_TIME = {"cuda": 64}
"""Units whose gradients are computed together; one at a time is fastest on a CPU."""


def noise_images(
    model: nn.Module,
    input_size: Sequence[int] = INPUT_SIZE,
    reps: int = 200,
    *,
    batch_size: int = 1,
    rng: Randomness = None,
) -> Iterator[torch.Tensor]:
    """Probe images of uniform noise in [-1, 1), drawn where `rng` lives.

    Parameters
    ----------
    model
        Network that will see them; without `rng` they are drawn on its device.
    input_size
        Channels, rows and columns.
    reps
        Repetitions, a batch each.
    batch_size
        Images per repetition.
    rng
        Source of the noise.

    Returns
    -------
    Iterator of (batch_size, *input_size) float32

    Raises
    ------
    SettingError
        If a count is not a whole number of at least 1.

    Examples
    --------
    >>> images = list(noise_images(nn.Identity(), (3, 4, 5), reps=2, rng=0))
    >>> len(images), images[0].shape
    (2, torch.Size([1, 3, 4, 5]))
    """
    reps, shape = whole(reps, "reps", 1), (whole(batch_size, "batch", 1), *input_size)
    generator = torch_generator(rng)
    device = device_of(model) if generator is None else generator.device
    return (2 * torch.rand(shape, generator=generator, device=device) - 1 for _ in range(reps))


def generator_images(
    generator: Generator,
    input_size: Sequence[int] = INPUT_SIZE,
    reps: int = 200,
    *,
    batch_size: int = 1,
    rng: Randomness = None,
) -> Iterator[torch.Tensor]:
    """Probe images of random codes of a generator, brought to [-1, 1].

    Parameters
    ----------
    generator
        Image generator; codes are drawn by its own `sample`.
    input_size
        Channels, rows and columns to which its images are resized.
    reps
        Repetitions, a batch each.
    batch_size
        Images per repetition.
    rng
        Source of the codes.

    Returns
    -------
    Iterator of (batch_size, *input_size) tensors

    Raises
    ------
    SettingError
        If a count is not a whole number of at least 1.
    """
    reps, batch_size = whole(reps, "reps", 1), whole(batch_size, "batch", 1)
    source = torch_generator(rng)

    def image() -> torch.Tensor:
        with torch.no_grad():
            images = generator.visualize(generator.sample(batch_size, rng=source))
        return resized(2 * images - 1, tuple(input_size[1:]))

    return (image() for _ in range(reps))


def unit_maps(
    model: nn.Module,
    target_layer: str,
    units: Sequence[Sequence[Index]],
    images: Iterable[torch.Tensor],
) -> np.ndarray:
    """Gradient maps of units of one layer, on the same images.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    units
        Indices into the layer's output without its batch axis; slices average over units:
        ``(slice(None), i, j)`` is all channels at row i, column j.
    images
        Probe images in [-1, 1], a batch for each repetition. A repetition in which a unit is at 0
        is left out for it. The mean over the batch is differentiated, so maps get smaller by its
        size.

    Returns
    -------
    (n_units, rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer or unit, it does not depend on the image, or a unit is at 0 in
        every repetition.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False))
    >>> maps = unit_maps(net, ".Conv2d0", [(0, 2, 2)], noise_images(net, (3, 9, 9), 5, rng=0))
    >>> seen = np.argwhere(maps[0] > 0)
    >>> maps.shape, seen.min(0).tolist(), seen.max(0).tolist()
    ((1, 9, 9), [2, 2], [4, 4])
    """
    units = [as_indices(unit, target_layer) for unit in units]

    def objectives(output: torch.Tensor) -> torch.Tensor:
        indices = [_complete(unit, output) for unit in units]
        for index in indices:
            check_unit(tuple(output.shape[1:]), index, target_layer)
        return torch.stack([output[(slice(None), *index)].mean() for index in indices])

    return gradient_maps(model, target_layer, objectives, images)


def population_maps(
    model: nn.Module,
    target_layer: str,
    weights: np.ndarray | torch.Tensor,
    images: Iterable[torch.Tensor],
) -> np.ndarray:
    """Gradient maps of weighted sums of a layer's units, on the same images.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    weights : (n, *layer's shape)
        Weights of n populations.
    images
        Probe images in [-1, 1], a batch for each repetition. The sum over the batch is
        differentiated, so maps do not depend on its size.

    Returns
    -------
    (n, rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer, the weights do not have its shape, or a sum is at 0 in every
        repetition.
    """
    weights = torch.as_tensor(weights).to(device_of(model), dtype_of(model))

    def objectives(output: torch.Tensor) -> torch.Tensor:
        if weights.shape[1:] != output.shape[1:]:
            raise LayerError(
                path=target_layer,
                expected=f"weights of the layer's shape {tuple(output.shape[1:])}",
                found=tuple(weights.shape[1:]),
            )
        return (output.flatten(1) @ weights.flatten(1).T).sum(0)

    return gradient_maps(model, target_layer, objectives, images)


class CentralField(NamedTuple):
    """Receptive field of the units in the middle of a layer.

    As published, `corner` and `imgsize` say the column first; `offset` and `size` say the row
    first, as everything that places images does.

    Attributes
    ----------
    cent_pos
        Row and column of the units; None for a layer without positions.
    corner
        First column and first row of the field, in pixels of the network's input.
    imgsize
        Its columns and rows.
    Xlim, Ylim
        Its columns and rows as half-open limits.
    """

    cent_pos: tuple[int, int] | None
    corner: tuple[int, int]
    imgsize: tuple[int, int]
    Xlim: tuple[int, int]
    Ylim: tuple[int, int]

    @property
    def offset(self) -> tuple[int, int]:
        """First row and first column, as `resize_and_pad_tsr` takes them."""
        return self.Ylim[0], self.Xlim[0]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns, as `resize_and_pad_tsr` takes them."""
        return self.imgsize[::-1]


def central_field(
    model: nn.Module,
    target_layer: str,
    images: Iterable[torch.Tensor],
    input_size: Sequence[int] = INPUT_SIZE,
) -> CentralField:
    """Where the units in the middle of a layer look; a layer without positions sees everything.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    images
        Probe images in [-1, 1]. The field is that of all channels together.
    input_size
        Channels, rows and columns of the images.

    Returns
    -------
    CentralField

    Raises
    ------
    LayerError
        If there is no such layer, or its units are at 0 for every image.
    """
    (image,) = probe_inputs(model, input_size)
    shape = output_shape(model, find_layer(model, target_layer), target_layer, image)
    if len(shape) != 3:
        n_rows, n_columns = input_size[1:]
        x, y = (0, n_columns), (0, n_rows)
        return CentralField(None, (0, 0), (n_columns, n_rows), x, y)
    position = centre(shape)
    (field,) = unit_maps(model, target_layer, [(slice(None), *position)], images)
    x, y = gradmap2RF_square(field, absthresh=1e-8, relthresh=0.01)
    return CentralField(position, (x[0], y[0]), (x[1] - x[0], y[1] - y[0]), x, y)


def gradient_maps(
    model: nn.Module,
    target_layer: str,
    objectives: Callable[[torch.Tensor], torch.Tensor],
    images: Iterable[torch.Tensor],
) -> np.ndarray:
    """Mean size of the gradients of n numbers that are computed from a layer's output.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    objectives
        Takes the layer's output ``(B, ...)`` and gives (n,) numbers.
    images
        ``(B, 3, H, W)`` or ``(3, H, W)`` tensors, one for each repetition. A number that is 0 for
        one is left out there.

    Returns
    -------
    (n, H, W) float32

    Raises
    ------
    LayerError
        If there is no such layer, it does not depend on the image, or a number is 0 in all
        repetitions.
    ImageError
        If images differ in size or are no images.
    SettingError
        If there is no repetition.
    """
    total, n_used = None, None
    output_of = _runs_up_to(model, find_layer(model, target_layer), target_layer)
    with torch.inference_mode(False), torch.enable_grad(), eval_mode(model):
        for image in images:
            image = _as_tensor(image)
            if image.dim() != 4 or (total is not None and image.shape[2:] != total.shape[1:]):
                raise ImageError(
                    expected="images (B, 3, H, W) of one size", found=tuple(image.shape)
                )
            image = image.to(device_of(model), dtype_of(model)).requires_grad_(True)
            values = objectives(output_of(image))
            if not values.requires_grad:
                raise _does_not_depend(target_layer)
            live = ~torch.isclose(values, torch.zeros_like(values))
            if total is None:
                total = image.new_zeros((len(values), *image.shape[2:]))
                n_used = torch.zeros_like(values)
            _add_gradients(total, values, live.nonzero().flatten(), image, target_layer)
            n_used += live
    if total is None:
        raise SettingError(expected="at least one repetition", found="none")
    silent = (n_used == 0).nonzero().flatten().tolist()
    if silent:
        raise LayerError(
            path=target_layer,
            expected="a unit that responds",
            found=(
                "one at 0 (below 1e-8) in every "
                f"repetition{f' (number {silent[0]})' if len(n_used) > 1 else ''}"
            ),
        )
    maps = (total / n_used[:, None, None]).detach().float().cpu().numpy()
    if not np.isfinite(maps).all():
        raise LayerError(path=target_layer, expected="finite gradients", found="NaN or infinity")
    return maps


def _add_gradients(
    total: torch.Tensor,
    values: torch.Tensor,
    chosen: torch.Tensor,
    image: torch.Tensor,
    layer: str,
) -> None:
    """Add ``|d values / d image|``, averaged over batch and channels, of the chosen values."""
    at_a_time = UNITS_AT_A_TIME.get(image.device.type, 1)
    for units in chosen.split(at_a_time) if len(chosen) else ():
        if at_a_time == 1:
            (gradient,) = torch.autograd.grad(
                values[units[0]], image, retain_graph=True, allow_unused=True
            )
            gradient = None if gradient is None else gradient[None]
        else:
            rows = torch.eye(len(values), device=image.device, dtype=image.dtype)[units]
            (gradient,) = torch.autograd.grad(
                values, image, rows, retain_graph=True, is_grads_batched=True, allow_unused=True
            )
        if gradient is None:
            raise _does_not_depend(layer)
        total[units] += gradient.abs().mean((1, 2))


class _LayerReached(Exception):  # noqa: N818
    """The layers behind the one of interest need not run."""


def _runs_up_to(
    model: nn.Module, module: nn.Module, layer: str
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Function that gives a layer's last output for an image, and runs no further.

    The first image runs through all of the network, which tells how often the layer is called.
    """
    n_calls = None

    def output_of(image: torch.Tensor) -> torch.Tensor:
        nonlocal n_calls
        outputs = []

        def hook(_module: nn.Module, _args: tuple, output: object) -> None:
            outputs.append(only_tensor(output, layer))
            if len(outputs) == n_calls:
                raise _LayerReached
            outputs[-1] = outputs[-1].clone()

        with Hooks() as hooks, suppress(_LayerReached), naming_the_input(model, [image]):
            hooks.add(layer, module, hook)
            model(image.clone())  # a first layer in place must not write to the image itself
        if not outputs:
            raise LayerError(path=layer, expected="a layer that runs", found="that it never does")
        n_calls = len(outputs)
        return outputs[-1]

    return output_of


def _as_tensor(image: np.ndarray | torch.Tensor) -> torch.Tensor:
    """A copy of an image or a batch of them, (B, ...), whatever memory it lay in."""
    if isinstance(image, torch.Tensor):
        tensor = image.detach().clone()
    else:
        array = np.asarray(image)
        tensor = torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C"))
    return tensor if tensor.dim() == 4 else tensor[None]


def _does_not_depend(layer: str) -> LayerError:
    expected = "a layer whose output depends on the image"
    return LayerError(path=layer, expected=expected, found="one that does not")


def _complete(unit: tuple[Index, ...], output: torch.Tensor) -> tuple[Index, ...]:
    """An index for each axis of the output; positions of a layer without positions are dropped."""
    n_axes = output.dim() - 1
    if n_axes == 1:
        return unit[:1]
    return unit + (slice(None),) * (n_axes - len(unit))
