import numpy as np
import pytest

from neuro_data_analysis.claims.observations import observe_averages
from neuro_data_analysis.claims.table import claims_table
from tests.claims_cohort import cohort


@pytest.fixture(scope="session")
def observations():
    """Observations from a synthetic cohort with known effects."""
    return observe_averages(cohort(np.random.default_rng(0)))


@pytest.fixture(scope="session")
def table(observations):
    """Claims tested on `observations`."""
    return claims_table(observations)
