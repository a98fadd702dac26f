"""What a reader finds on the page: the answer, places, differences, contradictions; no paths."""

import json
import re
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from core.contract.checks import Check
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.errors import ContractError, MissingFileError
from core.figures import FIGURES
from figure_reproduction.comparison import AGREES, SIMULATED, Compared, published_numbers
from figure_reproduction.panels import Panel, Reproduction, save
from figure_reproduction.report import (
    about,
    contradictions,
    figure_report,
    load_run,
    provenance,
    short_answer,
    unlike_the_paper,
    write_page,
    write_report,
)
from figure_reproduction.report.verdicts import is_published
from figure_reproduction.results import FigureResult, SourceFile, SourceWords
from figure_reproduction.script import draw_figure

mpl.use("Agg")

ROOT = Path(__file__).parents[2]

NUMBERS = {number.id: number for number in published_numbers()}


def drawn(out, figure="4", origin=Origin.RECORDED, **changes):
    """A figure with one picture whose numbers are the published ones."""
    plot, ax = plt.subplots(figsize=(4, 2))
    ax.plot([1, 2])
    letter = FIGURES[figure].panels[0]
    picture = save(Panel(letter, "", plot, "A line"), FIGURES[figure], out, origin)
    plt.close(plot)
    content = {
        "figure": figure,
        "source": out / "somewhere" / "source_data",
        "origin": origin,
        "panels": (picture,),
        "statistics": {
            n.id: n.value for n in published_numbers() if n.figure == FIGURES[figure].folder
        },
        "checks": (Check("rows agree", True, f"all in {out}/somewhere/a.csv"),),
        "files": (SourceFile("Fig4/Fig4A_a.csv", "0" * 64, "export", "2026-01-01"),),
        "about": SourceWords("Made by hand.", "2026-01-01"),
        **changes,
    }
    return FigureResult(**content)


def page_of(results, out, seconds=1.0):
    return write_report(results, out, 7, seconds).read_text(encoding="utf-8")


def test_the_answer_counts_what_the_paper_shows_and_nothing_that_was_put_in():
    five = FigureResult(
        "ext5",
        None,
        Origin.RECORDED,
        statistics={
            "ext5c.n_seeds": 10.0,
            "ext5d.BigGAN.ReLU.Test_R2.spearman_r": 0.536,
            "ext5e.DeePSim.ReLU.Test_R2.spearman_r": 0.9,
        },
    )
    report = figure_report(five)
    sentences = short_answer([(five, report.numbers)])
    assert sentences[0].startswith("2 numbers that the paper's panels state were compared")
    assert sentences[0].endswith("(recordings): 1 agree, 1 differ.")
    assert any(s.startswith("Not counted: 1 numbers that equal") for s in sentences)
    assert any(s.startswith("107 are not available") for s in sentences)


def test_numbers_of_the_authors_other_pictures_stand_apart(tmp_path):
    text = page_of([drawn(tmp_path, "6")], tmp_path)
    others = [n for n in published_numbers() if n.figure == "Fig6" and not is_published(n)]
    assert len(others) == 225
    assert "225 numbers of the authors&#39; annotated version or notebook" in text
    assert "Not counted: 225 numbers" in text


def test_two_reports_differ_in_the_block_of_the_run_alone(tmp_path):
    results = [drawn(tmp_path)]
    pages = [page_of(results, tmp_path, seconds=s) for s in (1.0, 2.0)]
    block = r'<section id="run".*?</section>'
    assert pages[0] != pages[1]
    assert re.sub(block, "", pages[0], flags=re.S) == re.sub(block, "", pages[1], flags=re.S)
    slower = [replace(results[0], seconds=9.0, about=SourceWords("Made by hand.", "2027-07-07"))]
    again = page_of(slower, tmp_path)
    assert re.sub(block, "", again, flags=re.S) == re.sub(block, "", pages[0], flags=re.S)
    assert "2027-07-07" in again


