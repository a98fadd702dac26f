"""The optimizer benchmark: its runs, its tables beside published ones, and the command."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from core.errors import SettingError, run
from core.experiments.optimizer_benchmark import __main__ as optimizer_benchmark
from core.experiments.optimizer_benchmark import designs as benchmark_designs
from core.experiments.optimizer_benchmark.designs import (
    DESIGNS,
    Design,
    Layer,
    noise_tasks,
    unit_tasks,
)
from core.experiments.optimizer_benchmark.runs import noise_driven_run, unit_run
from core.experiments.optimizer_benchmark.tables import (
    beside_published,
    noise_driven_table,
    normalised_scores,
    order_verdict,
    published_scores,
    score_table,
    table_text,
    with_arguments,
)
from core.generators.small import SmallGenerator
from core.optimizers.external import PycmaOptimizer
from core.optimizers.presets import BENCHMARK, MORE_UPDATES, make_optimizer

LITE = Layer("block 1", "efficientnet_lite0", ".blocks.InvertedResidual1", (4, 4), range(2))


@pytest.fixture(scope="module")
def noise_driven():
    """Twelve noise-driven runs in the published size."""
    tasks = {f"CholeskyCMAES_{i}": i for i in range(12)}
    rows = [
        {"name": name, "task": f'{{"optimizer": "CholeskyCMAES", "repeat": {i}}}'}
        | noise_driven_run(optimizer="CholeskyCMAES", repeat=i, seed=0)
        for name, i in tasks.items()
    ]
    return with_arguments(pd.DataFrame(rows))


@pytest.fixture(autouse=True)
def one_thread():
    """Of small networks, which more threads only slow down."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def short_run(**changes):
    arguments = {
        "network": "efficientnet_lite0",
        "layer": LITE.layer,
        "unit": [5, 4, 4],
        "noise": 0.3,
        "optimizer": "CholeskyCMAES",
        "repeat": 0,
        "generator": "small",
        "pixels": 32,
        "n_generations": 6,
        "budget": 240,
        "seed": 0,
        "device": "cpu",
    }
    return unit_run(**arguments | changes)


def test_noise_drives_the_optimizer_as_published(noise_driven):
    table = noise_driven_table(noise_driven)
    differing = table.loc[table["verdict"] == "differs", "quantity"]
    assert list(differing) == []
    assert len(table) > 50


def test_the_covariance_after_75_generations_is_the_published_one():
    more = noise_driven_run(optimizer=MORE_UPDATES, repeat=0, seed=0)
    # 37 updates, each of which shrinks what it does not point to by sqrt(1 - c1), and C by 1 - c1
    c1 = 2 / (4096 + math.sqrt(2)) ** 2
    assert more["min_eigenvalue"] == pytest.approx((1 - c1) ** 37, abs=1e-12)
    assert more["condition"] == pytest.approx(1.001052, abs=2 * 2.3e-5)


def test_a_run_is_the_same_when_it_is_run_again_and_differs_from_the_next():
    first, again, other = short_run(), short_run(), short_run(repeat=1)
    assert first["mean_clean"] == again["mean_clean"]
    assert first["best_noisy"] == again["best_noisy"]
    assert first["mean_clean"] != other["mean_clean"]


def test_what_a_run_reports_follows_from_what_it_showed():
    found = short_run(n_generations=8, budget=281)
    assert found["n_evaluations"] == 1 + 7 * 40
    assert found["best_clean"] == found["legacy_best_clean"] >= max(found["mean_clean"])
    assert found["best_noisy"] > found["best_clean"]
    assert len(found["mean_clean"]) == len(found["angle"]) == len(found["norm2"]) == 8
    assert found["norm2"][0] == 0
    assert found["mean_code_norm"] ** 2 == pytest.approx(found["norm2"][-1])
    assert found["condition"] == 1  # the first update comes later
    less = short_run(n_generations=8, budget=41)
    assert less["legacy_best_clean"] == found["best_clean"]
    assert less["best_clean"] < found["best_clean"]


@pytest.mark.parametrize("name", BENCHMARK)
def test_every_optimizer_of_the_benchmark_runs_and_gets_better(name):
    found = short_run(optimizer=name, n_generations=10, noise=0.0, budget=400)
    curve = found["mean_clean"]
    assert curve[-1] > curve[1]
    assert found["final_mean_clean"] > curve[0]


