"""Numbers of Figure 6, panels C to E: fits of an axis, maps of rates, shapes and peaks of axes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.statistics.comparisons import ZTest, two_proportions
from core.statistics.intervals import bootstrap_mean_interval, wilson_interval
from core.statistics.tuning_axes import AxisFits
from figure_reproduction.panels import Statistics

SPACES = ("class", "noise")

OUTCOME_IDS = {"success": "success", "failure": "fail"}
"""Word of the published ids for each table of panel D."""

COLOR_QUANTILES = (0.02, 0.98)
"""Quantiles of the rates at both ends of the colour scale of panel D."""

LEVEL = 0.01
"""Level of the analysis of variance that selects axes in panel E."""

GROUPS = {"success": True, "nonsuccess": False}
"""Whether the evolution succeeded, by the word of the published ids."""

SHAPES = ("bellshaped", "monotonic", "unimodal")

ALTERNATIVES = {"bellshaped": "greater", "monotonic": "less"}
"""How the share among axes of successful evolutions is tested against that of the others."""

PEAK_BINS = (-0.4, -0.32, -0.24, -0.16, 0.0, 0.16, 0.24, 0.32, 0.4)
"""Distances at which axes can peak, panel E."""

BIN_TOLERANCE = 1e-6

Shapes = dict[tuple[str, str], "Share"]
"""Shares of axes by (group, shape)."""

Peaks = dict[tuple[str, float], "Share"]
"""Shares of axes by (group, distance of the peak)."""


@dataclass(frozen=True)
class Share:
    """`count` of `total` axes, and the 95 % interval of their share; NaN where there is no axis.

    Examples
    --------
    >>> Share(86, 344, 0.21, 0.30).fraction
    0.25
    """

    count: int
    total: int
    low: float
    high: float

    @property
    def fraction(self) -> float:
        """The share."""
        return self.count / self.total if self.total else np.nan


def tuning_map(averages: pd.DataFrame, space: str) -> pd.DataFrame:
    """Mean rates of one space; panel D.

    Parameters
    ----------
    averages
        The table of panel D.
    space
        ``class`` or ``noise``.

    Returns
    -------
    (n_axes, n_distances)
        events/s, by rank of the eigenvector and distance; NaN where there is none.

    Examples
    --------
    >>> averages = pd.DataFrame(
    ...     {"space_name": "class", "eig_id": [0, 0], "lin_dist": [0.0, 0.4]}
    ... )
    >>> tuning_map(averages.assign(pref_unit_resp=[10.0, 30.0]), "class").to_numpy()
    array([[10., 30.]])
    """
    rows = averages[averages["space_name"] == space]
    return rows.pivot(index="eig_id", columns="lin_dist", values="pref_unit_resp")


def color_limits(averages: pd.DataFrame) -> tuple[float, float]:
    """Rates at both ends of the colour scale, from the cells of both spaces; panel D.

    Examples
    --------
    >>> color_limits(pd.DataFrame({"pref_unit_resp": np.arange(101.0)}))
    (2.0, 98.0)
    """
    low, high = np.quantile(averages["pref_unit_resp"], COLOR_QUANTILES)
    return float(low), float(high)


def significant_common(shapes: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Axes of the shape table that panel E counts.

    Parameters
    ----------
    shapes
        The table of shapes.
    level
        Level that p of the analysis of variance must stay below.

    Examples
    --------
    >>> shapes = pd.DataFrame({"anova_p_value": [0.001, 0.5], "is_common_axis": True})
    >>> len(significant_common(shapes))
    1
    """
    return shapes[(shapes["anova_p_value"] < level) & shapes["is_common_axis"]]


def common_peaks(peaks: pd.DataFrame) -> pd.DataFrame:
    """Common axes of the table of peaks; all where it does not tell.

    Examples
    --------
    >>> len(common_peaks(pd.DataFrame({"is_common_axis": [True, False]})))
    1
    """
    return peaks[peaks["is_common_axis"]] if "is_common_axis" in peaks else peaks


def significant_peaks(peaks: pd.DataFrame) -> pd.DataFrame:
    """Axes of the table of peaks that panel E counts, out of the common ones."""
    return peaks[peaks["p_value"] < LEVEL]


def shape_shares(shapes: pd.DataFrame, rng: np.random.Generator) -> Shapes:
    """Axes of each shape with bootstrap intervals, by (group, shape); panel E.

    Parameters
    ----------
    shapes
        The table of shapes.
    rng
        Generator of the resamples.
    """
    chosen, shares = significant_common(shapes), {}
    for group, success in GROUPS.items():
        axes = chosen[chosen["is_BigGAN_evol_success"] == success]
        for shape in SHAPES:
            flags = axes[f"gpr_y_is_{shape}"].to_numpy(bool)
            interval = bootstrap_mean_interval(flags, rng) if len(flags) else (np.nan, np.nan)
            shares[group, shape] = Share(int(flags.sum()), len(flags), *interval)
    return shares


def compare_shapes(shares: Shapes) -> dict[str, ZTest]:
    """One-sided tests of successful against other evolutions, by shape; panel E.

    Examples
    --------
    >>> success, other = Share(80, 100, 0.7, 0.9), Share(20, 100, 0.1, 0.3)
    >>> shares = {("success", shape): success for shape in SHAPES}
    >>> tests = compare_shapes(shares | {("nonsuccess", shape): other for shape in SHAPES})
    >>> tests["bellshaped"].p < 0.01, tests["monotonic"].p < 0.01
    (True, False)
    """
    tests = {}
    for shape, alternative in ALTERNATIVES.items():
        counts = [
            number
            for group in GROUPS
            for number in (shares[group, shape].count, shares[group, shape].total)
        ]
        tests[shape] = two_proportions(*counts, alternative)
    return tests


