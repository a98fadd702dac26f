"""Running notebooks: what fails, what is absent, where source data go, and interruptions."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from core.contract import ext5, fig3, fig4, fig5
from core.contract.descriptions import Sizes
from core.contract.manifest import EXPERIMENT_ORDER
from core.contract.provenance import read_provenance
from core.contract.source_data import SourceData
from core.errors import SettingError, run
from core.experiments.alignment.data import BEST_SCORED, STAMP, VERSION
from core.experiments.stamps import write_stamp
from core.figures import FIGURES
from core.files import scratch
from core.project import ROOT, SIMULATED_SOURCE_DATA, SOURCE_DATA
from neuro_data_analysis.evolutions.cohort import experiment_order
from neuro_data_analysis.export import ext5 as export_ext5
from neuro_data_analysis.export import fig4 as export_fig4
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.export.opening import opened
from neuro_data_analysis.export.options import VARIABLE, Settings
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, Recordings
from source_data_export import __main__ as command
from source_data_export.execution import execute
from source_data_export.notebooks import FOLDER
from source_data_export.session import alignment_contents, begin

WRITING = "from source_data_export.session import Written\nWritten('Fig2', 3, ('no images.',))"
SIMULATE = "(`./reproduce simulate` makes simulated ones in simulated_data/matroot)."


def write_notebook(path, *sources):
    cells = [new_markdown_cell("# Test"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture(autouse=True)
def _style():
    """The look that `begin` gives to a notebook's figures ends with each test."""
    with plt.rc_context():
        yield


