"""Drawing helpers that more than one figure uses."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath

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

SIMULATED_NOTICE = "simulated stand-in data – not recordings"
"""Words under the title of a figure of simulated data."""


def apply_style() -> AbstractContextManager:
    """Context in which figures look like the published ones and PDFs keep their fonts as text.

    Examples
    --------
    >>> with apply_style():
    ...     mpl.rcParams["axes.spines.top"]
    False
    """
    return mpl.rc_context(STYLE)


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
    ax: Axes, x: np.ndarray, height: float, t: np.ndarray, significant: np.ndarray
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

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> significance_dots(ax, np.arange(3), 1.0, np.array([4, -5, 0.1]), np.array([1, 1, 0]) > 0)
    >>> [line.get_xdata().tolist() for line in ax.lines]
    [[0], [1]]
    """
    for chosen, thread in ((t > 0, "DeePSim"), (t <= 0, "BigGAN")):
        at = x[significant & chosen]
        ax.plot(at, np.full(len(at), height), ".", markersize=4, color=THREAD_COLORS[thread])


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


def mark_simulated(figure: Figure) -> None:
    """Watermark across the figure, and a red line under its title; freezes the layout.

    Examples
    --------
    >>> figure = Figure()
    >>> _ = figure.suptitle("Responses")
    >>> mark_simulated(figure)
    >>> [text.get_text() for text in figure.texts]
    ['Responses\\n ', 'simulated stand-in data – not recordings', 'SIMULATED']
    """
    write_under_title(figure, SIMULATED_NOTICE, "red")
    _watermark(figure, "SIMULATED")


def write_under_title(figure: Figure, words: str, color: str) -> None:
    """A small line of words under the title of a figure; freezes the layout.

    Parameters
    ----------
    figure
        Any figure.
    words
        What stands there.
    color
        Its colour.
    """
    title = figure.get_suptitle()
    sizes = [text.get_fontsize() for text in figure.texts if title and text.get_text() == title]
    fontsize = sizes[0] if sizes else mpl.rcParams["font.size"]
    text = figure.suptitle(f"{title}\n " if title else " ", fontsize=fontsize)
    freeze_layout(figure)
    box = text.get_window_extent().transformed(figure.transFigure.inverted())
    figure.text(0.5, box.y0, words, color=color, ha="center", va="bottom", fontsize=9)


def _watermark(figure: Figure, words: str) -> None:
    """Diagonal words over the whole figure, repeated along the longer side of a narrow one."""
    width, height = figure.get_size_inches() * 72
    n_columns, n_rows = max(1, round(width / height / 2)), max(1, round(height / width / 2))
    width, height = width / n_columns, height / n_rows
    angle = np.arctan2(height, width)
    text = TextPath((0, 0), words, size=1).get_extents()
    across = text.width * np.cos(angle) + text.height * np.sin(angle)
    up = text.width * np.sin(angle) + text.height * np.cos(angle)
    for column in range(n_columns):
        for row in range(n_rows):
            figure.text(
                (column + 0.5) / n_columns,
                (row + 0.5) / n_rows,
                words,
                fontsize=0.95 * min(width / across, height / up),
                rotation=np.degrees(angle),
                ha="center",
                va="center",
                alpha=0.15,
                color="black",
                zorder=100,
            )


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
