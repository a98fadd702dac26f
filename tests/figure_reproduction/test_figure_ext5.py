"""Extended Data Figure 5: where each table comes from, rank correlations, tolerances, marks."""

import shutil
import sys
from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.contract import ext5
from core.contract.provenance import EXPORT, record, write_provenance
from core.contract.source_data import SourceData
from core.experiments.alignment import data as alignment_data
from core.experiments.alignment import ensemble
from core.experiments.alignment import runs as alignment
from core.experiments.alignment.data import STAMP
from core.experiments.linearity import data as linearity
from core.experiments.stamps import write_stamp
from core.files import write_json
from figure_reproduction.comparison import published_numbers
from figure_reproduction.extended5.alignment_panel import draw_alignment, draw_published
from figure_reproduction.extended5.alignment_statistics import (
    alignment_statistics,
    compare_means,
    ensemble_scores,
    expected_numbers,
)
from figure_reproduction.extended5.linearity_panels import LOWEST, draw_linearity
from figure_reproduction.extended5.linearity_statistics import (
    METRICS,
    layer_groups,
    mean_rank_correlations,
)
from figure_reproduction.FigureExt5_reproduction import read, reproduce
from figure_reproduction.results import Regenerated
from figure_reproduction.script import draw_figure

mpl.use("Agg")


@pytest.fixture
def nothing(tmp_path):
    """Folder of computed tables that holds none."""
    return tmp_path / "computed"


@pytest.fixture
def computed(computed_form, tmp_path):
    """Folder of computed tables of panel C, free to change."""
    return shutil.copytree(computed_form, tmp_path / "computed")


@pytest.fixture
def simulated(published_form, tmp_path):
    """A simulated folder of few layers and units."""
    source = SourceData(tmp_path / "simulated" / "source_data")
    write_json(tmp_path / "simulated" / "SIMULATED.json", {"simulated": True})
    for file in ext5.LINEARITY.values():
        table = published_form.read(file)
        few = table["Layer"].isin(["conv1", "relu1", "fc6", "relu6"]) & (table["unit_index"] < 50)
        source.write(file, table[few])
    return source


def test_real_tables_are_drawn_and_nothing_is_computed(published_form, nothing, tmp_path):
    result = draw_figure("ext5", partial(reproduce, computed=nothing), published_form, tmp_path)
    assert result.problem == ""
    names = [panel.png.stem for panel in result.panels]
    assert names == ["FigureExt5C_Adam", "FigureExt5C_CMAES", "FigureExt5D", "FigureExt5E"]
    assert not any(panel.simulated for panel in result.panels)
    assert result.regenerated == result.unavailable == {}
    assert all(item.passed for item in result.checks)
    assert not nothing.exists()
    assert "`python -m core.experiments.alignment_data`" in result.panels[0].notes[-1]
    assert "52 on the right" in result.panels[2].notes[1]
    assert "constant: 50." in result.panels[2].notes[2]


def test_computed_tables_are_drawn_beside_real_ones(published_form, computed, tmp_path):
    result = draw_figure("ext5", partial(reproduce, computed=computed), published_form, tmp_path)
    names = [panel.png.stem for panel in result.panels]
    assert names[2:4] == ["FigureExt5C_Adam_regenerated", "FigureExt5C_CMAES_regenerated"]
    name = "ext5c.Adam.dim2.depth8.mean"
    assert result.regenerated[name].value == pytest.approx(0.97)
    assert "the drawn curve has 0.250" in result.regenerated[name].note
    assert result.statistics[name] != 0.25
    assert len(result.computed_files) == 3
    assert "Open markers" not in " ".join(result.panels[0].notes)
    assert "Open markers" in " ".join(result.panels[2].notes)
    assert set(result.regenerated) == {
        number.id for number in published_numbers() if number.id.startswith("ext5c.")
    }


