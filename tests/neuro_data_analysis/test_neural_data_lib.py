"""The published names: same calls, the project's results."""

import datetime

import numpy as np
import pandas as pd
import pytest
import scipy.io

from core.errors import ImageError, MissingFileError, RecordingError
from core.statistics.windows import window_rate
from neuro_data_analysis import neural_data_lib as lib
from neuro_data_analysis import neural_data_utils as utils
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from neuro_data_analysis.recordings.published_form import published_elements, published_value


@pytest.fixture
def stats(recordings):
    return published_elements(recordings)


@pytest.fixture
def matroot(simulation, tmp_path, monkeypatch):
    """A folder with the MATLAB file alone."""
    (tmp_path / EVOLUTION_FILES[0]).symlink_to(simulation / "matroot" / EVOLUTION_FILES[0])
    monkeypatch.setenv("MATROOT", str(tmp_path))
    return tmp_path


def test_data_are_loaded_from_matroot(simulation, monkeypatch):
    monkeypatch.setenv("MATROOT", str(simulation / "matroot"))
    merged, experiments = lib.load_neural_data()
    assert len(experiments) == 190
    evolutions = merged["BFEStats"]["evol"]
    assert [evol is None for evol in evolutions] == [S["evol"] is None for S in experiments]
    assert evolutions[154]["psth"][0][0].shape == experiments[154]["evol"]["psth"][0][0].shape
    assert merged["BFEStats"]["meta"][154]["ephysFN"] == "Alfa-25112020-003-SIM"
    assert experiments[154].Expi == 155
    assert experiments[154].psth[0][0].shape[0] == 200
    assert lib.get_expstr(experiments, 155).startswith("Exp 155 Alfa-25112020-003-SIM")
    with pytest.raises(RecordingError, match="Exp 1,"):
        lib.get_expstr(experiments, 1)


def test_both_pickles_are_written_and_read_back(matroot, stats):
    fields, experiments = lib.load_neural_data_and_save_pkl()
    assert fields["evol"][154]["block_n"] == experiments[154]["evol"]["block_n"] == 23
    (matroot / EVOLUTION_FILES[0]).unlink()
    for name in EVOLUTION_FILES[1:]:
        _, experiments = lib.load_neural_data()
        np.testing.assert_array_equal(experiments[27].psth[1][2], stats[27].psth[1][2])
        assert experiments[0]["evol"] is None
        (matroot / name).unlink()


def test_optimizer_names_are_filled_in_from_their_table(matroot):
    with pytest.raises(MissingFileError, match="expected a table of optimizers"):
        lib.add_entry2neural_data()
    table = "Expi,space_names1,optim_names1,optim_names2\n155,fc6,CMAES_Hessian,CMAES\n"
    (matroot / "meta_optimizer_info.csv").write_text(table)
    merged, experiments = lib.add_entry2neural_data()
    names = ["CMAES_Hessian", "CMAES"]
    assert merged["BFEStats"]["evol"][154]["optim_names"] == names
    assert experiments[154].optim_names == tuple(names)
    assert utils.get_meta_df(experiments).loc[155, "optim_names1"] == "CMAES_Hessian"
    (matroot / EVOLUTION_FILES[0]).unlink()
    for name in EVOLUTION_FILES[1:]:
        _, experiments = lib.load_neural_data()
        assert experiments[154]["evol"]["optim_names"] == names
        (matroot / name).unlink()
    (matroot / "meta_optimizer_info.csv").write_text("Expi,optim_names1\n155,CMAES\n")
    with pytest.raises(RecordingError, match="expected the column optim_names2"):
        lib.add_entry2neural_data()


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
    with pytest.raises(RecordingError, match="found an element without a recording"):
        lib.extract_evol_activation_array(stats[0], 1)


def test_psths_per_block_and_concatenated(stats):
    psth_all, gen_arr, psth_vec, gen_vec = lib.extract_evol_psth_array(stats[154], 0)
    assert len(psth_all) == len(gen_arr) == 23
    np.testing.assert_array_equal(psth_all[3], stats[154].psth[0][3])
    np.testing.assert_array_equal(psth_vec, np.concatenate(psth_all, axis=1))
    assert gen_vec.shape == psth_vec.shape[1:]
    assert (np.concatenate(gen_arr) == gen_vec).all()
    assert (gen_vec[0], gen_vec[-1]) == (1, 23)


def test_a_plain_dict_of_a_published_pickle_is_an_experiment(recordings, stats):
    stored = published_value(recordings.elements[154])
    for function in (lib.extract_evol_activation_array, lib.extract_evol_psth_array):
        for found, expected in zip(function(stored, 1), function(stats[154], 1), strict=True):
            np.testing.assert_array_equal(np.hstack(found), np.hstack(expected))
    listed = [{"evol": None}] * 154 + [stored]
    trajectories, meta = lib.extract_all_evol_trajectory(listed)
    np.testing.assert_array_equal(trajectories[155], lib.extract_all_evol_trajectory(stats)[0][155])
    assert meta.index.tolist() == [155]
    assert lib.get_expstr(listed, 155) == lib.get_expstr(stats, 155)