def test_no_path_of_this_machine_is_on_the_page(tmp_path):
    failed = FigureResult(
        "5", None, Origin.UNKNOWN, problem=f"{tmp_path}/x.csv: expected numbers in events/s."
    )
    text = page_of([drawn(tmp_path), failed], tmp_path)
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert "Not drawn: x.csv: expected numbers in events/s." in text
    assert "all in a.csv" in text


def test_the_page_is_made_again_without_drawing(tmp_path):
    text = page_of([drawn(tmp_path, unavailable={"4D": "no reason"})], tmp_path)
    (tmp_path / "report.html").unlink()
    results, run, seed = load_run(tmp_path)
    assert write_page(results, run, seed, tmp_path).read_text(encoding="utf-8") == text


def test_the_page_is_the_same_from_another_copy_of_the_project(tmp_path, monkeypatch):
    text = page_of([drawn(tmp_path, source=ROOT / "some_data" / "source_data")], tmp_path)
    assert "some_data/source_data" in text
    monkeypatch.setattr(provenance, "ROOT", Path("/elsewhere"))
    assert write_page(*load_run(tmp_path), tmp_path).read_text(encoding="utf-8") == text


def test_a_missing_or_other_record_of_a_run_is_refused(tmp_path):
    with pytest.raises(MissingFileError, match="expected what a run found, found no such file"):
        load_run(tmp_path)
    (tmp_path / "report.json").write_text('{"version": 0}')
    with pytest.raises(ContractError, match="found ValueError: version 0"):
        load_run(tmp_path)


def changed(content, *place, to):
    """Change one value of a record, at keys and indices."""
    for key in place[:-1]:
        content = content[key]
    content[place[-1]] = to


