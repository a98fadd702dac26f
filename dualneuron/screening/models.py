"""What each model is shown in screening, and the model itself as a function of images."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.computing.devices import choose_device
from core.errors import ImageError, MissingFileError, SettingError
from dualneuron.files import TWINS, load_mask
from dualneuron.screening.sets import open_images
from dualneuron.twins.activations import Location, get_spatial_activation
from dualneuron.twins.ensemble import Twin
from dualneuron.twins.nets import STANDARD, load_model

CROPS = {"v1": 167}
"""Pixels of the centre crop, where it is not `CROP`."""

CROP = 236

STANDARD_SHAPE, STANDARD_NORM = (3, 224, 224), 80.0
"""What standard networks are shown."""


@dataclass(frozen=True)
class ShownTo:
    """What is done to images before a model sees them.

    Attributes
    ----------
    crop_size
        Pixels of the centre crop.
    image_shape
        (C, H, W) after resizing.
    norm
        Euclidean norm of the whole image.
    mask
        Short name of the twin whose mask it is.
    """

    crop_size: int
    image_shape: tuple[int, int, int]
    norm: float
    mask: str


def shown_to(model: str) -> ShownTo:
    """What a model is shown; see the table of the documentation.

    Raises
    ------
    SettingError
        If no model has this name.

    Examples
    --------
    >>> shown_to("v1")
    ShownTo(crop_size=167, image_shape=(1, 93, 93), norm=12.0, mask='v1')
    >>> shown_to("resnet50").mask
    'v4'
    """
    if model in TWINS:
        twin = TWINS[model]
        return ShownTo(CROPS.get(model, CROP), twin.image_shape, twin.norm, model)
    if model in STANDARD:
        return ShownTo(CROP, STANDARD_SHAPE, STANDARD_NORM, "v4")
    known = ", ".join((*TWINS, *STANDARD))
    raise SettingError(path="model", expected=f"one of {known}", found=repr(model))


def transform_options(
    model: str,
    crop_size: int | None = None,
    mask: "np.ndarray | str | os.PathLike | None" = None,
    weights_dir: str | os.PathLike | None = None,
) -> dict[str, Any]:
    """Options of an image set for a model: `ImageTransforms`' attributes.

    Parameters
    ----------
    model
        Its name.
    crop_size
        Instead of the model's own.
    mask : (H, W)
        Instead of the published one; an array, or an npy file.
    weights_dir
        Folder of the twins' files as published, looked at first.

    Raises
    ------
    MissingFileError
        If the file is not there.
    """
    shown = shown_to(model)
    if mask is None:
        mask = load_mask(shown.mask, data_dir=weights_dir)
    elif isinstance(mask, str | os.PathLike):
        mask = _read_mask(Path(mask))
    return {
        "use_center_crop": True,
        "crop_size": shown.crop_size if crop_size is None else crop_size,
        "use_resize_output": True,
        "output_size": shown.image_shape[1:],
        "use_grayscale": shown.image_shape[0] == 1,
        "use_normalize": True,
        "use_mask": True,
        "mask": mask,
        "use_norm": True,
        "norm": shown.norm,
    }


def images_and_model(
    *,
    data_dir: Any,
    split: str,
    dataset: str,
    model: str,
    layer: str | None,
    location: Location,
    ensemble: bool,
    device: str | torch.device | None,
    crop_size: int | None,
    mask: "np.ndarray | str | os.PathLike | None",
    weights_dir: str | os.PathLike | None,
    untrained: bool,
    token: str | None = None,
) -> tuple[Any, "Responder"]:
    """A set of images as a model is shown it, and the model; arguments of `screen_activations`.

    Returns
    -------
    images
        See `open_images`.
    respond
        The model.
    """
    options = transform_options(model, crop_size, mask, weights_dir)
    images = open_images(data_dir, dataset, token, split, **options)
    return images, Responder(
        model, layer, location, ensemble, device, weights_dir, untrained=untrained
    )


def _read_mask(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise MissingFileError(path=path, expected="a mask", found="no such file") from None
    except (ValueError, EOFError) as error:
        raise ImageError(path=path, expected="an array (npy)", found=error) from None


class Responder:
    """A model by name as a function: images (B, C, H, W) on the CPU give responses (B, n_units).

    Parameters
    ----------
    model
        ``v1``, ``v4``, ``v4g`` or a standard network.
    layer
        Of a layer instead of the output.
    location
        Place in the layer; see `get_spatial_activation`.
    ensemble
        All members of a twin.
    device
        By default CUDA when present, else the CPU.
    weights_dir
        Folder of weight files, looked at first.
    untrained
        Random weights.

    Attributes
    ----------
    image_shape
        (C, H, W) of the images.
    n_units
        Number of responses to each.
    grey_baseline : (n_units,) or None
        Responses of a twin's neurons to mean grey; None of layers and standard networks.
    without_room
        Ids of neurons with next to no room below that.
    """

    def __init__(
        self,
        model: str,
        layer: str | None = None,
        location: Location = "center",
        ensemble: bool = True,
        device: str | torch.device | None = None,
        weights_dir: str | os.PathLike | None = None,
        *,
        untrained: bool = False,
    ):
        self.image_shape = shown_to(model).image_shape
        self.device = choose_device(device)
        self.location = location
        self.network = load_model(
            model,
            layer=layer,
            ensemble=ensemble,
            centered=True,
            untrained=untrained,
            device=self.device,
            data_dir=weights_dir,
        )
        self.n_units = self(torch.zeros(1, *self.image_shape)).shape[1]
        self.grey_baseline, self.without_room = None, []
        if isinstance(self.network, Twin):
            self.grey_baseline = self.network.grey_baseline().numpy()
            self.without_room = self.network.without_room().nonzero()[:, 0].tolist()

    @torch.inference_mode()
    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Responses to some images."""
        output = self.network(images.to(self.device, non_blocking=True))
        return get_spatial_activation(output, location=self.location)

    def notes(self) -> dict[str, Any]:
        """What is to be known of the units of a screen: of a twin, which can have low poles."""
        if self.grey_baseline is None:
            return {}
        return {
            "grey_baseline": self.grey_baseline.tolist(),
            "without_room": self.without_room,
        }
