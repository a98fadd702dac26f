"""Scoring images with network units, under the published names and arguments.

What the project itself uses is `core.probing.Scorer`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from core.images.canvas import (
    resize_and_pad,
    resize_and_pad_canvas,
    resize_and_pad_tsr,
    subsample_mask,
)
from core.networks.featnets import load_featnet
from core.networks.preprocessing import Images
from core.networks.zoo import load_network
from core.plotting.trajectory import visualize_trajectory
from core.probing.recording import (
    Index,
    as_indices,
    one_unit,
    recording_hook,
    some_units,
    whole_layer,
)
from core.probing.scorer import Scorer

__all__ = [
    "TorchScorer",
    "activation",
    "get_activation",
    "load_featnet",
    "load_network",
    "resize_and_pad",
    "resize_and_pad_canvas",
    "resize_and_pad_tsr",
    "subsample_mask",
    "visualize_trajectory",
]


class TorchScorer(Scorer):
    """`core.probing.Scorer` with the published arguments and methods.

    Parameters
    ----------
    model_name
        A network, or the name of one.
    imgpix
        Rows and columns to which images are resized; by default 227, or what the network is made
        for. A text here is the layer instead, as in ``TorchScorer(model, layer, unit)``.
    rawlayername
        Whether layers are given by dotted names; otherwise by the short names of
        `layername_dict`. Anything but a bool here is the unit instead.
    layer, unit
        Score with this unit: a channel, or (channel, row, column).
    device
        Where the network computes.
    published_aliasing
        Record without copying, as published.
    options
        Passed on to `load_network`; only with a name.

    Attributes
    ----------
    artiphys
        Whether scoring returns recordings, too.
    record_layers
        Keys of the recordings that it returns.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> with TorchScorer(net, 16, layer=".ReLU1", unit=(2, 7, 7)) as scorer:
    ...     scorer.score_tsr(torch.rand(5, 3, 32, 32)).shape
    (5,)
    """

    def __init__(
        self,
        model_name: str | nn.Module,
        imgpix: int | str | None = None,
        rawlayername: bool | int | Sequence[int] = True,
        *,
        layer: str | None = None,
        unit: int | Sequence[int] | None = None,
        device: str | torch.device | None = None,
        published_aliasing: bool = False,
        **options: object,
    ):
        if isinstance(imgpix, str):
            imgpix, layer = None, imgpix
        if not isinstance(rawlayername, bool):
            rawlayername, unit = True, rawlayername
        self.artiphys = False
        super().__init__(
            model_name,
            layer,
            unit,
            size=imgpix,
            device=device,
            short_names=not rawlayername,
            aliased=published_aliasing,
            **options,
        )

    @property
    def record_layers(self) -> list[str]:
        """Keys of what scoring returns besides scores."""
        return self.recorded

    @record_layers.setter
    def record_layers(self, keys: Sequence[str]) -> None:
        """Change what scoring returns besides scores."""
        self.recorded = list(keys)

    def select(self, layer: str, unit: int | Sequence[int], *, ingraph: bool = False) -> None:
        """Score with a unit; also notes it as `layer`, `chan`, `unit_x` and `unit_y`."""
        super().select(layer, unit, ingraph=ingraph)
        position = as_indices(unit, layer)
        self.layer, self.chan = layer, position[0]
        self.unit_x, self.unit_y = position[1:] if len(position) == 3 else (None, None)

    def select_unit(self, unit_tuple: Sequence[object], allow_grad: bool = False) -> None:
        """Score with a unit, in place of the one selected before.

        Parameters
        ----------
        unit_tuple
            (anything, layer, channel) or (anything, layer, channel, row, column); 0-based.
        allow_grad
            Keep scores differentiable, for `score_tsr_wgrad`.
        """
        _, layer, *indices = unit_tuple
        self.select(layer, as_indices(indices, layer), ingraph=allow_grad)

    def get_activation(
        self,
        name: str,
        unit: int | tuple[Index, ...] | None = None,
        unitmask: np.ndarray | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> Callable[[nn.Module, tuple, object], None]:
        """Forward hook, for the caller to register, that writes to ``activation[name]``.

        Parameters
        ----------
        name
            Key in `activation`, which scoring empties.
        unit
            Channel, or (channel, row, column); None for all.
        unitmask
            Boolean mask or flat indices of units, if no `unit` is given.
        ingraph
            Keep it differentiable.
        """
        return _hook(self.activation, name, unit, unitmask, ingraph)

    def set_unit(
        self,
        reckey: str,
        layer: str,
        unit: int | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> None:
        """Hold one unit of a layer (all of it for None) in `activation`.

        Parameters
        ----------
        reckey
            Key in `activation`.
        layer
            Name of the layer.
        unit
            Channel, or (channel, row, column).
        ingraph
            Keep it differentiable.
        """
        select = whole_layer if unit is None else self._checked(one_unit(unit, layer), layer)
        self._watch(reckey, layer, select, ingraph)

    def set_units_by_mask(
        self,
        reckey: str,
        layer: str,
        unit_mask: np.ndarray | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> None:
        """Hold units of a layer as ``(B, n)`` in `activation`.

        Parameters
        ----------
        reckey
            Key in `activation`.
        layer
            Name of the layer.
        unit_mask
            Boolean array of the layer's shape, or flat indices (C order) whose order is kept; None
            takes the whole layer.
        ingraph
            Keep them differentiable.
        """
        select = whole_layer if unit_mask is None else some_units(unit_mask, layer)
        self._watch(reckey, layer, self._checked(select, layer), ingraph)

    def set_recording(self, record_layers: Sequence[str], allow_grad: bool = False) -> None:
        """Record whole layers; scoring then returns ``(scores, recordings)``.

        Parameters
        ----------
        record_layers
            Names of layers; ``recordings`` holds a float32 array ``(n, ...)`` for each.
        allow_grad
            Keep recordings differentiable.
        """
        layers = [record_layers] if isinstance(record_layers, str) else list(record_layers)
        for layer in layers:
            self._module(layer)
        for layer in layers:
            self.record(layer, layer, ingraph=allow_grad)
        self.artiphys = True

    def set_popul_recording(
        self, record_layer: str, mask: np.ndarray | Sequence[int] | None
    ) -> None:
        """Record units of a layer; scoring then returns ``(scores, recordings)``.

        Parameters
        ----------
        record_layer
            Name of the layer.
        mask
            As `unit_mask` of `set_units_by_mask`.
        """
        self.record(record_layer, record_layer, mask=mask)
        self.artiphys = True

    def score(
        self,
        images: Images,
        with_grad: bool = False,
        B: int = 42,
        input_scale: float = 1.0,
    ) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
        """Activation of the selected unit for each image.

        Parameters
        ----------
        images
            As `preprocess` takes them.
        with_grad
            Has no effect, as published; see `score_tsr_wgrad`.
        B
            Images at a time.
        input_scale
            Value of white: 255 for 8-bit images.

        Returns
        -------
        (n,) float64; with recordings, if some were asked for. Where no unit is selected, scores
        are 0, as published.

        Raises
        ------
        LayerError
            If nothing is selected or recorded, or a layer does not run.
        ImageError
            As `preprocess`.
        """
        scores, self.recordings = self._responses(images, B, input_scale)
        if scores is None:
            scores = np.zeros(1 if np.ndim(images) == 3 else len(images))
        return (scores, self.recordings) if self.artiphys else scores

    def score_tsr(
        self,
        img_tsr: torch.Tensor,
        with_grad: bool = False,
        B: int = 42,
        input_scale: float = 1.0,
    ) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
        """`score` of a tensor ``(n, 3, H, W)``, with the same arguments."""
        return self.score(img_tsr, with_grad, B, input_scale)

    def score_tsr_wgrad(
        self,
        img_tsr: torch.Tensor,
        B: int = 10,
        input_scale: float = 1.0,
    ) -> torch.Tensor | tuple[torch.Tensor, dict[str, list[torch.Tensor]]]:
        """Differentiable scores ``(n,)`` of a tensor; recordings are lists of one tensor a batch.

        Parameters
        ----------
        img_tsr : (n, 3, H, W)
            RGB in [0, input_scale].
        B
            Images at a time.
        input_scale
            Value of white.

        Raises
        ------
        LayerError
            If the unit was selected without ``allow_grad=True``.
        """
        scores = self.differentiable(img_tsr, batch_size=B, input_scale=input_scale)
        return (scores, self.recordings) if self.artiphys else scores

    def cleanup(self) -> None:
        """Take off all hooks and forget all recordings."""
        self.close()

    def close(self) -> None:
        """The same as `cleanup`."""
        super().close()
        self.artiphys = False


activation: dict[str, torch.Tensor] = {}
"""What hooks made by `get_activation` recorded last, by name."""


def get_activation(
    name: str,
    unit: int | tuple[Index, ...] | None = None,
    unitmask: np.ndarray | None = None,
    ingraph: bool = False,
) -> Callable[[nn.Module, tuple, object], None]:
    """Forward hook that writes a copy of a layer's output to ``activation[name]``.

    Parameters
    ----------
    name
        Key in `activation`.
    unit
        Channel, or (channel, row, column); slices take several. None takes all.
    unitmask
        Boolean mask or flat indices of units, if no `unit` is given.
    ingraph
        Keep it differentiable.

    Examples
    --------
    >>> layer = nn.Linear(3, 5)
    >>> handle = layer.register_forward_hook(get_activation("fc", unit=2))
    >>> _ = layer(torch.zeros(4, 3))
    >>> activation["fc"].shape
    torch.Size([4])
    >>> handle.remove()
    """
    return _hook(activation, name, unit, unitmask, ingraph)


def _hook(
    activations: dict[str, torch.Tensor],
    name: str,
    unit: int | tuple[Index, ...] | None,
    unitmask: np.ndarray | Sequence[int] | None,
    ingraph: bool,
) -> Callable[[nn.Module, tuple, object], None]:
    """Hook that writes a unit, some units or all of a layer to ``activations[name]``."""
    if unit is not None:
        select = one_unit(unit, name)
    elif unitmask is not None:
        select = some_units(unitmask, name)
    else:
        select = whole_layer
    return recording_hook(activations, name, select, layer=name, ingraph=ingraph)
