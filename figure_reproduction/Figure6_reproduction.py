"""Figure 6, panels C to E: tuning along the Hessian eigenvectors of BigGAN.

Reads the folder ``Fig6`` through the contract. Runs alone: ``python Figure6_reproduction.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from core.contract import fig6
from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.source_data import SourceData
from core.errors import ContractError, MissingFileError
from core.figures import FIGURES
from core.plotting.colormaps import parula
from core.statistics.comparisons import ZTest, two_proportions
from core.statistics.gaussian_process import GaussianProcess, fit_gpr
from core.statistics.intervals import bootstrap_mean_interval, wilson_interval
from core.statistics.tuning_curves import (
    Anova,
    Gaussian,
    Levels,
    Line,
    anova,
    fit_gaussian,
    fit_line,
    level_means,
)
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.script import run_script

SPACES = ("class", "noise")
EXAMPLE_AXIS = ("class", 0)
"""Space and rank of the eigenvector of panel C."""

PUBLISHED_EXAMPLE = ("B-07092020-003", "5B")
"""Recording and unit of panel C, whose published file does not name them."""

PUBLISHED_RECORDINGS = (
    "B-07092020-003",
    "Beto-07092020-003",
    "Caos-12102024-003",
    "Alfa-08092020-004",
)
"""Example recordings of panels C and D."""

OUTCOME_IDS = {"success": "success", "failure": "fail"}
"""Word of the published ids for each table of panel D."""

FAILURE_AXES = (0, 1, 2, 3, 6, 9, 13, 21, 30, 60)
"""Class axes that the published map of the failed evolution shows."""

COLOR_QUANTILES = (0.02, 0.98)
LEVEL = 0.01
"""Of the analysis of variance that selects axes in panel E."""

GROUPS = {"success": True, "nonsuccess": False}
SHAPES = ("bellshaped", "monotonic", "unimodal")
DRAWN_SHAPES = {"bellshaped": "bell-shaped", "monotonic": "monotonic"}
ALTERNATIVES = {"bellshaped": "greater", "monotonic": "less"}
"""Of the share among axes of successful evolutions against that of the others."""

MIN_LABELLED = 0.1
"""Share of the y axis that a bar must fill to hold its label."""

_SUCCESS_NOTES = (
    "Success compares the last block with the first (p < 0.01, BigGAN, whatever the sign), not the "
    "best block as elsewhere.",
    "It is shared by the recordings of one Exp_id.",
)

PEAK_BINS = (-0.4, -0.32, -0.24, -0.16, 0.0, 0.16, 0.24, 0.32, 0.4)
BIN_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Figure6Data:
    """What is drawn; None stands for a file that is not there, and `missing` says so by panel.

    `averages` is by outcome; `peaks` holds common axes only, where the file tells them.
    """

    example: "ExampleAxis | None"
    averages: dict[str, pd.DataFrame]
    shapes: pd.DataFrame | None
    peaks: pd.DataFrame | None
    missing: dict[str, str]


@dataclass(frozen=True)
class ExampleAxis:
    """Trials along the axis of panel C: rates `y`, events/s, at distances `x` (n_trials,).

    `origin_added` says that the axis has no trial at 0 and borrows those of the others.
    """

    recording: str
    unit: str
    x: np.ndarray
    y: np.ndarray
    origin_added: bool


@dataclass(frozen=True)
class AxisFits:
    """Everything that panel C says about an axis."""

    levels: Levels
    gaussian: Gaussian
    line: Line
    process: GaussianProcess
    anova: Anova


@dataclass(frozen=True)
class Share:
    """`count` of `total` axes, and the 95 % interval of their share; NaN where there is no axis."""

    count: int
    total: int
    low: float
    high: float

    @property
    def fraction(self) -> float:
        """The share."""
        return self.count / self.total if self.total else np.nan


def read(source: SourceData) -> Figure6Data:
    """Read the files of the figure that are there.

    Raises
    ------
    MissingFileError
        If none of them is.
    ContractError
        If a file is not as described, the example axis has no trial, or a table of averages has no
        class axis, two recordings, or two rates for one cell.
    """
    missing: dict[str, str] = {}

    def there(panel: str, read_one: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return read_one(source, *arguments)
        except MissingFileError as error:
            missing[panel] = f"{missing[panel]} {error}" if panel in missing else str(error)
            return None

    averages = {outcome: there("D", _averages, outcome) for outcome in fig6.AVERAGES}
    data = Figure6Data(
        example=there("C", _example_axis),
        averages={outcome: table for outcome, table in averages.items() if table is not None},
        shapes=there("E", SourceData.read, fig6.SHAPES),
        peaks=there("E", _peaks),
        missing=missing,
    )
    if data.example is data.shapes is data.peaks is None and not data.averages:
        raise MissingFileError(path=source.root / fig6.FOLDER, expected="files", found="none")
    return data


def _example_axis(source: SourceData) -> ExampleAxis:
    axis = axis_trials(source.read(fig6.SINGLE_TRIALS), *EXAMPLE_AXIS)
    if len(axis) == 0:
        raise ContractError(
            path=source.path(fig6.SINGLE_TRIALS), expected="trials on class axis 0", found="none"
        )
    recording, unit = _example(source)
    return ExampleAxis(
        recording=recording,
        unit=unit,
        x=axis["lin_dist"].to_numpy(float),
        y=axis["pref_unit_resp"].to_numpy(float),
        origin_added=not _on_axis(axis, *EXAMPLE_AXIS).all(),
    )


def _peaks(source: SourceData) -> pd.DataFrame:
    peaks = source.read(fig6.PEAKS)
    return peaks[peaks["is_common_axis"]] if "is_common_axis" in peaks else peaks


def axis_trials(trials: pd.DataFrame, space: str, eig_id: int) -> pd.DataFrame:
    """Trials of one axis; where it has none at distance 0, with those of all axes of both spaces.

    `trials` are those of a recording, as in the file of panel C.
    """
    own = trials[_on_axis(trials, space, eig_id)]
    if len(own) == 0 or (own["lin_dist"] == 0).any():
        return own
    return pd.concat([own, trials[trials["lin_dist"] == 0]])


def fit_axis(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> AxisFits:
    """Fit single trials, rates `y` at distances `x` (n_trials,); panel C."""
    return AxisFits(
        level_means(x, y), fit_gaussian(x, y), fit_line(x, y), fit_gpr(x, y, rng), anova(x, y)
    )


def tuning_map(averages: pd.DataFrame, space: str) -> pd.DataFrame:
    """Mean rates of one space, eigenvectors x distances, NaN where there is none; panel D."""
    rows = averages[averages["space_name"] == space]
    return rows.pivot(index="eig_id", columns="lin_dist", values="pref_unit_resp")


def color_limits(averages: pd.DataFrame) -> tuple[float, float]:
    """Rates at both ends of the colour scale, from the cells of both spaces; panel D."""
    low, high = np.quantile(averages["pref_unit_resp"], COLOR_QUANTILES)
    return float(low), float(high)


def significant_common(shapes: pd.DataFrame) -> pd.DataFrame:
    """Axes of the shape table that panel E counts."""
    return shapes[(shapes["anova_p_value"] < LEVEL) & shapes["is_common_axis"]]


def significant_peaks(peaks: pd.DataFrame) -> pd.DataFrame:
    """Axes of the table of peaks that panel E counts, out of the common ones."""
    return peaks[peaks["p_value"] < LEVEL]


def shape_shares(shapes: pd.DataFrame, rng: np.random.Generator) -> dict[tuple[str, str], Share]:
    """Axes of each shape with bootstrap intervals, by (group, shape); panel E."""
    chosen, shares = significant_common(shapes), {}
    for group, success in GROUPS.items():
        axes = chosen[chosen["is_BigGAN_evol_success"] == success]
        for shape in SHAPES:
            flags = axes[f"gpr_y_is_{shape}"].to_numpy(bool)
            interval = bootstrap_mean_interval(flags, rng) if len(flags) else (np.nan, np.nan)
            shares[group, shape] = Share(int(flags.sum()), len(flags), *interval)
    return shares


def compare_shapes(shares: dict[tuple[str, str], Share]) -> dict[str, ZTest]:
    """One-sided tests of successful against other evolutions, by shape; panel E."""
    tests = {}
    for shape, alternative in ALTERNATIVES.items():
        counts = [
            number
            for group in GROUPS
            for number in (shares[group, shape].count, shares[group, shape].total)
        ]
        tests[shape] = two_proportions(*counts, alternative)
    return tests


def peak_shares(peaks: pd.DataFrame) -> dict[tuple[str, float], Share]:
    """Axes that peak in each bin with Wilson intervals, by (group, distance); panel E.

    Axes that peak elsewhere count in the total.
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


