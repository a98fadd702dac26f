"""The published names: same calls, the project's results."""

import numpy as np
import pytest
import scipy.io

from core.errors import MissingFileError, RecordingError
from neuro_data_analysis import neural_data_lib as lib
from neuro_data_analysis import neural_data_utils as utils
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES


@pytest.fixture
def stats(recordings):
    return list(recordings)


def test_data_are_loaded_from_matroot(simulation, monkeypatch):
    monkeypatch.setenv("MATROOT", str(simulation / "matroot"))
    recordings, experiments = lib.load_neural_data()
    assert len(experiments) == len(recordings) == 190
    assert experiments[154].Expi == 155
    assert experiments[154].psth[0][0].shape[0] == 200
    assert lib.get_expstr(experiments, 155).startswith("Exp 155 Alfa-25112020-003-SIM")
    with pytest.raises(RecordingError, match="Exp 1,"):
        lib.get_expstr(experiments, 1)


def test_the_pickle_is_written_and_read_back(simulation, tmp_path, monkeypatch, stats):
    (tmp_path / EVOLUTION_FILES[0]).symlink_to(simulation / "matroot" / EVOLUTION_FILES[0])
    monkeypatch.setenv("MATROOT", str(tmp_path))
    lib.load_neural_data_and_save_pkl()
    (tmp_path / EVOLUTION_FILES[0]).unlink()
    _, experiments = lib.load_neural_data()
    np.testing.assert_array_equal(experiments[27].psth[1][2], stats[27].psth[1][2])


def test_activations_per_block_and_concatenated(stats):
    arrays = lib.extract_evol_activation_array(stats[154], 1)
    resp, bsl, gen = arrays[:3]
    assert len(resp) == 23
    np.testing.assert_allclose(resp[4], stats[154].psth[1][4][50:200].mean(axis=0))
    np.testing.assert_allclose(bsl[4], stats[154].psth[1][4][:45].mean(axis=0))
    assert set(gen[4]) == {5}
    for per_block, together in zip(arrays[:3], arrays[3:], strict=True):
        np.testing.assert_array_equal(np.concatenate(per_block), together)
    assert len(lib.extract_natref_activation_array(stats[154], 0)[3]) == 230
    assert lib.extract_evol_psth_array(stats[154], 0) is stats[154].psth[0]


def test_trajectories_are_keyed_by_expi_and_padded_together(stats):
    responses, meta = lib.extract_all_evol_trajectory(stats)
    assert list(responses) == [e.Expi for e in stats if e is not None] == meta.index.tolist()
    assert responses[155].shape == (23, 6)
    padded, measured = lib.pad_resp_traj(responses)
    assert padded.shape == (9, meta["blockN"].max(), 6)
    assert measured.sum(axis=1).tolist() == meta["blockN"].tolist()
    psth, _ = lib.extract_all_evol_trajectory_psth(stats)
    assert lib.pad_psth_traj(psth)[0].shape == (*padded.shape[:2], 4, 200)
    late, _ = lib.extract_all_evol_trajectory_dyna(stats, rsp_wdw=range(150, 200))
    np.testing.assert_allclose(late[155][:, 0], psth[155][:, 0, 150:].mean(axis=1))
    windows = [range(50, 200), range(150, 200)]
    both = lib.extract_all_evol_trajectory_dyna_multiwindow_nostats(stats, windows)
    for expected, found in zip((responses, late), both, strict=True):
        np.testing.assert_array_equal(found[155], expected[155])


