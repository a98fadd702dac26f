"""Figure 6, panels C to E: tuning along the Hessian eigenvectors of BigGAN.

Reads the folder ``Fig6`` through the contract. Runs alone: ``python Figure6_reproduction.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from core.contract import fig6
from core.contract.provenance import SIMULATED_SUFFIX
from core.contract.source_data import SourceData
from core.errors import ContractError, MissingFileError
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.statistics.tuning_axes import Axis, AxisFits, axes, fit_axis
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.script import run_script
from figure_reproduction.tuning_panels import (
    DRAWN_SHAPES,
    axis_title,
    draw_axis,
    draw_both_maps,
    draw_failed_map,
    draw_peaks,
    draw_shapes,
)
from figure_reproduction.tuning_statistics import (
    ALTERNATIVES,
    BIN_TOLERANCE,
    GROUPS,
    PEAK_BINS,
    SPACES,
    Peaks,
    Shapes,
    axis_statistics,
    common_peaks,
    compare_shapes,
    map_statistics,
    peak_shares,
    peak_statistics,
    shape_shares,
    shape_statistics,
    significant_common,
    significant_peaks,
)

PUBLISHED_EXAMPLE = ("B-07092020-003", "5B")
"""Recording and unit of panel C, whose published file does not name them."""

PUBLISHED_RECORDINGS = (
    PUBLISHED_EXAMPLE[0],
    fig6.SINGLE_TRIAL_EXAMPLE,
    *fig6.AVERAGE_EXAMPLES.values(),
)
"""Example recordings of panels C and D."""

EXAMPLE_NOTE = (
    "The simulation's example: the first recording after an evolution that succeeds whose first "
    "class axis is tuned (ANOVA, p < 0.01); where none is, the paper's or the first of all after "
    "such an evolution."
)
"""Which recording panel C shows where it is not a real one."""

_SUCCESS_NOTES = (
    "Success compares the last block with the first (p < 0.01, BigGAN, whatever the sign), not the "
    "best block as elsewhere.",
    "It is shared by the recordings of one Exp_id.",
)


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
    """The axis of panel C, and the recording and unit that it comes from."""

    recording: str
    unit: str
    axis: Axis


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
    shown = axes(source.read(fig6.SINGLE_TRIALS))
    axis = next((axis for axis in shown if (axis.space, axis.eig_id) == fig6.EXAMPLE_AXIS), None)
    if axis is None:
        raise ContractError(
            path=source.path(fig6.SINGLE_TRIALS), expected="trials on class axis 0", found="none"
        )
    return ExampleAxis(*_example(source), axis)


def _peaks(source: SourceData) -> pd.DataFrame:
    return common_peaks(source.read(fig6.PEAKS))


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw all panels whose files are there.

    Parameters
    ----------
    source
        Source data.
    rng
        Generator of restarts and resamples.
    look
        What the panels look like.

    Returns
    -------
    Reproduction
        Panels, numbers by published id, and what is not there.
    """
    data = read(source)
    panels: list[Panel] = []
    results: Statistics = {}
    if data.example is not None:
        axis = data.example.axis
        fits = fit_axis(axis.distance, axis.rate, rng)
        panels.append(_panel_c(data.example, fits, look))
        results |= axis_statistics(fits)
    panels += [_panel_d(outcome, averages, look) for outcome, averages in data.averages.items()]
    results |= map_statistics(data.averages)
    if data.shapes is not None:
        shapes = shape_shares(data.shapes, rng)
        panels.append(_panel_e_shape(shapes, look))
        results |= shape_statistics(data.shapes, shapes)
    if data.peaks is not None:
        peaks = peak_shares(data.peaks)
        panels.append(_panel_e_peak(data, peaks, look))
        results |= peak_statistics(peaks)
    return Reproduction(tuple(panels), results, unavailable=data.missing)


def _panel_c(example: ExampleAxis, fits: AxisFits, look: Look) -> Panel:
    figure, ax = plt.subplots(figsize=(5, 6))
    draw_axis(ax, example.axis, fits, look)
    title = axis_title(example.recording, example.unit, example.axis, fits)
    title += look.pick(f" | {len(example.axis.rate)} trials", "")
    figure.suptitle(title, fontsize=10)
    notes = (
        "R2 of the Gaussian and the Gaussian process is 1 - var(residual) / var(rate), which does "
        "not count a mean offset of the residual.",
        "The Gaussian process depends on the optimiser; its restarts are seeded here and were not "
        "in the published script.",
    )
    if example.axis.borrows_origin:
        notes += (
            "The axis has no trial at distance 0; those of all axes of both spaces are added.",
        )
    if example.recording.endswith(SIMULATED_SUFFIX):
        notes += (EXAMPLE_NOTE,)
    else:
        notes += _substitute_note(example.recording)
    caption = (
        f"{len(example.axis.rate)} single trials along the first class eigenvector, with three fits"
    )
    return Panel("C", "", figure, caption, notes)


