"""A closed-loop session becomes a recording that the analysis reads."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from core.errors import RecordingError, SettingError, run
from core.experiments.closed_loop.answers import read_answer
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_codes, rendered
from core.experiments.closed_loop.manifest import read_manifest
from core.generators.small import SmallGenerator
from neuro_data_analysis.evolutions.cohort import summarise
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from neuro_data_analysis.recordings.latent_codes import read_latent_codes
from neuro_data_analysis.session import main
from neuro_data_analysis.session_recordings import add_session
from tests.closed_loop_rig import rig_for, run_with_rig, session
from tests.nwb_recordings import METADATA, with_metadata
from tests.test_full_disk import assert_is_one_sentence, limited

N_BLOCKS = 4


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A session whose threads have the names of the published ones."""
    root = tmp_path_factory.mktemp("finished") / "session"
    run_with_rig(session(root, names=("fc6", "BigGAN")), N_BLOCKS, rig_for(root, lost=0.05))
    return Folder.at(root)


@pytest.fixture(scope="module")
def alone(finished, tmp_path_factory):
    """Folder of recordings with the session alone."""
    out = tmp_path_factory.mktemp("matroot")
    assert (
        run(lambda: main([str(finished.root), "--animal=Otto", "--area=IT", f"--out={out}"])) == 0
    )
    return out


def test_every_presentation_is_there_in_its_thread_and_block(finished, alone):
    with open_recordings(alone) as recordings:
        experiment = recordings.experiment(1)
        assert (experiment.Animal, experiment.visual_area) == ("Otto", "IT")
        assert (experiment.pref_chan, experiment.unit_in_pref_chan) == (5, 1)
        assert experiment.space_names == ("fc6", "BigGAN")
        assert experiment.optim_names == ("CholeskyCMAES", "CholeskyCMAES")
        assert experiment.n_blocks == N_BLOCKS
        assert experiment.ephysFN.startswith("Otto-")
        names = experiment.imageName
        for number in range(N_BLOCKS):
            rows = {row.name: row for row in read_manifest(finished.block(number))}
            answer = read_answer(finished.kept(number) / "answer.h5", [])
            shown = [rows[name] for name in answer.images]
            for thread in (0, 1):
                mine = [row for row in shown if row.thread == thread]
                found = [names[i] for i in experiment.trial_indices(thread, number)]
                assert len(found) == sum(row.code >= 0 for row in mine)
                begin = f"block{number + 1:03d}_thread{thread:03d}_gen_gen{number:03d}_"
                assert all(name.startswith(begin) for name in found)
                found = [names[i - 1] for i in experiment.ref_idx_seq[thread][number]]
                expected = [f"{r.reference}_thread{thread:03d}_nat" for r in mine if r.code < 0]
                assert found == expected


def test_rates_are_those_of_the_spikes(finished, alone):
    rows = {row.name: row for row in read_manifest(finished.block(1))}
    answer = read_answer(finished.kept(1) / "answer.h5", [])
    mine = [i for i, n in enumerate(answer.images) if rows[n].thread == 0 and rows[n].code >= 0]
    with open_recordings(alone) as recordings:
        experiment = recordings.experiment(1)
        psth, responses = experiment.psth[0][1], experiment.rspmat[0][1]
    assert psth.shape == (200, len(mine))
    for column, i in enumerate(mine):
        times = answer.values[i, 0]
        # spikes away from the window's edges add 998.976/150 events/s each
        inside = ((times >= 56) & (times < 194)).sum() * 998.976 / 150
        around = ((times >= 44) & (times < 206)).sum() * 998.976 / 150
        assert inside - 1e-3 <= psth[50:200, column].mean() <= around + 1e-3
        np.testing.assert_allclose(responses[0, column], psth[50:200, column].mean(), rtol=1e-5)


def test_it_is_simulated_where_the_rig_was(alone):
    assert json.loads((alone / "SIMULATED.json").read_text())["simulated"] is True
    with open_recordings(alone) as recordings:
        assert recordings.is_simulated()
        assert recordings.experiment(1).is_simulated
        assert recordings.experiment(1).is_signed


def test_the_analysis_reads_it(alone):
    with open_recordings(alone) as recordings:
        summary = summarise(recordings.experiment(1))
    assert summary.meta["visual_area"] == "IT"
    # the last block is left out, as those of fewer than 10 trials are
    assert summary.responses.mean.shape == (N_BLOCKS - 1, 2)
    assert (summary.responses.mean > summary.responses.baseline).all()


