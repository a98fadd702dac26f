"""Verdicts, the report page and table, and which data a figure is drawn from."""

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from filelock import FileLock, Timeout
from PIL import Image

from core.contract import ext5, fig2, fig4, fig6
from core.contract.checks import Check
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.errors import SettingError, run
from core.figures import FIGURES
from core.files import LOCK_NAME
from figure_reproduction import __main__ as command
from figure_reproduction import sources
from figure_reproduction.comparison import (
    AGREES,
    AGREES_UNKNOWN,
    DIFFERS,
    INFORMATIVE,
    SIMULATED,
    UNAVAILABLE,
    WITHHELD,
    Published,
    compare,
    compare_regenerated,
    published_numbers,
    verdict,
)
from figure_reproduction.panels import Panel, save
from figure_reproduction.report import figure_report, write_report
from figure_reproduction.results import FigureResult, Regenerated
from tests.osf_server import OsfServer, files_below

mpl.use("Agg")

NUMBER = Published("fig4a.V1.BigGAN.rate", "Fig4", "A", "g", "rate", 2.0, 0.5, "printed")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2.0, AGREES), (2.5, AGREES), (1.5, AGREES), (2.51, DIFFERS), (float("inf"), DIFFERS)],
)
def test_a_difference_up_to_the_tolerance_agrees(value, expected):
    assert verdict(NUMBER, value, Origin.RECORDED) == expected


def test_rounding_does_not_widen_the_tolerance_of_a_small_p():
    number = Published("x", "Fig4", "B", "g", "p", 1.3e-10, 5e-12, "printed")
    assert verdict(number, 1.349e-10, Origin.RECORDED) == AGREES
    assert verdict(number, 1.355e-10, Origin.RECORDED) == DIFFERS
    count = Published("x", "Fig4", "A", "g", "count", 0.0, 0.0, "printed")
    assert verdict(count, 0.0, Origin.RECORDED) == AGREES
    assert verdict(count, 1.0, Origin.RECORDED) == DIFFERS


def test_no_claim_is_made_from_simulated_data():
    assert verdict(NUMBER, 2.0, Origin.SIMULATED) == SIMULATED


def test_numbers_that_depend_on_an_optimiser_are_informative():
    number = Published("x", "Fig6", "C", "g", "s", 2.0, 0.5, "title; optimiser dependent")
    assert verdict(number, 99.0, Origin.RECORDED) == INFORMATIVE


def test_ids_of_no_panel_are_left_out():
    ids = [number.id for number in published_numbers()]
    assert len(ids) == len(set(ids))
    assert not any(name.startswith(("cohort.", "fig6c_all.")) for name in ids)
    assert "fig4a.V1.BigGAN.rate" in ids


def result(**changes):
    values = {number.id: number.value for number in published_numbers() if number.figure == "Fig4"}
    values["fig4b.initial.V1.t"] = 0.0
    values["fig4b.initial.V1.p"] = float("nan")
    del values["fig4b.initial.V1.n"]
    content = {
        "figure": "4",
        "source": None,
        "origin": Origin.RECORDED,
        "statistics": values,
        "checks": (Check("the files are of one origin", False, "two", compares=False),),
        **changes,
    }
    return FigureResult(**content)


def test_published_values_agree_with_themselves():
    verdicts = {c.published.id: c.verdict for c in compare(result())}
    assert verdicts.pop("fig4b.initial.V1.t") == DIFFERS
    assert verdicts.pop("fig4b.initial.V1.p") == UNAVAILABLE
    assert verdicts.pop("fig4b.initial.V1.n") == UNAVAILABLE
    assert set(verdicts.values()) == {AGREES}
    assert len(verdicts) == 80


CONTRADICTED = (Check("rows agree", False, "not in 3 rows"),)


@pytest.mark.parametrize(
    ("changes", "expected", "sentence"),
    [
        ({"origin": Origin.UNKNOWN}, {AGREES_UNKNOWN, DIFFERS}, "Origin unknown: of some of"),
        ({"checks": CONTRADICTED}, {WITHHELD}, "Verdicts are withheld: 1 of the checks below"),
        ({"origin": Origin.UNKNOWN, "checks": CONTRADICTED}, {WITHHELD}, "Origin unknown"),
        ({"origin": Origin.SIMULATED, "checks": CONTRADICTED}, {SIMULATED}, "SIMULATED"),
    ],
)
def test_no_verdict_is_plain_where_origin_or_checks_are_not(changes, expected, sentence, tmp_path):
    text = write_report([result(**changes)], tmp_path, 0, 0.0).read_text(encoding="utf-8")
    assert sentence in text
    with (tmp_path / "report.csv").open() as file:
        verdicts = {row["verdict"] for row in csv.DictReader(file)}
    assert verdicts - {UNAVAILABLE} == expected


