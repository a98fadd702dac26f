"""Comparing images by the features of a network, under the published names.

A fetcher (`core.utils.layer_hook_utils.featureFetcher`) holds the network and records the layer
under the key `featkey`. Images are RGB in [0, 1] or 8-bit: tensors (3, H, W) or (n, 3, H, W), or
arrays (H, W, 3). They are normalised with ImageNet's mean and SD and not resized. A metric is a
similarity: 1 for equal images. The work is done in `image_similarity.comparison`.
"""

from collections.abc import Callable

import numpy as np
import torch

from core.networks.preprocessing import IMAGENET, Images, Preprocessing, normalised
from core.probing.fetchers import featureFetcher
from neuro_data_analysis.image_similarity.comparison import (
    Mask,
    distance,
    features_under_mask,
    map_similarity,
    masked_similarity,
    masked_token_similarity,
    token_similarity,
)
from neuro_data_analysis.image_similarity.masks import PUBLISHED_MASKS

__all__ = [
    "compare_imgs_LPIPS",
    "compare_imgs_cnn",
    "compare_imgs_cnn_featmsk",
    "compare_imgs_vit",
    "compare_imgs_vit_featmsk",
    "extract_featvec_cnn_featmsk",
    "naive_featmsk",
    "normalize",
]


def normalize(tensor: torch.Tensor) -> torch.Tensor:
    """Images (3, H, W) or (n, 3, H, W), RGB in [0, 1], by ImageNet's mean and SD.

    Examples
    --------
    >>> normalize(torch.full((3, 1, 1), 0.5)).flatten().round(decimals=2)
    tensor([0.0700, 0.2000, 0.4200])
    """
    return normalised(tensor, IMAGENET, scale=1.0)


def compare_imgs_LPIPS(  # noqa: N802 (published name)
    img1: Images,
    img2: Images,
    Dist: Callable,  # noqa: N803
) -> tuple[torch.Tensor, torch.Tensor]:
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
    mean, distmaps
        The mean over all but the first axis of what `Dist` returns, and that itself (a map, where
        it is ``spatial``); on the CPU, without gradient.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    """
    maps = distance(img1, img2, Dist)
    return (maps.flatten(1).mean(dim=1) if maps.dim() > 1 else maps), maps


def compare_imgs_vit(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featkey: str = "blocks",
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Similarity of two images in every token of a vision transformer.

    Of the class token it is ``vit_cls`` of Figure 3G; its mean over the others is ``vit_token_m``.

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
    cossim_cls : (n,)
        Of the class token; float64, on the CPU.
    cossim_map : (n, T - 1)
        Of the patches, row by row.

    Raises
    ------
    ImageError
        If the images differ in size or number, hold NaN or are not in [0, 1].
    LayerError
        If nothing is recorded under the key, or the output has another form.
    SettingError
        If there is no such metric.
    """
    tokens = token_similarity(img1, img2, fetcher, featkey, metric, preprocessing)
    return tokens[:, 0], tokens[:, 1:]


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
    img1, img2
        One or several; one is compared with all of the other.
    fetcher
        Records a layer that puts out maps (n, C, H, W) or vectors (n, C).
    featkey
        Its key.
    metric
        ``cosine``.
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
    """
    return map_similarity(img1, img2, fetcher, featkey, metric, preprocessing)


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
    fetcher
        Records a layer that puts out maps (n, C, H, W).
    featmsk1 : (H, W)
        Weights; without it all positions count alike.
    featkey
        Key of the layer.
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
    return features_under_mask(img1, fetcher, featkey, featmsk1, preprocessing)


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
    img1, img2
        One or several; one is compared with all of the other.
    fetcher
        Records a layer that puts out maps (n, C, H, W).
    featmsk1, featmsk2 : (H, W)
        Mask of either image; without one, all of its positions count alike.
    featkey
        Key of the layer.
    metric
        ``cosine``.
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
    masks = featmsk1, featmsk2
    return masked_similarity(img1, img2, fetcher, featkey, masks, metric, preprocessing)


def compare_imgs_vit_featmsk(
    img1: Images,
    img2: Images,
    fetcher: featureFetcher,
    featmsk1: Mask | None = None,
    featmsk2: Mask | None = None,
    featkey: str = "blocks",
    metric: str = "cosine",
    preprocessing: Preprocessing = IMAGENET,
) -> torch.Tensor:
    """Similarity of the masked mean patch tokens of two images (the published one returns nothing).

    Parameters
    ----------
    img1, img2
        One or several; one is compared with all of the other.
    fetcher
        Records a layer that puts out tokens (n, T, C), the class token first.
    featmsk1, featmsk2
        Weights of the T - 1 patches of either image, row by row; without, all count alike.
    featkey
        Key of the layer.
    metric
        ``cosine``.
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
    masks = featmsk1, featmsk2
    return masked_token_similarity(img1, img2, fetcher, featkey, masks, metric, preprocessing)


def naive_featmsk() -> tuple[np.ndarray, np.ndarray]:
    """Binary centre masks of a ResNet's last two layers for images of 224 x 224 pixels.

    Returns
    -------
    layer3 : (14, 14)
    layer4 : (7, 7)
        1 but for the outer ring of 7 x 7.

    Examples
    --------
    >>> [mask.sum() for mask in naive_featmsk()]
    [np.float64(100.0), np.float64(25.0)]
    """
    layer3, layer4 = (PUBLISHED_MASKS[f"resnet_L{n}"]["centre"].copy() for n in (3, 4))
    return layer3, layer4
