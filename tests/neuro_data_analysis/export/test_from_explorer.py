"""Source data from the explorer's averages: as described, drawn, compared, and said to be so."""

import shutil
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from core.acquisition.agreement import compare_sources
from core.contract import ext4, fig2, fig4, fig5
from core.contract.__main__ import main as contract_main
from core.contract.checks import check_folder, published_counts
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.errors import SettingError
from core.explorer.averages import Rates
from core.explorer.store import FILE_NAME, RECORD_NAME, save_averages
from core.explorer.trials import trial_counts
from core.figures import FIGURES
from core.files import sha256, write_json
from figure_reproduction import Figure2_reproduction as figure2
from figure_reproduction import Figure4_reproduction as figure4
from figure_reproduction import sources
from figure_reproduction.comparison import (
    AGREES,
    DIFFERS,
    UNAVAILABLE,
    compare,
    explorer_tolerances,
    published_numbers,
)
from figure_reproduction.report import figure_report, short_answer, write_report
from figure_reproduction.results import FigureResult
from figure_reproduction.script import draw_figure
from neuro_data_analysis.export.explorer import main
from neuro_data_analysis.export.from_explorer import export_explorer
from tests.explorer_examples import experiments

FOLDERS = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)


@pytest.fixture(scope="module")
def averages():
    given = experiments(6)
    return [*given[:-1], replace(given[-1], expi=155)]


def save_pinned(folder, averages):
    """Averages that pass for those of the commit."""
    save_averages(folder / FILE_NAME, averages)
    known = {"repository": "explorer", "commit": "4" * 40, "verified": "all numbers are those"}
    digest = sha256(folder / FILE_NAME)
    write_json(folder / RECORD_NAME, known | {"pinned": True, "sha256": digest})


