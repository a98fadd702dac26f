"""Every optimizer against vectors made with the published classes, open and closed loop.

Open loop feeds the stored codes and scores of each generation; closed loop lets the optimizer live
on its own codes and the stored objective.
"""

import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from core.computing.array_backend import backend_of, to_host
from core.computing.paths import (
    LERP,
    ExpMap,
    LExpMap,
    SExpMap,
    VecTransport,
    ang_dist,
    orthogonalize,
    radial_proj,
    renormalize,
)
from core.optimizers import cholesky_factor
from core.optimizers.sphere import exp_map, orthogonal_part, slerp
from core.utils.Optimizers import (
    CholeskyCMAES,
    Genetic,
    HessCMAES,
    ZOHA_Sphere_lr_euclid,
    rankweight,
)

OPEN_LOOP, CLOSED_LOOP = 1e-10, 1e-9


@pytest.fixture(scope="module")
def golden(data_folder):
    with np.load(data_folder / "optimizers.npz", allow_pickle=False) as file:
        arrays = dict(file)
    with np.load(data_folder / "cholesky_cmaes_n8.npz", allow_pickle=False) as file:
        arrays |= {f"chol_n8_init/{name}": file[name] for name in file.files}
    return {
        case: SimpleNamespace(
            **{name.split("/")[1]: value for name, value in arrays.items() if name.startswith(case)}
        )
        for case in {name.split("/")[0] for name in arrays}
    }


@pytest.fixture(params=["numpy", "cpu"], ids=["numpy", "torch"])
def device(request):
    return request.param


@pytest.fixture(params=["dense", "factored"])
def factor(request, monkeypatch):
    dense_up_to = 32 if request.param == "dense" else 0
    monkeypatch.setattr(cholesky_factor, "DENSE_UP_TO", dense_up_to)


def stored_draws(case):
    draws = iter(case.draws)
    return lambda shape: next(draws)


def cholesky(case, device):
    return CholeskyCMAES(
        8, 13, 1.0, case.init_code, Aupdate_freq=1, device=device, draw=stored_draws(case)
    )


def hessian(case, device):
    optimizer = HessCMAES(
        16, cutoff=8, init_sigma=0.5, init_code=case.init_code, Aupdate_freq=1, device=device,
        draw=stored_draws(case),
    )  # fmt: skip
    optimizer.set_Hessian(case.eigvals, case.eigvects, expon=0.4)
    return optimizer


def sphere(case, device):
    optimizer = ZOHA_Sphere_lr_euclid(
        16, 20, 10, lr=1.5, sphere_norm=10, device=device, draw=stored_draws(case)
    )
    optimizer.lr_schedule(25, "exp", (50, 7.33))
    return optimizer


def genetic(case, device):
    # NumPy's generator feeds both backends, since the vectors hold its numbers
    seed = np.random.RandomState(14)
    return Genetic(8, 12, 0.25, 0.75, 2, 0.75, 3, random_seed=seed, device=device)


CASES = {
    "chol_n8_init": cholesky,
    "hess_n16_c8": hessian,
    "sphere_n16_exp": sphere,
    "genetic_n8": genetic,
}


def objective(case, codes):
    return -(np.square((codes - case.obj_t) @ case.obj_Q) * case.obj_d).sum(axis=1)


def stored_generation(case, number):
    shown = case.generations == number
    return (case.scores[shown], case.codes[shown]) if shown.any() else (None, case.next_codes)


def assert_codes_equal(codes, expected, tolerance):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(to_host(codes) / scale, expected / scale, rtol=0, atol=tolerance)


@pytest.mark.usefixtures("factor")
@pytest.mark.parametrize("name", CASES)
def test_stored_generations_give_the_stored_codes(golden, name, device):
    case = golden[name]
    optimizer = CASES[name](case, device)
    for number in range(case.generations.max() + 1):
        codes = optimizer.step_simple(*stored_generation(case, number))
        assert_codes_equal(codes, stored_generation(case, number + 1)[1], OPEN_LOOP)


@pytest.mark.usefixtures("factor")
@pytest.mark.parametrize("name", CASES)
def test_closed_loop_follows_the_reference(golden, name, device):
    case = golden[name]
    optimizer = CASES[name](case, device)
    _, codes = stored_generation(case, 0)
    for number in range(case.generations.max() + 1):
        codes = optimizer.step(objective(case, to_host(codes)), codes)
        assert_codes_equal(codes, stored_generation(case, number + 1)[1], CLOSED_LOOP)


@pytest.mark.usefixtures("factor")
@pytest.mark.parametrize("name", ["chol_n8_init", "hess_n16_c8"])
def test_paths_step_size_and_factor_are_the_stored_ones(golden, name, device):
    case = golden[name]
    optimizer = CASES[name](case, device)
    update_steps = []
    for number in range(case.generations.max() + 1):
        before = optimizer._factor.n_updates
        optimizer.step(*stored_generation(case, number))
        if optimizer._factor.n_updates > before:
            update_steps.append(number)
        found = [optimizer.sigma, *(map(to_host, (optimizer.ps, optimizer.pc, optimizer.xmean)))]
        stored = [getattr(case, field)[number] for field in ("sigma", "ps", "pc", "xmean")]
        for array, expected in zip(found, stored, strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-9, atol=1e-11)
    assert update_steps == case.update_steps.tolist()
    np.testing.assert_allclose(optimizer.A, case.A_final, atol=1e-12)
    np.testing.assert_allclose(optimizer.Ainv, case.Ainv_final, atol=1e-12)