def test_the_sphere_has_its_published_radius_for_fc6_and_its_share_elsewhere():
    assert make_optimizer("ZOHA_Sphere_exp", 4096).sphere_norm == 300
    assert make_optimizer("ZOHA_Sphere_exp", 256).sphere_norm == 75


def test_an_unknown_optimizer_is_said():
    with pytest.raises(SettingError, match=r"expected one of .*Genetic, .*, found 'Newton'"):
        make_optimizer("Newton", 8)


@pytest.mark.parametrize("diagonal", [False, True])
def test_the_covariance_of_pycma_is_the_one_that_it_samples_with(diagonal):
    optimizer = PycmaOptimizer(6, 12, diagonal=diagonal, random_seed=0)
    codes = optimizer.get_init_pop()
    for _ in range(60):
        codes = optimizer.step(-(codes**2) @ np.array([1, 3, 9, 1, 1, 40]), codes)
    engine = optimizer._engine
    samples = np.array(engine.ask(20_000)) - engine.mean
    sampled = np.linalg.eigvalsh(np.cov(samples.T / engine.sigma))
    assert sampled == pytest.approx(optimizer.covariance_eigenvalues(), rel=0.1)


def test_small_generator_gives_visible_images_of_its_size():
    generator = SmallGenerator()
    images = generator.images(generator.sample(4, rng=0) * 4)
    assert images.shape == (4, 3, 64, 64)
    assert images.std() > 0.1
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize("name", ["published", "nevergrad"])
def test_published_tables_have_a_row_for_every_layer_and_agree_with_their_means(name):
    table, design = published_scores(name), DESIGNS[name]
    layers = {layer.label for layer in design.layers}
    assert set(table["layer"]) == layers | {"all"}
    assert set(table["optimizer"]) == set(design.optimizers)
    if name == "nevergrad":
        # the mean over all runs also holds 9 of another noise, at which there was no other
        of_layers = table[table["layer"] != "all"]
        counts = of_layers.groupby("optimizer")["published"].count()
        complete = counts[counts == 30].index
        mean = of_layers.groupby("optimizer")["published"].mean()
        total = table[table["layer"] == "all"].set_index("optimizer")["published"]
        assert list(complete) == ["CMA", "DiagonalCMA"]
        assert mean[complete].to_numpy() == pytest.approx(total[complete].to_numpy(), abs=0.002)
        return
    wide = table.set_index(["layer", "noise", "optimizer"])["published"].unstack()
    of_layers = wide.drop("all")
    assert of_layers.mean().to_numpy() == pytest.approx(wide.loc["all", "all"], abs=0.001)
    by_noise = of_layers.groupby("noise").mean()
    assert by_noise.to_numpy() == pytest.approx(wide.loc["all"].drop("all").to_numpy(), abs=0.001)


def test_designs_have_the_published_size():
    assert len(unit_tasks(DESIGNS["published"], 0)) == 6300
    assert len(unit_tasks(DESIGNS["nevergrad"], 0)) == 1500 * 12
    published = noise_tasks(DESIGNS["published"], 0)
    assert sum("pycma_" in name for name in published) == 100


def tiny(n_repeats=1, optimizers=("Genetic", "CholeskyCMAES"), noises=(0.0, 0.5)):
    return Design(
        optimizers=optimizers,
        layers=[LITE],
        n_repeats=n_repeats,
        noises=noises,
        generator="small",
        pixels=32,
        noise_driven={"CholeskyCMAES": 2},
    )


def test_scores_are_shares_of_the_best_of_their_unit():
    rows = [
        ("0", 0.0, "Genetic", 2.0),
        ("0", 0.0, "CholeskyCMAES", 4.0),
        ("0", 0.5, "Genetic", 1.0),
        ("0", 0.5, "CholeskyCMAES", 3.0),
        ("1", 0.0, "Genetic", 10.0),
        ("1", 0.0, "CholeskyCMAES", 5.0),
        ("1", 0.5, "Genetic", 5.0),
        ("1", 0.5, "CholeskyCMAES", 5.0),
        ("2", 0.0, "Genetic", 0.0),
        ("2", 0.0, "CholeskyCMAES", -1.0),
    ]
    runs = pd.DataFrame(rows, columns=["unit", "noise", "optimizer", "best_clean"])
    runs = runs.assign(network=LITE.network, layer=LITE.layer)
    table = score_table(normalised_scores(runs, tiny(), "best_clean"), tiny())
    wide = table.set_index(["layer", "noise", "optimizer"])
    assert wide.loc[("block 1", "0", "Genetic"), "mean"] == pytest.approx((0.5 + 1) / 2)
    assert wide.loc[("block 1", "0.5", "CholeskyCMAES"), "mean"] == pytest.approx((0.75 + 0.5) / 2)
    assert wide.loc[("all", "all", "Genetic"), "mean"] == pytest.approx((0.5 + 0.25 + 1 + 0.5) / 4)
    assert wide.loc[("all", "0", "Genetic"), "sem"] == pytest.approx(0.25)
    assert (table["n"] == [2, 2, 2, 2, 4, 4, 2, 2, 2, 2]).all()
    text = table_text(beside_published(table, published_scores("published")))
    assert "0.750 (0.370)" in text


