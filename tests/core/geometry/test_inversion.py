"""Searches for codes of images, in several coordinates, and the command that compares them."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from core.errors import ImageError, MissingFileError, SettingError, StateError
from core.generators import Generator, SmallGenerator, invert
from core.generators.inversion import adam
from core.geometry import (
    EigenCoordinates,
    Metric,
    PixelDistance,
    average_metric,
    compare_inversions,
    gains,
    load_metric,
    metric_tensor,
    save_metric,
)
from core.geometry.__main__ import main
from core.geometry.inversion import Effort, cma, lbfgs


class Steep(Generator):
    """Images whose axes, oblique to the code's, change them by three orders of magnitude."""

    latent_shape = (12,)

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(5)
        axes, pixels = (np.linalg.qr(rng.standard_normal((n, 12)))[0] for n in (12, 48))
        mixing = (pixels * np.logspace(0, -3, 12)) @ axes.T
        self.register_buffer("mixing", torch.from_numpy(mixing))

    def sample(self, n=1, *, rng=None):
        return torch.randn(n, 12, generator=torch.Generator().manual_seed(int(rng.integers(99))))

    def visualize(self, codes, *, scale=1.0):
        return scale * torch.sigmoid(codes @ self.mixing.T).reshape(-1, 3, 4, 4)


@pytest.fixture(scope="module")
def steep():
    return Steep()


@pytest.fixture(scope="module")
def metric(steep):
    codes = torch.randn(5, 12, generator=torch.Generator().manual_seed(3)).double()
    return average_metric(metric_tensor(steep, code, PixelDistance()) for code in codes)


def bowl(matrix):
    """Losses ``(c - row)^T Q (c - row)``."""

    def losses(codes, rows):
        apart = codes - rows[:, None]
        return torch.einsum("bi,ij,bj->b", apart, matrix, apart)

    return losses


def test_adam_goes_the_golden_ways_step_by_step(golden):
    matrix, basis = (torch.from_numpy(golden[f"geo_adam_{name}"]) for name in ("Q", "basis"))
    start = torch.from_numpy(golden["geo_adam_x_std"][:1])
    for turn, name in ((torch.eye(2).double(), "std"), (basis, "eig")):
        _, history = adam(0.1, n_steps=150)(bowl(turn.T @ matrix @ turn), start @ turn)
        np.testing.assert_allclose(history[:-1, 0], golden[f"geo_adam_y_{name}"], rtol=1e-8)


def test_lbfgs_finds_the_bottom_of_an_oblique_valley_where_adam_does_not():
    turn = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(0)).double()).Q
    losses = bowl(turn * torch.logspace(0, 4, 8, dtype=torch.float64) @ turn.T)
    start = torch.ones(3, 8).double() * 5
    codes, history = lbfgs(150)(losses, start)
    bottom = torch.arange(3.0).double()[:, None].expand(3, 8)
    torch.testing.assert_close(codes, bottom, rtol=0, atol=1e-5)
    assert (np.diff(history, axis=0) <= 0).all()
    _, of_adam = adam(0.05, n_steps=150)(losses, start)
    assert (of_adam[-1] > 1e8 * history[-1].clamp_min(1e-20)).all()


def test_rotated_coordinates_change_nothing_for_lbfgs():
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)).double()).Q
    matrix = torch.diag(torch.logspace(0, 3, 6, dtype=torch.float64))
    start = torch.full((1, 6), 2.0, dtype=torch.float64)
    _, plain = lbfgs(8)(bowl(matrix), start)
    _, turned = lbfgs(8)(bowl(turn.T @ matrix @ turn), start @ turn)
    torch.testing.assert_close(turned, plain, rtol=1e-6, atol=0)


