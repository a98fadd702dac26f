"""How the pictures of DualNeuron look, and how they reach the screen and the disk.

Figures are black, so that they read alike on light and on dark pages; every function that draws
one returns it, shows it where somebody can see it, and saves it if asked to.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from core.errors import ImageError, SettingError
from core.files import replacing
from dualneuron.twins.ensemble import NO_ROOM

CYAN, MAGENTA, AMBER = "#00d4ff", "#ff0080", "#ffb000"
"""High or excited; low or suppressed; a warning."""

STYLE = {
    "figure.facecolor": "black",
    "axes.facecolor": "#0a0a0a",
    "axes.edgecolor": "white",
    "axes.labelcolor": "white",
    "axes.titlecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "white",
    "grid.alpha": 0.15,
    "text.color": "white",
    "xtick.color": "white",
    "ytick.color": "white",
    "legend.facecolor": "#0a0a0a",
    "legend.edgecolor": "0.4",
    "figure.constrained_layout.use": True,
}
"""Settings of matplotlib for every figure of DualNeuron."""

GREY_LABEL = "grey image"
"""What a line at the response to mean grey is called."""


@contextmanager
def house_style() -> Iterator[None]:
    """Context in which figures are black, whatever a ``matplotlibrc`` of the user says.

    Examples
    --------
    >>> with house_style():
    ...     mpl.rcParams["figure.facecolor"]
    'black'
    """
    with plt.style.context(["default", STYLE]), mpl.rc_context({"figure.max_open_warning": 0}):
        yield


def finish(figure: Figure, show: bool = True, save: str | Path | None = None) -> Figure:
    """Save a figure that pyplot made, show it if there is a screen or a notebook, and return it.

    Pyplot forgets a figure that is not shown, so that loops over neurons fill no memory.

    Parameters
    ----------
    figure
        Made by pyplot.
    show
        Open it, where the backend of matplotlib can.
    save
        File of any kind that matplotlib writes, by its ending (png without one); it appears whole.

    Raises
    ------
    SettingError
        If the ending is of no such kind.
    """
    if save is not None:
        path = Path(save)
        path = path if path.suffix else path.with_name(f"{path.name}.png")
        if path.suffix[1:].lower() not in figure.canvas.get_supported_filetypes():
            raise SettingError(
                path=path,
                expected="png, pdf, svg or another ending that matplotlib writes",
                found=path.suffix,
            )
        with replacing(path) as temporary:
            figure.savefig(temporary, facecolor=figure.get_facecolor())
    if show and can_show():
        plt.show()
    else:
        plt.close(figure)
    return figure


def can_show() -> bool:
    """Whether matplotlib's backend has a screen or a notebook."""
    return mpl.get_backend().lower() not in backend_registry.list_builtin(
        BackendFilter.NON_INTERACTIVE
    )


def as_array(values: object) -> np.ndarray:
    """A NumPy array of an array, a list or a tensor, on whatever device and with any gradient.

    Examples
    --------
    >>> import torch
    >>> as_array(torch.ones(2, requires_grad=True))
    array([1., 1.], dtype=float32)
    """
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def channels_last(image: object) -> np.ndarray:
    """An image as matplotlib takes it, (H, W, C); what is (H, W) or (H, W, C) stays as it is.

    Parameters
    ----------
    image : (1 or 3, H, W), (H, W, C) or (H, W)
        Array or tensor.

    Raises
    ------
    ImageError
        If it has none of these shapes.

    Examples
    --------
    >>> channels_last(np.zeros((3, 93, 94))).shape, channels_last(np.zeros((93, 94, 1))).shape
    ((93, 94, 3), (93, 94, 1))
    """
    image = as_array(image)
    if image.ndim == 3 and image.shape[0] in (1, 3):
        return image.transpose(1, 2, 0)
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3)):
        return image
    raise ImageError(
        path="image", expected="(1 or 3, H, W), (H, W, 1 or 3) or (H, W)", found=image.shape
    )


def draw_image(ax: Axes, image: object, vmin: float = 0.0, vmax: float = 1.0) -> AxesImage:
    """Draw an image without ticks, in place of one that is there already.

    One outside [0, 1] is rescaled to its own range first.

    Parameters
    ----------
    ax
        Axes to draw in.
    image : (1 or 3, H, W), (H, W, 1 or 3) or (H, W)
        Array or tensor.
    vmin, vmax
        Values of black and white of a grey image; colours are drawn as they are.

    Examples
    --------
    >>> drawn = draw_image(Figure().add_subplot(), np.array([[-1.0, 3.0]]))
    >>> drawn.get_array().tolist()
    [[0.0, 1.0]]
    """
    image = channels_last(image).astype(float)
    low, high = image.min(), image.max()
    if not np.isfinite([low, high]).all():
        raise ImageError(path="image", expected="numbers", found="NaN or infinity")
    if low < 0 or high > 1:
        image = (image - low) / ((high - low) or 1.0)
    if image.shape[-1] == 1 and image.ndim == 3:
        image = image[..., 0]
    for old in ax.images:
        old.remove()
    drawn = ax.imshow(image, cmap="gray", vmin=vmin, vmax=vmax)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[])
    return drawn


def has_room(baseline: float | None) -> bool:
    """Whether a low pole can mean anything: the response to grey is not next to 0, or unknown.

    Examples
    --------
    >>> has_room(0.75), has_room(0.004), has_room(None)
    (True, False, True)
    """
    return baseline is None or baseline >= NO_ROOM


def room_warning(baseline: float) -> str:
    """Words that stand at a low pole of a neuron without room below grey.

    Examples
    --------
    >>> room_warning(0.0412)
    'no room below grey (0.041)'
    """
    return f"no room below grey ({baseline:.2g})"


def check_lengths(expected: str, *lists: Sequence) -> None:
    """Refuse lists that do not have one common length above 0.

    Parameters
    ----------
    expected
        What should be of one number, for the message.
    lists
        Anything that has a length.

    Examples
    --------
    >>> check_lengths("an activity for each image", [1, 2], [3])
    Traceback (most recent call last):
    core.errors.ImageError: expected an activity for each image, found 2 and 1.
    """
    lengths = [len(items) for items in lists]
    if len(set(lengths)) != 1 or lengths[0] == 0:
        raise ImageError(expected=expected, found=" and ".join(map(str, lengths)))
