"""The operators of synthesis: spectra, crops, norms, ranges."""

import numpy as np
import pytest
import torch

from core.errors import ImageError, MissingFileError, SettingError
from dualneuron.synthesis.ops import (
    buffer,
    change_norm,
    create_crops,
    gaussian_blur,
    precondition,
    recorrelate_colors,
    total_variation,
)
from dualneuron.synthesis.spectrum import image_of, resized_magnitude


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def magnitude():
    """Magnitudes of two images, 10 x 7 and 8 x 6 pixels: odd and even sides."""

    def of(*shape):
        return torch.fft.fft2(torch.randn(shape, generator=seeded())).abs()

    return of


@pytest.mark.parametrize("shape", [(1, 9, 9), (3, 8, 8), (1, 10, 7), (1, 7, 10)])
def test_hermitian_phases_hold_every_magnitude(magnitude, shape):
    wanted = magnitude(*shape)
    phase = torch.rand(5, *shape, generator=seeded()) * 2 * torch.pi
    images = image_of(wanted, phase, hermitian=True)
    assert images.shape[-2:] == shape[-2:]
    found = torch.fft.fft2(images).abs()
    torch.testing.assert_close(found, wanted.expand_as(found), rtol=1e-5, atol=1e-4)


def test_published_phases_hold_half_of_the_power(magnitude):
    wanted = magnitude(1, 31, 31)
    phase = torch.rand(200, 1, 31, 31, generator=seeded()) * 2 * torch.pi
    found = torch.fft.fft2(precondition(wanted, phase, (-99, 99))).abs()
    assert (found <= wanted * 1.0001 + 1e-4).all()
    assert ((found / wanted) ** 2).mean().item() == pytest.approx(0.5, abs=0.01)
    assert (found / wanted).mean().item() == pytest.approx(0.64, abs=0.01)


def test_hermitian_gradients_are_those_of_finite_differences(magnitude):
    wanted = magnitude(1, 6, 5).double()
    phase = (torch.rand(1, 6, 5, generator=seeded()).double() * 6).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p: precondition(wanted, p, (-9, 9), "tanh", hermitian=True), phase
    )


def test_a_spectral_resize_stays_symmetric_and_keeps_the_mean(magnitude):
    before = magnitude(2, 9, 9)
    for size in (12, 7, 10):
        after = resized_magnitude(before, size, "spectral")
        mirrored = after.flip(-2, -1).roll((1, 1), (-2, -1))
        torch.testing.assert_close(after, mirrored)
        mean = before[:, 0, 0] / 9**2
        torch.testing.assert_close(after[:, 0, 0] / size**2, mean)


def test_a_bilinear_resize_is_refused_where_magnitudes_must_be_held(magnitude):
    resized = resized_magnitude(magnitude(1, 9, 9), 12)
    with pytest.raises(SettingError, match=r'same at k and -k.*resize="spectral" keeps them so'):
        precondition(resized, torch.zeros(1, 12, 12), (-1, 1), hermitian=True)


def test_phases_of_an_image_and_its_magnitudes_are_the_image():
    image = torch.randn(1, 8, 8, generator=seeded())
    _, phase = buffer(torch.ones(1, 8, 8), init_image=image.numpy())
    found = precondition(torch.fft.fft2(image).abs(), phase, (-9, 9))
    torch.testing.assert_close(found, image, atol=1e-5, rtol=0)


def test_an_image_with_channels_last_is_turned():
    image = torch.rand(6, 5, 3, generator=seeded())
    _, phase = buffer(torch.ones(3, 6, 5), init_image=image)
    torch.testing.assert_close(phase, torch.fft.fft2(image.permute(2, 0, 1)).angle())


def test_first_phases_come_from_the_stream_that_is_given():
    torch.manual_seed(5)
    _, as_published = buffer(torch.ones(1, 4, 4))
    state = torch.random.get_rng_state()
    _, seeded_phase = buffer(torch.ones(1, 4, 4), generator=5)
    assert torch.equal(as_published, seeded_phase)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert -torch.pi <= as_published.min() < as_published.max() <= torch.pi


def test_a_spectrum_is_read_from_a_file(tmp_path):
    np.save(tmp_path / "prior.npy", np.full((1, 4, 4), 2.0, np.float32))
    assert buffer(str(tmp_path / "prior.npy"), generator=0)[0].unique().tolist() == [2.0]


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (torch.ones(4, 4), ImageError, r"expected magnitudes \(C, H, W\), found shape \(4, 4\)"),
        (-torch.ones(1, 4, 4), ImageError, "expected magnitudes of at least 0, found negative"),
        ("/nowhere/prior.npy", MissingFileError, "/nowhere/prior.npy: expected an npy file"),
        ("natural_blue", SettingError, "natural_gray, natural_rgb"),
    ],
)
def test_what_is_no_spectrum_is_refused(source, error, words):
    with pytest.raises(error, match=words):
        buffer(source)


