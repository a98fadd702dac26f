"""The published functions: one image at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import ImageError, RunError, SettingError
from dualneuron.synthesis.ascend import fourier_ascending, pixel_ascending
from dualneuron.synthesis.ops import in_range, precondition
from dualneuron.synthesis.presets import FourierPreset, PixelPreset
from tests.dualneuron.synthesis import loops

SIZE = 10

PIXELS = PixelPreset(
    image_size=SIZE,
    channels=1,
    total_steps=4,
    learning_rate=0.5,
    noise=0.05,
    values_range=(-1, 1),
    nb_crops=2,
    box_size=(0.7, 1),
    target_norm=3.0,
    init_std=0.1,
    jitter_std=0.05,
    reflect_pad_frac=0.1,
)

WAVE = torch.outer(torch.linspace(0, 4, SIZE).cos(), torch.linspace(-1, 2, SIZE))

STILL = {"noise": 0, "jitter_std": 0, "reflect_pad_frac": 0, "box_size": (1, 1), "device": "cpu"}


def unit(images):
    """A smooth nonlinear unit; mean over crops."""
    return (torch.tanh((images * WAVE).flatten(1).sum(1) / 5) + 0.3).mean()


def spectrum(channels, size=SIZE):
    noise = torch.randn(channels, size, size, generator=torch.Generator().manual_seed(3))
    return torch.fft.fft2(noise).abs()


def test_a_pixel_ascent_is_the_published_loop():
    found = pixel_ascending(
        unit, **PIXELS.arguments(), generator=11, device="cpu", save_all_steps=True
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(11)
        parameter = (torch.randn(1, SIZE, SIZE) * 0.1).requires_grad_()
        expected = loops.ascend(
            unit,
            lambda p: in_range(p, (-1, 1), "sigmoid"),
            parameter,
            torch.optim.SGD([parameter], 0.5, momentum=0.9),
            True,
            PIXELS,
        )
    assert_same(found, expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_fourier_ascent_is_the_published_loop(channels):
    magnitude = spectrum(channels)
    values = PIXELS.arguments() | {"magnitude_path": magnitude, "range_fn": "sigmoid"}
    values = {name: value for name, value in values.items() if name not in ("channels", "init_std")}
    preset = FourierPreset(**values | {"learning_rate": 0.2, "eta_min": 0.05})
    found = fourier_ascending(
        unit, **preset.arguments(), generator=11, device="cpu", save_all_steps=True
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(11)
        phase = (torch.rand(channels, SIZE, SIZE) * 2 * torch.pi - torch.pi).requires_grad_()
        expected = loops.ascend(
            unit,
            lambda p: precondition(magnitude, p, (-1, 1), "sigmoid"),
            phase,
            torch.optim.Adam([phase], 0.2),
            False,
            preset,
        )
    assert_same(found, expected)


def assert_same(found, expected):
    assert len(found["image"]) == len(expected) + 1
    steps = zip(found["image"][1:], found["alpha"][1:], found["objectives"], strict=True)
    for ours, theirs in zip(steps, expected, strict=True):
        torch.testing.assert_close(ours[0], theirs[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(ours[1], theirs[1], atol=1e-4, rtol=0)
        assert float(ours[2]) == pytest.approx(theirs[2], abs=1e-5)


def test_without_a_generator_torchs_own_stream_is_drawn_from():
    with torch.random.fork_rng([]):
        torch.manual_seed(4)
        first = pixel_ascending(unit, **PIXELS.arguments(), device="cpu")
        state = torch.random.get_rng_state()
        second = pixel_ascending(unit, **PIXELS.arguments(), generator=4, device="cpu")
        assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first["image"], second["image"])


def test_results_have_the_published_keys_and_signs():
    found = pixel_ascending(
        lambda images: -2 - unit(images), **PIXELS.arguments(), generator=0, device="cpu"
    )
    assert found["image"].shape == found["alpha"].shape == (1, SIZE, SIZE)
    assert found["activation"] == -found["objective"] > 0
    assert found["activations"].shape == found["objectives"].shape == (4,)
    assert torch.equal(found["activations"], -found["objectives"])
    assert found["objectives"][-1] == found["objective"]
    assert found["initial_activation"] > found["activation"]
    assert found["alpha"].max() == pytest.approx(1, abs=1e-5)
    assert found["image"].norm() == pytest.approx(3.0, abs=1e-4)


def test_all_steps_begin_with_the_start_and_end_with_the_result():
    options = PIXELS.arguments() | {"generator": 0, "device": "cpu"}
    every = pixel_ascending(unit, **options, save_all_steps=True)
    last = pixel_ascending(unit, **options)
    assert [len(every[name]) for name in ("image", "alpha", "activation")] == [5, 5, 5]
    assert torch.equal(every["image"][-1], last["image"])
    assert torch.equal(every["alpha"][0], every["alpha"][1])
    assert every["activation"][0] == last["initial_activation"]
    assert every["activation"][1:] == last["activations"].tolist()
    norms = [float(image.norm()) for image in every["image"]]
    assert norms == pytest.approx([3.0] * 5, abs=1e-4)


def test_the_best_image_of_a_linear_unit_is_its_filter_at_the_norm():
    across = torch.linspace(-2, 2, 17)
    blob = torch.exp(-(across[:, None] ** 2 + across**2))
    for sign in (1, -1):
        found = pixel_ascending(
            lambda images, sign=sign: sign * (images * blob).sum() / len(images),
            **STILL,
            image_size=17,
            channels=1,
            learning_rate=0.1,
            values_range=(-1, 1),
            target_norm=3.0,
            init_std=0.1,
            generator=0,
        )
        best = sign * blob / blob.norm() * 3
        assert float((found["image"] * best).sum()) / 9 > 0.98
        assert found["objective"] > 0.98 * 3 * float(blob.norm())


def test_phases_of_the_best_image_are_those_of_the_filter():
    magnitude = spectrum(1)
    found = fourier_ascending(
        lambda images: (images * WAVE).sum() / len(images),
        magnitude,
        **STILL,
        total_steps=300,
        learning_rate=0.3,
        values_range=(-99, 99),
        hermitian=True,
        tv_weight=0,
        generator=0,
    )
    of_filter = torch.fft.fft2(WAVE)
    best = float((magnitude[0] * of_filter.abs()).sum()) / SIZE**2
    free = torch.ones(SIZE, SIZE, dtype=bool)
    free[:: SIZE // 2, :: SIZE // 2] = False  # these keep the signs that they were drawn with
    bound = float((magnitude[0] * of_filter.abs())[free].sum()) / SIZE**2
    fixed = (found["image"][0] * torch.fft.ifft2(of_filter * ~free).real).sum()
    assert bound * 0.99 < found["objective"] - float(fixed) <= best * 1.001
    torch.testing.assert_close(torch.fft.fft2(found["image"]).abs(), magnitude, atol=1e-4, rtol=0)


def test_an_ascent_goes_on_from_an_image_or_parameters():
    options = PIXELS.arguments() | {"total_steps": 1, "learning_rate": 1e-9, "device": "cpu"}
    start = np.full((1, SIZE, SIZE), 0.5)
    found = pixel_ascending(unit, **options, init_param=start)
    grey = in_range(torch.tensor(0.5), (-1, 1), "sigmoid")
    torch.testing.assert_close(
        found["image"], torch.full((1, SIZE, SIZE), float(grey)).mul(3 / (float(grey) * SIZE))
    )
    image = torch.fft.ifft2(torch.fft.fft2(torch.randn(1, SIZE, SIZE))).real
    again = fourier_ascending(
        unit,
        torch.fft.fft2(image).abs(),
        init_image=image.numpy(),
        total_steps=1,
        learning_rate=1e-9,
        values_range=(-99, 99),
        device="cpu",
    )
    torch.testing.assert_close(again["image"], image, atol=1e-5, rtol=0)


def embedding(images):
    """Mean brightness of the left and right half."""
    return images.unflatten(3, (2, 112)).mean((1, 2, 4))


@pytest.mark.parametrize("channels", [1, 3])
def test_guidance_pushes_the_embedding_along_the_axis(channels):
    def brighter_left(weight):
        seen = []

        def function(images):
            seen.append(tuple(images.shape))
            return embedding(images)

        found = pixel_ascending(
            lambda images: 0 * images.sum(),
            **PIXELS.arguments() | {"channels": channels, "total_steps": 20},
            simulation_function=function,
            simulation_axis=np.array([1.0, -1.0]),
            simulation_weight=weight,
            generator=0,
            device="cpu",
        )
        assert set(seen) == {(1, 3, 224, 224)}
        left, right = found["image"].chunk(2, dim=-1)
        return float(left.mean() - right.mean())

    assert brighter_left(5.0) > 0.1
    assert brighter_left(-5.0) < -0.1


def test_guidance_without_an_axis_is_said_to_do_nothing():
    options = PIXELS.arguments() | {"generator": 0, "device": "cpu"}
    with pytest.warns(UserWarning, match="no effect without a simulation_axis"):
        found = pixel_ascending(
            unit, **options, simulation_function=embedding, simulation_weight=3.0
        )
    assert torch.equal(found["image"], pixel_ascending(unit, **options)["image"])


def test_moved_crops_make_another_image():
    options = PIXELS.arguments() | {"jitter_std": 0.3, "generator": 0, "device": "cpu"}
    moved = pixel_ascending(unit, **options | {"clamp": "shift"})
    assert not torch.equal(moved["image"], pixel_ascending(unit, **options)["image"])


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (lambda images: images.mean((1, 2, 3)), r"a tensor with one number, found \(2,\)"),
        (lambda images: float(images.detach().mean()), "a tensor with one number, found float"),
        (lambda images: images.detach().mean(), "found one without a gradient"),
    ],
)
def test_an_objective_that_is_none_is_refused(objective, words):
    with pytest.raises(SettingError, match=f"objective_function: expected.*{words}"):
        pixel_ascending(objective, **PIXELS.arguments(), device="cpu")


def test_an_objective_that_becomes_nan_is_told():
    with pytest.raises(RunError, match=r"objective: expected finite.*after step 1 of 4"):
        pixel_ascending(
            lambda images: (images - images).sum().sqrt(), **PIXELS.arguments(), device="cpu"
        )


def test_parameters_of_another_size_are_refused():
    with pytest.raises(ImageError, match=r"init_param: expected shape \(1, 10, 10\)"):
        pixel_ascending(unit, **PIXELS.arguments(), init_param=torch.ones(1, 9, 9), device="cpu")


def test_negative_steps_are_refused():
    with pytest.raises(SettingError, match="total_steps: expected a whole number of at least 1"):
        pixel_ascending(unit, **replace(PIXELS).arguments() | {"total_steps": -1})


def test_a_generator_elsewhere_is_refused():
    with pytest.raises(SettingError, match="a generator of NumPy or torch or a seed, found 'x'"):
        pixel_ascending(unit, **PIXELS.arguments(), generator="x", device="cpu")
