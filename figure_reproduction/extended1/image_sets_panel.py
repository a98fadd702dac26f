"""Extended Data Figure 1A: how far sets of images are from natural ones, and what is in them."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from core.contract import ext1
from core.generator_statistics.frechet import shortage
from core.generator_statistics.summaries import detection_summary
from figure_reproduction.extended1.drawing import new_figure, show_rows, violin, words_below
from figure_reproduction.extended1.tables import PanelTables
from figure_reproduction.panels import Panel, Statistics

KIND_COLORS = {"reference": "#4c72b0", "generated": "#c0561a"}
"""Colours of natural and of generated sets."""


def image_set_panels(given: PanelTables) -> list[Panel]:
    """Samples, distances and objects.

    Parameters
    ----------
    given
        Tables of panel A.
    """
    distances, objects = (given.tables[file] for file in ext1.PANELS["A"])
    panels = [_distance_panel(distances, given.words), _object_panel(objects, given.words)]
    if given.picture:
        panels.insert(0, _sample_panel(given, set_names(distances)))
    return panels


def image_set_numbers(given: PanelTables) -> Statistics:
    """Numbers of panel A by id: how many images went in.

    Parameters
    ----------
    given
        Tables of panel A.
    """
    distances, objects = (given.tables[file] for file in ext1.PANELS["A"])
    sizes = {}
    for number in "12":
        columns = distances[[f"kind{number}", f"n{number}"]]
        for kind, n in columns.itertuples(index=False):
            sizes.setdefault(kind, set()).add(n)
    n_objects = objects.groupby("set").size()
    found = {"ext1a.n_objectness": float(n_objects.min())}
    for kind, name in (("generated", "ext1a.n_generated"), ("reference", "ext1a.n_natural")):
        if kind in sizes:
            found[name] = float(min(sizes[kind]))
    return found


def set_names(table: pd.DataFrame) -> list[str]:
    """Names of all sets, in the order in which they were compared.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.FRECHET`, all pairs.

    Examples
    --------
    >>> set_names(pd.DataFrame({"set1": ["a", "a", "b"], "set2": ["b", "c", "c"]}))
    ['a', 'b', 'c']
    """
    return list(dict.fromkeys([*table["set1"], *table["set2"]]))


def distances_from(table: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Distances of all other sets from one.

    Parameters
    ----------
    table
        Rows of `core.contract.ext1.FRECHET`.
    reference
        Name of the set.

    Returns
    -------
    DataFrame
        ``set``, ``kind``, ``n``, ``frechet_distance``, ``frechet_se``, in the order of the table.
    """
    rows = []
    for row in table.to_dict("records"):
        if reference in (row["set1"], row["set2"]):
            other = "2" if row["set1"] == reference else "1"
            words = {"set": row[f"set{other}"], "kind": row[f"kind{other}"], "n": row[f"n{other}"]}
            rows.append(
                {**words, **{name: row[name] for name in ("frechet_distance", "frechet_se")}}
            )
    return pd.DataFrame(rows)


def draw_distances(ax: Axes, rows: pd.DataFrame) -> None:
    """Bars of distances with their errors and values.

    Parameters
    ----------
    ax
        Where they are drawn.
    rows
        As `distances_from` gives them.
    """
    x = np.arange(len(rows))
    colors = [KIND_COLORS[kind] for kind in rows["kind"]]
    heights = rows["frechet_distance"].to_numpy(dtype=float)
    ax.bar(x, heights, yerr=rows["frechet_se"], color=colors, capsize=3)
    tops = heights + rows["frechet_se"].to_numpy(dtype=float)
    for place, top, height in zip(x, tops, heights, strict=True):
        ax.annotate(
            f"{height:.4g}", (place, top), (0, 3), textcoords="offset points", ha="center", size=9
        )
    ax.set_xticks(x, [_broken(name) for name in rows["set"]], rotation=30, ha="right")
    ax.set_ylim(0, 1.3 * tops.max())
    handles = [Patch(color=color, label=kind) for kind, color in KIND_COLORS.items()]
    ax.legend(handles=handles, frameon=False, fontsize=9, loc="upper left")


def draw_detect_rates(ax: Axes, summary: pd.DataFrame) -> None:
    """Share of images with an object, with Wilson intervals of 95 %.

    Parameters
    ----------
    ax
        Where it is drawn.
    summary
        As `core.generator_statistics.detection_summary` gives it.
    """
    x = np.arange(len(summary))
    rate = summary["detect_rate"].to_numpy()
    below, above = rate - summary["ci_low"].to_numpy(), summary["ci_high"].to_numpy() - rate
    errors = np.clip([below, above], 0, None)
    colors = [KIND_COLORS[kind] for kind in summary["kind"]]
    ax.bar(x, rate, yerr=errors, color=colors, capsize=3)
    ax.set(ylabel="detect rate", ylim=(0, 1))
    _name_sets(ax, summary["set"])


def draw_confidences(ax: Axes, table: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Largest confidence of images with an object; red: mean with 0 for the others, and SEM.

    Parameters
    ----------
    ax
        Where it is drawn.
    table
        Rows of `core.contract.ext1.OBJECTNESS`.
    summary
        Of this table.
    """
    for position, row in enumerate(summary.itertuples()):
        confidences = table.loc[table["set"] == row.set, "confidence"].to_numpy(dtype=float)
        violin(ax, confidences, position, KIND_COLORS[row.kind])
    ax.errorbar(
        np.arange(len(summary)),
        summary["conf_fill0_mean"],
        summary["conf_fill0_sem"],
        fmt="o",
        color="red",
        ms=4,
        zorder=5,
    )
    ax.set(ylabel="confidence", ylim=(0, 1))
    _name_sets(ax, summary["set"])


def _name_sets(ax: Axes, names: Sequence[str]) -> None:
    ax.set_xticks(np.arange(len(names)), [_broken(name) for name in names], rotation=30, ha="right")
    ax.set_xlim(-0.6, len(names) - 0.4)


def _broken(name: str) -> str:
    return name.replace("_", " ")


def _reference(table: pd.DataFrame) -> str:
    """The first natural set, with which the others are compared."""
    natural = table.loc[table["kind1"] == "reference", "set1"]
    return natural.iloc[0] if len(natural) else table["set1"].iloc[0]


def distance_name(extractor: str) -> str:
    """What a Fréchet distance of these features is called.

    Examples
    --------
    >>> distance_name("Inception-v3 (FID)"), distance_name("pixels")
    ('FID', 'Fréchet distance (pixels)')
    """
    return "FID" if extractor == "Inception-v3 (FID)" else f"Fréchet distance ({extractor})"


def _distance_panel(table: pd.DataFrame, words: str) -> Panel:
    reference = _reference(table)
    rows = distances_from(table, reference)
    first = table.iloc[0]
    name = distance_name(first["extractor"])
    figure, ax = plt.subplots(figsize=(7.2, 5))
    draw_distances(ax, rows)
    ax.set_ylabel(name.partition(" (")[0])
    figure.suptitle(f"{name} from {reference}", fontsize=11)
    words_below(figure, words)
    least = int(table[["n1", "n2"]].to_numpy().min())
    lacking = shortage(least, int(first["dim"]))
    note = f"{lacking[0].upper()}{lacking[1:]}." if lacking else ""
    caption = (
        f"{name} of sets of images from {reference}, with its standard error over "
        f"{first['n_resamples']} resamples of the images"
    )
    notes = [f"Preprocessing: {first['preproc1']}.", *([note] if note else [])]
    return Panel("A", "frechet", figure, caption, tuple(notes), computed=True)


def _object_panel(table: pd.DataFrame, words: str) -> Panel:
    summary = detection_summary(table)
    detector, first = table["detector"].iloc[0], table.iloc[0]
    figure = new_figure(9.6, 4.8)
    rates, confidences = figure.subplots(1, 2)
    draw_detect_rates(rates, summary)
    draw_confidences(confidences, table, summary)
    figure.suptitle(f"{detector}, confidence from {first['conf_thr']:g}", fontsize=11)
    words_below(figure, words)
    caption = (
        f"Share of images in which {detector} finds something, with 95 % Wilson intervals, and the "
        "largest confidence of those; red points are means with 0 for the others, and SEM"
    )
    empty = list(summary.loc[summary["detect_rate"] == 0, "set"])
    notes = [f"Nothing is found in {', '.join(empty)}."] if empty else []
    if "class probability" in detector:
        notes.append("Recognisability stands in for a detector; it is not YOLO and not objectness.")
    return Panel("A", "objectness", figure, caption, tuple(notes), computed=True)


def _sample_panel(given: PanelTables, names: list[str]) -> Panel:
    image = plt.imread(given.picture)[..., :3]
    figure = new_figure(8.4, 1.2 + 8.4 * 0.86 * image.shape[0] / image.shape[1])
    show_rows(figure.subplots(), image, [_broken(name) for name in names])
    figure.suptitle("The first images of each set", fontsize=11)
    words_below(figure, given.words)
    return Panel("A", "samples", figure, "Samples of each set", computed=True)
