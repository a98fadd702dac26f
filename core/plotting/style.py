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

NO_LAYOUT = {"figure.constrained_layout.use": False, "figure.autolayout": False}
"""Settings under which a figure without an engine of layout gets none when it is saved."""

SIMULATED_NOTICE = "simulated stand-in data – not recordings"


def apply_style() -> AbstractContextManager:
    """Context in which figures look like the published ones and PDFs keep their fonts as text."""
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
    """Line with a band of one error to both sides; all arrays are (n,)."""
    ax.fill_between(x, mean - error, mean + error, color=color, alpha=band_alpha, linewidth=0)
    return ax.plot(x, mean, color=color, **line)[0]


def significance_dots(
    ax: Axes, x: np.ndarray, height: float, t: np.ndarray, significant: np.ndarray
) -> None:
    """Dots where a test is significant: blue where DeePSim is larger (t > 0), else red.

    `x`, `t` and the boolean `significant` are (n,).
    """
    for chosen, thread in ((t > 0, "DeePSim"), (t <= 0, "BigGAN")):
        at = x[significant & chosen]
        ax.plot(at, np.full(len(at), height), ".", markersize=4, color=THREAD_COLORS[thread])


def freeze_layout(figure: Figure) -> None:
    """Arrange the figure once and keep it so; otherwise it is arranged anew at every drawing.

    No engine is left, not even one that does nothing: it would have every saving draw twice.
    """
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    with mpl.rc_context(NO_LAYOUT):
        figure.set_layout_engine()


def mark_simulated(figure: Figure) -> None:
    """Watermark across the figure, and a red line under its title; freezes the layout."""
    title = figure.get_suptitle()
    sizes = [text.get_fontsize() for text in figure.texts if title and text.get_text() == title]
    size = sizes[0] if sizes else mpl.rcParams["font.size"]
    shown = figure.suptitle(f"{title}\n " if title else " ", fontsize=size)
    freeze_layout(figure)
    box = shown.get_window_extent().transformed(figure.transFigure.inverted())
    figure.text(0.5, box.y0, SIMULATED_NOTICE, color="red", ha="center", va="bottom", fontsize=9)
    _watermark(figure, "SIMULATED")


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
    Paths of the files.
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
    """Hide the frame, ticks and labels of some axes, or of a whole array of them."""
    for ax in np.ravel(axs):
        ax.axis("off")
