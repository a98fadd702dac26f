"""Statistics in the words of the published analyses: summaries, tests that print, and their plots.

Where a function takes `ddof`, None means what the argument's own ``.std()`` gives: over N for an
array, over N - 1 for a pandas Series. The printing tests leave out NaN; `ttest_rel_df`,
`ttest_ind_df` and `ttest_1samp_print` give NaN where there is one, as published.
"""

import warnings

import numpy as np

from core.plotting.statistics import (
    paired_strip_plot,
    scatter_corr,
    shaded_errorbar,
    shaded_errorbar_arr,
)
from core.statistics.correlation_differences import (
    correlation_diff_test,
    correlations,
    test_correlation_diff,
    test_correlation_diff_df,
)
from core.statistics.printed_t_tests import (
    latexify_tststs,
    ttest_1samp_print,
    ttest_ind_df,
    ttest_ind_print,
    ttest_ind_print_df,
    ttest_rel_df,
    ttest_rel_print,
    ttest_rel_print_df,
)
from core.statistics.samples import Numbers
from core.statistics.summaries import summary_by_block

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


def trivariate_corr(x: Numbers, y: Numbers, z: Numbers) -> float:
    """A published combination of three correlations that is no recognised statistic.

    It can be negative and has no bound. With q = 2 r_xy r_xz r_yz and s the sum of the squared
    correlations it is (s + q) / (1 - s + q).

    Deprecated: nothing uses it, and it stays for comparison only.

    Parameters
    ----------
    x, y, z : (n,)
        Positions where one of them is not finite are left out.
    """
    warnings.warn(
        "trivariate_corr is deprecated: it is not a recognised statistic and has no bound.",
        DeprecationWarning,
        stacklevel=2,
    )
    r_xy, r_xz, r_yz, _ = correlations(x, y, z)
    squares = r_xy**2 + r_xz**2 + r_yz**2
    product = 2 * r_xy * r_xz * r_yz
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((squares + product) / (1 - squares + product))
