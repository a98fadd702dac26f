"""What ``python -m neuro_data_analysis.covariance_tensors`` does."""

from argparse import Namespace
from pathlib import Path

from core.errors import MissingFileError, SettingError
from core.progress import say
from neuro_data_analysis.image_similarity import networks
from neuro_data_analysis.image_similarity.covariance_table import continue_table
from neuro_data_analysis.image_similarity.features import FEATURES, FeatureSet
from neuro_data_analysis.recordings.dataset import matroot, open_recordings
from neuro_data_analysis.recordings.lab_tables import writable_table
from neuro_data_analysis.recordings.layout import COVARIANCE_FILE, PROTOTYPES_FOLDER, STIMULI_FOLDER

PRACTICE = (
    "`./reproduce simulate` makes some to practise on (--matroot simulated_data/matroot --stimuli "
    "simulated_data/practice/stimuli)"
)
"""What to do where there are no images."""


def write_covariances(options: Namespace) -> Path:
    """Compute the columns of all experiments whose images are there, and return the file.

    Raises
    ------
    SettingError
        If the network has no covariance to compare, or there are no images.
    MissingFileError
        If no experiment has its images.
    """
    networks.check_names([options.network])
    known = FEATURES.get(options.network)
    if known is not None:
        _refuse_without_covariance(known, options.network)
    folder = matroot(options.matroot)
    stimuli = options.stimuli or folder / STIMULI_FOLDER
    if not stimuli.is_dir():
        raise SettingError(
            path=stimuli, expected="the root of the image folders", found="none", advice=PRACTICE
        )
    out = writable_table(options.out or folder / PROTOTYPES_FOLDER / COVARIANCE_FILE)
    network = networks.load_feature_network(
        options.network, device=options.device, trusted=options.trusted
    )
    _refuse_without_covariance(network.features, options.network)
    with open_recordings(folder) as recordings:
        table = continue_table(out, network, recordings, stimuli, options.batch, say)
    if table.empty:
        raise MissingFileError(
            path=stimuli, expected="the images of an experiment", found="none", advice=PRACTICE
        )
    return out


def _refuse_without_covariance(features: FeatureSet, name: str) -> None:
    if not features.covariance:
        raise SettingError(
            path="--network", expected="one whose covariance is compared", found=name
        )