def test_it_is_appended_to_recordings_and_changes_none(finished, alone, tmp_path):
    out = tmp_path / "matroot"
    shutil.copytree(alone, out)
    path, expi = add_session(finished.root, out, "Otto", "V4", 2)
    assert expi == 2
    with open_recordings(path) as both, open_recordings(alone) as before:
        first, same = both.experiment(1), before.experiment(1)
        for thread in (0, 1):
            for block in range(N_BLOCKS):
                one, other = (e.psth[thread][block] for e in (first, same))
                np.testing.assert_array_equal(one, other)
                np.testing.assert_array_equal(one, both.experiment(2).psth[thread][block])
        assert both.experiment(2).visual_area == "V4"
        assert both.experiment(2).imageName == same.imageName
    before = path.read_bytes()
    assert add_session(finished.root, out, "Otto", "V4", 2) == (path, 2)  # it is there
    with pytest.raises(SettingError, match=r"no other recording of this name, found Otto-\S+-002-"):
        add_session(finished.root, out, "Otto", "IT", 2)
    assert path.read_bytes() == before


@pytest.mark.parametrize("thread", [0, 1])
def test_codes_lie_beside_it_by_the_names_of_the_images(finished, alone, thread):
    of_blocks = [read_codes(finished, number)[thread] for number in range(N_BLOCKS)]
    with open_recordings(alone) as recordings:
        experiment = recordings.experiment(1)
        found = read_latent_codes(alone / "stimuli" / experiment.stimuli, thread)
        names = [
            [experiment.imageName[i] for i in experiment.trial_indices(thread, number)]
            for number in range(N_BLOCKS)
        ]
    np.testing.assert_array_equal(found.codes, np.concatenate(of_blocks).astype(np.float32))
    assert found.block.tolist() == [b for b, codes in enumerate(of_blocks) for _ in codes]
    code_of = dict(zip(found.ids, found.codes, strict=True))
    for number, codes in enumerate(of_blocks):
        rows = {row.name: row for row in read_manifest(finished.block(number))}
        shown = [rows[n] for n in read_answer(finished.kept(number) / "answer.h5", []).images]
        expected = [codes[row.code] for row in shown if row.thread == thread and row.code >= 0]
        of_names = [code_of[f"{name}.bmp"] for name in names[number]]
        np.testing.assert_array_equal(of_names, np.float32(expected))


def test_nwb_files_are_written_with_the_codes_that_make_the_images(finished, tmp_path, capsys):
    pynwb = pytest.importorskip("pynwb", reason="pynwb, a requirement, is not installed")
    matroot, out = tmp_path / "matroot", tmp_path / "nwb"
    words = [str(finished.root), "--animal=Otto", "--area=IT", f"--out={matroot}", f"--nwb={out}"]
    assert run(lambda: main(words)) == 2
    said = capsys.readouterr().err
    assert "metadata.yaml" in said
    assert "its template was written there; fill it in and run the same again" in said
    with_metadata(out, METADATA.replace("Alfa", "Otto"))
    assert run(lambda: main(words)) == 0  # the session is in the recordings already
    assert "1 NWB files written, 0 kept" in capsys.readouterr().out
    (path,) = out.glob("sub-SIMULATED-Otto/*.nwb")
    assert pynwb.validate(path=str(path)) == []
    with open_recordings(matroot) as before, open_recordings(out) as after:
        found, expected = (r.experiment(1) for r in (after, before))
        assert found.imageName == expected.imageName
        for name in ("psth", "ref_psth", "rspmat", "ref_rspmat", "idx_seq", "ref_idx_seq"):
            for one, other in zip(getattr(found, name), getattr(expected, name), strict=True):
                assert [block.tobytes() for block in one] == [block.tobytes() for block in other]
    with pynwb.NWBHDF5IO(path, mode="r") as io:
        tables = io.read().processing["optimizer"].data_interfaces
        names, codes = (tables["codes_thread1"][name].data[:] for name in ("image_name", "code"))
    assert codes.dtype == np.float32
    begin = "block002_thread001_gen_gen001_"
    of_block = [name.startswith(begin) for name in names]
    rows = [r for r in read_manifest(finished.block(1)) if r.thread == 1 and r.code >= 0]
    answer = read_answer(finished.kept(1) / "answer.h5", [])
    rows = [row for row in rows if row.name in answer.images]  # what was lost is not in the file
    assert sum(of_block) == len(rows)
    images = rendered(SmallGenerator(16, 16), codes[of_block].astype(float), None)
    for image, row in zip(images, rows, strict=True):
        with Image.open(finished.block(1) / row.file) as picture:
            np.testing.assert_array_equal(image, picture)
    assert run(lambda: main(words)) == 0
    assert "0 NWB files written, 1 kept" in capsys.readouterr().out


