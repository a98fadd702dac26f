"""Drawing helpers that more than one figure uses."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from core.files import replacing

THREAD_COLORS = {"DeePSim": "blue", "BigGAN": "red"}
"""Colour of each thread in every published panel."""

STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "figure.constrained_layout.use": True,
}
"""Settings of matplotlib for every figure; fonts of type 42 stay text in PDF and PostScript."""

NO_LAYOUT = {"figure.constrained_layout.use": False, "figure.autolayout": False}
"""Settings under which a figure without an engine of layout gets none when it is saved."""

SIMULATED_NOTICE = "SIMULATED stand-in data – not recordings"
"""Words above a figure of simulated data."""

STRIP = 0.3
"""Inches that a figure grows to hold words above it."""

WATERMARK = "0.91"
"""Colour of the word below the data, a grey."""

HEIGHTS = (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)
"""Where in a panel that word may stand, as shares of its height."""


def apply_style() -> AbstractContextManager:
    """Context in which figures look like the published ones and PDFs keep their fonts as text.

    What a ``matplotlibrc`` of the user says is left aside, so figures are the same everywhere.

    Examples
    --------
    >>> with apply_style():
    ...     mpl.rcParams["axes.spines.top"]
    False
    """
    return plt.style.context(["default", STYLE])


def mean_band(
    ax: Axes,
    x: np.ndarray,
    mean: np.ndarray,
    error: np.ndarray,
    *,
    color: str,
    band_alpha: float,
    **line: object,
) -> Line2D:
    """Line with a band of one error to both sides.

    Parameters
    ----------
    ax
        Axes to draw in.
    x, mean, error : (n,)
        Position, height and half the width of the band, which may be NaN.
    color
        Colour of the line and of the band.
    band_alpha
        Opacity of the band, from 0 to 1.
    line
        Passed on to ``Axes.plot``.

    Returns
    -------
    The line.

    Examples
    --------
    >>> ax, blocks = Figure().add_subplot(), np.arange(3)
    >>> mean_band(ax, blocks, blocks**2, np.ones(3), color="blue", band_alpha=0.3).get_ydata()
    array([0, 1, 4])
    """
    ax.fill_between(x, mean - error, mean + error, color=color, alpha=band_alpha, linewidth=0)
    return ax.plot(x, mean, color=color, **line)[0]


def significance_dots(
    ax: Axes,
    x: np.ndarray,
    height: float,
    t: np.ndarray,
    significant: np.ndarray,
    markers: Mapping[str, str] | None = None,
) -> None:
    """Dots where a test is significant, in the colour of the thread that is larger.

    Parameters
    ----------
    ax
        Axes to draw in.
    x : (n,)
        Position of each test.
    height
        Height of the dots, in the unit of the axis.
    t : (n,)
        Test statistic of DeePSim minus BigGAN: dots are blue where it is above 0, else red.
    significant : (n,)
        Boolean.
    markers
        Of the threads by name; by default dots.

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> significance_dots(ax, np.arange(3), 1.0, np.array([4, -5, 0.1]), np.array([1, 1, 0]) > 0)
    >>> [line.get_xdata().tolist() for line in ax.lines]
    [[0], [1]]
    """
    for chosen, thread in ((t > 0, "DeePSim"), (t <= 0, "BigGAN")):
        at = x[significant & chosen]
        marker, size = (".", 4) if markers is None else (markers[thread], 2.5)
        y = np.full(len(at), height)
        ax.plot(at, y, ls="", marker=marker, markersize=size, color=THREAD_COLORS[thread])


def freeze_layout(figure: Figure) -> None:
    """Arrange the figure once and keep it so; otherwise it is arranged anew at every drawing.

    No engine is left, not even one that does nothing: it would have every saving draw twice.

    Examples
    --------
    >>> figure = Figure(layout="constrained")
    >>> ax = figure.add_subplot()
    >>> freeze_layout(figure)
    >>> figure.get_layout_engine() is None
    True
    """
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    with mpl.rc_context(NO_LAYOUT):
        figure.set_layout_engine()
    for ax in figure.axes:
        if getattr(ax, "model", None) is not None:
            ax.borrow_ticks()


def mark_simulated(figure: Figure, notice: str = SIMULATED_NOTICE, word: str = "SIMULATED") -> None:
    """A red line above the figure, and a pale word below the data; freezes the layout.

    Nothing within the figure changes its place or its colour but where the word shines through: it
    stands in each panel that is not filled by an image, where no text of the panel is.

    Parameters
    ----------
    figure
        Any figure.
    notice
        What stands above it.
    word
        What stands below the data.

    Examples
    --------
    >>> figure = Figure()
    >>> ax = figure.add_subplot()
    >>> mark_simulated(figure)
    >>> [text.get_text() for text in (*figure.texts, *ax.texts)]
    ['SIMULATED stand-in data – not recordings', 'SIMULATED']
    """
    write_above(figure, notice, "red")
    for ax in figure.axes:
        if ax.axison and not (ax.images or any(isinstance(c, QuadMesh) for c in ax.collections)):
            _watermark(ax, word)


def write_above(figure: Figure, words: str, color: str) -> None:
    """A line of words in a strip that is added above a figure; freezes the layout.

    The figure becomes `STRIP` taller; all that it holds stays where it was, in inches from below.

    Parameters
    ----------
    figure
        Any figure.
    words
        What stands there.
    color
        Its colour.

    Examples
    --------
    >>> figure = Figure(figsize=(4, 3))
    >>> write_above(figure, "drawn by hand", "black")
    >>> figure.get_size_inches().tolist()
    [4.0, 3.3]
    """
    freeze_layout(figure)
    width, height = figure.get_size_inches()
    share = height / (height + STRIP)
    figure.set_size_inches(width, height + STRIP)
    for ax in figure.axes:
        # both places of an axes: with and without regard to its aspect
        original, active = (ax.get_position(original) for original in (True, False))
        for box, which in ((original, "original"), (active, "active")):
            x, y, box_width, box_height = box.bounds
            ax.set_position([x, y * share, box_width, box_height * share], which=which)
        ax.set_in_layout(True)
    for text in figure.texts:
        text.set_y(text.get_position()[1] * share)
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, 0, 1, share), transform=figure.transFigure)
    middle = 1 - STRIP / 2 / (height + STRIP)
    text = figure.text(0.5, middle, words, color=color, ha="center", va="center", fontsize=9)
    text.set_fontsize(min(9, 9 * 0.97 * figure.bbox.width / text.get_window_extent().width))


def _watermark(ax: Axes, words: str) -> None:
    """Pale words below all that is drawn, at the first of some heights where no text stands.

    Heights at which no bar would hide a part of them are preferred.
    """
    texts = [text.get_window_extent() for text in ax.texts]
    bars = [patch.get_window_extent() for patch in ax.patches]
    mark = ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", zorder=-1)
    mark.set(color=WATERMARK, weight="bold", in_layout=False, clip_on=True)
    width = mark.get_window_extent().width / mark.get_fontsize()
    mark.set_fontsize(min(48, 0.8 * ax.bbox.width / width))
    for taken in (texts + bars, texts):
        for height in HEIGHTS:
            mark.set_y(height)
            box = mark.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                return
    mark.remove()


def saveallforms(
    figdirs: str | Path | Sequence[str | Path],
    fignm: str,
    figh: Figure | None = None,
    fmts: Iterable[str] = ("png", "pdf"),
    **options: object,
) -> list[Path]:
    """Save a figure as ``<fignm>.<fmt>`` in one folder or several.

    Parameters
    ----------
    figdirs
        Folder or folders.
    fignm
        File name without extension.
    figh
        Figure; by default the current one.
    fmts
        Extensions.
    options
        Passed on to ``savefig``; by default the bounding box is tight.

    Returns
    -------
    Paths of the files, folder by folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     paths = saveallforms(folder, "empty", Figure(), fmts=("png", "svg"))
    >>> [path.name for path in paths]
    ['empty.png', 'empty.svg']
    """
    figure = figh or plt.gcf()
    folders = [figdirs] if isinstance(figdirs, (str, Path)) else figdirs
    paths = [Path(folder) / f"{fignm}.{fmt}" for folder in folders for fmt in fmts]
    for path in paths:
        with replacing(path) as temporary:
            figure.savefig(temporary, **{"bbox_inches": "tight", **options})
    return paths


def showimg(
    ax: Axes, imgarr: np.ndarray, cbar: bool = False, ylabel: str | None = None
) -> AxesImage:
    """Draw an image without ticks and spines.

    Parameters
    ----------
    ax
        Axes to draw in.
    imgarr : (H, W, 3), (H, W, 4) or (H, W)
        Image, as ``Axes.imshow`` takes it.
    cbar
        Draw a colour bar beside it.
    ylabel
        Label at the left.

    Returns
    -------
    The image handle.

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> showimg(ax, np.zeros((4, 6)), ylabel="block 1").get_size()
    (4, 6)
    """
    image = ax.imshow(imgarr)
    if cbar:
        ax.figure.colorbar(image, ax=ax)
    if ylabel is not None:
        ax.set_ylabel(ylabel)
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[])
    return image


def off_axes(axs: Axes | Sequence[Axes] | np.ndarray) -> None:
    """Hide the frame, ticks and labels of some axes, or of a whole array of them.

    Examples
    --------
    >>> axes = Figure().subplots(2, 2)
    >>> off_axes(axes)
    >>> axes[1, 1].axison
    False
    """
    for ax in np.ravel(axs):
        ax.axis("off")
