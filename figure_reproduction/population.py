"""Comparisons of the two threads across experiments that several figures make."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from core.plotting.alike import AlikeAxes
from core.plotting.looks import PAGE_WIDTH, READABLE, Look
from core.plotting.style import THREAD_COLORS, mean_band, significance_dots
from core.statistics.comparisons import TTest, benjamini_hochberg, paired
from core.statistics.intervals import population_sem
from core.threads import THREADS

FDR_LEVEL = 0.05
LAST_SHOWN_BLOCK = 45
"""0-based; windowed panels are cut here, and published counts of dots cover the visible part."""

WINDOW_LEGEND = {"loc": "upper right", "frameon": False, "fontsize": 8}
"""Place of the legend in the published look."""


@dataclass(frozen=True)
class WindowComparison:
    """Both threads in one window and area: mean and SEM per thread, paired test per block.

    All arrays are (n_blocks,) but `mean` and `error`, which are (2, n_blocks).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> larger, smaller = rng.normal(1.0, 0.1, (20, 3)), rng.normal(0.5, 0.1, (20, 3))
    >>> comparison = compare_window(larger, smaller)
    >>> comparison.n, comparison.n_significant(0), comparison.n_significant(1)
    (20, 3, 0)
    """

    n: int
    mean: np.ndarray
    error: np.ndarray
    test: TTest
    significant: np.ndarray

    def n_significant(self, thread: int) -> int:
        """Visible blocks in which this thread is significantly the larger."""
        larger = self.test.t > 0 if thread == 0 else self.test.t < 0
        return int((self.significant & larger)[: LAST_SHOWN_BLOCK + 1].sum())


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and published SEM over experiments (n, ...); NaN where there is no experiment.

    Examples
    --------
    >>> mean, error = mean_and_error(np.array([[1.0, 2.0], [3.0, 2.0]]))
    >>> mean.tolist(), error.round(3).tolist()
    ([2.0, 2.0], [0.707, 0.0])
    """
    if len(values) == 0:
        undefined = np.full(values.shape[1:], np.nan)
        return undefined, undefined
    return values.mean(axis=0), population_sem(values)


def compare_window(deepsim: np.ndarray, biggan: np.ndarray) -> WindowComparison:
    """Compare normalised responses (n_experiments, n_blocks) of both threads block by block.

    The false discovery rate is controlled over all blocks of the panel, those outside the drawn
    range included (docs/panel_map.md).

    Parameters
    ----------
    deepsim, biggan : (n_experiments, n_blocks)
        Responses of the same experiments, divided by their normaliser.

    Examples
    --------
    >>> same = np.tile([0.5, 0.6, 0.7], (2, 1)).T
    >>> compare_window(same, same + 0.1).mean[:, 0].round(6).tolist()
    [0.6, 0.7]
    """
    test = paired(deepsim, biggan)
    (mean0, error0), (mean1, error1) = mean_and_error(deepsim), mean_and_error(biggan)
    return WindowComparison(
        n=len(deepsim),
        mean=np.stack([mean0, mean1]),
        error=np.stack([error0, error1]),
        test=test,
        significant=np.nan_to_num(benjamini_hochberg(test.p), nan=1.0) < FDR_LEVEL,
    )


def draw_window(ax: Axes, comparison: WindowComparison, look: Look = READABLE) -> None:
    """Both mean trajectories with their SEM, and dots where they differ.

    Parameters
    ----------
    ax
        Where it is drawn.
    comparison
        Both threads in the window.
    look
        What it looks like.
    """
    blocks = np.arange(comparison.mean.shape[1]) + look.first_block
    for thread, mean, error in zip(THREADS, comparison.mean, comparison.error, strict=True):
        line = {"lw": look.width_in_grid, "label": thread, **look.line(thread)}
        mean_band(ax, blocks, mean, error, band_alpha=0.25, **line)
    larger = look.pick(look.thread_markers, None)
    significance_dots(ax, blocks, 1.35, comparison.test.t, comparison.significant, larger)
    ax.set(xlim=(blocks[0] - 0.5, blocks[0] + LAST_SHOWN_BLOCK + 0.5), ylim=(0, 1.5))
    if look.improved:
        ax.set(xticks=look.block_ticks(LAST_SHOWN_BLOCK + 1, 20), yticks=(0, 0.5, 1))


def window_statistics(
    prefix: str, window: tuple[int, int], area: str, comparison: WindowComparison
) -> dict[str, float]:
    """Published counts of significant blocks, by id.

    Parameters
    ----------
    prefix
        Beginning of the ids.
    window
        (start, stop) in ms from image onset.
    area
        Visual area.
    comparison
        Both threads in the window.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> larger, smaller = rng.normal(1.0, 0.1, (20, 3)), rng.normal(0.5, 0.1, (20, 3))
    >>> window_statistics("fig5c", (50, 60), "IT", compare_window(smaller, larger))
    {'fig5c.w50_60.IT.nsig_deepsim_gt_biggan': 0, 'fig5c.w50_60.IT.nsig_biggan_gt_deepsim': 3}
    """
    name = f"{prefix}.w{window[0]}_{window[1]}.{area}"
    return {
        f"{name}.nsig_deepsim_gt_biggan": comparison.n_significant(0),
        f"{name}.nsig_biggan_gt_deepsim": comparison.n_significant(1),
    }