def test_a_folder_of_nwb_files_takes_no_session(finished, tmp_path):
    (tmp_path / "sub-Otto").mkdir()
    (tmp_path / "sub-Otto" / "a.nwb").touch()
    with pytest.raises(SettingError, match="in MATLAB's form, or an empty folder, found NWB files"):
        add_session(finished.root, tmp_path, "Otto", "IT")


def unmarked(folder, root):
    """A copy of a session that does not say that it is simulated."""
    shutil.copytree(folder.root, root)
    (root / "SIMULATED.json").unlink()
    for notes in root.glob("record/*/notes.json"):
        said = json.loads(notes.read_text()) | {"simulated": False}
        notes.write_text(json.dumps(said))
    return Folder.at(root)


def test_recorded_and_simulated_are_kept_apart(finished, alone, tmp_path):
    recorded = unmarked(finished, tmp_path / "session")
    with pytest.raises(SettingError, match="recordings of animals, found simulated recordings"):
        add_session(recorded.root, alone, "Otto", "IT", 3)
    path, _ = add_session(recorded.root, tmp_path / "matroot", "Otto", "IT")
    with open_recordings(path) as recordings:
        assert not recordings.is_simulated()
        assert not recordings.experiment(1).ephysFN.endswith("-SIM")
    with pytest.raises(SettingError, match="simulated recordings, found recordings of animals"):
        add_session(finished.root, tmp_path / "matroot", "Otto", "IT", 3)


def test_rates_alone_make_no_recording(finished, tmp_path):
    folder = unmarked(finished, tmp_path / "session")
    raw = folder.kept(0) / "answer.h5"
    names = [row.name for row in read_manifest(folder.block(0))]
    raw.unlink()
    raw.with_suffix(".csv").write_text("\n".join(["image,rate", *(f"{n},1" for n in names), ""]))
    with pytest.raises(RecordingError, match=r"spike times or PSTHs.*found rates"):
        add_session(folder.root, tmp_path / "out", "Otto", "IT")


def test_one_thread_makes_no_recording(tmp_path):
    root = tmp_path / "session"
    run_with_rig(session(root, populations=(6,)), 1, rig_for(root))
    with pytest.raises(RecordingError, match=r"two threads, a paired evolution, found one of 1\."):
        add_session(root, tmp_path / "out", "Otto", "IT")


@pytest.mark.slow
def test_a_full_disk_leaves_the_recordings_as_they_were(finished, alone, tmp_path):
    out = tmp_path / "matroot"
    shutil.copytree(alone, out)
    path = out / EVOLUTION_FILES[0]
    before = path.read_bytes()
    words = [finished.root, "--animal=Otto", "--area=IT", "--number=2", f"--out={out}"]
    done = limited(len(before), "neuro_data_analysis.session", *words)
    assert_is_one_sentence(done, EVOLUTION_FILES[0])
    assert done.stderr.count("expected") == 1
    assert path.read_bytes() == before
    assert add_session(finished.root, out, "Otto", "IT", 2) == (path, 2)


@pytest.mark.parametrize(("words", "found"), [
    (["--animal=Otto 2", "--area=IT"], "a name of letters, found 'Otto 2'"),
])  # fmt: skip
def test_mistakes_are_told(finished, tmp_path, capsys, words, found):
    assert run(lambda: main([str(finished.root), *words, f"--out={tmp_path}"])) == 2
    assert found in capsys.readouterr().err


def test_a_folder_without_a_session_is_told(tmp_path, capsys):
    assert run(lambda: main([str(tmp_path), "--animal=Otto", "--area=IT"])) == 2
    assert "session.json: expected the description of a session, found no file" in (
        capsys.readouterr().err
    )
