"""Figures keep the layout that they were given, and saving draws them once."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from core.plotting.style import NO_LAYOUT, apply_style, freeze_layout, saveallforms


def labelled():
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.set(xlabel="a label", ylabel="another", title="a title")
    figure.suptitle("over all")
    return figure


@pytest.fixture
def figure():
    with apply_style():
        yield labelled()
    plt.close("all")


def test_a_frozen_figure_is_arranged_as_when_it_is_drawn_and_stays_so(figure, tmp_path):
    twin = labelled()
    twin.draw_without_rendering()
    arranged = twin.axes[0].get_position().bounds
    freeze_layout(figure)
    np.testing.assert_allclose(figure.axes[0].get_position().bounds, arranged, atol=1e-12)
    figure.axes[0].set_ylabel("much longer\nthan it was\nbefore")
    with mpl.rc_context(NO_LAYOUT):
        saveallforms(tmp_path, "frozen", figure, bbox_inches=None)
    np.testing.assert_allclose(figure.axes[0].get_position().bounds, arranged, atol=1e-12)


def test_saving_a_frozen_figure_draws_it_once(figure, tmp_path, monkeypatch):
    drawn = []

    def counting(self, renderer, draw=Figure.draw):
        drawn.append(renderer)
        return draw(self, renderer)

    monkeypatch.setattr(Figure, "draw", counting)
    freeze_layout(figure)
    with mpl.rc_context(NO_LAYOUT):
        saveallforms(tmp_path, "frozen", figure, bbox_inches=None)
    assert len(drawn) == 2


def test_a_figure_without_a_layout_engine_can_be_frozen(tmp_path):
    figure = plt.figure(layout="none")
    freeze_layout(figure)
    assert figure.get_layout_engine() is None
    plt.close(figure)
