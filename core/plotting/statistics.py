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
    df, msk
        Table and the rows to take (None: all); rows where one of the values is NaN are left out.
    col1, col2
        Columns.
    rng
        Generator, or its seed, of the horizontal jitter.
    ax
        By default that of a new figure.
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
    color, alpha
        Of the line and the band, and of the band.
    ax
        By default the current one.
    kw
        Passed on to the line.

    Returns
    -------
    The line.
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
    errtype
        What the band shows.
    color, alpha, ax, kw
        See `shaded_errorbar`.

    Raises
    ------
    SettingError
        If `errtype` is neither "sem" nor "std".
    SampleError
        If `arr` is not two-dimensional or has no rows.
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
        Columns.
    ax
        By default the current one.
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
