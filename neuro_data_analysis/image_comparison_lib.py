"""Comparing images by the features of a network, under the published names.

A fetcher (`core.utils.layer_hook_utils.featureFetcher`) holds the network and records the layer
under the key `featkey`. Images are RGB in [0, 1] or 8-bit: tensors (3, H, W) or (n, 3, H, W), or
arrays (H, W, 3). They are normalised with ImageNet's mean and SD and not resized. A metric is a
similarity: 1 for equal images.
"""

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import torch
from torch import nn

from core.computing.devices import device_of, dtype_of
from core.errors import ImageError, LayerError, SettingError
from core.networks.preprocessing import IMAGENET, Images, Preprocessing
from core.probing.fetchers import featureFetcher
from core.probing.layers import eval_mode
from core.statistics.similarity import cosine_similarity
from neuro_data_analysis.image_similarity.masks import PUBLISHED_MASKS, masked_mean
from neuro_data_analysis.image_similarity.networks import as_images, batch_outputs, with_axes

METRICS = {"cosine": cosine_similarity}

Mask = np.ndarray | torch.Tensor


def compare_imgs_LPIPS(  # noqa: N802 (published name)
    img1: Images,
    img2: Images,
    Dist: Callable,  # noqa: N803
) -> torch.Tensor:
    """Distance of images by any measure, such as LPIPS; 0 for equal images.

    Parameters
    ----------
    img1, img2
        One or several; one is compared with all of the other.
    Dist
        Called with two batches (n, 3, H, W) in [0, 1], on its own device if it is a module. The
        package lpips expects [-1, 1] unless it is told otherwise:
        ``functools.partial(dist, normalize=True)``.

    Returns
    -------
    What `Dist` returns, on the CPU, without gradient.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    """
    first, second = _same_size(img1, img2)
    n = max(len(first), len(second))
    first, second = (images.expand(n, -1, -1, -1) for images in (first, second))
    module = getattr(Dist, "func", Dist)
    is_module = isinstance(module, nn.Module)
    if is_module:
        place = device_of(module), dtype_of(module)
        first, second = first.to(*place), second.to(*place)
    with eval_mode(module) if is_module else nullcontext(), torch.no_grad():
        return torch.as_tensor(Dist(first, second)).cpu()


