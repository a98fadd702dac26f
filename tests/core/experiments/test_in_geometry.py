"""Evolutions in the geometry of their generator: numbers, controls, and the command."""

import numpy as np
import pandas as pd
import pytest

from core.errors import MissingFileError, SampleError, SettingError, StateError
from core.experiments.evolution.in_geometry import (
    CONTROLS,
    Trajectory,
    by_generation,
    summary_of,
)
from core.experiments.evolution.loop import Evolution, Thread, evolve
from core.generators import SmallGenerator, load_generator
from core.geometry import Metric, PixelDistance, axis_alignment, metric_tensor, save_metric
from core.geometry.__main__ import main
from core.geometry.trajectories import distances_between, random_like, shuffled_like
from core.optimizers import make_optimizer

N = 40


@pytest.fixture(scope="module")
def small():
    return SmallGenerator(N, 16)


@pytest.fixture(scope="module")
def metric(small):
    return metric_tensor(small, np.zeros(N), PixelDistance())


def walk_along(metric, weights, n_steps, seed=0):
    """Mean codes of steps whose coefficients along the axes, from the top, have these sizes."""
    random = np.random.default_rng(seed)
    steps = random.standard_normal((n_steps, metric.n)) * weights @ metric.eigenvectors[:, ::-1].T
    means = np.concatenate([np.zeros((1, metric.n)), steps.cumsum(0)])
    return Trajectory("walk", means, [np.stack([mean, mean + 0.1]) for mean in means])


def test_axis_alignment_of_known_coefficients():
    metric = Metric(np.logspace(-4, 0, N), np.eye(N))
    sizes = np.log10(metric.eigenvalues) + 5
    found = axis_alignment(np.stack([sizes, -sizes]), metric, 10)
    assert found.pearson == pytest.approx(1)
    assert found.spearman == pytest.approx(-1)
    assert found.top_share == pytest.approx((sizes[-10:] ** 2).sum() / (sizes**2).sum())
    assert (found.ks, found.p < 1e-10) == (1, True)


def test_a_walk_along_the_top_axes_is_told_from_its_controls(metric):
    walks = [walk_along(metric, np.linspace(1, 0.1, N) ** 2, 20, seed) for seed in range(3)]
    summary = summary_of(walks, metric, 40, rng=np.random.default_rng(1)).set_index("steps")
    assert summary.top_share["evolution"] > 1.5 * summary.high["random walk"]
    assert summary.top_share["evolution"] > summary.high["shuffled"]
    for name in CONTROLS:
        assert summary.low[name] < 7 / N < summary.high[name]  # of 40 axes 7 are the top
        assert abs(summary.spearman[name]) < 0.1
    assert summary.spearman["evolution"] < -0.4


def test_a_random_walk_is_like_its_controls(metric):
    walk = walk_along(metric, np.ones(N), 30, seed=4)
    summary = summary_of([walk], metric, 200, rng=np.random.default_rng(0)).set_index("steps")
    for name in CONTROLS:
        assert summary.low[name] < summary.top_share["evolution"] < summary.high[name]


def test_controls_keep_what_they_should():
    steps = np.random.default_rng(0).standard_normal((4, 9))
    random, shuffled = random_like(steps, 1), shuffled_like(steps, 1)
    np.testing.assert_allclose(np.linalg.norm(random, axis=1), np.linalg.norm(steps, axis=1))
    np.testing.assert_array_equal(np.sort(shuffled), np.sort(steps))
    assert not np.array_equal(shuffled.argsort(1)[0], shuffled.argsort(1)[1])


def test_generations_step_by_step(small, metric):
    top = np.zeros(N)
    top[0] = 0.05
    walk = walk_along(metric, top, 6)
    table = by_generation(walk, small, PixelDistance(), metric, rng=np.random.default_rng(0))
    assert table.generation.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(table.top_share, 1)
    np.testing.assert_allclose(table.step, np.linalg.norm(walk.steps, axis=1))
    np.testing.assert_allclose(
        table.predicted, metric.eigenvalues[-1] * table.step**2 / 2, rtol=1e-5
    )
    np.testing.assert_allclose(table.distance, table.predicted, rtol=0.02)
    assert (table.distance > table["distance, random walk"]).all()
    between = distances_between(small, walk.means, PixelDistance())
    np.testing.assert_allclose(table.distance, np.diag(between, 1), rtol=1e-4)
    np.testing.assert_allclose(table.from_start, between[0, 1:], rtol=1e-4)
    images = small.images(walk.populations[1]).double()
    assert table.spread[0] == pytest.approx(
        float((images[0] - images[1]).square().mean()), rel=1e-4
    )


