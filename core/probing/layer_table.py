"""Tables of a network's layers, and hooks by a layer's name."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from core.errors import LayerError
from core.probing.layers import (
    Shape,
    default_input_size,
    find_layer,
    layer_calls,
    layer_names,
    probe_inputs,
)
from core.probing.recording import Hooks, recording_hook, whole_layer
from core.progress import answer

Table = tuple[OrderedDict[str, str], OrderedDict[str, str], OrderedDict[str, dict]]


def get_module_names(
    model: nn.Module,
    input_size: Sequence[int] | Sequence[Sequence[int]] | None = None,
    device: str | torch.device | None = None,
    show: bool = True,
) -> Table:
    """Every layer that a forward pass calls, children before their parent, in execution order.

    Parameters
    ----------
    model
        Any network; it is left as it was.
    input_size
        Channels, rows, columns; several for several inputs. By default what the network states
        itself, or (3, 224, 224).
    device
        Where the images are made; by default where the network is.
    show
        Print the table.

    Returns
    -------
    names, types, spec
        Dictionaries with the keys "0", "1", ...: dotted names, names of classes, and
        ``{"inshape", "outshape"}`` without the batch axis, ``(None,)`` where there is no tensor.
        "0" is the input. A module that is called several times is listed as often.

    Examples
    --------
    >>> names, types, spec = get_module_names(nn.Sequential(nn.Conv2d(3, 4, 3)), (3, 8, 8))
     0  Image     Input       (3, 8, 8)  (3, 8, 8)
     1  .Conv2d0  Conv2d      (3, 8, 8)  (4, 6, 6)
     2  .         Sequential  (3, 8, 8)  (4, 6, 6)
    """
    input_size = default_input_size(model) if input_size is None else input_size
    inputs = probe_inputs(model, input_size, n=2, device=device)
    calls = layer_calls(model, inputs)
    size = tuple(inputs[0].shape[1:])
    rows = [("Image", "Input", size, size)]
    rows += [
        (call.name, call.type, _unbatched(call.first_input), _unbatched(call.output))
        for call in calls
    ]
    return _as_table(rows, show)


def get_module_name_shapes(
    model: nn.Module,
    inputs_list: Sequence[torch.Tensor],
    hook_root_module: nn.Module | None = None,
    hook_root_prefix: str = "",
    deepest: int = 3,
    show: bool = True,
    show_input: bool = True,
) -> Table:
    """The layers down to a depth, under plain paths, with shapes that include the batch axis.

    Parameters
    ----------
    model
        Any network; it is left as it was.
    inputs_list
        Its positional inputs.
    hook_root_module
        Part of the network whose layers are listed; by default all of it.
    hook_root_prefix
        Put before the names.
    deepest
        Only layers of a smaller depth are listed; the root has depth 0.
    show
        Print the table.
    show_input
        Begin with the input.

    Returns
    -------
    names, types, spec
        As in `get_module_names`; an ``inshape`` is a list over all input tensors.
    """
    calls = layer_calls(model, inputs_list, watched=hook_root_module)
    rows = []
    if show_input:
        shapes = [tuple(tensor.shape) for tensor in inputs_list]
        size = shapes[0] if len(shapes) == 1 else shapes
        rows.append(("Image", "Input", size, size))
    for call in calls:
        depth = call.path.count(".") + 1 if call.path else 0
        if depth < deepest:
            name = f"{hook_root_prefix}.{call.path}" if call.path else f".{hook_root_prefix}"
            rows.append((name, call.type, call.inputs, call.output))
    return _as_table(rows, show)


def register_hook_by_module_names(
    target_name: str,
    target_hook: Callable[[nn.Module, tuple, object], None],
    model: nn.Module,
    input_size: Sequence[int] = (3, 256, 256),
    device: str | torch.device | None = None,
) -> tuple[list[RemovableHandle], OrderedDict[str, str], OrderedDict[str, str]]:
    """Register a forward hook on a layer, once for every time that a forward pass calls it.

    That is the published behaviour: a ReLU that is called three times gets three hooks, and each
    call runs all of them. `register_hook_by_module_name` registers one.

    Parameters
    ----------
    target_name
        Dotted name of the layer.
    target_hook
        Called with the layer, its arguments and its output.
    model
        The network.
    input_size
        Channels, rows and columns of the image of a trial pass.
    device
        Where that image goes; by default where the network is.

    Returns
    -------
    handles, names, types
        The handles, and the table of `get_module_names`.

    Raises
    ------
    LayerError
        If a forward pass calls no layer of that name; names similar ones.
    """
    names, types, _ = get_module_names(model, input_size, device, show=False)
    module = find_layer(model, target_name)
    known = layer_names(model)
    n_calls = sum(known.get(name) is module for name in names.values())
    if n_calls == 0:
        raise LayerError(path=target_name, expected="a layer that runs", found="that it never does")
    handles = [module.register_forward_hook(target_hook) for _ in range(n_calls)]
    return handles, names, types


class LayerRecord(Hooks):
    """The last output of a layer, in `activation`; a context manager that takes off its hook."""

    def __init__(self, model: nn.Module, layer_name: str):
        super().__init__()
        self._kept: dict[str, torch.Tensor] = {}
        hook = recording_hook(self._kept, "output", whole_layer, layer=layer_name)
        self.add("output", find_layer(model, layer_name), hook)

    @property
    def activation(self) -> torch.Tensor | None:
        """A copy of what the layer put out last, ``(B, ...)``; None as long as it has not run."""
        return self._kept.get("output")


def register_hook_by_module_name(
    model: nn.Module,
    layer_name: str,
    hook: Callable[[nn.Module, tuple, object], None] | None = None,
) -> RemovableHandle | LayerRecord:
    """Register a forward hook on a layer, or record the layer's output if no hook is given.

    Parameters
    ----------
    model
        The network.
    layer_name
        Dotted name or attribute path of the layer.
    hook
        Called with the layer, its arguments and its output; without one the output is
        recorded.

    Returns
    -------
    The handle of `hook`, or a `LayerRecord` whose `activation` is the layer's last output.

    Raises
    ------
    LayerError
        If there is no such layer; names similar ones.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> with register_hook_by_module_name(net, ".ReLU1") as record:
    ...     _ = net(torch.randn(2, 3, 8, 8))
    ...     record.activation.shape
    torch.Size([2, 4, 6, 6])
    """
    if hook is None:
        return LayerRecord(model, layer_name)
    return find_layer(model, layer_name).register_forward_hook(hook)


def named_apply(
    model: nn.Module,
    name: str,
    func: Callable[[nn.Module, str, str], None],
    prefix: str | None = None,
) -> None:
    """Call ``func(module, name, prefix)`` for a module and all below it, children first.

    Parameters
    ----------
    model
        Where to start.
    name
        Its name.
    func
        Called with each module, its name and the names above it.
    prefix
        Names above the first module; None for none.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> named_apply(net, "net", lambda module, name, prefix: print(type(module).__name__, name))
    Conv2d 0
    ReLU 1
    Sequential net
    """
    path = f"{prefix}.{name}" if prefix else name
    for child_name, child in model.named_children():
        named_apply(child, child_name, func, path)
    func(model, name, prefix or "")


recursive_named_apply = named_apply


def recursive_named_apply_w_depth(
    model: nn.Module,
    name: str,
    func: Callable[[nn.Module, str, str], None],
    prefix: str | None = None,
    depth: int = 0,
    deepest: int = 3,
) -> None:
    """`named_apply` for the modules of a smaller depth than `deepest`.

    Parameters
    ----------
    model
        Where to start.
    name
        Its name.
    func
        Called with each module, its name and the names above it.
    prefix
        Names above the first module; None for none.
    depth
        Depth of the first module.
    deepest
        Depth from which on modules are left out.
    """
    if depth >= deepest:
        return
    path = f"{prefix}.{name}" if prefix else name
    for child_name, child in model.named_children():
        recursive_named_apply_w_depth(child, child_name, func, path, depth + 1, deepest)
    func(model, name, prefix or "")


def print_specific_layer(
    module_subset: Sequence[str],
    module_names: OrderedDict[str, str],
    module_types: OrderedDict[str, str],
    module_spec: OrderedDict[str, dict],
) -> None:
    """Print the rows of a table whose names are in a subset.

    Parameters
    ----------
    module_subset
        Names of the rows.
    module_names, module_types, module_spec
        Names, classes and shapes of the layers, as `get_module_names` gives them.
    """
    rows = {
        key: (name, module_types[key], *module_spec[key].values())
        for key, name in module_names.items()
    }
    _print({key: row for key, row in rows.items() if row[0] in module_subset})


def recursive_print(module: nn.Module, prefix: str = "", depth: int = 0, deepest: int = 3) -> None:
    """Print the tree of modules down to a depth, without a forward pass.

    Parameters
    ----------
    module
        Where to start.
    prefix
        Put before its name.
    depth
        Depth of the first module.
    deepest
        Depth of the last modules that are printed.
    """
    if depth == 0:
        answer(f"{prefix}{type(module).__name__}")
    if depth >= deepest:
        return
    for name, child in module.named_children():
        answer(f"{prefix}{'  ' * (depth + 1)}({name}): {type(child).__name__}")
        recursive_print(child, prefix, depth + 1, deepest)


def _unbatched(shape: Shape) -> Shape:
    return shape if shape == (None,) else shape[1:]


def _as_table(rows: list[tuple], show: bool) -> Table:
    numbered = {str(i): row for i, row in enumerate(rows)}
    if show:
        _print(numbered)
    return (
        OrderedDict((key, row[0]) for key, row in numbered.items()),
        OrderedDict((key, row[1]) for key, row in numbered.items()),
        OrderedDict(
            (key, {"inshape": row[2], "outshape": row[3]}) for key, row in numbered.items()
        ),
    )


def _print(rows: dict[str, tuple]) -> None:
    cells = [[key, *map(str, row)] for key, row in rows.items()]
    if not cells:
        return
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for key, *rest in cells:
        words = [cell.ljust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        answer(f"{key.rjust(widths[0] + 1)}  {'  '.join(words)}".rstrip())