def missing_ids(figure, reproduction):
    """Published ids of a figure's panels that neither its statistics nor its regenerated numbers
    hold."""
    ids = {number.id for number in published_numbers() if number.figure == FIGURES[figure].folder}
    assert ids
    return ids - set(reproduction.statistics) - set(reproduction.regenerated)


@pytest.mark.parametrize("figure", ["3", "ext5"])
def test_every_published_number_is_computed_under_its_id(published_form, figure):
    reproduce = import_module(FIGURES[figure].script).reproduce
    assert missing_ids(figure, reproduce(published_form, np.random.default_rng(0))) == set()
    plt.close("all")


MEAN = "ext5c.CMAES.dim2.depth48.mean"
"""Published as 0.69, read from the figure to 0.01."""

R = "ext5d.BigGAN.ReLU.Test_R2.spearman_r"


def mixed(out, **changes):
    """Panel C computed, panel D simulated."""
    panels = tuple(
        save(
            Panel(letter, "", plt.figure(), letter, computed=letter == "C"),
            FIGURES["ext5"],
            out,
            Origin.SIMULATED,
        )
        for letter in "CD"
    )
    plt.close("all")
    content = {
        "figure": "ext5",
        "source": None,
        "origin": Origin.SIMULATED,
        "panels": panels,
        "statistics": {R: 0.9},
        "regenerated": {MEAN: Regenerated(0.8, 0.2)},
        **changes,
    }
    return FigureResult(**content)


def test_only_panels_with_simulated_inputs_are_marked(tmp_path):
    computed, simulated = mixed(tmp_path).panels
    assert (computed.simulated, simulated.simulated) == (False, True)
    assert computed.png == tmp_path / "FigureExt5C.png"
    assert simulated.png == tmp_path / "simulated" / "FigureExt5D_SIM.png"
    assert Image.open(computed.png).text["Description"] == "computed"
    assert b"SIMULATED" not in computed.pdf.read_bytes()
    assert b"SIMULATED" in simulated.pdf.read_bytes()


def test_regenerated_numbers_stand_for_published_ones_within_their_tolerance(tmp_path):
    result = mixed(tmp_path)
    compared = {c.published.id: c for c in compare(result)}
    assert (compared[MEAN].verdict, compared[MEAN].tolerance) == (AGREES, 0.2)
    assert compared[MEAN].regenerated
    assert compared[R].verdict == SIMULATED
    assert compare_regenerated(result) == []
    narrow = mixed(tmp_path, regenerated={MEAN: Regenerated(0.8, 0.1)})
    assert {c.published.id: c.verdict for c in compare(narrow)}[MEAN] == DIFFERS


def test_the_banner_stands_at_the_simulated_panels_of_a_mixed_figure(tmp_path):
    report = figure_report(mixed(tmp_path))
    assert {panel.panel: panel.simulated for panel in report.panels} == {
        "Ext. 5C": False,
        "Ext. 5D": True,
        "Ext. 5E": True,
        "Ext. 5D/E": True,
    }
    text = write_report([mixed(tmp_path)], tmp_path, 0, 0.0).read_text(encoding="utf-8")
    assert Page(text).open == []
    assert text.count('<div class="banner">') == 2
    assert "SIMULATED, but for Ext. 5C" in text
    computed, simulated = section(text, "panel-ext5C"), section(text, "panel-ext5D")
    assert "SIMULATED" not in computed
    assert "plus 3 sd" in computed
    assert '<span class="tag">SIMULATED</span>' in simulated
    assert '<th scope="col" class="number">simulation</th>' in simulated
    assert text.index('id="panel-ext5C"') < text.index('id="simulated-title"')
    assert text.index('id="simulated-title"') < text.index('id="panel-ext5D"')


