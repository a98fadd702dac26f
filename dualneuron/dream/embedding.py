"""What embeds images: DreamSim, which is optional, any object with `embed`, or any function."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import interpolate

from core.computing.devices import choose_device, device_of
from core.errors import PromiseError, RunError
from core.optional import import_package

Embed = Callable[[torch.Tensor], torch.Tensor]
"""Images (B, C, H, W) give embeddings (B, ...)."""

GUIDE_SIZE = 224
"""Side of the images that DreamSim embeds, in pixels."""


def load_dreamsim(
    cache_dir: str | Path = "./models",
    device: str | torch.device | None = None,
    dreamsim_type: str = "ensemble",
) -> nn.Module:
    """DreamSim, ready to embed RGB images (B, 3, 224, 224) in [0, 1].

    Its package fetches the weights into `cache_dir` at first use.

    Parameters
    ----------
    cache_dir
        Folder of its weights.
    device
        Where it computes; by default CUDA when present, else the CPU.
    dreamsim_type
        ``ensemble`` (DINO, CLIP and OpenCLIP ViT-B/16; 1792 numbers), ``dinov2_vitb14``, ...

    Raises
    ------
    MissingPackageError
        If the package dreamsim is not installed.
    """
    package = import_package("dreamsim", "Embedding by DreamSim", "`pip install dreamsim`")
    model, _ = package.dreamsim(
        pretrained=True,
        device=str(choose_device(device)),
        cache_dir=str(cache_dir),
        dreamsim_type=dreamsim_type,
    )
    return model.eval()


def embed_function(model: Any) -> Embed:
    """How a model embeds images: its method `embed`, or itself.

    Raises
    ------
    PromiseError
        If it has no such method and cannot be called.

    Examples
    --------
    >>> embed_function(torch.sum) is torch.sum
    True
    >>> embed_function("dreamsim")
    Traceback (most recent call last):
    core.errors.PromiseError: dreamsim_model: expected an object with embed, or a function, found \
str.
    """
    embed = getattr(model, "embed", model)
    if not callable(embed):
        raise PromiseError(
            path="dreamsim_model",
            expected="an object with embed, or a function",
            found=type(model).__name__,
        )
    return embed


def embedded(
    images: torch.Tensor, model: Any, device: str | torch.device | None = None
) -> torch.Tensor:
    """Embeddings of a batch, on the CPU.

    Parameters
    ----------
    images : (B, C, H, W)
        As the model takes them.
    model
        An object with `embed`, or a function.
    device
        Where images are moved before; by default where the model's weights are, if it has any.

    Returns
    -------
    (B, D) float32

    Raises
    ------
    RunError
        If there is not one finite embedding for each image.
    """
    embed = embed_function(model)
    if device is None and isinstance(model, nn.Module):
        device = device_of(model)
    with torch.inference_mode():
        found = embed(images if device is None else images.to(device))
    found = torch.as_tensor(found).float().cpu()
    if len(images) > 1 and (found.ndim == 0 or len(found) != len(images)):
        raise RunError(
            path="dreamsim_model",
            expected=f"embeddings of {len(images)} images",
            found=f"a tensor {tuple(found.shape)}",
        )
    found = found.reshape(len(images), -1)
    if not found.isfinite().all():
        raise RunError(
            path="dreamsim_model", expected="embeddings of finite numbers", found="NaN or infinity"
        )
    return found


def shown_to_guide(images: torch.Tensor) -> torch.Tensor:
    """Images as guided synthesis shows them to an embedding: RGB, 224 x 224, each in [0, 1].

    Parameters
    ----------
    images : (B, 1 or 3, H, W)
        On any scale: each is stretched to its own range, then resized bilinearly.

    Returns
    -------
    (B, 3, 224, 224)

    Examples
    --------
    >>> seen = shown_to_guide(torch.linspace(-2, 2, 4).reshape(1, 1, 2, 2))
    >>> seen.shape, seen.min().item(), round(seen.max().item(), 6)
    (torch.Size([1, 3, 224, 224]), 0.0, 1.0)
    """
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    unit = (images - low) / (high - low + 1e-8)
    size = (GUIDE_SIZE, GUIDE_SIZE)
    unit = interpolate(unit, size=size, mode="bilinear", align_corners=False)
    return unit.expand(-1, 3, -1, -1)
