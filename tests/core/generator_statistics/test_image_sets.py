"""Sets of images and their codes, features, objects and low-level statistics."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy import stats

from core.contract import ext1
from core.errors import ImageError, MissingFileError, PromiseError, SampleError, SettingError
from core.generator_statistics.codes import KINDS, codes_of_kind
from core.generator_statistics.features import (
    FeatureExtractor,
    pixel_features,
    random_features,
    set_features,
)
from core.generator_statistics.image_sets import (
    array_set,
    crop_set,
    folder_set,
    generated_set,
    noise_set,
)
from core.generator_statistics.low_level import (
    N_SECTORS,
    SpectrumSummary,
    image_statistics,
    radial_spectra,
    set_statistics,
)
from core.generator_statistics.noise import pink_noise, white_noise
from core.generator_statistics.objectness import Detections, objectness_table
from core.generator_statistics.summaries import compare_objectness, detection_summary
from core.generator_statistics.surrogates import RandomCNN, generator_by_name
from core.generator_statistics.yolo_results import SavedDetector, read_yolo_results
from core.generators import SmallGenerator
from core.images.spectra import calculate_rms_contrast, power_spectrum_freq


class FindsBright:
    """A detector that finds one object in a bright image, and nothing in a dark one."""

    name, conf_thr, iou_thr, imgsz, class_names = "bright", 0.25, 0.45, 8, ("bright",)

    def __call__(self, images):
        bright = [[mean] * (mean > 0.5) for mean in images.mean((1, 2, 3)).tolist()]
        return [Detections(np.array(some), np.zeros(len(some), dtype=int)) for some in bright]


@pytest.fixture
def images():
    return torch.rand(10, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_a_code_does_not_depend_on_how_many_there_are():
    few, many = (codes_of_kind("small_4std", n, SmallGenerator(8), seed=4) for n in (5, 2300))
    np.testing.assert_array_equal(few, many[:5])
    assert many.shape == (2300, 8)
    assert many.std() == pytest.approx(4, rel=0.02)
    assert not np.array_equal(many[:1000], many[1000:2000])
    assert not np.array_equal(few, codes_of_kind("small_4std", 5, SmallGenerator(8), seed=5))


def test_codes_of_biggan_have_truncated_noise_and_a_class():
    class WithClasses(SmallGenerator):
        def __init__(self):
            super().__init__(256, 8)
            self.BigGAN = torch.nn.Module()
            self.BigGAN.embeddings = torch.nn.Linear(7, 128, bias=False)

    generator = WithClasses()
    classes = generator.BigGAN.embeddings.weight.detach().numpy().T
    codes = codes_of_kind("BigGAN_trunc07", 400, generator)
    noise, of_class = codes[:, :128], codes[:, 128:]
    assert np.abs(noise).max() <= 1.4
    expected = 0.7 * np.sqrt(stats.truncnorm.var(-2, 2))
    assert noise.std() == pytest.approx(expected, rel=0.01)
    assert {tuple(c) for c in of_class.astype("f4")} == {tuple(c) for c in classes}
    assert codes_of_kind("BigGAN_std_008", 400, generator).std() == pytest.approx(0.08, rel=0.01)


def test_an_unknown_kind_of_codes_lists_the_known():
    with pytest.raises(SettingError, match=f"one of {next(iter(KINDS))}"):
        codes_of_kind("DeePSim", 3, SmallGenerator(8))


def test_images_of_a_set_come_in_batches_of_any_size():
    made = generated_set(SmallGenerator(16, 16), "small_4std", 9, seed=1)
    whole, parts = torch.cat(list(made.batches(9))), torch.cat(list(made.batches(4)))
    torch.testing.assert_close(whole, parts)
    assert len(made) == 9
    assert made.kind == "generated"


def test_pink_noise_has_its_mean_its_contrast_and_no_preferred_channel():
    image = np.mean([pink_noise(n, 64) for n in range(20)], axis=(0, 2, 3))
    np.testing.assert_allclose(image, 0.5, atol=0.01)
    assert pink_noise(3, 64).std() == pytest.approx(0.2, abs=0.01)
    assert not np.array_equal(pink_noise(3, 64), pink_noise(3, 64, seed=1))


def test_crops_of_photographs_are_the_same_whatever_their_number():
    few, many = crop_set(2, 24, seed=3), crop_set(6, 24, seed=3)
    torch.testing.assert_close(next(few.batches()), next(many.batches())[:2])
    assert few.kind == "reference"


def test_images_of_a_folder_are_squares_of_one_size(tmp_path):
    for name, size in (("b.png", (40, 20)), ("a.jpg", (20, 30)), ("sub/c.png", (64, 64))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", size, "red").save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    found = folder_set(tmp_path, "mine", 16)
    assert found.image_ids == ("a.jpg", "b.png", "sub/c.png")
    assert next(found.batches()).shape == (3, 3, 16, 16)
    assert len(folder_set(tmp_path, "mine", 16, n=2)) == 2


def test_an_empty_folder_and_a_broken_image_are_told(tmp_path):
    with pytest.raises(MissingFileError, match=r"expected images .* found none in it"):
        folder_set(tmp_path, "mine")
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"a\.png: expected an image"):
        next(folder_set(tmp_path, "mine").batches())


def test_grey_of_16_bits_is_refused_and_not_cut_to_white(tmp_path):
    Image.fromarray(np.full((20, 20), 3000, dtype=np.uint16)).save(tmp_path / "deep.tif")
    with pytest.raises(ImageError, match="more than 8 bits a pixel"):
        next(folder_set(tmp_path, "deep", 16).batches())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "expected images of one size, found no image"),
        ([np.zeros((3, 4, 4)), np.zeros((3, 4, 5))], r"found \(3, 4, 4\), \(3, 4, 5\)"),
        ([np.zeros((4, 4, 3))], r"expected RGB images \(3, H, W\), found \(4, 4, 3\)"),
    ],
)
def test_arrays_that_are_no_set_are_refused(given, words):
    with pytest.raises(ImageError, match=words):
        array_set(given, "mine")


def test_eight_bit_images_are_refused_with_the_name_of_their_set(images):
    with pytest.raises(ImageError, match=r"mine: expected images in \[0, 1\]"):
        next(array_set(255 * images, "mine").batches())


def test_features_of_a_set_lie_in_a_file(tmp_path, images):
    extractor = pixel_features(8)
    features = set_features(array_set(images, "mine"), extractor, tmp_path / "features.npy")
    assert isinstance(features, np.memmap)
    np.testing.assert_array_equal(features, extractor(images))
    np.testing.assert_array_equal(np.load(tmp_path / "features.npy"), features)


def test_features_that_are_not_finite_are_refused(images):
    broken = FeatureExtractor("broken", 3, "none", lambda x: x.mean((2, 3)) / 0 - torch.inf)
    with pytest.raises(SampleError, match=r"broken: expected finite features, .* of image 0"):
        broken(images)
    with pytest.raises(ImageError, match="expected RGB images"):
        broken(images[0])
    short = FeatureExtractor("short", 4, "none", lambda x: x.mean((2, 3)))
    with pytest.raises(SampleError, match="expected 4 numbers an image"):
        short(images)


def test_only_inceptions_distance_is_called_fid():
    assert random_features().distance_name == "Fréchet distance (random filters, seed 0)"
    assert FeatureExtractor("Inception-v3 (FID)", 2048, "", lambda x: x).distance_name == "FID"


def test_detections_become_counts_and_the_largest_confidence(images):
    given = torch.cat([images[:3] * 0.2, images[:2] * 0.2 + 0.7])
    table = objectness_table(array_set(given, "mine"), FindsBright())
    assert list(table) == [column.name for column in ext1.OBJECTNESS.columns]
    assert table["n_objs"].tolist() == [0, 0, 0, 1, 1]
    assert table["confidence"].isna().tolist() == [True, True, True, False, False]
    summary = detection_summary(table).iloc[0]
    assert summary["detect_rate"] == 0.4
    assert summary["conf_fill0_mean"] == pytest.approx(0.4 * summary["conf_mean"])


def test_a_detector_that_finds_nothing_gives_a_rate_of_0(images):
    table = objectness_table(array_set(images * 0.1, "dark"), FindsBright())
    summary = detection_summary(table).iloc[0]
    assert (summary["detect_rate"], summary["ci_low"]) == (0, 0)
    assert 0 < summary["ci_high"] < 0.3
    assert np.isnan(summary["conf_mean"])
    assert summary["conf_fill0_mean"] == 0


def test_a_detector_that_answers_nothing_is_told(images):
    class Silent(FindsBright):
        def __call__(self, images):
            return None

    class Short(FindsBright):
        def __call__(self, images):
            return super().__call__(images)[:-1]

    with pytest.raises(PromiseError, match="expected detections of each of 10 images, found none"):
        objectness_table(array_set(images, "mine"), Silent())
    with pytest.raises(PromiseError, match="found 9 answers"):
        objectness_table(array_set(images, "mine"), Short())


def test_two_sets_are_compared_by_rate_and_confidence(images):
    bright = objectness_table(array_set(images * 0.2 + 0.7, "bright"), FindsBright())
    dark = objectness_table(array_set(images * 0.2, "dark"), FindsBright())
    found = compare_objectness(pd.concat([bright, dark]), "bright", "dark")
    assert found["z"] == pytest.approx(np.sqrt(20))
    assert found["p_rate"] < 1e-4
    assert found["p_confidence"] < 1e-3


def test_text_files_of_yolo_are_read_and_images_without_one_have_no_object(tmp_path):
    images = array_set(np.zeros((3, 3, 8, 8)), "mine")
    lines = "16 0.5 0.5 0.2 0.2 0.61\n2 0.1 0.1 0.1 0.1 0.9\n7 0.5 0.5 0.2 0.2 0.1\n"
    (tmp_path / "mine_00001.txt").write_text(lines)
    detector = SavedDetector(class_names=("a", "b", "car"))
    table = read_yolo_results(tmp_path, images, detector)
    assert table["n_objs"].tolist() == [0, 2, 0]
    assert table.loc[1, ["confidence", "class_id", "class_name"]].tolist() == [0.9, 2, "car"]
    assert table.loc[0, "detector"] == "YOLOv8x"


def test_predictions_of_yolo_are_read_from_json(tmp_path):
    images = array_set(np.zeros((2, 3, 8, 8)), "mine")
    entries = [{"image_id": "mine_00000", "category_id": 5, "score": 0.5, "bbox": [0, 0, 1, 1]}]
    (tmp_path / "predictions.json").write_text(json.dumps(entries))
    table = read_yolo_results(tmp_path / "predictions.json", images)
    assert table["n_objs"].tolist() == [1, 0]


def test_results_that_are_none_are_refused(tmp_path):
    images = array_set(np.zeros((2, 3, 8, 8)), "mine")
    with pytest.raises(SampleError, match="expected results of the images of mine, found no res"):
        read_yolo_results(tmp_path, images)
    (tmp_path / "other.txt").write_text("1 0 0 0 0 0.5\n")
    with pytest.raises(SampleError, match="found 1 results of others"):
        read_yolo_results(tmp_path, images)
    (tmp_path / "mine_00000.txt").write_text("1 0 0 0 0\n")
    with pytest.raises(SampleError, match="expected lines of 6 numbers"):
        read_yolo_results(tmp_path, images)
    for line in ("nan 0 0 0 0 0.5", "-1 0 0 0 0 0.5", "1 0 0 0 0 nan"):
        (tmp_path / "mine_00000.txt").write_text(line)
        with pytest.raises(SampleError, match="expected lines of 6 numbers"):
            read_yolo_results(tmp_path, images)
    (tmp_path / "mine_00000.txt").write_bytes(b"\xff\xfe1 0 0 0 0 0.5")
    with pytest.raises(SampleError, match="expected lines of 6 numbers"):
        read_yolo_results(tmp_path, images)
    for number in ("Infinity", "-1", "9" * 400):
        entry = f'[{{"image_id": "mine_00000", "category_id": {number}, "score": 0.5}}]'
        (tmp_path / "a.json").write_text(entry)
        with pytest.raises(SampleError, match="expected a JSON list"):
            read_yolo_results(tmp_path / "a.json", images)
    (tmp_path / "a.json").write_text('{"image_id": 1}')
    with pytest.raises(SampleError, match="expected a JSON list"):
        read_yolo_results(tmp_path / "a.json", images)
    with pytest.raises(MissingFileError, match="expected saved results"):
        read_yolo_results(tmp_path / "nothing", images)


def test_statistics_of_many_images_are_those_of_each(images):
    table = image_statistics(images)
    for number in range(3):
        alone = image_statistics(images[number : number + 1]).iloc[0]
        pd.testing.assert_series_equal(alone, table.iloc[number], check_names=False)
    array = images.numpy()
    assert table["rms_contrast"].tolist() == pytest.approx(
        [calculate_rms_contrast(image) for image in array], rel=1e-6
    )
    k, power = power_spectrum_freq(array[4].mean(axis=0, dtype=float))
    np.testing.assert_allclose(radial_spectra(images).power[4], power / power.sum(), rtol=1e-9)
    assert radial_spectra(images).k.tolist() == k.tolist()


def noise_slope(draw, column):
    images = torch.from_numpy(np.stack([draw(n, 256) for n in range(12)]))
    return image_statistics(images)[column].mean()


def test_noise_has_the_slope_of_its_power_by_ring():
    assert noise_slope(white_noise, "psd_slope") == pytest.approx(1.0, abs=0.02)
    assert noise_slope(pink_noise, "psd_slope") == pytest.approx(-0.97, abs=0.03)
    assert noise_slope(white_noise, "psd_slope_logbin") == pytest.approx(1.0, abs=0.05)
    # where a ring holds few frequencies the logarithm of their mean is too small
    assert noise_slope(pink_noise, "psd_slope_logbin") == pytest.approx(-0.94, abs=0.04)


@pytest.mark.parametrize(("axis", "sector"), [(0, 0), (1, 9)])
def test_a_grating_has_all_its_power_in_one_ring_and_one_sector(axis, sector):
    """One that varies downwards is horizontal structure, at 0 degrees."""
    wave = 0.5 + 0.5 * torch.cos(2 * torch.pi * 16 * torch.arange(64) / 64)
    grey = wave[:, None] if axis == 0 else wave[None]
    images = grey.expand(1, 3, 64, 64)
    row = image_statistics(images).iloc[0]
    energies = [row[f"orient_energy_{s:02d}"] for s in range(N_SECTORS)]
    assert energies[sector] == pytest.approx(1)
    assert row["orient_anisotropy"] == pytest.approx(1)
    k, power = radial_spectra(images)
    assert power[0, k == 16] == pytest.approx(1)
    assert row["hf_fraction"] == pytest.approx(1)


def test_a_constant_image_has_no_spectrum_and_no_contrast():
    row = image_statistics(torch.full((1, 3, 32, 32), 0.3)).iloc[0]
    undefined = [name for name in ext1.STATISTICS if name.startswith(("psd", "hf", "orient"))]
    assert row[undefined].isna().all()
    assert row["rms_contrast"] == pytest.approx(0, abs=1e-9)
    assert row["luminance_mean"] == pytest.approx(0.3)


def test_colours_have_their_saturation_and_colourfulness():
    red = torch.zeros(1, 3, 16, 16)
    red[:, 0] = 1
    row = image_statistics(red).iloc[0]
    assert row["saturation_mean"] == 1
    # R - G is 1 everywhere and (R + G) / 2 - B is 1/2
    assert row["colorfulness"] == pytest.approx(0.3 * np.hypot(1, 0.5))
    grey = image_statistics(torch.rand(1, 1, 16, 16).expand(1, 3, 16, 16)).iloc[0]
    assert grey["saturation_mean"] == pytest.approx(0, abs=1e-9)


def test_a_ramp_has_the_edge_density_of_its_slope():
    ramp = (torch.arange(32) / 31).expand(1, 3, 32, 32)
    assert image_statistics(ramp)["edge_density"].item() == pytest.approx(1 / 31)


def test_spectra_of_batches_are_averaged_over_images(images):
    summary = SpectrumSummary()
    table = set_statistics(array_set(images, "mine"), summary)
    assert len(table) == 10
    power = radial_spectra(images).power
    spectra = summary.table("mine")
    np.testing.assert_allclose(spectra["psd_norm_mean"], power.mean(0))
    np.testing.assert_allclose(spectra["psd_norm_sem"], power.std(0) / np.sqrt(10), atol=1e-12)
    assert (spectra["n"] == 10).all()


@pytest.mark.parametrize("shape", [(2, 3, 16, 32), (2, 1, 16, 16), (2, 3, 8, 8)])
def test_images_that_have_no_such_statistics_are_refused(shape):
    with pytest.raises(ImageError):
        image_statistics(torch.zeros(shape))


def test_nan_in_images_is_told():
    with pytest.raises(ImageError, match="found NaN or infinity"):
        image_statistics(torch.full((1, 3, 16, 16), torch.nan))


def test_noise_sets_and_surrogates_are_the_same_every_time():
    one, other = (noise_set("white", 3, 16, seed=2) for _ in range(2))
    torch.testing.assert_close(next(one.batches()), next(other.batches()))
    codes = RandomCNN().sample(2, rng=0)
    torch.testing.assert_close(RandomCNN().images(codes), RandomCNN().images(codes))
    images = RandomCNN().images(RandomCNN().sample(32, rng=1))
    assert images.std(0).mean() > 0.1
    with pytest.raises(SettingError, match="one of DeePSim, BigGAN, small, random CNN"):
        generator_by_name("fc6")
