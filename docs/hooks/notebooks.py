"""Tutorials and studies: each notebook is run, and becomes a page with the pictures it draws."""

import shutil
import tempfile
from pathlib import Path

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

from source_data_export.execution import execute

ROOT = Path(__file__).resolve().parents[2]

FOLDERS = ("tutorials", "studies")
"""Folders of notebooks, below docs/ and on the site."""

TABLE = '<table border="1" class="dataframe">'
"""How pandas begins a table; without a class it looks as the other tables do, and scrolls."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and the pictures on it."""
    for notebook in _notebooks():
        folder = notebook.parent.name
        page, pictures = _exported(_executed(notebook), notebook.stem)
        files.append(File.generated(config, f"{folder}/{notebook.stem}.md", content=page))
        for name, content in pictures.items():
            files.append(File.generated(config, f"{folder}/{name}", content=content))
    return files


def _notebooks() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / "docs" / folder).glob("*.ipynb"))


def _executed(notebook: Path) -> nbformat.NotebookNode:
    """A copy with outputs, run in a folder of its own, without what is said while work goes on."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(notebook, folder))
        if problem := execute(copy, copy, {}).problem:
            raise PluginError(f"{notebook.name}, {problem}")
        content = nbformat.read(copy, as_version=4)
    for cell in content.cells:
        outputs = cell.get("outputs", [])
        cell["outputs"] = [output for output in outputs if output.get("name") != "stderr"]
    return content


def _exported(content: nbformat.NotebookNode, name: str) -> tuple[str, dict[str, bytes]]:
    resources = {"unique_key": name, "output_files_dir": ""}
    page, resources = MarkdownExporter().from_notebook_node(content, resources)
    return page.replace(TABLE, "<table>"), resources["outputs"]
