"""Feature fetchers: record layers of a network while it runs, whatever calls it."""

import weakref
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from core.computing.devices import choose_device
from core.errors import LayerError
from core.probing.layer_table import get_module_names
from core.probing.layers import find_layer
from core.probing.recording import Hooks, only_tensor


class _Fetcher(AbstractContextManager):
    """What the fetchers share: activations by key, and hooks that come off together."""

    _keeps_all = False

    def __init__(self):
        self.activations: dict[str, object] = {}
        self.hooks = Hooks()
        weakref.finalize(self, self.hooks.close)

    def __getitem__(self, key: str) -> object:
        if key not in self.activations:
            raise LayerError(
                expected=f"a recorded layer ({', '.join(self.hooks) or 'none is'}) that has run",
                found=f"{key!r}",
            )
        return self.activations[key]

    def cleanup(self) -> None:
        """Take off all hooks and forget what they recorded."""
        self.hooks.close()
        self.activations.clear()

    def close(self) -> None:
        """The same as `cleanup`."""
        self.cleanup()

    def __exit__(self, *_error: object) -> None:
        self.cleanup()

    def get_activation(
        self,
        name: str,
        ingraph: bool = False,
        return_input: bool = False,
        store_device: str | torch.device | None = "cpu",
    ) -> Callable[[nn.Module, tuple, object], None]:
        """Forward hook, for the caller to register, that keeps a layer's output under `name`.

        Parameters
        ----------
        name
            Key in `activations`.
        ingraph
            Keep what is recorded differentiable.
        return_input
            Keep the list of the layer's inputs instead of its output.
        store_device
            Where it is kept; None for where it arises.
        """
        device = None if store_device is None else choose_device(store_device)
        activations, keeps_all = self.activations, self._keeps_all  # not self, which may go

        def hook(_module: nn.Module, inputs: tuple, output: object) -> None:
            if return_input:
                taken = [_copy(x, ingraph, device) for x in inputs]
            else:
                taken = _copy(only_tensor(output, name), ingraph, device)
            if keeps_all:
                activations[name].append(taken)
            else:
                activations[name] = taken

        return hook


class featureFetcher(_Fetcher):  # noqa: N801
    """Records layers of a network by their names.

    Parameters
    ----------
    model
        Any network; it is moved to `device` if one is given.
    input_size
        Channels, rows, columns of the images that the table is made with.
    device
        Where the network goes; by default it stays where it is.
    print_module
        Print the table of layers.
    store_device
        Where recorded tensors are kept; by default where they arise.

    Attributes
    ----------
    activations : dict
        What each recorded layer put out last, a copy.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    >>> with featureFetcher(net, print_module=False) as fetcher:
    ...     _ = fetcher.record(".Conv2d0", "conv")
    ...     _ = net(torch.randn(2, 3, 8, 8))
    ...     fetcher["conv"].shape
    torch.Size([2, 4, 6, 6])
    """

    def __init__(
        self,
        model: nn.Module,
        input_size: Sequence[int] = (3, 256, 256),
        device: str | torch.device | None = None,
        print_module: bool = True,
        store_device: str | torch.device | None = None,
    ):
        super().__init__()
        self.model = model if device is None else model.to(choose_device(device))
        self.store_device = store_device
        if print_module:
            get_module_names(model, input_size, show=True)

    def record(
        self,
        target_name: str,
        store_name: str | None = None,
        return_input: bool = False,
        ingraph: bool = False,
        store_device: str | torch.device | None = None,
    ) -> list[RemovableHandle]:
        """Record a layer under `store_name` (by default its own name).

        Parameters
        ----------
        target_name
            Dotted name or attribute path.
        store_name
            Key in `activations`.
        return_input
            Record the list of the layer's inputs instead of its output.
        ingraph
            Keep what is recorded differentiable.
        store_device
            In place of the fetcher's.

        Returns
        -------
        The handle of the hook, in a list.

        Raises
        ------
        LayerError
            If there is no such layer; names similar ones.
        """
        module = find_layer(self.model, target_name)
        place = self.store_device if store_device is None else store_device
        key = store_name or target_name
        hook = self.get_activation(key, ingraph, return_input, place)
        return [self.hooks.add(key, module, hook)]


class featureFetcher_module(_Fetcher):  # noqa: N801
    """Records modules that the caller holds.

    Parameters
    ----------
    store_device
        Where recorded tensors are kept.
    """

    def __init__(self, store_device: str | torch.device | None = "cpu"):
        super().__init__()
        self.store_device = store_device

    def record_module(
        self,
        target_module: nn.Module,
        target_name: str,
        return_input: bool = False,
        ingraph: bool = False,
        store_device: str | torch.device | None = None,
    ) -> RemovableHandle:
        """Record a module under `target_name`; as `featureFetcher.record`.

        Parameters
        ----------
        target_module
            Module to record.
        target_name
            Key of what is recorded.
        return_input
            Record what goes in instead of what comes out.
        ingraph
            Keep it differentiable.
        store_device
            Where it is kept; by default where it is made.
        """
        place = self.store_device if store_device is None else store_device
        hook = self.get_activation(target_name, ingraph, return_input, place)
        return self.hooks.add(target_name, target_module, hook)


class featureFetcher_recurrent(_Fetcher):  # noqa: N801
    """Records every call of a layer of a recurrent network such as CORnet-S.

    ``activations[key]`` is a list with one tensor on the CPU for each call. It grows until the user
    empties it: set it to ``[]`` before every forward pass, or call `reset`.

    Parameters
    ----------
    model, input_size, device, print_module
        As in `featureFetcher`.
    """

    _keeps_all = True

    def __init__(
        self,
        model: nn.Module,
        input_size: Sequence[int] = (3, 224, 224),
        device: str | torch.device | None = None,
        print_module: bool = True,
    ):
        super().__init__()
        self.activations = defaultdict(list)
        self.model = model if device is None else model.to(choose_device(device))
        if print_module:
            get_module_names(model, input_size, show=True)

    def __getitem__(self, key: str) -> object:
        return self.activations[key]

    def record(
        self,
        module: str,
        submod: str | None,
        key: str = "score",
        return_input: bool = False,
        ingraph: bool = False,
    ) -> RemovableHandle:
        """Record ``model.<module>.<submod>`` (``model.<module>`` for None) under `key`.

        Parameters
        ----------
        module
            Attribute of the model.
        submod
            Attribute of that, or None for the module itself.
        key
            Key of what is recorded.
        return_input
            Record what goes in instead of what comes out.
        ingraph
            Keep it differentiable.
        """
        path = module if submod is None else f"{module}.{submod}"
        hook = self.get_activation(key, ingraph, return_input)
        return self.hooks.add(key, find_layer(self.model, path), hook)

    def reset(self) -> None:
        """Forget what was recorded; the hooks stay."""
        self.activations.clear()

    def remove_hook(self) -> None:
        """Take off all hooks; what they recorded stays."""
        self.hooks.close()


def _copy(value: object, ingraph: bool, device: torch.device | None) -> object:
    """A copy that later layers cannot rewrite, on `device`."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value if ingraph else value.detach()
    if device is not None and device != value.device:
        return value.to(device)
    return value.clone()
