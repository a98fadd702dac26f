"""The images beside the averages: which are found, how they are read, what is refused."""

import numpy as np
import pytest
from PIL import Image

from core.acquisition.explorer import import_explorer
from core.errors import ImageError, MissingFileError
from core.explorer.images import check_images, image_path, read_images
from core.explorer.store import FILE_NAME, load_averages, stated_origin
from core.explorer.writing import write_explorer
from tests.explorer_examples import experiments

GREEN, RED = (0, 255, 0), (255, 0, 0)


def save(path, color, size=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size, size), color).save(path, lossless=True)


@pytest.fixture
def folder(tmp_path):
    """An imported experiment with three images, one of them of a block that has no averages."""
    (given,) = experiments(1)
    public = tmp_path / "public"
    write_explorer(public, [given])
    save(public / given.name / "gen_01" / "deepsim_img.webp", GREEN)
    save(public / given.name / "gen_16" / "biggan_img.webp", RED)
    save(public / given.name / "gen_17" / "deepsim_img.webp", RED)
    import_explorer(public, tmp_path / "data", images=True)
    return tmp_path / "data"


@pytest.fixture
def experiment(folder):
    return load_averages(folder / FILE_NAME)[0]


def test_blocks_are_numbered_from_0_and_folders_from_1(folder, experiment):
    names = [image_path(folder, experiment, *key).parts[-3:] for key in ((0, 0), (99, 1))]
    assert names == [
        ("Exp003-B", "gen_01", "deepsim_img.webp"),
        ("Exp003-B", "gen_100", "biggan_img.webp"),
    ]


def test_images_are_those_of_blocks_that_have_averages(folder, experiment):
    assert image_path(folder, experiment, 16, 0).is_file()
    images = read_images(folder, experiment)
    assert list(images) == [(0, 0), (15, 1)]
    assert images[0, 0].shape == (32, 32, 3)
    assert images[0, 0][5, 5].tolist() == list(GREEN)
    assert images[15, 1][5, 5].tolist() == list(RED)


def test_an_image_can_be_asked_for_of_one_block_of_each_thread(folder, experiment):
    assert list(read_images(folder, experiment, (0, 15))) == [(0, 0), (15, 1)]
    assert list(read_images(folder, experiment, (0, 0))) == [(0, 0)]
    assert read_images(folder, experiment, (1, 1)) == {}


def test_images_are_brought_to_a_size_by_averaging(folder, experiment):
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = 200
    Image.fromarray(stripes).save(image_path(folder, experiment, 0, 0), lossless=True)
    image = read_images(folder, experiment, (0, 1), size=8)[0, 0]
    assert image.shape == (8, 8, 3)
    assert np.abs(image[:, 1:-1].astype(int) - 100).max() <= 4


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\x89PNG\r\n\x1a\n", b"cut"])
def test_a_file_that_is_no_webp_image_is_named(folder, experiment, content):
    path = image_path(folder, experiment, 0, 0)
    path.write_bytes(path.read_bytes()[:30] if content == b"cut" else content)
    with pytest.raises(ImageError, match=r"deepsim_img\.webp: expected a WebP image"):
        read_images(folder, experiment)


def test_without_images_one_sentence_says_how_to_get_them(folder):
    check_images(folder)
    for path in folder.glob("images/*/*/*.webp"):
        path.unlink()
    with pytest.raises(MissingFileError, match=r"`\./reproduce download --from explorer --images`"):
        check_images(folder)


def test_a_thread_s_best_block_has_its_largest_mean_rate(experiment):
    mean = experiment.evoked.mean
    for thread, block in enumerate(experiment.best_blocks):
        assert mean[block, thread] == mean[:, thread].max()


def test_the_origin_is_what_the_record_says(folder):
    words = "Animadversio/NeuralEvolutionExplorer, NOT those of commit 4a8fb317, which was checked"
    assert stated_origin(folder) == words
    (folder / "EXPLORER.json").write_text("{}")
    assert stated_origin(folder) == "of unknown origin"
