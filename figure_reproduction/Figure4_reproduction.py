"""Figure 4, panels A to D: success, response and speed of all evolutions.

Reads the folder ``Fig4`` through the contract. Runs alone: ``python Figure4_reproduction.py``.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.contract import fig4
from core.contract.source_data import SourceData
from core.errors import ContractError
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.plotting.style import THREAD_COLORS, mean_band
from core.statistics.comparisons import TTest, paired
from core.statistics.intervals import bootstrap_mean_interval
from core.statistics.masks import AREAS
from core.threads import COLUMN_PREFIX, THREADS
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.population import mean_and_error, valid_in_area
from figure_reproduction.script import run_script

MOMENTS = {"initial": ("Initial", 0), "final": ("Last block", -1)}
"""Id, words and column of the two blocks compared in panel B."""


@dataclass(frozen=True)
class Figure4Data:
    """Responses (n_experiments, n_blocks) are normalised; `real` is True for measured blocks."""

    rates: pd.DataFrame
    criterion: str
    responses: dict[str, np.ndarray]
    masks: pd.DataFrame
    real: np.ndarray
    time_constants: pd.DataFrame


@dataclass(frozen=True)
class Speed:
    """Blocks to 80 % of the rise of the successful experiments of one thread and area."""

    values: np.ndarray
    mean: float
    low: float
    high: float


def read(source: SourceData) -> Figure4Data:
    """Read all files of the figure.

    Raises
    ------
    ContractError, MissingFileError
        If a file is not as described, or the success rates are not those of V1, V4 and IT.
    """
    rates = source.read(fig4.SUCCESS_RATE).set_index("label")
    if sorted(rates.index) != sorted(AREAS):
        raise ContractError(
            path=source.path(fig4.SUCCESS_RATE),
            expected=f"the labels {', '.join(AREAS)}",
            found=", ".join(rates.index),
        )
    return Figure4Data(
        rates=rates.loc[list(AREAS)],
        criterion=source.read(fig4.SUCCESS_CRITERION)["sucs_criterion_label"],
        responses={name: source.read(file) for name, file in fig4.RESPONSES.items()},
        masks=source.read(fig4.MASKS),
        real=source.read(fig4.REAL_BLOCKS).astype(bool),
        time_constants=source.read(fig4.TIME_CONSTANTS),
    )


def compare_threads(data: Figure4Data) -> dict[tuple[str, str], tuple[TTest, int]]:
    """Paired test DeePSim minus BigGAN and number of pairs, by (moment, area); panel B."""
    results = {}
    for moment, (_, block) in MOMENTS.items():
        for area in AREAS:
            rows = valid_in_area(data.masks, area, "anysucc005")
            pair = [data.responses[f"{thread}_mean"][rows, block] for thread in THREADS]
            results[moment, area] = paired(*pair), int(rows.sum())
    return results


def speeds(data: Figure4Data, rng: np.random.Generator) -> dict[tuple[str, str], Speed]:
    """Blocks to 80 % of the rise with bootstrap intervals, by (thread, area); panel D.

    Parameters
    ----------
    data
        The figure's files.
    rng
        Random generator of the bootstrap.
    """
    results = {}
    for thread in THREADS:
        for area in AREAS:
            rows = valid_in_area(data.masks, area, f"{COLUMN_PREFIX[thread]}succ001")
            values = data.time_constants[f"{COLUMN_PREFIX[thread]}_tc0_bslinit"].to_numpy(float)[
                rows
            ]
            if len(values) == 0:
                results[thread, area] = Speed(values, np.nan, np.nan, np.nan)
                continue
            low, high = bootstrap_mean_interval(values, rng)
            results[thread, area] = Speed(values, float(values.mean()), low, high)
    return results


def statistics(data: Figure4Data, speed: dict[tuple[str, str], Speed]) -> Statistics:
    """Numbers of all panels by published id.

    Parameters
    ----------
    data
        The figure's files.
    speed
        `speeds` of the same data.
    """
    results: Statistics = {}
    for area in AREAS:
        row = data.rates.loc[area]
        for thread, short in COLUMN_PREFIX.items():
            name = f"fig4a.{area}.{thread}"
            results |= {
                f"{name}.successes": row[f"{short}_suc"],
                f"{name}.total": row["total"],
                f"{name}.rate": row[f"{short}_rate"],
                f"{name}.ci_low": row[f"{short}_CI_1"],
                f"{name}.ci_high": row[f"{short}_CI_2"],
            }
    for (moment, area), (test, n) in compare_threads(data).items():
        name = f"fig4b.{moment}.{area}"
        results |= {f"{name}.t": float(test.t), f"{name}.p": float(test.p), f"{name}.n": n}
    for area in AREAS:
        rows = valid_in_area(data.masks, area, "bothsucc005")
        results[f"fig4c.{area}.n"] = int(rows.sum())
        for thread in THREADS:
            means = data.responses[f"{thread}_mean"][rows]
            for block in (20, 40):
                known = len(means) > 0 and block < means.shape[1]
                mean = float(means[:, block].mean()) if known else np.nan
                results[f"fig4c.{area}.{thread}.mean.block{block}"] = mean
    for (thread, area), of in speed.items():
        name = f"fig4d.{area}.{thread}"
        results |= {
            f"{name}.n": len(of.values),
            f"{name}.mean": of.mean,
            f"{name}.ci_low": of.low,
            f"{name}.ci_high": of.high,
        }
    return results


def draw_success_rates(ax: Axes, rates: pd.DataFrame, look: Look = READABLE) -> None:
    """Panel A: success rate per area with its 90 % interval and its counts.

    Parameters
    ----------
    ax
        Where it is drawn.
    rates
        Table by area with counts, rates and intervals of both threads.
    look
        What it looks like.
    """
    x = np.arange(len(rates))
    for thread, short in COLUMN_PREFIX.items():
        low, high = rates[f"{short}_CI_1"], rates[f"{short}_CI_2"]
        ax.fill_between(x, low, high, color=THREAD_COLORS[thread], alpha=0.3)
        marker = look.thread_markers[thread]
        ax.plot(x, rates[f"{short}_rate"], marker=marker, label=thread, **look.line(thread))
    (_counts_apart if look.improved else _counts_as_published)(ax, rates)
    ax.set(ylabel="Success Rate", xlabel="Visual Area")
    ax.set_xticks(x, rates.index)
    look.legend(ax, loc="best")


def _counts_apart(ax: Axes, rates: pd.DataFrame) -> None:
    """Counts above the larger rate and below the smaller, with room for both."""
    for i, row in enumerate(rates.to_dict("records")):
        first_above = row["FC_rate"] >= row["BG_rate"]
        for short in COLUMN_PREFIX.values():
            above = first_above == (short == "FC")
            ax.annotate(
                f"{row[f'{short}_suc']}/{row['total']}" if row["total"] else "",
                (i, row[f"{short}_rate"]),
                (0, 7 if above else -7),
                textcoords="offset points",
                ha="center",
                va="bottom" if above else "top",
                size=9,
            )
    ax.set(xlim=(-0.35, len(rates) - 0.65), ylim=(-0.15, 1.15), yticks=np.arange(0, 1.1, 0.2))


def _counts_as_published(ax: Axes, rates: pd.DataFrame) -> None:
    """Counts where the published panel has them; they may overlap."""
    for short, shift, limit in (("FC", 0.04, (-np.inf, 1)), ("BG", -0.06, (0, np.inf))):
        for i, row in enumerate(rates.to_dict("records")):
            if row["total"]:
                height = np.clip(row[f"{short}_rate"] + shift, *limit)
                words = f"{row[f'{short}_suc']}/{row['total']}"
                ax.text(i + 0.02, height, words, ha="center", va="bottom", size=10)
    ax.set_ylim(0, 1.05)


def draw_pairs(
    ax: Axes,
    data: Figure4Data,
    block: int,
    tests: dict[str, tuple[TTest, int]],
    rng: np.random.Generator,
    look: Look = READABLE,
) -> None:
    """Panel B: both threads' response of every experiment in one block, joined by a line.

    Parameters
    ----------
    ax
        Where it is drawn.
    data
        The figure's files.
    block
        0-based number of the block.
    tests
        Paired test and number of pairs, by area.
    rng
        Random generator of the jitter.
    look
        What it looks like.
    """
    for area, offset in zip(AREAS, (0, 2, 4), strict=True):
        rows = valid_in_area(data.masks, area, "anysucc005")
        x = offset + rng.normal(0, 0.15, rows.sum())
        heights = [data.responses[f"{thread}_mean"][rows, block] for thread in THREADS]
        ax.plot(np.stack([x, x + 1]), np.stack(heights), color="k", alpha=0.1)
        for side, (thread, height) in enumerate(zip(THREADS, heights, strict=True)):
            error = data.responses[f"{thread}_sem"][rows, block]
            look_of = look.points(THREAD_COLORS[thread], 0.3)
            marker = look.thread_markers[thread]
            ax.errorbar(x + side, height, yerr=error, fmt=marker, **look_of | look.thin_errors)
    top = max(1.1, look.pick(ax.get_ylim()[1], 1.1))
    for area, offset in zip(AREAS, (0, 2, 4), strict=True):
        test, n = tests[area]
        ax.text(offset + 0.5, top, f"t={test.t:.3f}, P={test.p:.1e}\nN={n}", ha="center")
    names = ("DeePSim", look.pick("BigGAN", "BG"))
    ax.set_xticks(range(6), [f"{area} {thread}" for area in AREAS for thread in names])
    ax.set_ylabel(
        look.pick("Response (share of the largest block mean)", "Max Normalized response")
    )
    ax.set_ylim(top=max(top + 0.08, ax.get_ylim()[1]))


def draw_mean_trajectories(figure: Figure, data: Figure4Data, look: Look = READABLE) -> None:
    """Panel C: trajectories of the experiments in which both threads succeed, by area.

    Parameters
    ----------
    figure
        Empty figure; takes one panel for each area.
    data
        The figure's files.
    look
        What it looks like.
    """
    blocks = np.arange(data.real.shape[1]) + look.first_block
    axes = figure.subplots(1, len(AREAS), sharey=True)
    for ax, area in zip(axes, AREAS, strict=True):
        rows = valid_in_area(data.masks, area, "bothsucc005")
        for thread in THREADS:
            color, means = THREAD_COLORS[thread], data.responses[f"{thread}_mean"][rows]
            for mean, real in zip(means, data.real[rows], strict=True):
                for part, style in ((real, "-"), (~real, ":")):
                    ax.plot(
                        blocks[part], mean[part], style, color=color, alpha=0.2, lw=0.7, zorder=1
                    )
            if len(means):
                mean, error = mean_and_error(means)
                line = look.line(thread)
                mean_band(ax, blocks, mean, error, band_alpha=0.25, lw=3, label=thread, **line)
        ax.set(
            title=f"{area} (N={rows.sum()})", ylim=(0, 1.05), xlabel=look.pick("Block", "Blocks")
        )
        ax.set_xlim(look.first_block, look.first_block + 40)
        ax.set_xticks(look.block_ticks(41))
    axes[0].set_ylabel(look.pick("Response (share of the largest)", "Max Normalized response"))
    drawn = [ax for ax in axes if ax.get_legend_handles_labels()[0]]
    if drawn:
        look.legend(drawn[0], loc="lower right")


def draw_speeds(
    ax: Axes,
    speed: dict[tuple[str, str], Speed],
    rng: np.random.Generator,
    look: Look = READABLE,
) -> None:
    """Panel D: blocks to 80 % of the rise, single experiments and means with intervals.

    Parameters
    ----------
    ax
        Where it is drawn.
    speed
        `speeds` of the data.
    rng
        Random generator of the jitter.
    look
        What it looks like.
    """
    for thread in THREADS:
        color, marker = THREAD_COLORS[thread], look.thread_markers[thread]
        of_thread = [speed[thread, area] for area in AREAS]
        for x, area in enumerate(of_thread):
            jitter = rng.uniform(-0.25, 0.25, len(area.values))
            points = look.points(color, 0.4, mec="none")
            ax.plot(x + jitter, area.values, marker, ms=5, **points)
        x = np.array([x for x, area in enumerate(of_thread) if len(area.values)])
        known = [area for area in of_thread if len(area.values)]
        means = np.array([area.mean for area in known])
        errors = np.abs(
            np.array([[area.low, area.high] for area in known]).reshape(-1, 2).T - means
        )
        ax.errorbar(
            x,
            means,
            yerr=errors,
            marker=marker,
            **look.line(thread),
            lw=2.7,
            ms=5.4,
            mew=2.025,
            elinewidth=1,
            capsize=8,
            capthick=1,
            label=thread,
        )
    counts = [
        " and ".join(str(len(speed[thread, area].values)) for thread in THREADS) for area in AREAS
    ]
    names = [look.pick(f"{area}\nN = {n}", area) for area, n in zip(AREAS, counts, strict=True)]
    ax.set_xticks(range(len(AREAS)), names)
    ax.set(xlabel="Visual Area", ylabel="Blocks to 80 % of rise", xlim=(-0.5, 2.5))
    look.legend(ax, loc="upper left", frameon=False)


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw all panels.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Random generator of jitter and bootstrap.
    look
        What the panels look like.
    """
    data = read(source)
    speed = speeds(data, rng)
    tests = compare_threads(data)
    panels = [_panel_a(data, look)]
    for moment, (words, block) in MOMENTS.items():
        figure, ax = plt.subplots(figsize=(8, 6))
        draw_pairs(ax, data, block, {area: tests[moment, area] for area in AREAS}, rng, look)
        figure.suptitle(
            look.pick(
                f"{words} response of DeePSim and BigGAN, paired t test\n"
                "valid experiments in which either thread succeeds at P < 0.05",
                f"{words} response comparison between DeePSim and BG across areas\n"
                "[Valid & anysucc, p < 0.05]",
            ),
            fontsize=look.pick(11, 12),
        )
        caption = f"{words} response of both threads; error bars are SEM over trials"
        notes = (
            ()
            if moment == "initial"
            else ("Short experiments enter padded, with the mean of their last two blocks.",)
        )
        panels.append(Panel("B", moment, figure, caption, notes))
    figure = plt.figure(figsize=(9, 3.6))
    draw_mean_trajectories(figure, data, look)
    figure.suptitle(
        look.pick(
            "Responses across blocks, mean and SEM (no test)\n"
            "valid experiments in which both threads succeed at P < 0.05",
            "Max Normalized response across blocks [Valid & both-success, p < 0.05]",
        ),
        fontsize=look.pick(11, 12),
    )
    notes = (
        "Dotted lines are padded blocks, which enter the means.",
        "Bands are std (ddof 0) / sqrt(N) as published; with ddof 1 they are sqrt(N / (N - 1)) "
        "times wider.",
    )
    caption = "Trajectories of experiments in which both threads succeed"
    panels.append(Panel("C", "", figure, caption, notes))
    figure, ax = plt.subplots(figsize=(4, 6))
    draw_speeds(ax, speed, rng, look)
    figure.suptitle(
        look.pick(
            "Blocks to 80 % of the rise\nexperiments of each thread that succeed\n"
            "at P < 0.01; means with 95 % bootstrap\nintervals, no test",
            "Time constant of optimization trajectory\n[Each succeed & p < 0.01]",
        ),
        fontsize=11,
    )
    notes = (
        "The 'time constant' is the first block above 80 % of the rise; no exponential is fitted.",
        "Bootstrap intervals are seeded here and were not in the published script.",
    )
    caption = "Blocks to 80 % of the rise; bars are 95 % bootstrap intervals of the mean"
    panels.append(Panel("D", "", figure, caption, notes))
    return Reproduction(tuple(panels), statistics(data, speed))


def _panel_a(data: Figure4Data, look: Look) -> Panel:
    figure, ax = plt.subplots(figsize=(3.5, 4) if look.improved else (3.5, 3.3))
    draw_success_rates(ax, data.rates, look)
    figure.suptitle(f"Success Rate of DeePSim and BigGAN\n{data.criterion} 90% CI", fontsize=10)
    caption = "Share of valid experiments that succeed; bands are 5 % and 95 % Beta quantiles"
    return Panel("A", "", figure, caption, ("Success also asks t > 0, in this panel only.",))


if __name__ == "__main__":
    run_script(FIGURES["4"], reproduce)