def _substitute_note(recording: str) -> tuple[str, ...]:
    if recording.removesuffix(SIMULATED_SUFFIX) in PUBLISHED_RECORDINGS:
        return ()
    return (
        "Not the published example, whose evolution came out otherwise here or which is not there: "
        f"{recording} is the first recording that fits.",
    )


def _panel_d(outcome: str, averages: pd.DataFrame, look: Look) -> Panel:
    recording, unit = averages[["ephysFN", "prefchan_str"]].iloc[0]
    notes = (
        "Eigenvalue ID is the rank of the eigenvector. The colour scale ends at the 0.02 and 0.98 "
        "quantiles of all cells of both spaces.",
    )
    if outcome == "success":
        figure = plt.figure(figsize=look.pick((6, 10), (13, 6)))
        draw_both_maps(figure, averages, look)
        figure.suptitle(
            look.pick("Responses along eigenvectors", "Preferred Unit Response")
            + f"\n{recording} | Pref Channel {unit}"
        )
    else:
        figure, ax = plt.subplots(figsize=(4.5, 4))
        draw_failed_map(ax, averages, look)
        notes += ("Noise axes are not shown, nor class axes other than the published ten.",)
    notes += _substitute_note(recording)
    for space in SPACES:
        if not (averages["space_name"] == space).any():
            notes += (f"The recording has no axis in {space} space.",)
    words = "succeeded" if outcome == "success" else "failed"
    caption = f"Mean rates along eigenvectors; the evolution of unit {unit} ({recording}) {words}"
    return Panel("D", outcome, figure, caption, notes)


def _panel_e_shape(shares: Shapes, look: Look) -> Panel:
    figure, ax = plt.subplots(figsize=(4.5, 6))
    draw_shapes(ax, shares, look)
    tests = [
        f"{DRAWN_SHAPES[shape]}, success {ALTERNATIVES[shape]}: z = {test.z:.2f}, p = {test.p:.1e}"
        for shape, test in compare_shapes(shares).items()
    ]
    figure.suptitle(
        look.pick(
            "\n".join(
                [
                    "Shapes of significant tuning axes",
                    "(ANOVA, P < 0.01; distances from −0.4 to 0.4)",
                    "two-proportion z tests, one-sided:",
                    *tests,
                ]
            ),
            "Tuning curve shape type as a function of\nBigGAN evolution success\n"
            "[signif axis, ANOVA p < 0.01, tuning axis = [-0.4, 0.4]]",
        ),
        fontsize=10,
    )
    notes = (
        f"Two-proportion z tests, one-sided: {'; '.join(tests)}.",
        "Bell-shaped and monotonic do not exclude each other.",
        *_SUCCESS_NOTES,
    )
    caption = "Shape of significant tuning axes; bars are 95 % bootstrap intervals"
    return Panel("E", "shape", figure, caption, notes)


def _panel_e_peak(data: Figure6Data, shares: Peaks, look: Look) -> Panel:
    figure = plt.figure(figsize=(6.5, 3.5))
    draw_peaks(figure, shares, look)
    figure.suptitle(
        look.pick(
            "Where significant tuning axes peak (ANOVA, P < 0.01)\n"
            "numbers of axes, and 95 % Wilson intervals of their shares (no test)",
            "Peak Response Location for successful vs non-successful evolution\n"
            "[Tuning Axis Signif. p < 0.01]",
        ),
        fontsize=10,
    )
    notes = (*peak_notes(data, shares), *_SUCCESS_NOTES)
    caption = "Distance of the largest mean response; red bars are 95 % Wilson intervals"
    return Panel("E", "peak", figure, caption, notes)


def peak_notes(data: Figure6Data, shares: Peaks) -> tuple[str, ...]:
    """What the table of peaks says that the panel does not show, and where it contradicts itself.

    Parameters
    ----------
    data
        The figure's data, with a table of peaks.
    shares
        Shares of axes, as `peak_shares` gives them.

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


if __name__ == "__main__":
    run_script(FIGURES["6"], reproduce)
