"""What the image is made of agrees with the project: its lock, its labels, what it leaves out."""

import re
import tomllib
from pathlib import Path

import pytest

from core.versions import pins

ROOT = Path(__file__).parents[1]

LOCKED = re.compile(
    r"""^(?P<name>[\w.-]+)==(?P<version>\S+)(?:\ ;\ [^\\\n]+)?\ \\\n
    (?P<hashes>(?:\ {4}--hash=sha256:[0-9a-f]{64}(?:\ \\)?\n)+)
    (?P<origins>(?:\ {4}\#.*\n)*)""",
    re.M | re.X,
)


def lock_text():
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def dockerfile():
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def same_name(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_locked_package_has_hashes():
    text = lock_text()
    assert len(LOCKED.findall(text)) == len(re.findall(r"^[^\s#]", text, re.M))


def test_the_lock_holds_what_the_requirements_pin_and_was_made_from_nothing_else():
    direct = {
        (same_name(entry["name"]), entry["version"])
        for entry in LOCKED.finditer(lock_text())
        if "-r requirements" in entry["origins"]
    }
    assert direct == {(same_name(name), version) for name, version in pins().items()}


def test_the_lock_installs_torch_with_its_cuda_libraries():
    locked = {entry["name"]: entry["version"] for entry in LOCKED.finditer(lock_text())}
    base = re.search(r"^ARG BASE_IMAGE=nvidia/cuda:(\d+\.\d+)", dockerfile(), re.M)
    assert locked["cuda-toolkit"].startswith(f"{base[1]}.")


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("version", "version"),
        ("title", "name"),
        ("description", "description"),
        ("licenses", "license"),
    ],
)
def test_the_labels_are_those_of_the_project(label, key):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    value = re.search(rf'org\.opencontainers\.image\.{label}="([^"]*)"', dockerfile())
    assert value[1] == project[key]


def test_what_git_ignores_stays_out_of_the_image():
    def patterns(name):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.removeprefix("**/").strip("/") for line in lines if line[:1] not in ("", "#")}

    assert patterns(".gitignore") | {".git"} <= patterns(".dockerignore")