@pytest.mark.parametrize("search", [adam(0.1, n_steps=5), lbfgs(5)])
def test_many_images_get_what_each_alone_gets(search):
    small = SmallGenerator(8, 8).double()
    small.batch_size = 2
    target, start = small.images(small.sample(5, rng=0)), small.sample(5, rng=1)
    together = invert(small, target, start, search=search)
    alone = [invert(small, target[i : i + 1], start[i : i + 1], search=search) for i in range(5)]
    for i, found in enumerate(alone):
        torch.testing.assert_close(together.codes[i : i + 1], found.codes)
        torch.testing.assert_close(together.history[:, i : i + 1], found.history)
    assert together.history.shape == (6, 5, 1)


def test_of_several_starts_the_best_is_kept():
    small = SmallGenerator(8, 8)
    target = small.images(small.sample(2, rng=0))
    starts = torch.cat(
        [small.sample(2, rng=0)[:1], 50 * small.sample(3, rng=1)]
    )  # the first is right
    found = invert(
        small, target, starts, starts_per_image=2, search=lbfgs(3), distance=PixelDistance()
    )
    assert found.all_errors.shape == (2, 2)
    assert (found.errors == found.all_errors.min(1).values).all()
    assert found.errors[0] < 1e-9 < found.all_errors[0, 1]
    torch.testing.assert_close(found.codes[:1], starts[:1])
    with pytest.raises(ImageError, match="expected 1 images of shape"):
        invert(small, target, starts[:2], starts_per_image=2)


def test_cma_never_returns_worse_than_it_has_seen_and_repeats_itself():
    def run(seed):
        start = torch.zeros(2, 6)
        return cma(30, sigma=0.5, rng=seed)(bowl(torch.diag(torch.arange(1.0, 7))), start)

    codes, history = run(0)
    assert (np.diff(history, axis=0) <= 0).all()
    torch.testing.assert_close(
        history[-1], bowl(torch.diag(torch.arange(1.0, 7)))(codes, torch.arange(2))
    )
    assert history[-1, 1] < 0.05 * history[0, 1]
    assert history[-1, 0] == 0  # the start is the best already
    torch.testing.assert_close(run(0)[0], codes, rtol=0, atol=0)
    assert not torch.equal(run(1)[0], codes)


def test_scaled_coordinates_have_a_flatter_metric_and_the_same_images(steep, metric):
    turned = EigenCoordinates(steep, metric, 0.5)
    codes = torch.randn(3, 12, generator=torch.Generator().manual_seed(0)).double()
    torch.testing.assert_close(
        turned.visualize(turned.coefficients_of(codes)), steep.visualize(codes)
    )
    found = metric_tensor(turned, turned.coefficients_of(codes[:1]), PixelDistance())
    ratio, before = (m.eigenvalues[-1] / m.eigenvalues[0] for m in (found, metric))
    assert before > 1e5 > 100 * ratio
    volume = np.log(turned.scale.numpy()).sum()
    assert volume == pytest.approx(0, abs=1e-9)


def test_coordinates_of_a_metric_that_is_nothing_are_refused(steep):
    flat = Metric(np.zeros(12), np.eye(12))
    with pytest.raises(SettingError, match="metric: expected eigenvalues above 0, found 0"):
        EigenCoordinates(steep, flat)


def test_an_anisotropic_generator_gains_by_its_axes(steep, metric):
    codes = torch.randn(6, 12, generator=torch.Generator().manual_seed(8)).double()
    table, found = compare_inversions(
        steep, metric, steep.visualize(codes), PixelDistance(), effort=Effort(60), rng=0
    )
    assert len(table) == 3 * 3 * 6
    passes = table.groupby("method").passes.max()
    assert passes["adam"] == 60 * 3 + 1
    gained = gains(table)
    gained = gained[gained["of"] == "best"].set_index(["method", "basis"])
    assert gained.gain["adam", "eigen"] > 1.5
    assert gained.gain["cma", "scaled"] > 3
    assert 0.5 < gained.gain["cma", "eigen"] < 2  # a rotation changes nothing
    assert gained.p["cma", "scaled"] < 0.05
    images = steep.visualize(found["adam", "eigen"].codes)
    torch.testing.assert_close(images.float(), found["adam", "eigen"].images)


