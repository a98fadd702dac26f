"""Paths, tangent vectors and rescaling of latent codes."""

import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.computing import paths as geometry_utils
from core.computing.paths import (
    LERP,
    SLERP,
    ExpMap,
    LExpMap,
    SExpMap,
    VecTransport,
    ang_dist,
    orthogonalize,
    radial_proj,
    renormalize,
)
from core.errors import CodeError


@pytest.fixture(scope="module")
def golden(data_folder):
    with np.load(data_folder / "stats_geometry_fourier.npz", allow_pickle=False) as file:
        return {name: file[f"geom.{name}"] for name in GOLDEN}


@pytest.fixture(scope="module")
def inputs(hashed_signed):
    return SimpleNamespace(
        v1=hashed_signed(7000, 7),
        v2=hashed_signed(7001, 7),
        X=hashed_signed(7002, 28).reshape(4, 7),
        Y=hashed_signed(7003, 21).reshape(3, 7),
    )


GOLDEN = {
    "ang_dist": lambda i: ang_dist(i.X, i.Y),
    "slerp": lambda i: SLERP(i.v1, i.v2, 5, legacy=True),
    "slerp_ext": lambda i: SLERP(i.v1, i.v2, 4, (-0.5, 1.5), legacy=True),
    "lerp": lambda i: LERP(i.v1, i.v2, 5),
    "lexp": lambda i: LExpMap(i.v1, i.v2, 4, (0, 2)),
    "sexp": lambda i: SExpMap(i.v1, i.v2, 4, (-0.4, 0.4)),
    "expmap": lambda i: ExpMap(i.v1, orthogonalize(i.v1, i.X)),
    "transport": lambda i: VecTransport(i.v1, i.v2, i.X),
    "radial": lambda i: radial_proj(i.X, 1.1),
    "ortho": lambda i: orthogonalize(i.v1, i.X),
    "renorm": lambda i: renormalize(i.X, np.array([1, 2, 3, 4])),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_stored_values(name, golden, inputs):
    np.testing.assert_allclose(GOLDEN[name](inputs), golden[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_row_may_be_given_as_a_matrix_of_one_row(name, golden, inputs):
    as_rows = SimpleNamespace(v1=inputs.v1[None], v2=inputs.v2[None], X=inputs.X, Y=inputs.Y)
    np.testing.assert_allclose(GOLDEN[name](as_rows), golden[name], rtol=0, atol=1e-9)


def test_published_slerp_is_the_right_one_times_the_sine_of_the_angle(inputs):
    v1, v2 = inputs.v1, inputs.v2
    scale = np.sin(ang_dist(v1, v2))
    np.testing.assert_allclose(SLERP(v1, v2, 6, legacy=True), SLERP(v1, v2, 6) * scale)


two_codes = st.builds(
    lambda seed, n_dims, log_scale: (
        np.random.default_rng(seed).standard_normal((2, n_dims)) * 10.0**log_scale
    ),
    seed=st.integers(0, 10**6),
    n_dims=st.integers(2, 40),
    log_scale=st.floats(-6, 6),
)


@given(codes=two_codes)
@pytest.mark.parametrize("path", [LERP, SLERP])
def test_paths_start_and_end_at_the_codes(path, codes):
    np.testing.assert_allclose(path(*codes, 5)[[0, -1]], codes, rtol=1e-9)


@given(codes=two_codes, radius=st.floats(0.1, 100))
def test_slerp_stays_on_the_sphere_and_moves_at_equal_speed(codes, radius):
    path = SLERP(*renormalize(codes, radius), 6, (-0.5, 1.5))
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), radius)
    angles = [ang_dist(a, b).item() for a, b in pairwise(path)]
    np.testing.assert_allclose(angles, 0.4 * ang_dist(*codes).item(), atol=1e-7)


@given(codes=two_codes, steps=st.integers(2, 6))
def test_slerp_backwards_is_the_same_path(codes, steps):
    there, back = SLERP(*codes, steps, (0.2, 0.9)), SLERP(*codes[::-1], steps, (0.1, 0.8))
    np.testing.assert_allclose(there, back[::-1], atol=1e-9 * np.abs(codes).max())


@pytest.mark.parametrize("factor", [1, 3, 1 + 1e-15])
def test_slerp_of_parallel_codes_is_the_straight_line(factor, inputs):
    v1 = inputs.v1
    np.testing.assert_allclose(SLERP(v1, factor * v1, 5), LERP(v1, factor * v1, 5), rtol=1e-12)


@pytest.mark.parametrize("angle", [1e-3, 1e-8, 1e-12, np.pi - 1e-3, np.pi - 1e-8])
def test_slerp_is_exact_for_extreme_angles(angle):
    end = np.array([np.cos(angle), np.sin(angle)])
    at = np.linspace(0, angle, 4)
    expected = np.stack([np.cos(at), np.sin(at)], axis=1)
    np.testing.assert_allclose(SLERP([1, 0], end, 4), expected, atol=1e-7, rtol=1e-7)


def test_angles_of_equal_and_opposite_rows_are_not_nan(hashed_signed):
    rows = hashed_signed(1, 4000).reshape(100, 40)
    np.testing.assert_allclose(np.diag(ang_dist(rows, rows)), 0, atol=1e-7)
    np.testing.assert_allclose(np.diag(ang_dist(rows, -rows)), np.pi, atol=1e-7)


@given(codes=two_codes, lim=st.tuples(st.floats(-3, 3), st.floats(-3, 3)))
def test_spherical_path_turns_by_its_angle(codes, lim):
    ref, tangent = codes
    path = SExpMap(ref, tangent, 5, lim)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(ref))
    expected = np.abs(np.linspace(*lim, 5))
    np.testing.assert_allclose(ang_dist(path, ref)[:, 0], expected, atol=1e-7)
    np.testing.assert_allclose(SExpMap(ref, 7 * tangent, 5, lim), path)


