"""Many items at once: each as it would be alone."""

from dataclasses import replace

import pytest
import torch

from core.errors import ImageError, SettingError
from dualneuron.synthesis.ascend import fourier_ascending, pixel_ascending
from dualneuron.synthesis.batch import WEIGHTS, Item, synthesize
from dualneuron.synthesis.draws import item_generator
from dualneuron.synthesis.middle import middle_responses, reads_middle
from dualneuron.synthesis.presets import V1_NOTEBOOK, V4_NOTEBOOK, FourierPreset
from dualneuron.twins import V1GrayTaskDriven, V4ColorTaskDriven

FEW = replace(V1_NOTEBOOK, total_steps=3, nb_crops=3)

ITEMS = [Item(7), Item(7, "least"), Item(400, "most", 3), Item(0, "least", 3), Item(7, "most", 3)]


@pytest.fixture(scope="module")
def twin():
    return V1GrayTaskDriven(centered=True, untrained=True, device="cpu")


def alone(twin, item, preset=FEW, ascend=pixel_ascending):
    return ascend(
        lambda images: WEIGHTS[item.pole] * twin(images, [item.neuron]).mean(),
        **preset.arguments(),
        generator=item_generator(item.seed, item.pole, item.neuron),
        device="cpu",
    )


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in ("image", "alpha", "objectives", "activations"):
        torch.testing.assert_close(found[name], expected[name], atol=2e-5, rtol=0)
    for name in ("activation", "objective", "initial_activation"):
        assert found[name] == pytest.approx(expected[name], abs=1e-5)


def test_each_item_of_a_batch_is_what_it_is_alone():
    twin = V1GrayTaskDriven(ensemble=True, centered=True, untrained=True, device="cpu")
    for item, found in zip(ITEMS, synthesize(twin, ITEMS, FEW), strict=True):
        assert_same(found, alone(twin, item))


def test_neighbours_and_order_do_not_matter(twin):
    every = synthesize(twin, ITEMS, FEW)
    some = synthesize(twin, [ITEMS[3], ITEMS[0]], FEW)
    assert_same(some[0], every[3])
    assert_same(some[1], every[0])


def test_neurons_that_look_elsewhere_are_read_there():
    twin = V1GrayTaskDriven(untrained=True, device="cpu")
    assert not reads_middle(twin.members[0])
    for item, found in zip(ITEMS[:2], synthesize(twin, ITEMS[:2], FEW), strict=True):
        assert_same(found, alone(twin, item))


def test_phases_are_batched_too():
    twin = V4ColorTaskDriven(centered=True, untrained=True, device="cpu")
    # Adam follows a gradient's sign: where it is 0 but for rounding, either way is right, so that
    # the magnitudes are ones without such a phase
    noise = torch.randn(3, 100, 100, generator=torch.Generator().manual_seed(2))
    magnitude = torch.fft.fft2(noise).abs()
    values = V4_NOTEBOOK.arguments() | {"magnitude_path": magnitude}
    preset = FourierPreset(**values | {"total_steps": 2, "nb_crops": 2})
    items = [Item(5), Item(300, "least", 2)]
    for item, found in zip(items, synthesize(twin, items, preset), strict=True):
        assert_same(found, alone(twin, item, preset, fourier_ascending))


def test_threads_of_torch_are_as_before(twin):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        two = synthesize(twin, ITEMS[:3], replace(FEW, total_steps=1))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    one = synthesize(twin, ITEMS[:3], replace(FEW, total_steps=1))
    for found, expected in zip(two, one, strict=True):
        assert_same(found, expected)


def test_the_middle_answers_as_the_twin_does(twin):
    images = torch.randn(6, 1, 93, 93) * 0.3
    neurons = torch.tensor([0, 457, 3, 3, 100, 9])
    for member in twin.members:
        assert reads_middle(member)
        seen = [images.clone().requires_grad_() for _ in range(2)]
        found = middle_responses(member, seen[0], neurons)
        expected = member.one_each(seen[1].expand(-1, 3, -1, -1), neurons)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
        (ours,) = torch.autograd.grad(found.sum(), seen[0])
        (theirs,) = torch.autograd.grad(expected.sum(), seen[1])
        assert (ours - theirs).abs().max() < 1e-5 * theirs.abs().max()


def test_gradients_of_the_middle_are_those_of_finite_differences():
    twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu", dtype=torch.float64)
    images = torch.randn(1, 1, 93, 93, dtype=torch.float64)
    neurons = torch.tensor([5])
    seen = images.clone().requires_grad_()
    member = twin.members[0]
    (gradient,) = torch.autograd.grad(middle_responses(member, seen, neurons).sum(), seen)
    for seed in range(3):
        way = torch.randn(
            images.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
        )
        ends = [middle_responses(member, images + step * way, neurons) for step in (1e-6, -1e-6)]
        slope = float(ends[0] - ends[1]) / 2e-6
        assert float((gradient * way).sum()) == pytest.approx(slope, rel=1e-6)


def test_a_silent_channel_gives_no_nan():
    """GELU is 0 far below 0; the norm of such a channel has no derivative, 0 is taken."""
    twin = V1GrayTaskDriven(centered=True, untrained=True, device="cpu")
    with torch.no_grad():
        twin.members[0].core.blocks[0].pw1.bias[3] = -1e3
    for read in (twin.one_each, lambda i, n: middle_responses(twin.members[0], i, n)):
        images = torch.randn(2, 1, 93, 93).requires_grad_()
        read(images, torch.tensor([1, 2])).sum().backward()
        assert images.grad.isfinite().all()


def test_most_is_above_grey_and_least_is_below(twin):
    preset = replace(V1_NOTEBOOK, total_steps=12, nb_crops=2, learning_rate=0.3)
    neurons = (2, 53)
    items = [Item(neuron, pole) for neuron in neurons for pole in ("most", "least")]
    found = [result["activation"] for result in synthesize(twin, items, preset)]
    grey = twin.grey_baseline()[list(neurons)].tolist()
    assert found[1] < grey[0] < found[0]
    assert found[3] < grey[1] < found[2]


def test_seeds_poles_and_neurons_have_numbers_of_their_own():
    keys = [(0, "most", 1), (1, "most", 0), (0, "least", 1), (0, "most", 2)]
    firsts = {float(torch.rand(1, generator=item_generator(*key))) for key in keys}
    assert len(firsts) == 4
    again = torch.rand(1, generator=item_generator(*keys[0]))
    assert float(again) in firsts


@pytest.mark.parametrize("neuron", [-1, 458])
def test_a_neuron_out_of_range_is_refused(twin, neuron):
    with pytest.raises(SettingError, match=f"neurons: expected ids from 0 to 457, found {neuron}"):
        synthesize(twin, [Item(neuron)], FEW)


def test_images_of_another_size_are_refused(twin):
    with pytest.raises(ImageError, match=r"preset: expected images \(1, 93, 93\).*\(1, 90, 90\)"):
        synthesize(twin, [Item(0)], replace(FEW, image_size=90))


def test_a_seed_below_zero_is_refused():
    with pytest.raises(SettingError, match="seed: expected a number of at least 0, found -1"):
        Item(0, "most", -1)
