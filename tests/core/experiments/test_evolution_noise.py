"""Counts of spikes as noise, longer evolutions, and what tells evolutions apart."""

import sys
import types

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core import progress as progress_module
from core.errors import PromiseError, ScoreError, SettingError, StateError
from core.experiments.evolution import Evolution, PoissonNoise, Thread, evolve, read_evolution
from core.experiments.evolution import figures as evolution_figures
from core.experiments.evolution.noise import with_noise
from core.experiments.evolve import main
from core.generators import Generator, SmallGenerator
from core.optimizers import make_optimizer
from core.optimizers.cholesky import CholeskyCMAES
from core.progress import progress


def evolution(path, noise="poisson", n=8, **options):
    optimizer = CholeskyCMAES(n, 6, 1.0, np.zeros(n), random_seed=0)
    thread = Thread("small", SmallGenerator(n, 8), optimizer)
    return Evolution(path, "unit", [thread], noise, seed=3, **options)


def brightness(images, units):
    return 40 * images.mean(dim=(1, 2, 3))


def test_counts_have_the_mean_and_variance_of_spikes():
    clean = np.repeat([0.0, 20.0], 20_000)
    counted = with_noise(clean, PoissonNoise(), np.random.default_rng(0)).reshape(2, -1)
    assert (counted[0] == 0).all()
    assert counted[1].mean() == pytest.approx(20, rel=0.01)
    # a count of 3 in 0.15 s has a standard deviation of sqrt(3) / 0.15 events/s
    assert counted[1].std() == pytest.approx(np.sqrt(3) / 0.15, rel=0.02)
    np.testing.assert_allclose(np.unique(counted * 0.15 % 1).round(9) % 1, 0)


def test_a_baseline_is_subtracted_and_scores_stay_in_their_units():
    noise = PoissonNoise(window=200, baseline=50, spontaneous=10, scale=5)
    clean = np.repeat([0.0, 4.0, -100.0], 40_000)
    counted = with_noise(clean, noise, np.random.default_rng(1)).reshape(3, -1)
    np.testing.assert_allclose(counted.mean(axis=1)[:2], [0, 4], atol=0.05)
    # variances of both counts, in units of the score
    expected = np.sqrt((10 + 5 * 4) / 0.2 + 10 / 0.05) / 5
    assert counted[1].std() == pytest.approx(expected, rel=0.02)
    assert counted[2].mean() == pytest.approx(-10 / 5, rel=0.05)
    assert (counted < 0).any()


def test_the_optimizer_learns_from_counts_and_clean_scores_are_kept(tmp_path):
    (record,) = evolve([evolution(tmp_path / "a.h5")], brightness, 5)
    (thread,) = record.threads
    images = SmallGenerator(8, 8).images(thread.codes)
    np.testing.assert_allclose(thread.scores_clean, brightness(images, None), rtol=1e-6)
    counts = thread.scores * 0.15
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
    assert record.settings["noise"] == {
        **{"kind": "poisson", "window": 150, "baseline": 0, "spontaneous": 0, "scale": 1},
    }


class EnoughError(Exception):
    """Ends a test's evolution."""


def stopped_after(n):
    count = iter(range(n - 1))

    def after_block():
        if next(count, None) is None:
            raise EnoughError

    return after_block


def same(found, expected):
    for thread, other in zip(found.threads, expected.threads, strict=True):
        for name in ("codes", "scores", "scores_clean", "generations", "positions"):
            np.testing.assert_array_equal(getattr(thread, name), getattr(other, name))


def test_counts_are_the_same_after_an_interruption(tmp_path):
    (whole,) = evolve([evolution(tmp_path / "whole.h5")], brightness, 6)
    with pytest.raises(EnoughError):
        evolve([evolution(tmp_path / "a.h5")], brightness, 6, after_block=stopped_after(2))
    (resumed,) = evolve([evolution(tmp_path / "a.h5")], brightness, 6)
    same(resumed, whole)
    with pytest.raises(StateError, match=r"noise \{'kind': 'poisson'.*100.*found noise .*150"):
        evolve([evolution(tmp_path / "a.h5", PoissonNoise(window=100))], brightness, 6)


@pytest.mark.parametrize(("noise", "words"), [
    ("gaussian", "expected a level of 0 to 100, or 'poisson', found 'gaussian'"),
    (None, "found None"),
])  # fmt: skip
def test_noise_that_is_none(tmp_path, noise, words):
    with pytest.raises(SettingError, match=words):
        evolution(tmp_path / "a.h5", noise)


@pytest.mark.parametrize("name", ["window", "baseline", "spontaneous", "scale"])
def test_settings_of_counts_are_positive(name):
    with pytest.raises(SettingError, match=f"{name}: expected a number above 0, found -1"):
        PoissonNoise(**{name: -1})


