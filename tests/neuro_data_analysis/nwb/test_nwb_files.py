"""NWB files hold the same experiments, say what they are, and stand in for the MATLAB file."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.errors import MissingFileError, RecordingError, SettingError, run
from core.files import sha256
from neuro_data_analysis.nwb.__main__ import main
from neuro_data_analysis.nwb.codes import image_names
from neuro_data_analysis.nwb.run import write_all
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, evolution_file, open_recordings
from neuro_data_analysis.recordings.published_form import published_value
from tests.nwb_recordings import (
    FIRST,
    SECOND,
    code_files,
    element,
    with_image_names,
    with_metadata,
    write_matroot,
)

pynwb = pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")

ROOT = Path(__file__).parents[3]

EXPERIMENTS = {
    2: element(),
    4: element("Alfa-25112020-003", exact=False),
}


@pytest.fixture(scope="module")
def matroot(tmp_path_factory):
    """Two recordings among five elements."""
    elements = [EXPERIMENTS.get(expi, {"evol": None}) for expi in range(1, 6)]
    return write_matroot(tmp_path_factory.mktemp("recordings"), elements)


@pytest.fixture(scope="module")
def written(matroot, tmp_path_factory):
    """Folder of their NWB files; read only."""
    out = with_metadata(tmp_path_factory.mktemp("nwb"))
    assert write_all(matroot, out, n_jobs=1) == (out, 2, 0)
    return out


@pytest.fixture
def copied(written, tmp_path):
    """The same folder, to be changed."""
    return Path(shutil.copytree(written, tmp_path / "nwb"))


def file_in(folder, expi=2):
    (path,) = folder.glob(f"sub-*/*{EXPERIMENTS[expi]['meta']['ephysFN']}.nwb")
    return path


def assert_identical(found, expected, where=""):
    assert type(found) is type(expected), where
    if isinstance(found, dict):
        assert found.keys() == expected.keys(), where
        for name in found:
            assert_identical(found[name], expected[name], f"{where}.{name}")
    elif isinstance(found, (list, tuple)):
        assert len(found) == len(expected), where
        for index, pair in enumerate(zip(found, expected, strict=True)):
            assert_identical(*pair, f"{where}[{index}]")
    elif isinstance(found, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), where
        assert found.tobytes() == expected.tobytes(), where
    else:
        assert found == expected, where


CANONICAL = (
    *("psth", "ref_psth", "idx_seq", "ref_idx_seq", "rspmat", "ref_rspmat", "imageName"),
    *("n_blocks", "ephysFN", "expControlFN", "stimuli", "title", "visual_area", "space_names"),
    *("optim_names", "pref_chan", "unit_in_pref_chan", "imgsize", "imgpos", "spikeID", "unitID"),
)


@pytest.mark.parametrize("expi", EXPERIMENTS)
def test_a_round_trip_gives_the_same_experiment_bit_for_bit(matroot, written, expi):
    with open_recordings(matroot) as before, open_recordings(written) as after:
        assert after.usable() == before.usable() == [2, 4]
        assert len(after) == len(before) == 5
        for name in CANONICAL:
            found, expected = (getattr(r.experiment(expi), name) for r in (after, before))
            assert_identical(found, expected, name)
        # sums depend on the order of numbers in memory
        for thread in after.experiment(expi).psth:
            assert all(block.flags.f_contiguous for block in thread)


@pytest.mark.parametrize("expi", EXPERIMENTS)
def test_no_field_is_lost_whatever_it_holds(written, expi):
    with open_recordings(written) as after:
        found = published_value(dict(after.elements[expi - 1]))
    expected = published_value(EXPERIMENTS[expi])
    assert_identical(found, expected)
    assert expected["lab_note"].shape == (3,)


def test_rates_are_stored_in_single_precision_only_where_that_loses_nothing(written):
    for expi, dtype in ((2, "float32"), (4, "float64")):
        with h5py.File(file_in(written, expi)) as file:
            assert file["processing/ecephys/presentations/psth"].dtype == dtype


def test_the_same_recordings_give_the_same_bytes_in_any_time_zone(matroot, written, tmp_path):
    out = with_metadata(tmp_path)
    command = [sys.executable, "-m", "neuro_data_analysis.nwb"]
    command += ["--matroot", matroot, "--out", out, "--jobs=1"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"TZ": "Asia/Tokyo"}, capture_output=True, text=True
    )
    assert done.stdout == f"2 NWB files written, 0 kept: {out}\n", done.stderr
    for expi in EXPERIMENTS:
        assert sha256(file_in(out, expi)) == sha256(file_in(written, expi))


def test_simulated_recordings_say_so_in_the_file_and_in_its_name(tmp_path):
    matroot = write_matroot(tmp_path / "recordings", [element("Beto-22072020-002-SIM")])
    out = with_metadata(tmp_path / "nwb")
    write_all(matroot, out, n_jobs=1)
    (path,) = out.glob("sub-*/*.nwb")
    assert path.name == "sub-SIMULATED-Beto_ses-Beto-22072020-002-SIM.nwb"
    with pynwb.NWBHDF5IO(path, mode="r") as io:
        nwb = io.read()
        assert nwb.session_description.startswith("SIMULATED DATA: no animal was recorded.")
        assert nwb.subject.subject_id == "SIMULATED-Beto"
        assert nwb.subject.description.startswith("SIMULATED DATA")
        assert nwb.keywords[0] == "SIMULATED"
    with open_recordings(out) as recordings:
        assert recordings.is_simulated()


def test_a_mark_beside_the_recordings_goes_into_the_file(matroot, tmp_path):
    marked = Path(shutil.copytree(matroot, tmp_path / "recordings"))
    (marked / "SIMULATED.json").write_text("{}")
    out = with_metadata(tmp_path / "nwb")
    write_all(marked, out, n_jobs=1)
    moved = shutil.move(file_in(out), tmp_path / "alone.nwb")
    with open_recordings(moved) as recordings:
        assert recordings.usable() == [2]
        assert recordings.is_simulated()


def test_recorded_ones_are_not_called_simulated(written):
    assert file_in(written).name == "sub-Beto_ses-Beto-22072020-002.nwb"
    with open_recordings(written) as recordings:
        assert not recordings.is_simulated()


def test_files_made_from_the_same_are_kept_and_others_written_again(matroot, copied):
    whole = file_in(copied).read_bytes()
    assert write_all(matroot, copied, n_jobs=1)[1:] == (0, 2)
    file_in(copied).write_bytes(whole[: len(whole) // 2])
    assert write_all(matroot, copied, n_jobs=1)[1:] == (1, 1)
    assert file_in(copied).read_bytes() == whole
    changed = (copied / "metadata.yaml").read_text().replace("P9Y", "P10Y")
    (copied / "metadata.yaml").write_text(changed)
    assert write_all(matroot, copied, n_jobs=1)[1:] == (1, 1)  # of that animal


def test_codes_at_hand_are_written_by_the_names_of_their_images(tmp_path):
    matroot = write_matroot(tmp_path / "recordings", [with_image_names(element())])
    out = with_metadata(tmp_path / "nwb")
    write_all(matroot, out, n_jobs=1)
    (path,) = out.glob("sub-*/*.nwb")
    with h5py.File(path) as file:
        assert "optimizer" not in file["processing"]
    codes = code_files(matroot)
    assert write_all(matroot, out, n_jobs=1)[1:] == (1, 0)
    with h5py.File(path) as file:
        assert list(file["processing/optimizer"]) == ["codes_thread0"]
        table = file["processing/optimizer/codes_thread0"]
        assert table["image_name"].asstr()[()].tolist() == [*FIRST, SECOND]
        assert table["code"].dtype == np.float32
        np.testing.assert_array_equal(table["code"], codes)
    assert write_all(matroot, out, n_jobs=1)[1:] == (0, 1)


def test_founders_of_which_some_were_not_shown_have_no_names():
    ids = ["founder_001", "founder_002", f"{SECOND}.bmp"]
    assert image_names(ids, 0, FIRST[:2]) == [*FIRST[:2], SECOND]
    assert image_names(ids, 0, FIRST[:1]) == ["", "", SECOND]


def test_corrections_reach_the_file(matroot, tmp_path):
    out, overrides = with_metadata(tmp_path / "nwb"), tmp_path / "o.json"
    assert write_all(matroot, out, n_jobs=1)[1:] == (2, 0)
    overrides.write_text('{"4": {"optim_names": ["CMAES_Hessian", "CMAES"], "stimuli": "/there"}}')
    command = ["--matroot", matroot, "--out", out, "--overrides", overrides, "--jobs=1"]
    assert run(lambda: main(list(map(str, command)))) == 0
    with open_recordings(out) as recordings:
        assert recordings.experiment(4).optim_names == ("CMAES_Hessian", "CMAES")
        assert recordings.experiment(4).stimuli == "/there"
        assert recordings.experiment(2).stimuli == "N:\\Stimuli\\2020"
    assert write_all(matroot, out, None, 1, overrides)[1:] == (0, 2)
    assert write_all(matroot, out, n_jobs=1)[1:] == (1, 1)  # as they were recorded
    overrides.write_text('{"3": {"stimuli": "/there"}}')
    with pytest.raises(SettingError, match=r"o\.json: expected usable experiments, found \[3\]"):
        write_all(matroot, out, None, 1, overrides)


def test_the_folder_of_the_recordings_is_not_written(matroot):
    with pytest.raises(SettingError, match="another folder than that of the recordings"):
        write_all(matroot, matroot)


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(matroot, written, tmp_path):
    out = with_metadata(tmp_path)
    command = [sys.executable, "-m", "neuro_data_analysis.nwb"]
    command += ["--matroot", matroot, "--out", out, "--jobs=1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not list(out.glob("sub-*/*.nwb")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = {path: path.stat().st_mtime_ns for path in out.glob("sub-*/*.nwb")}
    write_all(matroot, out, n_jobs=1)
    assert all(path.stat().st_mtime_ns == when for path, when in first.items())
    for expi in EXPERIMENTS:
        assert sha256(file_in(out, expi)) == sha256(file_in(written, expi))
    left = {path.name for path in out.rglob("*") if path.is_file()}
    assert left == {".lock", "metadata.yaml", *(path.name for path in written.rglob("*.nwb"))}


def test_recordings_in_two_forms_are_refused(matroot, copied):
    shutil.copy(matroot / EVOLUTION_FILES[1], copied)
    with pytest.raises(
        SettingError, match=f"in one form, found {EVOLUTION_FILES[1]} and 2 NWB files; move one"
    ):
        evolution_file(copied)


def test_nwb_files_of_other_recordings_are_not_mixed_in(copied, tmp_path):
    matroot = write_matroot(tmp_path / "recordings", [element("Beto-23072020-002")])
    with pytest.raises(SettingError, match=r"found sub-\w+/sub-\w+_ses-\S+\.nwb; name another"):
        write_all(matroot, copied, n_jobs=1)


def test_nwb_files_are_no_source_of_nwb_files(written, tmp_path):
    with pytest.raises(SettingError, match="in MATLAB's or a pickle's form, found NWB files"):
        write_all(written, with_metadata(tmp_path))


def test_a_truncated_file_is_refused_by_its_name(copied):
    path = file_in(copied)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with (
        pytest.raises(
            RecordingError, match=rf"{path.name}: expected to read .* one that is cut off"
        ),
        open_recordings(copied),
    ):
        pass


def test_what_is_no_hdf5_file_is_refused(copied):
    file_in(copied).write_bytes(b"not at all")
    with pytest.raises(RecordingError, match="found a damaged one"), open_recordings(copied):
        pass


def rename_table(file):
    file.move("processing/ecephys/experiment", "processing/ecephys/other")


def raise_layout(file):
    file["processing/ecephys/experiment/layout_version"][0] = 2


def raise_version(file):
    file.attrs["nwb_version"] = "3.0.0"


def raise_number(file):
    file["processing/ecephys/experiment/expi"][0] = 10**9


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (rename_table, "found one without processing/ecephys/experiment"),
        (raise_layout, "found layout 2, where 1 is read; `./reproduce nwb` of this version"),
        (
            raise_number,
            "and that of all, found 1000000000 of 5",
        ),
        (raise_version, "found NWB 3.0.0, where 2 is read"),
        (lambda file: file.attrs.pop("nwb_version"), "an HDF5 file of another kind"),
    ],
)
def test_files_of_another_kind_or_version_are_refused(copied, change, found):
    with h5py.File(file_in(copied), "r+") as file:
        change(file)
    with pytest.raises(RecordingError, match=found), open_recordings(copied):
        pass


def test_a_column_that_is_gone_is_named_when_it_is_needed(copied):
    with h5py.File(file_in(copied), "r+") as file:
        del file["processing/ecephys/presentations/psth"]
    with open_recordings(copied) as recordings:
        experiment = recordings.experiment(2)
        assert len(experiment.imageName) == 17
        with pytest.raises(RecordingError, match=r"found one without .*/presentations/psth"):
            _ = experiment.psth


def test_two_files_of_one_experiment_are_refused(copied):
    shutil.copy(file_in(copied), copied / "again.nwb")
    with (
        pytest.raises(RecordingError, match=r"than the other files, found Exp 2, as in again\.nwb"),
        open_recordings(copied),
    ):
        pass


def test_a_file_that_is_gone_is_named(copied):
    with open_recordings(copied) as recordings:
        file_in(copied).unlink()
        with pytest.raises(MissingFileError, match=r"Beto-22072020-002\.nwb: expected the NWB"):
            _ = recordings.experiment(2).psth


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ([1.0, 1.0, 2.0], "ascending trial numbers, each once, found others in block 1"),
        ([1.0, 2.0, 99.0], "trial numbers from 1 to 17, found 99"),
    ],
)
def test_trial_numbers_that_contradict_themselves_are_refused(tmp_path, numbers, problem):
    raw = element()
    raw["evol"]["idx_seq"][0][0] = np.array([numbers])
    matroot = write_matroot(tmp_path / "recordings", [raw])
    out = with_metadata(tmp_path / "nwb")
    with pytest.raises(RecordingError, match=rf"Exp 1, field evol.idx_seq: expected {problem}"):
        write_all(matroot, out, n_jobs=1)
    assert list(out.rglob("*.nwb")) == []


def test_recordings_of_one_name_are_refused(tmp_path):
    matroot = write_matroot(tmp_path / "recordings", [element(), element()])
    with pytest.raises(RecordingError, match="Exp 2: expected a recording with a name of its own"):
        write_all(matroot, with_metadata(tmp_path / "nwb"))
