"""Screens: order by hand, files, interruptions, images that cannot be read."""

import json
import logging
import resource

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import (
    FullDiskError,
    ImageError,
    MissingFileError,
    RunError,
    SettingError,
    StateError,
)
from dualneuron.screening import (
    ImageTransforms,
    RenderedImages,
    activations,
    load_poles,
    screen_activations,
)
from dualneuron.screening import run as screens
from dualneuron.screening.models import transform_options
from dualneuron.screening.reading import ordered, screen_facts
from dualneuron.screening.run import ordered_responses, show
from dualneuron.screening.saved import SavedScreen
from dualneuron.screening.sets import CorruptImageError
from dualneuron.screening.streaming import response_batches
from dualneuron.twins import V1GrayTaskDriven

LEVELS = [40, 10, 30, 10, 20, 50, 30]
"""Grey levels of seven images, with ties."""

UP, DOWN = [1, 3, 4, 2, 6, 0, 5], [5, 0, 2, 6, 4, 1, 3]
"""Their indices in ascending order of the level and of its negative, ties in order."""

SHOWING = {"batch_size": 2, "num_workers": 2, "skip_corrupt": False}

MASK = np.hypot(*np.mgrid[-1:1:93j, -1:1:93j]).max() - np.hypot(*np.mgrid[-1:1:93j, -1:1:93j])

UNTRAINED = {
    **{"model": "v1", "ensemble": False, "untrained": True, "device": "cpu"},
    **{"crop_size": 24, "mask": MASK},
}
"""A twin without files, on small images."""


def opened(folder):
    return RenderedImages(folder, use_grayscale=True)


def saved(folder, top_k=None, **settings):
    folder.joinpath("s_screen").mkdir(parents=True, exist_ok=True)
    return SavedScreen(folder, "s", settings, 3, top_k)


def screened(folder, images, respond, top_k=None, **options):
    """A screen into a folder, and all its files but the progress."""
    screen = saved(folder, top_k)
    show(images, respond, screen, **SHOWING | options)
    screen.finish("int64", {})
    return files(folder)


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def corrupt(folder, *numbers):
    for number in numbers:
        (folder / f"scene_{number:03d}.png").write_bytes(b"\x89PNG cut off")


def test_the_order_of_a_few_images_by_hand(greys, means):
    responses, indices = ordered_responses(opened(greys(LEVELS)), means, **SHOWING)
    assert indices.T.tolist() == [UP, DOWN, [0, 1, 2, 3, 4, 5, 6]]
    expected = np.array(LEVELS)[UP] / 255
    np.testing.assert_allclose(responses[:, 0], expected, rtol=1e-6)
    assert (responses.dtype, indices.dtype) == (np.float32, np.int64)


def test_files_hold_the_same_order(greys, means, tmp_path):
    out = tmp_path / "out"
    screened(out, opened(greys(LEVELS)), means)
    found = {path.name: sorted(p.name for p in path.iterdir()) for path in out.iterdir()}
    names = ["0.npy", "1.npy", "2.npy"]
    assert found == {
        "s_ordered_responses": names,
        "s_ordered_indices": names,
        "s_screen": ["settings.json", "summary.json"],
    }
    assert ordered(out / "s_ordered_indices")[1].tolist() == DOWN
    assert ordered(out / "s_ordered_responses")[1].dtype == np.float32


@pytest.mark.parametrize(
    ("top_k", "expected"), [(2, [1, 3, 0, 5]), (3, [1, 3, 4, 6, 0, 5]), (9, UP)]
)
def test_both_ends_alone(greys, means, tmp_path, top_k, expected):
    images = opened(greys(LEVELS))
    _, indices = ordered_responses(images, means, top_k=top_k, **SHOWING)
    assert indices[:, 0].tolist() == expected
    screened(tmp_path / "out", images, means, top_k)
    assert ordered(tmp_path / "out" / "s_ordered_indices")[0].tolist() == expected


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("top_k", [None, 2])
@pytest.mark.parametrize("n_before", [0, 2, 3, 5])
def test_an_interrupted_screen_goes_on_to_the_same_files(greys, means, tmp_path, top_k, n_before):
    folder = greys(LEVELS)
    corrupt(folder, 2)
    images = opened(folder)
    whole = screened(tmp_path / "whole", images, means, top_k, skip_corrupt=True)

    class Stopping(type(means)):
        def __call__(self, shown):
            if self.n_seen + len(shown) > n_before:
                raise StoppedError
            return super().__call__(shown)

    first = Stopping()
    with pytest.raises(StoppedError):
        screened(tmp_path / "parts", images, first, top_k, skip_corrupt=True)
    rest = type(means)()
    assert screened(tmp_path / "parts", images, rest, top_k, skip_corrupt=True) == whole
    assert first.n_seen + rest.n_seen == len(LEVELS) - 1


