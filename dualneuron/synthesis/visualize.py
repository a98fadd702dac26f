"""Pictures of synthesised images: how one is shown, both poles of a neuron, the ascent as a film.

Names, defaults and layouts are the published ones; every function that draws returns its figure.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from core.errors import ImageError, SettingError
from dualneuron.animations import AnimatedFigure, animated_figure, finish_animation
from dualneuron.figures import (
    AMBER,
    CYAN,
    GREY_LABEL,
    MAGENTA,
    as_array,
    channels_last,
    check_lengths,
    draw_image,
    finish,
    has_room,
    house_style,
    room_warning,
)

POLE_TITLES = ("Least Exciting", "Most Exciting")
"""Titles of the low and the high pole."""

BACKGROUND = 0.45
"""Grey behind a blended image where no mean is given."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey."""

SHARE_OF_MASKS = 0.1
"""Mean of many masks above which a pixel belongs to their common mask."""


def check_format(a: object) -> np.ndarray:
    """An image as matplotlib takes it: (1 or 3, H, W) becomes (H, W, C), others stay.

    Examples
    --------
    >>> check_format(np.zeros((1, 93, 93))).shape
    (93, 93, 1)
    """
    return channels_last(a)


def clip_percentile(img: object, p: float = 0.1) -> np.ndarray:
    """An image without its extreme values.

    Parameters
    ----------
    img
        Array or tensor of any shape.
    p
        Per cent clipped at each end, 0 to 50.

    Raises
    ------
    SettingError
        If `p` is out of this range.

    Examples
    --------
    >>> clip_percentile(np.arange(5.0), p=25)
    array([1., 1., 2., 3., 3.])
    """
    if not 0 <= p <= 50:
        raise SettingError(path="p", expected="per cent from 0 to 50", found=p)
    img = as_array(img)
    return np.clip(img, *np.percentile(img, (p, 100 - p)))


def denormalize(
    img: object, mean: float | None = 0.45, std: float | None = 0.25, boost: float = 1
) -> np.ndarray:
    """A z-scored image as one in [0, 1].

    Parameters
    ----------
    img
        Array or tensor.
    mean, std
        Grey of 0 and of one unit; without one of them the image is stretched to its own range.
    boost
        Factor of contrast.

    Examples
    --------
    >>> denormalize(np.array([-4.0, 0, 1]))
    array([0.  , 0.45, 0.7 ])
    >>> denormalize(np.array([-4.0, 0, 4]), mean=None).round(6)
    array([0. , 0.5, 1. ])
    """
    img = as_array(img)
    if mean is None or std is None:
        return (img - img.min()) / (img.max() - img.min() + 1e-8)
    return np.clip(img * std * boost + mean, 0, 1)


def blend(
    image: object,
    alpha: object,
    imagecut: float = 0,
    alphacut: float = 90,
    mean: float | None = 0.45,
    std: float | None = 0.25,
    boost: float = 1,
) -> np.ndarray:
    """An image where its transparency is high, grey elsewhere.

    Parameters
    ----------
    image : (1 or 3, H, W) or (H, W, C)
        z-scored, as synthesis returns it.
    alpha : of the same height and width
        Its accumulated gradient, as synthesis returns it.
    imagecut
        Per cent clipped off at both ends of the image.
    alphacut
        Percentile of alpha from which a pixel is opaque.
    mean, std, boost
        As `denormalize` takes them; without a mean the background is 0.45.

    Returns
    -------
    (H, W, C)
        In [0, 1].

    Examples
    --------
    >>> image, alpha = np.ones((1, 2, 2)), np.array([[[1.0, 1], [0.5, 0]]])
    >>> blend(image, alpha)[..., 0].round(3)
    array([[0.7  , 0.7  ],
           [0.575, 0.45 ]])
    """
    shown = denormalize(clip_percentile(check_format(image), imagecut), mean, std, boost)
    shown = shown[..., None] if shown.ndim == 2 else shown
    alpha = check_format(alpha)
    alpha = alpha if alpha.ndim == 2 else alpha.mean(axis=-1)
    check_lengths("an alpha of the size of the image", shown, alpha)
    alpha = np.minimum(alpha, np.percentile(alpha, alphacut))
    opacity = (alpha / (alpha.max() + 1e-8))[..., None]
    return shown * opacity + (BACKGROUND if mean is None else mean) * (1 - opacity)


