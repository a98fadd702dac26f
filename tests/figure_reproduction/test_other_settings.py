"""Panels of other settings name their windows; those of the published ones stay as they are."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from core.statistics.analysis import PUBLISHED, AnalysisSettings
from figure_reproduction.other_settings import LABELS, axis_label, say_settings
from figure_reproduction.panels import Panel

SCRIPTS = "".join(
    path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[2] / "figure_reproduction").glob("*.py")
    if path.stem != "other_settings"
)


@pytest.fixture
def panel():
    figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    ax.set(xlabel="Block", ylabel="Firing Rate (events/s)")
    figure.suptitle("Blocks to 80 % of the rise")
    yield Panel("B", "", figure, "Blocks to 80 % of the rise", ("kept",))
    plt.close(figure)


def test_a_panel_names_windows_and_share_and_says_that_they_are_others(panel):
    settings = AnalysisSettings((60, 180), (0, 30), rise_share=0.5)
    said = say_settings(panel, settings)
    (ax,) = said.drawing.axes
    assert ax.get_ylabel() == "Firing Rate (events/s)\nevoked 60-180 ms, baseline 0-30 ms"
    assert ax.get_xlabel() == "Block"
    title, above = [text.get_text() for text in said.drawing.texts]
    assert title == said.caption == "Blocks to 50 % of the rise"
    assert above == (
        "OTHER SETTINGS: evoked window 60-180 ms; baseline window 0-30 ms; share of the rise 0.5"
    )
    assert "evoked window 60-180 ms (published: 50-200 ms)" in said.notes[0]
    assert said.notes[1:] == ("kept",)


def test_a_panel_of_the_published_settings_is_left_alone(panel):
    before = panel.drawing.get_size_inches().tolist()
    assert say_settings(panel, PUBLISHED) is panel
    assert panel.drawing.get_size_inches().tolist() == before


def test_areas_alone_change_no_label():
    settings = AnalysisSettings(areas=("V4",))
    for text in (*LABELS, "Mean difference of the PSTHs, 50–200 ms"):
        assert axis_label(text, settings) == text


@pytest.mark.parametrize("text", LABELS)
def test_every_label_that_names_a_window_is_one_of_a_script(text):
    assert f'"{text}"' in SCRIPTS
    named = axis_label(text, AnalysisSettings(evoked=(60, 180)))
    assert "60-180 ms" in named
