"""The chart of a session as SVG: drawn after every block, so in milliseconds and without a canvas.

matplotlib, which draws all other figures, takes half a second for this one; it chooses the ticks.
"""

import html
from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from core.experiments.closed_loop.tracking import Course

COLORS = ("#c0392b", "#2471a3", "#7d3c98", "#117a65")
"""Colours of the threads, those of the figures of evolutions."""

GREY, DARK = "#808080", "#404040"

WIDTH, HEIGHT = 860, 320

LEFT, RIGHT, TOP, BOTTOM = 64, 190, 14, 44
"""Margins; the legend stands in the right one."""

N_TICKS = 6


class _Scale:
    """Places of blocks and scores on the chart."""

    def __init__(self, n_blocks: int, values: np.ndarray):
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        low = min(0.0, low)
        high = high if high > low else low + 1.0
        self.ticks = MaxNLocator(N_TICKS).tick_values(low, high)
        self.low, self.high = self.ticks[0], self.ticks[-1]
        self.last = max(1, n_blocks - 1)

    def x(self, block: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * block / self.last

    def y(self, score: float) -> float:
        share = (score - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def chart(trajectory: Course, names: Sequence[str], simulated: bool) -> str:
    """Block means with bands of one SEM, of every thread and of the references.

    Parameters
    ----------
    trajectory
        At least one block.
    names
        Of the threads.
    simulated
        Whether SIMULATED stands across it.

    Returns
    -------
    An ``svg`` element.
    """
    threads = zip(names, COLORS, trajectory.means, trajectory.sems, strict=False)
    lines = [(name, color, "", means, sems) for name, color, means, sems in threads]
    if np.isfinite(trajectory.references).any():
        none = np.zeros(trajectory.n_blocks)
        references = trajectory.references, trajectory.reference_sems
        lines.append(("references", GREY, 'stroke-dasharray="3 3"', *references))
        lines.append(("their level, tracked", DARK, 'stroke-width="1"', trajectory.level, none))
    ends = [means + sign * np.nan_to_num(sems) for *_, means, sems in lines for sign in (-1, 1)]
    scale = _Scale(trajectory.n_blocks, np.array(ends))
    parts = [*_axes(trajectory.n_blocks, scale)]
    for row, (name, color, dash, means, sems) in enumerate(lines):
        parts += _band(scale, means, np.nan_to_num(sems), color)
        parts += _line(scale, means, color, dash)
        y, x = TOP + 14 + 20 * row, WIDTH - RIGHT + 14
        parts.append(f'<path d="M{x} {y - 4}h22" stroke="{color}" fill="none" {dash}/>')
        parts.append(f'<text x="{x + 28}" y="{y}">{html.escape(name)}</text>')
    if simulated:
        parts.append(
            f'<text x="{(WIDTH - RIGHT + LEFT) / 2}" y="{HEIGHT / 2 + 20}" class="mark">'
            "SIMULATED</text>"
        )
    label = "Mean score of every block, of each thread and of the references, with one SEM"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" stroke-width="2">'
        f"{''.join(parts)}</svg>"
    )


def _axes(n_blocks: int, scale: _Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" stroke="{DARK}" stroke-width="1" fill="none"/>'
    ]
    for tick in scale.ticks:
        y = scale.y(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}h-5" stroke="{DARK}" stroke-width="1"/>')
        parts.append(f'<text x="{LEFT - 9}" y="{y + 5:.1f}" class="end">{tick:g}</text>')
    for tick in MaxNLocator(N_TICKS + 4, integer=True).tick_values(0, scale.last):
        if 0 <= tick <= scale.last and tick < max(1, n_blocks):
            x = scale.x(tick)
            parts.append(f'<path d="M{x:.1f} {bottom}v5" stroke="{DARK}" stroke-width="1"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" class="mid">{tick:g}</text>')
    middle = (TOP + bottom) / 2
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 6}" class="mid">block</text>')
    parts.append(
        f'<text x="16" y="{middle}" transform="rotate(-90 16 {middle})" class="mid">'
        "score (events/s)</text>"
    )
    return parts


def _line(scale: _Scale, means: np.ndarray, color: str, dash: str) -> list[str]:
    """A line through blocks that have a mean, broken where one has none; a lone one is a dot."""
    parts = []
    for run in _runs(means):
        points = " ".join(f"{scale.x(i):.1f},{scale.y(means[i]):.1f}" for i in run)
        if len(run) == 1:
            x, y = points.split(",")
            parts.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{color}"/>')
        else:
            parts.append(f'<polyline points="{points}" stroke="{color}" fill="none" {dash}/>')
    return parts


def _band(scale: _Scale, means: np.ndarray, sems: np.ndarray, color: str) -> list[str]:
    parts = []
    for run in _runs(means):
        around = [(i, means[i] + sems[i]) for i in run]
        around += [(i, means[i] - sems[i]) for i in reversed(run)]
        points = " ".join(f"{scale.x(i):.1f},{scale.y(value):.1f}" for i, value in around)
        parts.append(f'<polygon points="{points}" fill="{color}" fill-opacity="0.2"/>')
    return parts


def _runs(means: np.ndarray) -> list[list[int]]:
    """Numbers of blocks that have a mean, in runs without a gap.

    Examples
    --------
    >>> _runs(np.array([1.0, 2.0, np.nan, 3.0]))
    [[0, 1], [3]]
    """
    known = np.flatnonzero(np.isfinite(means))
    parts = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    return [part.tolist() for part in parts if len(part)]
