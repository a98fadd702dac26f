"""What is wrong with an evolution is one sentence, with the exit code that it should have."""

import h5py
import numpy as np
import pytest

from core.computing.devices import choose_device
from core.errors import (
    FullDiskError,
    ImageError,
    MissingFileError,
    RunError,
    SettingError,
    StateError,
    run,
)
from core.experiments.evolution import evolve_run, named_threads
from core.experiments.evolution.loop import Evolution, Thread, evolve
from core.experiments.evolution.record import read_evolution
from core.experiments.evolve import main
from core.generators.small import SmallGenerator
from core.geometry import Metric, save_metric
from core.optimizers.presets import make_optimizer


def evolution(path, **options):
    optimizer = make_optimizer("CholeskyCMAES", 8, n_generations=3, random_seed=0)
    return Evolution(path, "unit", [Thread("small", SmallGenerator(8, 8), optimizer)], **options)


def brightness(images, units):
    return images.mean(dim=(1, 2, 3)).detach().numpy()


@pytest.mark.parametrize(("words", "found"), [
    (["--unit=.a,²"], "found '.a,²'"),
    (["--unit=.a," + "1" * 5000], "found 5003 characters"),
    (["--unit=.a,1", "--unit=.a,1"], "expected every unit once, found .a,1 2 times"),
])  # fmt: skip
def test_units_that_are_none(capsys, words, found):
    assert run(lambda: main(words)) == 2
    assert found in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\x93NUMPY\x01\x00"])
def test_hessians_that_cannot_be_read(tmp_path, content):
    name = named_threads.HESSIAN_FILES["fc6"]
    with pytest.raises(MissingFileError, match=f"{name}: expected an npz file .*, found none"):
        named_threads._hessian("fc6", "HessCMA800", tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StateError, match=f"{name}: expected an npz file without pickles"):
        named_threads._hessian("fc6", "HessCMA800", tmp_path)


def test_hessians_are_the_published_files_or_ones_own(tmp_path):
    matrix = np.diag(np.arange(1.0, 257))
    path = tmp_path / named_threads.HESSIAN_FILES["BigGAN"]
    save_metric(path, Metric(*np.linalg.eigh(matrix), matrix, generator="BigGAN"))
    whole, part = (
        named_threads._hessian("BigGAN", f"HessCMA{x}", tmp_path) for x in ("", "_class")
    )
    np.testing.assert_array_equal(whole["eigvals_avg"], np.arange(1, 257))
    np.testing.assert_array_equal(part["eigvals_clas_avg"], np.arange(129, 257))
    make_optimizer("BigGAN/HessCMA_class", 256, hessian=part)
    published = {"eigvals_avg": np.ones(256), "eigvects_avg": np.eye(256)}
    np.savez(path, **published, eigvals_clas_avg=np.full(128, 7.0), eigvects_clas_avg=np.eye(128))
    part = named_threads._hessian("BigGAN", "HessCMA_class", tmp_path)
    np.testing.assert_array_equal(part["eigvals_clas_avg"], 7)
    save_metric(path, Metric(np.ones(256), np.eye(256), generator="SmallGenerator"))
    with pytest.raises(StateError, match="expected a metric of BigGAN, found one of SmallGen"):
        named_threads._hessian("BigGAN", "HessCMA", tmp_path)


def test_images_that_cannot_be_read(tmp_path):
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(
        ImageError, match=r"a\.png: expected an image, found that it cannot"
    ) as error:
        evolve_run._read_images(tmp_path)
    assert error.value.exit_code == 2


def test_a_folder_in_the_place_of_the_file(tmp_path):
    path = tmp_path / "a.h5"
    path.mkdir()
    with pytest.raises(SettingError, match=r"a\.h5: expected no file or .*, found a folder"):
        evolve([evolution(path)], brightness, 3)
    with pytest.raises(SettingError, match=r"a\.h5: expected an evolution, found a folder"):
        read_evolution(path)


def test_settings_that_are_not_json(tmp_path):
    path = tmp_path / "a.h5"
    evolve([evolution(path)], brightness, 2)
    with h5py.File(path, "r+") as file:
        file.attrs["settings"] = "{'a': 1}"
    with pytest.raises(StateError, match=r"a\.h5: expected an evolution, found a file that is dam"):
        evolve([evolution(path)], brightness, 2)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(StateError, match=r"damaged \(Unable to .*\); remove it") as error:
        read_evolution(path)
    assert "0x" not in str(error.value)


def test_more_blocks_than_the_disk_has_room_for(tmp_path):
    with pytest.raises(FullDiskError, match=r"a\.h5: expected room for more than [0-9]{6,}\.. MB"):
        evolve([evolution(tmp_path / "a.h5")], brightness, 10**10)


@pytest.mark.parametrize("noise", [1e300, float("inf"), float("nan"), -0.1])
def test_noise_that_nobody_means(tmp_path, noise):
    words = "noise: expected a level of 0 to 100, or 'poisson', found"
    with pytest.raises(SettingError, match=words):
        evolution(tmp_path / "a.h5", noise=noise)


def test_a_file_that_is_removed_meanwhile_is_not_called_kept(tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(RunError, match="found none; it was removed or moved meanwhile") as error:
        evolve([evolution(path)], brightness, 3, after_block=path.unlink)
    assert "kept" not in str(error.value).replace("not kept", "")


def test_memory_that_is_not_there_is_one_sentence(capsys):
    assert run(lambda: np.empty(2**60, np.uint8) and 0) == 1
    assert capsys.readouterr().err.startswith("error: expected memory for the work, found: Unable")


def test_a_device_that_holds_no_numbers_is_none():
    with pytest.raises(SettingError, match=r"device: expected cpu, .*, found 'meta'"):
        choose_device("meta")