@given(codes=two_codes, angle=st.floats(-3, 3))
def test_exponential_map_agrees_with_the_spherical_path(codes, angle):
    ref, tangent = codes
    direction = renormalize(orthogonalize(ref, tangent), 1)
    expected = SExpMap(ref, tangent, 1, (angle, angle))[0]
    scale = np.abs(ref).max()
    np.testing.assert_allclose(ExpMap(ref, angle * direction, EPS=0), expected, atol=1e-9 * scale)


def test_exponential_map_of_a_zero_tangent_vector_is_the_code_itself(inputs):
    v1, tangents = inputs.v1, orthogonalize(inputs.v1, inputs.X)
    tangents[1] = 0
    mapped = ExpMap(v1, tangents)
    np.testing.assert_array_equal(mapped[1], v1)
    assert np.isfinite(mapped).all()


def test_exponential_map_takes_one_code_for_each_tangent_vector(inputs):
    codes = inputs.X
    tangents = np.stack([orthogonalize(code, inputs.v1) for code in codes])
    singly = [ExpMap(code, tangent) for code, tangent in zip(codes, tangents, strict=True)]
    np.testing.assert_allclose(ExpMap(codes, tangents), singly)


@given(codes=two_codes, seed=st.integers(0, 10**6))
def test_transport_carries_one_tangent_space_to_the_other_unchanged_in_shape(codes, seed):
    old, new = codes
    tangents = np.random.default_rng(seed).standard_normal((3, len(old)))
    tangents = orthogonalize(old, tangents)
    moved = VecTransport(old, new, tangents)
    np.testing.assert_allclose(moved @ renormalize(new, 1), 0, atol=1e-8)
    np.testing.assert_allclose(moved @ moved.T, tangents @ tangents.T, atol=1e-8)
    np.testing.assert_allclose(VecTransport(new, old, moved), tangents, atol=1e-8)


def test_transport_of_the_path_s_direction_is_the_path_s_direction_later(inputs):
    v1, v2 = renormalize(np.stack([inputs.v1, inputs.v2]), 1)
    angle = ang_dist(v1, v2).item()
    leaving, arriving = (
        renormalize(orthogonalize(v1, v2), 1),
        -renormalize(orthogonalize(v2, v1), 1),
    )
    np.testing.assert_allclose(ExpMap(v1, angle * leaving), v2)
    np.testing.assert_allclose(VecTransport(v1, v2, leaving), arriving)


@given(codes=two_codes, limits=st.tuples(st.floats(0.01, 50), st.floats(0.01, 50)))
def test_radial_projection_shortens_and_never_lengthens(codes, limits):
    norms = np.linalg.norm(codes, axis=1)
    projected = radial_proj(codes, np.array(limits))
    np.testing.assert_allclose(np.linalg.norm(projected, axis=1), np.minimum(norms, limits))
    np.testing.assert_array_equal(projected[norms <= limits], codes[norms <= limits])


def test_radial_projection_keeps_zero_and_has_no_limit_at_infinity(inputs):
    np.testing.assert_array_equal(radial_proj(inputs.X, np.inf), inputs.X)
    np.testing.assert_array_equal(radial_proj(np.zeros((2, 3)), 0), np.zeros((2, 3)))


@given(codes=two_codes)
def test_orthogonalize_leaves_what_is_orthogonal(codes):
    basis, code = codes
    once = orthogonalize(basis, code)
    scale = np.linalg.norm(basis) * np.linalg.norm(code)
    assert abs(once @ basis) <= 1e-12 * scale
    np.testing.assert_allclose(orthogonalize(basis, once), once, atol=1e-12 * np.abs(code).max())


