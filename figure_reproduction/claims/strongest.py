"""Figure 6E: how far from the origin the image lies to which an experiment's unit responds most.

It needs the single trials of every axis, which are in the full table of shape fits alone.
"""

import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.source_data import SourceData
from core.errors import ContractError
from core.statistics.comparisons import two_sample
from core.statistics.tuning_curves import level_means
from figure_reproduction.results import ClaimNumbers, Statistics

COLUMNS = ("ephysFN", "x_values", "y_values")
"""Columns that the full table has beside those of the table of shapes."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Numbers of recordings and of strongest images by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.

    Raises
    ------
    MissingFileError, ContractError
        If the full table, or a column of it, is not there.
    """
    table = source.read(fig6.SHAPES_PICKLE)
    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise ContractError(
            path=source.path(fig6.SHAPES_PICKLE),
            expected=f"the columns {', '.join(COLUMNS)}",
            found=f"no {', '.join(absent)}",
        )
    every = strongest(table)
    common = strongest(table[table["is_common_axis"].astype(bool)])
    results: Statistics = {"pc.fig6.recordings": table["ephysFN"].nunique()}
    of_group = {
        "all": every,
        "fail": every[~every["success"]],
        "success": every[every["success"]],
    }
    for word, images in of_group.items():
        results[f"pc.fig6.max_at_origin.{word}"] = int((images["distance"] == 0).sum())
    samples = [common.loc[common["success"] == group, "distance"] for group in (False, True)]
    test = two_sample(*(sample.to_numpy(float) for sample in samples))
    return ClaimNumbers(results | {"pc.fig6.maxdist.t": test.t, "pc.fig6.maxdist.p": test.p})


def strongest(table: pd.DataFrame) -> pd.DataFrame:
    """Absolute distance of the image with the largest mean rate, and success, by experiment.

    Parameters
    ----------
    table
        A row for each axis, with ``Exp_id``, ``is_BigGAN_evol_success``, and the distance and rate
        of its trials, ``x_values`` and ``y_values``.

    Examples
    --------
    >>> axis = {"Exp_id": "Alfa_1", "is_BigGAN_evol_success": True}
    >>> trials = {"x_values": [np.array([0.0, 0.4])], "y_values": [np.array([10.0, 30.0])]}
    >>> strongest(pd.DataFrame(trials).assign(**axis))["distance"].to_dict()
    {'Alfa_1': 0.4}
    """
    rows = []
    for axis in table.itertuples():
        levels = level_means(axis.x_values, axis.y_values)
        best = int(np.argmax(levels.mean))
        rows.append(
            (axis.Exp_id, levels.mean[best], abs(levels.x[best]), axis.is_BigGAN_evol_success)
        )
    frame = pd.DataFrame(rows, columns=["Exp_id", "rate", "distance", "success"])
    best_axes = frame.loc[frame.groupby("Exp_id")["rate"].idxmax()]
    return best_axes.set_index("Exp_id").astype({"distance": float, "success": bool})
