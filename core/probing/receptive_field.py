"""Receptive fields of network units: mean size of the gradient with respect to noise images.

A map is the mean over repetitions, the batch and the three channels of ``|d a / d x|``, where
``a`` is what the unit puts out and ``x`` an image of noise in [-1, 1], not normalised further.
Many units of one layer share their forward passes, and layers behind it are not run.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.errors import ImageError, LayerError, SettingError
from core.generators.protocol import Generator, Randomness, as_generator
from core.networks.preprocessing import resized
from core.probing.layers import (
    eval_mode,
    find_layer,
    naming_the_input,
    probe_inputs,
)
from core.probing.receptive_field_fit import gradmap2RF_square, save_gradmap_figures, show_gradmap
from core.probing.recording import (
    Hooks,
    Index,
    as_indices,
    centre,
    check_unit,
    only_tensor,
    output_shape,
)

INPUT_SIZE = (3, 227, 227)

UNITS_AT_A_TIME = {"cuda": 64}
"""Units whose gradients are computed together; one at a time is fastest on a CPU."""


def grad_RF_estimate(  # noqa: N802
    model: nn.Module,
    target_layer: str,
    target_unit: Sequence[Index],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    generator: Randomness = None,
) -> np.ndarray:
    """Gradient map of one unit, or of the mean of several.

    Parameters
    ----------
    model
        Any network; it runs in eval mode and is left as it was.
    target_layer
        Dotted name or attribute path.
    target_unit
        Index into the layer's output without its batch axis; slices average over units:
        ``(slice(None), i, j)`` is all channels at row i, column j.
    input_size
        Channels, rows and columns of the noise.
    device
        Where the network goes; by default it stays where it is.
    show
        Show the map, in an interactive session.
    reps
        Repetitions. One in which the unit is at 0 is left out.
    batch
        Images per repetition. The unit's mean over them is differentiated, so the map gets
        smaller by this factor.
    inputs
        Images in [-1, 1] to use in place of noise, one batch for each repetition; at most `reps`
        of them are.
    generator
        Source of the noise.

    Returns
    -------
    (rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer or unit, or the unit is at 0 in every repetition.
    """
    maps = grad_RF_estimate_units(
        model,
        target_layer,
        [target_unit],
        input_size,
        device,
        reps,
        batch,
        inputs=inputs,
        generator=generator,
    )
    if show:
        show_gradmap(maps[0])
    return maps[0]


def grad_RF_estimate_units(  # noqa: N802
    model: nn.Module,
    target_layer: str,
    target_units: Sequence[Sequence[Index]],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    generator: Randomness = None,
) -> np.ndarray:
    """Gradient maps ``(n_units, rows, columns)`` of units of one layer, on the same noise.

    Parameters and errors as in `grad_RF_estimate`.
    """
    units = [as_indices(unit, target_layer) for unit in target_units]
    _check_counts(reps, batch)

    def objectives(output: torch.Tensor) -> torch.Tensor:
        indices = [_complete(unit, output) for unit in units]
        for index in indices:
            check_unit(tuple(output.shape[1:]), index, target_layer)
        return torch.stack([output[(slice(None), *index)].mean() for index in indices])

    model = model if device is None else model.to(choose_device(device))
    noise = _noise(model, (batch, *input_size), generator)
    images = islice(noise if inputs is None else inputs, reps)
    return gradient_maps(model, target_layer, objectives, images)


def GAN_grad_RF_estimate(  # noqa: N802
    G: Generator,  # noqa: N803
    model: nn.Module,
    target_layer: str,
    target_unit: Sequence[Index],
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    *,
    generator: Randomness = None,
) -> np.ndarray:
    """Gradient map of one unit on random images of a generator, brought to [-1, 1].

    Parameters
    ----------
    G
        Generator; its codes come from its own `sample_vector`.
    batch
        Images per repetition.
    generator
        Source of the codes.
    model, target_layer, target_unit, input_size, device, show, reps
        As in `grad_RF_estimate`, whose map and errors it has too.
    """
    _check_counts(reps, batch)
    model = model if device is None else model.to(choose_device(device))

    def images() -> Iterator[torch.Tensor]:
        source = as_generator(generator)
        while True:
            with torch.no_grad():
                image = G.visualize(G.sample_vector(batch, generator=source))
            yield resized(2 * image - 1, tuple(input_size[1:]))

    return grad_RF_estimate(
        model, target_layer, target_unit, input_size, show=show, reps=reps, inputs=images()
    )


def grad_population_RF_estimate(  # noqa: N802
    model: nn.Module,
    target_layer: str,
    target_layer_weights: np.ndarray | torch.Tensor,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    show: bool = True,
    reps: int = 200,
    batch: int = 1,
    label: str = "",
    figdir: str | Path | None = None,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    generator: Randomness = None,
) -> np.ndarray:
    """Gradient map of a weighted sum of a layer's units.

    Parameters
    ----------
    target_layer_weights
        Array of the layer's shape.
    label, figdir
        With a folder, ``<label>_rawgradAmpMap.png`` and ``<label>_gradAmp_loghist.png`` are
        written there.
    model, target_layer, input_size, device, show, reps, batch, inputs, generator
        As in `grad_RF_estimate`; but the sum over the batch is differentiated, so the map does
        not get smaller with it.

    Returns
    -------
    (rows, columns) float32

    Raises
    ------
    LayerError
        If there is no such layer, the weights do not have its shape, or the sum is at 0 in every
        repetition.
    """
    stack = torch.as_tensor(target_layer_weights)[None]
    gradient_map = grad_population_RF_estimates(
        model,
        target_layer,
        stack,
        input_size,
        device,
        reps,
        batch,
        inputs=inputs,
        generator=generator,
    )[0]
    if show:
        show_gradmap(gradient_map)
    if figdir is not None:
        save_gradmap_figures(gradient_map, label, figdir)
    return gradient_map


def grad_population_RF_estimates(  # noqa: N802
    model: nn.Module,
    target_layer: str,
    target_layer_weights: np.ndarray | torch.Tensor,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    reps: int = 200,
    batch: int = 1,
    *,
    inputs: Iterable[torch.Tensor] | None = None,
    generator: Randomness = None,
) -> np.ndarray:
    """Gradient maps ``(n, rows, columns)`` of n populations, whose weights are stacked.

    Parameters and errors as in `grad_population_RF_estimate`.
    """
    model = model if device is None else model.to(choose_device(device))
    weights = torch.as_tensor(target_layer_weights).to(device_of(model), dtype_of(model))
    _check_counts(reps, batch)

    def objectives(output: torch.Tensor) -> torch.Tensor:
        if weights.shape[1:] != output.shape[1:]:
            raise LayerError(
                path=target_layer,
                expected=f"weights of the layer's shape {tuple(output.shape[1:])}",
                found=tuple(weights.shape[1:]),
            )
        return (output.flatten(1) @ weights.flatten(1).T).sum(0)

    noise = _noise(model, (batch, *input_size), generator)
    images = islice(noise if inputs is None else inputs, reps)
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


def get_center_pos_and_rf(
    model: nn.Module,
    layer: str,
    input_size: Sequence[int] = INPUT_SIZE,
    device: str | torch.device | None = None,
    *,
    reps: int = 30,
    inputs: Iterable[torch.Tensor] | None = None,
    generator: Randomness = None,
) -> CentralField:
    """Where the units in the middle of a layer look; a layer without positions sees everything.

    Parameters
    ----------
    model, layer, input_size, device, reps, inputs, generator
        As in `grad_RF_estimate`. The field is that of all channels together.

    Returns
    -------
    ``(cent_pos, corner, imgsize, Xlim, Ylim)``, see `CentralField`.
    """
    model = model if device is None else model.to(choose_device(device))
    (image,) = probe_inputs(model, input_size)
    shape = output_shape(model, find_layer(model, layer), layer, image)
    if len(shape) != 3:
        n_rows, n_columns = input_size[1:]
        x, y = (0, n_columns), (0, n_rows)
        return CentralField(None, (0, 0), (n_columns, n_rows), x, y)
    position = centre(shape)
    gradient_map = grad_RF_estimate(
        model,
        layer,
        (slice(None), *position),
        input_size,
        show=False,
        reps=reps,
        inputs=inputs,
        generator=generator,
    )
    x, y = gradmap2RF_square(gradient_map, absthresh=1e-8, relthresh=0.01)
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
        If there is no such layer, or a number is 0 in all repetitions.
    """
    total, n_used = None, None
    output_of = _runs_up_to(model, find_layer(model, target_layer), target_layer)
    with torch.inference_mode(False), torch.enable_grad(), eval_mode(model):
        for image in images:
            image = torch.as_tensor(image)
            image = image if image.dim() == 4 else image[None]
            if image.dim() != 4 or (total is not None and image.shape[2:] != total.shape[1:]):
                raise ImageError(
                    expected="images (B, 3, H, W) of one size", found=tuple(image.shape)
                )
            image = image.detach().to(device_of(model), dtype_of(model)).requires_grad_(True)
            values = objectives(output_of(image))
            live = ~torch.isclose(values, torch.zeros_like(values))
            if total is None:
                total = image.new_zeros((len(values), *image.shape[2:]))
                n_used = torch.zeros_like(values)
            _add_gradients(total, values, live.nonzero().flatten(), image)
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
    total: torch.Tensor, values: torch.Tensor, chosen: torch.Tensor, image: torch.Tensor
) -> None:
    """Add ``|d values / d image|``, averaged over batch and channels, of the chosen values."""
    at_a_time = UNITS_AT_A_TIME.get(image.device.type, 1)
    for units in chosen.split(at_a_time) if len(chosen) else ():
        if at_a_time == 1:
            (gradient,) = torch.autograd.grad(values[units[0]], image, retain_graph=True)
            gradient = gradient[None]
        else:
            rows = torch.eye(len(values), device=image.device, dtype=image.dtype)[units]
            (gradient,) = torch.autograd.grad(
                values, image, rows, retain_graph=True, is_grads_batched=True
            )
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


def _check_counts(reps: int, batch: int) -> None:
    for name, number in (("reps", reps), ("batch", batch)):
        if not isinstance(number, int | np.integer) or number < 1:
            raise SettingError(
                path=name, expected="a whole number of at least 1", found=f"{number!r}"
            )


def _noise(
    model: nn.Module, shape: tuple[int, ...], generator: Randomness
) -> Iterator[torch.Tensor]:
    """Images of uniform noise in [-1, 1), without end, drawn where `generator` lives."""
    generator = as_generator(generator)
    device = device_of(model) if generator is None else generator.device
    while True:
        yield 2 * torch.rand(shape, generator=generator, device=device) - 1


def _complete(unit: tuple[Index, ...], output: torch.Tensor) -> tuple[Index, ...]:
    """An index for each axis of the output; positions of a layer without positions are dropped."""
    n_axes = output.dim() - 1
    if n_axes == 1:
        return unit[:1]
    return unit + (slice(None),) * (n_axes - len(unit))