def test_a_score_that_is_no_rate_is_told():
    with pytest.raises(ScoreError, match=r"rates up to 1e\+09 events/s, found 1e\+10"):
        with_noise(np.array([1e10]), PoissonNoise(), np.random.default_rng(0))


# More blocks


@pytest.mark.parametrize("n_before", [1, 4])
def test_more_blocks_go_on_to_the_same_result(tmp_path, n_before):
    references = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    (whole,) = evolve([evolution(tmp_path / "b.h5", references=references)], brightness, 7)
    path = tmp_path / "a.h5"
    with pytest.raises(EnoughError):
        evolve(
            [evolution(path, references=references)],
            brightness,
            4,
            after_block=stopped_after(n_before),
        )
    before = read_evolution(path)
    (longer,) = evolve([evolution(path, references=references)], brightness, 7)
    assert (before.n_blocks, longer.n_blocks, longer.n_done) == (4, 7, 7)
    same(longer, whole)
    np.testing.assert_array_equal(longer.reference_scores, whole.reference_scores)
    np.testing.assert_array_equal(longer.reference_positions, whole.reference_positions)
    assert longer.settings == whole.settings
    with h5py.File(path) as file, h5py.File(tmp_path / "b.h5") as other:
        assert file["threads/0/codes"].shape == other["threads/0/codes"].shape


def test_fewer_blocks_and_other_seeds_leave_the_file_alone(tmp_path):
    path = tmp_path / "a.h5"
    evolve([evolution(path)], brightness, 4)
    before = path.read_bytes()
    with pytest.raises(StateError, match="n_blocks 3, found n_blocks 4"):
        evolve([evolution(path)], brightness, 3)
    other = evolution(path)
    optimizer = CholeskyCMAES(8, 6, 1.0, np.zeros(8), random_seed=1)
    thread = Thread("small", SmallGenerator(8, 8), optimizer)
    with pytest.raises(StateError, match="the codes that these optimizers give"):
        evolve([Evolution(path, "unit", [thread], other.noise, seed=3)], brightness, 6)
    assert path.read_bytes() == before


def test_a_schedule_for_other_blocks_is_told_in_short(tmp_path):
    def scheduled(n_blocks):
        sphere = make_optimizer("ZOHA_Sphere_exp", 8, n_generations=n_blocks, random_seed=0)
        return [Evolution(tmp_path / "a.h5", "u", [Thread("s", SmallGenerator(8, 8), sphere)])]

    evolve(scheduled(20), brightness, 20)
    with pytest.raises(StateError, match=r"mulist \[0\.\d+, \.\.\., 0\.\d+\] of 21, found") as told:
        evolve(scheduled(21), brightness, 21)
    assert len(str(told.value)) < 400


# Pictures


def test_ticks_stand_at_whole_blocks_and_images_keep_their_pixels(tmp_path):
    (record,) = evolve([evolution(tmp_path / "a.h5")], brightness, 4)
    figure, ax = plt.subplots()
    evolution_figures.draw_trajectories(ax, record)
    figure.canvas.draw()
    assert [tick for tick in ax.get_xticks() if tick % 1] == []
    plt.close(figure)
    generator = SmallGenerator(8, 32)
    montage = evolution_figures.best_images(record.threads[0], generator)
    assert montage.shape == (36, 4 * 36, 3)  # a frame of 2
    rows = evolution_figures.best_of_blocks(record.threads[0])
    image = generator.images(record.threads[0].codes[rows[:1]])[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(montage[2:34, 2:34], image, atol=1e-6)
    paths = evolution_figures.save_figures(record, {"small": generator}, tmp_path / "a.h5")
    with Image.open(paths[1]) as picture:
        drawn = np.asarray(picture.convert("RGB"))
    assert drawn.shape == (200, 4 * 36 + 110, 3)
    np.testing.assert_allclose(drawn[82:118, :144] / 255, montage, atol=0.01)
    beside = drawn[:, 150:].reshape(-1, 3)
    assert len(np.unique(beside, axis=0)) > 100  # the colours, and numbers beside them
    with plt.rc_context({"figure.constrained_layout.use": True}):
        again = evolution_figures.save_figures(record, {"small": generator}, tmp_path / "b.h5")
    assert again[1].read_bytes() == paths[1].read_bytes()  # whatever layout others prefer


# Progress


def test_work_that_nobody_watches_says_lines_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.0)
    assert list(progress(["a", "b", "c"], 3, "letters")) == ["a", "b", "c"]
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "letters: 1 of 3 after 0:00, about 0:00 to go"
    assert len(lines) == 3
    monkeypatch.undo()
    list(progress(["a", "b", "c"], 3, "letters"))
    assert capsys.readouterr().err == ""