def shape_statistics(table: pd.DataFrame, shapes: dict[tuple[str, str], Share]) -> Statistics:
    """Numbers of panel E, first, by published id."""
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


def peak_statistics(peaks: dict[tuple[str, float], Share]) -> Statistics:
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


def draw_axis(ax: Axes, x: np.ndarray, y: np.ndarray, fits: AxisFits) -> None:
    """Panel C: single trials of an axis, their means, and the three fits."""
    levels = fits.levels
    grid, mean, std = fits.process.curve()
    handles = [
        *ax.plot(x, y, "o", alpha=0.5, mec="none", label="data"),
        ax.errorbar(
            levels.x,
            levels.mean,
            yerr=levels.sd,
            fmt="D",
            color="C1",
            ms=5,
            capsize=5,
            alpha=0.5,
            label="mean ± std",
        ),
        *ax.plot(grid, fits.gaussian.predict(grid), color="black", label="Gaussian fit"),
        *ax.plot(grid, fits.line.predict(grid), "--", color="magenta", label="OLS fit"),
        *ax.plot(grid, mean, color="red", label="GPR mean"),
        ax.fill_between(
            grid, mean - std, mean + std, color="red", alpha=0.2, lw=0, label="GPR std"
        ),
    ]
    ax.set(xlabel="Linear Distance", ylabel="Response (events/s)")
    ax.legend(handles=handles, fontsize=8, framealpha=0.6)


