"""Two looks of the figures: this project's, and the published one where the two differ.

A `Look` holds every choice in which pictures depart from the published ones; what draws a panel
takes one and asks it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend

from core.plotting.style import THREAD_COLORS

T = TypeVar("T")

PAGE_WIDTH = 7.5
"""Inches of a printed page between its margins; wider pictures are made smaller on it."""

SMALL_PANELS = {
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
"""Settings of matplotlib for grids of many panels that fill a page."""

TAB10 = ("#1f77b4", "#ff7f0e", "#2ca02c")
SET2 = ("#66c2a5", "#fc8d62", "#8da0cb", "#e78ac3", "#a6d854", "#ffd92f", "#e5c494", "#b3b3b3")


@dataclass(frozen=True)
class Look:
    """What pictures look like.

    Attributes
    ----------
    name
        What ``--style`` takes.
    thread_lines, thread_markers
        Style of mean lines and marker of points, by thread.
    colors
        Of areas, shapes and parts of codes, in order.
    markers
        Of areas, in order.
    dimension_colors
        Of the dimensions of Extended Data Figure 5C, in order.
    mean_color
        Of means among single trials.
    first_block
        Number of the first block on axes that count the columns of an array.
    windows_in_row
        Most windows beside one another in a grid of them.
    grid
        Settings of matplotlib for such a grid.
    improved
        Whether it is this project's: legends off the data, labels in plain words, points with an
        edge, numbers where nothing crosses them.
    """

    name: str
    thread_lines: Mapping[str, str]
    thread_markers: Mapping[str, str]
    colors: Sequence[str]
    markers: Sequence[str]
    dimension_colors: Sequence[str]
    mean_color: str
    first_block: int
    windows_in_row: int
    improved: bool
    grid: Mapping[str, float] = field(default_factory=dict)

    def line(self, thread: str) -> dict[str, str]:
        """Colour and style of a thread's mean line, as ``Axes.plot`` takes them.

        Examples
        --------
        >>> READABLE.line("BigGAN"), PUBLISHED.line("BigGAN")
        ({'color': 'red', 'ls': '--'}, {'color': 'red', 'ls': '-'})
        """
        return {"color": THREAD_COLORS[thread], "ls": self.thread_lines[thread]}

    def dots(self, thread: str) -> dict[str, object]:
        """Small markers along a thread's line, which the published look has not.

        Examples
        --------
        >>> READABLE.dots("BigGAN"), PUBLISHED.dots("BigGAN")
        ({'marker': '^', 'ms': 3.5}, {})
        """
        return self.pick({"marker": self.thread_markers[thread], "ms": 3.5}, {})

    @property
    def width_in_grid(self) -> float:
        """Width of mean lines in a grid of windows, in points."""
        return self.pick(1.6, 3.0)

    @property
    def thin_errors(self) -> dict[str, float]:
        """Width of the error bars of many points, half of matplotlib's in this project's look."""
        return self.pick({"elinewidth": 0.7}, {})

    def block_ticks(self, n_blocks: int, step: int = 10) -> list[int]:
        """Ticks of an axis of blocks: its first one, then whole tens or what `step` is.

        Parameters
        ----------
        n_blocks
            Of the axis.
        step
            Distance of the others.

        Examples
        --------
        >>> READABLE.block_ticks(41), PUBLISHED.block_ticks(41, 20)
        ([1, 10, 20, 30, 40], [0, 20, 40])
        """
        return [self.first_block, *range(step, n_blocks, step)]

    def points(self, color: str, opacity: float, **published: object) -> dict[str, object]:
        """Options of ``Axes.plot`` for many points, whose edges are opaque in this project's look.

        Parameters
        ----------
        color
            Of the points.
        opacity
            Of what is drawn of them, from 0 to 1.
        published
            Further options in the published look.

        Examples
        --------
        >>> READABLE.points("red", 0.3)["mec"], PUBLISHED.points("red", 0.3)["alpha"]
        ('red', 0.3)
        """
        if self.improved:
            return {"color": color, "mfc": (*to_rgb(color), opacity), "mec": color, "mew": 0.7}
        return {"color": color, "alpha": opacity, **published}

    def pick(self, ours: T, published: T) -> T:
        """One of two things: this project's, or that of the published panel.

        Parameters
        ----------
        ours, published
            One of the two is returned.

        Examples
        --------
        >>> PUBLISHED.pick("Block", "Generations")
        'Generations'
        """
        return ours if self.improved else published

    def legend(
        self, ax: Axes, handles: Sequence[Artist] = (), columns: int = 0, **published: object
    ) -> Legend:
        """A legend below the figure, off the data; in the published look inside the axes.

        Parameters
        ----------
        ax
            Axes of the published legend.
        handles
            What is explained; by default what has a label in the axes.
        columns
            Of the legend below; by default at most four.
        published
            Options of the published legend, of which ``title`` holds for both.
        """
        handles = handles or ax.get_legend_handles_labels()[0]
        if not self.improved:
            return ax.legend(handles=handles, **published)
        return ax.figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=columns or min(len(handles), 4),
            title=published.get("title"),
            fontsize=9,
            title_fontsize=9,
            handlelength=2.8,
            frameon=False,
        )


READABLE = Look(
    name="readable",
    thread_lines={"DeePSim": "-", "BigGAN": "--"},
    thread_markers={"DeePSim": "o", "BigGAN": "^"},
    colors=("#1f77b4", "#b35806", "#2a7d2e"),
    markers=("o", "^", "s"),
    dimension_colors=(
        *("#00429d", "#7b3294", "#c51b7d", "#b2182b"),
        *("#b35806", "#6b6b00", "#1b7837", "#4d4d4d"),
    ),
    mean_color="#b35806",
    first_block=1,
    windows_in_row=5,
    improved=True,
    grid=SMALL_PANELS,
)
"""This project's look: every line has a contrast of at least 3 to 1 on white."""

PUBLISHED = Look(
    name="published",
    thread_lines={"DeePSim": "-", "BigGAN": "-"},
    thread_markers={"DeePSim": "o", "BigGAN": "o"},
    colors=TAB10,
    markers=("o", "o", "o"),
    dimension_colors=SET2,
    mean_color=TAB10[1],
    first_block=0,
    windows_in_row=20,
    improved=False,
)
"""What the published panels look like."""

LOOKS = {look.name: look for look in (READABLE, PUBLISHED)}
"""Looks by the name that ``--style`` takes."""
