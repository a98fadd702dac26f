"""The checkers of the archive DANDI find nothing in a folder of our files; offline."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neuro_data_analysis.nwb.run import write_all
from tests.nwb_recordings import (
    code_files,
    element,
    with_image_names,
    with_metadata,
    write_matroot,
)

pynwb = pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A recorded and a simulated experiment would not be mixed: two folders, one data set each."""
    root = tmp_path_factory.mktemp("dandi")
    for name in ("Beto-22072020-002", "Alfa-25112020-003-SIM"):
        matroot = write_matroot(root / "recordings" / name, [with_image_names(element(name))])
        code_files(matroot)
        out = with_metadata(root / "nwb" / name)
        write_all(matroot, out, n_jobs=1)
        (out / "dandiset.yaml").touch()
    return root / "nwb"


def files(folder):
    found = sorted(folder.glob("*/sub-*/*.nwb"))
    assert len(found) == 2
    return found


def test_pynwb_finds_the_files_valid(folder):
    for path in files(folder):
        assert pynwb.validate(path=str(path)) == []


def test_the_inspector_has_suggestions_only(folder):
    inspector = pytest.importorskip(
        "nwbinspector", reason="nwbinspector is not installed; it is no requirement"
    )
    suggestion = inspector.Importance.BEST_PRACTICE_SUGGESTION
    config = inspector.load_config("dandi")
    for path in files(folder):
        messages = list(inspector.inspect_nwbfile(nwbfile_path=str(path), config=config))
        assert [m.message for m in messages if m.importance != suggestion] == []


def test_dandi_validates_the_folder(folder):
    pytest.importorskip("dandi", reason="dandi is not installed; it is no requirement")
    for path in files(folder):
        command = [Path(sys.executable).with_name("dandi"), "validate", path.parents[1]]
        environment = os.environ | {"DANDI_NO_ET": "1", "HOME": str(folder)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "No errors found" in done.stdout + done.stderr


def test_a_stranger_reads_what_every_number_is(folder):
    """By pynwb alone: the tables, with units in the descriptions, and electrodes with areas."""
    recorded = files(folder)[1]
    with pynwb.NWBHDF5IO(recorded, mode="r") as io:
        nwb = io.read()
        tables = nwb.processing["ecephys"].data_interfaces
        shown = tables["presentations"]
        assert shown["psth"].data.shape == (17, 200)
        for name in ("psth", "unit_rates"):
            assert "events/s" in shown[name].description
        assert "1 ms" in shown["psth"].description
        assert "onset" in shown["psth"].description
        units = tables["multi_units"].to_dataframe()
        assert [rows["location"].iloc[0] for rows in units["electrode"]] == ["IT", "IT", "V1"]
        assert units["is_preferred"].tolist() == [False, True, False]
        blocks = tables["blocks"].to_dataframe()
        assert blocks["n_trials"].tolist() == [3, 2, 2, 3, 1, 0]
        of_block = shown["psth"].data[:][
            (shown["block"].data[:] == 1)
            & ~shown["is_thread1"].data[:]
            & ~shown["is_reference"].data[:]
            & shown["is_assigned"].data[:]
        ]
        assert blocks["mean_psth"][0] == pytest.approx(of_block.mean(axis=0), rel=1e-6)
        assert nwb.session_start_time.isoformat() == "2020-07-22T00:00:00-04:00"
        assert "Only the day of the recording is known" in nwb.session_description
        assert nwb.subject.age == "P8Y/"