def axis_title(recording: str, unit: str, fits: AxisFits) -> str:
    """The five lines above panel C."""
    space, eig_id = EXAMPLE_AXIS
    gaussian, line, process = fits.gaussian, fits.line, fits.process
    return "\n".join(
        [
            f"{recording} | Pref Chan {unit} | {space} {eig_id} axis",
            f"Gauss: Ampl={gaussian.amplitude:.2f} Mean={gaussian.center:.2f} "
            f"Std={gaussian.sigma:.2f} Bsl={gaussian.offset:.2f} [R2={gaussian.r2:.2f}]",
            f"OLS: Slope={line.slope:.2f} Int={line.intercept:.2f} [R2={line.r2:.2f}]",
            f"GPR: {np.sqrt(process.signal_variance):.3g}² RBF({process.length_scale:.3g}) + "
            f"White({process.noise_variance:.3g}) [R2={process.r2:.2f}]",
            f"ANOVA: F-val: {fits.anova.F:.2f} | p-val: {fits.anova.p:.1e}",
        ]
    )


def draw_map(
    ax: Axes, rates: pd.DataFrame, limits: tuple[float, float], annotated: bool
) -> AxesImage:
    """One map of panel D: mean rates (n_axes, n_distances), events/s, with a colour bar."""
    image = ax.imshow(rates.to_numpy(), cmap=parula, vmin=limits[0], vmax=limits[1])
    ax.set_xticks(range(rates.shape[1]), [f"{distance:g}" for distance in rates], rotation=45)
    ax.set_yticks(range(rates.shape[0]), rates.index)
    ax.set(xlabel="Linear Distance", ylabel="Eigenvalue ID")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, label="Response (events/s)")
    if annotated:
        for (row, column), rate in np.ndenumerate(rates.to_numpy()):
            if np.isfinite(rate):
                color = _readable_on(image.to_rgba(rate))
                ax.text(column, row, f"{rate:.1f}", color=color, size=8, ha="center", va="center")
    return image