@pytest.mark.parametrize(
    ("shift", "n", "reference", "expected"),
    [
        # twelve values of standard deviation 0.1 on either side: 0.041 of chance is one error
        (0.1, 12, ("29.10", 0.1, "mean"), "agrees"),
        (0.2, 12, ("29.10", 0.1, "mean"), "differs"),
        (0.2, 12, ("29", 0.1, "mean"), "agrees"),
        (0.2, 1, ("29.10", 0.1, "mean"), "agrees"),
        (0.15, 2, ("29.10", math.nan, "mean"), "agrees"),
        (1.4, 12, ("29.1", math.nan, "theory"), "agrees"),
        (1.5, 12, ("29.1", math.nan, "theory"), "differs"),
        (0.9, 12, ("29.1", 0.5, "spread"), "agrees"),
        (1.1, 12, ("29.1", 0.5, "spread"), "differs"),
        (0.3, 12, ("29.1", math.nan, "spread"), "differs"),
    ],
)
def test_a_verdict_allows_what_chance_and_rounding_do(shift, n, reference, expected):
    digits, std, compare = reference
    row = SimpleNamespace(value=digits, std=std, average="mean", compare=compare, n=12)
    values = pd.Series(np.resize([-0.1, 0.1], n) * (n > 1) + float(digits) + shift)
    assert order_verdict(values, values.mean(), row) == expected


@pytest.fixture
def small_preset(monkeypatch):
    monkeypatch.setitem(DESIGNS, "quick", tiny())
    monkeypatch.setattr(benchmark_designs, "N_GENERATIONS", 21)


@pytest.mark.slow
def test_the_command_writes_runs_tables_and_figures_and_resumes(small_preset, tmp_path, capsys):
    words = ["--out", str(tmp_path), "--workers", "2", "--memory", "2GB", "--device", "cpu"]
    assert run(lambda: optimizer_benchmark.main(words)) == 0
    output = capsys.readouterr().out
    assert output.startswith("10 runs on 2 workers, 1 thread and at most 2.0 GB each\n")
    assert "so they show the same comparison and not the same numbers." in output
    runs = pd.read_parquet(tmp_path / "units.parquet")
    assert len(runs) == 8
    assert runs["network_weights"].nunique() == 1
    assert set(runs["noise"]) == {0.0, 0.5}
    scores = pd.read_csv(tmp_path / "scores_best_clean.csv")
    total = scores[(scores["layer"] == "all") & (scores["noise"] == "all")]
    assert total.set_index("optimizer").loc["Genetic", "n"] == 4
    for name in ("scores.png", "generations.png", "trajectories.png", "noise_driven.csv"):
        assert (tmp_path / name).stat().st_size > 1000
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*_0.parquet")}
    assert run(lambda: optimizer_benchmark.main(words)) == 0
    assert capsys.readouterr().out == output
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*_0.parquet")} == before
    assert run(lambda: optimizer_benchmark.main([*words, "--seed", "1"])) == 2
    assert "with seed 1, found seed 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--optimizer", "Newton"], "--optimizer: expected one of Genetic, CholeskyCMAES"),
        (["--memory", "much"], "memory: expected an amount such as 4GB, at least 100MB"),
        (["--device", "nothing"], "device: expected "),
        (["--scheduler", "nowhere"], "scheduler: expected a Dask scheduler that answers"),
    ],
)
def test_bad_options_are_one_sentence(words, sentence, tmp_path, capsys):
    assert run(lambda: optimizer_benchmark.main([*words, "--out", str(tmp_path)])) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {sentence}")
    assert errors.count("\n") == 1