def plot_poles(
    images: Sequence[object],
    activations: Sequence[object],
    vmin: float = 0.1,
    vmax: float = 0.8,
    *,
    baseline: float | None = None,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """Both poles of a neuron: the traces of their ascents above the images.

    Parameters
    ----------
    images
        The least and the most exciting image, in this order; one outside [0, 1] is rescaled.
    activations
        Their traces, one activation a step.
    vmin, vmax
        Values of black and white of grey images.
    baseline
        Response of the neuron to the grey image: drawn as a dashed line, and a neuron that has no
        room below it is flagged at its low pole.
    show, save
        Open the figure; file to save it to.

    Raises
    ------
    ImageError
        If there are not two images and two traces.
    """
    check_lengths("two images and two traces, least exciting first", images, activations, (0, 1))
    with house_style():
        figure, axes = plt.subplots(2, 2, figsize=(5, 5))
        for column, (title, color) in enumerate(zip(POLE_TITLES, (MAGENTA, CYAN), strict=True)):
            trace = np.atleast_1d(as_array(activations[column]))
            top, bottom = axes[:, column]
            top.plot(trace, color=color, marker="." if len(trace) == 1 else None)
            top.set_title(title, fontsize=11)
            top.set_xlabel("Step", fontsize=8)
            top.tick_params(labelsize=8)
            draw_image(bottom, images[column], vmin, vmax)
            if baseline is not None:
                top.axhline(baseline, color="0.7", linestyle="--", linewidth=1, label=GREY_LABEL)
        if baseline is not None:
            axes[0, 1].legend(fontsize=7)
        if not has_room(baseline):
            axes[1, 0].set_title(room_warning(baseline), color=AMBER, fontsize=8)
        axes[0, 0].set_ylabel("Activation", fontsize=8)
        return finish(figure, show, save)


def plot_group(
    images: Sequence[object],
    cols: int = 5,
    vmin: float = 0.1,
    vmax: float = 0.8,
    *,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """Images in rows, from left to right; cells that are left over stay blank.

    Parameters
    ----------
    images
        One or more, or a batch (B, C, H, W); those outside [0, 1] are rescaled.
    cols
        Images in a row.
    vmin, vmax
        Values of black and white of grey images.
    show, save
        Open the figure; file to save it to.

    Raises
    ------
    ImageError
        If there is none.
    """
    check_lengths("at least one image", images)
    if cols < 1:
        raise SettingError(path="cols", expected="at least one column", found=cols)
    n_rows = -(-len(images) // cols)
    with house_style():
        figure, axes = plt.subplots(n_rows, cols, figsize=(2 * cols, 2 * n_rows), squeeze=False)
        for ax in axes.flat:
            ax.axis("off")
        for ax, image in zip(axes.flat, images, strict=False):
            draw_image(ax, image, vmin, vmax)
        return finish(figure, show, save)


def estimate_mask(mei: object, zscore_thresh: float = 0.5) -> np.ndarray:
    """Where an image has structure: the hull of its largest contrasted region, smoothed.

    Grey levels are z-scored; pixels beyond the threshold are closed (twice, by a cross), and the
    convex hull of their largest 8-connected component is blurred with a Gaussian of sigma 1.

    Parameters
    ----------
    mei : (H, W, C), (C, H, W) or (H, W)
        An image on any scale.
    zscore_thresh
        In standard deviations.

    Returns
    -------
    (H, W) float64
        In [0, 1]; all 0 where no pixel is beyond the threshold, as in a constant image.
    """
    image = check_format(mei).astype(float)
    if image.ndim == 3:
        image = image @ np.array(LUMA) if image.shape[2] == 3 else image[..., 0]
    zscore = (image - image.mean()) / (image.std() + 1e-8)
    beyond = ndimage.binary_closing(np.abs(zscore) > zscore_thresh, iterations=2)
    labels, n_components = ndimage.label(beyond, structure=np.ones((3, 3)))
    if n_components == 0:
        return np.zeros(image.shape)
    largest = 1 + np.argmax(np.bincount(labels.ravel())[1:])
    return ndimage.gaussian_filter(_filled_hull(labels == largest).astype(float), sigma=1)


def _filled_hull(region: np.ndarray) -> np.ndarray:
    """Pixels whose centres are in the convex hull of a region, whose pixels are squares."""
    rows, columns = np.nonzero(region)
    corners = np.concatenate(
        [np.stack([rows + dr, columns + dc], 1) for dr, dc in _MIDDLES_OF_SIDES]
    )
    try:
        hull = ConvexHull(corners)
    except QhullError:
        return region
    grid = np.stack(np.indices(region.shape), -1)
    inside = grid @ hull.equations[:, :2].T + hull.equations[:, 2] <= 1e-9
    return inside.all(axis=-1)


_MIDDLES_OF_SIDES = ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))


def get_mean_mask(poles: Sequence[object], zthreshold: float = 1.0) -> np.ndarray:
    """One mask for many images: where more than a tenth of their masks are, smoothed.

    Parameters
    ----------
    poles
        Images of one size, as `estimate_mask` takes them.
    zthreshold
        In standard deviations.

    Returns
    -------
    (H, W) float64
        Multiples of 1/255 in [0, 1].

    Raises
    ------
    ImageError
        If there is none, or their sizes differ.
    """
    check_lengths("at least one image", poles)
    masks = [estimate_mask(image, zthreshold) for image in poles]
    if len(sizes := {mask.shape for mask in masks}) > 1:
        raise ImageError(path="poles", expected="images of one size", found=sorted(sizes))
    mean = np.mean([denormalize(mask, mean=None) for mask in masks], axis=0)
    mean[mean > SHARE_OF_MASKS] = 1
    levels = (mean * 255).astype(np.uint8).astype(float)
    # 5 x 5 pixels, mirrored without repeating the border, rounded to whole levels
    blurred = ndimage.gaussian_filter(levels, sigma=1, radius=2, mode="mirror")
    return np.rint(blurred) / 255


def sequence_animation(
    imgs: Sequence[object],
    activities: Sequence[float],
    savename: str | Path | None = None,
    dpi: float = 100,
    interval: float = 80,
    title: str = "Ascent",
    *,
    baseline: float | None = None,
    show: bool = True,
    save: str | Path | None = None,
) -> AnimatedFigure:
    """The film of an ascent: the image of each step beside the trace up to it.

    Parameters
    ----------
    imgs
        An image for each step; if one is outside [0, 1], all are rescaled to their common range.
    activities
        Response or objective of each, the published unit is Hz; drawn in cyan from 0 on, in magenta
        below.
    savename, save
        File in .html, .gif or .mp4 (a GIF where there is no ffmpeg); two names of one thing.
    dpi
        Pixels an inch of the file.
    interval
        Milliseconds between steps; a file has 1000 // interval frames a second, from 10 to 30.
    title
        Above both.
    baseline
        Response to the grey image: a dashed line; a neuron without room below it is flagged where
        the trace ends below its start or below 0, as those of low poles do.
    show
        Play it in a window, where there is one; a notebook plays what is returned.

    Raises
    ------
    ImageError
        If there is not one activity for each image.
    """
    check_lengths("an activity for each image", imgs, activities)
    imgs, activities = _in_common_range(imgs), as_array(activities).astype(float)
    with house_style():
        figure = animated_figure((10, 5))
        left, right = figure.subplots(1, 2)
        figure.suptitle(title, fontsize=14)
        film = _Film(left, right, imgs, activities)
        if baseline is not None:
            right.axhline(baseline, color="0.7", linestyle="--", linewidth=1, label=GREY_LABEL)
            right.legend(fontsize=8)
            is_low = activities[-1] < max(activities[0], 0)
            if is_low and not has_room(baseline):
                right.set_title(room_warning(baseline), color=AMBER, fontsize=10)
        figure.animate(film.draw, len(imgs), min(max(1000 // interval, 10), 30))
        return finish_animation(figure, show, savename if save is None else save, dpi)


def _in_common_range(images: Sequence[object]) -> list[np.ndarray]:
    images = [channels_last(image) for image in images]
    low = min(image.min() for image in images)
    high = max(image.max() for image in images)
    if low >= 0 and high <= 1:
        return images
    return [(image - low) / ((high - low) or 1.0) for image in images]


class _Film:
    """What changes from step to step."""

    def __init__(self, left: Axes, right: Axes, imgs: Sequence[object], activities: np.ndarray):
        self.left, self.imgs, self.activities = left, imgs, activities
        box = {"boxstyle": "round", "facecolor": "#0a0a0a", "alpha": 0.8}
        self.value = left.text(
            0.03, 0.95, "", transform=left.transAxes, va="top", fontsize=11, bbox=box
        )
        right.plot(activities, color="0.4", linewidth=1)
        self.glow = right.plot([], [], linewidth=9, alpha=0.2, solid_capstyle="round")[0]
        self.progress = right.plot([], [], linewidth=3, solid_capstyle="round")[0]
        self.marker = right.plot([], [], "o", markersize=9, markeredgecolor="white")[0]
        right.set(xlabel="Step", ylabel="Activation")

    def draw(self, step: int) -> None:
        """Show the image of a step, 0-based, its activity, and the trace up to it."""
        color = CYAN if self.activities[step] >= 0 else MAGENTA
        draw_image(self.left, self.imgs[step])
        self.left.set_title(f"Step {step}")
        self.value.set(text=f"{self.activities[step]:.4f} Hz", color=color)
        self.value.get_bbox_patch().set_edgecolor(color)
        for line in (self.glow, self.progress):
            line.set_data(np.arange(step + 1), self.activities[: step + 1])
        self.marker.set_data([step], [self.activities[step]])
        for line in (self.glow, self.progress, self.marker):
            line.set_color(color)
