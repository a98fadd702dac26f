"""Published weight files: read strictly, entry by entry."""

import pytest
import torch

from core.errors import WeightsError
from dualneuron.files import twin_files
from dualneuron.twins.ensemble import TwinMember
from dualneuron.twins.published_state import load_published

from .conftest import published_state

ENTRIES = {"v1": (37, 84_593), "v4": (177, 3_381_765), "v4g": (177, 4_255_565)}

twins = pytest.mark.parametrize("twin", ENTRIES)


def loaded(twin, state):
    member = TwinMember(twin, twin_files(twin)).eval()
    load_published(member, twin, state, "example.pth.tar")
    return member


@twins
def test_a_state_has_the_published_number_of_entries_and_numbers(twin):
    state = published_state(twin)
    assert (len(state), sum(value.numel() for value in state.values())) == ENTRIES[twin]


@twins
def test_every_entry_arrives(twin):
    state = published_state(twin)
    ours = loaded(twin, state).state_dict()
    assert sum(float(value.double().sum()) for value in ours.values()) == pytest.approx(
        sum(float(value.double().sum()) for value in state.values())
    )


def test_the_published_names_are_those_of_the_authors_library():
    v1, v4 = published_state("v1"), published_state("v4g")
    prefix = "core.features.backbone.model."
    assert v1[f"{prefix}embeddings.patch_embeddings.weight"].shape == (40, 3, 4, 4)
    assert v1[f"{prefix}encoder.stages.0.layers.1.grn.bias"].shape == (1, 1, 1, 160)
    assert v1[f"{prefix}encoder.stages.1.downsampling_layer.1.weight"].shape == (80, 40, 2, 2)
    assert v1["readout.all_sessions._mu"].shape == (1, 458, 1, 2)
    assert v4["core.features.TaskDriven.0.downsample.0.weight"].shape == (1024, 512, 1, 1)
    assert v4["core.features.TaskDriven.layer2.3.bn3.running_var"].shape == (512,)
    assert v4["readout.all_sessions._features"].shape == (1, 1024, 1, 1244)


@twins
def test_a_missing_entry_is_named(twin):
    state = published_state(twin)
    del state["core.features.OutBatchNorm.num_batches_tracked"]
    with pytest.raises(WeightsError, match=r"OutBatchNorm\.num_batches_tracked is missing"):
        loaded(twin, state)


@twins
def test_an_unknown_entry_is_named(twin):
    state = {**published_state(twin), "core.more": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"core\.more is unknown"):
        loaded(twin, state)


@twins
def test_a_misshapen_entry_is_named(twin):
    state = published_state(twin)
    state["readout.all_sessions.bias"] = torch.zeros(3)
    with pytest.raises(WeightsError, match=r"bias has shape \(3,\) instead of \(\d+,\)"):
        loaded(twin, state)


def test_values_that_are_not_finite_are_refused():
    state = published_state("v1")
    state["readout.all_sessions.bias"][2] = torch.nan
    with pytest.raises(WeightsError, match="not finite"):
        loaded("v1", state)


def test_the_state_of_another_twin_is_refused_and_five_entries_are_named():
    with pytest.raises(WeightsError) as caught:
        loaded("v4", published_state("v1"))
    assert caught.value.found.count("is missing") == 5
    assert "and 199 more" in caught.value.found