def test_metadata_and_masks(stats, caplog):
    meta = utils.get_meta_df(stats)
    assert list(meta)[:3] == ["Animal", "expdate", "ephysFN"]
    assert len(meta.columns) == 27
    assert utils.parse_meta(stats[154])[0] == "Alfa"
    assert utils.area_mapping(12, *utils.parse_meta(stats[154])) == "IT"
    named = utils.get_all_masks(meta, return_type=dict)
    assert "found 2" in caplog.text
    assert list(named) == [
        "Amsk",
        "Bmsk",
        "V1msk",
        "V4msk",
        "ITmsk",
        "length_msk",
        "spc_msk",
        "sucsmsk",
        "bsl_unstable_msk",
        "bsl_stable_msk",
        "validmsk",
    ]
    assert not named["validmsk"][28]
    assert not named["spc_msk"][4]
    assert named["bsl_unstable_msk"][[50, 137]].all()
    assert len(utils.get_all_masks(meta)) == 11


def test_images_are_found_on_the_local_drive(stats, tmp_path):
    files, resp, _, gen = lib.load_img_resp_pairs(stats, 155, "Evol", 0, str(tmp_path))
    assert len(files) == len(resp) == len(gen)
    folder = tmp_path / "SIMULATED" / "Alfa-25112020-003-SIM"
    assert files[0].parent == folder
    assert files[0].name.startswith("block001_thread000_gen_gen000_")
    assert files[0].suffix == ".bmp"
    by_block = lib.load_img_resp_pairs(stats, 155, "Evol", 0, str(tmp_path), output_fmt="arr")[0]
    assert len(by_block) == 23
    with pytest.raises(MissingFileError, match="SIMref"):
        lib.load_img_resp_pairs(stats, 155, "natref", 0, str(tmp_path))
    folder.mkdir(parents=True)
    for number in range(1, 11):
        (folder.parent / f"SIMref{number:02d}.jpg").touch()
        (folder.parent / f"SIMref{number:02d}_copy.jpg").touch()
    files, _, _, _ = lib.load_img_resp_pairs(stats, 155, "natref", 1, str(tmp_path))
    assert {file.name for file in files} == {f"SIMref{n:02d}.jpg" for n in range(1, 11)}
    with pytest.raises(ValueError, match="Evol or natref"):
        lib.load_img_resp_pairs(stats, 155, "both", 0, str(tmp_path))


def test_shares_and_drives_become_local_folders():
    assert lib.local_folder(r"\\host\share\Stimuli\a b", "/x").as_posix() == "/x/Stimuli/a b"
    assert lib.local_folder("N:/Stimuli/a", "/x").as_posix() == "/x/Stimuli/a"


def save_codes(folder, block, thread, n, dim, ids=None):
    cell = np.empty(n, dtype=object)
    cell[:] = ids or [f"block{block:03d}_thread{thread:03d}_{i}.bmp" for i in range(n)]
    codes = np.full((n, dim), float(block))
    name = f"block{block:03d}_thread{thread:03d}_code.mat"
    scipy.io.savemat(folder / name, {"codes": codes, "ids": cell})


def test_latent_codes_are_read_in_file_order(tmp_path):
    for block, n in ((1, 25), (0, 30), (2, 1)):
        save_codes(tmp_path, block, 1, n, 128)
        save_codes(tmp_path, block, 0, n, 16)
    codes, ids, block, thread = lib.load_latent_codes(tmp_path, thread_id=1)
    assert codes.shape == (56, 128)
    assert block.tolist() == [0] * 30 + [1] * 25 + [2]
    assert ids[30] == "block001_thread001_0.bmp"
    assert set(thread) == {1}
    np.testing.assert_array_equal(codes[:, 0], block)
    assert lib.load_latent_codes(tmp_path, thread_id=0)[0].shape == (56, 16)


def test_codes_that_are_missing_or_damaged_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match="found none"):
        lib.load_latent_codes(tmp_path)
    (tmp_path / "block000_thread001_code.mat").write_text("x" * 200)
    with pytest.raises(RecordingError, match="level-5 MAT file"):
        lib.load_latent_codes(tmp_path)
    scipy.io.savemat(
        tmp_path / "block000_thread001_code.mat", {"codes": np.ones((3, 2)), "ids": ["a"]}
    )
    with pytest.raises(RecordingError, match="found 1 ids and 3 codes"):
        lib.load_latent_codes(tmp_path)