def test_an_image_of_other_channels_is_refused():
    with pytest.raises(ImageError, match=r"init_image: expected 3 channels.*\(1, 4, 4\)"):
        buffer(torch.ones(3, 4, 4), init_image=torch.ones(1, 4, 4))


def test_crops_without_jitter_are_the_image():
    image = torch.rand(3, 11, 11, generator=seeded())
    crops = create_crops(image, 3, (1, 1), 11, jitter_std=0, oversample=1, reflect_pad_frac=0)
    assert torch.equal(crops, image.expand(3, -1, -1, -1))
    framed = create_crops(image, 1, (1, 1), 11, 0, 1, 0.3)
    torch.testing.assert_close(framed[0], image)


def test_a_crop_over_the_edge_is_stretched_or_moved_inside():
    ramp = torch.arange(20.0).expand(1, 20, 20)
    options = {"jitter_std": 9.0, "oversample": 1, "reflect_pad_frac": 0, "generator": 0}
    moved = create_crops(ramp, 8, (0.5, 0.5), 10, clamp="shift", **options)
    widths = moved[:, 0, 0, -1] - moved[:, 0, 0, 0]
    torch.testing.assert_close(widths, torch.full((8,), 9.0))
    stretched = create_crops(ramp, 8, (0.5, 0.5), 10, **options)
    widths = stretched[:, 0, 0, -1] - stretched[:, 0, 0, 0]
    assert widths.min() < 8.9


def test_oversampled_crops_have_the_size_that_is_asked_for():
    image = torch.full((1, 16, 16), 0.7)
    crops = create_crops(image, 2, (0.4, 0.9), 12, oversample=2, generator=0)
    torch.testing.assert_close(crops, torch.full((2, 1, 12, 12), 0.7))


def test_every_image_gets_the_norm():
    images = torch.randn(4, 3, 5, 5, generator=seeded())
    norms = change_norm(images, 12.0).flatten(1).norm(dim=1)
    torch.testing.assert_close(norms, torch.full((4,), 12.0))
    assert change_norm(torch.zeros(1, 2, 2), 12.0).abs().sum() == 0


def test_blurring_keeps_a_constant_and_spreads_a_point():
    torch.testing.assert_close(
        gaussian_blur(torch.full((2, 6, 6), 4.0)), torch.full((2, 6, 6), 4.0)
    )
    point = torch.zeros(1, 1, 9, 9)
    point[..., 4, 4] = 1
    weights = torch.tensor([0.1201, 0.2339, 0.2921, 0.2339, 0.1201])
    spread = gaussian_blur(point)[0, 0, 2:7, 2:7]
    torch.testing.assert_close(spread, torch.outer(weights, weights), atol=5e-5, rtol=0)


def test_total_variation_is_of_each_image():
    images = torch.zeros(2, 1, 3, 3)
    images[1, 0, 1, 1] = 2.0
    torch.testing.assert_close(total_variation(images), torch.tensor([1e-4, 4.0]))


def test_colours_are_rows_times_the_matrix():
    red = torch.zeros(3, 1, 1)
    red[1] = 1.0
    torch.testing.assert_close(
        recorrelate_colors(red).flatten(), torch.tensor([0.19482528, 0.0, -0.19482528])
    )


@pytest.mark.parametrize(
    ("range_fn", "at_zero"), [("linear", 0.0), ("sigmoid", 1.0), ("tanh", 1.0)]
)
def test_values_are_in_range(range_fn, at_zero):
    phase = torch.rand(1, 8, 8, generator=seeded()) * 6
    image = precondition(torch.full((1, 8, 8), 90.0), phase, (-1, 3), range_fn)
    assert image.min() >= -1
    assert image.max() <= 3
    grey = precondition(torch.zeros(1, 8, 8), phase, (-1, 3), range_fn)
    torch.testing.assert_close(grey, torch.full((1, 8, 8), float(at_zero)))


def test_an_unknown_range_is_refused():
    with pytest.raises(SettingError, match="range_fn: expected linear or sigmoid or tanh"):
        precondition(torch.ones(1, 4, 4), torch.ones(1, 4, 4), (0, 1), "softplus")