def draw_both_maps(figure: Figure, averages: pd.DataFrame) -> None:
    """Panel D, success: the maps of class and noise axes, with their rates in the cells."""
    for ax, space in zip(figure.subplots(1, len(SPACES)), SPACES, strict=True):
        rates = tuning_map(averages, space)
        ax.set_title(f"{space} space")
        if rates.empty:
            ax.set_axis_off()
        else:
            draw_map(ax, rates, color_limits(averages), annotated=True)


def draw_failed_map(ax: Axes, averages: pd.DataFrame) -> None:
    """Panel D, failure: the published class axes, or all where none of them is there."""
    rates = tuning_map(averages, "class")
    shown = rates.loc[rates.index.isin(FAILURE_AXES)]
    draw_map(ax, rates if shown.empty else shown, color_limits(averages), annotated=False)
    ax.set_title("class space (failed evolution)")


def draw_shapes(ax: Axes, shares: dict[tuple[str, str], Share]) -> None:
    """Panel E, first: share of bell-shaped and monotonic axes by evolution success."""
    width = 0.4
    for i, (shape, label) in enumerate(DRAWN_SHAPES.items()):
        x = np.arange(len(GROUPS)) + width * (i - 0.5)
        of_groups = [shares[group, shape] for group in GROUPS]
        heights = [share.fraction for share in of_groups]
        ax.bar(x, heights, width, color=f"C{i}", label=label)
        ax.errorbar(x, heights, yerr=_errors(of_groups), fmt="none", ecolor="0.26", elinewidth=2)
    ax.set_ylim(bottom=0)
    for i, shape in enumerate(DRAWN_SHAPES):
        for x, group in enumerate(GROUPS):
            share = shares[group, shape]
            text = f"{share.fraction:.2f}\n{share.count}/{share.total}"
            _label_bar(ax, x + width * (i - 0.5), share.fraction / 2, share, text, weight="bold")
    ax.set_xticks(range(len(GROUPS)), map(str, GROUPS.values()))
    ax.set(
        xlabel="BigGAN evolution success",
        ylabel="Fraction of tuning axis",
        xlim=(-0.5, len(GROUPS) - 0.5),
    )
    ax.legend(loc="upper right", frameon=False)


def draw_peaks(figure: Figure, shares: dict[tuple[str, float], Share]) -> None:
    """Panel E, second: where the axes of successful and of other evolutions peak."""
    axes = figure.subplots(1, len(GROUPS), sharey=True)
    x = np.arange(len(PEAK_BINS))
    for ax, group in zip(axes, GROUPS, strict=True):
        of_bins = [shares[group, distance] for distance in PEAK_BINS]
        heights = [share.fraction for share in of_bins]
        ax.bar(x, heights, color="black")
        ax.errorbar(
            x, heights, yerr=_errors(of_bins), fmt="none", ecolor="red", capsize=3, elinewidth=1.5
        )
        words = "Successful" if GROUPS[group] else "Non-successful"
        ax.set(title=f"{words} [N={of_bins[0].total}]", xlabel="Peak Location on Axis")
        ax.set_xticks(x, [f"{distance:g}" for distance in PEAK_BINS], rotation=45)
    axes[0].set(ylabel="Fraction", ylim=(0, None))
    for ax, group in zip(axes, GROUPS, strict=True):
        for i, distance in enumerate(PEAK_BINS):
            share = shares[group, distance]
            _label_bar(ax, i, 0, share, str(share.count), size=9)


def reproduce(source: SourceData, rng: np.random.Generator) -> Reproduction:
    """Draw all panels whose files are there."""
    data = read(source)
    panels: list[Panel] = []
    results: Statistics = {}
    if data.example is not None:
        fits = fit_axis(data.example.x, data.example.y, rng)
        panels.append(_panel_c(data.example, fits))
        results |= axis_statistics(fits)
    panels += [_panel_d(outcome, averages) for outcome, averages in data.averages.items()]
    results |= map_statistics(data.averages)
    if data.shapes is not None:
        shapes = shape_shares(data.shapes, rng)
        panels.append(_panel_e_shape(shapes))
        results |= shape_statistics(data.shapes, shapes)
    if data.peaks is not None:
        peaks = peak_shares(data.peaks)
        panels.append(_panel_e_peak(data, peaks))
        results |= peak_statistics(peaks)
    return Reproduction(tuple(panels), results, unavailable=data.missing)


