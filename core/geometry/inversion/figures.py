"""Figures of inversions: errors on the way, and images found."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from core.geometry.inversion.comparison import RESOLVED, Compared

COLORS: Mapping[str, str] = {"plain": "0.4", "eigen": "#2471a3", "scaled": "#c0392b"}
"""Colours of bases."""

TITLES: Mapping[str, str] = {"adam": "Adam", "lbfgs": "L-BFGS", "cma": "CMA-ES"}
"""Names of methods."""


def histories_figure(compared: Compared, words: str) -> Figure:
    """Errors by step, and the last ones in other coordinates against plain ones; best starts.

    A column a method; above, thin lines are targets and thick ones their median.

    Parameters
    ----------
    compared
        Of `compare_inversions`, with the basis ``plain``.
    words
        What the error is, for the axis.

    Returns
    -------
    Figure
    """
    methods = list(dict.fromkeys(method for method, _ in compared))
    figure, panels = plt.subplots(
        2,
        len(methods),
        figsize=(2.6 * len(methods) + 0.6, 5.2),
        layout="constrained",
        sharey="row",
        squeeze=False,
    )
    for ax, below, method in zip(*panels, methods, strict=True):
        _draw_gains(below, method, compared)
        for (of_method, basis), inversion in compared.items():
            if of_method == method:
                best = inversion.history.amin(2).cpu().numpy()
                ax.plot(best, color=COLORS[basis], linewidth=0.4, alpha=0.4)
                median = inversion.history.amin(2).median(1).values.cpu().numpy()
                width = 3 if basis == "plain" else 1.5  # a rotation changes some methods not at all
                ax.plot(median, color=COLORS[basis], label=basis, linewidth=width)
        unit = "generation" if method == "cma" else "step"
        ax.set(yscale="log", xlabel=unit, title=TITLES[method])
    panels[0, 0].set_ylabel(words)
    panels[1, 0].set_ylabel(f"{words}, other coordinates")
    panels[0, -1].legend(frameon=False)
    return figure


def _draw_gains(ax: Axes, method: str, compared: Compared) -> None:
    """Errors of each target in other coordinates, against those in plain ones."""
    plain = compared[method, "plain"].errors.clamp_min(RESOLVED).cpu().numpy()
    for (of_method, basis), found in compared.items():
        if of_method == method and basis != "plain":
            errors = found.errors.clamp_min(RESOLVED).cpu().numpy()
            ax.plot(plain, errors, "o", color=COLORS[basis], markersize=4, alpha=0.8)
    ax.axline((plain[0],) * 2, (10 * plain[0],) * 2, color="0.6", linewidth=0.8)
    limits = plain.min() / 3, plain.max() * 3
    ax.set(xscale="log", yscale="log", xlim=limits, xlabel="in plain coordinates")
    ax.xaxis.set_minor_formatter(NullFormatter())


def found_figure(target: torch.Tensor, compared: Compared, n_shown: int = 8) -> Figure:
    """Targets and the images found for them, a row for each method and basis.

    Parameters
    ----------
    target : (B, 3, H, W)
        Images in [0, 1].
    compared
        Of `compare_inversions`.
    n_shown
        Targets that are drawn, from the first.

    Returns
    -------
    Figure
    """
    rows = {"target": (target, None)}
    for (method, basis), found in compared.items():
        rows[f"{TITLES[method]}, {basis}"] = (found.images, found.errors)
    n_columns = min(n_shown, len(target))
    figure, panels = plt.subplots(
        len(rows),
        n_columns,
        figsize=(n_columns + 1.4, 1.2 * len(rows)),
        layout="constrained",
        squeeze=False,
    )
    for line, (words, (images, errors)) in zip(panels, rows.items(), strict=True):
        for column, ax in enumerate(line):
            ax.imshow(images[column].permute(1, 2, 0).clamp(0, 1).cpu().numpy())
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if errors is not None:
                ax.set_title(f"{errors[column]:.2g}", fontsize=6, pad=2)
        line[0].set_ylabel(words, rotation=0, ha="right", va="center", fontsize=7)
    return figure
