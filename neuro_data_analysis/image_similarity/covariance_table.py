"""The columns of Figure 3G's table that compare covariance, one experiment after the other.

The file is written after every experiment; experiments that are in it already are not computed
again.
"""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from core.contract.fig3 import COVARIANCE_STATISTICS
from core.errors import ImageError, MissingFileError, RecordingError, SampleError, SettingError
from core.files import replacing
from core.progress import progress
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.shown_images import evolved_images, trial_rates
from neuro_data_analysis.image_similarity.covariance import Trials, covariance_similarity
from neuro_data_analysis.image_similarity.networks import FeatureNetwork
from neuro_data_analysis.image_similarity.prototypes import read_image
from neuro_data_analysis.recordings.dataset import Recordings
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.lab_tables import read_lab_table

MAX_EXPI = 100_000
"""Numbers of experiments in a table that is continued are smaller."""


def continue_table(
    path: Path,
    network: FeatureNetwork,
    recordings: Recordings,
    stimuli: Path,
    batch_size: int,
    left_out: Callable[[str], None],
) -> pd.DataFrame:
    """Add the experiments that a table does not hold yet, and write it after each.

    Parameters
    ----------
    path
        CSV file to continue.
    network
        The network; images are brought to where it is.
    recordings
        The paired evolutions.
    stimuli
        Root that replaces the drive of the recorded image folders.
    batch_size
        Images in a forward pass.
    left_out
        Called with a sentence for each experiment whose images or trials cannot be used.

    Returns
    -------
    DataFrame
        Indexed by Expi; empty if no experiment has images.

    Raises
    ------
    SettingError
        If the file is another table, or was damaged since it was written.
    """
    layers = network.features.covariance
    names = [f"{layer}_{statistic}" for layer in layers for statistic in COVARIANCE_STATISTICS]
    table = read_finished(path, names)
    todo = [expi for expi in recordings.usable() if expi not in table.index]
    for expi in progress(todo, len(todo), "experiments"):
        experiment = recordings.experiment(expi)
        try:
            fc, bg = (_trials(experiment, thread, stimuli) for thread in range(N_THREADS))
            statistics = covariance_similarity(network, fc, bg, batch_size=batch_size)
        except (MissingFileError, ImageError, SampleError) as error:
            left_out(f"Exp {expi} is left out: {error}")
            continue
        table.loc[expi] = [v for of_layer in statistics.values() for v in of_layer.values()]
        with replacing(path) as temporary:
            table.sort_index().to_csv(temporary, lineterminator="\n")
    return table


def read_finished(path: Path, names: list[str]) -> pd.DataFrame:
    """The experiments that a file holds already; none if there is no file.

    Parameters
    ----------
    path
        The file.
    names
        Columns beside ``Expi``.

    Raises
    ------
    SettingError
        If it is another table, or was damaged since it was written.
    """
    if not path.is_file():
        return pd.DataFrame(columns=names, dtype=float).rename_axis("Expi")
    try:
        table = read_lab_table(path).astype(float).set_index("Expi")
    except (RecordingError, KeyError, ValueError, TypeError) as error:
        raise SettingError(
            path=path, expected="a table that can be continued", found=f"another ({error})"
        ) from None
    if list(table) != names:
        raise SettingError(
            path=path,
            expected="the columns of this network, which would be continued",
            found="others",
        )
    whole = np.isfinite(table.index) & (table.index % 1 == 0)
    whole &= (table.index > 0) & (table.index < MAX_EXPI)
    if not (whole.all() and table.index.is_unique) or np.isinf(table.to_numpy()).any():
        raise SettingError(
            path=path, expected="every experiment once, with finite numbers", found="others"
        )
    return table.set_index(table.index.astype(int))


def _trials(experiment: Experiment, thread: int, stimuli: Path) -> Trials:
    files = chain.from_iterable(evolved_images(experiment, thread, stimuli))
    rates = trial_rates(experiment.psth[thread]).evoked
    return (read_image(file) for file in files), np.concatenate(rates)
