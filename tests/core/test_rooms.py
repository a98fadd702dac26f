"""Rooms hand on their public names, and cost no torch where they need none."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DOOR = "core.utils"

ROOMS = sorted(
    f"{package}.{path.parent.name}"
    for package in ("core", "neuro_data_analysis", "dualneuron")
    for path in (ROOT / package).glob("*/__init__.py")
    if f"{package}.{path.parent.name}" != DOOR
)

WITHOUT_TORCH = [
    "core.computing",
    "core.statistics",
    "core.images",
    "core.plotting",
    "core.level_sets",
    "core.contract",
    "core.explorer",
    "core.acquisition",
    "core.matlab",
    "core.experiments",
    "neuro_data_analysis.recordings",
    "neuro_data_analysis.evolutions",
    "neuro_data_analysis.tuning",
    "neuro_data_analysis.export",
    "neuro_data_analysis.claims",
    "neuro_data_analysis.simulation",
    "neuro_data_analysis.tuning_maps",
]

IMPORT = """
import importlib, sys

for name in sys.argv[1:]:
    room = importlib.import_module(name)
    for handed_on in getattr(room, "__all__", []):
        getattr(room, handed_on)
        assert "torch" not in sys.modules, f"{name}.{handed_on}"
    assert "torch" not in sys.modules, name
"""

rooms = pytest.mark.parametrize("name", ROOMS)


@rooms
def test_a_room_states_its_purpose(name):
    assert (import_module(name).__doc__ or "").strip()


@rooms
def test_every_name_that_a_room_hands_on_imports(name):
    room = import_module(name)
    for handed_on in getattr(room, "__all__", []):
        assert getattr(room, handed_on) is not None


@rooms
def test_a_room_lists_the_names_that_it_hands_on(name):
    room = import_module(name)
    if hasattr(room, "__all__"):
        assert dir(room) == sorted(room.__all__)


@rooms
def test_no_module_of_a_room_shadows_a_name_that_it_hands_on(name):
    room = import_module(name)
    folder = Path(room.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert modules.isdisjoint(getattr(room, "__all__", []))


def test_a_room_has_no_other_names():
    with pytest.raises(AttributeError, match=r"module 'core\.images' has no attribute 'video'"):
        import_module("core.images").video  # noqa: B018


def test_a_name_of_a_room_is_the_one_of_its_module():
    from core.images import resize_and_pad

    assert resize_and_pad is import_module("core.images.canvas").resize_and_pad


def test_rooms_without_networks_and_their_names_import_no_torch():
    command = [sys.executable, "-c", IMPORT, *WITHOUT_TORCH]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
