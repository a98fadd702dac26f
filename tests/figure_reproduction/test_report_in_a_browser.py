"""The report in Chromium: no error, no request, readable on any screen, search, places, print.

Needs Chromium, Node and ``npm ci --prefix tests/browser``. The page is that of all figures with the
published numbers and those that the authors printed elsewhere, a few of them changed, and with
pictures of the usual sizes.
"""

import json
import os
import subprocess

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from core.contract.provenance import Origin
from core.figures import FIGURES
from figure_reproduction.claims.listed import claims
from figure_reproduction.comparison import published_numbers
from figure_reproduction.panels import Panel, save
from figure_reproduction.report import write_report
from figure_reproduction.results import ClaimNumbers, FigureResult, SourceFile, SourceWords
from tests.chromium import FOLDER, browser

mpl.use("Agg")

REPORT = os.environ.get("REPORT_IN_A_BROWSER")
"""A page to be opened instead, say that of the last run."""

SIMULATED_FIGURES = ("3", "6")

CHANGED = {"fig4b.initial.V1.t": 0.0, "fig5c.IT.n": 60.0}


def figure(word, out):
    """A figure with a picture of every panel."""
    published = FIGURES[word]
    origin = Origin.SIMULATED if word in SIMULATED_FIGURES else Origin.RECORDED
    pictures = []
    for letter in published.panels:
        width = 20 if (word, letter) in (("5", "C"), ("ext4", "C")) else 7
        plot, ax = plt.subplots(figsize=(width, 4))
        ax.plot([1, 3, 2])
        pictures.append(
            save(Panel(letter, "", plot, "A line", ("A note.",)), published, out, origin)
        )
        plt.close(plot)
    values = {n.id: n.value for n in published_numbers() if n.figure == published.folder}
    return FigureResult(
        figure=word,
        source=out / "source_data",
        origin=origin,
        panels=tuple(pictures),
        statistics=values | {k: v for k, v in CHANGED.items() if k in values},
        files=(SourceFile(f"{published.folder}/a.csv", "0" * 64, "export", "2026-01-01"),),
        claims=ClaimNumbers({c.id: c.value for c in claims() if c.figure == published.folder}),
        about=SourceWords("Made by hand.", "2026-01-01", {"width": 2.0, "areas": {"V1": [1, 2]}}),
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What a browser finds, and where its pictures lie."""
    chromium, out = browser(), tmp_path_factory.mktemp("report")
    page = REPORT or write_report([figure(word, out) for word in FIGURES], out, 7, 1.0)
    command = ["node", FOLDER / "check_page.mjs", chromium, page, out]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "pictures": out}


def test_nothing_goes_wrong_and_nothing_is_fetched(found):
    assert found["errors"] == []
    assert found["requests"] == []


@pytest.mark.parametrize("view", ["wide", "dark", "phone"])
def test_the_page_is_accessible_and_fits_the_screen(found, view):
    seen = found["views"][view]
    assert seen["folded"] == []
    assert seen["violations"] == []
    assert seen["width"] == seen["width_open"] == (390 if view == "phone" else 1400)
    assert seen["hidden"] == 0


def test_dark_is_dark_and_light_is_light(found):
    brightness = {
        view: Image.open(found["pictures"] / f"{view}.png")
        .convert("L")
        .resize((1, 1))
        .getpixel((0, 0))
        for view in found["views"]
    }
    assert brightness["dark"] < 60
    assert min(brightness["wide"], brightness["phone"]) > 200


def test_search_filter_and_sorting_work(found):
    assert found["all"] >= 1105
    assert found["searched"] == 6
    assert found["said"] == f"6 of {found['all']:,} numbers"
    assert found["differ"] == (2 if not REPORT else found["differ"])
    assert found["sorted"] == sorted(found["sorted"])
    assert len(found["sorted"]) == 30


def test_a_link_to_a_number_unfolds_it(found):
    assert found["scrolled"]


def test_without_script_the_page_is_read_and_no_dead_tool_is_shown(found):
    assert found["without_script"] == {"tools": False, "answer": True}


def test_the_printed_page_is_short(found):
    assert 1 <= found["pages"] <= 15
