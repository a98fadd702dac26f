"""Comparing images by the features of a network: distances, and similarities of layers.

A fetcher (`core.probing.fetchers.featureFetcher`) holds the network and records the layer under a
key. Images are RGB in [0, 1] or 8-bit: tensors (3, H, W) or (n, 3, H, W), or arrays (H, W, 3). They
are normalised with ImageNet's mean and SD unless told otherwise, and not resized. A metric is a
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
from neuro_data_analysis.image_similarity.features import with_axes
from neuro_data_analysis.image_similarity.masks import masked_mean
from neuro_data_analysis.image_similarity.networks import as_images, batch_outputs

METRICS = {"cosine": cosine_similarity}
"""Similarities of vectors, by name."""

Mask = np.ndarray | torch.Tensor


def distance(first: Images, second: Images, measure: Callable) -> torch.Tensor:
    """Distance of images by any measure, such as LPIPS; 0 for equal images.

    Parameters
    ----------
    first, second
        One or several images; one is compared with all of the other.
    measure
        Called with two batches (n, 3, H, W) in [0, 1], on its own device if it is a module. The
        package lpips expects [-1, 1] unless it is told otherwise:
        ``functools.partial(dist, normalize=True)``.

    Returns
    -------
    What `measure` returns, on the CPU, without gradient.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].

    Examples
    --------
    >>> dark, bright = torch.zeros(3, 8, 8), torch.ones(3, 8, 8)
    >>> distance(dark, bright, lambda first, second: (first - second).abs().mean())
    tensor(1.)
    """
    one, other = _same_size(first, second)
    n = max(len(one), len(other))
    one, other = (images.expand(n, -1, -1, -1) for images in (one, other))
    module = getattr(measure, "func", measure)
    is_module = isinstance(module, nn.Module)
    if is_module:
        place = device_of(module), dtype_of(module)
        one, other = one.to(*place), other.to(*place)
    with eval_mode(module) if is_module else nullcontext(), torch.no_grad():
        return torch.as_tensor(measure(one, other)).cpu()


def token_similarity(
    first: Images,
    second: Images,
    fetcher: featureFetcher,
    key: str,
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of two images in every token of a vision transformer.

    Parameters
    ----------
    first, second
        One or several images; one is compared with all of the other.
    fetcher
        Records a layer that puts out tokens (n, T, C), the class token first.
    key
        Key of the layer.
    metric
        One of `METRICS`.
    preprocessing
        Mean and SD.

    Returns
    -------
    (n, T)
        float64, on the CPU; column 0 is the class token.

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
    one, other = _outputs(first, second, fetcher, key, preprocessing)
    with_axes(one, 3, "tokens (n, T, C)", key)
    return torch.from_numpy(compare(_numbers(one), _numbers(other), axis=2))


def masked_token_similarity(
    first: Images,
    second: Images,
    fetcher: featureFetcher,
    key: str,
    masks: tuple[Mask | None, Mask | None] = (None, None),
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of the masked mean patch tokens of two images; the class token is left out.

    Parameters
    ----------
    first, second
        One or several images; one is compared with all of the other.
    fetcher
        Records a layer that puts out tokens (n, T, C), the class token first.
    key
        Key of the layer.
    masks
        Weights of the T - 1 patches of the first and of the second, of any shape, row by row;
        without, all patches count alike.
    metric
        One of `METRICS`.
    preprocessing
        Mean and SD.

    Returns
    -------
    (n,)
        float64, on the CPU.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    LayerError
        If a mask has not one weight for each patch, or the layer puts out no tokens.
    SettingError
        If there is no such metric.
    """
    compare = _metric(metric)
    means = []
    for output, mask in zip(
        _outputs(first, second, fetcher, key, preprocessing), masks, strict=True
    ):
        with_axes(output, 3, "tokens (n, T, C)", key)
        patches = output[:, 1:].transpose(1, 2)[..., None]  # as maps (n, C, T - 1, 1)
        weights = np.ones(patches.shape[2]) if mask is None else _numbers(mask)
        try:
            means.append(_numbers(masked_mean(patches, weights.reshape(-1, 1))))
        except LayerError as error:
            raise error.inside(key) from None
    return torch.from_numpy(compare(*means, axis=1))


def map_similarity(
    first: Images,
    second: Images,
    fetcher: featureFetcher,
    key: str,
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of two images in every position of a convolutional layer, along channels.

    Parameters
    ----------
    first, second
        One or several images; one is compared with all of the other.
    fetcher
        Records a layer that puts out maps (n, C, H, W) or vectors (n, C).
    key
        Key of the layer.
    metric
        One of `METRICS`.
    preprocessing
        Mean and SD.

    Returns
    -------
    (n, H, W), or (n,) for vectors
        float64, on the CPU.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    LayerError
        If nothing is recorded under the key, or the output has another form.
    SettingError
        If there is no such metric.

    Examples
    --------
    >>> net, image = nn.Sequential(nn.Conv2d(3, 4, 3)), torch.rand(3, 8, 8)
    >>> with featureFetcher(net, print_module=False) as fetcher:
    ...     _ = fetcher.record("0")
    ...     map_similarity(image, image, fetcher, "0").min()
    tensor(1., dtype=torch.float64)
    """
    compare = _metric(metric)
    one, other = _outputs(first, second, fetcher, key, preprocessing)
    if one.dim() != 2:
        with_axes(one, 4, "maps (n, C, H, W) or vectors (n, C)", key)
    return torch.from_numpy(compare(_numbers(one), _numbers(other), axis=1))


def features_under_mask(
    images: Images,
    fetcher: featureFetcher,
    key: str,
    mask: Mask | None = None,
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Features of images averaged over positions under a mask.

    Parameters
    ----------
    images
        One or several images.
    fetcher
        Records a layer that puts out maps (n, C, H, W).
    key
        Key of the layer.
    mask : (H, W)
        Weights; without it all positions count alike.
    preprocessing
        Mean and SD.

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
    output = batch_outputs(fetcher, as_images(images), [key], preprocessing)[key]
    with_axes(output, 4, "maps (n, C, H, W)", key)
    weights = np.ones(output.shape[2:]) if mask is None else _numbers(mask)
    try:
        return masked_mean(output, weights).cpu()
    except LayerError as error:
        raise error.inside(key) from None


def masked_similarity(
    first: Images,
    second: Images,
    fetcher: featureFetcher,
    key: str,
    masks: tuple[Mask | None, Mask | None] = (None, None),
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of the masked mean features of two images.

    Parameters
    ----------
    first, second
        One or several images; one is compared with all of the other.
    fetcher
        Records a layer that puts out maps (n, C, H, W).
    key
        Key of the layer.
    masks
        Weights (H, W) for the first and for the second; without, all positions count alike.
    metric
        One of `METRICS`.
    preprocessing
        Mean and SD.

    Returns
    -------
    (n,)
        float64, on the CPU.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    LayerError
        If a mask has another size than the map, or the layer puts out no map.
    SettingError
        If there is no such metric.
    """
    compare = _metric(metric)
    one, other = (
        _numbers(features_under_mask(images, fetcher, key, mask, preprocessing))
        for images, mask in zip(_same_size(first, second), masks, strict=True)
    )
    return torch.from_numpy(compare(one, other, axis=1))


def _outputs(
    first: Images, second: Images, fetcher: featureFetcher, key: str, preprocessing: Preprocessing
) -> tuple[torch.Tensor, torch.Tensor]:
    one, other = (
        batch_outputs(fetcher, images, [key], preprocessing)[key]
        for images in _same_size(first, second)
    )
    return one, other


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
