"""Extended Data Figure 1 from tables: what is drawn, what is said of it, and what is refused."""

import json
from functools import partial

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.contract import ext1
from core.contract.descriptions import Sizes
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.experiments.stamps import write_stamp
from figure_reproduction.comparison import AGREES, SUBSTITUTES, UNAVAILABLE, compare
from figure_reproduction.FigureExt1_reproduction import reproduce
from figure_reproduction.report import write_report
from figure_reproduction.script import draw_figure
from figure_reproduction.sources import choose

mpl.use("Agg")

WORDS = "offline substitutes: small models"


def statistics_of(rng, n):
    return {name: rng.random(n) for name in ext1.STATISTICS}


def made_tables(rng, first="small", second="random CNN"):
    """Tables of all panels with few rows."""
    names = ["crops A", "crops B", "mine", "noise"]
    kinds = ["reference", "reference", "generated", "generated"]
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    frechet = pd.DataFrame(
        {
            "set1": [names[i] for i, _ in pairs],
            "set2": [names[j] for _, j in pairs],
            "kind1": [kinds[i] for i, _ in pairs],
            "kind2": [kinds[j] for _, j in pairs],
            **{"extractor": "pixels", "dim": 192, "n1": 20, "n2": 20},
            **{"preproc1": "none", "preproc2": "none"},
            **{"frechet_distance": rng.random(6) * 100, "frechet_se": rng.random(6)},
            **{"n_resamples": 20, "seed": 0},
        }
    )
    found = rng.random(80)
    objects = pd.DataFrame(
        {
            **{"set": np.repeat(names, 20), "kind": np.repeat(kinds, 20)},
            "image_id": [str(number) for number in range(80)],
            "n_objs": (found > 0.4).astype(int) * (np.repeat(names, 20) != "noise"),
        }
    )
    objects["confidence"] = np.where(objects["n_objs"] > 0, found, np.nan)
    objects["class_id"], objects["class_name"] = np.nan, None
    objects = objects.assign(detector="YOLOv8x", conf_thr=0.25, iou_thr=0.45, imgsz=256)
    keys = {"unit_id": np.repeat([3, 5, 9], 4), "image_in_gen": np.tile(np.arange(4), 3)}
    lowlevel = pd.concat(
        [pd.DataFrame({"generator": g, **keys, **statistics_of(rng, 12)}) for g in (first, second)]
    )
    spectra = pd.DataFrame(
        {
            "generator": np.repeat([first, second], 8),
            "k": np.tile(np.arange(1, 9), 2),
            "psd_norm_mean": rng.random(16),
            "psd_norm_sem": rng.random(16),
            "n": 12,
        }
    )
    inversion = pd.concat(
        [
            pd.DataFrame(
                {
                    **{"image_id": [f"i{n}" for n in range(101)], "category": "cat"},
                    **{"generator": g, "seed": 0, "lr": 0.1, "n_iter": 401},
                    **{"mse_init": 0.1, "mse_final": 0.01},
                    "pearson_r": np.clip(rng.normal(r, 0.05, 101), 0, 1),
                }
            )
            for g, r in ((first, 0.89), (second, 0.60))
        ]
    )
    activation = pd.concat(
        [
            pd.DataFrame(
                {
                    **{"netname": "resnet50", "layer": np.repeat([".layer2", ".Linearfc"], 10)},
                    "unitid": np.tile(np.arange(5), 4),
                    **{"x": np.nan, "y": np.nan, "RFresize": False},
                    **{"optimmethod": method, "lr": 0.01, "hess": False, "GANname": g},
                    **{"matched": matched, "rep": 0, "batchi": np.arange(20), "seed": 0},
                    "score": rng.normal(mean, 1, 20),
                    **{"maxscore": rng.normal(mean, 1, 20), "maxstep": 5},
                }
            )
            for g, method, matched, mean in (
                (first, "Adam01", False, 5.2),
                (second, "Adam001", False, 1.5),
                (second, "SGD001", False, 0.5),
                (first, "Adam001", True, 3.0),
                (second, "Adam001", True, 2.0),
            )
        ]
    )
    return dict(
        zip(
            ext1.PUBLISHED,
            (frechet, objects, lowlevel, spectra, inversion, activation),
            strict=True,
        )
    )


