"""What all optimizers promise: invariances, determinism, saving and going on, bad input."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from core.computing.array_backend import to_host
from core.errors import CodeError, MissingFileError, ScoreError, SettingError, StateError
from core.optimizers.external import CmaesOptimizer, NevergradOptimizer, PycmaOptimizer
from core.optimizers.presets import BENCHMARK, make_optimizer, names_of
from core.utils.Optimizers import (
    CholeskyCMAES,
    Genetic,
    HessCMAES,
    SphereCMA,
    concat_wrapper,
    fix_param_wrapper,
    label2optimizer,
)

N = 12


def hessian(n=N, cutoff=5, **options):
    optimizer = HessCMAES(n, cutoff=cutoff, init_sigma=0.5, init_code=np.ones(n), **options)
    vectors = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]
    optimizer.set_Hessian(np.geomspace(10, 0.1, n), vectors)
    return optimizer


def concatenated(random_seed, device="numpy"):
    rng = np.random.default_rng(random_seed) if isinstance(random_seed, int) else random_seed
    parts = [
        CholeskyCMAES(n, 8, init_code=np.ones(n), random_seed=rng, device=device) for n in (5, 7)
    ]
    return concat_wrapper(*parts)


def partly_fixed(**options):
    moving = CholeskyCMAES(N - 4, 8, init_code=np.ones(N - 4), Aupdate_freq=0, **options)
    return fix_param_wrapper(moving, np.arange(4.0), pre=False)


OURS = {
    "cholesky": lambda **o: CholeskyCMAES(N, 8, 1.0, np.ones(N), Aupdate_freq=1, **o),
    "cholesky of 40": lambda **o: CholeskyCMAES(40, 8, 1.0, np.ones(40), Aupdate_freq=0, **o),
    "hessian": hessian,
    "sphere": lambda **o: SphereCMA(N, 8, 4, sphere_norm=5, **o),
    "genetic": lambda **o: Genetic(N, 8, 0.25, 0.75, 2, 0.75, 3, **o),
    "concat": concatenated,
    "fixed": partly_fixed,
}
OTHERS = {
    "pycma": lambda **o: PycmaOptimizer(N, 8, **o),
    "pycma diagonal": lambda **o: PycmaOptimizer(N, 8, diagonal=True, **o),
    "cmaes": lambda **o: CmaesOptimizer(N, 8, **o),
    "cmaes full": lambda **o: CmaesOptimizer(N, 8, separable=False, **o),
}
ALL = OURS | OTHERS


def score(codes):
    return -np.square(to_host(codes) - 2).sum(axis=1)


def first_codes(optimizer):
    codes = optimizer.get_init_pop()
    return np.ones((1, optimizer.space_dimen)) if codes is None else codes


def run(optimizer, n_steps, codes=None, scored=score):
    codes = first_codes(optimizer) if codes is None else codes
    for _ in range(n_steps):
        codes = optimizer.step(scored(codes), codes)
    return to_host(codes)


@pytest.mark.parametrize("name", ALL)
def test_same_seed_same_codes_and_no_global_state(name):
    before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    first, second, other = (run(ALL[name](random_seed=seed), 5) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_before)


@pytest.mark.parametrize("name", [*OURS, "pycma", "cmaes"])
def test_it_improves(name, capfd):
    optimizer = ALL[name](random_seed=0)
    codes = first_codes(optimizer)
    assert score(run(optimizer, 40)).mean() > score(codes).mean()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ALL)
def test_a_saved_optimizer_goes_on_as_it_would_have(name, tmp_path):
    optimizer = ALL[name](random_seed=0)
    run(optimizer, 5)
    optimizer.save(tmp_path / "state.npz")
    expected = run(optimizer, 6, optimizer.population)
    again = ALL[name](random_seed=0)
    again.restore(tmp_path / "state.npz")
    np.testing.assert_array_equal(run(again, 6, again.population), expected)
    assert again.istep == 11


@pytest.mark.parametrize("name", ["cholesky", "cholesky of 40", "hessian", "sphere", "genetic"])
def test_a_saved_torch_optimizer_goes_on_as_it_would_have(name, tmp_path):
    optimizer = OURS[name](random_seed=0, device="cpu")
    run(optimizer, 5)
    optimizer.save(tmp_path / "state.npz")
    expected = run(optimizer, 6, optimizer.population)
    again = OURS[name](random_seed=1, device="cpu")
    again.restore(tmp_path / "state.npz")
    assert isinstance(again.population, torch.Tensor)
    np.testing.assert_allclose(run(again, 6, again.population), expected, rtol=1e-12)


@pytest.mark.parametrize("make", [
    lambda: np.random.default_rng(1),
    lambda: np.random.RandomState(1),
    lambda: np.random.Generator(np.random.MT19937(1)),
])  # fmt: skip
def test_states_of_every_kind_of_generator_are_kept(make, tmp_path):
    optimizer = CholeskyCMAES(N, random_seed=make())
    run(optimizer, 3)
    optimizer.save(tmp_path / "state.npz")
    again = CholeskyCMAES(N, random_seed=make())
    again.restore(tmp_path / "state.npz")
    np.testing.assert_array_equal(
        run(again, 3, again.population), run(optimizer, 3, optimizer.population)
    )


def test_a_saved_state_holds_no_pickle(tmp_path):
    optimizer = OURS["concat"](random_seed=0)
    run(optimizer, 3)
    optimizer.save(tmp_path / "state.npz")
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        assert json.loads(str(file["settings"]))["optim2"]["space_dimen"] == 7
        assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("name", [*OURS, "cmaes"])
@settings(max_examples=5, deadline=None)
@given(st.integers(-1000, 1000))
def test_a_constant_added_to_all_scores_changes_nothing(name, constant):
    # quarters, so that adding does not round
    def rounded(codes):
        return np.round(4 * score(codes)) / 4

    expected = run(ALL[name](random_seed=0), 6, scored=rounded)
    found = run(ALL[name](random_seed=0), 6, scored=lambda codes: rounded(codes) + constant)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["cholesky", "hessian", "sphere"])
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31))
def test_scores_count_by_rank_only(name, seed):
    scale = np.random.default_rng(seed).uniform(0.1, 3)
    expected = run(OURS[name](random_seed=0), 6)
    found = run(OURS[name](random_seed=0), 6, scored=lambda codes: np.arctan(scale * score(codes)))
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_the_order_of_the_first_codes_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    codes, order = rng.standard_normal((9, N)), rng.permutation(9)
    for make in (
        lambda: CholeskyCMAES(N, random_seed=0),
        lambda: SphereCMA(N, 8, 4, random_seed=0),
    ):
        expected, found = (make().step(score(shown), shown) for shown in (codes, codes[order]))
        np.testing.assert_allclose(found, expected, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31))
def test_the_order_of_a_later_population_does_not_matter(seed):
    order = np.random.default_rng(seed).permutation(8)
    draws = np.random.default_rng(seed).standard_normal((3, 8, N))

    def following(order):
        given_draws = iter([draws[0], draws[1][order], draws[2]])
        optimizer = CholeskyCMAES(
            N, 8, 1.0, np.ones(N), Aupdate_freq=0, draw=lambda _: next(given_draws)
        )
        return run(optimizer, 3)

    np.testing.assert_allclose(following(order), following(np.arange(8)), atol=1e-9)


@pytest.mark.parametrize("name", ["cholesky", "cholesky of 40", "sphere"])
def test_a_turned_space_gives_the_turned_codes(name):
    n = 40 if name == "cholesky of 40" else N
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((n, n)))[0]
    axes = np.geomspace(0.1, 10, n)

    def codes_of(turn):
        draw = np.random.default_rng(2).standard_normal
        optimizer = OURS[name](draw=lambda shape: draw(shape) @ turn)
        codes = 3 * np.random.default_rng(3).standard_normal((8, n)) @ turn
        if name != "sphere":
            optimizer.init_code = np.ones((1, n)) @ turn
        return run(
            optimizer, 30, codes, lambda codes: -(np.square(codes @ turn.T - 1) * axes).sum(axis=1)
        )

    np.testing.assert_allclose(codes_of(turn), codes_of(np.eye(n)) @ turn, atol=1e-8)


def test_turning_the_space_does_not_change_how_good_it_gets():
    """With a generator of its own in either space, in the distribution of final scores."""
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((N, N)))[0]
    axes = np.geomspace(0.1, 10, N)

    def final(turn, seed):
        def scored(codes):
            return -(np.square(codes @ turn.T - 1) * axes).sum(axis=1)

        optimizer = CholeskyCMAES(N, 12, 0.5, np.zeros(N), Aupdate_freq=0, random_seed=seed)
        return np.log(-scored(run(optimizer, 40, scored=scored)).mean())

    straight = [final(np.eye(N), seed) for seed in range(40)]
    turned = [final(turn, seed + 1000) for seed in range(40)]
    spread = np.hypot(np.std(straight), np.std(turned)) / np.sqrt(40)
    assert abs(np.mean(straight) - np.mean(turned)) < 4 * spread


@pytest.mark.parametrize("name", ["cholesky", "hessian", "sphere"])
def test_backends_agree_on_the_same_draws(name):
    codes = []
    for device in ("numpy", "cpu"):
        rng = np.random.default_rng(5)
        codes.append(run(OURS[name](draw=rng.standard_normal, device=device), 20))
    np.testing.assert_allclose(codes[1], codes[0], atol=1e-9)


class NothingIsWaitedFor(TorchDispatchMode):
    """Refuses what makes a program wait for a GPU: values that steer it, or set a shape."""

    WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "is_nonzero", "equal")

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        assert not name.startswith(self.WAITING), name
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", [*OURS])
def test_a_step_never_waits_for_the_device(name):
    rng = torch.Generator().manual_seed(0)
    optimizer = OURS[name](random_seed=rng, device="cpu")
    codes = torch.as_tensor(first_codes(optimizer))
    codes = optimizer.step(-codes.sum(dim=1), codes)  # the first generation may be looked at
    for _ in range(4):
        scores = -codes.sum(dim=1)
        with NothingIsWaitedFor():
            codes = optimizer.step(scores, codes)
    with pytest.raises(AssertionError, match="_local_scalar_dense"), NothingIsWaitedFor():
        float(codes.sum())


def test_torch_returns_tensors_and_takes_arrays():
    optimizer = CholeskyCMAES(N, random_seed=0, device="cpu")
    codes = optimizer.step(np.zeros(1), np.zeros((1, N)))
    assert codes.dtype == torch.float64
    assert optimizer.step(codes.sum(dim=1), codes.numpy()).shape == (optimizer.lambda_, N)


@pytest.mark.parametrize("name", ["cholesky", "cholesky of 40", "hessian", "sphere"])
def test_minimising_is_maximising_the_negative(name):
    expected = run(OURS[name](random_seed=0), 8)
    found = run(OURS[name](random_seed=0, maximize=False), 8, scored=lambda c: -score(c))
    np.testing.assert_array_equal(found, expected)


# The parts


def test_concat_draws_for_the_first_part_first():
    rng, drawn = np.random.default_rng(0), np.random.default_rng(0)
    codes = concatenated(rng).step(np.zeros(1), np.zeros((1, N)))
    np.testing.assert_allclose(codes[:, :5], 1 + 3 * drawn.standard_normal((8, 5)))
    np.testing.assert_allclose(codes[:, 5:], 1 + 3 * drawn.standard_normal((8, 7)))


@pytest.mark.parametrize("pre", [True, False])
def test_a_fixed_part_stays(pre):
    moving = CholeskyCMAES(N - 4, 8, 1.0, random_seed=0)
    codes = run(fix_param_wrapper(moving, np.arange(4.0), pre), 4)
    assert codes.shape == (8, N)
    fixed = codes[:, :4] if pre else codes[:, -4:]
    np.testing.assert_array_equal(fixed, np.tile(np.arange(4.0), (8, 1)))


def test_a_hessian_search_stays_in_its_subspace():
    optimizer = hessian(random_seed=0)
    moved = run(optimizer, 10) - np.ones(N)
    vectors = np.linalg.qr(np.random.default_rng(0).standard_normal((N, N)))[0]
    np.testing.assert_allclose(moved @ vectors[:, 5:], 0, atol=1e-12)
    assert np.abs(moved @ vectors[:, :5]).min() > 0


def test_without_a_hessian_the_first_coordinates_are_searched():
    optimizer = HessCMAES(N, cutoff=5, init_code=np.ones(N), random_seed=0)
    codes = run(optimizer, 5)
    np.testing.assert_allclose(codes[:, 5:], 1, rtol=1e-14)
    assert np.abs(codes[:, :5] - 1).min() > 0
    assert optimizer.A.shape == (5, N)
    np.testing.assert_allclose(optimizer.A @ optimizer.Ainv, np.eye(5), atol=1e-12)


@pytest.mark.parametrize("freq", [0, 2])
@pytest.mark.parametrize("make", [
    lambda freq: CholeskyCMAES(40, 8, 1.0, np.ones(40), freq, random_seed=0),
    lambda freq: hessian(40, 35, Aupdate_freq=freq, random_seed=0),
])  # fmt: skip
def test_the_spectrum_is_that_of_the_covariance(make, freq):
    optimizer = make(freq)
    run(optimizer, 12)
    covariance = optimizer.A.T @ optimizer.A
    expected = np.linalg.eigvalsh(covariance)[-len(optimizer.covariance_eigenvalues()) :]
    np.testing.assert_allclose(optimizer.covariance_eigenvalues(), expected, rtol=1e-10)


def test_codes_of_the_sphere_have_its_norm_and_exploration_shrinks():
    optimizer = SphereCMA(64, 30, 15, sphere_norm=300, random_seed=0)
    codes, angles = optimizer.get_init_pop(), []
    for _ in range(75):
        codes = optimizer.step(score(codes), codes)
        np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 300)
        cosines = codes[1:] @ codes[0] / 300**2
        angles.append(np.degrees(np.arccos(cosines)).mean())
    np.testing.assert_allclose(angles[::74], [50, 7.33], rtol=0.05)


def test_equal_raw_scores_leave_the_base_point_of_the_sphere():
    optimizer = SphereCMA(N, 8, 4, rankweight=False, sphere_norm=5, random_seed=0)
    codes = run(optimizer, 3)
    following = optimizer.step(np.ones(9), codes)
    np.testing.assert_allclose(following[0], codes[0])


def test_the_fittest_are_kept_with_their_names():
    optimizer = Genetic(N, 8, 0.25, 0.75, 2, n_conserve=2, random_seed=0, thread=1)
    codes, names = optimizer.get_init_pop(), optimizer.ids
    best = np.argsort(-score(codes))[:2]
    following = optimizer.step(score(codes), codes)
    np.testing.assert_array_equal(following[:2], codes[best])
    assert optimizer.ids[:2] == [names[i] for i in best]
    assert optimizer.ids[2] == "thread01_gen001_000008"


def test_unknown_scores_rank_last():
    codes = np.random.default_rng(0).standard_normal((8, N))
    for maximize, worst in ((True, -100.0), (False, 100.0)):
        means = []
        for unknown in (np.nan, worst):
            optimizer = CholeskyCMAES(N, 8, maximize=maximize, random_seed=0)
            optimizer.step(np.r_[np.arange(5.0), unknown, 6, 7], codes)
            means.append(optimizer.xmean)
        np.testing.assert_array_equal(*means)


# Presets


@pytest.fixture(scope="module")
def hessian_data():
    vectors = np.eye(4096)[:, np.random.default_rng(0).permutation(4096)[:800]]
    small = np.linalg.qr(np.random.default_rng(1).standard_normal((256, 256)))[0]
    values = np.geomspace(1e-3, 10, 256)
    return {
        "BigGAN": {
            "eigvals_avg": values, "eigvects_avg": small,
            "eigvals_clas_avg": values[:128], "eigvects_clas_avg": small[:128, :128],
        },
        "fc6": {"eigv_avg": np.geomspace(1e-3, 10, 800), "eigvect_avg": vectors},
    }  # fmt: skip


PRESETS = {
    ("BigGAN", "CholCMA"): (28, 0.2), ("BigGAN", "CholCMA_class"): (25, 0.06),
    ("BigGAN", "CholCMA_noise"): (25, 0.3), ("BigGAN", "CholCMA_prod"): (25, (0.1, 0.06)),
    ("BigGAN", "CholCMA_noA"): (28, 0.2), ("BigGAN", "HessCMA"): (28, 0.2),
    ("BigGAN", "HessCMA_noA"): (28, 0.2), ("BigGAN", "HessCMA_class"): (25, 0.2),
    ("fc6", "CholCMA"): (40, 3.0), ("fc6", "CholCMA_noA"): (40, 3.0),
    ("fc6", "HessCMA800"): (32, 0.8), ("fc6", "HessCMA500"): (30, 0.8),
    ("fc6", "HessCMA500_1"): (30, 0.4),
}  # fmt: skip


def test_every_published_label_is_known():
    known = {(gan, label) for gan in ("BigGAN", "fc6") for label in names_of(gan)}
    assert known == set(PRESETS) | {("BigGAN", "MirroredES"), ("fc6", "MirroredES")}


@pytest.mark.parametrize(("gan", "label"), PRESETS)
def test_presets_start_at_the_code_with_the_published_step(gan, label, hessian_data):
    n = 256 if gan == "BigGAN" else 4096
    start = np.random.default_rng(0).standard_normal((1, n))
    optimizer = label2optimizer(label, start, gan, hessian_data[gan], random_seed=0)
    lambda_, sigma = PRESETS[gan, label]
    codes = optimizer.step(np.zeros(1), start)
    assert codes.shape == (lambda_, n)
    parts = [optimizer.optim1, optimizer.optim2] if label.endswith("prod") else [
        getattr(optimizer, "optim", optimizer)
    ]  # fmt: skip
    assert [part.sigma for part in parts] == list(np.atleast_1d(sigma))
    moved = np.flatnonzero(np.abs(codes - start).max(axis=0) > 0)
    if gan == "fc6" and label.startswith("Hess"):
        assert len(moved) == (800 if label == "HessCMA800" else 500)
        return
    parts = {"CholCMA_class": (128, 256), "HessCMA_class": (128, 256), "CholCMA_noise": (0, 128)}
    np.testing.assert_array_equal(moved, np.arange(*parts.get(label, (0, n))))


def test_presets_without_adaptation_keep_their_covariance():
    optimizer = label2optimizer("CholCMA_noA", np.zeros((1, 256)), random_seed=0)
    run(optimizer, 100)
    np.testing.assert_array_equal(optimizer.covariance_eigenvalues(), 1)


def test_presets_take_the_large_eigenvalues_first(hessian_data):
    optimizer = label2optimizer("HessCMA500", np.zeros((1, 4096)), "fc6", hessian_data["fc6"])
    lengths = np.linalg.norm(optimizer.A, axis=1)
    largest = hessian_data["fc6"]["eigv_avg"][::-1][:500]
    np.testing.assert_allclose(lengths, largest ** (-1 / 5))


def test_parts_of_a_code_draw_different_numbers():
    optimizer = label2optimizer("CholCMA_prod", np.zeros((1, 256)), random_seed=0)
    codes = optimizer.step(np.zeros(1), np.zeros((1, 256)))
    assert not np.allclose(codes[:, :128] / 0.1, codes[:, 128:] / 0.06)


# Bad input


@pytest.mark.parametrize(("make", "message"), [
    (lambda: CholeskyCMAES(N, population_size=1), "population_size: expected .* at least 2"),
    (lambda: CholeskyCMAES(N, population_size=0), "population_size: expected .* at least 2"),
    (lambda: SphereCMA(N, population_size=1), "population_size: expected .* at least 2"),
    (lambda: Genetic(N, 1, 0.25, 0.75, 2), "population_size: expected .* at least 2"),
    (lambda: PycmaOptimizer(N, 1), "population_size: expected .* at least 2"),
    (lambda: CholeskyCMAES(N, init_sigma=0), "init_sigma: expected a number above 0, found 0"),
    (lambda: CholeskyCMAES(N, init_sigma=-1.0), "init_sigma: .* found -1.0"),
    (lambda: CholeskyCMAES(N, init_sigma=np.nan), "init_sigma: .* found nan"),
    (lambda: CmaesOptimizer(N, init_sigma=0), "init_sigma: .* found 0"),
    (lambda: CholeskyCMAES(0), "at least one number, found 0"),
    (lambda: CholeskyCMAES(N, Aupdate_freq=-1), "Aupdate_freq: expected at least 0"),
    (lambda: CholeskyCMAES(N, optim_params={"c1": 1.0}), "c1: expected a rate between 0 and 1"),
    (lambda: CholeskyCMAES(N, random_seed="seven"), "random_seed: .* found 'seven'"),
    (lambda: HessCMAES(N, cutoff=N + 1), "cutoff: expected at most the 12"),
    (lambda: SphereCMA(N, 8, 9), "select_size: expected 1 to the 8"),
    (lambda: SphereCMA(N).lr_schedule(mode="none"), "mode: expected one of inv, lin, exp"),
    (lambda: Genetic(N, 8, 0.25, 0.75, 2, n_conserve=8), "n_conserve: expected fewer than the 8"),
    (lambda: Genetic(N, 8, 1.5, 0.75, 2), "mutation_rate: expected a share"),
    (lambda: label2optimizer("CMA", np.zeros(256)), "expected one of CholCMA, .* found 'CMA'"),
    (lambda: label2optimizer("CholCMA", np.zeros(256), "fc7"), "expected one of BigGAN, fc6"),
    (lambda: concat_wrapper(CholeskyCMAES(4), CholeskyCMAES(40)), "optimizers of the same lambda"),
    (lambda: CholeskyCMAES(N, device="gpu"), "device: expected cpu, cuda"),
])  # fmt: skip
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(SettingError, match=message):
        make()


@pytest.mark.parametrize("code", [np.zeros(N + 1), np.zeros((2, N)), np.zeros((N, 1))])
def test_a_start_of_the_wrong_shape_is_refused(code):
    for make in (
        lambda: CholeskyCMAES(N, init_code=code),
        lambda: HessCMAES(N, init_code=code),
        lambda: PycmaOptimizer(N, init_code=code),
        lambda: label2optimizer("CholCMA", code),
    ):
        with pytest.raises(CodeError, match="init_code: expected one"):
            make()


def test_the_callers_code_is_left_alone():
    code = np.zeros(N)
    optimizer = CholeskyCMAES(N, init_code=code, random_seed=0)
    code += 5
    assert code.shape == (N,)
    np.testing.assert_array_equal(optimizer.get_init_pop(), np.zeros((1, N)))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("spoil", "message"), [
    (lambda s, c: (np.full(len(s), np.nan), c), "score to learn from, found NaN for all"),
    (lambda s, c: (np.r_[np.inf, s[1:]], c), "found 1 infinite of"),
    (lambda s, c: (s[:-1], c), "expected one score per code"),
    (lambda s, c: (s, c[:, :-1]), "expected one score per code"),
    (lambda s, c: (s[:0], c[:0]), "expected one score per code"),
    (lambda s, c: (s, np.full_like(c, np.nan)), "expected finite codes"),
    (lambda s, c: (s[:2], c[:2]), "found 2"),
])  # fmt: skip
def test_a_refused_generation_loses_nothing(name, spoil, message):
    optimizer, untouched = ALL[name](random_seed=0), ALL[name](random_seed=0)
    codes = optimizer_codes = run(optimizer, 3)
    run(untouched, 3)
    with pytest.raises((ScoreError, CodeError), match=message):
        optimizer.step(*spoil(score(codes), optimizer_codes))
    np.testing.assert_array_equal(
        optimizer.step(score(codes), codes), untouched.step(score(codes), codes)
    )


def test_raw_scores_must_all_be_known():
    for optimizer in (Genetic(N, 8, 0.25, 0.75, 2), SphereCMA(N, 8, 4, rankweight=False)):
        codes = optimizer.get_init_pop()
        with pytest.raises(ScoreError, match="found 1 NaN of 8"):
            optimizer.step(np.r_[np.nan, np.zeros(7)], codes)


def test_a_sphere_needs_two_codes_with_a_direction():
    with pytest.raises(ScoreError, match="at least 2 codes to start from, found 1"):
        SphereCMA(N).step(np.zeros(1), np.ones((1, N)))
    with pytest.raises(CodeError, match="weighted mean has a direction"):
        SphereCMA(N).step(np.zeros(5), np.zeros((5, N)))


@pytest.mark.parametrize(("values", "vectors", "message"), [
    (np.r_[np.ones(4), 0], np.eye(N), "found 1 of the first 5 that are not"),
    (np.r_[np.ones(4), -1, -2], np.eye(N), "expected eigenvalues above zero"),
    (np.full(5, np.nan), np.eye(N), "expected eigenvalues above zero"),
    (np.ones(4), np.eye(N), "at least 5 eigenvalues"),
    (np.ones(5), np.eye(N)[:, :4], "eigenvectors of shape"),
    (np.ones(5), np.eye(N + 1), "eigenvectors of shape"),
    (np.arange(1.0, 6), np.eye(N), "descending"),
])  # fmt: skip
def test_a_hessian_that_cannot_be_used_is_refused(values, vectors, message):
    with pytest.raises(SettingError, match=message):
        HessCMAES(N, cutoff=5).set_Hessian(values, vectors)


def test_a_hessian_comes_before_the_first_step():
    optimizer = HessCMAES(N, cutoff=5, random_seed=0)
    run(optimizer, 1)
    with pytest.raises(SettingError, match="before the first step"):
        optimizer.set_Hessian(np.ones(5), np.eye(N))


def test_presets_name_the_archive_they_lack():
    with pytest.raises(FileNotFoundError, match=r"H_avg_1000cls.npz"):
        label2optimizer("HessCMA", np.zeros((1, 256)))
    with pytest.raises(MissingFileError, match="found no eigvals_avg"):
        label2optimizer("HessCMA", np.zeros((1, 256)), Hdata={"eigvects_avg": np.eye(256)})


@pytest.mark.parametrize(("other", "message"), [
    (lambda: CholeskyCMAES(N, 9, random_seed=0), "population_size 9, found population_size 8"),
    (lambda: CholeskyCMAES(N, 8, 2.0, random_seed=0), "init_sigma 2.0, found init_sigma 3.0"),
    (lambda: CholeskyCMAES(N + 1, 8, random_seed=0), "space_dimen 13, found space_dimen 12"),
    (lambda: hessian(random_seed=0), "optimizer HessCMAES, found optimizer CholeskyCMAES"),
    (
        lambda: CholeskyCMAES(N, 8, random_seed=np.random.RandomState(0)),
        "expected the state of a NumPy RandomState",
    ),
])  # fmt: skip
def test_a_state_of_another_configuration_is_refused_with_the_difference(tmp_path, other, message):
    optimizer = CholeskyCMAES(N, 8, random_seed=0)
    run(optimizer, 2)
    optimizer.save(tmp_path / "state.npz")
    with pytest.raises(StateError, match=f"state.npz: .*{message}"):
        other().restore(tmp_path / "state.npz")


def test_a_state_of_another_hessian_is_refused(tmp_path):
    hessian(random_seed=0).save(tmp_path / "state.npz")
    other = HessCMAES(N, cutoff=5, init_sigma=0.5, init_code=np.ones(N), random_seed=0)
    with pytest.raises(StateError, match="Hessian"):
        other.restore(tmp_path / "state.npz")


def test_a_damaged_or_missing_state_is_said_to_be_so(tmp_path):
    with pytest.raises(MissingFileError, match="found no file"):
        CholeskyCMAES(N).restore(tmp_path / "state.npz")
    CholeskyCMAES(N).save(tmp_path / "state.npz")
    content = (tmp_path / "state.npz").read_bytes()
    for damaged in (b"", b"text", content[:-200]):
        (tmp_path / "state.npz").write_bytes(damaged)
        with pytest.raises(StateError, match="found a damaged file"):
            CholeskyCMAES(N).restore(tmp_path / "state.npz")


def test_a_state_that_lacks_something_is_refused():
    state = CholeskyCMAES(N, 8, random_seed=0).state()
    for name in ("sigma", "generator", "istep", "factor/v"):
        with pytest.raises(StateError, match=name.split("/")[-1]):
            CholeskyCMAES(N, 8).load_state({key: state[key] for key in state if key != name})
    with pytest.raises(StateError, match="found none"):
        CholeskyCMAES(N, 8).load_state({})


def test_nevergrad_is_optional():
    try:
        import nevergrad  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install nevergrad"):
            NevergradOptimizer(N, 8)
        return
    expected = run(NevergradOptimizer(N, 8, "CMA", random_seed=0), 5)
    np.testing.assert_array_equal(run(NevergradOptimizer(N, 8, "CMA", random_seed=0), 5), expected)


@pytest.mark.parametrize("device", ["numpy", "cpu"])
def test_a_silent_generation_keeps_the_codes_that_were_conserved(device):
    optimizer = Genetic(N, 8, 0.25, 0.75, 2, n_conserve=3, random_seed=0, device=device)
    codes = optimizer.get_init_pop()
    codes = optimizer.step(score(codes), codes)
    conserved = to_host(codes)[:3].copy()
    silent = to_host(optimizer.step(np.zeros(8), codes))
    np.testing.assert_array_equal(silent[:3], conserved)
    published = Genetic(N, 8, 0.25, 0.75, 2, n_conserve=3, random_seed=0, published_ties=True)
    codes = published.get_init_pop()
    np.testing.assert_array_equal(published.step(np.zeros(8), codes)[:3], codes[:-4:-1])


def test_settings_that_are_numbers_of_numpy_are_saved(tmp_path):
    options = {"population_size": np.int64(12), "maximize": np.bool_(True), "random_seed": 0}
    options["optim_params"] = {"c1": np.float32(0.01)}
    optimizer = CholeskyCMAES(N, init_code=np.ones(N), **options)
    codes = run(optimizer, 3)
    optimizer.save(tmp_path / "state.npz")
    again = CholeskyCMAES(N, init_code=np.ones(N), **options)
    again.restore(tmp_path / "state.npz")
    np.testing.assert_array_equal(again.population, codes)


def test_scores_and_codes_of_half_precision_and_inference_mode():
    optimizer = CholeskyCMAES(N, init_code=np.ones(N), random_seed=0, device="cpu")
    codes = optimizer.get_init_pop()
    with torch.inference_mode():
        codes = optimizer.step(torch.zeros(1, dtype=torch.bfloat16), codes.bfloat16())
    for _ in range(12):
        codes = optimizer.step(torch.as_tensor(score(codes)), codes)
    assert np.isfinite(to_host(codes)).all()


def test_a_part_that_refuses_keeps_the_other_from_learning():
    parts = [CholeskyCMAES(5, 8, random_seed=0), SphereCMA(7, 7, 3, random_seed=0)]
    same = [CholeskyCMAES(5, 8, random_seed=0), SphereCMA(7, 7, 3, random_seed=0)]
    both, untouched = concat_wrapper(*parts), concat_wrapper(*same)
    with pytest.raises(ScoreError, match="at least 2 codes to start from"):
        both.step(np.zeros(1), np.ones((1, N)))
    codes = np.random.default_rng(0).standard_normal((6, N))
    np.testing.assert_array_equal(*(one.step(score(codes), codes) for one in (both, untouched)))


def test_draws_of_a_wrong_shape_move_nothing():
    draws = iter([np.zeros((3, 3)), *np.zeros((9, 13, 8))])
    optimizer = CholeskyCMAES(8, init_code=np.ones(8), draw=lambda shape: next(draws))
    with pytest.raises(SettingError, match="draw: expected numbers of shape"):
        optimizer.step(np.zeros(1), np.ones((1, 8)))
    np.testing.assert_array_equal(optimizer.xmean, np.zeros(8))


@pytest.mark.parametrize("label", BENCHMARK)
def test_labels_of_any_generator(label):
    optimizer = label2optimizer(label, np.ones((1, 12)), "any", random_seed=0)
    expected = make_optimizer(label, 12, random_seed=0)
    assert optimizer.settings() == expected.settings()
    first = optimizer.get_init_pop()
    assert first is None or first.shape[1] == 12


def test_labels_of_any_generator_are_those_of_the_benchmark():
    with pytest.raises(SettingError, match=r"optimizer of any: expected one of Genetic, .*HessCMA"):
        label2optimizer("HessCMA", np.ones((1, 12)), "any")
    with pytest.raises(CodeError, match="one code of shape"):
        label2optimizer("Genetic", np.ones((3, 12)), "any")


def test_a_sphere_far_from_the_codes_is_told(caplog):
    SphereCMA(16, 8, 4, random_seed=0)
    assert "300 is published for the 4096 values of fc6, and 16 values then have 75 each" in (
        caplog.text
    )
    caplog.clear()
    optimizer = SphereCMA(16, 8, 4, sphere_norm=40, random_seed=0)
    optimizer.step(np.arange(5.0), np.ones((5, 16)))  # of norm 4
    assert "first codes have a norm of 4, and all that follow have sphere_norm=40" in caplog.text
    caplog.clear()
    optimizer = SphereCMA(16, 8, 4, sphere_norm=4, random_seed=0)
    codes = optimizer.step(np.arange(5.0), np.ones((5, 16)))
    optimizer.step(np.arange(9.0), codes)
    SphereCMA(4096, random_seed=0)
    assert caplog.text == ""