def test_displacements_and_metrics_that_do_not_fit(metric):
    with pytest.raises(SettingError, match=r"40 eigenvectors of codes of length 40, found shape"):
        axis_alignment(np.ones((1, N)), Metric(metric.eigenvalues[1:], metric.eigenvectors[:, 1:]))
    with pytest.raises(SettingError, match="n_top: expected 1 to 39 axes, found 40"):
        axis_alignment(np.ones((1, N)), metric, N)
    for bad in (np.ones(N), np.full((1, N), np.nan)):
        with pytest.raises(SampleError, match="journeys: expected finite rows"):
            axis_alignment(bad, metric)


def brightness(images, _units):
    return images.mean((1, 2, 3)).numpy()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two short evolutions of the small generator, and a metric for them."""
    folder = tmp_path_factory.mktemp("evolutions")
    generator = load_generator("small", device="cpu")
    for seed in range(2):
        optimizer = make_optimizer("CholeskyCMAES", 256, random_seed=seed)
        thread = Thread("small", generator, optimizer)
        path = folder / f"e{seed}.h5"
        evolve([Evolution(path, "unit", [thread], seed=seed)], brightness, 2 + 3 * (seed == 0) + 2)
    save_metric(
        folder / "metric.npz",
        Metric(np.logspace(-3, 0, 256), np.eye(256), generator="SmallGenerator"),
    )
    return folder


def test_the_command(files, tmp_path, capsys):
    paths = [str(files / f"e{seed}.h5") for seed in range(2)]
    words = ["--metric", str(files / "metric.npz"), "--controls", "5", "--device", "cpu"]
    assert main(["evolution", *paths, *words, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "2 evolutions of small, 256 axes, of which 50 are the top"
    assert "95% of controls" in printed[2]
    table = pd.read_csv(tmp_path / "generations.csv")
    assert table.groupby("evolution").size().to_dict() == {"e0": 6, "e1": 3}
    axes = pd.read_csv(tmp_path / "axes.csv")
    assert axes.steps.tolist() == ["evolution", "shuffled", "random walk"]
    with np.load(tmp_path / "distances.npz") as saved:
        assert saved["distances"].shape == (7, 7)
    assert (tmp_path / "evolution.png").stat().st_size > 10_000


def test_evolutions_that_cannot_be_asked(files, tmp_path):
    words = ["--device", "cpu", "--out", str(tmp_path / "out")]
    first = str(files / "e0.h5")
    with pytest.raises(MissingFileError, match="expected an evolution, found no file"):
        main(["evolution", str(tmp_path / "x.h5"), *words])
    with pytest.raises(SettingError, match="expected --thread to be small, found fc6"):
        main(["evolution", first, "--thread", "fc6", *words])
    save_metric(tmp_path / "metric.npz", Metric(np.ones(256), np.eye(256), generator="BigGAN"))
    with pytest.raises(StateError, match="expected a metric of SmallGenerator, found one of Big"):
        main(["evolution", first, "--metric", str(tmp_path / "metric.npz"), *words])
    short = tmp_path / "short.h5"
    generator = SmallGenerator(256)
    for path, size, n in ((short, 256, 2), (tmp_path / "other.h5", 8, 3)):
        made = generator if size == 256 else SmallGenerator(size, 8)
        thread = Thread("small", made, make_optimizer("CholeskyCMAES", size, random_seed=0))
        evolve([Evolution(path, "unit", [thread])], brightness, n)
    with pytest.raises(SampleError, match=r"short.h5: expected at least 3 generations, found 2"):
        main(["evolution", str(short), *words])
    with pytest.raises(SettingError, match="generator that is given, found one of other weights"):
        main(["evolution", str(tmp_path / "other.h5"), *words])
    with pytest.raises(SettingError, match="files: expected evolutions of one generator"):
        main(["evolution", first, str(tmp_path / "other.h5"), *words])
    assert not (tmp_path / "out").exists()