def write_tables(root, tables, substitutes=WORDS, panels="ABCD"):
    source = SourceData(root, Sizes())
    for panel in panels:
        paths = [source.write(file, tables[file]) for file in ext1.PANELS[panel]]
        if panel in ext1.PICTURES:
            paths.append(root / ext1.FOLDER / ext1.PICTURES[panel])
            Image.new("RGB", (100, 40)).save(paths[-1])
        details = {"version": ext1.VERSION, "substitutes": substitutes, "counts": "few"}
        write_stamp(root / ext1.FOLDER / ext1.stamp_name(panel), paths, details)
    return root


@pytest.fixture
def tables():
    return made_tables(np.random.default_rng(0))


def drawn(source, computed, out):
    return draw_figure("ext1", partial(reproduce, computed=computed), SourceData(source), out)


def test_tables_of_substitutes_are_drawn_with_their_words_and_compared_with_nothing(
    tables, tmp_path
):
    computed = write_tables(tmp_path / "computed", tables)
    result = drawn(tmp_path / "none", computed, tmp_path / "out")
    assert result.problem == ""
    assert result.unavailable == {}
    assert result.origin is Origin.SUBSTITUTES
    assert {panel.panel for panel in result.panels} == {f"Ext. 1{letter}" for letter in "ABCD"}
    assert len({panel.png for panel in result.panels}) == 7
    for panel in result.panels:
        assert not panel.simulated
        with Image.open(panel.png) as picture:
            assert picture.text["Description"] == "computed"
        assert b"substitutes" in panel.pdf.read_bytes() or panel.pdf.stat().st_size > 1000
    compared = compare(result)
    assert len(compared) == 19
    assert {c.verdict for c in compared} == {SUBSTITUTES}
    assert all(c.difference is None for c in compared)


def test_the_words_stand_on_every_picture(tables, tmp_path):
    computed = write_tables(tmp_path / "computed", tables)
    reproduction = reproduce(SourceData(tmp_path), np.random.default_rng(0), computed)
    assert len(reproduction.panels) == 7
    for panel in reproduction.panels:
        words = " ".join(panel.drawing.get_supxlabel().split())
        assert words == f"{WORDS}; few"


def test_numbers_of_the_papers_own_models_are_compared(tmp_path):
    tables = made_tables(np.random.default_rng(1), "DeePSim", "BigGAN")
    source = write_tables(tmp_path / "source", tables, substitutes="")
    result = drawn(source, tmp_path / "none", tmp_path / "out")
    assert result.origin is Origin.COMPUTED
    verdicts = {c.published.id: c.verdict for c in compare(result)}
    assert verdicts["ext1c.n_targets"] == verdicts["ext1c.n_iterations"] == AGREES
    assert verdicts["ext1c.p"] == verdicts["ext1d.p"] == AGREES
    assert verdicts["ext1d.n"] == "differs"
    r = tables[ext1.INVERSION].set_index("generator").loc["DeePSim", "pearson_r"]
    assert result.statistics["ext1c.DeePSim.median"] == pytest.approx(np.median(r))
    runs = tables[ext1.ACTIVATION]
    assert result.statistics["ext1d.n"] == (~runs["matched"]).sum() == 60
    assert result.statistics["ext1d.r"] < -0.5


def test_without_tables_every_panel_says_what_computes_them(tmp_path, capsys):
    result = drawn(tmp_path / "none", tmp_path / "none", tmp_path / "out")
    assert result.problem == ""
    assert result.panels == ()
    assert {c.verdict for c in compare(result)} == {UNAVAILABLE}
    (line,) = result.not_drawn
    assert line.startswith("Panels Ext. 1A, Ext. 1B, Ext. 1C, Ext. 1D not drawn: No table of it")
    assert "`python -m core.generator_statistics`" in line


