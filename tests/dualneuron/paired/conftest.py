"""A twin of one untrained member, and a folder of paired evolutions of three of its neurons."""

import pytest

from dualneuron.paired import PairedSettings, TwinResponses, run_paired
from dualneuron.twins.nets import V1GrayTaskDriven

NEURONS = (37, 180, 337)

SETTINGS = PairedSettings(generators=("small", "small"), n_blocks=3, population_size=12)


@pytest.fixture(scope="session")
def twin():
    return V1GrayTaskDriven(untrained=True, centered=True, device="cpu")


@pytest.fixture(scope="session")
def evolved(twin, tmp_path_factory):
    """Folder, and what was recorded."""
    out = tmp_path_factory.mktemp("paired")
    return out, run_paired(TwinResponses(twin, NEURONS), out, SETTINGS, untrained=True)
