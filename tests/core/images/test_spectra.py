"""Spectra and contrast of images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ImageError
from core.images.spectra import (
    calculate_rms_contrast,
    power_spectrum_freq,
    power_spectrum_orientation,
)


@pytest.fixture(scope="module")
def golden(data_folder):
    with np.load(data_folder / "stats_geometry_fourier.npz", allow_pickle=False) as file:
        return {name.removeprefix("fourier."): file[name] for name in file}


@pytest.fixture(scope="module")
def image(hashed_unit):
    return hashed_unit(7004, 32 * 32).reshape(32, 32)


def grating(n, across, down=0, phase=0.3):
    """A cosine with so many cycles across and down the image."""
    row, column = np.mgrid[:n, :n]
    return np.cos(2 * np.pi * (across * column + down * row) / n + phase)


def test_stored_power_against_frequency(image, golden):
    frequency, power = power_spectrum_freq(image)
    np.testing.assert_array_equal(frequency, golden["k"])
    np.testing.assert_allclose(power, golden["A"], rtol=1e-9)


def test_stored_energy_against_orientation(image, golden):
    np.testing.assert_allclose(power_spectrum_orientation(image), golden["orient"], atol=1e-9)


def test_stored_contrast(hashed_unit, golden):
    image = hashed_unit(7005, 3 * 8 * 8).reshape(3, 8, 8)
    # stored from a float32 image, whose precision a float64 one does not share
    assert calculate_rms_contrast(image.astype(np.float32)) == pytest.approx(
        golden["rms"], abs=1e-9
    )
    assert calculate_rms_contrast(image) == pytest.approx(golden["rms"], abs=1e-7)


@pytest.mark.parametrize(
    ("n", "across", "down", "ring"), [(32, 5, 0, 5), (32, 0, 7, 7), (48, 6, 8, 10), (33, 4, 4, 6)]
)
def test_a_grating_has_all_its_power_in_its_own_ring(n, across, down, ring):
    frequency, power = power_spectrum_freq(grating(n, across, down))
    assert frequency[power.argmax()] == ring
    others = power[frequency != ring]
    np.testing.assert_allclose(others, 0, atol=1e-9 * power.max())


def test_power_of_a_grating_in_closed_form():
    n, ring = 32, 5
    _, power = power_spectrum_freq(3 * grating(n, ring))
    cycles = np.fft.fftfreq(n) * n
    distance = np.hypot(cycles[:, None], cycles)
    n_in_ring = np.sum((distance >= ring - 0.5) & (distance < ring + 0.5))
    # two peaks of (3 n^2 / 2)^2, averaged over the ring, times its area 2 pi k
    expected = 2 * (3 * n**2 / 2) ** 2 / n_in_ring * 2 * np.pi * ring
    assert power[ring - 1] == pytest.approx(expected)


def test_power_has_n_over_two_frequencies_for_odd_sizes_too(image):
    assert len(power_spectrum_freq(image[:31, :31])[0]) == 15
    assert len(power_spectrum_freq(image[:2, :2])[0]) == 1


@given(seed=st.integers(0, 10**6), gain=st.floats(0.1, 10), shift=st.integers(0, 15))
def test_power_ignores_the_mean_and_shifts_and_goes_with_the_square(seed, gain, shift):
    image = np.random.default_rng(seed).random((16, 16))
    _, power = power_spectrum_freq(image)
    _, changed = power_spectrum_freq(gain * np.roll(image, shift, axis=1) + 4)
    np.testing.assert_allclose(changed, gain**2 * power, rtol=1e-6)


@pytest.mark.parametrize("angle", [0, 40, 90, 135])
def test_orientation_of_a_bar_is_where_it_lies_along_the_rows(angle):
    row, column = np.mgrid[:41, :41] - 20
    turn = np.radians(angle)
    along = column * np.cos(turn) - row * np.sin(turn)
    across = column * np.sin(turn) + row * np.cos(turn)
    bar = ((abs(across) < 2) & (abs(along) < 15)).astype(float)
    energy = power_spectrum_orientation(bar)
    assert energy.shape == (180,)
    assert energy.max() == 1
    # the bar rises by `angle`; turned back by it, that is by 180 - angle, it lies along the rows
    level = (180 - angle) % 180
    assert energy[level] > 0.9
    assert energy[(level + 90) % 180] < 0.3


@given(seed=st.integers(0, 10**6), gain=st.floats(0.1, 10))
def test_contrast_goes_with_the_gain_and_ignores_the_mean(seed, gain):
    image = np.random.default_rng(seed).random((3, 6, 5))
    changed = gain * image + np.array([1, 5, -2])[:, None, None]
    assert calculate_rms_contrast(changed) == pytest.approx(gain * calculate_rms_contrast(image))


BAD_INPUT = {
    "colour": (lambda: power_spectrum_freq(np.ones((8, 8, 3))), "grey image"),
    "oblong": (lambda: power_spectrum_freq(np.ones((8, 9))), "square image"),
    "one pixel": (lambda: power_spectrum_freq(np.ones((1, 1))), "2 pixels"),
    "nan": (lambda: power_spectrum_orientation(np.full((8, 8), np.nan)), "finite"),
    "black": (lambda: power_spectrum_orientation(np.zeros((8, 8))), "zero all over"),
    "channels last": (lambda: calculate_rms_contrast(np.ones((8, 8, 3))), "3, height, width"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_images_are_refused_in_a_sentence(case):
    call, message = BAD_INPUT[case]
    with pytest.raises(ImageError, match=message):
        call()