def valid_in_area(masks: pd.DataFrame, area: str, *others: str) -> np.ndarray:
    """Valid experiments of an area for which the other mask columns hold, (n,) bool.

    Parameters
    ----------
    masks
        A row for each experiment, with the columns of `core.statistics.masks`.
    area
        ``V1``, ``V4`` or ``IT``.
    others
        Further columns that must hold.

    Examples
    --------
    >>> masks = pd.DataFrame({"valid": [1, 1, 0], "ITmsk": [1, 0, 1], "anysucc005": [1, 1, 1]})
    >>> valid_in_area(masks, "IT", "anysucc005")
    array([ True, False, False])
    """
    return masks[["valid", f"{area}msk", *others]].astype(bool).all(axis=1).to_numpy()


def draw_windows(
    figure: Figure,
    comparisons: dict[tuple[tuple[int, int], str], WindowComparison],
    windows: Sequence[tuple[int, int]],
    areas: Sequence[str],
    look: Look = READABLE,
) -> None:
    """Rows of panels for each area, a panel for each window, with one y axis per row.

    Parameters
    ----------
    figure
        Empty figure.
    comparisons
        Both threads by window and area.
    windows
        (start, stop) in ms from image onset, in order.
    areas
        From above.
    look
        What it looks like.
    """
    n_rows, n_columns = rows_and_columns(len(windows), look)
    with mpl.rc_context(look.grid):
        axes = figure.subplots(
            len(areas) * n_rows, n_columns, squeeze=False, subplot_kw={"axes_class": AlikeAxes}
        )
        for of_area, area in zip(np.split(axes, len(areas)), areas, strict=True):
            for ax, window in zip(of_area.ravel(), windows, strict=True):
                draw_window(ax, comparisons[window, area], look)
                words = look.pick("{}–{} ms", "[{}, {}ms]").format(*window)
                # where matplotlib would put it, after some thought
                ax.set_title(words, y=1.0)
            n = comparisons[windows[0], area].n
            for ax in of_area[: look.pick(-1, 0)].ravel():
                ax.tick_params(labelbottom=False)
            _share_edges(of_area, look.pick("Response", "Max Normalized Response"), area, n)
        for ax in axes[-1]:
            ax.set_xlabel(look.pick("Block", "Blocks"))
    look.legend(axes[0, 0], _window_handles(axes[0, 0], look), 2, **WINDOW_LEGEND)


def rows_and_columns(n: int, look: Look = READABLE) -> tuple[int, int]:
    """Rows of equal length for the windows of an area.

    Parameters
    ----------
    n
        Number of windows.
    look
        Says how many stand beside one another at most.

    Examples
    --------
    >>> [rows_and_columns(n) for n in (20, 10, 8, 4)]
    [(4, 5), (2, 5), (2, 4), (1, 4)]
    """
    n_rows = -(-n // look.windows_in_row)
    return n_rows, -(-n // n_rows)


def page_of_windows(n: int, n_areas: int) -> tuple[float, float]:
    """Width and height in inches of a figure of windows that fits a page.

    Parameters
    ----------
    n
        Number of windows.
    n_areas
        Number of areas.

    Examples
    --------
    >>> page_of_windows(20, 2)
    (7.5, 10.0)
    """
    n_rows = rows_and_columns(n)[0]
    height = 1.05 if n_rows > 1 else 1.7
    return PAGE_WIDTH, round(n_areas * n_rows * height + 1.6, 2)


def _share_edges(axes: np.ndarray, words: str, area: str, n: int) -> None:
    """Labels of the y axis at the first panel of each row; the others look like the second."""
    for row in axes:
        for ax in row[1:]:
            ax.tick_params(labelleft=False)
        for ax in row[2:]:
            ax.model = row[1]
        row[0].set_ylabel(f"{words}\n{area} (N={n})")


def _window_handles(ax: Axes, look: Look) -> list[Line2D]:
    """Both lines, and what the dots say, with the names of their tests."""
    lines = ax.get_lines()[:2]
    if not look.improved:
        return [*lines, Line2D([], [], ls="", marker=".", color="k", ms=4, label="FDR p<0.05")]
    dots = larger_handles(look, "larger (paired t test, FDR q < 0.05)")
    return [lines[0], dots[0], lines[1], dots[1]]


def larger_handles(look: Look, words: str) -> list[Line2D]:
    """Entries of a legend for the markers of significant differences, by thread.

    Parameters
    ----------
    look
        Has the markers.
    words
        What stands behind the name of the thread.
    """
    return [
        Line2D(
            [],
            [],
            ls="",
            marker=look.thread_markers[thread],
            color=THREAD_COLORS[thread],
            ms=4,
            label=f"{thread} {words}",
        )
        for thread in THREADS
    ]
