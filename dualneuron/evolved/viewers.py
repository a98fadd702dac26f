"""Who looks at an image: neurons of a twin, or units of a network, and how it is shown to them.

Every image is shown twice: with the contrast that it has, and brought to one norm. A response that
rises along an evolution in the first presentation only rose with contrast.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.computing.devices import device_of, dtype_of
from core.computing.random_source import torch_draws_from
from core.errors import LayerError, SettingError
from core.networks.preprocessing import IMAGENET, normalised, resized
from core.networks.zoo import ImageNetwork, load_network
from core.own_parts import is_own
from core.probing.layers import find_layer, naming_the_input
from core.probing.recording import Hooks, recording_hook, whole_layer
from dualneuron.paired.responses import TRAINING_SD, TwinResponses, at_norm, luminance
from dualneuron.twins.activations import get_spatial_activation

PRESENTATIONS = {"shown": "contrast as shown", "equal": "equal norm"}
"""The two ways in which every image is shown, and their names in words."""

NETWORK_CONTRAST = sum(IMAGENET.std) / 3
"""Root mean square of an image around mean grey, of 1, that networks are shown at equal norm: the
SD of the photographs that they were trained with."""


@dataclass(frozen=True)
class Viewer:
    """Some neurons of one twin, or units of one network.

    Attributes
    ----------
    name
        Of the twin, or of the network and its layer.
    kind
        ``neurons`` or ``units``.
    ids
        Of the neurons or units, 0-based.
    seen
        Images (n, 3, H, W) in [0, 1] as large and as coloured as they are seen, less mean grey.
    respond
        What is presented, (n, C, H, W), gives responses (n, n_ids).
    unit
        What a seen image is divided by before it is presented.
    norm
        Euclidean norm of an image in the presentation ``equal``.
    mask : (H, W), optional
        From 0 to 1; without it the whole image is seen.
    notice
        What must be said of the responses, where weights are not trained.
    """

    name: str
    kind: str
    ids: tuple[int, ...]
    seen: Callable[[torch.Tensor], torch.Tensor]
    respond: Callable[[torch.Tensor], torch.Tensor]
    unit: float
    norm: float
    mask: torch.Tensor | None = None
    notice: str = ""

    def presented(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """What is shown to the neurons in each of `PRESENTATIONS`, of images that `seen` gave."""
        masked = images if self.mask is None else images * self.mask
        return {"shown": masked / self.unit, "equal": at_norm(masked, self.norm)}

    def light(self, images: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Mean and SD of luminance within the mask, (n,) each, of images that `seen` gave.

        White is 1, and the mean is around mean grey.
        """
        grey = (images if images.shape[1] == 1 else luminance(images)).double()
        weights = torch.ones_like(grey[:1]) if self.mask is None else self.mask.double()
        weights = weights / weights.sum()
        mean = (grey * weights).sum((1, 2, 3))
        variance = ((grey - mean[:, None, None, None]) ** 2 * weights).sum((1, 2, 3))
        return mean.cpu().numpy(), variance.sqrt().cpu().numpy()


def twin_viewer(responses: TwinResponses, *, untrained: bool = False) -> Viewer:
    """Neurons of a twin, all of which look at the middle of the image.

    Parameters
    ----------
    responses
        Of `open_neurons`.
    untrained
        Whether the twin's weights are random, which the notice then says.

    Examples
    --------
    >>> from dualneuron.paired.neurons import open_neurons
    >>> neurons = open_neurons("v1", 2, ensemble=False, untrained=True, device="cpu")
    >>> viewer = twin_viewer(neurons, untrained=True)
    >>> viewer.ids, viewer.norm
    ((0, 229), 12.0)
    >>> shown = viewer.presented(viewer.seen(torch.rand(3, 3, 64, 64)))
    >>> viewer.respond(shown["equal"]).shape
    torch.Size([3, 2])
    """
    twin, ids = responses.twin, responses.neurons.tolist()
    return Viewer(
        name=twin.files.folder + (", one member" if len(twin.members) == 1 else ""),
        kind="neurons",
        ids=tuple(ids),
        seen=responses.seen,
        respond=lambda presented: twin(presented, ids),
        unit=TRAINING_SD[twin.name],
        norm=twin.files.norm,
        mask=responses.mask,
        notice="UNTRAINED twin, random weights: nothing follows for neurons" if untrained else "",
    )


def network_viewer(
    name: str,
    layer: str,
    units: int | list[int],
    *,
    untrained: bool = False,
    device: str | torch.device | None = None,
) -> Viewer:
    """Units of a layer of an image network, at the centre of its maps.

    Parameters
    ----------
    name
        As `load_network` takes it: a name, or ``module:factory``.
    layer
        Dotted name of the layer, or attribute path.
    units
        Channels, or how many, spread evenly over all.
    untrained
        Random weights, of seed 0.
    device
        Where it computes; by default CUDA when present, else the CPU.

    Raises
    ------
    SettingError
        If there is no such network, or it has not so many units.
    LayerError
        If there is no such layer or unit.
    WeightsError
        If its weights cannot be had.
    """
    with torch_draws_from(0):
        network = load_network(name, pretrained=not untrained, device=device)
    read = _LayerReader(network, layer)
    mean_grey = torch.tensor(IMAGENET.mean).reshape(1, 3, 1, 1)

    def seen(images: torch.Tensor) -> torch.Tensor:
        images = images.to(device_of(network.model), dtype_of(network.model))
        return resized(images, (network.size,) * 2) - mean_grey.to(images)

    blank = torch.zeros(1, 3, network.size, network.size)
    ids = _spread(units, read(blank).shape[1])
    read(blank, ids)
    is_random = untrained and not is_own(name)
    return Viewer(
        name=f"{name} {layer}",
        kind="units",
        ids=tuple(ids),
        seen=seen,
        respond=lambda presented: read(presented + mean_grey.to(presented), ids),
        unit=1.0,
        norm=NETWORK_CONTRAST * (3 * network.size**2) ** 0.5,
        notice="UNTRAINED network, random weights: nothing follows for trained ones"
        if is_random
        else "",
    )


class _LayerReader:
    """Activations (n, n_units) of a layer, at the centre of maps, to images in [0, 1]."""

    def __init__(self, network: ImageNetwork, layer: str):
        self._network, self._layer = network, layer
        module = find_layer(network.model, layer)
        self._found: dict[str, torch.Tensor] = {}
        self._hooks = Hooks()
        hook = recording_hook(self._found, layer, whole_layer, layer=layer)
        self._hooks.add(layer, module, hook)

    @torch.no_grad()
    def __call__(self, images: torch.Tensor, units: Sequence[int] | None = None) -> torch.Tensor:
        model = self._network.model
        images = images.to(device_of(model), dtype_of(model))
        images = normalised(images, self._network.preprocessing, 1.0)
        with naming_the_input(model, [images]):
            model(images)
        if self._layer not in self._found:
            raise LayerError(path=self._layer, expected="a layer that runs", found="it does not")
        return get_spatial_activation(self._found[self._layer], units, "center")


def _spread(units: int | list[int], n_units: int) -> list[int]:
    """Numbers that are given, or so many spread evenly over all units.

    Examples
    --------
    >>> _spread(3, 10), _spread([7, 2], 10)
    ([0, 3, 6], [7, 2])
    """
    if not isinstance(units, int):
        return units
    if not 1 <= units <= n_units:
        raise SettingError(path="--neurons", expected=f"1 to {n_units} units", found=units)
    return [i * n_units // units for i in range(units)]
