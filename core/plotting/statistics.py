"""Plots of samples with their tests, in the words of the published analyses."""

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from core.errors import SampleError, SettingError
from core.plotting.style import mean_band
from core.statistics.samples import numbers, selected_columns

CORRELATIONS = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}
"""Function of two samples that gives a correlation and its p, by name."""

JITTER = 0.1
"""Standard deviation of the horizontal jitter of a strip plot; its strips are 1 apart."""


def paired_strip_plot(
    df: pd.DataFrame,
    msk: np.ndarray | None,
    col1: str,
    col2: str,
    rng: np.random.Generator | int | None = None,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Two columns side by side, a line for each pair, their means, and their paired t test.

    Parameters
    ----------
    df
        Table; rows where one of the values is NaN are left out.
    msk : (n_rows,)
        Boolean: the rows to take; None takes all.
    col1, col2
        Names of the columns at 0 and at 1.
    rng
        NumPy's generator, or a seed, of the horizontal jitter.
    ax
        Axes to draw in; by default that of a new figure.

    Returns
    -------
    The figure.

    Examples
    --------
    >>> table = pd.DataFrame({"DeePSim": [1.0, 2.0, 3.0], "BigGAN": [2.0, 2.5, 5.0]})
    >>> figure = paired_strip_plot(table, None, "DeePSim", "BigGAN", ax=Figure().add_subplot())
    >>> figure.axes[0].get_title()
    't=-2.65, p=1.2e-01 df=2 (N=3)'
    """
    values = np.array([numbers(column) for column in selected_columns(df, msk, col1, col2)])
    first, second = values[:, ~np.isnan(values).any(axis=0)]
    t, p = stats.ttest_rel(first, second)
    if ax is None:
        _, ax = plt.subplots(figsize=(5, 6))
    jitter = JITTER * np.random.default_rng(rng).standard_normal(len(first))
    ax.plot([jitter, 1 + jitter], [first, second], color="gray", alpha=0.3, zorder=1)
    ax.scatter(jitter, first)
    ax.scatter(1 + jitter, second)
    ax.hlines([first.mean(), second.mean()], [-0.3, 0.7], [0.3, 1.3], color="black")
    ax.set_xticks([0, 1], [col1, col2])
    ax.set_title(f"t={t:.2f}, p={p:.1e} df={len(first) - 1} (N={len(first)})")
    return ax.figure


def shaded_errorbar(
    x: np.ndarray,
    y: np.ndarray,
    yerr: np.ndarray,
    color: str,
    alpha: float = 0.3,
    ax: Axes | None = None,
    **kw: object,
) -> Line2D:
    """Line with a band of one error to both sides.

    Parameters
    ----------
    x, y, yerr : (n,)
        Position, height and half the width of the band, which may be NaN.
    color
        Colour of the line and of the band.
    alpha
        Opacity of the band, from 0 to 1.
    ax
        Axes to draw in; by default the current one.
    kw
        Passed on to ``Axes.plot``.

    Returns
    -------
    The line.

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> line = shaded_errorbar([0, 1], [5, 6], [1, 1], "red", ax=ax, label="rate")
    >>> line.get_label(), len(ax.collections)
    ('rate', 1)
    """
    x, y, yerr = (np.asarray(values, dtype=float) for values in (x, y, yerr))
    return mean_band(ax or plt.gca(), x, y, yerr, color=color, band_alpha=alpha, **kw)


def shaded_errorbar_arr(
    arr: np.ndarray,
    color: str = "r",
    alpha: float = 0.3,
    errtype: Literal["sem", "std"] = "sem",
    ax: Axes | None = None,
    **kw: object,
) -> Line2D:
    """Mean over the rows of an array against the column number, with a band of one error.

    NaN is skipped. The standard deviation is over N, and the standard error divides it by the root
    of the number of rows, as published: where values are NaN it is too small.

    Parameters
    ----------
    arr : (n_rows, n_columns)
        A sample in each column.
    color
        Colour of the line and of the band.
    alpha
        Opacity of the band, from 0 to 1.
    errtype
        What the band shows: the standard error of the mean or the standard deviation.
    ax
        Axes to draw in; by default the current one.
    kw
        Passed on to ``Axes.plot``.

    Returns
    -------
    The line.

    Raises
    ------
    SettingError
        If `errtype` is neither "sem" nor "std".
    SampleError
        If `arr` is not two-dimensional or has no rows.

    Examples
    --------
    >>> line = shaded_errorbar_arr([[1, 2], [3, 6]], ax=Figure().add_subplot())
    >>> line.get_ydata().tolist()
    [2.0, 4.0]
    >>> shaded_errorbar_arr([1, 2, 3])
    Traceback (most recent call last):
    core.errors.SampleError: expected an array of rows and columns, found shape (3,).
    """
    arr = np.asarray(arr, dtype=float)
    if arr.ndim != 2 or len(arr) == 0:
        raise SampleError(expected="an array of rows and columns", found=f"shape {arr.shape}")
    if errtype not in ("sem", "std"):
        raise SettingError(path="errtype", expected="'sem' or 'std'", found=f"{errtype!r}")
    table = pd.DataFrame(arr)  # unlike nanmean, it does not warn where a column has only NaN
    error = table.std(ddof=0) / (np.sqrt(len(arr)) if errtype == "sem" else 1)
    x = np.arange(arr.shape[1])
    return shaded_errorbar(x, table.mean(), error, color, alpha, ax, **kw)


def scatter_corr(
    df: pd.DataFrame,
    x: str,
    y: str,
    ax: Axes | None = None,
    corrtype: Literal["pearson", "spearman"] = "pearson",
    **kw: object,
) -> tuple[Axes, float, float]:
    """One column against another, with their correlation as the title.

    Parameters
    ----------
    df
        Table; rows where one of the values is not finite are left out.
    x, y
        Names of the columns.
    ax
        Axes to draw in; by default the current one.
    corrtype
        Pearson's correlation, or Spearman's of the ranks.
    kw
        Passed on to ``Axes.scatter``.

    Returns
    -------
    The Axes, the correlation and its two-sided p.

    Raises
    ------
    SettingError
        If there is no such correlation.
    SampleError
        If fewer than three rows are finite.

    Examples
    --------
    >>> table = pd.DataFrame({"block": [1, 2, 3, 4], "rate": [10.0, 12.0, 19.0, 17.0]})
    >>> ax, rho, p = scatter_corr(table, "block", "rate", ax=Figure().add_subplot())
    >>> round(rho, 3), round(p, 3)
    (0.86, 0.14)
    >>> scatter_corr(table[:2], "block", "rate")
    Traceback (most recent call last):
    core.errors.SampleError: block vs. rate: expected at least 3 rows with finite values, found 2.
    """
    if corrtype not in CORRELATIONS:
        raise SettingError(
            path="corrtype", expected="'pearson' or 'spearman'", found=f"{corrtype!r}"
        )
    values = np.array([numbers(column) for column in selected_columns(df, None, x, y)])
    values = values[:, np.isfinite(values).all(axis=0)]
    n = values.shape[1]
    if n < 3:
        raise SampleError(
            path=f"{x} vs. {y}", expected="at least 3 rows with finite values", found=n
        )
    rho, p = CORRELATIONS[corrtype](*values)
    ax = ax or plt.gca()
    ax.scatter(*values, **kw)
    ax.set(xlabel=x, ylabel=y, title=f"{x} vs. {y}\ncorr={rho:.3f} p={p:.1e} n={n}")
    return ax, float(rho), float(p)
