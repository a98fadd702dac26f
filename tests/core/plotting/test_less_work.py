"""Figures are drawn with less work than matplotlib alone would do, and look the same."""

import io
import re
import zlib

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends import _backend_pdf_ps
from matplotlib.figure import Figure

from core.plotting.alike import AlikeAxes
from core.plotting.fonts import stripped_fonts
from core.plotting.style import freeze_layout
from core.plotting.ticks import steady_ticks

TRUETYPE = b"\x00\x01\x00\x00"
"""First bytes of a font in TrueType format."""


def grid(**subplots) -> Figure:
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots(2, 4, **subplots)
    for row in axes:
        for i, ax in enumerate(row):
            ax.plot(np.arange(40), np.linspace(0, i, 40), label="a − b")
            ax.set(xlim=(-0.5, 39.5), ylim=(-1, 4.5))
            ax.set_title(f"[{i}0, {i}9ms]", y=1.0)
        for ax in row[1:]:
            ax.tick_params(labelleft=False)
        row[0].set_ylabel("rate")
    for ax in axes[-1]:
        ax.set_xlabel("Blocks")
    return figure


def alike_grid() -> Figure:
    figure = grid(subplot_kw={"axes_class": AlikeAxes})
    for row in np.reshape(figure.axes, (2, 4)):
        for ax in row[2:]:
            ax.model = row[1]
    return figure


def pixels(figure: Figure, dpi: float = 110) -> np.ndarray:
    freeze_layout(figure)
    file = io.BytesIO()
    figure.savefig(file, format="raw", dpi=dpi)
    return np.frombuffer(file.getvalue(), dtype=np.uint8)


def pdf(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="pdf", metadata={"CreationDate": None})
    return file.getvalue()


def test_alike_panels_look_as_if_each_had_been_measured():
    alike, measured = alike_grid(), grid()
    # places differ by rounding, 1e-16 of the figure, which a slanted line can show by one of 255
    difference = pixels(alike).astype(int) - pixels(measured)
    assert np.abs(difference).max() <= 1
    for ours, theirs in zip(alike.axes, measured.axes, strict=True):
        np.testing.assert_allclose(
            ours.get_position().bounds, theirs.get_position().bounds, rtol=0, atol=1e-12
        )


def test_alike_panels_have_few_ticks_of_their_own():
    figure = alike_grid()
    pixels(figure)
    upper = figure.axes[:4]
    assert [len(ax.xaxis.get_majorticklocs()) > 0 for ax in upper] == [True, True, False, False]
    lower = figure.axes[4:]
    assert [len(ax.xaxis.get_majorticklocs()) > 0 for ax in lower] == [True] * 4
    shown = [text.get_text() for text in upper[2].texts]
    assert shown == [tick.label1.get_text() for tick in upper[1].xaxis.get_major_ticks()[1:-1]]


def test_steady_ticks_change_no_pixel():
    with steady_ticks():
        steady = [pixels(grid(), dpi) for dpi in (60, 110)]
    for dpi, found in zip((60, 110), steady, strict=True):
        np.testing.assert_array_equal(found, pixels(grid(), dpi))


def test_ticks_are_worked_out_once_for_each_drawing(monkeypatch):
    calls = []
    update = Axis._update_ticks
    monkeypatch.setattr(Axis, "_update_ticks", lambda axis: calls.append(axis) or update(axis))
    figure = grid()
    freeze_layout(figure)
    calls.clear()
    with steady_ticks():
        figure.draw_without_rendering()
        figure.draw_without_rendering()
    assert len(calls) == 16


def test_matplotlib_is_left_as_it_was():
    before = Axis._update_ticks, Axis._get_ticklabel_bboxes, _backend_pdf_ps.get_glyphs_subset
    with pytest.raises(KeyError), steady_ticks(), stripped_fonts():
        raise KeyError
    after = Axis._update_ticks, Axis._get_ticklabel_bboxes, _backend_pdf_ps.get_glyphs_subset
    assert after == before


def streams(content: bytes) -> list[bytes]:
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    return [zlib.decompress(stream) for stream in found if stream[:1] == b"x"]


def test_a_pdf_file_holds_the_same_text_and_a_smaller_font():
    with mpl.rc_context({"pdf.fonttype": 42}):
        usual = pdf(grid())
        with stripped_fonts():
            stripped, again = pdf(grid()), pdf(grid())
    assert stripped == again
    assert b"/FontFile2" in stripped
    fonts, others = ([], []), ([], [])
    for i, content in enumerate((usual, stripped)):
        for stream in streams(content):
            (fonts if stream.startswith(TRUETYPE) else others)[i].append(stream)
    assert others[0] == others[1]
    assert len(fonts[0]) == len(fonts[1]) > 0
    assert all(len(small) < len(large) for large, small in zip(*fonts, strict=True))


def test_characters_beyond_the_usual_ones_are_embedded():
    figure = Figure()
    figure.text(0.5, 0.5, "Σ ω")
    with mpl.rc_context({"pdf.fonttype": 42}), stripped_fonts():
        text = b"".join(streams(pdf(figure)))
    assert b"<03a3>" in text
    assert b"<03c9>" in text
