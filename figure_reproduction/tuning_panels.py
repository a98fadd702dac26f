"""Drawing of Figure 6, panels C to E: an axis with its fits, maps of rates, bars of shares."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from core.plotting.colormaps import parula
from core.plotting.looks import READABLE, Look
from core.statistics.tuning_axes import Axis, AxisFits
from figure_reproduction.tuning_statistics import (
    GROUPS,
    PEAK_BINS,
    SPACES,
    Peaks,
    Shapes,
    Share,
    color_limits,
    tuning_map,
)

FAILURE_AXES = (0, 1, 2, 3, 6, 9, 13, 21, 30, 60)
"""Class axes that the published map of the failed evolution shows."""

DRAWN_SHAPES = {"bellshaped": "bell-shaped", "monotonic": "monotonic"}
"""Shapes that have bars in panel E, with their labels."""

MIN_LABELLED = 0.1
"""Share of the y axis that a bar must fill to hold its label."""


def draw_axis(ax: Axes, axis: Axis, fits: AxisFits, look: Look = READABLE) -> None:
    """Panel C: single trials of an axis, their means, and the three fits.

    Parameters
    ----------
    ax
        Axes to draw into.
    axis
        Trials of the axis.
    fits
        Everything that was fitted to them.
    look
        What it looks like.
    """
    levels = fits.levels
    grid, mean, std = fits.process.curve()
    handles = [
        *ax.plot(
            axis.distance,
            axis.rate,
            "o",
            label=look.pick("single trials", "data"),
            **look.points(look.colors[0], 0.5, mec="none"),
        ),
        ax.errorbar(
            levels.x,
            levels.mean,
            yerr=levels.sd,
            fmt="D",
            color=look.mean_color,
            ms=5,
            capsize=5,
            alpha=look.pick(1.0, 0.5),
            label=look.pick("mean ± SD", "mean ± std"),
        ),
        *ax.plot(grid, fits.gaussian.predict(grid), color="black", label="Gaussian fit"),
        *ax.plot(
            grid,
            fits.line.predict(grid),
            "--",
            color="magenta",
            label=look.pick("line fit", "OLS fit"),
        ),
        *ax.plot(grid, mean, color="red", label=look.pick("Gaussian process", "GPR mean")),
        ax.fill_between(
            grid,
            mean - std,
            mean + std,
            color="red",
            alpha=0.2,
            lw=0,
            label=look.pick("its SD", "GPR std"),
        ),
    ]
    ax.set(
        xlabel=look.pick("Linear distance along the eigenvector", "Linear Distance"),
        ylabel="Response (events/s)",
    )
    look.legend(ax, handles, columns=3, fontsize=8, framealpha=0.6)


def axis_title(recording: str, unit: str, axis: Axis, fits: AxisFits) -> str:
    """The five lines above panel C.

    Parameters
    ----------
    recording, unit
        Names of the recording and of its unit.
    axis
        The axis, of which space and rank are named.
    fits
        Everything that was fitted to its trials.
    """
    gaussian, line, process = fits.gaussian, fits.line, fits.process
    return "\n".join(
        [
            f"{recording} | Pref Chan {unit} | {axis.space} {axis.eig_id} axis",
            f"Gauss: Ampl={gaussian.amplitude:.2f} Mean={gaussian.center:.2f} "
            f"Std={gaussian.sigma:.2f} Bsl={gaussian.offset:.2f} [R2={gaussian.r2:.2f}]",
            f"OLS: Slope={line.slope:.2f} Int={line.intercept:.2f} [R2={line.r2:.2f}]",
            f"GPR: {np.sqrt(process.signal_variance):.3g}² RBF({process.length_scale:.3g}) + "
            f"White({process.noise_variance:.3g}) [R2={process.r2:.2f}]",
            f"ANOVA: F-val: {fits.anova.F:.2f} | p-val: {fits.anova.p:.1e}",
        ]
    )


def draw_map(
    ax: Axes,
    rates: pd.DataFrame,
    limits: tuple[float, float],
    annotated: bool,
    look: Look = READABLE,
) -> AxesImage:
    """One map of panel D with a colour bar.

    Parameters
    ----------
    ax
        Axes to draw into.
    rates : (n_axes, n_distances)
        Mean rates, events/s; NaN where there is none.
    limits
        Rates at both ends of the colour scale, events/s.
    annotated
        Write the rates into the cells.
    look
        What it looks like.
    """
    image = ax.imshow(rates.to_numpy(), cmap=parula, vmin=limits[0], vmax=limits[1])
    ax.set_xticks(range(rates.shape[1]), [f"{distance:g}" for distance in rates], rotation=45)
    ax.set_yticks(range(rates.shape[0]), rates.index)
    ax.set(
        xlabel=look.pick("Linear distance along the eigenvector", "Linear Distance"),
        ylabel=look.pick("Rank of the eigenvector", "Eigenvalue ID"),
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, label="Response (events/s)")
    if annotated:
        for (row, column), rate in np.ndenumerate(rates.to_numpy()):
            if np.isfinite(rate):
                color = _readable_on(image.to_rgba(rate))
                ax.text(column, row, f"{rate:.1f}", color=color, size=8, ha="center", va="center")
    return image


def draw_both_maps(figure: Figure, averages: pd.DataFrame, look: Look = READABLE) -> None:
    """Panel D, success: the maps of class and noise axes, with their rates in the cells.

    Parameters
    ----------
    figure
        Figure to draw into.
    averages
        The table of panel D.
    look
        What it looks like.
    """
    grid = look.pick((len(SPACES), 1), (1, len(SPACES)))
    for ax, space in zip(figure.subplots(*grid), SPACES, strict=True):
        rates = tuning_map(averages, space)
        ax.set_title(f"{space} space")
        if rates.empty:
            ax.set_axis_off()
        else:
            draw_map(ax, rates, color_limits(averages), annotated=True, look=look)


def draw_failed_map(ax: Axes, averages: pd.DataFrame, look: Look = READABLE) -> None:
    """Panel D, failure: the published class axes, or all where none of them is there.

    Parameters
    ----------
    ax
        Axes to draw into.
    averages
        The table of panel D.
    look
        What it looks like.
    """
    rates = tuning_map(averages, "class")
    shown = rates.loc[rates.index.isin(FAILURE_AXES)]
    rates = rates if shown.empty else shown
    draw_map(ax, rates, color_limits(averages), annotated=False, look=look)
    ax.set_title("class space (failed evolution)")


def draw_shapes(ax: Axes, shares: Shapes, look: Look = READABLE) -> None:
    """Panel E, first: share of bell-shaped and monotonic axes by evolution success.

    Parameters
    ----------
    ax
        Axes to draw into.
    shares
        Shares of axes, as `shape_shares` gives them.
    look
        What it looks like.
    """
    width = 0.4
    for i, (shape, label) in enumerate(DRAWN_SHAPES.items()):
        x = np.arange(len(GROUPS)) + width * (i - 0.5)
        of_groups = [shares[group, shape] for group in GROUPS]
        heights = [share.fraction for share in of_groups]
        ax.bar(x, heights, width, color=look.colors[i], label=label)
        ax.errorbar(x, heights, yerr=_errors(of_groups), fmt="none", ecolor="0.26", elinewidth=2)
    ax.set_ylim(0, look.pick(1.1, 1.0) * ax.get_ylim()[1])
    for i, shape in enumerate(DRAWN_SHAPES):
        for x, group in enumerate(GROUPS):
            share = shares[group, shape]
            text = f"{share.fraction:.2f}\n{share.count}/{share.total}"
            place = (x + width * (i - 0.5), share.fraction / 2)
            _label_bar(ax, place, share, text, look, weight="bold")
    words = look.pick(("successful", "failed"), ("True", "False"))
    ax.set_xticks(range(len(GROUPS)), words)
    ax.set(
        xlabel=look.pick("BigGAN evolution", "BigGAN evolution success"),
        ylabel=look.pick("Share of tuning axes", "Fraction of tuning axis"),
        xlim=(-0.5, len(GROUPS) - 0.5),
    )
    look.legend(ax, loc="upper right", frameon=False)


def draw_peaks(figure: Figure, shares: Peaks, look: Look = READABLE) -> None:
    """Panel E, second: where the axes of successful and of other evolutions peak.

    Parameters
    ----------
    figure
        Figure to draw into.
    shares
        Shares of axes, as `peak_shares` gives them.
    look
        What it looks like.
    """
    axes = figure.subplots(1, len(GROUPS), sharey=True)
    x = np.arange(len(PEAK_BINS))
    for ax, group in zip(axes, GROUPS, strict=True):
        of_bins = [shares[group, distance] for distance in PEAK_BINS]
        heights = [share.fraction for share in of_bins]
        ax.bar(x, heights, color="black")
        ax.errorbar(
            x, heights, yerr=_errors(of_bins), fmt="none", ecolor="red", capsize=3, elinewidth=1.5
        )
        words = "Successful" if GROUPS[group] else look.pick("Failed", "Non-successful")
        ax.set(
            title=f"{words} [N={of_bins[0].total}]",
            xlabel=look.pick("Distance of the peak", "Peak Location on Axis"),
        )
        ax.set_xticks(x, [f"{distance:g}" for distance in PEAK_BINS], rotation=45)
    axes[0].set(ylabel=look.pick("Share of axes", "Fraction"))
    axes[0].set_ylim(0, look.pick(1.1, 1.0) * axes[0].get_ylim()[1])
    for ax, group in zip(axes, GROUPS, strict=True):
        for i, distance in enumerate(PEAK_BINS):
            share = shares[group, distance]
            _label_bar(ax, (i, 0), share, str(share.count), look, size=9)


def _errors(shares: list[Share]) -> np.ndarray:
    """Lengths of the error bars, (2, n_shares); rounding never makes one negative."""
    below_above = [(of.fraction - of.low, of.high - of.fraction) for of in shares]
    return np.maximum(np.array(below_above).T, 0)


def _label_bar(
    ax: Axes, place: tuple[float, float], share: Share, text: str, look: Look, **font: object
) -> None:
    """Black text above a bar and its error; as published, white inside one that has room.

    There it is centred at the height of `place`, or stands on 0.
    """
    if not share.total:
        return
    x, height = place
    if not look.improved and share.fraction > MIN_LABELLED * ax.get_ylim()[1]:
        va = "center" if height else "bottom"
        ax.text(x, height, text, color="white", ha="center", va=va, **font)
    else:
        ax.text(x, share.high, text, color="black", ha="center", va="bottom", **font)


def _readable_on(color: tuple[float, float, float, float]) -> str:
    """Dark text on a bright colour, white on a dark one."""
    luminance = np.dot(color[:3], (0.2126, 0.7152, 0.0722))
    return "0.15" if luminance > 0.5 else "white"
