"""Names of a network's layers, and what each of them takes and gives.

The dotted names follow the published grammar. For a module reached by ``a.b.c`` from the root, a
container (Sequential, ModuleList) is called ``.a.b.c`` and any other module ``.a.b.<Class>c``: only
the last part carries the class. The root is ``.<Class>``, or ``.`` alone where it is a container.
They follow from the tree of modules; only shapes and order need a forward pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.errors import LayerError

DEFAULT_SIZE = (3, 224, 224)
"""Input of a network that does not say what it takes: channels, rows, columns."""

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class LayerCall:
    """One call of one layer in a forward pass.

    Attributes
    ----------
    name
        Dotted name with the class, as in `layer_names`.
    path
        Attribute path from the root; empty for the root.
    type
        Name of the class.
    inputs
        Shapes, batch axis included, of the positional and then the keyword tensors.
    first_input
        Shape of the first positional input; (None,) if that is no tensor.
    output
        Shape of the output; (None,) if that is no tensor.
    """

    name: str
    path: str
    type: str
    inputs: list[Shape]
    first_input: Shape
    output: Shape


def layer_name(path: str, module: nn.Module) -> str:
    """Dotted name of a module that is reached by `path` from the root.

    Parameters
    ----------
    path
        Attributes from the root to the module, joined by dots.
    module
        The module.

    Examples
    --------
    >>> layer_name("layer1.0.conv1", nn.Conv2d(1, 1, 1))
    '.layer1.0.Conv2dconv1'
    >>> layer_name("layer1", nn.Sequential())
    '.layer1'
    """
    if isinstance(module, nn.Sequential | nn.ModuleList):
        return f".{path}"
    above, _, own = path.rpartition(".")
    return f".{above}{'.' if above else ''}{type(module).__name__}{own}"


def layer_names(model: nn.Module) -> dict[str, nn.Module]:
    """Dotted name of every module of a network, in the order of its tree.

    Examples
    --------
    >>> list(layer_names(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())))
    ['.', '.Conv2d0', '.ReLU1']
    """
    return {
        layer_name(path, module): module
        for path, module in model.named_modules(remove_duplicate=False)
    }


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """The module with a dotted name, or with the plain attribute path ``a.b.c``.

    Parameters
    ----------
    model
        The network.
    name
        Dotted name, as in the table of layers, or attribute path.

    Raises
    ------
    LayerError
        If there is none; names the most similar ones.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> find_layer(net, ".ReLU1")
    ReLU()
    >>> find_layer(net, ".Relu1")
    Traceback (most recent call last):
    core.errors.LayerError: Sequential has no layer '.Relu1'; similar ones are .ReLU1.
    """
    named = layer_names(model)
    paths = dict(model.named_modules(remove_duplicate=False))
    paths.pop("")
    if name in named:
        return named[name]
    if name in paths:
        return paths[name]
    raise LayerError(
        f"{type(model).__name__} has no layer {name!r}; {_near(str(name), [*named, *paths])}."
    )


def layer_calls(
    model: nn.Module,
    inputs: Sequence[torch.Tensor],
    *,
    watched: nn.Module | None = None,
) -> list[LayerCall]:
    """What every layer takes and gives in one forward pass, in the order in which they end.

    The pass runs in eval mode without gradients; training flags and the state of the random
    generators are put back, and all hooks come off, also when it fails.

    Parameters
    ----------
    model
        The network.
    inputs
        Positional inputs.
    watched
        Part of the network whose layers are listed (names relative to it); by default all.
    """
    calls = []

    def note(path: str, module: nn.Module):
        def hook(_module: nn.Module, args: tuple, kwargs: Mapping, output: object) -> None:
            calls.append(
                LayerCall(
                    name=layer_name(path, module),
                    path=path,
                    type=type(module).__name__,
                    inputs=[tuple(x.shape) for x in (*args, *kwargs.values()) if _is_tensor(x)],
                    first_input=_shape(args[0] if args else None),
                    output=_shape(output),
                )
            )

        return hook

    root = model if watched is None else watched
    handles = []
    try:
        for path, module in root.named_modules():
            handles.append(module.register_forward_hook(note(path, module), with_kwargs=True))
        with undisturbed(model), naming_the_input(model, inputs):
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return calls


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Eval mode; puts back the training flag of every module at the end."""
    flags = {module: module.training for module in model.modules()}
    try:
        model.eval()
        yield
    finally:
        for module, training in flags.items():
            module.training = training


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Eval mode without gradients; puts back training flags and random state at the end."""
    device = device_of(model)
    forked = [device] if device.type == "cuda" else []
    with eval_mode(model), torch.random.fork_rng(forked), torch.no_grad():
        yield


@contextmanager
def naming_the_input(model: nn.Module, inputs: Sequence[torch.Tensor]) -> Iterator[None]:
    """Turn what a network raises about its input's shape into one sentence that names the shape.

    Parameters
    ----------
    model
        The network, for the message.
    inputs
        What it is given in the block.

    Raises
    ------
    LayerError
        In place of RuntimeError, ValueError, AssertionError and TypeError.
    """
    try:
        yield
    except LayerError:
        raise
    except (RuntimeError, ValueError, AssertionError, TypeError) as error:
        shapes = ", ".join(str(tuple(x.shape)) for x in inputs)
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise LayerError(
            path=type(model).__name__,
            expected=f"to take an input of shape {shapes}",
            found=f"an error: {reason}",
        ) from error


def probe_inputs(
    model: nn.Module,
    input_size: Sequence[int] | Sequence[Sequence[int]],
    n: int = 1,
    device: str | torch.device | None = None,
) -> list[torch.Tensor]:
    """Random images, `n` of each size, in the network's precision and on its device.

    Parameters
    ----------
    model
        The network.
    input_size
        Size of an image without the batch axis, or several of them for several inputs.
    n
        Images of each size.
    device
        Where they go; by default where the network is.

    Examples
    --------
    >>> [image.shape for image in probe_inputs(nn.Conv2d(3, 4, 3), (3, 8, 8), n=2)]
    [torch.Size([2, 3, 8, 8])]
    """
    sizes = [input_size] if np.ndim(input_size[0]) == 0 else list(input_size)
    device = device_of(model) if device is None else choose_device(device)
    generator = torch.Generator().manual_seed(0)
    images = (torch.rand((n, *map(int, size)), generator=generator) for size in sizes)
    return [image.to(device, dtype_of(model)) for image in images]


def default_input_size(model: nn.Module) -> tuple[int, ...]:
    """Input that the network itself states (as timm's do), or (3, 224, 224)."""
    stated = getattr(model, "default_cfg", None) or {}
    return tuple(stated.get("input_size", DEFAULT_SIZE))


def _near(name: str, names: list[str]) -> str:
    lower = {known.lower(): known for known in names}
    similar = [lower[hit] for hit in get_close_matches(name.lower(), lower, n=4, cutoff=0.5)]
    similar = similar or [known for known in names if name and name.lower() in known.lower()][:4]
    if similar:
        return f"similar ones are {', '.join(similar)}"
    return f"its layers are {', '.join(names[:6])}{', ...' if len(names) > 6 else ''}"


def _is_tensor(value: object) -> bool:
    return isinstance(value, torch.Tensor)


def _shape(value: object) -> Shape:
    return tuple(value.shape) if _is_tensor(value) else (None,)
