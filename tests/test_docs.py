"""The documents name what exists."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.contract.manifest import MANIFEST
from figure_reproduction.comparison import published_numbers

ROOT = Path(__file__).parents[1]


def panel_map():
    text = (ROOT / "docs" / "panel_map.md").read_text(encoding="utf-8")
    table = text.split("|---|---|---|---|---|---|\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


@pytest.mark.parametrize("row", panel_map(), ids=lambda row: row[0])
def test_the_panel_map_names_what_exists(row):
    _, script, computes, draws, files, ids = row
    for name in re.findall(r"`([^`]+)`", f"{computes} {draws}"):
        module, _, function = name.rpartition(".")
        assert callable(getattr(import_module(f"figure_reproduction.{module or script}"), function))
    for pattern in re.findall(r"`(?:\w+/)?([^`]+)`", files):
        expression = re.escape(pattern).replace(r"\*", ".*")
        assert any(re.fullmatch(expression, name) for name in MANIFEST), pattern
    for prefix in re.findall(r"`([^`]+)`", ids):
        assert any(number.id.startswith(prefix) for number in published_numbers())


def test_every_drawn_id_has_a_row():
    prefixes = [p for row in panel_map() for p in re.findall(r"`([^`]+)`", row[5])]
    for number in published_numbers():
        assert number.id.startswith(tuple(prefixes))


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *map(str, ROOT.glob("docs/*.md"))]
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_every_page_has_its_place_on_the_site():
    pages = {path.name for path in ROOT.glob("docs/*.md")}
    notebooks = [*ROOT.glob("docs/tutorials/*.ipynb"), *ROOT.glob("docs/studies/*.ipynb")]
    pages |= {f"{path.parent.name}/{path.stem}.md" for path in notebooks}
    placed = re.findall(r"^ .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    assert sorted(placed) == sorted(pages | {"quickstart.md", "contributing.md", "changelog.md"})


def test_no_picture_is_shipped_that_was_drawn_from_real_data():
    first = re.search(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    with Image.open(ROOT / first[1]) as picture:
        assert picture.info["Description"] == "SIMULATED"
    assert not [path.name for path in ROOT.glob("docs/images/Figure*") if "_SIM." not in path.name]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/networks.md"])
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S):
        exec(example, names)
    assert names["images"].shape == (8, 3, 256, 256)
    assert names["scores"].std() > 0


@pytest.mark.slow
def test_the_examples_of_optimizers_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    text = (ROOT / "docs" / "optimizers.md").read_text("utf-8")
    for example in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(example, names)
    assert np.abs(names["optimizer"].xmean - 2).max() < 0.1
    assert names["again"].population.tolist() == names["codes"].tolist()
    assert names["record"].n_done == 3
    assert names["counted"].settings["noise"]["baseline"] == 45
    assert len(list((tmp_path / "evolutions").glob("*.png"))) == 3


@pytest.mark.slow
def test_the_examples_of_twins_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (4, 240, 240, 3), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(tmp_path / "scenes" / f"{number}.png")
    names = {}
    text = (ROOT / "docs" / "dualneuron.md").read_text("utf-8")
    for example in re.findall(r"```python\n(.*?)```", text, re.S):
        if "DUALNEURON_DATA" in os.environ or "screen_activations" not in example:
            exec(example, names)
    assert names["guided"]["image"].shape == (1, 93, 93)
    assert names["least"]["objective"] < 0


@pytest.mark.slow
def test_the_example_of_scaling_out_runs(tmp_path):
    text = (ROOT / "docs" / "scaling_out.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True)
    results = pd.read_parquet(tmp_path / "sweep")
    assert results["name"].value_counts().to_dict() == {
        f"{name} {repeat}": 1 for name in ("CholeskyCMAES", "Genetic") for repeat in range(3)
    }
    assert (results["code_norm"] > 0).all()


@pytest.mark.slow
def test_the_example_of_tuning_runs(simulation, tmp_path, monkeypatch):
    (tmp_path / "simulated_data").symlink_to(simulation)
    monkeypatch.chdir(tmp_path)
    names = {}
    text = (ROOT / "docs" / "tuning.md").read_text("utf-8")
    for example in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(example, names)
    assert len(names["tuning"].trials) > 1000
