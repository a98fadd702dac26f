from dataclasses import replace

import pytest
from matplotlib.pyplot import close

from core.plotting.style import SIMULATED_NOTICE
from neuro_data_analysis.claims.forest import draw
from neuro_data_analysis.claims.observations import Observations
from neuro_data_analysis.claims.rows import PUBLISHED, table_of
from neuro_data_analysis.claims.table import claim_rows
from neuro_data_analysis.claims.timing import timing_rows
from neuro_data_analysis.evolutions.cohort import Cohort


@pytest.fixture
def figure_of():
    figures = []

    def drawn(seen):
        rows = [*claim_rows(seen, PUBLISHED), *timing_rows(seen, PUBLISHED)]
        figures.append(draw(table_of(rows, seen.source), seen))
        return figures[-1]

    yield drawn
    for figure in figures:
        close(figure)


def words(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def test_each_claim_has_a_line_with_its_effect_and_verdict(figure_of, observations):
    figure = figure_of(observations)
    shares = figure.axes[0]
    labels = [label.get_text() for label in shares.get_yticklabels()]
    assert labels[0] == "V1 ends higher in the texture space"
    assert "holds  (n = 8)" in words(figure)
    markers = next(line for line in shares.lines if line.get_label() == PUBLISHED)
    assert len(markers.get_xdata()) == len(labels)
    assert "overtaken at 100 ms" in figure.axes[-1].get_title()


def test_an_area_without_experiments_has_an_empty_course(figure_of, observations):
    kept = [i for i, area in enumerate(observations.factors["area"]) if area == "V4"]
    part = Observations(
        "V4 only",
        False,
        Cohort(tuple(observations.cohort.summaries[i] for i in kept)),
        tuple(observations.beside[i] for i in kept),
    )
    titles = [ax.get_title() for ax in figure_of(part).axes[2:]]
    assert titles[0] == "V1, last block (n = 0)"
    assert titles[1].startswith("V4, last block (n = 12)")


def test_a_figure_of_simulated_recordings_says_so(figure_of, observations):
    figure = figure_of(replace(observations, is_simulated=True))
    assert SIMULATED_NOTICE in [text.get_text() for text in figure.texts]
