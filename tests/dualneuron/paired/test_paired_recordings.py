"""Evolutions of twins as recordings, source data and figures, marked at every step."""

import json
import shutil

import h5py
import numpy as np
import pytest
from PIL import Image

from core.contract.provenance import NOT_RECORDED, Origin
from core.contract.source_data import SourceData
from core.errors import RecordingError, SettingError, StateError, run
from core.experiments.evolution.record import read_evolution
from core.statistics.windows import window_rate
from figure_reproduction.comparison import TWINS, compare
from figure_reproduction.Figure4_reproduction import reproduce
from figure_reproduction.script import draw_figure
from neuro_data_analysis.export.__main__ import main as export
from neuro_data_analysis.paired_element import add_paired, spread_spikes
from neuro_data_analysis.recordings.dataset import open_recordings
from neuro_data_analysis.session import main as session
from source_data_export.twins import main as twins
from tests.dualneuron.paired.conftest import NEURONS, SETTINGS

NOTICE = "DIGITAL TWINS, untrained – not recordings; small for DeePSim and BigGAN"


@pytest.fixture(scope="module")
def matroot(evolved, tmp_path_factory):
    out = tmp_path_factory.mktemp("matroot")
    words = [str(evolved[0]), "--animal=Twin", "--area=V1", f"--out={out}"]
    assert run(lambda: session(words)) == 0
    return out