def test_a_simulated_figure_marks_what_is_simulated(simulated, computed, tmp_path):
    result = draw_figure("ext5", partial(reproduce, computed=computed), simulated, tmp_path)
    assert result.problem == ""
    assert {panel.png.name: panel.simulated for panel in result.panels} == {
        "FigureExt5C_Adam_regenerated.png": False,
        "FigureExt5C_CMAES_regenerated.png": False,
        "FigureExt5D_SIM.png": True,
        "FigureExt5E_SIM.png": True,
    }
    assert all(item.passed for item in result.checks)
    assert not any(name.startswith("ext5c.") for name in result.statistics)
    assert result.statistics["ext5de.n_rows"] == 200
    assert result.statistics["ext5de.n_layers_relu"] == 2
    assert "surrogate" in result.panels[-1].notes[-1]
    assert "constant: 50." in result.panels[-1].notes[-2]


def test_computed_linearity_takes_the_place_of_a_simulated_one(
    published_form, simulated, computed, tmp_path
):
    file = ext5.LINEARITY["BigGAN"]
    path = SourceData(computed).write(file, published_form.read(file))
    write_stamp(computed / linearity.stamp("BigGAN"), [path], {"version": linearity.VERSION})
    result = draw_figure("ext5", partial(reproduce, computed=computed), simulated, tmp_path)
    assert [panel.simulated for panel in result.panels] == [False, False, False, True]
    name = "ext5d.BigGAN.NonReLU.Test_R2.spearman_r"
    assert name not in result.statistics
    (published,) = [number for number in published_numbers() if number.id == name]
    assert result.regenerated[name].tolerance == published.tolerance < 0.05
    assert result.regenerated["ext5de.n_rows"].value == 21_096
    assert result.regenerated["ext5de.n_rows"].tolerance == 0
    assert "ext5e.DeePSim.ReLU.Test_R2.spearman_r" in result.statistics


def test_a_table_put_among_the_computed_ones_by_hand_is_refused(
    published_form, simulated, computed, tmp_path
):
    file = ext5.LINEARITY["BigGAN"]
    path = SourceData(computed).write(file, published_form.read(file))
    result = draw_figure("ext5", partial(reproduce, computed=computed), simulated, tmp_path)
    assert not result.problem
    assert result.unavailable["Ext. 5D"].startswith(f"{path}: expected the table that LINEARITY_")
    assert "Ext. 5D" not in {panel.panel for panel in result.panels}
    assert "Ext. 5E" in {panel.panel for panel in result.panels}


@pytest.mark.parametrize("rectified", [True, False])
def test_a_table_of_one_group_of_layers_is_drawn(simulated, computed, tmp_path, rectified):
    file = ext5.LINEARITY["BigGAN"]
    table = simulated.read(file)
    simulated.write(file, table[table["Layer"].str.startswith("relu") == rectified])
    result = draw_figure("ext5", partial(reproduce, computed=computed), simulated, tmp_path)
    assert result.problem == ""
    empty = "NonReLU" if rectified else "ReLU"
    assert np.isnan(result.statistics[f"ext5d.BigGAN.{empty}.Test_R2.spearman_r"])


def test_panel_c_is_computed_where_the_folder_is_simulated(simulated, nothing, monkeypatch):
    scores = pd.DataFrame(
        [(d, k, s, 0.5) for d in range(8) for k in range(8) for s in range(10)],
        columns=["dimension", "stack_size", "seed", "gaussian_value"],
    ).assign(best_scored=1.0)
    monkeypatch.setattr(alignment, "alignment_tables", lambda: {"Adam": scores, "CMAES": scores})
    monkeypatch.setattr(ensemble, "ensemble_table", lambda: pd.DataFrame({"replicate": [0]}))
    data = read(simulated, nothing)
    assert data.unavailable == ""
    assert data.alignment == {}
    assert data.regenerated["Adam"].path.is_relative_to(nothing)
    assert (nothing / STAMP).is_file()
    assert data.ensemble.path.is_file()


def test_what_an_export_computed_is_not_taken_for_published(published_form, computed, tmp_path):
    root = shutil.copytree(published_form.root, tmp_path / "exported")
    details = {"computed": True}
    files = [file.path for file in ext5.ALIGNMENT.values()]
    write_provenance(root, {name: record(root / name, EXPORT, details) for name in files})
    data = read(SourceData(root), computed)
    assert data.alignment == {}
    assert list(data.regenerated) == list(ext5.ALIGNMENT)


