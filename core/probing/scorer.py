"""Scoring images by the activation of units of a network, as an electrode would.

A scorer is a callable: images ``(n, 3, H, W)``, RGB in [0, 1], give n scores. It records what it is
told to with hooks that copy, and takes them all off at `close`. Images go to the network's device
batch by batch; scores come back once. `core.probing.validate_scorer` checks any scorer.
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
from core.networks.preprocessing import IMAGENET, Images, as_batch, normalised, resized
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
from core.settings import whole

SCORE = "score"
"""Key of the unit that scores."""

BATCH_SIZE = 42
"""Images that pass through the network at a time."""


class Scorer(AbstractContextManager):
    """Scores images by a unit of a network; may record other units at the same time.

    Published as `core.utils.CNN_scorers.TorchScorer`.

    Parameters
    ----------
    network
        A network, or the name of one (see `core.networks.load_network`). A network is put into eval
        mode, its parameters are frozen, and images are normalised with ImageNet's mean and SD.
    layer
        Dotted name or attribute path of the layer that scores, or its short name.
    unit
        The unit of it that scores: a channel, or (channel, row, column), 0-based. A layer without
        positions takes a channel.
    size
        Rows and columns to which images are resized; by default 227, or what the network is made
        for.
    device
        Where the network computes. By default a network stays where it is, and one made by name
        goes to CUDA when present, else to the CPU.
    short_names
        Whether layers are given by the short names of `layername_dict`.
    aliased
        Record as the published code did, without copying: an in-place ReLU behind a convolution
        then rectifies what was recorded of it.
    options
        Passed on to `load_network` (pretrained, weights_dir, trusted, allow_download,
        own_preprocessing); only with a name.

    Attributes
    ----------
    model : nn.Module
        The network.
    inputsize
        (3, size, size).
    activation : dict
        What the last batch left under each key.
    recordings : dict
        What the last call recorded under each key.

    Raises
    ------
    LayerError
        If there is no such layer or unit.
    SettingError
        If a unit has no layer, or an option does not fit.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> with Scorer(net, ".ReLU1", (2, 7, 7), size=16) as scorer:
    ...     scorer(torch.rand(5, 3, 32, 32)).shape
    (5,)
    >>> Scorer(net, ".ReLU1", (9, 7, 7), size=16)
    Traceback (most recent call last):
    core.errors.LayerError: .ReLU1: expected a unit within the layer's shape (4, 14, 14), found \
(9, 7, 7).
    """

    def __init__(
        self,
        network: str | nn.Module,
        layer: str | None = None,
        unit: int | Sequence[int] | None = None,
        *,
        size: int | None = None,
        device: str | torch.device | None = None,
        short_names: bool = False,
        aliased: bool = False,
        **options: object,
    ):
        if unit is not None and layer is None:
            raise SettingError(expected=f"a layer for the unit {unit!r}", found="none")
        if isinstance(network, str):
            loaded = load_network(network, device=device, **options)
        else:
            loaded = _as_network(network, layer, device, options)
        self.model = loaded.model
        self.preprocessing = loaded.preprocessing
        size = whole(loaded.size if size is None else size, "size", at_least=1)
        self.inputsize = (3, size, size)
        self.layername, self.layers = None, None
        if short_names:
            self._use_short_names(network)
        self.aliased = aliased
        self.hooks = Hooks()
        self.recorded: list[str] = []
        self.recordings: dict[str, np.ndarray | list[torch.Tensor]] = {}
        self.activation: dict[str, torch.Tensor] = {}
        self._ingraph: set[str] = set()
        weakref.finalize(self, self.hooks.close)
        if layer is not None:
            self.select(layer, unit)

    def select(self, layer: str, unit: int | Sequence[int], *, ingraph: bool = False) -> None:
        """Score with a unit, in place of the one selected before.

        Parameters
        ----------
        layer
            Name of the layer.
        unit
            Channel, or (channel, row, column); 0-based. Row and column of a layer without positions
            have no effect.
        ingraph
            Keep scores differentiable, for `differentiable`.

        Raises
        ------
        LayerError
            If there is no such layer or unit; says similar names, or the layer's shape.
        """
        select = one_unit(as_indices(unit, layer), layer)
        self._watch(SCORE, layer, self._checked(select, layer), ingraph)

    def record(
        self,
        key: str,
        layer: str,
        unit: int | Sequence[int] | None = None,
        *,
        mask: np.ndarray | Sequence[int] | None = None,
        ingraph: bool = False,
    ) -> None:
        """Record a unit, some units or all of a layer under a key, with every call.

        Parameters
        ----------
        key
            Key in `recordings`.
        layer
            Name of the layer.
        unit
            Channel, or (channel, row, column); 0-based.
        mask
            Boolean array of the layer's shape, or flat indices (C order) whose order is kept, if no
            `unit` is given; without either the whole layer is recorded.
        ingraph
            Keep what is recorded differentiable.

        Raises
        ------
        LayerError
            If there is no such layer or unit, or the mask does not fit its shape.
        """
        if unit is not None:
            select = self._checked(one_unit(unit, layer), layer)
        elif mask is not None:
            select = self._checked(some_units(mask, layer), layer)
        else:
            self._module(layer)
            select = whole_layer
        self._watch(key, layer, select, ingraph)
        if key not in self.recorded:
            self.recorded.append(key)

    def __call__(
        self, images: Images, *, batch_size: int = BATCH_SIZE, input_scale: float = 1.0
    ) -> np.ndarray:
        """Activation of the selected unit for each image.

        Parameters
        ----------
        images
            List of ``(H, W, 3)`` arrays, array ``(n, H, W, 3)`` or tensor ``(n, 3, H, W)``, which
            may lie on the network's device already; RGB.
        batch_size
            Images at a time.
        input_scale
            Value of white: 255 for 8-bit images.

        Returns
        -------
        (n,) float64
            What is recorded besides stands in `recordings`.

        Raises
        ------
        LayerError
            If no unit is selected, or a layer does not run.
        ImageError
            If there is no image, a shape is another, or values are not in [0, input_scale].
        """
        if SCORE not in self.hooks:
            raise LayerError(expected="a selected unit to score with", found="none")
        scores, self.recordings = self._responses(images, batch_size, input_scale)
        return scores

    def responses(
        self, images: Images, *, batch_size: int = BATCH_SIZE, input_scale: float = 1.0
    ) -> dict[str, np.ndarray]:
        """What is recorded for each image, with or without a unit that scores.

        Parameters
        ----------
        images, batch_size, input_scale
            Images, images at a time and value of white, as for a call.

        Returns
        -------
        dict
            By key, (n, ...) float32.

        Raises
        ------
        LayerError
            If nothing is recorded, or a layer does not run.
        """
        _, self.recordings = self._responses(images, batch_size, input_scale)
        return self.recordings

    def differentiable(
        self, images: torch.Tensor, *, batch_size: int = 10, input_scale: float = 1.0
    ) -> torch.Tensor:
        """Differentiable scores of a tensor; recordings are lists of one tensor a batch.

        Parameters
        ----------
        images : (n, 3, H, W)
            RGB in [0, input_scale].
        batch_size
            Images at a time.
        input_scale
            Value of white.

        Returns
        -------
        (n,)

        Raises
        ------
        LayerError
            If the unit was selected without ``ingraph=True``.
        """
        if SCORE not in self._ingraph:
            raise LayerError(
                expected=(
                    "a unit selected with a gradient (ingraph=True; published: allow_grad=True) "
                    "for scores with one"
                ),
                found="one without" if SCORE in self.hooks else "none",
            )
        scores, recordings = [], {key: [] for key in self.recorded}
        for _ in self._run(_many(images), batch_size, input_scale, nullcontext()):
            scores.append(self._batch_scores())
            for key in self.recorded:
                recordings[key].append(self.activation[key])
        self.recordings = recordings
        return torch.cat(scores)

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

    def close(self) -> None:
        """Take off all hooks and forget all recordings."""
        self.hooks.close()
        self._ingraph.clear()
        self.activation.clear()
        self.recordings = {}
        self.recorded = []

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _use_short_names(self, network: str | nn.Module) -> None:
        if network not in layername_dict:
            found = network if isinstance(network, str) else type(network).__name__
            raise SettingError(
                path="short layer names",
                expected=f"one of {', '.join(layername_dict)}",
                found=found,
            )
        self.layername = layername_dict[network]
        self.layers = listed_layers(self.model)

    def _responses(
        self, images: Images, batch_size: int, input_scale: float
    ) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
        """Scores, if a unit is selected, and recordings."""
        scores, recordings = None, {}
        images = _many(images)
        n = len(images)
        for where in self._run(images, batch_size, input_scale, torch.no_grad()):
            if SCORE in self.activation:
                batch = self._batch_scores()
                scores = batch.new_empty(n) if scores is None else scores
                scores[where] = batch
            for key in self.recorded:
                batch = self.activation[key].float().cpu().numpy()
                if key not in recordings:
                    recordings[key] = np.empty((n, *batch.shape[1:]), dtype=np.float32)
                recordings[key][where] = batch
        return None if scores is None else scores.double().cpu().numpy(), recordings

    def _checked(self, select: Select, layer: str) -> Select:
        """A selection that is known to fit the layer."""
        select(torch.empty((1, *self.layer_shape(layer))))
        return select

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
            aliased=self.aliased,
        )

        def careful(module: nn.Module, args: tuple, output: object) -> None:
            try:
                hook(module, args, output)
            except LayerError as error:  # told by the scorer, not by whoever runs the network
                activation[key] = error

        self.hooks.add(key, self._module(layer), careful)
        (self._ingraph.add if ingraph else self._ingraph.discard)(key)

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
        batch_size = whole(batch_size, "batch_size", at_least=1)
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
