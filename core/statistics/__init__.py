"""Numbers in, tests and fits out; nothing is drawn."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "analysis": ["PUBLISHED", "AnalysisSettings"],
        "comparisons": [
            "TTest",
            "ZTest",
            "benjamini_hochberg",
            "paired",
            "two_proportions",
            "two_sample",
        ],
        "correlation_differences": ["correlation_diff_test"],
        "gaussian_process": ["GaussianProcess", "fit_gpr"],
        "intervals": [
            "beta_interval",
            "bootstrap_mean_interval",
            "population_sem",
            "wilson_interval",
        ],
        "linear_models": ["least_squares", "likelihood_ratio"],
        "linearity": ["linearity_table", "ridge_r2"],
        "masks": [
            "area",
            "long_enough",
            "mask_table",
            "success",
            "success_labels",
            "success_of_last_block",
            "success_with_rise",
            "success_without_variation",
            "unstable_baseline",
            "valid",
        ],
        "rank_effects": ["Median", "RankSum", "median_with_errors", "rank_sum_effect"],
        "rank_permutations": ["RankTest", "rank_sum", "signed_rank"],
        "similarity": ["correlation", "cosine_similarity"],
        "summaries": ["Convergence", "convergence", "summary_by_block"],
        "tuning_axes": ["Axis", "AxisFits", "axes", "fit_axis"],
        "tuning_curves": ["anova", "fit_gaussian", "fit_line", "level_means", "shape_flags"],
        "windows": ["BASELINE", "EVOKED", "Window", "window_rate"],
    },
)
