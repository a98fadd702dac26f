"""Dual selectivity: how far neurons are driven to both sides of their response to grey, by what.

A neuron with two poles has an image that excites it and another, with structure of its own, that
takes it below its response to grey. Numbers of a file of poles, and their figure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from core.errors import SettingError
from dualneuron.figures import (
    AMBER,
    CYAN,
    GREY_LABEL,
    MAGENTA,
    as_array,
    draw_image,
    finish,
    has_room,
    house_style,
)
from dualneuron.synthesis.poles_file import DualNeuronDataset
from dualneuron.synthesis.visualize import blend

PAIRS_IN_A_ROW = 4
"""Neurons side by side in the figure."""

SIMILARITIES = {
    "mei_similarity": "MEIs,\nseeds",
    "lei_similarity": "LEIs,\nseeds",
    "mei_lei_similarity": "MEI and\nLEI",
}
"""Columns with cosines of images, and how they are called in the figure."""


@dataclass(frozen=True)
class Selectivity:
    """Both poles of some neurons.

    Attributes
    ----------
    table
        A row for each neuron; see `dual_selectivity`.
    least, most : list of (H, W, C)
        Its least and most exciting image, the best of all seeds, blended with grey.
    """

    table: pd.DataFrame
    least: list[np.ndarray]
    most: list[np.ndarray]


def dual_selectivity(
    poles: DualNeuronDataset,
    neurons: Iterable[int] | None = None,
    grey_baseline: np.ndarray | None = None,
) -> Selectivity:
    """Responses of neurons to both poles beside the one to grey, and how alike the images are.

    Parameters
    ----------
    poles
        A file of poles.
    neurons
        Ids, 0-based; by default all that it holds.
    grey_baseline : (n_neurons,)
        Responses of all neurons to the grey image, ``twin.grey_baseline()``; by default those that
        the file notes.

    Returns
    -------
    Selectivity
        Columns of its table: ``neuron_id``; ``n_seeds``; ``grey``; ``lei`` and ``mei``, the lowest
        and the highest response of all seeds; ``lei_share`` and ``mei_share``, these over
        ``grey``; ``below_grey``, the share of the range from lei to mei that lies below grey;
        ``lei_cv`` and ``mei_cv``, SD (ddof 1) over mean of the seeds; ``lei_similarity`` and
        ``mei_similarity``, mean cosine of the images of two seeds; ``mei_lei_similarity``, of an
        image of each pole; ``has_room``, False where a low pole means next to nothing. What takes
        two seeds is NaN for one.

    Raises
    ------
    SettingError
        If the file notes no responses to grey, as published ones do not, and none are given.
    """
    baseline = poles.grey_baseline if grey_baseline is None else as_array(grey_baseline)
    if baseline is None:
        raise SettingError(
            path="grey_baseline",
            expected="responses to the grey image",
            found="none in the file of poles",
            advice="give twin.grey_baseline()",
        )
    rows, least, most = [], [], []
    for neuron in poles.neurons if neurons is None else neurons:
        low, high = (_Pole(poles, neuron, kind) for kind in ("least", "most"))
        grey, lei, mei = float(baseline[neuron]), low.responses.min(), high.responses.max()
        rows.append(
            {
                "neuron_id": neuron,
                "n_seeds": len(low.responses),
                "grey": grey,
                "lei": lei,
                "mei": mei,
                "lei_share": lei / grey,
                "mei_share": mei / grey,
                "below_grey": (grey - lei) / (mei - lei),
                "lei_cv": _variation(low.responses),
                "mei_cv": _variation(high.responses),
                "lei_similarity": _mean_cosine(combinations(low.images, 2)),
                "mei_similarity": _mean_cosine(combinations(high.images, 2)),
                "mei_lei_similarity": _mean_cosine(product(high.images, low.images)),
                "has_room": has_room(grey),
            }
        )
        least.append(low.shown(np.argmin(low.responses)))
        most.append(high.shown(np.argmax(high.responses)))
    return Selectivity(pd.DataFrame(rows), least, most)


class _Pole:
    """What all seeds found at one pole of a neuron."""

    def __init__(self, poles: DualNeuronDataset, neuron: int, kind: str):
        self.results = poles.get_neuron_results(neuron, activation_type=kind)
        traces = [np.atleast_1d(as_array(result["activations"])) for result in self.results]
        self.responses = np.array([float(trace[-1]) for trace in traces])
        self.images = [as_array(result["image"]) for result in self.results]

    def shown(self, seed: int) -> np.ndarray:
        return blend(self.results[seed]["image"], self.results[seed]["alpha"])


def _variation(responses: np.ndarray) -> float:
    return responses.std(ddof=1) / responses.mean() if len(responses) > 1 else np.nan


def _mean_cosine(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean cosine of pairs of images around mean grey, which is 0."""
    cosines = [
        np.vdot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second))
        for first, second in pairs
    ]
    return float(np.mean(cosines)) if cosines else np.nan


