"""Figure 3G: experiments joined by number, correlations, pictures that have no values."""

import shutil

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from scipy import stats

from core.contract import fig3
from core.contract.source_data import SourceData
from core.errors import ContractError
from figure_reproduction.Figure3_reproduction import (
    ONLY_NUMBERS,
    PICTURES,
    correlate,
    read,
    reproduce,
    statistics,
)
from figure_reproduction.script import draw_figure

mpl.use("Agg")

X, Y = PICTURES[0]


@pytest.fixture
def copy(published_form, tmp_path):
    shutil.copytree(published_form.root / "Fig3", tmp_path / "copy" / "Fig3")
    return SourceData(tmp_path / "copy")


def shown(source):
    """Rows of the panel, the long way."""
    table, meta = source.read(fig3.SIMILARITY), source.read(fig3.META)
    valid = set(meta.loc[meta.valid & (meta.p_maxinit_0 < 0.05), "Expi"])
    both = valid & set(meta.loc[meta.p_maxinit_1 < 0.05, "Expi"])
    return table[[expi in both for expi in table.Expi]]


def test_numbers_follow_from_the_files(published_form):
    found = statistics(read(published_form))
    rows = shown(published_form)
    assert 10 < len(rows) < 170
    for x, y in (*PICTURES, *ONLY_NUMBERS):
        expected = stats.pearsonr(rows[x], rows[y])
        assert found[f"fig3g.{x}.{y}.r"] == pytest.approx(expected.statistic)
        assert found[f"fig3g.{x}.{y}.p"] == pytest.approx(expected.pvalue)
        assert found[f"fig3g.{x}.{y}.n"] == len(rows)


def test_files_are_joined_by_number_whatever_their_order(copy):
    before = statistics(read(copy))
    copy.write(fig3.META, copy.read(fig3.META).iloc[::-1])
    assert statistics(read(copy)) == pytest.approx(before)
    meta = copy.read(fig3.META)
    meta.loc[meta.Expi == shown(copy).Expi.iloc[0], "Expi"] = 999
    copy.write(fig3.META, meta)
    data = read(copy)
    assert data.n_unmatched == 2
    assert len(correlate(data, X, Y).rows) == before[f"fig3g.{X}.{Y}.n"] - 1
    result = reproduce(copy, np.random.default_rng(0))
    assert "2 experiments that only one of the files holds" in result.panels[0].notes[-1]
    plt.close("all")


def test_an_experiment_named_twice_is_refused(copy):
    table = copy.read(fig3.SIMILARITY)
    table.loc[5, "Expi"] = 1
    copy.write(fig3.SIMILARITY, table)
    with pytest.raises(ContractError, match="expected every experiment once, found Expi 1 twice"):
        read(copy)


def test_too_few_or_constant_values_have_no_correlation(copy):
    table = copy.read(fig3.SIMILARITY)
    rows = shown(copy).index
    table.loc[rows[2:], X] = np.nan
    table["act_MAE"] = 0.5
    copy.write(fig3.SIMILARITY, table)
    data = read(copy)
    few, constant = correlate(data, X, Y), correlate(data, "reevol_pix_RNrobust_L4focus", "act_MAE")
    assert (len(few.rows), len(constant.rows)) == (2, len(rows))
    assert np.isnan([few.r, few.p, constant.r, constant.p]).all()


def test_a_similarity_without_values_is_named_and_the_rest_is_drawn(copy, tmp_path):
    copy.write(fig3.SIMILARITY, copy.read(fig3.SIMILARITY).assign(**{X: np.nan}))
    result = draw_figure("3", reproduce, copy, tmp_path)
    assert result.problem == ""
    assert len(result.panels) == 2
    assert f"values of {X} vs. psth_MAE, {X} vs. act_MAE; found none" in result.unavailable["3G"]
    assert result.statistics[f"fig3g.{X}.{Y}.n"] == 0
    assert np.isnan(result.statistics[f"fig3g.{X}.{Y}.r"])


def test_pictures_are_saved(published_form, tmp_path):
    result = draw_figure("3", reproduce, published_form, tmp_path)
    assert [panel.panel for panel in result.panels] == ["3G"] * 4
    assert len({panel.png for panel in result.panels}) == 4
    assert all(item.passed for item in result.checks)
    assert result.unavailable == {}
    notes = [" ".join(panel.notes) for panel in result.panels]
    assert all("not a distance" in text and "p < 0.05" in text for text in notes)
    assert ["LPIPS" in text for text in notes] == ["RNrobust" in x for x, _ in PICTURES]
    assert Image.open(result.panels[0].png).text["Description"] == "from source data"