def compare_imgs_vit(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featkey: str = "blocks",
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of two images in every token of a vision transformer.

    Column 0 is the class token (``vit_cls`` of Figure 3G); the mean of the others over tokens is
    ``vit_token_m``.

    Parameters
    ----------
    img1, img2
        One or several; one is compared with all of the other.
    fetcher
        Records a layer that puts out tokens (n, T, C), the class token first.
    featkey
        Its key.
    metric
        ``cosine``.
    preprocessing
        Mean and SD.

    Returns
    -------
    (n, T)
        float64, on the CPU.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    LayerError
        If nothing is recorded under the key, or the output has another form.
    SettingError
        If there is no such metric.
    """
    compare = _metric(metric)
    first, second = _outputs(img1, img2, fetcher, featkey, preprocessing)
    with_axes(first, 3, "tokens (n, T, C)", featkey)
    return torch.from_numpy(compare(_numbers(first), _numbers(second), axis=2))


def compare_imgs_cnn(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featkey: str = "blocks",
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of two images in every position of a convolutional layer, along channels.

    Its mean over positions is a column such as ``resnet_L4_m`` of Figure 3G.

    Parameters
    ----------
    img1, img2, fetcher, featkey, metric, preprocessing
        As in `compare_imgs_vit`, for a layer that puts out maps (n, C, H, W) or vectors (n, C).

    Returns
    -------
    (n, H, W), or (n,) for vectors
        float64, on the CPU.

    Raises
    ------
    ImageError, LayerError, SettingError
        As `compare_imgs_vit`.
    """
    compare = _metric(metric)
    first, second = _outputs(img1, img2, fetcher, featkey, preprocessing)
    if first.dim() != 2:
        with_axes(first, 4, "maps (n, C, H, W) or vectors (n, C)", featkey)
    return torch.from_numpy(compare(_numbers(first), _numbers(second), axis=1))


def extract_featvec_cnn_featmsk(
    img1: Images,
    fetcher: featureFetcher,
    featmsk1: Mask | None = None,
    featkey: str = "blocks",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Features of images averaged over positions under a mask.

    Parameters
    ----------
    img1
        One or several.
    fetcher, featkey, preprocessing
        As in `compare_imgs_vit`, for a layer that puts out maps (n, C, H, W).
    featmsk1 : (H, W)
        Weights; without it all positions count alike.

    Returns
    -------
    (n, C)
        On the CPU.

    Raises
    ------
    ImageError
        If the images hold NaN or are not in [0, 1].
    LayerError
        If the mask has another size than the map, or the layer puts out no map.
    """
    output = batch_outputs(fetcher, as_images(img1), [featkey], preprocessing)[featkey]
    with_axes(output, 4, "maps (n, C, H, W)", featkey)
    mask = np.ones(output.shape[2:]) if featmsk1 is None else _numbers(featmsk1)
    try:
        return masked_mean(output, mask).cpu()
    except LayerError as error:
        raise error.inside(featkey) from None


def compare_imgs_cnn_featmsk(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featmsk1: Mask | None = None,
    featmsk2: Mask | None = None,
    featkey: str = "blocks",
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of the masked mean features of two images.

    Parameters
    ----------
    img1, img2, fetcher, featkey, metric, preprocessing
        As in `compare_imgs_cnn`.
    featmsk1, featmsk2 : (H, W)
        Mask of either image; without one, all of its positions count alike.

    Returns
    -------
    (n,)
        float64, on the CPU.

    Raises
    ------
    ImageError, LayerError, SettingError
        As `extract_featvec_cnn_featmsk`; also if there is no such metric.
    """
    compare = _metric(metric)
    pairs = zip(_same_size(img1, img2), (featmsk1, featmsk2), strict=True)
    first, second = (
        _numbers(extract_featvec_cnn_featmsk(images, fetcher, mask, featkey, preprocessing))
        for images, mask in pairs
    )
    return torch.from_numpy(compare(first, second, axis=1))


def naive_featmsk() -> dict[str, np.ndarray]:
    """Binary centre masks of a ResNet's last two layers for images of 224 x 224 pixels.

    Returns
    -------
    dict
        ``layer3`` (14, 14) and ``layer4`` (7, 7): 1 but for the outer ring of 7 x 7.
    """
    return {f"layer{n}": PUBLISHED_MASKS[f"resnet_L{n}"]["centre"].copy() for n in (3, 4)}


def _outputs(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featkey: str,
    preprocessing: Preprocessing,
) -> tuple[torch.Tensor, torch.Tensor]:
    first, second = (
        batch_outputs(fetcher, images, [featkey], preprocessing)[featkey]
        for images in _same_size(img1, img2)
    )
    return first, second


def _same_size(img1: Images, img2: Images) -> tuple[torch.Tensor, torch.Tensor]:
    """Two batches of images of one size, of the same number unless one holds a single image."""
    first, second = as_images(img1), as_images(img2)
    if first.shape[2:] != second.shape[2:]:
        raise ImageError(
            expected="images of one size",
            found=f"{tuple(first.shape[2:])} and {tuple(second.shape[2:])}",
        )
    if len(first) != len(second) and 1 not in (len(first), len(second)):
        raise ImageError(
            expected="as many images as in the other batch", found=f"{len(first)} and {len(second)}"
        )
    return first, second


def _metric(name: str) -> Callable[..., np.ndarray]:
    if name not in METRICS:
        raise SettingError(
            path="metric", expected=f"one of {', '.join(METRICS)}", found=f"{name!r}"
        )
    return METRICS[name]


def _numbers(values: Mask) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=float)
