import signal
from pathlib import Path

import pytest
from hypothesis import settings

from core.contract.source_data import SourceData
from neuro_data_analysis.recordings.dataset import open_recordings
from neuro_data_analysis.recordings.layout import Folders
from neuro_data_analysis.simulation.run import (
    MATROOT_FOLDER,
    SOURCE_DATA_FOLDER,
    export_simulated,
    simulate_recordings,
)

# Tests say what comes out, not how fast: a busy machine fails none.
settings.register_profile("without deadline", settings(), deadline=None)
settings.load_profile("without deadline")

SIMULATED_EXPI = (3, 4, 25, 26, 28, 34, 50, 137, 155)
"""Two V1, three V4, four IT experiments; 28 is short, 50 and 137 are unstable, 4 has no fc6; tuning
recordings follow 25, whose evolution succeeds in BigGAN's space, and 26, whose evolution fails."""


@pytest.fixture(scope="session", autouse=True)
def _no_network(tmp_path_factory):
    """No test reaches OSF or the explorer, or sees what was fetched from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSF_API", "http://127.0.0.1:9/v2/")
        patch.setenv("EXPLORER_ARCHIVE", "http://127.0.0.1:9/archive.zip")
        patch.setattr("figure_reproduction.sources.EXPLORER_DATA", tmp_path_factory.mktemp("none"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible():
    """Tests send Ctrl-C to themselves and to children, which a shell's ``&`` would have ignored."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def data_folder():
    """Folder of the small test vectors."""
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def simulation(tmp_path_factory):
    """Folder of a small simulation: ``matroot`` and ``source_data``."""
    out = tmp_path_factory.mktemp("simulation") / "simulated data ü"
    simulate_recordings(out, seed=26, subset=SIMULATED_EXPI, n_jobs=2)
    export_simulated(out)
    return out


@pytest.fixture
def recordings(simulation):
    """The simulated recordings, open."""
    with open_recordings(simulation / MATROOT_FOLDER) as opened:
        yield opened


@pytest.fixture
def folders(simulation):
    """What lies beside the simulated recordings."""
    return Folders.below(simulation / MATROOT_FOLDER)


@pytest.fixture
def source(simulation):
    """The source data exported from the simulated recordings; read only."""
    return SourceData(simulation / SOURCE_DATA_FOLDER)