def test_where_both_are_at_hand_regenerated_numbers_have_a_table_of_their_own(tmp_path):
    values = {MEAN: 0.69, "ext5c.n_seeds": 10}
    again = {MEAN: Regenerated(0.8, 0.2), "ext5c.n_seeds": Regenerated(9, 0)}
    both = mixed(tmp_path, origin=Origin.RECORDED, statistics=values, regenerated=again)
    assert {c.published.id: c.regenerated for c in compare(both)}[MEAN] is False
    (panel,) = [p for p in figure_report(both).panels if p.panel == "Ext. 5C"]
    verdicts = [(c.published.id, c.value, c.verdict) for c in panel.regenerated]
    assert verdicts == [("ext5c.n_seeds", 9, DIFFERS), (MEAN, 0.8, AGREES)]
    text = write_report([both], tmp_path, 0, 0.0).read_text(encoding="utf-8")
    assert "2 of them beside regenerated ones" in text
    with (tmp_path / "report.csv").open() as file:
        rows = {(row["panel"], row["id"]): row for row in csv.DictReader(file)}
    assert rows["C", MEAN]["tolerance"] == "0.01"
    assert rows["C (regenerated)", MEAN]["tolerance"] == "0.2"
    assert rows["C (regenerated)", MEAN]["note"].endswith("; regenerated")


def test_a_panel_that_cannot_be_drawn_says_why_and_the_rest_is_drawn(tmp_path, monkeypatch, capsys):
    sentence = "needs <torch>."
    drawn = mixed(tmp_path)
    drawn = replace(
        drawn, panels=drawn.panels[1:], regenerated={}, unavailable={"Ext. 5C": sentence}
    )
    monkeypatch.setattr(command, "draw_all", lambda *_: [drawn])
    words = ["--figure", "ext5", "--data", "local", "--source-data", str(tmp_path / "none")]
    out = tmp_path / "figures"
    assert command.main([*words, "--out", str(out)]) == 0
    assert "Panel Ext. 5C not drawn: needs <torch>." in capsys.readouterr().err
    text = (out / "report.html").read_text(encoding="utf-8")
    computed = section(text, "panel-ext5C")
    assert "Not drawn: needs &lt;torch&gt;." in computed
    assert "SIMULATED" not in computed
    assert text.count('<div class="banner">') == 2


def test_a_second_run_waits_for_the_first(tmp_path, monkeypatch):
    out = tmp_path / "figures"

    def draw(*_):
        with pytest.raises(Timeout):
            FileLock(out / LOCK_NAME, is_singleton=False).acquire(timeout=0)
        return [mixed(out)]

    monkeypatch.setattr(command, "draw_all", draw)
    words = ["--figure", "ext5", "--data", "local", "--source-data", str(tmp_path / "none")]
    assert command.main([*words, "--out", str(out)]) == 0


def section(text, anchor):
    """A panel's part of the page."""
    return text.split(f'id="{anchor}"')[1].split("</section>")[0]


class Page(HTMLParser):
    """Counts tags and collects links to elsewhere; files beside the page are none."""

    def __init__(self, text):
        super().__init__()
        self.open, self.outside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img", "br", "wbr", "input"):
            self.open.append(tag)
        for name, value in attributes:
            beside = re.fullmatch(r"[\w./-]+", value or "") and not value.startswith("/")
            if name in ("src", "href") and not value.startswith(("data:", "#")) and not beside:
                self.outside.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_says_what_differs(tmp_path):
    path = write_report([result()], tmp_path, seed=5, seconds=1.5)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.outside == []
    assert "SIMULATED" not in text
    assert "1 of 1 checks failed" in text
    assert '<th scope="row">seed</th><td>5</td>' in text
    assert "Figures 1, 2A, 2C, 3A-F, 6A-B" in text
    with (tmp_path / "report.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert list(next(iter(rows.values()))) == [
        "id",
        "figure",
        "panel",
        "published",
        "value",
        "difference",
        "tolerance",
        "verdict",
        "note",
    ]
    assert rows["fig4b.initial.V1.t"]["verdict"] == DIFFERS
    assert float(rows["fig4b.initial.V1.t"]["difference"]) == pytest.approx(3.491)
    assert rows["fig4b.initial.V1.n"]["value"] == ""


def test_a_figure_that_was_not_drawn_is_named_with_the_reason(tmp_path):
    failed = FigureResult(
        "5", None, Origin.UNKNOWN, problem="x.csv: expected <numbers>, found 'a'."
    )
    text = write_report([failed], tmp_path, 0, 0.0).read_text(encoding="utf-8")
    assert "Not drawn: x.csv: expected &lt;numbers&gt;, found &#39;a&#39;." in text
    assert "88 not available" in text