def test_a_panel_alone_is_drawn(tables, tmp_path):
    computed = write_tables(tmp_path / "computed", tables, panels="C")
    result = drawn(tmp_path / "none", computed, tmp_path / "out")
    assert {panel.panel for panel in result.panels} == {"Ext. 1C"}
    assert set(result.unavailable) == {"Ext. 1A", "Ext. 1B", "Ext. 1D"}


def test_tables_that_do_not_match_their_stamp_are_refused(tables, tmp_path):
    computed = write_tables(tmp_path / "computed", tables)
    path = computed / ext1.FOLDER / ext1.INVERSION.name
    path.write_text(path.read_text().replace("0.1", "0.2"))
    result = drawn(tmp_path / "none", computed, tmp_path / "out")
    assert (
        "expected the stamp of these tables, found none that fits" in result.unavailable["Ext. 1C"]
    )
    assert {panel.panel for panel in result.panels} == {"Ext. 1A", "Ext. 1B", "Ext. 1D"}


@pytest.mark.parametrize("gone", ["the stamp", "its words", "its version"])
def test_substitutes_copied_into_source_data_are_not_taken_for_the_papers(tables, tmp_path, gone):
    source = write_tables(tmp_path / "source", tables, panels="C")
    stamp = source / ext1.FOLDER / ext1.stamp_name("C")
    content = json.loads(stamp.read_text())
    if gone == "the stamp":
        stamp.unlink()
    elif gone == "its words":
        stamp.write_text(json.dumps({k: v for k, v in content.items() if k != "substitutes"}))
    else:
        stamp.write_text(json.dumps({**content, "version": ext1.VERSION + 1}))
    result = drawn(source, tmp_path / "none", tmp_path / "out")
    assert "found none that fits them" in result.unavailable["Ext. 1C"]
    assert {c.verdict for c in compare(result)} == {UNAVAILABLE}


def test_a_picture_that_was_changed_is_refused(tables, tmp_path):
    computed = write_tables(tmp_path / "computed", tables, panels="C")
    (computed / ext1.FOLDER / ext1.PICTURES["C"]).write_bytes(b"another")
    result = drawn(tmp_path / "none", computed, tmp_path / "out")
    assert "found none that fits them" in result.unavailable["Ext. 1C"]


def test_samples_are_named_by_the_sets_that_are_pictured(tables, tmp_path):
    # results of YOLO may be at hand of some sets only
    objects = tables[ext1.OBJECTNESS]
    tables[ext1.OBJECTNESS] = objects[objects["set"].isin(["crops B", "noise"])]
    computed = write_tables(tmp_path / "computed", tables, panels="A")
    reproduction = reproduce(SourceData(tmp_path), np.random.default_rng(0), computed)
    (samples,) = [panel for panel in reproduction.panels if panel.name == "samples"]
    labels = [text.get_text() for text in samples.drawing.axes[0].get_yticklabels()]
    assert labels == ["crops A", "crops B", "mine", "noise"]


def test_the_report_says_that_no_recordings_enter_it(tables, tmp_path):
    computed = write_tables(tmp_path / "computed", tables)
    result = drawn(tmp_path / "none", computed, tmp_path / "out")
    page = write_report([result], tmp_path / "out", 0, 1.0).read_text()
    assert "Extended Data Figure 1" in page
    assert "computed with substitutes for the paper" in page
    assert "Origin unknown" not in page
    assert "SIMULATED" not in page


@pytest.mark.parametrize("mode", ["local", "simulated", "auto"])
def test_it_is_chosen_without_recordings(mode, tmp_path):
    (choice,) = choose(["ext1"], mode, tmp_path)
    assert choice.source.root == tmp_path
    assert not choice.is_simulated