@pytest.fixture(scope="module")
def data(averages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer_data")
    save_pinned(folder, averages)
    assert main(["--data", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def exported(data):
    return SourceData(data / "source_data")


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_as_described_and_agree_with_one_another(exported, folder):
    assert exported.missing(folder) == []
    assert [check for check in check_folder(exported, folder) if not check.passed] == []
    assert exported.origin(folder) is Origin.EXPLORER


def test_what_is_there_is_not_made_again(data, averages, tmp_path):
    assert export_explorer(data, data / "source_data") == []
    shutil.copytree(data, tmp_path / "data")
    save_averages(tmp_path / "data" / FILE_NAME, averages[1:])
    assert export_explorer(tmp_path / "data", tmp_path / "data" / "source_data")
    order = SourceData(tmp_path / "data" / "source_data").experiment_order
    assert order["Expi"].tolist() == [4, 5, 6, 7, 155]


@pytest.mark.parametrize("how", ["no record", "another file", "another commit", "no JSON"])
def test_averages_that_are_not_those_of_the_commit_are_of_unknown_origin(averages, tmp_path, how):
    save_pinned(tmp_path, averages[:5])
    path = tmp_path / RECORD_NAME
    if how == "no record":
        path.unlink()
    if how == "another file":  # with the record of the first
        save_averages(tmp_path / FILE_NAME, averages)
    if how == "another commit":
        path.write_text(path.read_text().replace("true", "false"))
    if how == "no JSON":
        path.write_text("{")
    assert main(["--data", str(tmp_path)]) == 0
    source = SourceData(tmp_path / "source_data")
    assert {source.origin(folder) for folder in FOLDERS} == {Origin.UNKNOWN}
    save_pinned(tmp_path, averages)
    assert main(["--data", str(tmp_path)]) == 0
    source = SourceData(tmp_path / "source_data")
    assert {source.origin(folder) for folder in FOLDERS} == {Origin.EXPLORER}


def test_block_rates_that_were_changed_are_of_unknown_origin(data, tmp_path):
    shutil.copytree(data / "source_data", tmp_path / "copy")
    source = SourceData(tmp_path / "copy")
    assert source.origin(fig2.FOLDER) is Origin.EXPLORER
    path = source.path(fig2.BLOCK_RATES)
    path.write_text(path.read_text() + "\n")
    assert SourceData(tmp_path / "copy").origin(fig2.FOLDER) is Origin.UNKNOWN


def test_files_of_another_origin_are_not_replaced(data, source, tmp_path):
    shutil.copytree(source.root / fig4.FOLDER, tmp_path / "out" / fig4.FOLDER)
    with pytest.raises(SettingError, match="no known origin"):
        export_explorer(data, tmp_path / "out")


def test_block_rates_stand_in_for_trials(exported, averages):
    read = figure2.read(exported)
    example = averages[-1]
    for thread, name in enumerate(("DeePSim", "BigGAN")):
        curve = read.curves[name, "evoked resp"]
        np.testing.assert_allclose(curve["mean"], example.evoked.mean[:, thread], rtol=1e-12)
        np.testing.assert_allclose(curve["sem"], example.evoked.sem[:, thread], rtol=1e-12)
        natref = read.curves[name, "natref"]
        np.testing.assert_allclose(natref["mean"], example.reference.mean[:, thread], rtol=1e-12)
        assert read.curves[name, "baseline"]["sem"].isna().all()
    assert "fig2b.natref.n_trials" not in figure2.statistics(read)


def test_figures_say_where_their_numbers_come_from(exported, tmp_path):
    mpl.use("Agg")
    drawn = [
        draw_figure(word, module.reproduce, exported, tmp_path)
        for word, module in (("2", figure2), ("4", figure4))
    ]
    assert [result.problem for result in drawn] == ["", ""]
    assert [result.origin for result in drawn] == [Origin.EXPLORER] * 2
    for panel in (panel for result in drawn for panel in result.panels):
        assert not panel.simulated
        assert b"Neural Evolution Explorer" in panel.pdf.read_bytes()
    page = write_report(drawn, tmp_path, 0, 0.0).read_text(encoding="utf-8")
    assert "numbers that the paper&#39;s panels state were compared with real data" in page
    assert "Block averages of the authors&#39; Neural Evolution Explorer" in page
    assert "block averages do not tell the number of trials" in page
    assert "SIMULATED" not in page


@pytest.fixture
def at_hand(data, monkeypatch):
    monkeypatch.setattr(sources, "EXPLORER_DATA", data)


@pytest.mark.usefixtures("at_hand")
def test_the_explorer_comes_before_simulated_recordings(data, source, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "simulate", lambda out=None: source.root)
    four, six = sources.choose(["4", "6"], "auto", tmp_path)
    assert four.source.root == data / "source_data"
    assert not four.fell_back
    assert "OSF: " in four.reason
    assert six.source.root == source.root
    assert "the explorer's block averages do not suffice for it" in six.reason
    four, six = sources.choose(["4", "6"], "explorer", tmp_path)
    assert four.source.root == data / "source_data"
    assert six.source is None


def test_without_averages_and_network_it_says_why(tmp_path):
    (four,) = sources.choose(["4"], "explorer", tmp_path)
    assert four.source is None
    assert "explorer: http://127.0.0.1:9/archive.zip: expected the file" in four.reason


def result(values, origin=Origin.EXPLORER):
    return FigureResult("4", None, origin, statistics=values)


def test_a_number_may_be_off_by_rounding_and_by_open_labels_and_no_more():
    numbers = {n.id: n for n in published_numbers()}
    t, count = numbers["fig4b.initial.V4.t"], numbers["fig4a.IT.BigGAN.successes"]
    allowed = explorer_tolerances()[t.id]
    assert 1e-4 < allowed < 1e-3
    for off, expected in ((0.9, AGREES), (1.1, DIFFERS)):
        values = {t.id: t.value + off * (t.tolerance + allowed), count.id: count.value + 2 * off}
        verdicts = {c.published.id: c.verdict for c in compare(result(values))}
        assert (verdicts[t.id], verdicts[count.id]) == (expected, expected)
        strict = {c.published.id: c.verdict for c in compare(result(values, Origin.RECORDED))}
        assert (strict[t.id], strict[count.id]) == (DIFFERS, DIFFERS)


def test_what_averages_cannot_tell_says_why():
    unavailable = [
        c
        for c in compare(FigureResult("2", None, Origin.EXPLORER))
        if c.published.id == "fig2b.natref.n_trials"
    ]
    assert unavailable[0].verdict == UNAVAILABLE
    assert "do not tell the number of trials" in unavailable[0].why


def test_the_summary_counts_real_data_alone():
    values = {n.id: n.value for n in published_numbers() if n.figure == FIGURES["4"].folder}
    values["fig4b.initial.V4.t"] += 1
    reports = [figure_report(result(values, o)) for o in (Origin.EXPLORER, Origin.SIMULATED)]
    n = len(values)
    sentences = [short_answer([(report.result, report.numbers)])[0] for report in reports]
    assert sentences[0].startswith(f"{n} numbers that the paper's panels state were compared")
    assert sentences[0].endswith(f"{n - 1} agree, 1 differ.")
    assert sentences[1] == "No published number was compared with real data or computed anew."


def test_a_count_may_be_off_by_its_undecided_labels():
    counts = {"V1": (10, 0), "V4": (37, 20), "IT": (67, 66)}
    rows = []
    for area, (n_fc, n_bg) in counts.items():
        total = {"V1": 10, "V4": 38, "IT": 106}[area]
        for i in range(total):
            fc, bg = i < n_fc, i < n_bg
            row = {"valid": 1, "FCsucc001": fc, "BGsucc001": bg, "bothsucc001": fc and bg}
            rows.append(row | {f"{a}msk": int(a == area) for a in counts})
    masks = pd.DataFrame(rows).astype(int).assign(anysucc005=0, bothsucc005=0)
    name = "valid BGsucc001: V1, V4, IT = (0, 20, 65)"
    undecided = pd.DataFrame({"Expi": [7], "thread": [1], "label": ["001"]})
    for open_, expected in ((None, False), (undecided, True), (undecided.assign(thread=0), False)):
        found = {check.name: check.passed for check in published_counts(masks, open_)}
        assert found[name] is expected


def as_rounded(experiment):
    psth = Rates(experiment.psth.mean.round(2), experiment.psth.sem)
    evoked = Rates(experiment.evoked.mean.round(2), experiment.evoked.sem)
    return replace(experiment, psth=psth, evoked=evoked)


def test_two_sources_are_compared_experiment_by_experiment(averages, exported, tmp_path, capsys):
    assert compare_sources(exported, exported).empty
    rounded = [as_rounded(experiment) for experiment in averages]
    changed = [replace(e, area="V4") if e.expi == 4 else e for e in rounded]
    louder = changed[2].evoked.mean.copy()
    louder[5, 1] += 1.0
    changed[2] = replace(changed[2], evoked=Rates(louder, changed[2].evoked.sem))
    save_averages(tmp_path / FILE_NAME, rounded)
    export_explorer(tmp_path, tmp_path / "rounded")
    assert compare_sources(exported, SourceData(tmp_path / "rounded")).empty
    save_averages(tmp_path / FILE_NAME, changed[1:])
    export_explorer(tmp_path, tmp_path / "changed")
    table = compare_sources(exported, SourceData(tmp_path / "changed"))
    assert table.loc[0, ["Expi", "what"]].tolist() == [3, "experiment"]
    assert "4B BigGAN_mean, largest difference" in table[table["Expi"] == 5]["what"].tolist()
    command = [
        "check-sources",
        "--first",
        str(exported.root),
        "--second",
        str(tmp_path / "changed"),
    ]
    assert contract_main(command) == 1
    assert "differences in" in capsys.readouterr().out


def test_published_labels_are_an_option(averages, tmp_path):
    save_averages(tmp_path / FILE_NAME, averages)
    export_explorer(tmp_path, tmp_path / "out", "published")
    record = next(iter(SourceData(tmp_path / "out").provenance.values()))
    assert record.details["labels"] == "published"
    assert trial_counts(averages[0]).n[0].tolist() == [31, 31]