@pytest.fixture
def no_simulation(monkeypatch, source):
    monkeypatch.setattr(sources, "simulate", lambda out=None: source.root)


@pytest.mark.usefixtures("no_simulation")
def test_auto_decides_per_figure(source, tmp_path, monkeypatch):
    import shutil

    root = tmp_path / "source_data"
    monkeypatch.delenv("MATROOT", raising=False)
    shutil.copytree(source.root / "Fig4", root / "Fig4")
    local, simulated = sources.choose(["4", "5"], "auto", root)
    assert local.source.root == root
    assert local.source.is_simulated
    assert simulated.source.root == source.root
    block = sources.explanation([local, simulated])
    assert "Figure 5: 85 of its files are not in" in block
    assert "OSF: http://127.0.0.1:9/v2/nodes/pre96" in block
    assert "a refused connection" in block
    assert "MATROOT" not in block
    monkeypatch.setenv("MATROOT", "/recordings")
    assert "MATROOT is set: `./reproduce export`" in sources.explanation([local, simulated])
    assert f"Figure 4: {root} holds simulated recordings" in block
    (root / fig4.MASKS.path).unlink()
    assert sources.choose(["4"], "auto", root)[0].source.root == source.root


def test_a_folder_is_complete_without_what_can_be_computed(published_form, tmp_path):
    source = SourceData(tmp_path / "source_data")
    for file in ext5.LINEARITY.values():
        source.write(file, published_form.read(file))
    (choice,) = sources.choose(["ext5"], "local", source.root)
    assert not choice.source.is_simulated
    (tmp_path / "SIMULATED.json").write_text("{}")
    choices = sources.choose(["ext5"], "local", source.root)
    assert choices[0].source.is_simulated
    assert "Ext. 5C is computed" in sources.explanation(choices)
    source.path(ext5.LINEARITY["BigGAN"]).unlink()
    (choice,) = sources.choose(["ext5"], "local", source.root)
    assert "1 of its files are not in" in choice.reason
    source.path(ext5.LINEARITY["DeePSim"]).unlink()
    assert sources.choose(["ext5"], "local", source.root)[0].source is None


@pytest.mark.usefixtures("no_simulation")
def test_the_other_modes_never_fall_back(source, tmp_path):
    assert sources.choose(["4"], "local", tmp_path)[0].source is None
    assert sources.choose(["4"], "osf", source.root)[0].source is None
    assert sources.choose(["4"], "simulated", source.root)[0].source.is_simulated


