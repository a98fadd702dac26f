"""The import rules of the project: who may stand on whom, and what drawing must not need."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PACKAGES = (
    *("core", "neuro_data_analysis", "figure_reproduction", "source_data_export"),
    "dualneuron",
)

ALLOWED = {
    "core": {"core"},
    "neuro_data_analysis": {"core", "neuro_data_analysis"},
    "figure_reproduction": {"core", "figure_reproduction"},
    "source_data_export": {"core", "neuro_data_analysis", "source_data_export"},
    "dualneuron": {"core", "dualneuron"},
}

CORE_ROOMS = {
    "matlab": set(),
    "statistics": set(),
    "computing": set(),
    "images": {"computing"},
    "plotting": {"statistics"},
    "networks": {"computing", "images"},
    "generators": {"computing", "images"},
    "probing": {"computing", "images", "networks", "generators", "plotting"},
    "optimizers": {"computing", "generators"},
    "level_sets": {"statistics", "computing", "plotting", "generators"},
    "geometry": {
        *("computing", "statistics", "images", "plotting", "networks", "probing"),
        *("generators", "optimizers"),
    },
    "generator_statistics": {
        *("computing", "statistics", "images", "plotting", "networks", "probing"),
        *("generators", "optimizers", "geometry", "contract", "explorer"),
    },
    "contract": {"statistics"},
    "explorer": {"statistics"},
    "acquisition": {"contract", "explorer"},
    "experiments": {
        *("computing", "statistics", "images", "plotting", "networks", "probing"),
        *("generators", "optimizers", "geometry", "contract", "matlab"),
    },
}
"""Rooms of core: what each may import besides itself and the ground, the files directly in core."""

DOOR = "utils"
"""Published names; may import every room, and nobody comes in by it."""

COMMANDS_OF_OTHER_ROOMS = {
    ("core/contract/__main__.py", "acquisition"),
    ("core/geometry/__main__.py", "experiments"),
    *(
        ("core/level_sets/study.py", room)
        for room in ("experiments", "optimizers", "probing", "images")
    ),
    ("core/generator_statistics/study.py", "experiments"),
    ("core/generator_statistics/panels/evolved.py", "experiments"),
}
"""``python -m core.contract download`` and ``core.geometry evolution`` hand on to the room that
does it; studies evolve units of networks, which the rest of their rooms know nothing of."""

ANALYSIS_ROOMS = {
    "recordings": ({"contract", "statistics", "matlab"}, set()),
    "evolutions": ({"contract", "statistics", "explorer"}, {"recordings"}),
    "tuning": ({"contract", "statistics", "images"}, {"recordings", "evolutions"}),
    "image_similarity": (
        {"networks", "probing", "statistics", "images", "computing", "contract"},
        {"recordings", "evolutions"},
    ),
    "evolved_images": (
        {"explorer", "statistics", "plotting"},
        {"evolutions", "image_similarity"},
    ),
    "export": (
        {"contract", "statistics", "explorer"},
        {"recordings", "evolutions", "tuning", "image_similarity"},
    ),
    "claims": (
        {"contract", "statistics", "explorer", "plotting"},
        {"recordings", "evolutions", "export"},
    ),
    "nwb": ({"matlab"}, {"recordings"}),
    "tuning_maps": ({"statistics", "matlab", "level_sets"}, {"recordings"}),
    "simulation": (
        {
            *("contract", "statistics", "matlab", "computing", "optimizers", "images"),
            *("explorer", "plotting"),
        },
        {"recordings", "evolutions", "tuning", "image_similarity", "export"},
    ),
}
"""Rooms of neuro_data_analysis: the rooms of core, and of its own package, that each may import."""

TWIN_ROOMS = {
    "twins": set(),
    "synthesis": {"twins"},
    "screening": {"twins"},
    "dream": {"twins", "screening", "synthesis"},
    "paired": {"twins"},
    "evolved": {"twins", "paired"},
    "landscape": {"twins", "synthesis", "paired"},
}
"""Rooms of dualneuron, and those of its own package that each may import."""

ANALYSIS_DOORS = {
    *("neural_data_lib", "neural_data_utils", "image_comparison_lib"),
    "neural_tuning_analysis_lib",
}


def rooms_of(package):
    return {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}


def modules():
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path):
    """Names of the project that a module imports, as lists of parts."""
    parts = (name.split(".") for name in imported(path))
    return [name for name in parts if name[0] in PACKAGES]


by_path = pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))


def test_the_table_names_every_room():
    assert rooms_of("core") == CORE_ROOMS.keys() | {DOOR}
    assert rooms_of("neuro_data_analysis") == ANALYSIS_ROOMS.keys()
    assert rooms_of("dualneuron") == TWIN_ROOMS.keys()


@by_path
def test_a_package_imports_only_packages_below_it(path):
    package = path.relative_to(ROOT).parts[0]
    for name in own_imports(path):
        assert name[0] in ALLOWED[package], f"{path} imports {'.'.join(name)}"


@by_path
def test_a_room_imports_only_the_rooms_that_it_may(path):
    package, room, *_ = path.relative_to(ROOT).parts
    where = str(path.relative_to(ROOT))
    if room == DOOR or room.removesuffix(".py") in ANALYSIS_DOORS:
        return
    core_rooms, own_rooms = CORE_ROOMS.keys(), set()
    if package == "core":
        core_rooms = CORE_ROOMS.get(room, set()) | {room}
    elif package == "neuro_data_analysis" and room in ANALYSIS_ROOMS:
        core_rooms, own_rooms = ANALYSIS_ROOMS[room]
        own_rooms = own_rooms | {room}
    for name in own_imports(path):
        if name[0] == "core" and name[1] in CORE_ROOMS:
            allowed = name[1] in core_rooms or (where, name[1]) in COMMANDS_OF_OTHER_ROOMS
            assert allowed, f"{path} imports {'.'.join(name)}"
        if package == "neuro_data_analysis" and room in ANALYSIS_ROOMS and name[0] == package:
            assert name[1] in own_rooms, f"{path} imports {'.'.join(name)}"
        if package == name[0] == "dualneuron" and room in TWIN_ROOMS and name[1] in TWIN_ROOMS:
            assert name[1] in TWIN_ROOMS[room] | {room}, f"{path} imports {'.'.join(name)}"


@by_path
def test_nobody_inside_comes_in_by_a_door(path):
    room = path.relative_to(ROOT).parts[1]
    if room == DOOR or room.removesuffix(".py") in ANALYSIS_DOORS:
        return
    for name in own_imports(path):
        assert name[:2] != ["core", DOOR], f"{path} imports {'.'.join(name)}"
        is_door = name[0] == "neuro_data_analysis" and name[1] in ANALYSIS_DOORS
        assert not is_door, f"{path} imports {'.'.join(name)}"


def test_no_folder_is_a_warehouse():
    counts = {}
    for path in modules():
        # there is one script and one contract for each figure, however many figures there are
        of_a_figure = re.fullmatch(r"Figure\w+|(fig|ext)\d", path.stem)
        counted = path.name != "__init__.py" and not of_a_figure
        counts[path.parent] = counts.get(path.parent, 0) + counted
    ground = counts.pop(ROOT / "core")
    assert ground <= 21, f"core itself holds {ground} files"
    fullest = max(counts, key=counts.get)
    assert counts[fullest] <= 18, f"{fullest} holds {counts[fullest]} files"


@by_path
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


COMMANDS = (
    "core.contract check-sources",
    "core.contract download",
    "core.contract import",
    "core.experiments.alignment_data",
    "core.experiments.closed_loop",
    "core.experiments.closed_loop rig",
    "core.experiments.closed_loop start",
    "core.experiments.evolve",
    "core.experiments.linearity_data",
    "core.experiments.optimizer_benchmark",
    "core.generator_statistics",
    "core.geometry",
    "core.geometry axes",
    "core.geometry evolution",
    "core.geometry invert",
    "core.geometry spectrum",
    "core.level_sets",
    "core.utils.layer_hook_utils",
    "core.versions",
    "dualneuron",
    "dualneuron axis",
    "dualneuron fetch",
    "dualneuron summary",
    "dualneuron screen",
    "dualneuron paired",
    "dualneuron evolved",
    "figure_reproduction",
    "figure_reproduction.report",
    "neuro_data_analysis.claims",
    "neuro_data_analysis.covariance_tensors",
    "neuro_data_analysis.evolved_images",
    "neuro_data_analysis.evolved_images similarity",
    "neuro_data_analysis.export",
    "neuro_data_analysis.export.explorer",
    "neuro_data_analysis.nwb",
    "neuro_data_analysis.prototype_similarity",
    "neuro_data_analysis.session",
    "neuro_data_analysis.simulation",
    "neuro_data_analysis.simulation.compare",
    "neuro_data_analysis.tuning_maps",
    "source_data_export",
    "source_data_export.twins",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_answered_with_the_standard_library_alone(command):
    done = subprocess.run(
        [sys.executable, "-S", "-m", *command.split(), "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")


NOT_NEEDED_AT_FIRST = {
    "figure_reproduction.Figure4_reproduction, figure_reproduction.report.page": {
        *("scipy.stats", "scipy.optimize", "sklearn", "requests", "osfclient", "torch", "h5py"),
    },
    "core.experiments.evolution.evolve_run": {
        *("matplotlib", "scipy.stats", "sklearn", "pandas", "torchvision", "timm", "requests"),
        *("cma", "cmaes", "distributed", "torch._dynamo"),
    },
}
"""What must not be imported for Figure 4, and before the first batch of an evolution."""


@pytest.mark.parametrize("modules", NOT_NEEDED_AT_FIRST)
def test_what_takes_long_to_import_is_not_imported_before_it_is_needed(modules):
    program = f"import sys, {modules}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert not NOT_NEEDED_AT_FIRST[modules] & set(done.stdout.split())