@pytest.mark.parametrize(
    ("place", "to", "words"),
    [
        (("figure",), "99", "figure 99"),
        (("statistics", "fig4a.V1.BigGAN.total"), "ten", "'ten' is no number"),
        (("statistics",), [1], "list"),
        (("regenerated",), {"x": {"value": "1", "tolerance": 0}}, "'1' is no number"),
        (("panels", 0, "size"), [0, 0], "0 x 0 pixels"),
        (("panels", 0, "shown"), "../../secret.png", "in another folder"),
        (("panels", 0, "pdf"), "/etc/passwd", "in another folder"),
        (("more",), 1, "unexpected keyword"),
    ],
)
def test_an_edited_record_of_a_run_is_refused(place, to, words, tmp_path):
    write_report([drawn(tmp_path)], tmp_path, 7, 1.0)
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    changed(content["figures"][0], *place, to=to)
    (tmp_path / "report.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ContractError, match=f"report.json: expected what a run found.*{words}"):
        load_run(tmp_path)


def test_pictures_that_are_gone_or_of_another_run_are_refused(tmp_path):
    write_report([drawn(tmp_path)], tmp_path, 7, 1.0)
    shown = tmp_path / "report_pictures" / "Figure4A.png"
    Image.new("RGB", (2, 2)).save(shown)
    with pytest.raises(ContractError, match=r"Figure4A\.png: .*found another one, drawn since"):
        load_run(tmp_path)
    shown.unlink()
    with pytest.raises(MissingFileError, match=r"Figure4A\.png: .*found no such file"):
        load_run(tmp_path)


def test_nothing_in_a_record_becomes_a_program(tmp_path):
    evil = '"><script>alert(1)</script>'
    result = drawn(tmp_path)
    picture = replace(
        result.panels[0], panel=evil, caption=evil, pdf=tmp_path / "javascript:alert(1)"
    )
    words = SourceWords(evil, evil, {evil: {evil: evil}})
    result = replace(
        result,
        panels=(picture,),
        unavailable={evil: evil},
        checks=(Check(evil, False, evil),),
        files=(SourceFile(evil, evil, evil),),
        about=words,
    )
    text = page_of([result, drawn(tmp_path, "5", Origin.SIMULATED, about=words)], tmp_path)
    assert text.count("<script>") == 1
    assert 'href="javascript:' not in text
    assert text.count("&lt;script&gt;alert(1)") > 10


def test_an_infinite_number_differs_and_is_shown(tmp_path):
    numbers = {"fig4b.final.V4.t": float("inf"), "fig4b.final.V1.t": -float("inf")}
    text = page_of([drawn(tmp_path, statistics=numbers)], tmp_path)
    assert text.count("+∞") == text.count("−∞") == 1
    assert write_page(*load_run(tmp_path), tmp_path).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("parameters", [[1, 2], "x", 3])
def test_what_is_no_list_of_parameters_is_not_shown(parameters, tmp_path):
    (tmp_path / "SIMULATED.json").write_text(json.dumps({"parameters": parameters}))
    known = about(SourceData(tmp_path), Origin.SIMULATED)
    text = page_of([drawn(tmp_path, origin=Origin.SIMULATED, about=known)], tmp_path)
    assert "Parameters of the simulation" not in text


def test_links_stay_what_they_are(tmp_path):
    text = page_of([drawn(tmp_path, "4"), drawn(tmp_path, "ext4")], tmp_path)
    places = re.findall(r' id="([^"]+)"', text)
    assert len(places) == len(set(places))
    assert {"figure-4", "panel-4A", "panel-ext4B", "fig4a.V1.BigGAN.rate", "run"} <= set(places)
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(places)


def test_every_picture_has_its_size_and_its_files(tmp_path):
    text = page_of([drawn(tmp_path)], tmp_path)
    assert text.count("<img ") == text.count('width="384" height="192" loading="lazy"') == 1
    for name in re.findall(r'href="([^"#]+\.(?:png|pdf|csv))"', text):
        assert (tmp_path / name).is_file()
    full, few = Image.open(tmp_path / "Figure4A.png"), tmp_path / "report_pictures/Figure4A.png"
    shown = Image.open(few).convert("RGB")
    assert shown.size == full.size
    assert shown.getpixel((0, 0)) == (255, 255, 255)
    difference = np.abs(np.asarray(full.convert("RGB"), int) - np.asarray(shown, int))
    assert difference.mean() < 2
    assert few.stat().st_size < (tmp_path / "Figure4A.png").stat().st_size


def test_a_panel_says_how_it_is_made_alone(tmp_path):
    text = page_of([drawn(tmp_path, origin=Origin.EXPLORER)], tmp_path)
    command = "python -m figure_reproduction.Figure4_reproduction --panel A --data explorer"
    assert f"<code>{command}</code>" in text
    assert f"<td>{'0' * 64}</td><td>export</td>" in text


def test_counts_are_shown_as_parts_of_their_whole(tmp_path):
    text = page_of([drawn(tmp_path)], tmp_path)
    row = (
        '<th scope="row">V4, BigGAN: experiments that succeed</th><td class="number">20 of 38</td>'
    )
    assert row in text


def test_differences_of_the_simulation_come_from_its_numbers():
    simulated = {name: number.value for name, number in NUMBERS.items()}
    simulated |= {
        "fig4b.final.V4.t": -2.0,
        "fig4b.final.V1.p": 0.3,
        "fig4c.V4.DeePSim.mean.block40": 0.7,
        "fig6e.peak.nonsuccess.bin0p0.count": 40.0,
        "fig5c.w60_70.IT.nsig_deepsim_gt_biggan": 0.0,
        "fig5c.w70_80.IT.nsig_deepsim_gt_biggan": 0.0,
        "fig5c.w0_10.V4.nsig_biggan_gt_deepsim": 7.0,
        "fig6c.gauss.R2": 0.1,
    }
    numbers = [Compared(NUMBERS[name], value, SIMULATED, 1.0) for name, value in simulated.items()]
    found = {(unlike.kind, unlike.what): unlike for unlike in unlike_the_paper(numbers)}
    assert set(found) == {
        ("sign", "Last block, V4: t"),
        ("significance", "Last block, V1: P"),
        (
            "order",
            "V4, DeePSim, block 41: mean normalised response, against BigGAN",
        ),
        ("peak", "Most frequent peak of significant axes after failed evolutions"),
        ("windows", "IT, windows of 10 ms in which DeePSim is larger"),
        ("windows", "V4, windows of 10 ms in which BigGAN is larger"),
        ("size", "Class 0 axis: R² of the Gaussian"),
        ("size", "V4, DeePSim, block 41: mean normalised response"),
    }
    peak = found["peak", "Most frequent peak of significant axes after failed evolutions"]
    assert (peak.published, peak.simulated) == ("−0.32 (16 of 103)", "0 (40 of 103)")
    windows = found["windows", "IT, windows of 10 ms in which DeePSim is larger"]
    assert windows.published == "only here: 60–80 ms"


def test_a_simulation_like_the_paper_has_no_differences():
    numbers = [Compared(n, n.value, SIMULATED, n.tolerance) for n in published_numbers()]
    assert unlike_the_paper(numbers) == []
    real = [Compared(n, -n.value, AGREES, n.tolerance) for n in published_numbers()]
    assert unlike_the_paper(real) == []


def test_the_contradictions_have_the_numbers_of_the_list_and_of_the_docs():
    found = {c.panel: c for c in contradictions()}
    assert "29 bins with an uncorrected P below 0.05, from 0.0036 to 0.0496" in (
        found["Ext. 4B"].numbers
    )
    assert "35 of the 46 blocks" in found["5C"].numbers
    assert "85 of 154 BigGAN evolutions succeed, by the second 32 of 52" in (
        found["4A and 6E"].numbers
    )
    docs = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8").replace("\n", " ")
    for contradiction in found.values():
        numbers = re.findall(r"\d[\d.,]*\d|\d", contradiction.said + contradiction.numbers)
        assert numbers
        assert [number for number in numbers if number not in docs] == []


def rows_of_the_errata(title):
    """Cells of the table below a title of docs/errata.md."""
    text = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")
    (section,) = (part for part in text.split("\n## ") if part.startswith(title))
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_tables_of_the_errata_have_the_numbers_of_the_list():
    for bins, area, centre, *stated in rows_of_the_errata("Extended Data Figure 4B"):
        time = f"t{centre.removesuffix(' ms').replace('.', 'p')}ms"
        name = f"ext4b.bin{bins.removesuffix(' ms')}.{area}.{time}"
        for statistic, text in zip(("t", "p", "p_fdr"), stated, strict=True):
            half_a_digit = 0.5 * 10.0 ** -len(text.partition(".")[2])
            assert NUMBERS[f"{name}.{statistic}"].value == pytest.approx(
                float(text), abs=1.01 * half_a_digit
            )
    for windows, *stated in rows_of_the_errata("Figure 5C"):
        for window in windows.removesuffix(" ms").replace("–", "_").split(", "):
            counts = [
                NUMBERS[f"fig5c.w{window}.IT.nsig_{which}"].value
                for which in ("deepsim_gt_biggan", "biggan_gt_deepsim")
            ]
            assert counts == list(map(float, stated))
    for (_, drawn_text, _), group in zip(
        rows_of_the_errata("Extended Data Figure 5E"), ("NonReLU", "ReLU"), strict=True
    ):
        assert NUMBERS[f"ext5e.DeePSim.{group}.Test_R2.spearman_r"].value == float(drawn_text)


def test_a_panel_alone_is_saved_alone(published_form, tmp_path):
    def reproduce(source, rng, look):
        return Reproduction(tuple(Panel(a, "", plt.subplots()[0], a) for a in "CD"), {})

    found = draw_figure("ext5", reproduce, published_form, tmp_path, letters=["D"])
    assert [panel.panel for panel in found.panels] == ["Ext. 5D"]
    assert [path.name for path in tmp_path.glob("*.png")] == ["FigureExt5D.png"]