@pytest.mark.usefixtures("no_simulation")
def test_the_command_draws_what_can_be_drawn(tmp_path, capsys, source):
    arguments = ["--figure", "4", "--figure", "ext4", "--out", str(tmp_path / "figures")]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "Looking for the data of Figures 4, ext4"
    assert printed.rstrip().endswith("report.html")
    text = (tmp_path / "figures" / "report.html").read_text(encoding="utf-8")
    assert Page(text).outside == []
    assert "<title>SIMULATED" in text
    assert text.count('<div class="banner">') == 2
    assert "published (not reproduced here)" in text
    assert not re.search(r"reproduced successfully|replicated|matches the paper", text)
    assert "simulator version" in text
    with (tmp_path / "figures" / "report.csv").open() as file:
        assert {row["verdict"] for row in csv.DictReader(file)} <= {SIMULATED, UNAVAILABLE}
    assert command.main([*arguments, "--data", "local", "--source-data", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert "Figure 4 not drawn: 9 of its files are not in" in captured.err
    assert "--data local never falls back" in captured.out


def test_a_file_changed_by_hand_is_reported(source, tmp_path):
    import shutil

    from figure_reproduction.report import source_files

    shutil.copytree(source.root, tmp_path / "copy")
    path = tmp_path / "copy" / fig4.MASKS.path
    path.write_text(path.read_text().replace("1", "0", 1))
    files = source_files(SourceData(tmp_path / "copy"), fig4.FOLDER)
    origins = {Path(file.path).name: file.origin for file in files}
    assert origins[fig4.MASKS.name].startswith("CHANGED since its export")
    assert sum("CHANGED" in origin for origin in origins.values()) == 1


def test_unknown_figures_are_refused():
    with pytest.raises(SettingError, match=r"expected one of 2, 3, 4, .*, ext5, found '7'"):
        command.main(["--figure", "3", "--figure", "7"])


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, capsys):
    (tmp_path / "figures").write_text("a file in the way")
    assert run(lambda: command.main(["--out", str(tmp_path / "figures")])) == 2
    assert "expected a folder that can be written, found a file" in capsys.readouterr().err


@pytest.mark.usefixtures("no_simulation")
def test_missing_files_come_from_osf_and_the_rest_is_said(source, tmp_path, monkeypatch):
    root = tmp_path / "source_data"
    files = {
        path: content
        for path, content in files_below(source.root).items()
        if path.startswith(("exp_order", "Fig2/", "Fig6/")) and path != fig6.PEAKS.path
    }
    server = OsfServer(files)
    try:
        monkeypatch.setenv("OSF_API", server.url)
        whole, part, nothing = sources.choose(["2", "6", "4"], "auto", root)
        assert whole.source.root == part.source.root == root
        assert "1 of its files are not in" in part.reason
        assert part.reason.endswith(f"OSF: {fig6.PEAKS.path} is not on OSF")
        assert nothing.source.root == source.root
        assert nothing.fell_back
        assert sources.choose(["2"], "osf", root)[0].source.root == root
        n_before = len(server.requests)
        assert sources.choose(["2"], "auto", root)[0].source.root == root
        assert len(server.requests) == n_before
    finally:
        server.close()


@pytest.mark.usefixtures("no_simulation")
def test_the_mode_osf_takes_no_other_files(source):
    (choice,) = sources.choose(["4"], "osf", source.root)
    assert choice.source is None
    assert "OSF: " in choice.reason


def test_a_file_changed_since_it_came_fails_a_check(source, tmp_path):
    import shutil

    from core.contract.checks import origins

    shutil.copytree(source.root, tmp_path / "copy")
    copy = SourceData(tmp_path / "copy")
    assert all(item.passed for item in origins(copy, "Fig4"))
    path = copy.path(fig4.MASKS)
    path.write_text(path.read_text().replace("1", "0", 1))
    (failed,) = (item for item in origins(copy, "Fig4") if not item.passed)
    assert failed.found == f"changed by hand since: {fig4.MASKS.name}"


def test_files_of_several_origins_fail_a_check(source, tmp_path):
    import shutil

    from core.contract.checks import origins
    from core.contract.provenance import read_provenance, write_provenance

    shutil.copytree(source.root, tmp_path / "copy")
    records = read_provenance(tmp_path / "copy")
    records[fig4.MASKS.path] = replace(records[fig4.MASKS.path], source="import")
    del records[fig4.REAL_BLOCKS.path]
    write_provenance(tmp_path / "copy", records)
    failed = [i for i in origins(SourceData(tmp_path / "copy"), "Fig4") if not i.passed]
    assert [item.found for item in failed] == ["export, import, no record of 1 files"]


@pytest.mark.usefixtures("no_simulation")
def test_one_figures_failure_is_its_own(source, tmp_path, monkeypatch):
    files = {
        path: content
        for path, content in files_below(source.root).items()
        if path.startswith(("exp_order", "Fig2/", "Fig3/", "Fig4/"))
    }
    root = tmp_path / "source_data"
    (root / "Fig2").mkdir(parents=True)
    (root / fig2.META.path).write_text("a lab's own\n")
    server = OsfServer(files)
    server.damaged = {fig4.MASKS.name}
    try:
        monkeypatch.setenv("OSF_API", server.url)
        own, whole, part = sources.choose(["2", "3", "4"], "auto", root)
    finally:
        server.close()
    assert whole.source.root == root
    assert own.source.root == source.root
    assert "is of another origin" in own.reason
    assert (root / fig2.META.path).read_text() == "a lab's own\n"
    assert part.source.root == root
    assert "expected SHA-256" in part.reason


@pytest.mark.usefixtures("no_simulation")
def test_a_broken_record_does_not_stop_other_figures(source, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(source.root / "Fig4", tmp_path / "Fig4")
    shutil.copy(source.root / "exp_order.csv", tmp_path)
    (tmp_path / "provenance.json").write_text("[" * 100_000)
    there, fallen_back = sources.choose(["4", "2"], "auto", tmp_path)
    assert there.source.root == tmp_path
    assert fallen_back.fell_back
    assert "expected one record per file" in fallen_back.reason
