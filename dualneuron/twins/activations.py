"""What layers of a network put out: by name, by place, and how many units they have."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches

import torch
from torch import nn

from core.computing.devices import device_of
from core.errors import LayerError, RunError, UnknownLayerError
from core.probing.recording import Hooks

Location = str | int | Sequence[int] | None


def count_units(shape: Sequence[int]) -> int | None:
    """Units of a layer: channels of maps, features of tokens or of a vector.

    Parameters
    ----------
    shape
        Of the layer's output, the batch first.

    Returns
    -------
    int or None
        None where the output is none of these.

    Examples
    --------
    >>> count_units((1, 64, 7, 7)), count_units((1, 197, 768)), count_units((1, 10))
    (64, 768, 10)
    >>> count_units((1,)) is None
    True
    """
    axes = {4: 1, 3: 2, 2: 1}
    return shape[axes[len(shape)]] if len(shape) in axes else None


def get_layer_info(
    function: nn.Module,
    input_shape: Sequence[int],
    device: str | torch.device | None = None,
) -> tuple[torch.Size, int | None]:
    """Shape and units of what a function gives for one random image.

    Parameters
    ----------
    function
        Takes images (B, C, H, W): a network, or an `ActivationExtractor` with a layer.
    input_shape
        (B, C, H, W); the batch counts as 1.
    device
        Where the image is made; by default where the function's parameters are.

    Returns
    -------
    shape : torch.Size
    units : int or None

    Examples
    --------
    >>> get_layer_info(nn.Conv2d(3, 8, 3), (5, 3, 10, 10))
    (torch.Size([1, 8, 8, 8]), 8)
    """
    if device is None:
        device = device_of(getattr(function, "model", function))
    with torch.no_grad():
        output = function(torch.randn(1, *input_shape[1:], device=device))
    return output.shape, count_units(output.shape)


def get_spatial_activation(
    output: torch.Tensor,
    neurons: Sequence[int] | torch.Tensor | None = None,
    location: Location = None,
) -> torch.Tensor:
    """Units of a layer at one place, or averaged over places.

    Parameters
    ----------
    output : (B, C, H, W), (B, S, F) or (B, F)
        Maps, tokens or a vector.
    neurons
        Units, 0-based, in the order of the answer; all by default.
    location
        None averages over places. ``"center"`` is row H // 2 and column W // 2 of maps, position
        S // 2 of tokens with a class token counted. A pair is row and column of maps, a number is
        a position of tokens, 0 the class token. A vector has no places.

    Returns
    -------
    (B, n)

    Raises
    ------
    LayerError
        If the output is none of these or has no such place.

    Examples
    --------
    >>> maps = torch.arange(8.0).reshape(1, 2, 2, 2)
    >>> get_spatial_activation(maps, location=(0, 1))
    tensor([[1., 5.]])
    >>> get_spatial_activation(maps, neurons=[1])
    tensor([[5.5000]])
    """
    pick = {4: _of_maps, 3: _of_tokens, 2: lambda vector, _location: vector}.get(output.ndim)
    if pick is None:
        raise LayerError(
            expected="maps (B, C, H, W), tokens (B, S, F) or a vector (B, F)",
            found=f"an output {tuple(output.shape)}",
        )
    try:
        units = pick(output, location)
        return units if neurons is None else units[:, neurons]
    except IndexError as error:
        raise LayerError(
            path="location" if "location" in str(error) else "neurons",
            expected=f"units and places of an output {tuple(output.shape)}",
            found=error,
        ) from None


def _of_maps(maps: torch.Tensor, location: Location) -> torch.Tensor:
    if location is None:
        return maps.mean((2, 3))
    if location == "center":
        location = (maps.shape[2] // 2, maps.shape[3] // 2)
    if isinstance(location, tuple | list) and len(location) == 2:
        row, column = location
        return maps[:, :, row, column]
    raise _no_place(location, "None, 'center' or (row, column) of maps")


def _of_tokens(tokens: torch.Tensor, location: Location) -> torch.Tensor:
    if location is None:
        return tokens.mean(1)
    if location == "center":
        location = tokens.shape[1] // 2
    if isinstance(location, int):
        return tokens[:, location]
    raise _no_place(location, "None, 'center' or a position of tokens")


def _no_place(location: object, expected: str) -> LayerError:
    return LayerError(path="location", expected=expected, found=repr(location))


class ActivationExtractor(AbstractContextManager):
    """Outputs of a network's layers, by name.

    A layer that is called several times in one pass puts out ``name``, ``name_1``, ``name_2``, …;
    a layer that is really called ``…_1`` has its name. Nothing is left on the network between
    calls.

    Parameters
    ----------
    model
        The network.
    layer
        Name of the layer whose activation a call gives, as in `named_modules`; any module, with or
        without parts. By default a call gives what the network gives.

    Raises
    ------
    UnknownLayerError
        If there is no such layer; names similar ones.

    Examples
    --------
    >>> network = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    >>> list(ActivationExtractor(network).get_all_activations(torch.ones(1, 2)))
    ['0', '1']
    >>> ActivationExtractor(network, "0")(torch.ones(1, 2)).shape
    torch.Size([1, 3])
    >>> ActivationExtractor(network, "2")
    Traceback (most recent call last):
    core.errors.UnknownLayerError: layer: expected a layer of Sequential, found '2'.
    """

    def __init__(self, model: nn.Module, layer: str | None = None):
        self.model = model
        self.target_layer = layer
        if layer is not None:
            self._find(layer)

    def __call__(self, images: torch.Tensor, layer: str | None = None) -> torch.Tensor:
        """Activation of a layer, differentiable.

        Parameters
        ----------
        images : (B, C, H, W)
        layer
            Which; by default the extractor's.

        Raises
        ------
        UnknownLayerError
            If there is no such layer.
        RunError
            If the network does not call it, or not so often.
        """
        layer = layer or self.target_layer
        if layer is None:
            return self.model(images)
        module, number = self._find(layer)
        calls: list[torch.Tensor] = []

        def keep(_module: nn.Module, _inputs: tuple, output: object) -> None:
            calls.append(_tensor(output, layer))

        with Hooks() as hooks:
            hooks.add(layer, module, keep)
            self.model(images)
        if number >= len(calls):
            raise RunError(
                path=layer,
                expected=f"{number + 1} calls of it in a pass",
                found=len(calls) or "none: what it computes is fused into another layer",
            )
        return calls[number]

    def get_all_activations(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Outputs of all layers without parts, by name, detached, in the order of calls.

        Parameters
        ----------
        images : (B, C, H, W)
        """
        found: dict[str, torch.Tensor] = {}
        with Hooks() as hooks, torch.no_grad():
            for name, module in self.model.named_modules():
                if not list(module.children()):
                    hooks.add(name, module, _keep(found, name))
            self.model(images)
        return found

    def remove_hooks(self) -> None:
        """Published; there are none between calls."""

    def eval(self) -> "ActivationExtractor":
        """Put the network into evaluation mode."""
        self.model.eval()
        return self

    def to(self, *place: object, **options: object) -> "ActivationExtractor":
        """Move the network, as `torch.nn.Module.to` does."""
        self.model.to(*place, **options)
        return self

    def parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the network."""
        return self.model.parameters()

    def __exit__(self, *_error: object) -> None:
        self.remove_hooks()

    def _find(self, layer: str) -> tuple[nn.Module, int]:
        """The module that a name means, and which of its calls."""
        modules = dict(self.model.named_modules())
        if layer in modules:
            return modules[layer], 0
        counted = re.fullmatch(r"(.+)_(\d+)", layer)
        if counted and counted[1] in modules:
            return modules[counted[1]], int(counted[2])
        similar = get_close_matches(layer, modules, n=4, cutoff=0.5)
        raise UnknownLayerError(
            path="layer",
            expected=f"a layer of {type(self.model).__name__}",
            found=repr(layer),
            advice=f"similar ones are {', '.join(similar)}" if similar else "",
        )


def _keep(found: dict[str, torch.Tensor], name: str):
    def hook(_module: nn.Module, _inputs: tuple, output: object) -> None:
        numbered = (f"{name}_{number}" if number else name for number in range(len(found) + 1))
        key = next(key for key in numbered if key not in found)
        found[key] = _tensor(output, name).detach()

    return hook


def _tensor(output: object, layer: str) -> torch.Tensor:
    """A copy of a layer's output, or of its first part: a later layer may work in place."""
    first = output[0] if isinstance(output, tuple | list) else output
    if not isinstance(first, torch.Tensor):
        raise LayerError(path=layer, expected="a tensor", found=type(first).__name__)
    return first.clone()
