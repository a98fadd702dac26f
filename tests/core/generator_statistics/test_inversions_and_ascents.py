"""Inversion of photographs and gradient ascents of units."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from torch import nn

from core.contract import ext1
from core.errors import ImageError, LayerError, SampleError, SettingError, StateError
from core.generator_statistics import activation
from core.generator_statistics.activation import UnitScores, ascent_table, ascent_tasks, ascents
from core.generator_statistics.inversions import invert_photographs, pixel_correlations
from core.generator_statistics.summaries import (
    activation_comparisons,
    in_place_of,
    inversion_test,
    statistic_summary,
    unit_comparisons,
)
from core.generators import SmallGenerator
from core.geometry import Metric, save_metric
from core.optimizers.gradient import gradient_ascent, label2method
from core.probing import Scorer
from core.spaces import HESSIAN_FILES
from core.statistics import median_with_errors, rank_sum_effect
from core.sweep import sweep, workers


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2), nn.Tanh(), nn.Flatten(), nn.Linear(6 * 7 * 7, 5)
    )
    return made.eval().requires_grad_(False)


@pytest.fixture
def small_network(network, monkeypatch):
    """`ascents` with a network of few weights."""
    monkeypatch.setattr(activation, "_scorer", lambda *_: Scorer(network, size=16))
    return network


SETTINGS = {"network": "tiny", "generator": "small", "n_steps": 5, "n_codes": 3, "seed": 0}


def test_an_image_that_the_generator_made_is_found_again():
    generator = SmallGenerator(16, 24)
    made = generator.images(2 * generator.sample(5, rng=3))
    found = invert_photographs(generator, made, "small")
    assert (found.table["pearson_r"] > 0.99).all()
    assert (found.table["mse_final"] < 0.01 * found.table["mse_init"]).all()
    assert list(found.table) == [column.name for column in ext1.INVERSION.columns]


def test_a_target_becomes_the_same_alone_and_among_others():
    generator = SmallGenerator(16, 24)
    targets = torch.rand(5, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    together = invert_photographs(generator, targets, "small", n_iterations=30)
    in_pairs = invert_photographs(generator, targets, "small", n_iterations=30, at_a_time=2)
    torch.testing.assert_close(together.codes, in_pairs.codes)
    first = invert_photographs(generator, targets[:1], "small", n_iterations=30)
    torch.testing.assert_close(together.codes[:1], first.codes)


def test_a_constant_target_has_no_correlation():
    generator = SmallGenerator(16, 24)
    targets = torch.full((1, 3, 24, 24), 0.5)
    found = invert_photographs(generator, targets, "small", n_iterations=2)
    assert found.table["pearson_r"].isna().all()


def test_targets_of_another_size_and_none_are_refused():
    generator = SmallGenerator(16, 24)
    with pytest.raises(ImageError, match="expected 1 images of shape"):
        invert_photographs(generator, torch.rand(1, 3, 25, 24), "small")
    with pytest.raises(ImageError, match="expected at least one photograph"):
        invert_photographs(generator, torch.rand(0, 3, 24, 24), "small")
    with pytest.raises(ImageError, match="one for each of 1 targets"):
        invert_photographs(generator, torch.rand(1, 3, 24, 24), "small", identities=["a", "b"])


def test_correlation_is_of_all_pixels_and_channels(rng):
    first, second = torch.from_numpy(rng.random((2, 4, 3, 6, 6)))
    expected = [
        stats.pearsonr(a.numpy().ravel(), b.numpy().ravel()).statistic
        for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(pixel_correlations(first, second), expected)


def test_a_linear_unit_rises_as_its_weights_say():
    weights = torch.tensor([3.0, -1.0, 0.5])
    start, lr, steps = torch.zeros(2, 3), 0.01, 50

    def score(codes):
        return codes @ weights

    by_sgd = gradient_ascent(score, start, label2method("SGD001"), steps)
    rise = lr * (steps - 1) * weights.square().sum()
    torch.testing.assert_close(by_sgd.max_scores, rise.expand(2))
    by_adam = gradient_ascent(score, start, label2method("Adam001"), steps)
    expected = (lr * (steps - 1) * weights.abs().sum()).expand(2)
    torch.testing.assert_close(by_adam.max_scores, expected, rtol=1e-4, atol=0)


def test_each_image_is_scored_by_its_own_unit(network):
    scorer, images = Scorer(network, size=16), torch.rand(6, 3, 16, 16)
    numbers = torch.tensor([0, 1, 1, 0, 2, 2])
    units, position = [4, 0, 2], (3, 5)
    with UnitScores(scorer, ".Conv2d0", units, position) as scores:
        found = scores(images, numbers)
    with UnitScores(scorer, ".Linear3", units, None) as scores:
        flat = scores(images, numbers)
    inside = network[0](scorer.preprocess(images, 1.0))
    outside = network(scorer.preprocess(images, 1.0))
    for image, number in enumerate(numbers.tolist()):
        assert found[image] == inside[image, units[number], 3, 5]
        assert flat[image] == outside[image, units[number]]
    with pytest.raises(LayerError, match="expected units from 0 to 4, found unit 5"):
        UnitScores(scorer, ".Linear3", [5], None)


@pytest.mark.parametrize("layer", [".Conv2d0", ".Linear3"])
def test_units_climb_together_as_each_would_alone(small_network, layer):
    together = ascents(**SETTINGS, layer=layer, units=[0, 3, 4], method="Adam01", rep=0)
    alone = ascents(**SETTINGS, layer=layer, units=[3], method="Adam01", rep=0)
    rows = pd.DataFrame({name: together[name] for name in activation.PER_TRAJECTORY})
    rows = rows[rows["unitid"] == 3]
    np.testing.assert_allclose(rows["maxscore"], alone["maxscore"], rtol=1e-4)
    assert rows["batchi"].tolist() == alone["batchi"] == [0, 1, 2]
    assert (np.diff(alone["score"]) <= 0).all()


def test_repetitions_start_elsewhere_and_methods_at_the_same_codes(small_network):
    runs = [
        ascents(**SETTINGS | {"n_steps": 1}, layer=".Linear3", units=[1], method=method, rep=rep)
        for method, rep in (("Adam01", 0), ("SGD001", 0), ("Adam01", 1))
    ]
    assert runs[0]["score"] == runs[1]["score"] != runs[2]["score"]


def test_images_may_be_shrunk_into_the_receptive_field(small_network):
    common = SETTINGS | {"layer": ".Conv2d0", "units": [1], "method": "Adam01", "rep": 0}
    shrunk, whole = ascents(**common, in_field=True), ascents(**common)
    assert shrunk["RFresize"]
    assert shrunk["score"] != whole["score"]
    assert (shrunk["x"], shrunk["y"]) == (3, 3)


def test_surrogates_have_no_hessian(small_network):
    with pytest.raises(SettingError, match="expected one without Hess for small"):
        ascents(**SETTINGS, layer=".Linear3", units=[1], method="Adam01Hess", rep=0)


def test_average_hessians_are_read_as_all_who_use_them_read_them(tmp_path):
    file = tmp_path / HESSIAN_FILES["BigGAN"]
    metric = Metric(np.arange(1.0, 257), np.eye(256), generator="BigGAN")
    save_metric(file, metric)
    found = activation._hessian("BigGAN", str(tmp_path))
    assert found.eigvals.tolist() == metric.eigenvalues.tolist()
    activation._hessian.cache_clear()
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(StateError, match=f"{file.name}: expected an npz file"):
        activation._hessian("BigGAN", str(tmp_path))


def test_a_task_goes_through_the_workers_into_a_table(tmp_path):
    tasks = ascent_tasks(
        {".Linearfc": [3, 7]},
        {"small": [("Adam01", False), ("SGD001", True)]},
        {"small": 2},
        1,
        network="efficientnet_lite0",
        n_steps=2,
        seed=1,
        pixels=32,
        device="cpu",
    )
    assert list(tasks) == ["small_Adam01_0_Linearfc", "small_SGD001_matched_0_Linearfc"]
    with workers(n_workers=1, memory="2GB") as client:
        table = ascent_table(sweep(ascents, tasks, tmp_path, client))
    assert list(table) == [column.name for column in ext1.ACTIVATION.columns]
    assert table.groupby(["optimmethod", "unitid"]).size().tolist() == [2, 2, 2, 2]
    assert table["matched"].tolist() == [False] * 4 + [True] * 4
    assert (table["maxscore"] >= table["score"]).all()


@pytest.mark.parametrize("ties", [False, True])
def test_rank_sum_is_scipys_with_both_effect_sizes(rng, ties):
    first, second = rng.normal(0.8, 1, 40), rng.normal(0, 1, 60)
    if ties:
        first, second = first.round(), second.round()
    found = rank_sum_effect(first, second)
    expected = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False)
    assert (found.u, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.r_of_z == pytest.approx(found.z / 10)
    pairs = np.sign(first[:, None] - second).mean()
    assert found.rank_biserial == pytest.approx(pairs)
    assert rank_sum_effect(second, first).z == pytest.approx(-found.z)


def test_the_rank_biserial_of_shifted_normals_follows_from_their_auc(rng):
    found = rank_sum_effect(rng.normal(1, 1, 4000), rng.normal(0, 1, 4000))
    auc = stats.norm.cdf(1 / np.sqrt(2))
    assert found.rank_biserial == pytest.approx(2 * auc - 1, abs=0.03)
    with pytest.raises(SampleError, match="found an empty one"):
        rank_sum_effect(np.array([]), np.ones(3))


def test_both_errors_of_a_median(rng):
    values = rng.normal(5, 2, 400)
    found = median_with_errors(np.append(values, np.nan))
    assert found.n == 400
    assert found.median == np.median(values)
    assert found.se_mean == pytest.approx(values.std(ddof=1) / 20)
    # the median of normal numbers has sqrt(pi / 2) times the error of their mean
    assert found.se_boot == pytest.approx(np.sqrt(np.pi / 2) * 2 / 20, rel=0.25)
    assert np.isnan(median_with_errors(np.array([1.0])).se_boot)
    assert median_with_errors(np.array([])).n == 0


def ascent_rows(generator, method, scores, matched=False):
    return pd.DataFrame(
        {
            "netname": "net",
            "layer": "fc",
            "unitid": np.arange(len(scores)) // 2,
            "RFresize": False,
            "optimmethod": method,
            "GANname": generator,
            "matched": matched,
            "maxscore": scores,
        }
    )


def test_ascents_are_compared_pooled_by_the_best_and_matched():
    table = pd.concat(
        [
            ascent_rows("DeePSim", "Adam01", [5.0, 6, 7, 8]),
            ascent_rows("BigGAN", "Adam001", [4.0, 5.5, 3, 4]),
            ascent_rows("BigGAN", "SGD001", [1.0, 1, 2, 1]),
            ascent_rows("DeePSim", "Adam001", [2.0, 3], matched=True),
            ascent_rows("BigGAN", "Adam001", [2.5, 3.5], matched=True),
        ]
    )
    found = activation_comparisons(table).set_index("comparison")
    assert list(found.index) == ["pooled", "best", "matched", "units"]
    assert found.loc["pooled", ["n_DeePSim", "n_BigGAN"]].tolist() == [4, 8]
    assert found.at["best", "method_BigGAN"] == "Adam001"
    assert found.at["best", "median_BigGAN"] == 4
    assert found.at["pooled", "r_of_z"] < 0 < found.at["matched", "r_of_z"]
    assert found.at["pooled", "rank_biserial"] == pytest.approx(2 * 1 / 32 - 1)
    assert found.loc["units", ["n_DeePSim", "n_BigGAN"]].tolist() == [2, 2]


def test_paired_correlations_are_tested_without_targets_that_lack_one(rng):
    r = rng.uniform(0.5, 0.9, 20)
    ids = [f"{number}" for number in range(20)]
    first = pd.DataFrame({"image_id": ids, "generator": "small", "pearson_r": r})
    lower = r - rng.uniform(0.1, 0.2, 20)
    second = pd.DataFrame({"image_id": ids, "generator": "random CNN", "pearson_r": lower})
    second.loc[3, "pearson_r"] = np.nan
    p, n = inversion_test(pd.concat([first, second]))
    kept = np.delete(r - lower, 3)
    assert n == 19
    assert p == pytest.approx(stats.wilcoxon(kept).pvalue)


def test_statistics_of_images_are_summarised_by_image_and_by_unit(rng):
    rows = {"unit_id": np.repeat(np.arange(8), 3), "image_in_gen": np.tile(np.arange(3), 8)}
    rows |= {name: rng.random(24) for name in ext1.STATISTICS}
    one = pd.DataFrame({"generator": "DeePSim", **rows})
    two = one.assign(generator="BigGAN", rms_contrast=one["rms_contrast"] - 0.1)
    table = pd.concat([one, two])
    summary = statistic_summary(table).set_index(["generator", "statistic"])
    values = one["rms_contrast"].to_numpy()
    assert summary.at[("DeePSim", "rms_contrast"), "sem"] == pytest.approx(
        values.std() / np.sqrt(24)
    )
    units = unit_comparisons(table).set_index("statistic")
    assert units.at["rms_contrast", "difference"] == pytest.approx(0.1)
    assert units.at["rms_contrast", "p"] == pytest.approx(2 / 2**8)
    assert np.isnan(units.at["luminance_mean", "p"])


def test_a_table_must_have_one_generator_in_each_place():
    assert in_place_of(pd.DataFrame({"generator": ["BigGAN", "small"]}))["DeePSim"] == "small"
    with pytest.raises(SampleError, match="one generator in the place of each, found small"):
        in_place_of(pd.DataFrame({"generator": ["small", "small"]}))
