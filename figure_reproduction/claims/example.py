"""Figure 2: rates of the example experiment at both ends, its largest ones, and its images."""

import re

import numpy as np

from core.contract import fig2
from core.contract.source_data import SourceData
from core.threads import THREADS
from figure_reproduction.Figure2_reproduction import read
from figure_reproduction.results import ClaimNumbers, Statistics

BLOCKS = (1, 23)
"""First and last block of the published example."""

CURVES = {"evoked": "evoked resp", "natref": "natref"}
"""Curves of panel 2B by the word of the ids."""

SIZE = re.compile(r"image size \[\s*([-+.\de]+)")
POSITION = re.compile(r"pos \[\s*([-+.\de]+)\s+([-+.\de]+)")
"""Words of the example's title, in degrees."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Numbers of the example experiment by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    data = read(source)
    results: Statistics = {"pc.fig2.expi": source.read(fig2.META)["Expi"], **image(data.title)}
    for thread in THREADS:
        for word, label in CURVES.items():
            curve = data.curves[thread, label]
            for block in curve.index.intersection(BLOCKS):
                name = f"pc.fig2b.{thread}.{word}.gen{block}"
                results[f"{name}.mean"] = curve.loc[block, "mean"]
                results[f"{name}.sem"] = curve.loc[block, "sem"]
        results[f"pc.fig2b.{thread}.max"] = data.curves[thread, CURVES["evoked"]]["mean"].max()
    return ClaimNumbers(results)


def image(title: str) -> Statistics:
    """Size and place of the images, degrees, as far as the title tells.

    Examples
    --------
    >>> image("Exp 155 image size [3. 3.] deg  pos [ 0.  -0.8]")
    {'pc.fig2.img_deg': 3.0, 'pc.fig2.pos_x_deg': 0.0, 'pc.fig2.pos_y_deg': -0.8}
    """
    size, position = SIZE.search(title), POSITION.search(title)
    found = {"pc.fig2.img_deg": float(size[1])} if size else {}
    if position:
        found |= {"pc.fig2.pos_x_deg": float(position[1]), "pc.fig2.pos_y_deg": float(position[2])}
    return found