def _panel_c(example: ExampleAxis, fits: AxisFits) -> Panel:
    figure, ax = plt.subplots(figsize=(5, 6))
    draw_axis(ax, example.x, example.y, fits)
    figure.suptitle(axis_title(example.recording, example.unit, fits), fontsize=10)
    notes = (
        "R2 of the Gaussian and the Gaussian process is 1 - var(residual) / var(rate), which does "
        "not count a mean offset of the residual.",
        "The Gaussian process depends on the optimiser; its restarts are seeded here and were not "
        "in the published script.",
    )
    if example.origin_added:
        notes += (
            "The axis has no trial at distance 0; those of all axes of both spaces are added.",
        )
    notes += _substitute_note(example.recording)
    caption = f"{len(example.x)} single trials along the first class eigenvector, with three fits"
    return Panel("C", "", figure, caption, notes)


def _substitute_note(recording: str) -> tuple[str, ...]:
    if recording.removesuffix(SIMULATED_SUFFIX) in PUBLISHED_RECORDINGS:
        return ()
    return (
        "Not the published example, whose evolution came out otherwise here or which is not there: "
        f"{recording} is the first recording that fits.",
    )


def _panel_d(outcome: str, averages: pd.DataFrame) -> Panel:
    recording, unit = averages[["ephysFN", "prefchan_str"]].iloc[0]
    notes = (
        "Eigenvalue ID is the rank of the eigenvector. The colour scale ends at the 0.02 and 0.98 "
        "quantiles of all cells of both spaces.",
    )
    if outcome == "success":
        figure = plt.figure(figsize=(13, 6))
        draw_both_maps(figure, averages)
        figure.suptitle(f"Preferred Unit Response\n{recording} | Pref Channel {unit}")
    else:
        figure, ax = plt.subplots(figsize=(4.5, 4))
        draw_failed_map(ax, averages)
        notes += ("Noise axes are not shown, nor class axes other than the published ten.",)
    notes += _substitute_note(recording)
    for space in SPACES:
        if not (averages["space_name"] == space).any():
            notes += (f"The recording has no axis in {space} space.",)
    words = "succeeded" if outcome == "success" else "failed"
    caption = f"Mean rates along eigenvectors; the evolution of unit {unit} ({recording}) {words}"
    return Panel("D", outcome, figure, caption, notes)


def _panel_e_shape(shares: dict[tuple[str, str], Share]) -> Panel:
    figure, ax = plt.subplots(figsize=(4.5, 6))
    draw_shapes(ax, shares)
    figure.suptitle(
        "Tuning curve shape type as a function of\nBigGAN evolution success\n"
        "[signif axis, ANOVA p < 0.01, tuning axis = [-0.4, 0.4]]",
        fontsize=10,
    )
    tests = "; ".join(
        f"{DRAWN_SHAPES[shape]}, success {ALTERNATIVES[shape]}: z = {test.z:.2f}, p = {test.p:.1e}"
        for shape, test in compare_shapes(shares).items()
    )
    notes = (
        f"Two-proportion z tests, one-sided: {tests}.",
        "Bell-shaped and monotonic do not exclude each other.",
        *_SUCCESS_NOTES,
    )
    caption = "Shape of significant tuning axes; bars are 95 % bootstrap intervals"
    return Panel("E", "shape", figure, caption, notes)


def _panel_e_peak(data: Figure6Data, shares: dict[tuple[str, float], Share]) -> Panel:
    figure = plt.figure(figsize=(6.5, 3.5))
    draw_peaks(figure, shares)
    figure.suptitle(
        "Peak Response Location for successful vs non-successful evolution\n"
        "[Tuning Axis Signif. p < 0.01]",
        fontsize=10,
    )
    notes = (*peak_notes(data, shares), *_SUCCESS_NOTES)
    caption = "Distance of the largest mean response; red bars are 95 % Wilson intervals"
    return Panel("E", "peak", figure, caption, notes)


