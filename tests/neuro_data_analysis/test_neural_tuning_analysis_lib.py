"""The published names of the tuning analysis."""

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError, MissingFileError, RecordingError
from core.utils.montage_utils import PIL_array_to_montage
from neuro_data_analysis.neural_tuning_analysis_lib import (
    calculate_neural_responses,
    find_full_image_paths,
    load_space_images,
    maybe_add_unit_id_to_meta,
    organize_unit_info,
    parse_stim_info,
    parse_unit_id_from_spikeID,
)

ROW = {"ephysFN": "Beto-07092020-003", "pref_chan": 5.0, "pref_unit": 2.0}


def test_images_are_found_by_name_with_or_without_ending(tmp_path):
    for name in ("class_eig0_lin0.40.png", "class_eig0_lin0.40.bmp", "noise_eig1_lin-0.40.jpg"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    names = ["noise_eig1_lin-0.40.jpg", "class_eig0_lin0.40", "class_eig0_lin0.40"]
    found = find_full_image_paths(tmp_path, names)
    assert {name: path.name for name, path in found.items()} == {
        "noise_eig1_lin-0.40.jpg": "noise_eig1_lin-0.40.jpg",
        "class_eig0_lin0.40": "class_eig0_lin0.40.bmp",
    }
    with pytest.raises(MissingFileError, match=r"2 images, found 1 of them missing \(first: b\)"):
        find_full_image_paths(tmp_path, ["class_eig0_lin0.40", "b"])
    with pytest.raises(MissingFileError, match="a folder of images"):
        find_full_image_paths(tmp_path / "none", ["a"])


def test_images_of_a_space_are_a_table_of_axes_and_distances(tmp_path):
    names = ["class_eig3_lin0.40", "class_eig3_lin-0.24", "class_eig0_lin0.40"]
    for number, name in enumerate([*names, "noise_eig3_lin0.40"]):
        Image.new("RGB", (5, 4), (number, 2, 3)).save(tmp_path / f"{name}.png")
    stimuli = parse_stim_info([*names, "noise_eig3_lin0.40", names[0]])
    paths = find_full_image_paths(tmp_path, stimuli["img_name"])
    table, images = load_space_images("class", stimuli, paths)
    assert table.index.tolist() == [0, 3]
    assert table.columns.tolist() == [-0.24, 0.4]
    assert table.loc[3].tolist() == ["class_eig3_lin-0.24", "class_eig3_lin0.40"]
    assert images.shape == (2, 2)
    assert images[0, 0] is None
    assert [image.getpixel((0, 0)) for image in images[1]] == [(1, 2, 3), (0, 2, 3)]
    assert PIL_array_to_montage(images).size == (10, 8)
    paths["class_eig3_lin0.40"].write_text("no image")
    with pytest.raises(ImageError, match="expected an image"):
        load_space_images("class", stimuli, paths)


def test_unit_numbers_from_channels():
    assert parse_unit_id_from_spikeID(np.array([[1, 1, 2]])).tolist() == [1, 2, 1]
    active = np.array([[False, True, True]])
    assert parse_unit_id_from_spikeID(np.array([1, 1, 2]), active).tolist() == [0, 1, 1]
    with pytest.raises(RecordingError, match="expected 3 flags"):
        parse_unit_id_from_spikeID(np.array([1, 1, 2]), [True])


def test_the_preferred_unit_of_a_record(tmp_path):
    meta = {"spikeID": np.array([[5.0, 5.0, 9.0]]), "unitID": np.array([[1.0, 2.0, 1.0]])}
    info = organize_unit_info(meta, ROW)
    assert (info.prefchan, info.prefunit, info.prefchan_id, info.prefchan_str) == (5, 2, 1, "5B")
    assert info["prefchan_id_allunits"].tolist() == [0, 1]
    assert info.channel_id.tolist() == info.spikeID.tolist() == [5, 5, 9]
    assert info.unit_id.tolist() == [1, 2, 1]
    assert info.unit_str == ["5A", "5B", "9A"]
    with pytest.raises(AttributeError, match=r"expected one of prefchan_id, .*, found 'unit'"):
        _ = info.unit
    with pytest.raises(RecordingError, match="found it in 0"):
        organize_unit_info(meta, ROW | {"pref_unit": 3})
    with pytest.raises(RecordingError, match="found 3 and 0"):
        organize_unit_info({"spikeID": meta["spikeID"]}, ROW)


def test_responses_and_baseline():
    rasters = np.zeros((2, 200, 3))
    rasters[:, 50:, 1], rasters[:, :45, 1] = [[30.0], [50.0]], [[4.0], [8.0]]
    found = calculate_neural_responses(rasters, 1)
    assert list(found) == ["prefchan_resp_sgtr", "prefchan_bsl_mean", "prefchan_bsl_sem"]
    assert found.prefchan_resp_sgtr.tolist() == [30, 50]
    assert (found.prefchan_bsl_mean, found["prefchan_bsl_sem"]) == (6, 2)
    early = calculate_neural_responses(rasters, 1, slice(50, 100))
    assert early.prefchan_resp_sgtr.tolist() == [30, 50]


def test_older_metadata_get_unit_numbers_once():
    rasters = np.full((3, 200, 4), [0.0, 30.0, 2.0, 30.0])
    meta = {"spikeID": np.array([[5.0, 5.0, 5.0, 9.0]])}
    assert maybe_add_unit_id_to_meta(meta, rasters) is meta
    assert meta["unitID"].tolist() == [[0, 1, 2, 1]]
    maybe_add_unit_id_to_meta(meta, rasters, INACTIVE_THRESHOLD=10)
    assert meta["unitID"].tolist() == [[0, 1, 2, 1]]
    del meta["unitID"]
    assert maybe_add_unit_id_to_meta(meta, rasters, 10)["unitID"].tolist() == [[0, 1, 0, 1]]
