"""Figure 3, panel G: do threads whose prototypes look alike also respond alike in time?

Reads the folder ``Fig3`` through the contract. Runs alone: ``python Figure3_reproduction.py``.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from core.contract import fig3
from core.contract.descriptions import Table
from core.contract.source_data import SourceData
from core.errors import ContractError
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.statistics.correlations import pearson
from core.statistics.masks import mask_table
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.script import run_script

PICTURES = (
    ("cosine_reevol_resnet_avgpool", "psth_MAE"),
    ("reevol_pix_RNrobust_L4focus", "psth_MAE"),
    ("reevol_pix_RNrobust_L4focus", "act_MAE"),
    ("cosine_reevol_resnet_avgpool", "act_MAE"),
)
"""Columns on the x and y axis: similarity of prototypes, difference of responses."""

PLAIN = {
    "cosine_reevol_resnet_avgpool": "Cosine similarity of prototypes\n(robust ResNet-50, pooled)",
    "reevol_pix_RNrobust_L4focus": "Cosine similarity of prototypes\n(robust ResNet-50, layer 4)",
    "psth_MAE": "Mean difference of the PSTHs, 50–200 ms\n(share of the largest block mean)",
    "act_MAE": "Difference of the mean rates, 50–200 ms\n(share of the largest block mean)",
}
"""The columns in words."""

ONLY_NUMBERS = (("reevol_G_RNrobust_L4focus", "psth_MAE"),)
"""Looked at by the authors, not published as a picture."""

LEAST_ROWS = 3
"""Fewer points have no correlation worth a number."""


@dataclass(frozen=True)
class Figure3Data:
    """Experiments that are valid and successful in both threads, with all columns of the table.

    `n_unmatched` counts experiments that only one of the two files holds.
    """

    experiments: pd.DataFrame
    n_unmatched: int
    simulated: bool


@dataclass(frozen=True)
class Correlation:
    """Pearson correlation, two-sided p, and the rows in which both values are finite."""

    r: float
    p: float
    rows: pd.DataFrame


def read(source: SourceData) -> Figure3Data:
    """Join both files on the experiment's number and keep what the panel shows.

    Raises
    ------
    ContractError, MissingFileError
        If a file is not as described, or names an experiment twice.
    """
    table, meta = (_by_experiment(source, file) for file in (fig3.SIMILARITY, fig3.META))
    masks = mask_table(meta).set_index(meta.index).astype(bool)
    shown = masks.index[masks["valid"] & masks["bothsucc005"]]
    n_unmatched = len(table.index.symmetric_difference(meta.index))
    experiments = table[table.index.isin(shown)]
    return Figure3Data(experiments, n_unmatched, source.holds_simulated(fig3.FOLDER))


def correlate(data: Figure3Data, x: str, y: str) -> Correlation:
    """Correlation of two columns; NaN where there are fewer than 3 rows or one does not vary.

    Parameters
    ----------
    data
        Experiments with the columns of both files.
    x, y
        Names of the columns.

    Examples
    --------
    >>> table = pd.DataFrame({"cosine": [0.1, 0.2, 0.3], "act_MAE": [3.0, 2.0, 1.0]})
    >>> round(correlate(Figure3Data(table, 0, False), "cosine", "act_MAE").r, 6)
    -1.0
    >>> correlate(Figure3Data(table[:2], 0, False), "cosine", "act_MAE").r
    nan
    """
    rows = data.experiments[np.isfinite(data.experiments[[x, y]]).all(axis=1)]
    if len(rows) < LEAST_ROWS or np.ptp(rows[x]) == 0 or np.ptp(rows[y]) == 0:
        return Correlation(np.nan, np.nan, rows)
    return Correlation(*pearson(rows[x].to_numpy(), rows[y].to_numpy()), rows)


def statistics(data: Figure3Data) -> Statistics:
    """Numbers of all pictures, and of the pair that is not drawn, by published id."""
    results: Statistics = {}
    for x, y in (*PICTURES, *ONLY_NUMBERS):
        found = correlate(data, x, y)
        name = f"fig3g.{x}.{y}"
        results |= {f"{name}.r": found.r, f"{name}.p": found.p, f"{name}.n": len(found.rows)}
    return results


def draw_scatter(ax: Axes, found: Correlation, x: str, y: str, look: Look = READABLE) -> None:
    """One point per experiment, with colour and marker of its area in order of appearance.

    Parameters
    ----------
    ax
        Where it is drawn.
    found
        Correlation of the two columns, with the rows that it is of.
    x, y
        Names of the columns on the two axes.
    look
        What it looks like.

    Examples
    --------
    >>> rows = pd.DataFrame({"visual_area": ["IT", "V4"], "a": [1, 2], "b": [3, 4]})
    >>> figure, ax = plt.subplots(layout="constrained")
    >>> draw_scatter(ax, Correlation(1.0, 0.0, rows), "a", "b")
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['IT', 'V4']
    >>> plt.close(figure)
    """
    for i, area in enumerate(found.rows["visual_area"].unique()):
        of_area = found.rows[found.rows["visual_area"] == area]
        points = look.points(look.colors[i], 0.5, mec="none")
        ax.plot(of_area[x], of_area[y], look.markers[i], ms=5, label=area, **points)
    ax.set(xlabel=look.pick(PLAIN.get(x, x), x), ylabel=look.pick(PLAIN.get(y, y), y))
    title = look.pick(
        f"Pearson r = {found.r:.3f}, P = {found.p:.1e}, n = {len(found.rows)}",
        f"{x} vs. {y}\ncorr={found.r:.3f} p={found.p:.1e} n={len(found.rows)}",
    )
    ax.set_title(title, fontsize=9)
    look.legend(
        ax,
        title=look.pick("visual area", "visual_area"),
        fontsize=8,
        title_fontsize=8,
        framealpha=0.4,
    )


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw all pictures that have a point.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this figure is random.
    look
        What the panels look like.
    """
    data = read(source)
    panels, empty = [], []
    for x, y in PICTURES:
        found = correlate(data, x, y)
        if found.rows.empty:
            empty.append(f"{x} vs. {y}")
            continue
        figure, ax = plt.subplots(figsize=(4.2, 4.4) if look.improved else (4, 4))
        draw_scatter(ax, found, x, y, look)
        caption = (
            f"Similarity of the two threads' prototypes ({x}) and difference of responses ({y})"
        )
        panels.append(Panel("G", f"{x}_{y}", figure, caption, _notes(data, x)))
    unavailable = {}
    if empty:
        unavailable["G"] = (
            f"{source.path(fig3.SIMILARITY)}: expected experiments that are valid and successful "
            f"in both threads with values of {', '.join(empty)}; found none."
        )
    return Reproduction(tuple(panels), statistics(data), unavailable=unavailable)


def _by_experiment(source: SourceData, file: Table) -> pd.DataFrame:
    table = source.read(file).set_index("Expi")
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise ContractError(
            path=source.path(file), expected="every experiment once", found=f"Expi {twice} twice"
        )
    return table


def _notes(data: Figure3Data, x: str) -> tuple[str, ...]:
    notes = (
        "The x axis is a cosine similarity, not a distance as the published script says: where r "
        "is negative, threads with more similar prototypes respond more alike. Responses are "
        "divided by the experiment's largest block mean.",
        "Valid experiments in which both threads succeed at p < 0.05, whatever the sign of t; the "
        "files are joined by the experiment's number.",
    )
    if "RNrobust" in x:
        notes += ("It compares layer-4 features of a robust ResNet-50; it is no LPIPS distance.",)
    if data.simulated:
        notes += ("Simulated: the model's features are compared; no image network was run.",)
    if data.n_unmatched:
        notes += (f"{data.n_unmatched} experiments that only one of the files holds are left out.",)
    return notes


if __name__ == "__main__":
    run_script(FIGURES["3"], reproduce)
