"""The documentation site: built strictly, whole, and stopped by what would leave a hole in it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]

NOTEBOOKS = sorted(
    path for folder in ("tutorials", "studies") for path in (ROOT / "docs" / folder).glob("*.ipynb")
)

pytest.importorskip("mkdocs", reason="needs the packages of requirements-docs.txt")
pytest.importorskip("material", reason="needs the packages of requirements-docs.txt")


def build(project, out):
    """What `mkdocs build` says of a checkout, and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        cwd=project,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, with tutorials and studies executed."""
    out = tmp_path_factory.mktemp("built") / "site"
    done = build(ROOT, out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def small(tmp_path):
    """A checkout with two pages, one room and no notebooks."""
    shutil.copytree(ROOT / "docs" / "hooks", tmp_path / "docs" / "hooks")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    text = text.replace("  - docs/hooks/notebooks.py\n", "")
    head, tail = text.split("nav:\n")[0], text.split("\nvalidation:")[1]
    nav = "nav:\n  - index.md\n  - quickstart.md\n  - contributing.md\n  - changelog.md\n"
    (tmp_path / "mkdocs.yml").write_text(f"{head}{nav}  - Reference: []\n\nvalidation:{tail}")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        (tmp_path / name).write_text("# Page\n")
    include = '[tool.setuptools.packages.find]\ninclude = ["room*"]\n'
    (tmp_path / "pyproject.toml").write_text(include)
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text('"""A room."""\n')
    (tmp_path / "room" / "module.py").write_text(
        '"""A module."""\n\ndef double(number):\n    """Twice a number."""\n    return 2 * number\n'
    )
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[the start](../README.md#page)\n")
    return tmp_path


@pytest.mark.slow
def test_every_page_of_docs_and_every_room_is_on_the_site(site):
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / f"{page.stem}.html").is_file(), page.name
    rooms = {".".join(p.parent.relative_to(ROOT).parts) for p in ROOT.glob("core/**/__init__.py")}
    assert rooms <= {path.stem for path in (site / "reference").glob("*.html")}


@pytest.mark.slow
def test_the_reference_describes_what_a_room_offers(site):
    page = (site / "reference" / "core.generators.html").read_text(encoding="utf-8")
    assert 'id="core.generators.small.SmallGenerator"' in page
    assert 'id="core.generators.small.SmallGenerator.visualize"' in page
    assert "Codes of norm <code>2 sqrt(n)</code>" in page


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_shown_with_its_pictures(site, notebook):
    folder = site / notebook.parent.name
    page = (folder / f"{notebook.stem}.html").read_text(encoding="utf-8")
    pictures = re.findall(r'src="([^"]*_\d+_\d+\.png)"', page)
    assert len(pictures) >= 2
    assert all((folder / name).stat().st_size > 5000 for name in pictures)


@pytest.mark.slow
def test_words_of_pages_and_of_docstrings_are_found(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "natref" in index
    assert "reference/core.geometry.html#core.geometry.axes.equidistant_steps" in index


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//', page)


def test_a_link_to_a_page_beside_docs_leads_to_its_place(small):
    done = build(small, small / "out")
    assert done.returncode == 0, done.stderr
    assert 'href="quickstart.html#page"' in (small / "out" / "index.html").read_text()


def test_a_public_name_without_a_docstring_stops_the_build(small):
    module = small / "room" / "module.py"
    module.write_text(module.read_text().replace('    """Twice a number."""\n', ""))
    done = build(small, small / "out")
    assert done.returncode != 0
    assert "public names without a docstring: room/module.py:3 double" in done.stderr


def test_links_that_lead_nowhere_and_words_of_no_parameter_stop_the_build(small):
    page, module = small / "docs" / "index.md", small / "room" / "module.py"
    page.write_text("# Home\n\n[a](nowhere.md) [b](../README.md#cellar)\n")
    described = (
        "As `treble`[room.treble][].\n\n    Parameters\n    ----------\n    nummer\n        It.\n"
    )
    module.write_text(module.read_text().replace("Twice a number.", described + "    "))
    done = build(small, small / "out")
    assert done.returncode != 0
    assert "'nowhere.md', but the target" in done.stderr
    assert "does not contain an anchor '#cellar'" in done.stderr
    assert "Could not find cross-reference target 'room.treble'" in done.stderr
    assert "Parameter 'nummer' does not appear in the function signature" in done.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs_and_small(notebook):
    content = nbformat.read(notebook, as_version=4)
    nbformat.validate(content)
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert max(len(cell.source.splitlines()) for cell in cells) <= 40
    text = notebook.read_text(encoding="utf-8")
    assert not re.search(r"[\"\s(](/home|/root|/Users|/tmp|/work|[A-Z]:\\\\)", text)