def test_trajectories_are_keyed_by_expi_and_padded_together(stats):
    responses, meta = lib.extract_all_evol_trajectory(stats)
    usable = [expi for expi, S in enumerate(stats, start=1) if S["evol"] is not None]
    assert list(responses) == usable == meta.index.tolist()
    assert responses[155].shape == (23, 6)
    padded, measured, max_len = lib.pad_resp_traj(responses)
    assert max_len == meta["blockN"].max()
    assert padded.shape == (9, meta["blockN"].max(), 6)
    assert measured.sum(axis=1).tolist() == meta["blockN"].tolist()
    psth, _ = lib.extract_all_evol_trajectory_psth(stats)
    psth_padded, psth_measured, psth_len = lib.pad_psth_traj(psth)
    assert psth_padded.shape == (*padded.shape[:2], 4, 200)
    assert psth_len == max_len
    np.testing.assert_array_equal(psth_measured, measured)
    late, _ = lib.extract_all_evol_trajectory_dyna(stats, rsp_wdw=range(150, 200))
    np.testing.assert_allclose(late[155][:, 0], psth[155][:, 0, 150:].mean(axis=1))
    windows = [range(50, 200), range(150, 200)]
    both, table = lib.extract_all_evol_trajectory_dyna_multiwindow_nostats(stats, windows)
    assert list(both) == list(responses)
    for expected, found in zip((responses, late), both[155], strict=True):
        np.testing.assert_array_equal(found, expected[155])
    pd.testing.assert_frame_equal(table, meta)


def test_metadata_and_masks(stats, caplog):
    meta = utils.get_meta_df(stats)
    assert list(meta)[:3] == ["Animal", "expdate", "ephysFN"]
    assert len(meta.columns) == 27
    assert meta.loc[155, "expdate"] == datetime.date(2020, 11, 25)
    assert utils.parse_meta(stats[154]) == ("Alfa", datetime.date(2020, 11, 25))
    assert utils.get_Animal_expdate("", "201125_Alfa_x") == utils.parse_meta(stats[154])
    row = utils.get_meta_dict(stats[154])
    assert row == {name: value for name, value in meta.loc[155].items() if name in row}
    assert list(row) == list(meta)
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


@pytest.mark.parametrize("kind", ["Evol", "natref"])
def test_responses_in_several_windows(stats, tmp_path, kind):
    windows = [range(45), range(50, 200), range(100, 150)]
    blocks = stats[154].psth[1] if kind == "Evol" else stats[154].ref_psth[1]
    resp_mat, gen_vec = lib.load_resp_multiwindow(stats, 155, kind, 1, rsp_wdws=windows)
    together = np.concatenate(blocks, axis=1)
    expected = [window_rate(together, (w.start, w.stop), axis=0) for w in windows]
    np.testing.assert_allclose(resp_mat, np.transpose(expected))
    assert (gen_vec[0], gen_vec[-1], len(gen_vec)) == (1, 23, len(resp_mat))
    by_block = lib.load_resp_multiwindow(stats, 155, kind, 1, "arr", windows)
    np.testing.assert_array_equal(np.concatenate(by_block[0]), resp_mat)
    if kind == "Evol":
        files, found, gens = lib.load_img_resp_pairs_multiwindow(
            stats, 155, kind, 1, str(tmp_path), rsp_wdws=windows
        )
        assert files == lib.load_img_resp_pairs(stats, 155, kind, 1, str(tmp_path))[0]
        np.testing.assert_array_equal(found, resp_mat)
        np.testing.assert_array_equal(gens, gen_vec)


def test_the_structure_of_an_experiment_is_printed(stats, capsys):
    lib.print_structure(stats[154])
    lines = capsys.readouterr().out.splitlines()
    assert "evol" in lines
    assert "    pref_chan: array (2,) of float64" in lines
    assert "    block_n: 23.0" in lines
    assert any(line.startswith("imageName: ") and "entries" in line for line in lines)
    lib.print_values([1, "a", None, 2])
    assert capsys.readouterr().out == "4 entries: 1, 'a', None, ...\n"


def test_a_montage_is_cut_into_its_tiles():
    montage = np.zeros((3, 224, 4, 224, 3), np.uint8)
    montage += np.arange(12, dtype=np.uint8).reshape(3, 1, 4, 1, 1)
    tiles = lib.parse_montage(montage.reshape(672, 896, 3))
    assert {name: int(tile[5, 7, 1]) for name, tile in tiles.items()} == {
        **{"FC_maxblk": 0, "FC_maxblk_avg": 1, "FC_reevol_G": 2, "FC_reevol_pix": 3},
        **{"BG_maxblk": 4, "BG_maxblk_avg": 5, "BG_reevol_G": 6, "BG_reevol_pix": 7},
        **{"both_reevol_G": 10, "both_reevol_pix": 11},
    }
    assert tiles.FC_maxblk.shape == (224, 224, 3)
    with pytest.raises(ImageError, match=r"a montage of \(672, 896, 3\)"):
        lib.parse_montage(montage.reshape(896, 672, 3))


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