def peak_shares(peaks: pd.DataFrame) -> Peaks:
    """Axes that peak in each bin with Wilson intervals, by (group, distance); panel E.

    Axes that peak elsewhere count in the total.

    Examples
    --------
    >>> at = {"max_resp_lin_dist_bin": [0.0, 0.4], "is_BigGAN_evol_success": True}
    >>> shares = peak_shares(pd.DataFrame({"p_value": [0.001, 0.001], **at}))
    >>> shares["success", 0.0].fraction, shares["nonsuccess", 0.0].total
    (0.5, 0)
    """
    chosen, shares = significant_peaks(peaks), {}
    for group, success in GROUPS.items():
        at = chosen.loc[chosen["is_BigGAN_evol_success"] == success, "max_resp_lin_dist_bin"]
        for distance in PEAK_BINS:
            count = int(np.isclose(at, distance, rtol=0, atol=BIN_TOLERANCE).sum())
            low, high = map(float, wilson_interval(count, len(at)))
            shares[group, distance] = Share(count, len(at), low, high)
    return shares


def axis_statistics(fits: AxisFits) -> Statistics:
    """Numbers of panel C by published id."""
    return {f"fig6c.{name}": value for name, value in _axis_statistics(fits).items()}


def map_statistics(averages: dict[str, pd.DataFrame]) -> Statistics:
    """Numbers of panel D by published id."""
    results: Statistics = {}
    for outcome, table in averages.items():
        numbers = _map_statistics(table)
        results |= {f"fig6d.{OUTCOME_IDS[outcome]}.{name}": n for name, n in numbers.items()}
    return results


def shape_statistics(table: pd.DataFrame, shapes: Shapes) -> Statistics:
    """Numbers of panel E, first, by published id.

    Parameters
    ----------
    table
        The table of shapes.
    shapes
        Shares of axes, as `shape_shares` gives them.
    """
    results: Statistics = {}
    for (group, shape), share in shapes.items():
        name = f"fig6e.shape.{group}"
        results[f"{name}.n"] = share.total
        results |= {
            f"{name}.{shape}.count": share.count,
            f"{name}.{shape}.fraction": share.fraction,
        }
    for shape, test in compare_shapes(shapes).items():
        name = f"fig6e.shape.ztest.{shape}"
        results |= {f"{name}.z": test.z, f"{name}.p": test.p}
    return results | {f"fig6e.table.{name}": n for name, n in _table_statistics(table).items()}


def peak_statistics(peaks: Peaks) -> Statistics:
    """Numbers of panel E, second, by published id."""
    results: Statistics = {}
    for (group, distance), share in peaks.items():
        results[f"fig6e.peak.{group}.n"] = share.total
        name = f"fig6e.peak.{group}.bin{_level(distance)}"
        results |= {
            f"{name}.count": share.count,
            f"{name}.fraction": share.fraction,
            f"{name}.ci_low": share.low,
            f"{name}.ci_high": share.high,
        }
    return results


def _axis_statistics(fits: AxisFits) -> Statistics:
    return {
        "n_trials": int(fits.levels.n.sum()),
        "n_levels": len(fits.levels.n),
        "gauss.amplitude": fits.gaussian.amplitude,
        "gauss.mean": fits.gaussian.center,
        "gauss.std": fits.gaussian.sigma,
        "gauss.baseline": fits.gaussian.offset,
        "gauss.R2": fits.gaussian.r2,
        "ols.slope": fits.line.slope,
        "ols.intercept": fits.line.intercept,
        "ols.R2": fits.line.r2,
        "gpr.const_sqrt": float(np.sqrt(fits.process.signal_variance)),
        "gpr.length_scale": fits.process.length_scale,
        "gpr.noise_level": fits.process.noise_variance,
        "gpr.R2": fits.process.r2,
        "anova.F": fits.anova.F,
        "anova.p": fits.anova.p,
    }


def _map_statistics(averages: pd.DataFrame) -> Statistics:
    low, high = color_limits(averages)
    results = {
        "n_rows": len(averages),
        "clim_low": low,
        "clim_high": high,
        "bsl_mean": float(averages["bsl_mean"].iloc[0]),
        "bsl_sem": float(averages["bsl_sem"].iloc[0]),
        "n_repeats_sum": int(averages["n_repeats"].sum()),
    }
    for space in SPACES:
        rates = tuning_map(averages, space)
        results[f"n_{space}_axes"] = len(rates)
        for (eig_id, distance), rate in rates.stack().items():
            results[f"{space}{eig_id}.lin{_level(distance)}"] = float(rate)
    return results


def _table_statistics(shapes: pd.DataFrame) -> Statistics:
    success, common = shapes["is_BigGAN_evol_success"], shapes["is_common_axis"]
    return {
        "n_axes_all": len(shapes),
        "n_axes_common": int(common.sum()),
        "n_axes_common_p01": len(significant_common(shapes)),
        "n_axes_p01": int((shapes["anova_p_value"] < LEVEL).sum()),
        "n_exp_id_all": shapes["Exp_id"].nunique(),
        "n_exp_id_common": shapes.loc[common, "Exp_id"].nunique(),
        "n_exp_id_success": shapes.loc[success, "Exp_id"].nunique(),
        "n_exp_id_nonsuccess": shapes.loc[~success, "Exp_id"].nunique(),
    }


def _level(distance: float) -> str:
    """A distance as it stands in published ids: -0.16 is m0p16."""
    # adding 0 takes the sign off a negative zero
    return str(round(float(distance), 6) + 0.0).replace("-", "m").replace(".", "p")
