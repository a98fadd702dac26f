"""What a reader may ask of a panel: sizes, legends, marks, words, tests, how blocks count."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from core.figures import FIGURES
from core.plotting.looks import PAGE_WIDTH, PUBLISHED, READABLE
from core.plotting.style import SIMULATED_NOTICE, STRIP
from core.threads import THREADS
from figure_reproduction.drawing import draw_one
from figure_reproduction.Figure3_reproduction import PICTURES, reproduce

LEAST_POINTS = 7

TESTED = {
    "3G": r"Pearson r = .*P = .*n = \d+",
    "4B": r"paired t test",
    "5C": r"paired t test, FDR",
    "6E shape": r"two-proportion z tests.*z = .*p = ",
    "Ext. 4B": r"unpaired t test",
    "Ext. 4C": r"paired t test, FDR",
    "Ext. 5D": r"Spearman r",
    "Ext. 5E": r"Spearman r",
}
"""Panels that claim a difference or a correlation, and the words of its test."""

COUNTED = {
    "3G": r"n = \d+",
    "4A": r"^\d+/\d+$",
    "4B": r"N=\d+",
    "4C": r"N=\d+",
    "4D": r"N = \d+ and \d+",
    "5A": r"N=\d+",
    "5C": r"N=\d+",
    "6C": r"\d+ trials",
    "6E peak": r"N=\d+",
    "6E shape": r"\d+/\d+",
    "Ext. 4B": r"DeePSim N = \d+, BigGAN N = \d+",
    "Ext. 4C": r"N=\d+",
    "Ext. 5C": r"\d+ seeds",
    "Ext. 5D": r"\d+ units",
    "Ext. 5E": r"\d+ units",
}
"""Panels and the words that say of how many they are."""


@pytest.fixture(scope="session")
def panels(drawn):
    """(name, drawing) of every panel, by figure and letter."""
    named = []
    for word, of_figure in drawn[1].items():
        for panel in of_figure:
            name = FIGURES[word].panel(panel.letter)
            named.append((f"{name} {panel.name}" if name == "6E" else name, panel.drawing))
    assert len(named) == 32
    return named


def shown(figure):
    """Texts that are drawn."""
    texts = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in texts if text.get_text().strip()]


def all_words(figure):
    return [text.get_text() for text in shown(figure)]


def test_no_text_is_smaller_than_7_points_on_a_page(panels):
    for name, figure in panels:
        scale = min(1, PAGE_WIDTH / figure.get_figwidth())
        smallest = min(shown(figure), key=Text.get_fontsize)
        assert scale * smallest.get_fontsize() >= LEAST_POINTS, (name, smallest.get_text())


def test_pictures_have_150_dots_per_inch(drawn):
    results, panels = drawn
    for word, of_figure in panels.items():
        for panel, saved in zip(of_figure, results[word].panels, strict=True):
            with Image.open(saved.png) as picture:
                assert picture.width / panel.drawing.get_figwidth() >= 149.5


def test_legends_lie_off_the_data(panels):
    n_legends = 0
    for name, figure in panels:
        legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
        n_legends += len(legends)
        for legend in legends:
            box = legend.get_window_extent()
            assert not any(box.overlaps(ax.bbox) for ax in figure.axes), name
            assert box.x0 >= 0, name
            assert box.x1 <= figure.bbox.x1, name
    assert n_legends == 27


def test_titles_of_panels_do_not_run_into_one_another(panels):
    for name, figure in panels:
        titles = [ax.title.get_window_extent() for ax in figure.axes if ax.get_title()]
        assert not any(one.overlaps(other) for one, other in combinations(titles, 2)), name
        for box in (*titles, *(text.get_window_extent() for text in figure.texts)):
            assert -1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1, name


def test_the_mark_crosses_no_text_and_the_red_line_has_one_place(panels):
    for name, figure in panels:
        if name == "Ext. 5C":
            continue
        (notice,) = [text for text in figure.texts if text.get_text() == SIMULATED_NOTICE]
        from_top = (1 - notice.get_position()[1]) * figure.get_figheight()
        assert (notice.get_position()[0], from_top) == (0.5, pytest.approx(STRIP / 2)), name
        for ax in figure.axes:
            marks = [text for text in ax.texts if text.get_text() == "SIMULATED"]
            assert all(mark.get_zorder() < 0 for mark in marks)
            assert not (marks and ax.images), name
            others = [text.get_window_extent() for text in ax.texts if text not in marks]
            for mark in marks:
                assert not any(mark.get_window_extent().overlaps(box) for box in others), name


def test_threads_differ_by_line_or_marker_wherever_both_have_a_label(panels):
    n_pairs = 0
    for name, figure in panels:
        for ax in figure.axes:
            lines = {line.get_label(): line for line in ax.get_lines()}
            for label, line in lines.items():
                if not label.startswith(THREADS[0]):
                    continue
                other = lines[label.replace(*THREADS)]
                n_pairs += 1
                looks = {(each.get_linestyle(), each.get_marker()) for each in (line, other)}
                assert len(looks) == 2, name
    assert n_pairs > 100


@pytest.mark.parametrize("name", TESTED)
def test_the_test_of_a_claimed_difference_stands_on_its_panel(panels, name):
    found = [re.search(TESTED[name], "\n".join(all_words(f)), re.S) for n, f in panels if n == name]
    assert found
    assert all(found)


@pytest.mark.parametrize("name", COUNTED)
def test_how_many_it_is_of_stands_on_the_panel(panels, name):
    words = ["\n".join(all_words(figure)) for n, figure in panels if n == name]
    assert words
    assert all(re.search(COUNTED[name], each, re.M) for each in words)


def test_no_label_is_the_name_of_a_column(panels):
    for name, figure in panels:
        titles = {figure.get_suptitle()} if name.startswith("2") else set()
        assert not [words for words in all_words(figure) if "_" in words and words not in titles]


def test_blocks_are_counted_from_1_on_every_axis(panels):
    for name, figure in panels:
        of_blocks = [ax for ax in figure.axes if ax.get_xlabel() == "Block"]
        if name in ("2B", "4C", "5C", "Ext. 4C"):
            assert of_blocks, name
        for ax in of_blocks:
            means = [line for line in ax.get_lines() if line.get_label().startswith(THREADS)]
            assert all(np.min(line.get_xdata()) == 1 for line in means), name
    (stacked,) = [figure for name, figure in panels if name == "2D"]
    assert stacked.axes[0].get_yticklabels()[0].get_text() == "1"


@pytest.mark.parametrize("look", [READABLE, PUBLISHED])
def test_the_published_look_has_the_names_of_columns(published_form, look):
    panels = reproduce(published_form, np.random.default_rng(0), look).panels
    labels = [(p.drawing.axes[0].get_xlabel(), p.drawing.axes[0].get_ylabel()) for p in panels]
    assert (labels == list(PICTURES)) is (look is PUBLISHED)


def test_the_style_reaches_the_figures_and_leaves_the_numbers_alone(published_form, tmp_path):
    results = {
        style: draw_one(("3", published_form.root, tmp_path / style, 0, style))
        for style in ("readable", "published")
    }
    assert results["readable"].statistics == results["published"].statistics
    for one, other in zip(*(result.panels for result in results.values()), strict=True):
        assert one.png.name == other.png.name
        assert one.png.read_bytes() != other.png.read_bytes()
