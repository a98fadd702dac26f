from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder():
    """Folder of the small test vectors."""
    return Path(__file__).parent / "data"