def plot_dual_selectivity(
    selectivity: Selectivity, *, show: bool = True, save: str | Path | None = None
) -> Figure:
    """Both poles of every neuron with their responses, and all responses and similarities.

    Parameters
    ----------
    selectivity
        Of `dual_selectivity`.
    show, save
        Open the figure; file to save it to.
    """
    table = selectivity.table
    n_rows = -(-len(table) // PAIRS_IN_A_ROW)
    with house_style():
        figure = plt.figure(figsize=(13, max(5, 1.35 * n_rows)))
        left, right = figure.subfigures(1, 2, width_ratios=(2.6, 1))
        for part in (left, right):
            part.set_facecolor("black")
        cells = left.subplots(n_rows, 2 * PAIRS_IN_A_ROW, squeeze=False)
        for ax in cells.flat:
            ax.axis("off")
        pairs = cells.reshape(-1, 2)[: len(table)]
        images = zip(selectivity.least, selectivity.most, strict=True)
        for axes, row, both in zip(pairs, table.itertuples(), images, strict=True):
            _draw_pair(axes, row, both)
        above, below = right.subplots(2, 1)
        _draw_responses(above, table)
        _draw_similarities(below, table)
        return finish(figure, show, save)


def _draw_pair(axes: Sequence[Axes], row: Any, images: tuple[np.ndarray, np.ndarray]) -> None:
    words = (f"{row.lei:.2f}" if row.has_room else f"{row.lei:.2f} no room", f"{row.mei:.2f}")
    colors = (MAGENTA if row.has_room else AMBER, CYAN)
    for ax, image, response, color in zip(axes, images, words, colors, strict=True):
        ax.axis("on")
        draw_image(ax, image, vmin=0.1, vmax=0.8)
        ax.set_title(response, color=color, fontsize=8, pad=2)
    axes[0].set_ylabel(f"{row.neuron_id}\ngrey {row.grey:.2f}", fontsize=7, labelpad=2)


def _draw_responses(ax: Axes, table: pd.DataFrame) -> None:
    table = table.sort_values("grey")
    ranks = np.arange(len(table))
    ax.vlines(ranks, table["lei"], table["mei"], color="0.4", linewidth=1)
    ax.plot(ranks, table["mei"], "o", color=CYAN, markersize=4, label="most exciting")
    ax.plot(ranks, table["grey"], "_", color="white", markersize=8, label=GREY_LABEL)
    ax.plot(ranks, table["lei"], "o", color=MAGENTA, markersize=4, label="least exciting")
    without = ~table["has_room"].to_numpy()
    if without.any():
        lei = table["lei"][without]
        ax.plot(ranks[without], lei, "o", color=AMBER, markersize=4, label="no room below grey")
    ax.set(yscale="log", xlabel="neuron, by its response to grey", ylabel="response")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(fontsize=7, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)


def _draw_similarities(ax: Axes, table: pd.DataFrame) -> None:
    for place, column in enumerate(SIMILARITIES):
        values = table[column].dropna().sort_values()
        ax.plot(place + np.linspace(-0.25, 0.25, len(values)), values, ".", color=CYAN)
        ax.hlines(values.median(), place - 0.35, place + 0.35, color=MAGENTA)
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.set_xticks(range(len(SIMILARITIES)), SIMILARITIES.values())
    ax.set(ylabel="cosine (line: median)", xlim=(-0.5, len(SIMILARITIES) - 0.5), ylim=(None, 1))
