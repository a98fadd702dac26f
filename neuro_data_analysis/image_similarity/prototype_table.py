"""The columns of Figure 3G's table that compare prototype images, as a table by experiment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from core.contract.fig3 import SIMILARITY
from core.progress import progress
from neuro_data_analysis.image_similarity.columns import (
    cosine_columns,
    draw_alternates,
    masked_columns,
    prototype_vectors,
    swapped_columns,
)
from neuro_data_analysis.image_similarity.networks import FeatureNetwork
from neuro_data_analysis.image_similarity.prototypes import read_montage
from neuro_data_analysis.recordings.dataset import open_recordings

Alternates = Mapping[int, int | None]
"""Expi of another site's experiment by Expi; None where there is none."""


def network_table(
    network: FeatureNetwork, files: Mapping[int, Path], alternates: Alternates | None = None
) -> pd.DataFrame:
    """Similarity columns of one network.

    Parameters
    ----------
    network
        The network.
    files
        Montages by Expi.
    alternates
        Which other experiment each is compared with; without them the columns that need one are
        left out.

    Returns
    -------
    DataFrame
        float64, one row per montage, indexed by ``Expi``.

    Raises
    ------
    ImageError
        If a montage cannot be read.
    """
    features = network.features
    rows, pairs = {}, {}
    for expi, path in progress(files.items(), len(files), network.name):
        pair = prototype_vectors(network, read_montage(path))
        rows[expi] = {
            **cosine_columns(features.whole, pair),
            **masked_columns((*features.centred, *features.masked), pair),
        }
        # vectors under masks are small, those at all positions are not
        pairs[expi] = tuple({f.name: thread[f.name] for f in features.centred} for thread in pair)
    if alternates is not None:
        for expi, pair in pairs.items():
            other = pairs.get(alternates.get(expi))
            rows[expi] |= swapped_columns(features.centred, pair, other)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Expi")


def joined_table(
    tables: Sequence[pd.DataFrame], alternates: Alternates | None = None
) -> pd.DataFrame:
    """Columns of several networks side by side, in the order of the published table.

    Parameters
    ----------
    tables
        Tables of networks, as `network_table` gives them.
    alternates
        Which other experiment each was compared with; None leaves out ``Expi_alt``.
    """
    table = pd.concat(tables, axis=1)
    if alternates is not None:
        other = [alternates.get(expi) for expi in table.index]
        table["Expi_alt"] = pd.array(other, dtype="Int64")
    published = [column.name for column in SIMILARITY.columns if column.name in table]
    return table[[*published, *(name for name in table if name not in published)]]


def site_alternates(files: Mapping[int, Path], recordings_folder: Path, seed: int) -> Alternates:
    """Another experiment for each one that has a montage and a recording.

    Parameters
    ----------
    files
        Montages by Expi.
    recordings_folder
        Folder of the recordings, which say where experiments share a site.
    seed
        Seed of the draw.

    Raises
    ------
    MissingFileError, RecordingError
        If the recordings are not there or cannot be used.
    """
    with open_recordings(recordings_folder) as recordings:
        sites = {
            experiment.Expi: (experiment.pref_chan, experiment.Animal)
            for experiment in recordings.experiments()
            if experiment.Expi in files
        }
    return draw_alternates(sites, seed)
