"""Panels of a grid that look alike around their edges, of which one is measured for all.

Before a figure is arranged, matplotlib measures the labels of each of its panels, twice, and that
takes longer than drawing them. Each tick is six objects, most of which are never seen.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox


class AlikeAxes(Axes):
    """Axes that, where `model` is set, take as much room around them as the model does.

    The model comes before them in the figure. Both must have the same size, limits, ticks and
    labels, and a title of as many lines; nothing else may stand out of either.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(layout="constrained")
    >>> left, right = figure.subplots(1, 2, subplot_kw={"axes_class": AlikeAxes})
    >>> right.model = left
    >>> figure.draw_without_rendering()
    >>> [round(float(ax.get_position().width), 3) for ax in (left, right)]
    [0.42, 0.42]
    """

    model: "AlikeAxes | None" = None

    def get_tightbbox(self, renderer: Any = None, **options: Any) -> Bbox | None:
        """Room that the panel takes, in pixels; its model's, moved, while a figure is arranged.

        Parameters
        ----------
        renderer
            Measures text.
        options
            As `Axes.get_tightbbox` takes them.
        """
        if not options.get("for_layout_only"):
            return super().get_tightbbox(renderer, **options)
        if self.model is not None and self.model._measured[0] == self._size():
            box, (x, y) = self.model._measured[1], self.model.bbox.min
            return box.translated(self.bbox.x0 - x, self.bbox.y0 - y)
        box = super().get_tightbbox(renderer, **options)
        self._measured = (self._size(), box)
        return box

    def borrow_ticks(self) -> None:
        """Draw the model's ticks as one line of marks and their labels, for good.

        An axis that has a label, whose place depends on them, keeps its own.
        """
        if not self.xaxis.get_label_text():
            self._borrow("xaxis", self.get_xaxis_transform, self.get_xaxis_text1_transform)
        if not self.yaxis.get_label_text():
            self._borrow("yaxis", self.get_yaxis_transform, self.get_yaxis_text1_transform)

    def _borrow(self, name: str, mark_at: Callable, label_at: Callable) -> None:
        own, given = getattr(self, name), getattr(self.model, name)
        tick, ticks = given.get_major_ticks(1)[0], np.asarray(given.get_majorticklocs())
        low, high = sorted(given.get_view_interval())
        shown = (ticks >= low) & (ticks <= high)
        labels = given.get_major_formatter().format_ticks(ticks)
        own.set_ticks([])
        marks = Line2D(*self._along(name, ticks[shown]))
        marks.update_from(tick.tick1line)
        marks.set(transform=mark_at("tick1"), zorder=own.get_zorder(), clip_on=False)
        self.add_artist(marks)
        if not tick.label1.get_visible():
            return
        transform, vertical, horizontal = label_at(tick.get_pad() + tick.get_tick_padding())
        for place, label in zip(ticks[shown], np.array(labels)[shown], strict=True):
            text = Text(*self._along(name, place), str(label))
            text.update_from(tick.label1)
            text.set(transform=transform, va=vertical, ha=horizontal, clip_on=False)
            text.set_zorder(own.get_zorder())
            self.add_artist(text)

    @staticmethod
    def _along(name: str, ticks: Any) -> tuple[Any, Any]:
        """x and y of ticks on an axis."""
        zeros = np.zeros_like(ticks)
        return (ticks, zeros) if name == "xaxis" else (zeros, ticks)

    def _size(self) -> tuple[int, int]:
        """Width and height in millionths of a pixel."""
        return round(self.bbox.width * 1e6), round(self.bbox.height * 1e6)
