"""The notebooks as committed, and as they come out of a run on simulated recordings."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from core.contract import ext5
from core.contract.provenance import PROVENANCE_FILE_NAME, SIMULATION_FILE_NAME
from core.figures import RECORDED
from core.files import LOCK_NAME
from source_data_export.notebooks import FOLDER

ROOT = FOLDER.parent
MOST_LINES = 20
"""Of a cell."""


def read(path):
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    return content


def code_cells(content):
    return [cell for cell in content.cells if cell.cell_type == "code"]


@pytest.fixture(params=RECORDED)
def figure(request):
    return request.param


@pytest.fixture
def committed(figure):
    return read(FOLDER / RECORDED[figure].notebook)


def test_every_figure_has_its_notebook_and_no_other_lies_there():
    notebooks = {figure.notebook for figure in RECORDED.values()}
    assert {path.name for path in FOLDER.glob("*.ipynb")} == notebooks


def test_a_notebook_is_committed_without_outputs(committed, figure):
    for cell in code_cells(committed):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert set(committed.metadata) == {"kernelspec", "language_info"}
    assert committed.metadata.kernelspec.name == "python3"
    text = (FOLDER / RECORDED[figure].notebook).read_text(encoding="utf-8")
    assert not re.search(r'["\s(](/home|/root|/Users|/tmp|/work|[A-Z]:\\)', text)


def test_a_notebook_opens_with_what_it_makes_and_needs(committed):
    first, second, *_ = committed.cells
    assert first.source.startswith("# ")
    assert "**Makes**" in first.source
    assert "**Needs**" in first.source
    assert "MATROOT" in first.source
    assert "begin(" in second.source


def test_cells_are_small_and_the_last_one_writes(committed):
    assert "session.write(" in committed.cells[-1].source
    for cell in code_cells(committed):
        assert len(cell.source.splitlines()) <= MOST_LINES


def test_a_notebook_defines_no_function_and_imports_from_the_library_only(committed):
    trees = [ast.parse(cell.source) for cell in code_cells(committed)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assert not [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    packages = {name.split(".")[0] for name in modules | names}
    assert packages <= {
        *("core", "neuro_data_analysis", "source_data_export"),
        *("matplotlib", "numpy", "pandas"),
    }


@pytest.mark.slow
def test_all_notebooks_run_and_say_how_they_went(notebooks_run):
    done = notebooks_run.done
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert "simulated recordings" in lines[0]
    for number, figure in enumerate(RECORDED.values(), start=1):
        assert f"[{number}/7] {figure.notebook}" in lines
    absent = [line for line in lines if "not available" in line]
    assert [line.split(":")[1].split(",")[0].strip() for line in absent] == ["Figure 3G"]
    assert "covariance.csv" in absent[0]


@pytest.mark.slow
def test_notebooks_write_what_the_exporters_write_byte_for_byte(notebooks_run, source):
    def content(root):
        own = {PROVENANCE_FILE_NAME, SIMULATION_FILE_NAME, LOCK_NAME}
        files = [path for path in root.rglob("*") if path.is_file() and path.name not in own]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}

    written, expected = content(notebooks_run.source.root), content(source.root)
    # computed by the notebook alone, as no recording goes in
    assert written.keys() - expected.keys() == {file.path for file in ext5.ALIGNMENT.values()}
    assert expected.keys() <= written.keys()
    assert [name for name in expected if written[name] != expected[name]] == []
    assert len(expected) == 295
    assert notebooks_run.source.is_simulated
    records, others = notebooks_run.source.provenance, source.provenance
    assert {n: records[n].sha256 for n in others} == {n: r.sha256 for n, r in others.items()}


@pytest.mark.slow
def test_an_executed_copy_reads_well_anywhere(notebooks_run, simulation, figure):
    path = notebooks_run.executed / RECORDED[figure].notebook
    content = read(path)
    outputs = [output for cell in code_cells(content) for output in cell.outputs]
    kinds = {output.output_type for output in outputs}
    assert kinds == {"display_data", "execute_result"}, "an error, a warning or something printed"
    assert all(cell.execution_count for cell in code_cells(content))
    text = path.read_text(encoding="utf-8")
    for folder in (ROOT, simulation, notebooks_run.source.root.parent, Path.home()):
        assert str(folder) not in text
    assert "SIMULATED" in "".join(code_cells(content)[0].outputs[0]["data"]["text/markdown"])
    for output in outputs:
        html = output["data"].get("text/html", "")
        assert html.count("<tr") <= 20
        assert "SIMULATED" in html or not html.startswith("<div style")