def test_the_hessian_starts_the_factor(golden, device):
    case = golden["hess_n16_c8"]
    optimizer = hessian(case, device)
    np.testing.assert_allclose(optimizer.A, case.A_init, atol=1e-14)
    np.testing.assert_allclose(optimizer.Ainv, case.Ainv_init, atol=1e-14)


def test_base_points_of_the_sphere_are_the_stored_ones(golden, device):
    case = golden["sphere_n16_exp"]
    optimizer = sphere(case, device)
    np.testing.assert_allclose(optimizer.mulist, case.mulist, rtol=1e-13)
    for number in range(25):
        optimizer.step(*stored_generation(case, number))
        np.testing.assert_allclose(to_host(optimizer.xcur), case.xcur[number], atol=1e-9)
        np.testing.assert_allclose(to_host(optimizer.xnew), case.xnew[number], atol=1e-9)


def test_first_codes_are_the_stored_ones(golden, device):
    case = golden["genetic_n8"]
    np.testing.assert_array_equal(to_host(genetic(case, device).get_init_pop()), case.init_pop)
    case = golden["sphere_n16_exp"]
    seed = np.random.RandomState(json.loads(str(case.meta))["init_seed"])
    optimizer = ZOHA_Sphere_lr_euclid(16, 20, 10, sphere_norm=10, random_seed=seed, device=device)
    np.testing.assert_allclose(to_host(optimizer.get_init_pop()), case.init_pop, rtol=1e-14)


def test_temperature_of_selection(golden, device):
    case = golden["genetic_n8"]
    optimizer = genetic(case, device)
    for number in range(20):
        optimizer.step(*stored_generation(case, number))
        assert float(optimizer.kT) == pytest.approx(case.kT[number], rel=1e-12)


@pytest.mark.parametrize(
    ("stored", "n_gen", "mode"),
    [("inv_100_N4096", 100, "inv"), ("exp_75_N4096", 75, "exp"), ("lin_75_N4096", 75, "lin")],
)
def test_schedules(golden, stored, n_gen, mode):
    optimizer = ZOHA_Sphere_lr_euclid(4096)
    optimizer.lr_schedule(n_gen, mode)
    np.testing.assert_allclose(optimizer.mulist, getattr(golden["schedule"], stored), rtol=1e-12)


@pytest.mark.parametrize("arguments", [(40,), (40, 15), (25,)], ids=str)
def test_rank_weights(golden, arguments):
    stored = getattr(golden["geometry"], "rankweight_" + "_".join(map(str, arguments)))
    np.testing.assert_allclose(rankweight(*arguments), stored, rtol=1e-13)


GEOMETRY = {
    "ang_dist_XY": lambda g: ang_dist(g.X, g.Y),
    "lerp": lambda g: LERP(g.x, g.y, 5, (-0.5, 1.5)),
    "lexpmap": lambda g: LExpMap(g.x, g.v[:1], 5, (0, 2)),
    "sexpmap": lambda g: SExpMap(g.x, g.v[:1], 5, (0, 2)),
    "expmap": lambda g: ExpMap(g.x, g.tang),
    "transport": lambda g: VecTransport(g.x, g.y, g.v),
    "radial_proj": lambda g: radial_proj(g.X, g.norms),
    "orthogonalize": lambda g: orthogonalize(g.x, g.X),
    "renorm_vec": lambda g: renormalize(g.X, g.norms),
}


@pytest.mark.parametrize("name", GEOMETRY)
def test_geometry(golden, name):
    inputs = golden["geometry"]
    np.testing.assert_allclose(GEOMETRY[name](inputs), getattr(inputs, name), atol=1e-12)


def test_geometry_of_the_sphere_optimizer(golden, device):
    inputs, backend = golden["geometry"], backend_of(device)
    here = {name: backend.numbers(value) for name, value in vars(inputs).items() if name != "meta"}
    turn = partial(slerp, backend, here["x"][0], here["y"][0])
    for t, stored in ((0.3, inputs.slerp_scalar_0p3), (1.5, inputs.slerp_scalar_1p5)):
        np.testing.assert_allclose(to_host(turn(t)), stored[0], atol=1e-12)
    for t, stored in zip(inputs.t, inputs.slerp_arr, strict=True):
        np.testing.assert_allclose(to_host(turn(float(t))), stored, atol=1e-12)
    mapped = exp_map(backend, here["x"][0], here["tang"])
    np.testing.assert_allclose(to_host(mapped), inputs.expmap, atol=1e-12)
    rest = orthogonal_part(here["X"], here["x"][0])
    np.testing.assert_allclose(to_host(rest), inputs.orthogonalize, atol=1e-12)
