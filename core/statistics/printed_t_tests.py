"""Two-sided t tests that also say their means, spreads, N and degrees of freedom in one line.

All two-sample tests assume equal variances. A spread is the standard deviation, or with `sem` the
standard deviation over the root of N. Left to itself (``ddof=None``) it is what the argument's own
``.std()`` gives: over N for an array, over N - 1 for a pandas Series; hence the same numbers print
a larger spread as columns of a table. With the default ``nan_policy="omit"`` the tests leave out
NaN, and everything printed describes the values that were tested; ``legacy_dof=True`` gives the
published lines instead, in which N and df count the NaN too.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from core.errors import SampleError
from core.progress import answer
from core.statistics.samples import Numbers, numbers, selected_columns

NanPolicy = Literal["omit", "propagate", "raise"]
Printed = tuple[float, float, str] | tuple[float, float, int, str]


def ttest_rel_df(
    df: pd.DataFrame, msk: np.ndarray | None, col1: str, col2: str
) -> tuple[float, float]:
    """Paired t test of two columns; any NaN makes it NaN.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    msk : (n_rows,)
        Rows to test, bool; None for all.
    col1, col2
        Columns of numbers, paired by row.

    Returns
    -------
    scipy's result, which unpacks into (t, p); t > 0 where `col1` is larger.
    """
    return stats.ttest_rel(*map(numbers, selected_columns(df, msk, col1, col2)))


def ttest_ind_df(
    df: pd.DataFrame, msk1: np.ndarray, msk2: np.ndarray, col: str
) -> tuple[float, float]:
    """Unpaired t test of one column, one group of rows against another; NaN makes it NaN.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    msk1, msk2 : (n_rows,)
        Rows of either group, bool.
    col
        Column of numbers.

    Returns
    -------
    scipy's result, which unpacks into (t, p); t > 0 where the rows of `msk1` are larger.
    """
    [first], [second] = selected_columns(df, msk1, col), selected_columns(df, msk2, col)
    return stats.ttest_ind(numbers(first), numbers(second))


def ttest_1samp_print(
    seq: Numbers, scalar: float, *, ddof: int | None = None
) -> tuple[float, float]:
    """Test the mean of a sample against a number and print the result; any NaN makes it NaN.

    Parameters
    ----------
    seq : (n,)
        Sample.
    scalar
        Mean under the null hypothesis.
    ddof
        Delta degrees of freedom of the printed spread; None for the habit of the argument's type.

    Returns
    -------
    t, p

    Examples
    --------
    >>> t, p = ttest_1samp_print(np.array([1.0, 2.0, 3.0]), 1.5)
    2.000+-0.816 ~ 1.500 tval: 0.87, pval: 4.8e-01
    """
    values = numbers(seq)
    t, p = stats.ttest_1samp(values, scalar)
    sample = _describe(seq, values, sem=False, ddof=ddof)
    answer(f"{sample.text()} ~ {scalar:.3f} tval: {t:.2f}, pval: {p:.1e}")
    return float(t), float(p)


def ttest_rel_print(
    seq1: Numbers,
    seq2: Numbers,
    sem: bool = False,
    latex: bool = False,
    nan_policy: NanPolicy = "omit",
    output_dof: bool = False,
    *,
    ddof: int | None = None,
    legacy_dof: bool = False,
) -> Printed:
    """Paired t test of two samples, printed in one line.

    Parameters
    ----------
    seq1, seq2 : (n,)
        Paired by position.
    sem
        Print standard errors in place of standard deviations.
    latex
        Print the line for use in LaTeX; the returned string stays plain.
    nan_policy
        What scipy does with NaN; "omit" leaves out a pair if either of its values is NaN.
    output_dof
        Return the degrees of freedom too.
    ddof
        Delta degrees of freedom of the printed spread; None for the habit of the argument's type.
    legacy_dof
        Count the NaN in the printed N and df, as published.

    Returns
    -------
    t, p, text; with `output_dof` t, p, df, text
        t > 0 where `seq1` is larger; df = N - 1. With fewer than two pairs t and p are NaN.

    Raises
    ------
    SampleError
        If the samples do not have the same length.

    Examples
    --------
    >>> before, after = np.array([3.0, 5.0, 4.0, np.nan]), np.array([6.0, 7.0, 9.0, 8.0])
    >>> t, p, text = ttest_rel_print(before, after)
    4.000+-0.816 ~ 7.333+-1.247 (N=3) t=-3.78, p=6.3e-02 df=2
    >>> t, p, text = ttest_rel_print(before, after, latex=True)
    4.000\\pm0.816 ~ 7.333\\pm1.247 (N=3) t_{2}=-3.780 p=6.3\\times 10^{-2}
    """
    result = _paired(seq1, seq2, sem, nan_policy, ddof, legacy_dof)
    answer(result.line(latex))
    return result.returned(output_dof)


def ttest_ind_print(
    seq1: Numbers,
    seq2: Numbers,
    sem: bool = False,
    latex: bool = False,
    nan_policy: NanPolicy = "omit",
    output_dof: bool = False,
    *,
    ddof: int | None = None,
    legacy_dof: bool = False,
) -> Printed:
    """Unpaired t test of two samples, printed in one line.

    Parameters
    ----------
    seq1 : (n1,)
        First sample.
    seq2 : (n2,)
        Second sample.
    sem
        Print standard errors in place of standard deviations.
    latex
        Print the line for use in LaTeX; the returned string stays plain.
    nan_policy
        What scipy does with NaN; "omit" leaves out the NaN of each sample.
    output_dof
        Return the degrees of freedom too.
    ddof
        Delta degrees of freedom of the printed spread; None for the habit of the argument's type.
    legacy_dof
        Count the NaN in the printed N and df, as published.

    Returns
    -------
    t, p, text; with `output_dof` t, p, df, text
        t > 0 where `seq1` is larger; df = N1 + N2 - 2. Where one sample is empty, or each has one
        value, t and p are NaN.

    Examples
    --------
    >>> t, p, df, text = ttest_ind_print([1.0, 2.0, 3.0], [2.0, 4.0], output_dof=True)
    2.000+-0.816 (N=3) ~ 3.000+-1.000 (N=2) t=-0.95, p=4.1e-01 df=3
    """
    result = _unpaired(seq1, seq2, sem, nan_policy, ddof, legacy_dof)
    answer(result.line(latex))
    return result.returned(output_dof)


def ttest_rel_print_df(
    df: pd.DataFrame,
    msk: np.ndarray | None,
    col1: str,
    col2: str,
    sem: bool = False,
    latex: bool = False,
    output_dof: bool = False,
    *,
    nan_policy: NanPolicy = "omit",
    ddof: int | None = None,
    legacy_dof: bool = False,
) -> Printed:
    """Paired t test of two columns, printed in one line with their names in front.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    msk : (n_rows,)
        Rows to test, bool; None for all.
    col1, col2
        Columns of numbers, paired by row.
    sem
        Print standard errors in place of standard deviations.
    latex
        Print the line for use in LaTeX; the returned string stays plain.
    output_dof
        Return the degrees of freedom too.
    nan_policy
        What scipy does with NaN; "omit" leaves out a pair if either of its values is NaN.
    ddof
        Delta degrees of freedom of the printed spread; None for the habit of the argument's type.
    legacy_dof
        Count the NaN in the printed N and df, as published.

    Returns
    -------
    t, p, text; with `output_dof` t, p, df, text
        t > 0 where `col1` is larger; df = N - 1. With fewer than two pairs t and p are NaN.

    Examples
    --------
    >>> rates = pd.DataFrame({"first": [3.0, 5.0, 4.0], "last": [6.0, 7.0, 9.0]})
    >>> t, p, text = ttest_rel_print_df(rates, None, "first", "last")
    first ~ last (N=3) 4.000+-1.000 ~ 7.333+-1.528 (N=3) t=-3.78, p=6.3e-02 df=2
    """
    first, second = selected_columns(df, msk, col1, col2)
    result = _paired(first, second, sem, nan_policy, ddof, legacy_dof)
    answer(f"{col1} ~ {col2} (N={result.first.n}) {result.line(latex)}")
    return result.returned(output_dof)


def ttest_ind_print_df(
    df: pd.DataFrame,
    msk1: np.ndarray,
    msk2: np.ndarray,
    col: str,
    sem: bool = False,
    latex: bool = False,
    output_dof: bool = False,
    *,
    nan_policy: NanPolicy = "omit",
    ddof: int | None = None,
    legacy_dof: bool = False,
) -> Printed:
    """Unpaired t test of one column in two groups of rows, printed in one line with its name.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    msk1, msk2 : (n_rows,)
        Rows of either group, bool.
    col
        Column of numbers.
    sem
        Print standard errors in place of standard deviations.
    latex
        Print the line for use in LaTeX; the returned string stays plain.
    output_dof
        Return the degrees of freedom too.
    nan_policy
        What scipy does with NaN; "omit" leaves out the NaN of each sample.
    ddof
        Delta degrees of freedom of the printed spread; None for the habit of the argument's type.
    legacy_dof
        Count the NaN in the printed N and df, as published.

    Returns
    -------
    t, p, text; with `output_dof` t, p, df, text
        t > 0 where the rows of `msk1` are larger; df = N1 + N2 - 2. Where one sample is empty, or
        each has one value, t and p are NaN.

    Examples
    --------
    >>> table = pd.DataFrame({"area": ["V4", "V4", "IT", "IT"], "rate": [1.0, 3.0, 5.0, 6.0]})
    >>> is_v4 = table["area"] == "V4"
    >>> t, p, text = ttest_ind_print_df(table, is_v4, ~is_v4, "rate")
    rate (N=2) ~ (N=2) 2.000+-1.414 (N=2) ~ 5.500+-0.707 (N=2) t=-3.13, p=8.9e-02 df=2
    """
    [first], [second] = selected_columns(df, msk1, col), selected_columns(df, msk2, col)
    result = _unpaired(first, second, sem, nan_policy, ddof, legacy_dof)
    answer(f"{col} (N={result.first.n}) ~ (N={result.second.n}) {result.line(latex)}")
    return result.returned(output_dof)


def latexify_tststs(tval: float, pval: float, df: float) -> str:
    """LaTeX of a t test.

    Parameters
    ----------
    tval, pval
        Statistic and p.
    df
        Degrees of freedom.

    Examples
    --------
    >>> print(latexify_tststs(-3.2, 1.23e-5, 11))
    t_{11}=-3.200 p=1.2\\times 10^{-5}
    """
    mantissa, _, exponent = f"{pval:.1e}".partition("e")
    power = f"\\times 10^{{{int(exponent)}}}" if exponent else ""
    return f"t_{{{df:.10g}}}={tval:.3f} p={mantissa}{power}"


@dataclass(frozen=True)
class _Sample:
    """What is printed about one sample."""

    n: int
    mean: float
    spread: float

    def text(self, plus_minus: str = "+-") -> str:
        return f"{self.mean:.3f}{plus_minus}{self.spread:.3f}"


@dataclass(frozen=True)
class _Result:
    """A test of two samples, and the line that tells it."""

    t: float
    p: float
    first: _Sample
    second: _Sample
    is_paired: bool

    @property
    def df(self) -> int:
        return self.first.n - 1 if self.is_paired else self.first.n + self.second.n - 2

    def line(self, latex: bool) -> str:
        first, second = (one.text("\\pm" if latex else "+-") for one in (self.first, self.second))
        count = "" if self.is_paired else f" (N={self.first.n})"
        test = (
            latexify_tststs(self.t, self.p, self.df)
            if latex
            else f"t={self.t:.2f}, p={self.p:.1e} df={self.df}"
        )
        return f"{first}{count} ~ {second} (N={self.second.n}) {test}"

    def returned(self, output_dof: bool) -> Printed:
        text = self.line(latex=False)
        return (self.t, self.p, self.df, text) if output_dof else (self.t, self.p, text)


def _paired(
    seq1: Numbers,
    seq2: Numbers,
    sem: bool,
    nan_policy: NanPolicy,
    ddof: int | None,
    legacy_dof: bool,
) -> _Result:
    values1, values2 = numbers(seq1), numbers(seq2)
    if len(values1) != len(values2):
        raise SampleError(
            "a paired test expected two samples of one length, "
            f"found {len(values1)} and {len(values2)} values."
        )
    tested1, tested2 = values1, values2
    if nan_policy == "omit":
        complete = ~(np.isnan(values1) | np.isnan(values2))
        tested1, tested2 = values1[complete], values2[complete]
    t, p = np.nan, np.nan
    if len(tested1) > 1:
        t, p = stats.ttest_rel(tested1, tested2, nan_policy=nan_policy)
    if not legacy_dof:
        values1, values2 = tested1, tested2
    first, second = _describe(seq1, values1, sem, ddof), _describe(seq2, values2, sem, ddof)
    return _Result(float(t), float(p), first, second, is_paired=True)


def _unpaired(
    seq1: Numbers,
    seq2: Numbers,
    sem: bool,
    nan_policy: NanPolicy,
    ddof: int | None,
    legacy_dof: bool,
) -> _Result:
    values1, values2 = numbers(seq1), numbers(seq2)
    tested1, tested2 = values1, values2
    if nan_policy == "omit":
        tested1, tested2 = values1[~np.isnan(values1)], values2[~np.isnan(values2)]
    t, p = np.nan, np.nan
    if min(len(tested1), len(tested2)) > 0 and len(tested1) + len(tested2) > 2:
        t, p = stats.ttest_ind(tested1, tested2, nan_policy=nan_policy)
    if not legacy_dof:
        values1, values2 = tested1, tested2
    first, second = _describe(seq1, values1, sem, ddof), _describe(seq2, values2, sem, ddof)
    return _Result(float(t), float(p), first, second, is_paired=False)


def _describe(seq: Numbers, values: np.ndarray, sem: bool, ddof: int | None) -> _Sample:
    """N, mean and spread of `values`, by the habits of the type that `seq` has."""
    n = len(values)
    if isinstance(seq, pd.Series):
        # a Series skips NaN in its mean and spread, where an array lets them through
        values, ddof = values[~np.isnan(values)], 1 if ddof is None else ddof
    ddof = ddof or 0
    mean = values.mean() if len(values) else np.nan
    spread = values.std(ddof=ddof) if len(values) > ddof else np.nan
    return _Sample(n, float(mean), float(spread / np.sqrt(n) if sem and n else spread))
