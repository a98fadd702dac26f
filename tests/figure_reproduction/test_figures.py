"""Figure scripts: the numbers on the panels, the marks, what is saved."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from core.contract import ext5, fig2, fig4
from core.contract.descriptions import Sizes
from core.contract.source_data import SourceData
from core.experiments.alignment.ensemble_data import alignment_ensemble
from core.figures import FIGURES, RECORDED
from core.project import COMPUTED_DATA
from core.statistics.analysis import AREAS
from core.statistics.comparisons import TTest
from core.threads import THREADS
from figure_reproduction.comparison import published_numbers
from figure_reproduction.extended5.alignment_statistics import (
    alignment_statistics,
    expected_numbers,
)
from figure_reproduction.Figure2_reproduction import draw_block_psth
from figure_reproduction.Figure2_reproduction import read as read_figure2
from figure_reproduction.Figure5_reproduction import draw_mean_psth
from figure_reproduction.Figure5_reproduction import read as read_figure5
from figure_reproduction.FigureExt4_reproduction import Attribution, draw_attribution
from figure_reproduction.population import compare_window
from figure_reproduction.script import draw_figure
from figure_reproduction.sources import Input

mpl.use("Agg")

N_PICTURES = {"2": 2, "3": 4, "4": 5, "5": 3, "6": 5, "ext4": 9, "ext5": 4}


@pytest.mark.parametrize("figure", RECORDED)
def test_every_published_number_is_computed_under_its_id(results, figure):
    result = results[figure]
    assert result.problem == ""
    assert result.unavailable == {}
    ids = {number.id for number in published_numbers() if number.figure == FIGURES[figure].folder}
    assert ids
    assert ids - set(result.statistics) - set(result.regenerated) == set()


@pytest.mark.parametrize("figure", RECORDED)
def test_panels_are_saved_with_the_mark(results, figure):
    panels = results[figure].panels
    assert len(panels) == N_PICTURES[figure]
    for panel in panels:
        if panel.panel == "Ext. 5C":
            assert not panel.simulated
            continue
        assert panel.png.parent.name == "simulated"
        assert panel.png.stem.endswith("_SIM")
        picture = Image.open(panel.png)
        assert picture.text["Description"] == "SIMULATED"
        assert min(picture.size) > 300
        pdf = panel.pdf.read_bytes()
        assert b"SIMULATED" in pdf
        assert b"/Type3" not in pdf
        assert b"/TrueType" in pdf or b"/CIDFontType2" in pdf


def test_all_panels_have_their_own_file(results):
    names = [panel.png.name for result in results.values() for panel in result.panels]
    assert len(set(names)) == len(names) == sum(N_PICTURES.values())


def test_all_checks_pass(results):
    assert all(item.passed for result in results.values() for item in result.checks)


def test_numbers_of_figure_4_follow_from_the_files(results, source):
    found = results["4"].statistics
    masks = source.read(fig4.MASKS).astype(bool)
    either = masks["valid"] & masks["anysucc005"]
    areas = [area for area in ("V1", "V4", "IT") if (either & masks[f"{area}msk"]).sum() > 1]
    assert areas
    for area in areas:
        rows = either & masks[f"{area}msk"]
        first = [
            source.read(fig4.RESPONSES[f"{name}_mean"])[rows, 0] for name in ("DeePSim", "BigGAN")
        ]
        test = stats.ttest_rel(*first)
        assert found[f"fig4b.initial.{area}.t"] == pytest.approx(test.statistic)
        assert found[f"fig4b.initial.{area}.p"] == pytest.approx(test.pvalue)
        assert found[f"fig4b.initial.{area}.n"] == rows.sum()
    table = source.read(fig4.TIME_CONSTANTS)
    rows = masks["valid"] & masks["FCsucc001"]
    areas = [area for area in ("V1", "V4", "IT") if (rows & masks[f"{area}msk"]).any()]
    assert areas
    for area in areas:
        times = table.loc[rows & masks[f"{area}msk"], "FC_tc0_bslinit"]
        assert found[f"fig4d.{area}.DeePSim.mean"] == pytest.approx(times.mean())


def test_numbers_of_figure_2_follow_from_the_files(results, source):
    found = results["2"].statistics
    trials = source.read(fig2.RESPONSE_CSV["BigGAN_thread_evol"])
    expected = trials.loc[trials["gen"] == 23, "resp"].mean()
    assert found["fig2b.BigGAN.evoked.block23.mean"] == pytest.approx(expected)
    assert found["fig2d.offset"] == source.read(fig2.META)["offset"]


def test_same_seed_same_numbers_and_pictures(results, source, tmp_path):
    reproduce = import_module(FIGURES["4"].script).reproduce
    again = draw_figure("4", reproduce, source, tmp_path)
    pd.testing.assert_series_equal(pd.Series(again.statistics), pd.Series(results["4"].statistics))
    for panel, before in zip(again.panels, results["4"].panels, strict=True):
        np.testing.assert_array_equal(
            np.asarray(Image.open(panel.png)), np.asarray(Image.open(before.png))
        )
    before = [panel.png.read_bytes() for panel in again.panels]
    other = draw_figure("4", reproduce, source, tmp_path, seed=1)
    changed = [p.png.read_bytes() != b for p, b in zip(other.panels, before, strict=True)]
    assert dict(zip([panel.panel for panel in other.panels], changed, strict=True)) == {
        "4A": False,
        "4B": True,
        "4C": False,
        "4D": True,
    }


@pytest.mark.usefixtures("results")
def test_figures_are_closed():
    assert plt.get_fignums() == []


@pytest.fixture
def copy(source, tmp_path):
    import shutil

    shutil.copytree(source.root, tmp_path / "copy")
    (tmp_path / "copy" / "SIMULATED.json").write_text('{"simulated": true}')
    return SourceData(tmp_path / "copy")


def test_time_axes_end_where_the_recording_does(source):
    psth = Figure()
    draw_mean_psth(psth, read_figure5(source), "first")
    assert [ax.get_xlim() for ax in psth.axes] == [(0, 200)] * 3
    stacked, data = Figure().add_subplot(), read_figure2(source)
    draw_block_psth(stacked, data.psth, data.offset)
    assert stacked.get_xlim() == (0, 200)


def test_shares_of_the_rise_are_drawn_where_no_experiment_succeeds():
    none, undefined = np.empty((0, 4)), np.full(4, np.nan)
    empty = Attribution(
        dict.fromkeys(THREADS, none),
        dict.fromkeys(THREADS, 0),
        0,
        TTest(undefined, undefined),
        undefined,
    )
    figure = Figure()
    draw_attribution(figure, dict.fromkeys(AREAS, empty), width=50)
    assert figure.axes[0].get_ylim() == pytest.approx((-0.15, 0.15))


def test_a_pickle_that_disagrees_is_reported_and_drawn(copy, tmp_path):
    pickled = copy.read(fig2.PSTH_PICKLE)
    copy.write(fig2.PSTH_PICKLE, {**pickled, "psth_arr": pickled["psth_arr"] + 1})
    result = draw_figure("2", import_module(FIGURES["2"].script).reproduce, copy, tmp_path)
    notes = {panel.panel: panel.notes[0] for panel in result.panels}
    assert "DISAGREE" in notes["2D"]
    assert "same numbers" in notes["2B"]
    copy.path(fig2.PSTH_PICKLE).unlink()
    result = draw_figure("2", import_module(FIGURES["2"].script).reproduce, copy, tmp_path)
    assert "no PKL" in next(p.notes[0] for p in result.panels if p.panel == "2D")


def test_a_pickle_that_cannot_be_read_is_named_and_the_figure_drawn(copy, tmp_path):
    drawn = draw_figure("2", import_module(FIGURES["2"].script).reproduce, copy, tmp_path)
    for file, panel, content in (
        (fig2.PSTH_PICKLE, "2D", b"\x80\x04junk"),
        (fig2.RESPONSE_PICKLE, "2B", b"cposix\nsystem\n(S'true'\ntR."),
    ):
        copy.path(file).write_bytes(content)
        result = draw_figure("2", import_module(FIGURES["2"].script).reproduce, copy, tmp_path)
        assert result.problem == ""
        assert [p.panel for p in result.panels] == ["2B", "2D"]
        assert result.statistics == drawn.statistics
        notes = {p.panel: p.notes[0] for p in result.panels}
        assert f"the PKL cannot be read ({copy.path(file)}: expected a pickle" in notes[panel]
        failed = [check for check in result.checks if not check.passed]
        assert failed[-1].name == "file as described"
        assert failed[-1].found.startswith(str(copy.path(file)))
        copy.path(file).unlink()


def test_broken_data_become_one_sentence(copy, tmp_path):
    path = copy.path(fig4.RESPONSES["BigGAN_mean"])
    path.write_text(path.read_text().replace("0.", "O.", 1))
    result = draw_figure("4", import_module(FIGURES["4"].script).reproduce, copy, tmp_path / "out")
    assert result.problem.startswith(str(path))
    assert result.panels == ()


def test_an_unexpected_failure_of_one_figure_is_a_sentence_too(source, tmp_path, caplog):
    def fails(source, rng, look):
        raise ZeroDivisionError("of all things")

    result = draw_figure("4", fails, source, tmp_path)
    assert "drawing failed unexpectedly with ZeroDivisionError: of all things" in result.problem
    assert "Traceback" in caplog.text
    assert plt.get_fignums() == []


def test_success_rates_of_other_areas_are_refused(copy, tmp_path):
    path = copy.path(fig4.SUCCESS_RATE)
    path.write_text(path.read_text().replace("IT,", "PIT,"))
    result = draw_figure("4", import_module(FIGURES["4"].script).reproduce, copy, tmp_path / "out")
    assert "expected the labels V1, V4, IT, found V1, V4, PIT" in result.problem


def test_dots_are_counted_in_the_visible_blocks():
    rng = np.random.default_rng(0)
    base = rng.normal(1, 0.01, (20, 56))
    other = base + rng.normal(0, 0.001, base.shape)
    other[:, 10:20] += 0.1
    other[:, 40:56] -= 0.1
    comparison = compare_window(base, other)
    assert comparison.n_significant(1) == 10
    assert comparison.n_significant(0) == 6


@pytest.mark.slow
@pytest.mark.parametrize("figure", [figure for figure in RECORDED if figure != "ext5"])
def test_a_script_runs_alone_from_anywhere(source, tmp_path, figure):
    script = Path(import_module(FIGURES[figure].script).__file__)
    done = subprocess.run(
        [sys.executable, script, "--data", "local", "--source-data", source.root, "--out", "out é"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert len(list((tmp_path / "out é" / "simulated").glob("*.png"))) == N_PICTURES[figure]


@pytest.mark.slow
def test_panel_5c_computed_from_scratch_agrees_with_the_paper(source, tmp_path):
    script = Path(import_module(FIGURES["ext5"].script).__file__)
    words = ["--data", "local", "--source-data", source.root, "--out", tmp_path]
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in tmp_path.glob("*.png")} == {
        "FigureExt5C_Adam_regenerated",
        "FigureExt5C_CMAES_regenerated",
    }
    tables = SourceData(COMPUTED_DATA, Sizes())
    given = {
        name: Input(tables.read(file), tables.path(file), True)
        for name, file in ext5.ALIGNMENT.items()
    }
    computed = expected_numbers(alignment_statistics(given), alignment_ensemble())
    published = [number for number in published_numbers() if number.id in computed]
    assert len(published) == 91
    differing = {
        number.id: (number.value, computed[number.id])
        for number in published
        if abs(computed[number.id].value - number.value) > computed[number.id].tolerance
    }
    assert differing == {}
