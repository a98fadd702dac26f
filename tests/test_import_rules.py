"""The import rules of the project: who may stand on whom, and what drawing must not need."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PACKAGES = ("core", "neuro_data_analysis", "figure_reproduction", "source_data_export")

ALLOWED = {
    "core": {"core"},
    "neuro_data_analysis": {"core", "neuro_data_analysis"},
    "figure_reproduction": {"core", "figure_reproduction"},
    "source_data_export": {"core", "neuro_data_analysis", "source_data_export"},
}

GROUND_FLOOR = {
    "arguments",
    "download",
    "environment",
    "errors",
    "files",
    "interrupt",
    "optional",
    "parallel",
    "progress",
    "project",
    "utils",
    "versions",
    "weights",
}
CORE_ALLOWED = {
    **dict.fromkeys(GROUND_FLOOR, GROUND_FLOOR),
    "statistics": GROUND_FLOOR | {"statistics"},
    "contract": GROUND_FLOOR | {"statistics", "contract"},
    "experiments": GROUND_FLOOR | {"statistics", "contract", "experiments"},
}


def modules():
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path):
    package, *inner = path.relative_to(ROOT).parts
    for name in imported(path):
        parts = name.split(".")
        if parts[0] not in PACKAGES:
            continue
        assert parts[0] in ALLOWED[package], f"{path} imports {name}"
        if package == "core" and parts[0] == "core" and len(parts) > 1 and len(inner) > 0:
            floor = inner[0].removesuffix(".py")
            if floor != "__init__":
                assert parts[1] in CORE_ALLOWED[floor], f"{path} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pickles_are_loaded_in_one_place_only(path):
    calls = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "pickle"
    ]
    allowed = {"dump", "dumps", "UnpicklingError"}
    if path.name == "unpickling.py":
        allowed |= {"_Unpickler", "BUILD"}
    assert set(calls) <= allowed


HEAVY = ("torch", "torchvision", "seaborn", "statsmodels", "h5py")


DRAW = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r} or name.startswith("neuro_data_analysis"):
            raise ImportError("drawing imported " + name)

sys.meta_path.insert(0, Refuse())

if __name__ == "__main__":
    from figure_reproduction.__main__ import main

    source, out = sys.argv[1:]
    sys.exit(main(["--data", "local", "--source-data", source, "--out", out, "--jobs", "1"]))
"""


@pytest.mark.slow
def test_drawing_needs_neither_torch_nor_the_recordings_reader(source, tmp_path):
    script = tmp_path / "draw.py"
    script.write_text(DRAW)
    command = [sys.executable, script, source.root, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").is_file()


def test_help_is_answered_with_the_standard_library_alone(tmp_path):
    for module in (
        "figure_reproduction",
        "neuro_data_analysis.export",
        "neuro_data_analysis.simulation",
        "source_data_export",
    ):
        done = subprocess.run(
            [sys.executable, "-S", "-m", module, "--help"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("usage: ")
