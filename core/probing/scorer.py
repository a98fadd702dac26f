"""Scoring images by the activation of units of a network, as an electrode would.

A scorer records what it is told to with hooks that copy, and takes them all off at `close`. Images
go to the network's device batch by batch; scores come back once.
"""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import nn

from core.computing.devices import choose_device, device_of, dtype_of
from core.errors import ImageError, LayerError, SettingError
from core.images.range import check_range
from core.networks.preprocessing import (
    IMAGENET,
    Images,
    as_batch,
    normalised,
    resized,
)
from core.networks.zoo import ImageNetwork, load_network
from core.probing.layers import find_layer
from core.probing.recording import (
    Hooks,
    Select,
    as_indices,
    one_unit,
    output_shape,
    recording_hook,
    some_units,
    whole_layer,
)
from core.probing.short_layer_names import layername_dict, listed_layers

SCORE = "score"
"""Key of the unit that scores."""


class TorchScorer(AbstractContextManager):
    """Scores images by a unit of a network; may record other units at the same time.

    Parameters
    ----------
    model_name
        A network, or the name of one (see `load_network`). A network is put into eval mode, its
        parameters are frozen, and images are normalised with ImageNet's mean and SD.
    imgpix
        Rows and columns to which images are resized; by default 227, or what the network is made
        for. A text here is the layer instead, as in ``TorchScorer(model, layer, unit)``.
    rawlayername
        Whether layers are given by dotted names; otherwise by the short names of
        `layername_dict`. Anything but a bool here is the unit instead.
    layer, unit
        Score with this unit: a channel, or (channel, row, column).
    device
        Where the network computes. By default a network stays where it is, and one made by name
        goes to CUDA when present, else to the CPU.
    published_aliasing
        Record as the published code did, without copying: an in-place ReLU behind a convolution
        then rectifies what was recorded of it.
    options
        Passed on to `load_network` (pretrained, weights_dir, trusted, allow_download,
        own_preprocessing); only with a name.

    Attributes
    ----------
    model : nn.Module
    inputsize
        (3, imgpix, imgpix).
    activation : dict
        What the last batch left under each key.
    recordings : dict
        What the last call recorded of each layer.

    Raises
    ------
    LayerError
        If there is no such layer or unit.

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
        if unit is not None and layer is None:
            raise SettingError(expected=f"a layer for the unit {unit!r}", found="none")
        if isinstance(model_name, str):
            network = load_network(model_name, device=device, **options)
        else:
            network = _as_network(model_name, layer, device, options)
        self.model = network.model
        self.preprocessing = network.preprocessing
        size = _whole(network.size if imgpix is None else imgpix, "imgpix")
        self.inputsize = (3, size, size)
        self.layername, self.layers = None, None
        if not rawlayername:
            self._use_short_names(model_name)
        self.published_aliasing = published_aliasing
        self.hooks = Hooks()
        self.artiphys = False
        self.record_layers: list[str] = []
        self.recordings: dict[str, np.ndarray | list[torch.Tensor]] = {}
        self.activation: dict[str, torch.Tensor] = {}
        self._in_graph: set[str] = set()
        weakref.finalize(self, self.hooks.close)
        if layer is not None:
            self.select_unit((None, layer, *as_indices(unit, layer)))

    def _use_short_names(self, network: str | nn.Module) -> None:
        if network not in layername_dict:
            found = network if isinstance(network, str) else type(network).__name__
            raise SettingError(
                path="rawlayername=False",
                expected=f"one of {', '.join(layername_dict)}",
                found=found,
            )
        self.layername = layername_dict[network]
        self.layers = listed_layers(self.model)

    def select_unit(self, unit_tuple: Sequence[object], allow_grad: bool = False) -> None:
        """Score with a unit, in place of the one selected before.

        Parameters
        ----------
        unit_tuple
            (anything, layer, channel) or (anything, layer, channel, row, column); 0-based. Row and
            column of a layer without positions have no effect.
        allow_grad
            Keep scores differentiable, for `score_tsr_wgrad`.

        Raises
        ------
        LayerError
            If there is no such layer or unit; says similar names, or the layer's shape.
        """
        _, layer, *indices = unit_tuple
        position = as_indices(indices, layer)
        self.set_unit(SCORE, layer, position, ingraph=allow_grad)
        self.layer, self.chan = layer, position[0]
        self.unit_x, self.unit_y = position[1:] if len(position) == 3 else (None, None)

    def set_unit(
        self,
        reckey: str,
        layer: str,
        unit: int | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> None:
        """Record one unit of a layer (all of it for None) under a key.

        Raises
        ------
        LayerError
            If there is no such layer or unit; says similar names, or the layer's shape.
        """
        if unit is None:
            self._watch(reckey, layer, whole_layer, ingraph)
            return
        select = one_unit(unit, layer)
        select(torch.empty((1, *self.layer_shape(layer))))
        self._watch(reckey, layer, select, ingraph)

    def set_units_by_mask(
        self,
        reckey: str,
        layer: str,
        unit_mask: np.ndarray | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> None:
        """Record units of a layer as ``(B, n)`` under a key.

        Parameters
        ----------
        reckey, layer
            Key and layer.
        unit_mask
            Boolean array of the layer's shape, or flat indices (C order) whose order is kept;
            None takes the whole layer.
        ingraph
            Keep what is recorded differentiable.

        Raises
        ------
        LayerError
            If there is no such layer, or the mask does not fit its shape.
        """
        select = whole_layer if unit_mask is None else some_units(unit_mask, layer)
        select(torch.empty((1, *self.layer_shape(layer))))
        self._watch(reckey, layer, select, ingraph)

    def set_recording(self, record_layers: Sequence[str], allow_grad: bool = False) -> None:
        """Record whole layers; scoring then returns ``(scores, recordings)``.

        ``recordings`` holds a float32 array ``(n, ...)`` for each layer.
        """
        layers = [record_layers] if isinstance(record_layers, str) else list(record_layers)
        for layer in layers:
            self._module(layer)
        for layer in layers:
            self.set_unit(layer, layer, ingraph=allow_grad)
            self._note_recording(layer)

    def set_popul_recording(
        self, record_layer: str, mask: np.ndarray | Sequence[int] | None
    ) -> None:
        """Record units of a layer as by `set_units_by_mask`; returned as by `set_recording`."""
        self.set_units_by_mask(record_layer, record_layer, mask)
        self._note_recording(record_layer)

    def _note_recording(self, layer: str) -> None:
        self.artiphys = True
        if layer not in self.record_layers:
            self.record_layers.append(layer)

    def layer_shape(self, layer: str) -> tuple[int, ...]:
        """Shape of what a layer puts out for one image; found by a forward pass.

        Raises
        ------
        LayerError
            If there is no such layer, it does not run, or it puts out no tensor.
        """
        image = torch.zeros(
            (1, *self.inputsize), device=device_of(self.model), dtype=dtype_of(self.model)
        )
        shape = output_shape(self.model, self._module(layer), layer, image)
        self.activation.clear()
        return shape

    def preprocess(self, img: Images, input_scale: float = 255) -> torch.Tensor:
        """Images as the network takes them: normalised, then bilinearly resized to `inputsize`.

        Parameters
        ----------
        img
            List of ``(H, W, 3)`` arrays (of any sizes), array ``(B, H, W, 3)`` or ``(H, W, 3)``,
            or tensor ``(B, 3, H, W)`` or ``(3, H, W)``; RGB.
        input_scale
            Value of white.

        Returns
        -------
        ``(B, *inputsize)`` on the network's device.

        Raises
        ------
        ImageError
            If there is no image, a shape is another, or values are not in [0, input_scale].
        """
        if isinstance(img, list | tuple) and len({np.shape(image) for image in img}) > 1:
            return torch.cat([self.preprocess(image, input_scale) for image in img])
        images = as_batch(img).to(device_of(self.model)).to(dtype_of(self.model))
        check_range(images, input_scale, hint="input_scale=255 is for 8-bit images")
        images = normalised(images, self.preprocessing, input_scale)
        return resized(images, self.inputsize[1:])

    def score(
        self,
        images: Images,
        with_grad: bool = False,
        B: int = 42,  # noqa: N803
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
        scores, recordings = None, {}
        images = _many(images)
        n = len(images)
        for where in self._run(images, B, input_scale, torch.no_grad()):
            if SCORE in self.activation:
                batch = self._batch_scores()
                scores = batch.new_empty(n) if scores is None else scores
                scores[where] = batch
            for layer in self.record_layers:
                batch = self.activation[layer].float().cpu().numpy()
                if layer not in recordings:
                    recordings[layer] = np.empty((n, *batch.shape[1:]), dtype=np.float32)
                recordings[layer][where] = batch
        values = np.zeros(n) if scores is None else scores.double().cpu().numpy()
        self.recordings = recordings
        return (values, recordings) if self.artiphys else values

    def score_tsr(
        self,
        img_tsr: torch.Tensor,
        with_grad: bool = False,
        B: int = 42,  # noqa: N803
        input_scale: float = 1.0,
    ) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
        """`score` of a tensor ``(n, 3, H, W)``, which may lie on the network's device already."""
        return self.score(img_tsr, with_grad, B, input_scale)

    def score_tsr_wgrad(
        self,
        img_tsr: torch.Tensor,
        B: int = 10,  # noqa: N803
        input_scale: float = 1.0,
    ) -> torch.Tensor | tuple[torch.Tensor, dict[str, list[torch.Tensor]]]:
        """Differentiable scores ``(n,)`` of a tensor; recordings are lists of one tensor a batch.

        Raises
        ------
        LayerError
            If the unit was selected without ``allow_grad=True``.
        """
        if SCORE not in self._in_graph:
            raise LayerError(
                expected="a unit selected with allow_grad=True for scores with a gradient",
                found="one without" if SCORE in self.hooks else "none",
            )
        scores, recordings = [], {layer: [] for layer in self.record_layers}
        for _ in self._run(_many(img_tsr), B, input_scale, nullcontext()):
            scores.append(self._batch_scores())
            for layer in self.record_layers:
                recordings[layer].append(self.activation[layer])
        self.recordings = recordings
        return (torch.cat(scores), recordings) if self.artiphys else torch.cat(scores)

    def cleanup(self) -> None:
        """Take off all hooks and forget all recordings."""
        self.hooks.close()
        self._in_graph.clear()
        self.activation.clear()
        self.recordings = {}
        self.record_layers = []
        self.artiphys = False

    def close(self) -> None:
        """The same as `cleanup`."""
        self.cleanup()

    def __exit__(self, *_error: object) -> None:
        self.cleanup()

    def _module(self, layer: str) -> nn.Module:
        if self.layername is None:
            return find_layer(self.model, layer)
        if layer not in self.layername:
            raise LayerError(expected=f"one of {', '.join(self.layername)}", found=f"{layer!r}")
        return self.layers[self.layername.index(layer)]

    def _watch(self, key: str, layer: str, select: Select, ingraph: bool) -> None:
        activation = self.activation
        hook = recording_hook(
            activation,
            key,
            select,
            layer=layer,
            ingraph=ingraph,
            aliased=self.published_aliasing,
        )

        def careful(module: nn.Module, args: tuple, output: object) -> None:
            try:
                hook(module, args, output)
            except LayerError as error:  # told by the scorer, not by whoever runs the network
                activation[key] = error

        self.hooks.add(key, self._module(layer), careful)
        (self._in_graph.add if ingraph else self._in_graph.discard)(key)

    def _run(
        self,
        images: Images,
        batch_size: int,
        input_scale: float,
        gradients: AbstractContextManager,
    ) -> Iterator[slice]:
        """Pass the images through the network, a batch at a time; yields where each belongs."""
        if not len(self.hooks):
            raise LayerError(expected="a selected unit or recorded layers", found="none")
        batch_size = _whole(batch_size, "B")
        for start in range(0, len(images), batch_size):
            where = slice(start, start + batch_size)
            self.activation.clear()
            batch = self.preprocess(images[where], input_scale)
            with gradients:
                self.model(batch)
            for recorded in self.activation.values():
                if isinstance(recorded, LayerError):
                    raise recorded
            missing = [key for key in self.hooks if key not in self.activation]
            if missing:
                raise LayerError(path=missing[0], expected="a layer that runs", found="it does not")
            yield where

    def _batch_scores(self) -> torch.Tensor:
        scores = self.activation[SCORE]
        if scores.dim() == 2 and scores.shape[1] == 1:
            return scores[:, 0]
        if scores.dim() != 1:
            raise LayerError(
                expected="one score for each image",
                found=tuple(scores.shape[1:]),
                advice="select one unit",
            )
        return scores