@pytest.fixture(scope="module")
def source_data(matroot, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "source_data"
    assert export([f"--matroot={matroot}", f"--out={out}"]) == 0
    return SourceData(out)


def test_spikes_in_the_window_are_those_that_were_counted():
    rng = np.random.default_rng(0)
    noise = {"scale": 10.0, "window": 150.0}
    counts = rng.poisson(6.0, 4000)
    settings = {"noise": noise, "grey rate": 12.0}
    psth = spread_spikes(np.full(4000, 4.0), counts / 1.5, settings, rng)
    rates = window_rate(psth.astype(float), axis=1)
    # a spike near an edge gives a part of its kernel to the other side
    assert np.corrcoef(rates, counts)[0, 1] > 0.98
    assert rates.mean() == pytest.approx(counts.mean() / 0.15, rel=0.03)
    assert psth[:, :25].mean() == pytest.approx(12.0, rel=0.1)
    assert psth[:, 70:90].mean() > 1.4 * psth[:, 150:190].mean()


def test_every_neuron_is_an_experiment_of_its_own(evolved, matroot):
    with open_recordings(matroot) as recordings:
        assert recordings.usable() == [1, 2, 3]
        for expi, neuron in enumerate(NEURONS, 1):
            experiment = recordings.experiment(expi)
            assert experiment.visual_area == "V1"
            assert experiment.pref_chan == neuron + 1
            assert experiment.ephysFN.endswith(f"-{neuron + 1:03d}-SIM")
            assert experiment.space_names == ("small for fc6", "small for BigGAN")
            assert experiment.n_blocks == SETTINGS.n_blocks
            assert experiment.is_signed
            record = read_evolution(evolved[0] / f"neuron{neuron:04d}.h5")
            for thread in (0, 1):
                rows = record.threads[thread].generations == 1
                shown = experiment.psth[thread][1]
                assert shown.shape == (200, rows.sum())
                # in the order of presentation, with what was counted
                order = np.argsort(record.threads[thread].positions[rows])
                counts = record.threads[thread].scores[rows][order] * 1.5
                rates = window_rate(shown.T.astype(float), axis=1) * 0.15
                assert np.abs(rates - counts).max() < 2.0
                assert len(experiment.ref_idx_seq[thread][1]) == 5


def test_the_mark_goes_with_them(matroot, source_data):
    for root in (matroot, source_data.root):
        mark = json.loads((root / "SIMULATED.json").read_text(encoding="utf-8"))
        assert mark["simulated"] is True
        assert (mark["kind"], mark["notice"]) == ("digital twins", NOTICE)
    assert source_data.origin("Fig4") is Origin.TWINS
    assert Origin.TWINS in NOT_RECORDED


def test_they_are_kept_apart_from_all_others_and_added_once(evolved, matroot, tmp_path):
    with pytest.raises(SettingError, match=r"no other recording .*found Twin-\d{8}-038-SIM"):
        add_paired(evolved[0], matroot, "Twin", "V1")
    with pytest.raises(SettingError, match="--area: expected V1, the twin's, found V4"):
        add_paired(evolved[0], tmp_path, "Twin", "V4")
    mark = matroot / "SIMULATED.json"
    known = mark.read_text(encoding="utf-8")
    mark.write_text('{"simulated": true}', encoding="utf-8")
    with pytest.raises(SettingError, match=r"of twins \(DIGITAL.*found simulated recordings"):
        add_paired(evolved[0], matroot, "Twin", "V1", 501)
    mark.write_text(known, encoding="utf-8")
    with open_recordings(matroot) as recordings:
        assert len(recordings) == 3


def test_what_another_program_wrote_is_refused_in_a_sentence(evolved, tmp_path):
    folder = shutil.copytree(evolved[0], tmp_path / "evolved")
    description = folder / "paired.json"
    known = json.loads(description.read_text("utf-8"))
    for changes in ({"created": "soon"}, {"spaces": ["fc6"]}, {"format": "mine"}, {"more": 1}):
        description.write_text(json.dumps(known | changes), "utf-8")
        with pytest.raises(StateError, match="expected the description of paired evolutions"):
            add_paired(folder, tmp_path / "out", "Twin", "V1")
    description.write_text(json.dumps(known), "utf-8")
    with h5py.File(folder / "neuron0180.h5", "r+") as file:
        settings = json.loads(file.attrs["settings"])
        del settings["grey rate"]
        file.attrs["settings"] = json.dumps(settings)
    with pytest.raises(RecordingError, match=r"neuron0180\.h5: expected an evolution of a twin's"):
        add_paired(folder, tmp_path / "out", "Twin", "V1")
    assert not list(tmp_path.glob("out/*.mat"))


def test_figures_and_verdicts_say_digital_twins(source_data, tmp_path):
    result = draw_figure("4", reproduce, source_data, tmp_path, letters=("A",))
    assert result.problem == ""
    (panel,) = result.panels
    assert panel.simulated
    assert panel.png == tmp_path / "twins" / f"{panel.png.name}"
    assert panel.png.stem.endswith("_TWINS")
    with Image.open(panel.png) as picture:
        assert picture.text["Description"] == "DIGITAL TWINS"
        # the red line above it
        top = np.asarray(picture.convert("RGB")).astype(int)[:40]
    assert ((top[..., 0] - top[..., 1]) > 150).sum() > 200
    assert result.mark == "DIGITAL TWINS"
    verdicts = {c.verdict for c in compare(result) if c.value is not None}
    assert verdicts == {TWINS}


def test_bad_input_is_told_once_and_writes_nothing(evolved, tmp_path, capfd):
    words = ["--untrained", "--generators", "small", "small", "--neurons", "5,9999"]
    assert run(lambda: twins([*words, f"--out={tmp_path / 'twins'}"])) == 2
    (said,) = capfd.readouterr().err.strip().splitlines()
    assert said == "error: neurons: expected different ids from 0 to 457, found 9999."
    assert [path.name for path in (tmp_path / "twins").rglob("*")] == [".lock"]
    words = [str(evolved[0]), "--animal=Twin", "--area=V1", f"--nwb={tmp_path / 'nwb'}"]
    assert run(lambda: session([*words, f"--out={tmp_path / 'matroot'}"])) == 2
    assert "--nwb: expected a session with a rig, found evolutions" in capfd.readouterr().err
    assert not (tmp_path / "matroot").exists()


def test_reproduce_twins_leaves_what_is_not_its_own(tmp_path, capsys):
    (tmp_path / "matroot").mkdir()
    kept = tmp_path / "matroot" / "mine.mat"
    kept.write_text("recordings", encoding="utf-8")
    assert run(lambda: twins([f"--out={tmp_path}"])) == 2
    assert "expected no folder or what twins gave" in capsys.readouterr().err
    assert kept.is_file()
