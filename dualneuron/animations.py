"""Figures that move: played in a notebook, saved as HTML, GIF or mp4."""

import logging
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
from matplotlib.figure import Figure

from core import interrupt
from core.errors import SettingError
from core.files import replacing
from core.plotting.style import NO_LAYOUT, freeze_layout
from dualneuron.figures import can_show

logger = logging.getLogger(__name__)

HTML_MEGABYTES = 2000
"""Limit for an HTML page; matplotlib's own of 20 drops the frames beyond it."""


class AnimatedFigure(Figure):
    """A figure with a frame for each of a number of steps; a notebook plays it.

    `animate` says what a frame is; until then it has none.
    """

    def animate(self, draw: Callable[[int], None], n_frames: int, fps: float) -> None:
        """Give the figure its frames, draw the first one, and keep its layout from then on.

        Parameters
        ----------
        draw
            Changes the figure into frame k, 0-based, whichever frame is drawn.
        n_frames
            Number of frames.
        fps
            Frames a second.
        """
        self.draw_frame, self.n_frames, self.fps = draw, n_frames, fps
        draw(0)
        freeze_layout(self)

    def html(self) -> str:
        """A player with buttons, for a page; every frame is in it."""
        with mpl.rc_context({"animation.embed_limit": HTML_MEGABYTES, **NO_LAYOUT}):
            return self._animation().to_jshtml(fps=self.fps, default_mode="loop")

    def save_animation(self, path: str | Path, dpi: float = 100) -> Path:
        """Save all frames; the file appears whole.

        Parameters
        ----------
        path
            Ends in .html, .gif or .mp4 (h264, by ffmpeg; a GIF takes its place where there is no
            ffmpeg, and the log says so).
        dpi
            Pixels an inch.

        Returns
        -------
        The file that was written.

        Raises
        ------
        SettingError
            If the ending is another.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (".html", ".gif", ".mp4"):
            raise SettingError(path=path, expected="a name in .html, .gif or .mp4", found=ending)
        if ending == ".mp4" and not FFMpegWriter.isAvailable():
            path = path.with_suffix(".gif")
            logger.warning("mp4 needs ffmpeg, which is not installed: writing %s", path)
        with replacing(path) as temporary:
            if path.suffix.lower() == ".html":
                with mpl.rc_context({"savefig.dpi": dpi}):
                    temporary.write_text(self.html(), encoding="utf-8")
            else:
                self._write(temporary, dpi)
        return path

    def _write(self, path: Path, dpi: float) -> None:
        if path.suffix.lower() == ".gif":
            writer = PillowWriter(fps=self.fps)
        else:
            writer = FFMpegWriter(fps=self.fps, codec="h264", extra_args=["-pix_fmt", "yuv420p"])
        with mpl.rc_context(NO_LAYOUT), writer.saving(self, str(path), dpi):
            for frame in range(self.n_frames):
                interrupt.check()
                self.draw_frame(frame)
                writer.grab_frame(facecolor=self.get_facecolor())

    def play(self) -> None:
        """Play it in a window, where matplotlib has one."""
        self._playing = self._animation()  # it stops when nothing refers to it
        plt.show()

    def _animation(self) -> FuncAnimation:
        return FuncAnimation(
            self,
            self.draw_frame,
            init_func=lambda: None,
            frames=self.n_frames,
            interval=1000 / self.fps,
            cache_frame_data=False,
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.html()


def animated_figure(figsize: tuple[float, float]) -> AnimatedFigure:
    """An empty figure, in inches, that can be animated.

    Examples
    --------
    >>> figure = animated_figure((2, 1))
    >>> title = figure.suptitle("")
    >>> figure.animate(lambda k: title.set_text(f"Step {k}"), n_frames=3, fps=10)
    >>> title.get_text(), figure.n_frames
    ('Step 0', 3)
    >>> plt.close(figure)
    """
    return plt.figure(figsize=figsize, FigureClass=AnimatedFigure)


def finish_animation(
    figure: AnimatedFigure, show: bool = True, save: str | Path | None = None, dpi: float = 100
) -> AnimatedFigure:
    """Save an animation, play it if there is a window, and return it; a notebook then plays it.

    Parameters
    ----------
    figure
        With its frames.
    show
        Play it in a window, where matplotlib's backend has one.
    save
        File in .html, .gif or .mp4.
    dpi
        Pixels an inch of the file.
    """
    if save is not None:
        figure.save_animation(save, dpi)
        figure.draw_frame(0)
    if show and can_show() and "inline" not in mpl.get_backend():
        figure.play()
    else:
        plt.close(figure)
    return figure
