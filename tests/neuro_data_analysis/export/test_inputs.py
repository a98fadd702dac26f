"""What the exporters draw on is read once, and only when it is asked for."""

from pathlib import Path

import pandas as pd
import pytest

from core.errors import MissingFileError
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.recordings.layout import Folders


def test_the_order_of_experiments_is_the_same_before_and_after_all_are_gathered(
    recordings, folders
):
    inputs = Inputs(recordings, folders)
    before = inputs.order
    assert "cohort" not in vars(inputs)
    cohort = inputs.cohort
    pd.testing.assert_frame_equal(inputs.order, before)
    assert inputs.cohort is cohort


def test_tuning_recordings_that_are_absent_are_named(recordings):
    inputs = Inputs(recordings, Folders.below(Path("/none")))
    with pytest.raises(MissingFileError, match="ExpRecord_BigGAN_Hessian_tuning_ABCD"):
        _ = inputs.tuned_units