def _as_network(
    model: nn.Module, layer: str | None, device: str | torch.device | None, options: dict
) -> ImageNetwork:
    """A network that the caller has, frozen and in eval mode once the layer is known to exist."""
    if options:
        raise SettingError(
            expected=f"the options {', '.join(options)} with a network's name only",
            found=type(model).__name__,
        )
    if layer is not None:
        find_layer(model, layer)
    model = model if device is None else model.to(choose_device(device))
    return ImageNetwork(model.eval().requires_grad_(False), IMAGENET)


def _whole(number: int, name: str) -> int:
    """A whole number of at least 1."""
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise SettingError(path=name, expected="a whole number of at least 1", found=f"{number!r}")
    return int(number)


def _many(images: Images) -> Images:
    """Images with an axis to count along.

    Raises
    ------
    ImageError
        If there is none.
    """
    if not isinstance(images, list | tuple | torch.Tensor):
        images = np.asarray(images)
    if not isinstance(images, list | tuple) and images.ndim == 3:
        images = images[None]
    if not isinstance(images, list | tuple) and images.ndim != 4:
        raise ImageError(expected="RGB images", found=f"{tuple(images.shape)} of {images.dtype}")
    if len(images) == 0:
        raise ImageError(expected="at least one image", found="none")
    return images
