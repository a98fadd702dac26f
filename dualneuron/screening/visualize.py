"""Pictures of a screen: statistics of all neurons, the responses of one, images at both ends.

Names, defaults and layouts are the published ones; every function returns its figure.
"""

import os
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.errors import SettingError
from dualneuron.animations import AnimatedFigure, animated_figure, finish_animation
from dualneuron.figures import (
    AMBER,
    CYAN,
    GREY_LABEL,
    MAGENTA,
    check_lengths,
    draw_image,
    finish,
    has_room,
    house_style,
    room_warning,
)
from dualneuron.screening.reading import ordered, screen_facts
from dualneuron.screening.utils import sample_activations_adaptively

STATISTICS = {
    "gini": "Gini coefficient",
    "max": "Maximum",
    "mean": "Mean",
    "cv": "Coefficient of variation",
    "skewness": "Skewness",
    "q95": "95th percentile",
}
"""Columns of the table of statistics that are drawn, and what they are called."""

N_POLES = 10
"""Images in a row."""


def plot_population_statistics(
    df: pd.DataFrame,
    figsize: tuple[float, float] = (12, 8),
    *,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """Histograms of six statistics over neurons, with the median of each.

    Parameters
    ----------
    df
        Of `compute_population_statistics`; what is NaN is left out.
    figsize
        In inches.
    show, save
        Open the figure; file to save it to.

    Raises
    ------
    SettingError
        If a column is missing.
    """
    if missing := [column for column in STATISTICS if column not in df.columns]:
        raise SettingError(
            path="df",
            expected=f"columns {', '.join(STATISTICS)}",
            found=f"no {', '.join(missing)}",
        )
    with house_style():
        figure, axes = plt.subplots(2, 3, figsize=figsize)
        for ax, (column, title) in zip(axes.flat, STATISTICS.items(), strict=True):
            values = df[column].dropna()
            ax.hist(values, bins=50, color=CYAN, alpha=0.8)
            median = values.median()
            ax.axvline(median, color=MAGENTA, linestyle="--", label=f"Median: {median:.3f}")
            ax.set(title=title, xlabel=column, ylabel="Neurons")
            ax.legend()
            ax.yaxis.get_major_locator().set_params(integer=True)
        return finish(figure, show, save)


def plot_neuron_activation(
    neuron_id: int,
    resp_dir: str | os.PathLike,
    response_stats: pd.DataFrame,
    figsize: tuple[float, float] = (5, 5),
    *,
    baseline: float | None = None,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """Responses of a neuron to all images, in ascending order.

    Parameters
    ----------
    neuron_id
        0-based.
    resp_dir
        Ordered responses of a screen; see `ordered`.
    response_stats
        Of `compute_population_statistics`.
    figsize
        In inches.
    baseline
        Response to the grey image, by default the one that the screen noted: a dotted line, flagged
        if there is no room below it.
    show, save
        Open the figure; file to save it to.

    Raises
    ------
    SettingError
        If the neuron is not in the table.
    """
    rows = response_stats[response_stats["neuron_id"] == neuron_id]
    if rows.empty:
        raise SettingError(
            path="neuron_id", expected="a neuron of the table of statistics", found=neuron_id
        )
    responses = ordered(resp_dir)[neuron_id]
    baseline = _baseline(resp_dir, neuron_id) if baseline is None else baseline
    with house_style():
        figure, ax = plt.subplots(figsize=figsize)
        ax.fill_between(np.arange(len(responses)), responses, color=CYAN, alpha=0.3, linewidth=0)
        ax.plot(responses, color=CYAN)
        mean = responses.mean()
        ax.axhline(mean, color=MAGENTA, linestyle="--", label=f"Mean: {mean:.3f}")
        if baseline is not None:
            ax.axhline(baseline, color="white", linestyle=":", label=GREY_LABEL)
        ax.set(xlabel=_ranks(resp_dir), ylabel="Response", xlim=(0, max(1, len(responses) - 1)))
        row = rows.iloc[0]
        ax.set_title(f"Neuron {neuron_id}\nGini: {row['gini']:.3f}, max: {row['max']:.3f}")
        legend = ax.legend(loc="upper left", title=_warning(baseline))
        legend.get_title().set_color(AMBER)
        return finish(figure, show, save)


def _warning(baseline: float | None) -> str:
    return "" if has_room(baseline) else room_warning(baseline)


def _baseline(resp_dir: str | os.PathLike, neuron_id: int) -> float | None:
    """Response to the grey image, where a screen of a twin noted it."""
    baselines = screen_facts(resp_dir).get("grey_baseline")
    return None if baselines is None else baselines[neuron_id]


def _ranks(resp_dir: str | os.PathLike) -> str:
    top_k = screen_facts(resp_dir).get("top_k")
    return f"Image (sorted; {top_k} of each end)" if top_k else "Image (sorted)"


def plot_neuron_poles(
    neuron_id: int,
    dset: Any,
    resp_dir: str | os.PathLike,
    idx_dir: str | os.PathLike,
    figsize: tuple[float, float] = (16, 6),
    vmin: float = 0.0,
    vmax: float = 1.0,
    *,
    baseline: float | None = None,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """Three rows of ten images: the lowest responses, the first above 0, the highest.

    Parameters
    ----------
    neuron_id
        0-based.
    dset
        The set that was screened: items are tensors (C, H, W), or begin with one.
    resp_dir, idx_dir
        Ordered responses and indices of a screen of this set; see `ordered`.
    figsize
        In inches.
    vmin, vmax
        Values of black and white of grey images; images outside [0, 1] are rescaled first.
    baseline
        Response to the grey image, by default the one that the screen noted: if there is no room
        below it, the lowest row is flagged.
    show, save
        Open the figure; file to save it to.
    """
    responses, indices = ordered(resp_dir)[neuron_id], ordered(idx_dir)[neuron_id]
    check_lengths("an index for each response", responses, indices)
    warning = _warning(_baseline(resp_dir, neuron_id) if baseline is None else baseline)
    rows = {
        "Lowest": 0,
        "First above 0": int(np.searchsorted(responses, 0, side="right")),
        "Highest": max(0, len(responses) - N_POLES),
    }
    with house_style():
        figure, axes = plt.subplots(3, N_POLES, figsize=figsize)
        figure.suptitle(f"Neuron {neuron_id}" + (f", lowest: {warning}" if warning else ""))
        for row, (name, start) in zip(axes, rows.items(), strict=True):
            for ax in row:
                ax.axis("off")
            places = range(start, min(start + N_POLES, len(responses)))
            for ax, place in zip(row, places, strict=False):
                draw_image(ax, _image(dset, indices[place]), vmin, vmax)
                color = CYAN if responses[place] > 0 else MAGENTA
                ax.set_title(f"{responses[place]:.6f}", color=color, fontsize=9)
            where = row[0].transAxes
            row[0].text(-0.08, 0.5, name, transform=where, rotation=90, ha="right", va="center")
        if warning:
            axes[0, 0].texts[0].set_color(AMBER)
        return finish(figure, show, save)


def _image(dset: Any, index: int) -> torch.Tensor:
    item = dset[int(index)]
    return item[0] if isinstance(item, tuple | list) else item


def visualize_adaptive_sampling(
    responses: np.ndarray,
    num_samples: int = 100,
    *,
    show: bool = True,
    save: str | Path | None = None,
) -> Figure:
    """The responses of a neuron in ascending order, with those that are sampled.

    Parameters
    ----------
    responses : (n,)
        In any order.
    num_samples
        How many; fewer where the responses have fewer steps.
    show, save
        Open the figure; file to save it to.

    Raises
    ------
    SampleError
        If all responses are equal.
    """
    _, ascending, positions = sample_activations_adaptively(
        responses, num_samples, allow_fewer=True
    )
    with house_style():
        figure, ax = plt.subplots(figsize=(7, 4))
        _draw_samples(ax, ascending, positions)
        ax.set_title(f"{len(positions)} of {len(ascending)} images")
        return finish(figure, show, save)


def _draw_samples(ax: Axes, ascending: np.ndarray, positions: np.ndarray) -> None:
    ax.plot(ascending, color=CYAN)
    ax.plot(positions, ascending[positions], ".", color=MAGENTA, markersize=6, label="sampled")
    ax.set(xlabel="Image (sorted)", ylabel="Response")
    ax.legend(loc="upper left")


def sampled_images_animation(
    neuron_id: int,
    dset: Any,
    resp_dir: str | os.PathLike,
    idx_dir: str | os.PathLike,
    num_samples: int = 100,
    savename: str | Path | None = None,
    fps: float = 5,
    dpi: float = 100,
    *,
    baseline: float | None = None,
    show: bool = True,
    save: str | Path | None = None,
) -> AnimatedFigure:
    """The film along a neuron's order: sampled images, ascending, beside their place on the curve.

    Parameters
    ----------
    neuron_id
        0-based.
    dset
        The set that was screened: items are tensors (C, H, W), or begin with one.
    resp_dir, idx_dir
        Ordered responses and indices of a screen of this set; see `ordered`.
    num_samples
        How many images; fewer where the responses have fewer steps.
    savename, save
        File in .html, .gif or .mp4 (a GIF where there is no ffmpeg); two names of one thing.
    fps
        Images a second.
    dpi
        Pixels an inch of the file.
    baseline
        Response to the grey image, by default the one that the screen noted: a dotted line, flagged
        if there is no room below it.
    show
        Play it in a window, where there is one; a notebook plays what is returned.

    Raises
    ------
    SampleError
        If all responses are equal.
    """
    responses, indices = ordered(resp_dir)[neuron_id], ordered(idx_dir)[neuron_id]
    check_lengths("an index for each response", responses, indices)
    baseline = _baseline(resp_dir, neuron_id) if baseline is None else baseline
    _, ascending, positions = sample_activations_adaptively(
        responses, num_samples, allow_fewer=True
    )
    positions = np.sort(positions)
    with house_style():
        figure = animated_figure((10, 5))
        left, right = figure.subplots(1, 2)
        figure.suptitle(f"Neuron {neuron_id}", fontsize=14)
        _draw_samples(right, ascending, positions)
        right.set_xlabel(_ranks(resp_dir))
        if baseline is not None:
            right.axhline(baseline, color="white", linestyle=":", label=GREY_LABEL)
            right.legend(loc="upper left", title=_warning(baseline)).get_title().set_color(AMBER)
        marker = right.plot([], [], "o", color=CYAN, markersize=11, markeredgecolor="white")[0]

        def draw(frame: int) -> None:
            place = positions[frame]
            draw_image(left, _image(dset, indices[place]))
            left.set_title(f"Image {indices[place]}: {ascending[place]:.4f}")
            marker.set_data([place], [ascending[place]])

        figure.animate(draw, len(positions), fps)
        return finish_animation(figure, show, savename if save is None else save, dpi)