def test_shapes_of_single_codes_are_kept(inputs):
    v1, v2 = inputs.v1, inputs.v2
    for result in (
        orthogonalize(v1, v2),
        radial_proj(v1, 1),
        renormalize(v1, 2),
        ExpMap(v1, orthogonalize(v1, v2)),
        VecTransport(v1, v2, orthogonalize(v1, v2)),
    ):
        assert result.shape == (7,)


BAD_INPUT = {
    "one code": (lambda: LERP(np.ones((2, 3)), np.ones(3), 4), "c1: expected one code"),
    "dimensions": (lambda: SLERP(np.ones(3), np.ones(4), 4), "found 3 and 4"),
    "zero code": (lambda: SLERP(np.zeros(3), np.ones(3), 4), "norm 0"),
    "opposite": (lambda: SLERP(np.ones(3), -2 * np.ones(3), 4), "opposite"),
    "no transport": (lambda: VecTransport(np.ones(3), -np.ones(3), np.ones(3)), "opposite"),
    "no direction": (lambda: SExpMap(np.ones(3), 2 * np.ones(3), 4), "found none"),
    "short code": (lambda: ExpMap(np.full(3, 1e-6), np.ones(3)), "at least 0.0001"),
    "zero row": (lambda: ang_dist(np.zeros((1, 3)), np.ones((1, 3))), "norm 0"),
    "zero basis": (lambda: orthogonalize(np.zeros(3), np.ones(3)), "norm 0"),
    "two bases": (lambda: orthogonalize(np.eye(3)[:2], np.ones(3)), "basis: expected one"),
    "renormalize zero": (lambda: renormalize(np.zeros((2, 3)), 1), "norm 0"),
    "too many norms": (lambda: renormalize(np.ones((2, 3)), [1, 2, 3]), "each of the 2 codes"),
    "negative norm": (lambda: radial_proj(np.ones((2, 3)), -1), "max_norm: expected norms"),
    "three axes": (lambda: ang_dist(np.ones((1, 2, 3)), np.ones(3)), "V1: expected rows"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_codes_are_refused_in_a_sentence(case):
    call, message = BAD_INPUT[case]
    with pytest.raises(CodeError, match=message):
        call()


class TestTorch:
    """The torch twins."""

    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.mark.parametrize("legacy", [False, True])
    @pytest.mark.parametrize("lim", [(0, 1), (-0.5, 1.5)])
    def test_they_give_the_same_numbers(self, torch, inputs, lim, legacy):
        v1, v2 = inputs.v1, inputs.v2
        t1, t2 = torch.from_numpy(v1), torch.from_numpy(v2)
        slerp = geometry_utils.SLERP_torch(t1, t2[None], 5, lim, legacy=legacy)
        np.testing.assert_allclose(slerp, SLERP(v1, v2, 5, lim, legacy=legacy), atol=1e-14)
        lerp = geometry_utils.LERP_torch(t1, t2[None], 5, lim)
        np.testing.assert_allclose(lerp, LERP(v1, v2, 5, lim), atol=1e-14)

    @pytest.mark.parametrize("name", ["SLERP_torch", "LERP_torch"])
    def test_they_keep_dtype_and_device(self, torch, name):
        path = getattr(geometry_utils, name)
        for device in ["cpu", "meta"] if name == "LERP_torch" else ["cpu"]:
            for dtype in (torch.float32, torch.float64):
                codes = torch.eye(2, dtype=dtype, device=device)
                result = path(codes[0], codes[1], 3)
                assert (result.dtype, result.device.type) == (dtype, device)
                assert result.shape == (3, 2)

    @pytest.mark.parametrize("name", ["SLERP_torch", "LERP_torch"])
    def test_gradients_are_right(self, torch, name, inputs):
        path = getattr(geometry_utils, name)
        codes = [torch.tensor(code, requires_grad=True) for code in (inputs.v1, inputs.v2)]
        assert torch.autograd.gradcheck(lambda a, b: path(a, b, 4), codes)

    def test_gradient_at_parallel_codes_is_that_of_the_straight_line(self, torch):
        code = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
        path = geometry_utils.SLERP_torch(code, code.detach().clone(), 3)
        [gradient] = torch.autograd.grad(path[1].sum(), code)
        np.testing.assert_allclose(gradient, [0.5, 0.5])

    def test_opposite_codes_are_refused(self, torch):
        with pytest.raises(CodeError, match="opposite"):
            geometry_utils.SLERP_torch(torch.ones(5), -torch.ones(5), 3)
        with pytest.raises(CodeError, match="c1: expected one code"):
            geometry_utils.LERP_torch(torch.ones(2, 5), torch.ones(5), 3)


def test_importing_the_module_does_not_import_torch():
    code = "import sys, core.computing.paths; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
