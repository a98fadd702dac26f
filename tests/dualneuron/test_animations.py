"""Figures that move."""

import shutil
import stat

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from core.errors import SettingError
from dualneuron.animations import animated_figure, finish_animation
from dualneuron.figures import house_style

N_FRAMES, FPS = 4, 10


@pytest.fixture
def figure():
    """A bar that is one wider in every frame."""
    with house_style():
        figure = animated_figure((2, 1))
    ax = figure.add_subplot(xlim=(0, N_FRAMES))
    bar = ax.barh(0, 0).patches[0]
    figure.animate(lambda frame: bar.set_width(frame + 1), N_FRAMES, FPS)
    yield figure
    plt.close(figure)


def widths(path):
    """Coloured share of the middle row of every frame of a GIF."""
    with Image.open(path) as gif:
        for frame in range(gif.n_frames):
            gif.seek(frame)
            row = gif.convert("RGB").crop((0, gif.height // 2, gif.width, gif.height // 2 + 1))
            yield sum(blue > 100 and red < 100 for red, _, blue in row.get_flattened_data())


def test_a_gif_holds_every_frame_in_order_for_a_tenth_of_a_second(figure, tmp_path):
    path = figure.save_animation(tmp_path / "bar.gif")
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (N_FRAMES, (200, 100), 0)
        assert gif.info["duration"] == 1000 / FPS
    first, *_, last = found = list(widths(path))
    assert found == sorted(found)
    assert last == pytest.approx(N_FRAMES * first, abs=N_FRAMES)


def test_dots_an_inch_set_the_size_of_the_file(figure, tmp_path):
    with Image.open(figure.save_animation(tmp_path / "bar.gif", dpi=50)) as gif:
        assert gif.size == (100, 50)


def test_a_page_and_a_notebook_get_a_player_with_every_frame(figure, tmp_path):
    page = figure.save_animation(tmp_path / "bar.html").read_text(encoding="utf-8")
    for text in (page, figure._repr_html_()):
        assert text.count("data:image/png;base64") == N_FRAMES
        assert "frames[3]" in text
        assert "frames[4]" not in text


def test_without_ffmpeg_a_gif_takes_the_place_of_an_mp4_and_the_log_says_so(
    figure, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("PATH", "")
    path = figure.save_animation(tmp_path / "bar.mp4")
    assert path == tmp_path / "bar.gif"
    assert [found.name for found in tmp_path.iterdir()] == ["bar.gif"]
    assert caplog.messages == [f"mp4 needs ffmpeg, which is not installed: writing {path}"]


def test_ffmpeg_is_asked_for_h264_that_every_browser_plays(figure, tmp_path, monkeypatch):
    script = tmp_path / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nfor last; do :; done\ncat > "$last"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    path = figure.save_animation(tmp_path / "bar.mp4")
    asked = (tmp_path / "asked").read_text()
    assert "-s 200x100" in asked
    assert "-vcodec h264 -pix_fmt yuv420p" in asked.replace("  ", " ")
    assert path.stat().st_size == N_FRAMES * 200 * 100 * 4


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_ffmpeg_makes_an_mp4(figure, tmp_path):
    path = figure.save_animation(tmp_path / "bar.mp4")
    assert path.read_bytes()[4:8] == b"ftyp"


def test_other_endings_are_refused_before_anything_is_drawn(figure, tmp_path):
    with pytest.raises(SettingError, match=r"bar\.avi: expected a name in \.html, \.gif or \.mp4"):
        finish_animation(figure, save=tmp_path / "bar.avi")
    assert not list(tmp_path.iterdir())


def test_an_animation_that_is_saved_is_at_its_first_frame_again(figure, tmp_path):
    assert finish_animation(figure, save=tmp_path / "bar.gif") is figure
    assert figure.axes[0].patches[0].get_width() == 1
    assert figure.number not in plt.get_fignums()