# The command, with parts of the user's


class Stripes(Generator):
    latent_shape = (2, 2)

    def sample(self, n=1, *, rng=None):
        return torch.from_numpy(np.random.default_rng(rng).normal(0, 2, (n, 2, 2))).float()

    def visualize(self, codes, *, scale=1.0):
        waves = torch.sigmoid((codes.reshape(-1, 4, 1) * torch.linspace(0, 3, 16)).sum(1))
        return scale * waves[:, None, :, None].expand(-1, 3, 16, 16)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 5, stride=9), nn.ReLU())


@pytest.fixture
def own(monkeypatch):
    """A module of the user's, which commands can import."""
    module = types.ModuleType("own_parts_of_a_user")
    module.Stripes, module.network = Stripes, network
    module.other_network = lambda: network(1)
    module.bad = lambda: 3
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def command(out, *arguments):
    return main(["--unit=.ReLU1,2,5,5", "--device=cpu", f"--out={out}", "--blocks=3", *arguments])


def files(capsys):
    return [line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()]


def test_the_command_takes_a_generator_and_a_network_of_the_users(tmp_path, own, capsys):
    parts = (f"--network={own}:network", f"--generator={own}:Stripes")
    assert command(tmp_path, *parts) == 0
    name, *_ = files(capsys)
    assert name == f"{own}_network_.ReLU1_2_5_5_Stripes-CholCMA_seed0.h5"
    record = read_evolution(tmp_path / name)
    optimizer = record.settings["threads"][0]
    assert optimizer["init_sigma"] == pytest.approx(0.3 * 2, rel=0.1)
    assert "weights of the generators" not in record.settings
    assert command(tmp_path, *parts, "--blocks=5") == 0
    assert read_evolution(tmp_path / name).n_done == 5
    command(tmp_path, *parts, "--sigma=1.5", "--seed=1")
    record = read_evolution(tmp_path / name.replace("seed0", "seed1"))
    assert record.settings["threads"][0]["init_sigma"] == 1.5


def test_the_same_names_with_other_weights_are_refused(tmp_path, own, monkeypatch):
    parts = (f"--network={own}:network", f"--generator={own}:Stripes")
    command(tmp_path, *parts)
    monkeypatch.setattr(sys.modules[own], "network", lambda: network(1))
    with pytest.raises(StateError, match=r"scorer's weights [0-9a-f]+, found scorer's weights"):
        command(tmp_path, *parts)


def test_noise_is_in_the_name(tmp_path, own, capsys):
    parts = (f"--network={own}:network", "--generator=small", "--optimizer=CholeskyCMAES")
    for noise in (["--noise=0.2"], ["--noise=0.5"], ["--noise=poisson", "--scale=50"]):
        command(tmp_path, *parts, *noise)
    names = [name for name in files(capsys) if name.endswith(".h5")]
    start = f"{own}_network_.ReLU1_2_5_5_small-CholeskyCMAES"
    assert names == [f"{start}_{noise}_seed0.h5" for noise in ("noise0.2", "noise0.5", "poisson")]
    assert read_evolution(tmp_path / names[2]).settings["noise"]["scale"] == 50


@pytest.mark.parametrize(("arguments", "error", "words"), [
    (["--network={own}:nothing"], SettingError, "a function `nothing` in own_parts_of_a_user"),
    (["--network={own}:bad"], PromiseError, "a torch.nn.Module or an ImageNetwork, found int"),
    (["--generator={own}:bad"], PromiseError, "int: expected a method `sample`"),
    (["--generator=no_module_at_all:x"], SettingError, "a module no_module_at_all, found none"),
    (["--generator={own}:"], SettingError, "expected module:factory, as in my_parts:make"),
    (["--generator=fc9"], SettingError, "--generator: expected one of .* or module:factory"),
    (["--generator={own}:Stripes", "--optimizer=HessCMA500"], SettingError, "MirroredES, Genetic"),
    (["--sigma=2"], SettingError, "a generator without presets of its own, found fc6"),
    (["--window=100"], SettingError, "--window: expected --noise poisson, found 0"),
])  # fmt: skip
def test_what_is_said_of_parts_that_are_none(tmp_path, own, arguments, error, words):
    arguments = [argument.format(own=own) for argument in arguments]
    with pytest.raises(error, match=words):
        command(tmp_path, f"--network={own}:network", *arguments)


def test_a_module_that_lacks_what_it_imports_keeps_its_traceback(tmp_path, monkeypatch):
    (tmp_path / "broken_parts.py").write_text("import a_package_of_no_one\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_of_no_one"):
        command(tmp_path, "--generator=broken_parts:x", "--network=efficientnet_lite0")
