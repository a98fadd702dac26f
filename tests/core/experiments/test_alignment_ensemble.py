"""The ensembles of the alignment experiment: starting points, same networks, and what is kept."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch

from core.experiments.alignment import ensemble as module
from core.experiments.alignment.ensemble import ensemble_table, final_scores, repeated
from core.experiments.alignment.ensemble_data import (
    ENSEMBLE_STAMP,
    alignment_ensemble,
    ensemble_path,
)
from core.experiments.alignment.runs import make_runs, run_adam
from core.experiments.alignment.starts import philox, published_start


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, 2**64 - 1, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0A4093822,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers(counter, key, words):
    given = np.array(counter, dtype=np.uint64)[:, None]
    assert tuple(philox(given, key)[:, 0]) == words


def test_a_published_start_is_the_beginning_of_one_sequence_of_normal_numbers():
    long = published_start(256, 41)
    np.testing.assert_array_equal(long[:8], published_start(8, 41))
    many = np.concatenate([published_start(256, seed) for seed in range(40)])
    assert abs(many.mean()) < 0.03
    assert many.std() == pytest.approx(1, abs=0.03)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_published_start_is_what_cuda_draws():
    torch.manual_seed(43)
    drawn = torch.randn(1, 256, dtype=torch.float64, device="cuda")[0].cpu().numpy()
    np.testing.assert_allclose(published_start(256, 43), drawn, rtol=1e-12)


@pytest.mark.parametrize(
    ("dimension", "depth", "published"),
    [(2, 32, 0.491), (4, 16, 0.316), (4, 32, 0.208), (8, 16, 0.137), (16, 8, 0.547)],
)
def test_adam_from_the_published_starts_gives_the_published_mean(dimension, depth, published):
    runs = make_runs(dimension, [depth], range(40, 50))
    again = repeated(runs, [("published", 0)])
    assert final_scores(again, run_adam(again)).mean() == pytest.approx(published, abs=0.003)


def test_repeated_runs_use_the_same_networks():
    runs = make_runs(4, depths=[0, 4], seeds=[40, 41])
    again = repeated(runs, [("other", i) for i in range(3)])
    x = again.start[:, None]
    each = torch.cat([runs.maps.forward(x[i::3]) for i in range(3)])
    order = np.arange(12).reshape(4, 3).T.ravel()
    torch.testing.assert_close(again.maps.forward(x)[order], each)
    assert len(set(again.seeds)) == 12


def test_cells_that_are_too_hard_are_left_out(monkeypatch):
    few = {name: partial(run, n_steps=2) for name, run in module.OPTIMIZERS.items()}
    monkeypatch.setattr(module, "OPTIMIZERS", few)
    table = ensemble_table(dimensions=(2, 64), depths=(0, 2, 8, 32), seeds=(40, 41))
    counts = table.groupby(["optimizer", "starts", "dimension", "stack_size"]).size()
    assert counts["CMAES", "other", 64].to_dict() == {0: 12, 2: 12}
    assert counts["CMAES", "published", 2].to_dict() == {2: 12, 8: 12, 32: 12}
    assert counts["Adam", "published", 64].to_dict() == {2: 2, 8: 2}
    assert counts["Adam", "other", 2].to_dict() == {0: 12, 2: 12, 8: 12, 32: 12}
    assert table.gaussian_value.between(0, 1).all()


def test_an_ensemble_is_computed_once(tmp_path, monkeypatch):
    tables = iter([pd.DataFrame({"a": [0.1]}), pd.DataFrame({"a": [0.2]})])
    monkeypatch.setattr(module, "ensemble_table", lambda: next(tables))
    assert alignment_ensemble(tmp_path).a.tolist() == [0.1]
    assert alignment_ensemble(tmp_path).a.tolist() == [0.1]
    ensemble_path(tmp_path).write_text("a\n0.3\n")  # by hand
    assert alignment_ensemble(tmp_path).a.tolist() == [0.2]
    (tmp_path / ENSEMBLE_STAMP).write_text('{"version": 0}')
    with pytest.raises(StopIteration):
        alignment_ensemble(tmp_path)
