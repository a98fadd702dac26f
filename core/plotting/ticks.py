"""Ticks that are worked out once for as long as a figure stays as it is.

To draw one axis matplotlib asks three times and more where its ticks are, and to arrange a figure
as often again; each time it places all of them anew and measures their labels.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.axis import Axis, Tick


@contextmanager
def steady_ticks() -> Iterator[None]:
    """Within the block an axis keeps its ticks until its place, limits or resolution change.

    Nothing else about ticks, such as their labels or sizes, may be changed in the block.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> ax = figure.add_subplot()
    >>> with steady_ticks():
    ...     figure.draw_without_rendering()
    ...     _ = ax.set_xlim(0, 4)
    ...     figure.draw_without_rendering()
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0.0', '0.5', '1.0', '1.5', '2.0', '2.5', '3.0', '3.5', '4.0']
    """
    update, measure = Axis._update_ticks, Axis._get_ticklabel_bboxes
    ticks_of: WeakKeyDictionary[Axis, tuple] = WeakKeyDictionary()
    boxes_of: WeakKeyDictionary[Axis, tuple] = WeakKeyDictionary()

    def ticks(axis: Axis) -> list[Tick]:
        state = _state(axis)
        if axis not in ticks_of or ticks_of[axis][0] != state:
            ticks_of[axis] = state, update(axis)
        return ticks_of[axis][1]

    def boxes(axis: Axis, shown: list[Tick], renderer: Any) -> tuple[list, list]:
        state = (*_state(axis), id(renderer))
        if axis not in boxes_of or boxes_of[axis][0] != state:
            boxes_of[axis] = state, measure(axis, shown, renderer)
        return boxes_of[axis][1]

    Axis._update_ticks, Axis._get_ticklabel_bboxes = ticks, boxes
    try:
        yield
    finally:
        Axis._update_ticks, Axis._get_ticklabel_bboxes = update, measure


def _state(axis: Axis) -> tuple[float, ...]:
    """What the places of ticks and labels depend on, in pixels and in units of the data."""
    return *axis.axes.bbox.bounds, *axis.get_view_interval(), axis.get_figure(root=True).dpi
