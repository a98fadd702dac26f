"""Statistics in the words of the published analyses: summaries, tests that print, and their plots.

Where a function takes `ddof`, None means what the argument's own ``.std()`` gives: over N for an
array, over N - 1 for a pandas Series. The printing tests leave out NaN; `ttest_rel_df`,
`ttest_ind_df` and `ttest_1samp_print` give NaN where there is one, as published. The t tests live
in `core.utils.t_tests` and the tests of correlations in `core.utils.correlation_tests`; here they
have their published home.
"""

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from core.errors import SampleError, SettingError
from core.utils.correlation_tests import (
    correlation_diff_test,
    test_correlation_diff,
    test_correlation_diff_df,
    trivariate_corr,
)
from core.utils.plot_utils import mean_band
from core.utils.samples import numbers, selected_columns
from core.utils.t_tests import (
    latexify_tststs,
    ttest_1samp_print,
    ttest_ind_df,
    ttest_ind_print,
    ttest_ind_print_df,
    ttest_rel_df,
    ttest_rel_print,
    ttest_rel_print_df,
)

__all__ = [
    "correlation_diff_test",
    "latexify_tststs",
    "paired_strip_plot",
    "scatter_corr",
    "shaded_errorbar",
    "shaded_errorbar_arr",
    "summary_by_block",
    "test_correlation_diff",
    "test_correlation_diff_df",
    "trivariate_corr",
    "ttest_1samp_print",
    "ttest_ind_df",
    "ttest_ind_print",
    "ttest_ind_print_df",
    "ttest_rel_df",
    "ttest_rel_print",
    "ttest_rel_print_df",
]

CORRELATIONS = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}

JITTER = 0.1
"""Standard deviation of the horizontal jitter of a strip plot; its strips are 1 apart."""


def summary_by_block(
    scores_vec: np.ndarray, gens: np.ndarray, maxgen: int | None = 100, sem: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and spread of the scores of every block of an evolution.

    Blocks run from the first that occurs to the last, but not past `maxgen`. A block with a single
    score is left out (it is most often the incomplete last one); a block without any has NaN.

    Parameters
    ----------
    scores_vec : (n_scores,)
        One score for each image.
    gens : (n_scores,)
        Block of each score; whole numbers.
    maxgen
        Last block; None for no limit.
    sem
        Give standard errors; otherwise standard deviations. Both are over N, not N - 1.

    Returns
    -------
    mean, spread, block : (n_blocks,)

    Raises
    ------
    SampleError
        If there are no scores, not one block for each, or the blocks are not whole numbers.

    Examples
    --------
    >>> mean, sem, block = summary_by_block([2.0, 4.0, 7.0, 5.0, 7.0], [0, 0, 1, 2, 2])
    >>> mean, block
    (array([3., 6.]), array([0, 2]))
    """
    scores, blocks = np.asarray(scores_vec, dtype=float), _whole_numbers(gens)
    if scores.shape != blocks.shape or scores.ndim != 1 or scores.size == 0:
        raise SampleError(
            "expected one score and one block for each image, "
            f"found shapes {scores.shape} and {blocks.shape}."
        )
    first, last = blocks.min(), blocks.max()
    last = last if maxgen is None else min(last, maxgen)
    kept = blocks <= last
    scores, index = scores[kept], blocks[kept] - first
    n_blocks = max(last - first + 1, 0)

    n_scores = np.bincount(index, minlength=n_blocks)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(index, scores, n_blocks) / n_scores
        deviation = scores - mean[index]
        spread = np.sqrt(np.bincount(index, deviation**2, n_blocks) / n_scores)
        if sem:
            spread = spread / np.sqrt(n_scores)
    shown = n_scores != 1
    return mean[shown], spread[shown], (first + np.arange(n_blocks))[shown]


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
        raise SampleError(f"expected an array of rows and columns, found shape {arr.shape}.")
    if errtype not in ("sem", "std"):
        raise SettingError(f"errtype: expected 'sem' or 'std', found {errtype!r}.")
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
        raise SettingError(f"corrtype: expected 'pearson' or 'spearman', found {corrtype!r}.")
    values = np.array([numbers(column) for column in selected_columns(df, None, x, y)])
    values = values[:, np.isfinite(values).all(axis=0)]
    n = values.shape[1]
    if n < 3:
        raise SampleError(f"{x} vs. {y}: expected at least 3 rows with finite values, found {n}.")
    rho, p = CORRELATIONS[corrtype](*values)
    ax = ax or plt.gca()
    ax.scatter(*values, **kw)
    ax.set(xlabel=x, ylabel=y, title=f"{x} vs. {y}\ncorr={rho:.3f} p={p:.1e} n={n}")
    return ax, float(rho), float(p)


def _whole_numbers(gens: np.ndarray) -> np.ndarray:
    gens = np.asarray(gens)
    with np.errstate(invalid="ignore"):
        whole = gens.astype(int)
    if not np.array_equal(whole, gens):
        raise SampleError("expected block numbers that are whole numbers, found others.")
    return whole