def test_unknown_methods_and_bases_are_refused(steep, metric):
    target = torch.zeros(1, 3, 4, 4)
    with pytest.raises(SettingError, match="method: expected adam, lbfgs, cma, found 'newton'"):
        compare_inversions(steep, metric, target, PixelDistance(), methods=["newton"])
    with pytest.raises(SettingError, match="basis: expected plain, eigen, scaled, found 'all'"):
        compare_inversions(steep, metric, target, PixelDistance(), bases=["all"])
    with pytest.raises(SettingError, match="sigma: expected a number above 0"):
        cma(3, sigma=-1)


@pytest.fixture
def quick(tmp_path):
    """Arguments of a short inversion with a metric that costs nothing."""
    save_metric(
        tmp_path / "metric.npz",
        Metric(np.arange(1.0, 257), np.eye(256), generator="SmallGenerator"),
    )
    return [
        *("invert", "--device", "cpu", "--metric", str(tmp_path / "metric.npz")),
        *("--steps", "3", "--starts", "2", "--out", str(tmp_path / "out")),
    ]


def test_the_command_writes_tables_codes_and_figures(quick, tmp_path, capsys):
    assert main([*quick, "--targets", "2", "--bases", "scaled"]) == 0
    printed = capsys.readouterr().out.splitlines()
    out = tmp_path / "out"
    assert printed[0].startswith("adam, plain: ")
    assert printed[-1] == str(out)
    table, gained = (pd.read_csv(out / f"{name}.csv") for name in ("inversions", "gains"))
    assert len(table) == 3 * 2 * 2 * 2
    assert gained[["method", "basis", "of"]].values.tolist()[:2] == [
        ["adam", "scaled", "best"], ["adam", "scaled", "mean"],
    ]  # fmt: skip
    with np.load(out / "codes.npz") as codes:
        assert codes["cma_scaled"].shape == (2, 256)
    for name in ("inversions.png", "images.png"):
        assert (out / name).stat().st_size > 5000


def test_targets_are_images_of_a_folder_and_the_average_is_computed(quick, tmp_path):
    (tmp_path / "images").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (90, 70, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    words = [word for word in quick if word not in ("--metric", str(tmp_path / "metric.npz"))]
    main([*words, "--images", str(tmp_path / "images"), "--methods", "lbfgs", "--codes", "1"])
    assert len(pd.read_csv(tmp_path / "out" / "inversions.csv")) == 3 * 2
    assert load_metric(tmp_path / "out" / "average.npz").generator == "SmallGenerator"


def test_plain_coordinates_alone_have_no_gain_and_a_method_named_twice_runs_once(quick, tmp_path):
    main([*quick, "--methods", "lbfgs", "lbfgs", "--bases", "plain"])
    table, gained = (
        pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("inversions", "gains")
    )
    assert not table.duplicated(["method", "basis", "target", "start"]).any()
    assert gained.empty
    assert "gain" in gained


@pytest.mark.parametrize("rate", [-1.0, 0.0, float("nan")])
def test_a_learning_rate_is_above_0(rate):
    with pytest.raises(SettingError, match="learning_rate: expected a number above 0"):
        adam(rate, 0, 5, None)


def test_what_cannot_be_inverted(quick, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    with pytest.raises(MissingFileError, match=r"expected images \(.png, .*, found none there"):
        main([*quick, "--images", str(images)])
    (images / "a.png").write_text("no image")
    with pytest.raises(ImageError, match=r"a.png: expected an image of 8 bits, found something"):
        main([*quick, "--images", str(images)])
    save_metric(tmp_path / "metric.npz", Metric(np.ones(256), np.eye(256), generator="BigGAN"))
    with pytest.raises(StateError, match="expected a metric of SmallGenerator, found one of Big"):
        main(quick)
    assert not (tmp_path / "out").exists()