@pytest.fixture
def bare_matroot(simulation, tmp_path):
    """The paired evolutions, and nothing beside them."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / EVOLUTION_FILES[0]).symlink_to(simulation / "matroot" / EVOLUTION_FILES[0])
    return folder


@pytest.mark.slow
def test_a_failing_cell_is_said_in_one_line_and_the_others_still_run(
    simulation, tmp_path, monkeypatch, capfd
):
    write_notebook(tmp_path / "bad.ipynb", "1 + 1", "raise ValueError('no\\nsuch thing')", "1 / 0")
    write_notebook(tmp_path / "good.ipynb", WRITING)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    names = {"2": "bad.ipynb", "4": "good.ipynb"}
    figures = {word: replace(FIGURES[word], notebook=name) for word, name in names.items()}
    monkeypatch.setattr(command, "RECORDED", figures)
    executed, out = tmp_path / "executed", tmp_path / "out"
    words = [f"--matroot={simulation / 'matroot'}", f"--out={out}", f"--executed={executed}"]
    words += ["--figure=2", "--figure=4"]
    assert run(lambda: command.main(words)) == 1
    output, errors = capfd.readouterr()
    assert errors == "error: bad.ipynb, cell 2: ValueError: no such thing\n"
    assert "  not available: no images." in output.splitlines()
    assert f"Source data: {out}, without figure 2" in output.splitlines()
    first, second, third = nbformat.read(executed / "bad.ipynb", as_version=4).cells[1:]
    assert first.outputs[0]["data"]["text/plain"] == "2"
    assert second.outputs[0]["ename"] == "ValueError"
    assert third.outputs == []


@pytest.mark.slow
def test_a_kernel_that_dies_is_said(tmp_path):
    notebook = write_notebook(tmp_path / "dying.ipynb", "import os\nos._exit(3)", "1")
    problem = execute(notebook, tmp_path / "copy.ipynb", {}).problem
    assert problem == "cell 1: expected a working kernel, found an error: Kernel died."


@pytest.mark.slow
def test_the_first_cell_says_in_one_sentence_that_there_are_no_recordings(tmp_path):
    copy = tmp_path / "copy.ipynb"
    execution = execute(FOLDER / FIGURES["4"].notebook, copy, {"MATROOT": "", VARIABLE: "{}"})
    sentence = (
        "MATROOT: expected the folder of the recordings, found nothing; set this environment "
        f"variable {SIMULATE}"
    )
    assert execution.problem == f"cell 1: SettingError: {sentence}"
    (output,) = nbformat.read(copy, as_version=4).cells[1].outputs
    assert output["traceback"] == [f"SettingError: {sentence}"]


def test_whatever_is_wrong_with_matroot_is_one_sentence_with_a_way_out(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "empty").mkdir()
    for folder in ("", tmp_path / "absent", tmp_path / "empty"):
        monkeypatch.setenv("MATROOT", str(folder))
        assert run(lambda: begin("4")) == 2
        assert run(lambda: command.main(["--figure", "4"])) == 2
    monkeypatch.delenv("MATROOT")
    assert run(lambda: begin("4")) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("error: ") and line.endswith(SIMULATE) for line in lines)
    assert lines[0].startswith("error: MATROOT: expected the folder of the recordings, found noth")
    assert f"found none at {tmp_path / 'absent'}" in lines[2]
    assert f"{tmp_path / 'empty'}: expected {EVOLUTION_FILES[0]}" in lines[4]


def test_an_unknown_figure_is_refused(capsys):
    assert run(lambda: command.main(["--figure", "7"])) == 2
    assert "--figure: expected one of 2, 3, 4, 5, 6, ext4, ext5" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_absent_is_said_and_the_rest_is_made(export, bare_matroot, tmp_path):
    out = tmp_path / "out"
    words = [f"--figure={figure}" for figure in ("3", "6")]
    done = export(*words, "--out", out, "--executed", tmp_path / "executed", MATROOT=bare_matroot)
    assert done.returncode == 0, done.stderr
    absent = [line.strip() for line in done.stdout.splitlines() if "not available" in line]
    assert [line.split(":")[1].split(",")[0].strip() for line in absent] == [
        "Figure 3G",
        "Figure 3G",
        "Figure 6",
    ]
    assert all("MATROOT/" in line and str(bare_matroot) not in line for line in absent)
    table = SourceData(out).read(fig3.SIMILARITY)
    assert table["psth_MAE"].notna().all()
    assert table["cosine_reevol_resnet_avgpool"].isna().all()
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["Fig3"]


def test_simulated_recordings_never_go_to_source_data(simulation, monkeypatch):
    matroot = simulation / "matroot"
    with opened(Settings(), (), matroot) as found:
        assert found.output.simulated
        assert found.output.root == SIMULATED_SOURCE_DATA
    with (
        opened(Settings(out=SOURCE_DATA), (fig4.FOLDER,), matroot) as found,
        pytest.raises(SettingError, match="expected real recordings for this folder"),
    ):
        found.output.refuse()
    monkeypatch.setattr(Recordings, "is_simulated", lambda self: False)
    with opened(Settings(), (), matroot) as found:
        assert found.output.root == SOURCE_DATA


def test_files_of_another_origin_are_refused_before_a_notebook_runs(simulation, tmp_path, capsys):
    out = tmp_path / "out"
    (out / fig4.FOLDER).mkdir(parents=True)
    (out / "SIMULATED.json").write_text("{}")
    (out / fig4.MASKS.path).write_text("valid\n1\n")
    words = [f"--matroot={simulation / 'matroot'}", f"--out={out}", "--figure=4"]
    assert run(lambda: command.main(words)) == 2
    captured = capsys.readouterr()
    assert "found one with no known origin; --force replaces it" in captured.err
    assert captured.out == ""


def only(recordings, chosen):
    """Recordings of which all but some experiments are unset."""
    elements = enumerate(recordings.elements, start=1)
    return Recordings([raw if expi in chosen else None for expi, raw in elements])


def test_a_figure_is_not_written_beside_figures_of_other_experiments(recordings, folders, tmp_path):
    first, second = (
        export_fig4.contents(Inputs(only(recordings, chosen), folders))
        for chosen in ((3, 155), (3, 25))
    )
    output = Output(tmp_path, (fig4.FOLDER,), True, "test")
    output.write(first)
    (tmp_path / fig5.MASKS.path).parent.mkdir()
    (tmp_path / fig5.MASKS.path).touch()
    before = (tmp_path / EXPERIMENT_ORDER.path).read_bytes()
    with pytest.raises(SettingError, match=f"to which {fig5.MASKS.path} belongs"):
        output.write(second)
    assert (tmp_path / EXPERIMENT_ORDER.path).read_bytes() == before
    output.write(first)
    replace(output, folders=(fig4.FOLDER, fig5.FOLDER)).write(second)
    replace(output, force=True).write(first)
    assert (tmp_path / EXPERIMENT_ORDER.path).read_bytes() == before


def test_nothing_is_written_where_there_is_nothing(bare_matroot, tmp_path, monkeypatch):
    monkeypatch.setenv("MATROOT", str(bare_matroot))
    out = tmp_path / "out"
    session = begin("ext5", out=out)
    written = session.write(export_ext5.contents(session.inputs))
    assert written.n_files == 0
    assert [s.split(", found")[0] for s in written.unavailable] == [
        "Extended Data Figure 5, MATROOT/Latent_Linearity/"
        "BigGAN_Caffenet_latent_code_linearity_results.csv: expected the regressions of BigGAN",
        "Extended Data Figure 5, MATROOT/Latent_Linearity/"
        "DeePSim_FC6_Caffenet_latent_code_linearity_results.csv: expected the regressions of "
        "DeePSim",
    ]
    assert list(out.iterdir()) == []


def test_alignment_is_exported_as_computed(bare_matroot, tmp_path, monkeypatch):
    source = SourceData(tmp_path / "computed", Sizes())
    for file in ext5.ALIGNMENT.values():
        n = np.arange(640)
        columns = {"dimension": n, "stack_size": n, "seed": n, "gaussian_value": n / 640}
        source.write(file, pd.DataFrame(columns))
    (source.root / BEST_SCORED).write_text("1\n")
    files = [*(source.path(file) for file in ext5.ALIGNMENT.values()), source.root / BEST_SCORED]
    write_stamp(source.root / STAMP, files, {"version": VERSION})
    monkeypatch.setenv("MATROOT", str(bare_matroot))
    session = begin("ext5", out=tmp_path / "out")
    alignment = alignment_contents(source.root)
    assert session.write(alignment).n_files == 2
    names = {f"ExtendedFig5/{file.name}" for file in ext5.ALIGNMENT.values()}
    records = read_provenance(tmp_path / "out")
    assert {name for name, known in records.items() if known.details.get("computed")} == names


def test_the_order_of_experiments_needs_no_responses(recordings, source):
    order = experiment_order(recordings)
    assert order.to_dict("list") == source.experiment_order.to_dict("list")


def test_settings_reach_the_notebooks(tmp_path, monkeypatch):
    settings = Settings(
        out=tmp_path / "ü", example=6, records=tmp_path, jobs=3, force=True, figures=("2", "4")
    )
    variables = settings.to_environment()
    json.loads(variables[VARIABLE])
    assert Settings.from_environment(variables) == settings
    assert Settings.from_environment({}) == Settings()
    with pytest.raises(SettingError, match="--formatted: expected a folder, found none at"):
        Settings(formatted=tmp_path / "absent")


@pytest.mark.slow
def test_an_interrupt_ends_the_kernel_and_leaves_the_folder_as_it_was(simulation, tmp_path):
    out = tmp_path / "out"
    words = [f"--matroot={simulation / 'matroot'}", f"--out={out}", "--figure=6"]
    process = subprocess.Popen(
        [sys.executable, "-m", "source_data_export", *words, f"--executed={tmp_path / 'executed'}"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while "[1/1]" not in process.stdout.readline():
        assert process.poll() is None
    started = children_of(process, "ipykernel")
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "interrupted: no file was left half-written\n"
    assert list(out.iterdir()) == []
    psutil.wait_procs(started, timeout=10)
    assert [kernel for kernel in started if kernel.is_running()] == []


EXECUTE = """
import sys
from pathlib import Path
from source_data_export.execution import execute

