"""Activations of layers: by name and call, by place, and what is refused."""

import pytest
import torch
from torch import nn

from core.errors import LayerError, RunError, UnknownLayerError
from dualneuron.twins.activations import (
    ActivationExtractor,
    count_units,
    get_layer_info,
    get_spatial_activation,
)


class Twice(nn.Module):
    """Calls one layer twice; another has a name that ends in a number; one is never called."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Linear(2, 2, bias=False)
        self.ln_1 = nn.ReLU(inplace=True)
        self.idle = nn.Linear(2, 2)
        self.pair = nn.Sequential(nn.Identity(), nn.Flatten())
        nn.init.constant_(self.scale.weight, -1.0)

    def forward(self, x):
        return self.pair(self.ln_1(self.scale(self.scale(x))))


@pytest.fixture
def network():
    return Twice()


ones = torch.tensor([[1.0, 2.0]])


def test_a_layer_that_is_called_twice_has_two_names(network):
    found = ActivationExtractor(network).get_all_activations(ones)
    assert list(found) == ["scale", "scale_1", "ln_1", "pair.0", "pair.1"]
    assert found["scale"].tolist() == [[-3.0, -3.0]]
    assert found["scale_1"].tolist() == [[6.0, 6.0]]


def test_a_later_layer_in_place_does_not_change_what_was_kept(network):
    assert ActivationExtractor(network, "scale")(ones).tolist() == [[-3.0, -3.0]]


def test_a_name_that_ends_in_a_number_is_a_name_first(network):
    assert ActivationExtractor(network)(ones, "ln_1").tolist() == [[6.0, 6.0]]
    assert ActivationExtractor(network)(ones, "scale_1").tolist() == [[6.0, 6.0]]


def test_a_container_is_a_layer(network):
    assert ActivationExtractor(network, "pair")(ones).tolist() == [[6.0, 6.0]]


def test_the_gradient_runs_through(network):
    images = ones.clone().requires_grad_(True)
    ActivationExtractor(network, "scale_1")(images).sum().backward()
    assert images.grad.tolist() == [[4.0, 4.0]]


def test_the_target_stays_after_all_activations_and_no_hook_is_left(network):
    with ActivationExtractor(network, "scale") as extractor:
        extractor.get_all_activations(ones)
        assert extractor(ones).tolist() == [[-3.0, -3.0]]
        assert extractor.eval().to("cpu").model is network
        assert len(list(extractor.parameters())) == 3
    assert not any(module._forward_hooks for module in network.modules())


def test_an_unknown_layer_is_a_key_error_with_similar_names(network):
    with pytest.raises(UnknownLayerError, match="similar ones are scale") as caught:
        ActivationExtractor(network, "scal")
    assert isinstance(caught.value, KeyError)


def test_a_layer_that_never_fires_is_an_error(network):
    with pytest.raises(RunError, match="expected 1 calls of it in a pass, found none"):
        ActivationExtractor(network, "idle")(ones)
    with pytest.raises(RuntimeError, match="expected 6 calls of it in a pass, found 2"):
        ActivationExtractor(network, "scale_5")(ones)


def test_layer_info_is_shape_and_units():
    layer = nn.Conv2d(3, 8, 3)
    assert get_layer_info(layer, (7, 3, 10, 12)) == ((1, 8, 8, 10), 8)
    assert get_layer_info(ActivationExtractor(nn.Sequential(layer), "0"), (1, 3, 5, 5))[1] == 8


def test_units_of_every_kind_of_output():
    shapes = [(2, 5, 3, 4), (2, 197, 768), (2, 10), (2,), (2, 1, 1, 1, 1)]
    assert [count_units(shape) for shape in shapes] == [5, 768, 10, None, None]


maps = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
tokens = torch.arange(2 * 197 * 3.0).reshape(2, 197, 3)


@pytest.mark.parametrize(
    ("output", "location", "expected"),
    [
        (maps, None, maps.mean((2, 3))),
        (maps, "center", maps[:, :, 2, 2]),
        (maps, (3, 1), maps[:, :, 3, 1]),
        (maps, [0, 4], maps[:, :, 0, 4]),
        (tokens, None, tokens.mean(1)),
        (tokens, "center", tokens[:, 98]),
        (tokens, 0, tokens[:, 0]),
        (tokens[:, 0], (1, 2), tokens[:, 0]),
    ],
)
def test_places_of_maps_tokens_and_vectors(output, location, expected):
    torch.testing.assert_close(get_spatial_activation(output, location=location), expected)
    picked = get_spatial_activation(output, neurons=[2, 0], location=location)
    torch.testing.assert_close(picked, expected[:, [2, 0]])


@pytest.mark.parametrize(
    ("output", "location"),
    [(maps, 3), (maps, "middle"), (maps, (1, 2, 3)), (tokens, (1, 2)), (tokens, "cls")],
)
def test_places_that_an_output_does_not_have_are_refused(output, location):
    with pytest.raises(ValueError, match="location: expected None, 'center' or"):
        get_spatial_activation(output, location=location)


@pytest.mark.parametrize(
    ("output", "neurons", "location"),
    [(maps, None, (4, 0)), (tokens, None, 197), (maps, [3], None), (maps[0, 0, 0], None, None)],
)
def test_units_and_places_out_of_range_are_refused(output, neurons, location):
    with pytest.raises(LayerError):
        get_spatial_activation(output, neurons, location)
