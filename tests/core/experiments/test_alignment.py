"""The alignment experiment: its networks, its optimizers, and what it says."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import SettingError
from core.experiments.alignment.realnvp import RealNVPs
from core.experiments.alignment.runs import alignment_tables, make_runs, run_adam, run_cmaes
from core.optimizers.batched_cholesky import BatchedCholeskyCMAES


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def points(n, m, d, seed=0):
    return torch.randn(n, m, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dimension", [2, 6, 16])
def test_a_map_and_its_inverse_undo_each_other(dimension):
    maps = RealNVPs(dimension, [5, 3, 3, 0], generators(1, 2, 3, 4))
    x = points(4, 7, dimension)
    y = maps.forward(x)
    torch.testing.assert_close(maps.inverse(y), x)
    torch.testing.assert_close(y[3], x[3], rtol=0, atol=0)
    assert not torch.allclose(y[1], y[2])


def test_networks_held_together_are_each_by_itself():
    together = RealNVPs(8, [4, 2, 1], generators(1, 2, 3)).forward(points(3, 5, 8))
    for i, (depth, seed) in enumerate([(4, 1), (2, 2), (1, 3)]):
        alone = RealNVPs(8, [depth], generators(seed)).forward(points(3, 5, 8)[i : i + 1])
        torch.testing.assert_close(together[i], alone[0])


def test_weights_are_those_that_torch_draws_for_its_own_layers():
    maps = RealNVPs(8, [2], generators(41))
    torch.manual_seed(41)
    couplings = [[nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, 8)] for _ in range(2)]
    for (coupling, _), layers in zip(maps.layers, couplings, strict=True):
        for weight, bias, layer in zip(coupling.weights, coupling.biases, layers, strict=True):
            torch.testing.assert_close(weight[0], layer.weight.T.double(), rtol=0, atol=0)
            torch.testing.assert_close(bias[0, 0], layer.bias.double(), rtol=0, atol=0)
    for _, rotation in maps.layers:
        q, r = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))
        torch.testing.assert_close(rotation.matrix[0], q * torch.sign(torch.diag(r)))
        offset = torch.randn(8, dtype=torch.float64)
        torch.testing.assert_close(rotation.offset[0, 0], offset, rtol=0, atol=0)


def test_a_coupling_changes_the_second_half_only():
    coupling, rotation = RealNVPs(4, [1], generators(1)).layers[0]
    x = points(1, 3, 4)
    y = coupling.forward(x)
    torch.testing.assert_close(y[..., :2], x[..., :2], rtol=0, atol=0)
    log_scale, shift = coupling.shift_and_scale(x[..., :2])
    torch.testing.assert_close(y[..., 2:], x[..., 2:] * log_scale.exp() + shift)
    assert log_scale.abs().max() <= 1
    eye = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(rotation.matrix[0] @ rotation.matrix[0].T, eye)


def literal_cmaes(score, start, draws, n_calls):
    """One run, written as the update equations stand."""
    d = len(start)
    lam = 4 + int(np.floor(3 * np.log2(d)))
    mu = lam // 2
    w = np.log(lam / 2 + 0.5) - np.log(np.arange(1, mu + 1))
    w /= w.sum()
    mueff = 1 / (w**2).sum()
    cc, cs = 4 / (d + 4), np.sqrt(mueff) / (np.sqrt(mueff) + np.sqrt(d))
    c1 = 2 / (d + np.sqrt(2)) ** 2
    damps = 1 + cs + 2 * max(0, np.sqrt(max((mueff - 1) / (d + 1), 0)) - 1)
    chi = np.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d**2))
    a, inverse, ps, pc = np.eye(d), np.eye(d), np.zeros((1, d)), np.zeros((1, d))
    sigma, mean, x, z, n_evals, n_updated = 0.5, start[None], start[None], None, 0, 0
    for call in range(n_calls):
        if call > 0:
            order = np.argsort(-score(x), kind="stable")[:mu]
            mean = w[None] @ x[order]
            zw = w[None] @ z[order]
            ps = (1 - cs) * ps + np.sqrt(cs * (2 - cs) * mueff) * zw
            pc = (1 - cc) * pc + np.sqrt(cc * (2 - cc) * mueff) * (zw @ a)
            sigma *= np.exp(cs / damps * (np.linalg.norm(ps) / chi - 1))
            if n_evals - n_updated > lam:
                n_updated = n_evals
                v = pc @ inverse
                n = (v @ v.T).item()
                q, s = np.sqrt(1 + n * c1 / (1 - c1)), np.sqrt(1 - c1)
                a = s * a + s / n * (q - 1) * v.T @ pc
                inverse = inverse / s - 1 / (s * n) * (1 - 1 / q) * inverse @ v.T @ v
        z = draws[call]
        x = mean + sigma * z @ a
        n_evals += lam
    return x


def test_batched_runs_follow_the_update_equations():
    dimension, n_calls, seeds = 6, 9, (3, 4)
    start = points(2, 1, dimension)[:, 0]
    optimizer = BatchedCholeskyCMAES(start, generators(*seeds))
    weights = torch.linspace(1, 3, dimension, dtype=torch.float64)
    for _ in range(n_calls):
        optimizer.step(-(weights * (optimizer.population - 1).square()).sum(2))
    for i, source in enumerate(generators(*seeds)):
        lam = optimizer.lambda_
        draws = [
            torch.randn(lam, dimension, dtype=torch.float64, generator=source).numpy()
            for _ in range(n_calls)
        ]
        expected = literal_cmaes(
            lambda x: -(weights.numpy() * (x - 1) ** 2).sum(1), start[i].numpy(), draws, n_calls
        )
        np.testing.assert_allclose(optimizer.population[i], expected, rtol=1e-10, atol=1e-12)
    identity = optimizer.A @ optimizer.inverse
    torch.testing.assert_close(identity[0], torch.eye(dimension, dtype=torch.float64))


@pytest.mark.parametrize("optimize", [run_cmaes, run_adam])
def test_runs_held_together_are_each_by_itself(optimize):
    together = optimize(make_runs(4, (2, 4), (40, 41)), n_steps=20)
    runs = make_runs(4, (2, 4), (40, 41))
    for i, (depth, seed) in enumerate(zip(runs.depths, runs.seeds, strict=True)):
        alone = optimize(make_runs(4, (depth,), (seed,)), n_steps=20)
        torch.testing.assert_close(together.final[i], alone.final[0])
        torch.testing.assert_close(together.best[i], alone.best[0])


def test_adam_is_torch_s_own_on_one_point():
    runs = make_runs(2, (3,), (7,))
    x = runs.start.clone()[:, None].requires_grad_(True)
    adam = torch.optim.Adam([x], lr=0.1)
    for _ in range(15):
        adam.zero_grad()
        (0.5 * (runs.maps.forward(x) - 1).square().sum()).backward()
        adam.step()
    torch.testing.assert_close(run_adam(runs, 15).final, x.detach()[:, 0])


def test_a_table_says_where_runs_ended_and_should_have():
    tables = alignment_tables(dimensions=(4, 2), depths=(0, 2), seeds=(40, 41))
    assert set(tables) == {"Adam", "CMAES"}
    for table in tables.values():
        order = table[["dimension", "stack_size", "seed"]].to_numpy().tolist()
        assert order == sorted(order)
        for row in table.itertuples():
            miss = row.transformed_space_optimum - row.desired_transformed_optimum
            assert row.gaussian_value == pytest.approx(np.exp(-0.5 * (miss**2).sum()), abs=1e-12)
            assert row.best_scored <= 1
            maps = make_runs(row.dimension, (row.stack_size,), (row.seed,)).maps
            reached = maps.forward(torch.tensor(row.desired_x_optimum)[None])
            np.testing.assert_allclose(reached[0, 0], 1, atol=1e-9)
    at_depth_0 = tables["Adam"].query("stack_size == 0")
    np.testing.assert_allclose(at_depth_0.gaussian_value, 1, atol=0.05)


@pytest.mark.slow
def test_success_falls_with_depth_as_an_independent_implementation_found():
    tables = alignment_tables(dimensions=(2, 4, 8, 16), depths=(8, 16, 32))
    expected = {
        "CMAES": {(2, 8): 1.0, (2, 32): 1.0, (4, 32): 0.78, (8, 16): 0.79, (16, 16): 0.31},
        "Adam": {(2, 8): 1.0, (2, 16): 0.64, (2, 32): 0.47, (4, 8): 0.985, (4, 16): 0.315,
                 (8, 8): 0.90, (16, 8): 0.53},
    }  # fmt: skip
    for optimizer, cells in expected.items():
        means = tables[optimizer].groupby(["dimension", "stack_size"]).gaussian_value.mean()
        for cell, value in cells.items():
            assert means[cell] == pytest.approx(value, abs=0.15), (optimizer, cell)


def test_maps_that_cannot_be_made():
    with pytest.raises(SettingError, match="dimension: expected an even number, found 3"):
        RealNVPs(3, [1], generators(1))
    with pytest.raises(SettingError, match="expected them from deep to shallow"):
        RealNVPs(4, [1, 2], generators(1, 2))


def test_scores_that_are_missing_rank_last_in_every_run():
    start = torch.zeros(2, 4, dtype=torch.float64)
    searches = [BatchedCholeskyCMAES(start, generators(1, 2)) for _ in range(2)]
    for worst, search in zip((torch.nan, -1e9), searches, strict=True):
        search.step(torch.zeros(2, 1))
        scores = search.population[:, :, 0].clone()
        scores[:, ::2] = worst
        search.step(scores)
    torch.testing.assert_close(searches[0].mean, searches[1].mean, rtol=0, atol=0)