def test_without_torch_panel_c_is_left_out_and_the_rest_is_drawn(
    simulated, nothing, monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, "torch", None)
    result = draw_figure("ext5", partial(reproduce, computed=nothing), simulated, tmp_path)
    assert result.problem == ""
    assert [panel.panel for panel in result.panels] == ["Ext. 5D", "Ext. 5E"]
    assert "the alignment experiment needs the package torch" in result.unavailable["Ext. 5C"]


def test_a_computed_table_that_does_not_match_its_stamp_is_not_drawn(
    published_form, computed, tmp_path
):
    path = SourceData(computed).path(ext5.ALIGNMENT["Adam"])
    path.write_text(path.read_text().replace("0.25", "0.75"))
    result = draw_figure("ext5", partial(reproduce, computed=computed), published_form, tmp_path)
    assert [panel.panel for panel in result.panels].count("Ext. 5C") == 2
    assert result.regenerated == {}
    assert result.unavailable == {}


def test_a_broken_computed_table_leaves_the_published_one_drawn(published_form, computed, tmp_path):
    path = SourceData(computed).path(ext5.ALIGNMENT["Adam"])
    path.write_text(path.read_text().replace("seed", "sead"))
    files = [SourceData(computed).path(file) for file in ext5.ALIGNMENT.values()]
    files.append(computed / alignment_data.BEST_SCORED)
    write_stamp(computed / STAMP, files, {"version": alignment_data.VERSION})
    result = draw_figure("ext5", partial(reproduce, computed=computed), published_form, tmp_path)
    assert len(result.panels) == 4
    assert "expected the columns seed" in result.unavailable["Ext. 5C"]


def test_numbers_of_panel_c_follow_from_the_table(published_form, nothing):
    means = alignment_statistics(read(published_form, nothing).alignment)
    table = published_form.read(ext5.ALIGNMENT["CMAES"])
    values = table.query("dimension == 8 and stack_size == 16").gaussian_value
    name = "ext5c.CMAES.dim8.depth16.mean"
    assert means[name] == pytest.approx(values.mean())
    assert (means["ext5c.n_rows"], means["ext5c.n_seeds"]) == (640, 10)


def test_the_tolerance_of_an_expected_mean(published_form, computed):
    runs = read(published_form, computed).ensemble.table
    found = expected_numbers({"ext5c.n_rows": 640.0, "of no panel": 1.0}, runs)
    assert set(found) == {n.id for n in published_numbers() if n.id.startswith("ext5c.")} - {
        "ext5c.n_seeds"
    }
    assert found["ext5c.n_rows"] == Regenerated(640.0, 0.0)
    cells = ("Adam.dim2.depth8", "CMAES.dim2.depth48", "CMAES.dim64.depth0", "Adam.dim256.depth64")
    exact, random, start, hard = (found[f"ext5c.{cell}.mean"] for cell in cells)
    assert (exact.value, exact.tolerance) == pytest.approx((0.97, 0.01))
    sd = np.sqrt(10 * np.var([0, 0.5, 1], ddof=1) / 100 * 4 / 3)
    assert (random.value, random.tolerance) == pytest.approx((0.5, 0.01 + 3 * sd))
    z = (0.69 - 0.5) / np.hypot(sd, 0.01 / np.sqrt(3))
    assert f"expected 0.500 ± {sd:.3f}, z = {z:+.1f}; from other starts" in random.note
    assert start.value == pytest.approx(0.9)  # unseeded at depth 0: other starts
    assert (hard.value, hard.tolerance) == (0, 0.01)


def test_means_together_are_compared_with_both_ensembles(published_form, computed):
    runs = read(published_form, computed).ensemble.table
    cell = ("CMAES", 2, 48)
    from_other = compare_means({cell: 2 / 3}, ensemble_scores(runs, "other"))
    assert from_other.statistic == pytest.approx(0, abs=1e-9)
    assert from_other.p == 1
    from_published = compare_means({cell: 1.0}, ensemble_scores(runs, "published"))
    assert from_published.statistic == pytest.approx(0.5**2 / (1 / 30 + 0.01**2 / 3))
    assert from_published.p < 0.02


