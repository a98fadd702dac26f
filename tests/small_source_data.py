"""Source data small enough to be served, fetched and broken many times."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from core.contract import ext5
from core.contract.descriptions import Sizes
from core.contract.provenance import PROVENANCE_FILE_NAME
from core.contract.source_data import SourceData
from neuro_data_analysis.evolutions.experiment_list import FILE as LIST_OF_EXPERIMENTS
from tests.osf_server import OsfServer, files_below


@pytest.fixture(scope="session")
def published(simulation, tmp_path_factory):
    """Bytes of a complete source-data folder by path, as OSF might hold it: not simulated."""
    tables = SourceData(tmp_path_factory.mktemp("alignment"), Sizes())
    grid = pd.MultiIndex.from_product(
        [2 ** np.arange(1, 9), (0, 2, 4, 8, 16, 32, 48, 64), range(40, 50)],
        names=["dimension", "stack_size", "seed"],
    ).to_frame(index=False)
    for file in ext5.ALIGNMENT.values():
        tables.write(file, grid.assign(gaussian_value=0.5))
    files = files_below(simulation / "source_data") | files_below(tables.root)
    del files[PROVENANCE_FILE_NAME], files[LIST_OF_EXPERIMENTS]
    return {path: unsigned(path, content) for path, content in files.items()}


def unsigned(path, content):
    """Bytes of a simulated file as those of a recording might be: no sign, no mark, other names."""
    if path.endswith(".pkl"):
        value = pickle.loads(content)
        return pickle.dumps({name: _changed(part) for name, part in value.items()}, protocol=4)
    content = content.replace(b',\n  "simulated": true', b"").replace(b"-SIM", b"")
    return re.sub(
        rb"\d+\.\d{7,}", lambda number: repr(_changed(float(number[0]))).encode(), content
    )


def _changed(part):
    if isinstance(part, pd.DataFrame):
        floats = part.select_dtypes("float").columns
        return part.assign(**{name: _changed(part[name]) for name in floats})
    is_number = isinstance(part, (float, np.ndarray, pd.Series))
    return part * (1 + 1e-11) if is_number else part


@pytest.fixture
def serve():
    """Function that starts an `OsfServer`, ended with the test."""
    servers = []

    def start(files, **options):
        servers.append(OsfServer(files, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