def test_what_a_run_left_that_was_killed_at_its_very_end_is_removed(greys, means, tmp_path):
    images = opened(greys(LEVELS))
    whole = screened(tmp_path, images, means)
    left = tmp_path / "s_screen"
    (left / "shards").mkdir()
    for name in ("responses.float32", "progress.npz", "shards/images_0_7.parquet"):
        (left / name).write_bytes(b"left")
    assert saved(tmp_path).is_complete
    assert files(tmp_path) == whole


@pytest.mark.parametrize("name", ["settings.json", "summary.json"])
@pytest.mark.parametrize("text", ['{"n_images": ', "[1]", "null"])
def test_facts_that_cannot_be_read_are_told(greys, means, tmp_path, name, text):
    screened(tmp_path, opened(greys(LEVELS)), means)
    (tmp_path / "s_screen" / name).write_text(text)
    words = rf"{name}: expected what is known of a screen \(JSON\), found.*to start anew"
    with pytest.raises(StateError, match=words):
        screen_facts(tmp_path / "s_ordered_responses")
    with pytest.raises(StateError, match=words):
        saved(tmp_path).summary()


def test_a_progress_of_another_kind_is_told(tmp_path):
    saved(tmp_path)
    with (tmp_path / "s_screen" / "progress.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(StateError, match="expected the progress of a screen, found a file that"):
        saved(tmp_path)


def test_a_screen_that_was_killed_goes_on_from_its_last_note(greys, means, tmp_path):
    images = opened(greys(LEVELS))
    whole = screened(tmp_path / "whole", images, means)
    out = tmp_path / "killed"
    screen = saved(out)
    show(opened(greys(LEVELS[:4], "few")), means, screen, **SHOWING)
    raw = out / "s_screen" / "responses.float32"
    raw.write_bytes(raw.read_bytes() + b"half a row")
    assert screened(out, images, means) == whole


def test_a_full_disk_loses_nothing(greys, means, tmp_path):
    images = opened(greys(LEVELS))
    whole = screened(tmp_path / "whole", images, means)
    out = tmp_path / "out"
    screen = saved(out)
    for part in response_batches(images, means, range(6), batch_size=2):
        screen.add(part)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (75, limits[1]))
    try:
        with pytest.raises(FullDiskError, match=r"responses\.float32: expected room"):
            screen.add(next(response_batches(images, means, range(6, 7), batch_size=2)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    screen.save()
    screen.close()
    assert saved(out).n_done == 6
    assert screened(out, images, means) == whole


def test_a_damaged_note_is_an_error_that_says_how_to_start_anew(greys, means, tmp_path):
    out = tmp_path / "out"
    show(opened(greys(LEVELS)), means, saved(out), **SHOWING)
    note = out / "s_screen" / "progress.npz"
    note.write_bytes(note.read_bytes()[:-30])
    with pytest.raises(StateError, match=r"progress of a screen.*remove .*s_screen to start anew"):
        saved(out)


def test_other_settings_do_not_mix(greys, means, tmp_path):
    saved(tmp_path, batch_size=32)
    with pytest.raises(StateError, match=r"settings\.json: expected .* a screen with batch_size 8"):
        saved(tmp_path, batch_size=8)


def test_results_of_other_origin_are_not_replaced(scenes, tmp_path):
    theirs = tmp_path / "v1_None_rendered_ordered_indices" / "0.npy"
    theirs.parent.mkdir()
    np.save(theirs, np.arange(3))
    with pytest.raises(SettingError, match="_ordered_indices: expected no results of other origin"):
        screen_activations(scenes, tmp_path, **UNTRAINED)
    assert np.load(theirs).tolist() == [0, 1, 2]


def test_a_corrupt_image_is_named_or_skipped_and_counted(greys, means, tmp_path, caplog):
    folder = greys(LEVELS)
    corrupt(folder, 3, 4)
    images = opened(folder)
    with pytest.raises(CorruptImageError, match=r"scene_003\.png: expected an image that can be"):
        screened(tmp_path / "out", images, means)
    screen = saved(tmp_path / "out")
    assert screen.n_done == 2
    screened(tmp_path / "out", images, means, skip_corrupt=True)
    assert ordered(tmp_path / "out" / "s_ordered_indices")[0].tolist() == [1, 2, 6, 0, 5]
    facts = json.loads((tmp_path / "out" / "s_screen" / "summary.json").read_text())
    names = [str(folder / f"scene_00{number}.png") for number in (3, 4)]
    assert facts == {"n_images": 5, "n_skipped": 2, "skipped": names}
    with caplog.at_level(logging.WARNING):
        ordered_responses(images, means, **SHOWING | {"skip_corrupt": True})
    assert "images left out, since they cannot be read: 2 (" in caplog.text
    assert "scene_003.png" in caplog.text


@pytest.mark.parametrize("top_k", [None, 2])
def test_images_none_of_which_can_be_read(greys, means, tmp_path, top_k):
    folder = greys([1, 2, 3])
    corrupt(folder, 0, 1, 2)
    with pytest.raises(ImageError, match="images that can be read, found none among 3"):
        screened(tmp_path / "out", opened(folder), means, top_k, skip_corrupt=True)
    with pytest.raises(ImageError, match="found none among 3"):
        ordered_responses(opened(folder), means, top_k=top_k, **SHOWING | {"skip_corrupt": True})


def test_images_of_another_shape_are_named(greys, means, tmp_path):
    folder = greys(LEVELS)
    Image.new("L", (5, 4)).save(folder / "scene_005.png")
    with pytest.raises(ImageError, match=r"scene_005\.png: .* \(1, 4, 4\), found \(1, 4, 5"):
        ordered_responses(opened(folder), means, **SHOWING)
    with pytest.raises(ImageError, match=r"expected .* \(1, 4, 4\), found \(3, 4, 4\)"):
        ordered_responses(RenderedImages(folder), means, **SHOWING)


def test_responses_that_are_no_numbers_stop_a_screen(greys, means):
    class Broken(type(means)):
        def __call__(self, shown):
            return super().__call__(shown).log()

    with pytest.raises(RunError, match=r"scene_000\.png: expected finite responses, found NaN"):
        ordered_responses(opened(greys([9, 9])), Broken(), **SHOWING)


@pytest.fixture
def scenes(tmp_path):
    """A folder of 14 random colour images, 30 x 26."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number in range(14):
        values = rng.integers(0, 256, (30, 26, 3), np.uint8)
        Image.fromarray(values).save(folder / f"{number:02d}.png")
    return folder


def test_a_twin_is_shown_what_the_table_says(scenes):
    responses, indices = screen_activations(scenes, batch_size=5, **UNTRAINED)
    twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu")
    shown = []
    for path in sorted(scenes.iterdir()):
        with Image.open(path) as image:
            crop = image.crop((1, 3, 25, 27)).resize((93, 93), Image.Resampling.BILINEAR)
        grey = np.asarray(crop.convert("L"), np.float64) / 255
        masked = (grey - 0.449) / 0.226 * (MASK - MASK.min()) / np.ptp(MASK)
        shown.append(12 * masked / np.linalg.norm(masked))
    expected = twin(torch.tensor(np.array(shown), dtype=torch.float32)[:, None]).numpy()
    np.testing.assert_allclose(responses, np.sort(expected, 0), atol=1e-4)
    np.testing.assert_array_equal(indices[:, :50], np.argsort(expected, 0)[:, :50])


def test_a_screen_with_files_is_the_screen_in_memory(scenes, tmp_path, caplog):
    out = tmp_path / "out"
    options = {"batch_size": 4, **UNTRAINED}
    assert screen_activations(scenes, out, index_dtype="int32", **options) is None
    responses, indices = screen_activations(scenes, **options)
    found = ordered(out / "v1_None_rendered_ordered_responses")
    found_indices = ordered(out / "v1_rendered_ordered_indices")
    assert list(found) == list(range(458))
    for unit in (0, 457):
        np.testing.assert_array_equal(found[unit], responses[:, unit])
        np.testing.assert_array_equal(found_indices[unit], indices[:, unit])
        assert found_indices[unit].dtype == np.int32
    twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu")
    facts = screen_facts(out / "v1_None_rendered_ordered_responses")
    np.testing.assert_allclose(facts["grey_baseline"], twin.grey_baseline().numpy(), rtol=1e-6)
    assert facts["without_room"] == twin.without_room().nonzero()[:, 0].tolist()
    assert (facts["n_images"], facts["model"], facts["top_k"]) == (14, "v1", None)

    neuron = facts["without_room"][0]
    shown = RenderedImages(scenes, **transform_options("v1", 24, MASK))
    low, high = load_poles(neuron, shown, out / "v1_rendered_ordered_indices", k=3)
    assert low.shape == (3, 1, 93, 93)
    np.testing.assert_allclose(twin(low)[:, neuron].numpy(), responses[:3, neuron], atol=1e-6)
    np.testing.assert_allclose(twin(high)[:, neuron].numpy(), responses[-3:, neuron], atol=1e-6)
    assert f"neuron {neuron} responds to mean grey with" in caplog.text


def test_a_complete_screen_is_not_made_again(scenes, tmp_path, monkeypatch):
    out, options = tmp_path / "out", {"top_k": 2, **UNTRAINED}
    screen_activations(scenes, out, **options)
    before = files(out)
    with monkeypatch.context() as patch:
        patch.setattr(screens, "show", None)
        screen_activations(scenes, out, **options)
    (out / "v1_None_rendered_ordered_indices" / "3.npy").unlink()
    screen_activations(scenes, out, **options)
    assert files(out) == before


def test_images_that_were_added_make_another_screen(scenes, tmp_path):
    screen_activations(scenes, tmp_path / "out", top_k=2, **UNTRAINED)
    Image.new("RGB", (30, 26)).save(scenes / "new.png")
    with pytest.raises(StateError, match="with n_images 15, found n_images 14"):
        screen_activations(scenes, tmp_path / "out", top_k=2, **UNTRAINED)


def test_units_of_a_layer(scenes):
    layer = "members.0.core.stem.conv"
    twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu")
    assert layer in dict(twin.named_modules())
    responses, _ = screen_activations(scenes, layer=layer, location=[0, 1], **UNTRAINED)
    assert responses.shape == (14, 40)


def test_the_older_name_gives_the_same(scenes, monkeypatch):
    calls = []
    monkeypatch.setattr(screens, "screen_activations", lambda *a, **k: calls.append((a, k)))
    activations("folder", "secret", "test", "imagenet", "v4g", 8, 3)
    expected = {"token": "secret", "split": "test", "dataset": "imagenet", "model": "v4g"}
    assert calls == [(("folder",), {**expected, "batch_size": 8, "num_workers": 3})]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "v2"}, "model: expected one of v1, v4, v4g, vgg16, .* found 'v2'"),
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1"),
        ({"index_dtype": "int8"}, "index_dtype: expected int64 or int32, found 'int8'"),
        ({"dataset": "cifar"}, "dataset: expected one of"),
        ({"crop_size": 31}, r"00\.png: expected at least 31 x 31 pixels"),
        ({"mask": "no.npy"}, r"no\.npy: expected a mask, found no such file"),
        ({"top_k": 0}, "top_k: expected a whole number of at least 1"),
    ],
)
def test_options_that_cannot_be_used(scenes, options, words):
    with pytest.raises((SettingError, ImageError, MissingFileError), match=words):
        screen_activations(scenes, **UNTRAINED | options)


@pytest.mark.parametrize(
    ("model", "crop", "shape", "norm"),
    [
        ("v1", 167, (1, 93, 93), 12),
        ("v4", 236, (3, 100, 100), 40),
        ("v4g", 236, (1, 100, 100), 20),
        ("vgg16", 236, (3, 224, 224), 80),
    ],
)
def test_every_model_is_shown_its_size_and_norm(model, crop, shape, norm):
    options = transform_options(model, mask=MASK)
    assert options["crop_size"] == crop
    seen = ImageTransforms(**options)(Image.effect_noise((240, 250), 50).convert("RGB"))
    assert seen.shape == shape
    assert seen.norm().item() == pytest.approx(norm, rel=1e-5)
    assert seen[:, 0, 0].abs().max() < 1e-6 < seen[:, shape[1] // 2].abs().max()
