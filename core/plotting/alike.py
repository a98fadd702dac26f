"""Panels of a grid that look alike around their edges, of which one is measured for all.

Before a figure is arranged, matplotlib measures the labels of each of its panels, twice, and that
takes longer than drawing them.
"""

from typing import Any

from matplotlib.axes import Axes
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
    [0.443, 0.443]
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

    def _size(self) -> tuple[int, int]:
        """Width and height in millionths of a pixel."""
        return round(self.bbox.width * 1e6), round(self.bbox.height * 1e6)