def test_published_means_are_open_markers_of_their_dimension(published_form):
    table = published_form.read(ext5.ALIGNMENT["Adam"])
    _, ax = plt.subplots()
    draw_alignment(ax, table, np.random.default_rng(0))
    of_dimension = {line.get_label(): line for line in ax.lines}
    published = {("Adam", 4, 8): 0.6, ("Adam", 4, 16): 0.3}
    draw_published(ax, published, dict.fromkeys(published, 0.5))
    markers, dots = (line for line in ax.lines[8:] if len(line.get_xdata()))
    assert markers.get_xydata().tolist() == [[8, 0.6], [16, 0.3]]
    assert markers.get_markerfacecolor() == "none"
    assert markers.get_marker() == of_dimension["4"].get_marker()
    assert dots.get_xydata().tolist() == [[8, 0.5], [16, 0.5]]
    plt.close("all")


def test_all_units_of_small_layers_give_the_plain_rank_correlation():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"Layer_index": np.repeat([0, 4, 8], [96, 50, 96])})
    rows["a"] = (rng.normal(0.02 * rows["Layer_index"], 0.1)).round(1)  # with ties
    rows["b"] = -rows["a"]
    rows["constant"] = 1.0
    found = mean_rank_correlations(rows, ["a", "b", "constant"], np.random.default_rng(1))
    expected = stats.spearmanr(rows["Layer_index"], rows["a"]).statistic
    assert found["a"] == pytest.approx(expected)
    assert found["b"] == pytest.approx(-expected)
    assert np.isnan(found["constant"])
    nothing = mean_rank_correlations(rows[:0], ["a"], np.random.default_rng(1))
    assert np.isnan(nothing["a"])


def test_draws_take_as_many_units_of_every_layer(published_form):
    table = published_form.read(ext5.LINEARITY["BigGAN"])
    groups = layer_groups(table, METRICS["BigGAN"], np.random.default_rng(0))
    assert {name: len(group.layers) for name, group in groups.items()} == {"NonReLU": 13, "ReLU": 7}
    rng = np.random.default_rng(5)
    one_draw = [
        stats.spearmanr(sample["Layer_index"], sample["Test_R2"]).statistic
        for sample in (
            groups["ReLU"].rows.groupby("Layer").sample(96, random_state=rng) for _ in range(30)
        )
    ]
    expected = pytest.approx(np.mean(one_draw), abs=4 * np.std(one_draw) / np.sqrt(30))
    assert groups["ReLU"].correlation["Test_R2"] == expected


def test_the_left_axis_sets_the_limits_of_both(published_form):
    table = published_form.read(ext5.LINEARITY["BigGAN"])
    table.loc[table["Layer"] == "conv1", "Test_R2_noise"] = -2.0
    groups = layer_groups(table, METRICS["BigGAN"], np.random.default_rng(0))
    drawn = plt.figure(layout="constrained")
    hidden = draw_linearity(drawn, groups, METRICS["BigGAN"])
    left, right = drawn.axes
    assert left.get_ylim() == right.get_ylim()
    assert left.get_ylim()[0] == LOWEST
    assert hidden["NonReLU"] == 96
    assert hidden["ReLU"] >= 50
    plt.close("all")


def test_the_same_seed_gives_the_same_numbers(published_form, nothing):
    first, again, other = (
        reproduce(published_form, np.random.default_rng(seed), nothing).statistics
        for seed in (0, 0, 1)
    )
    plt.close("all")
    assert first == again
    name = "ext5d.BigGAN.ReLU.Test_R2.spearman_r"
    assert first[name] != other[name]


def test_a_missing_table_of_a_real_folder_is_a_problem(published_form, nothing, tmp_path):
    shutil.copytree(published_form.root / "ExtendedFig5", tmp_path / "copy" / "ExtendedFig5")
    copy = SourceData(tmp_path / "copy")
    copy.path(ext5.LINEARITY["DeePSim"]).unlink()
    result = draw_figure("ext5", partial(reproduce, computed=nothing), copy, tmp_path / "out")
    assert result.problem.startswith(str(copy.path(ext5.LINEARITY["DeePSim"])))
