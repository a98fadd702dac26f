"""Statistics in the words of the published analyses: summaries, tests that print, and their plots.

Where a function takes `ddof`, None means what the argument's own ``.std()`` gives: over N for an
array, over N - 1 for a pandas Series. The printing tests leave out NaN; `ttest_rel_df`,
`ttest_ind_df` and `ttest_1samp_print` give NaN where there is one, as published.
"""

from core.plotting.statistics import (
    paired_strip_plot,
    scatter_corr,
    shaded_errorbar,
    shaded_errorbar_arr,
)
from core.statistics.correlation_differences import (
    correlation_diff_test,
    test_correlation_diff,
    test_correlation_diff_df,
    trivariate_corr,
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