def peak_notes(data: Figure6Data, shares: dict[tuple[str, float], Share]) -> tuple[str, ...]:
    """What the table of peaks says that the panel does not show, and where it contradicts itself.

    Returns
    -------
    Sentences on axes that may not be common, on axes without a bar, and on numbers of axes that
    differ from the shape table's.
    """
    notes = []
    if "is_common_axis" not in data.peaks:
        notes.append("The table does not say which axes are common; it is taken to hold no others.")
    at = significant_peaks(data.peaks)["max_resp_lin_dist_bin"].to_numpy(float)
    elsewhere = at[~np.isclose(at[:, None], PEAK_BINS, rtol=0, atol=BIN_TOLERANCE).any(axis=1)]
    if len(elsewhere):
        values = ", ".join(f"{value:g}" for value in np.unique(elsewhere))
        notes.append(f"{len(elsewhere)} axes peak outside the nine bins, at {values}.")
    if data.shapes is None:
        return tuple(notes)
    success = significant_common(data.shapes)["is_BigGAN_evol_success"]
    expected = [int((success == of_group).sum()) for of_group in GROUPS.values()]
    found = [shares[group, PEAK_BINS[0]].total for group in GROUPS]
    if found != expected:
        notes.append(
            f"The tables DISAGREE: {found[0]} successful and {found[1]} other axes are common and "
            f"significant here, {expected[0]} and {expected[1]} in the table of shapes."
        )
    return tuple(notes)


def _example(source: SourceData) -> tuple[str, str]:
    """Recording and unit of panel C, from the record of its file where that names both."""
    record = source.provenance.get(fig6.SINGLE_TRIALS.path)
    details = record.details if record else None
    if isinstance(details, dict) and {"recording", "unit"} <= details.keys():
        return str(details["recording"]), str(details["unit"])
    return PUBLISHED_EXAMPLE


def _averages(source: SourceData, outcome: str) -> pd.DataFrame:
    """One table of panel D, refused where it cannot be drawn as one map."""
    file = fig6.AVERAGES[outcome]
    averages, path = source.read(file), source.path(file)
    cells = averages[["space_name", "eig_id", "lin_dist"]]
    if cells.duplicated().any():
        space, eig_id, distance = cells[cells.duplicated()].iloc[0]
        raise ContractError(
            path=path,
            expected="one rate per axis and distance",
            found=f"two for {space} axis {eig_id} at {distance:g}",
        )
    for column in ("ephysFN", "prefchan_str"):
        found = averages[column].unique()
        if len(found) > 1:
            raise ContractError(
                path=path,
                expected="one recording and unit",
                found=f"{', '.join(found)} in column {column}",
            )
    if not (averages["space_name"] == "class").any():
        raise ContractError(path=path, expected="axes of the class space", found="none")
    return averages


def _on_axis(trials: pd.DataFrame, space: str, eig_id: int) -> pd.Series:
    return (
        (trials["space_name"] == space) & (trials["eig_id"] == eig_id) & trials["lin_dist"].notna()
    )


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


def _errors(shares: list[Share]) -> np.ndarray:
    """Lengths of the error bars, (2, n_shares); rounding never makes one negative."""
    below_above = [(of.fraction - of.low, of.high - of.fraction) for of in shares]
    return np.maximum(np.array(below_above).T, 0)


def _label_bar(ax: Axes, x: float, height: float, share: Share, text: str, **font: object) -> None:
    """White text inside a bar, centred at `height` or standing on 0; black above a short one."""
    if not share.total:
        return
    if share.fraction > MIN_LABELLED * ax.get_ylim()[1]:
        va = "center" if height else "bottom"
        ax.text(x, height, text, color="white", ha="center", va=va, **font)
    else:
        ax.text(x, share.high, text, color="black", ha="center", va="bottom", **font)


def _readable_on(color: tuple[float, float, float, float]) -> str:
    """Dark text on a bright colour, white on a dark one."""
    luminance = np.dot(color[:3], (0.2126, 0.7152, 0.0722))
    return "0.15" if luminance > 0.5 else "white"


if __name__ == "__main__":
    run_script(FIGURES["6"], reproduce)