execute(Path(sys.argv[1]), Path(sys.argv[2]), {})
"""


@pytest.mark.slow
def test_a_killed_run_leaves_no_kernel_and_no_file(tmp_path, monkeypatch):
    notebook = write_notebook(tmp_path / "slow.ipynb", "import time\ntime.sleep(100)")
    temporary, copy = tmp_path / "temporary", tmp_path / "copy.ipynb"
    temporary.mkdir()
    copy.write_text("an earlier copy")
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE, notebook, copy],
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    started = children_of(process, "ipykernel")
    process.kill()
    process.wait()
    assert psutil.wait_procs(started, timeout=20)[1] == []
    assert copy.read_text() == "an earlier copy"
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with scratch():
        pass
    assert list(temporary.iterdir()) == []


def children_of(process, words, seconds=60):
    """The processes below one, as soon as one of them has `words` in its command line."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = psutil.Process(process.pid).children(recursive=True)
        if any(words in " ".join(child.cmdline()) for child in found):
            time.sleep(3)
            return psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.1)
    raise AssertionError(f"no process of {words}")


def test_executed_copies_are_kept_from_git():
    ignored = (Path(FOLDER).parent / ".gitignore").read_text().splitlines()
    assert {"simulated_source_data/", "source_data_export/executed/"} <= set(ignored)
