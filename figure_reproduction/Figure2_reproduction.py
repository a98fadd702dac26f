"""Figure 2, panels B and D: the example experiment, block by block.

Reads the folder ``Fig2`` through the contract. Runs alone: ``python Figure2_reproduction.py``.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from core.contract import fig2
from core.contract.source_data import SourceData
from core.errors import ContractError, MissingFileError, ReproductionError
from core.figures import FIGURES
from core.plotting.looks import READABLE, Look
from core.plotting.style import mean_band
from core.threads import THREADS
from figure_reproduction.panels import Panel, Reproduction, Statistics
from figure_reproduction.script import run_script

CURVES = (
    ("evol", "resp", "evoked resp", "-"),
    ("evol", "bsl", "baseline", ":"),
    ("natref", "resp", "natref", "-."),
)
"""Trial table, column, label and line style of the curves in panel B."""

PLAIN = {"evoked resp": "evoked", "baseline": "baseline", "natref": "reference images"}
"""Labels of the curves in plain words."""


EXAMPLE_NOTE = (
    " The simulation's example: the first valid experiment in IT whose evolutions succeed in both "
    "threads (P < 0.01), the paper's or the first of all where there is none."
)
"""Which experiment is shown where it is not a real one."""


@dataclass(frozen=True)
class Figure2Data:
    """`psth` (n_blocks, 4, 200), events/s: mean 0, mean 1, SEM 0, SEM 1.

    `curves` are the means and SEMs per block of panel B, as `rates_by_block` gives them; `trials`
    the single trials behind them by file label, None where only averages are there.
    """

    psth: np.ndarray
    offset: float
    title: str
    curves: dict[tuple[str, str], pd.DataFrame]
    trials: dict[str, pd.DataFrame] | None
    notes: dict[str, str]


def read(source: SourceData) -> Figure2Data:
    """Read the example experiment; where CSV and PKL disagree, 2D is drawn from the PKL."""
    meta = source.read(fig2.META)
    psth, historical = fig2.psth_array(
        {name: source.read(file) for name, file in fig2.PSTH_CSV.items()}
    )
    psth_pickle, psth_absent = _optional(source, fig2.PSTH_PICKLE)
    if source.path(fig2.BLOCK_RATES).is_file():
        trials, curves = None, averaged_rates(source.read(fig2.BLOCK_RATES))
        notes = {"B": "Drawn from averages over trials; the baseline's SEM is not known."}
    else:
        trials = {name: source.read(file) for name, file in fig2.RESPONSE_CSV.items()}
        trial_pickle, trials_absent = _optional(source, fig2.RESPONSE_PICKLE)
        curves = rates_by_block(trials)
        agree = trial_pickle and _trials_agree(trials, trial_pickle)
        notes = {"B": _agreement(agree) if trial_pickle else trials_absent}
    if psth_pickle is None:
        notes["D"] = psth_absent
    else:
        stored = np.asarray(psth_pickle["psth_arr"], dtype=float)
        agree = stored.shape == psth.shape and np.allclose(stored, psth, equal_nan=True)
        notes["D"], psth = _agreement(agree), stored
    if not np.isfinite(psth[:, :2]).all():
        raise ContractError(
            path=source.root / fig2.FOLDER, expected="finite mean PSTHs", found="NaN"
        )
    if historical:
        notes["D"] += " Two of the CSV names are swapped as published; their content decides."
    if source.is_simulated:
        notes = {panel: note + EXAMPLE_NOTE for panel, note in notes.items()}
    return Figure2Data(psth, meta["offset"], meta["expstr"], curves, trials, notes)


def rates_by_block(trials: dict[str, pd.DataFrame]) -> dict[tuple[str, str], pd.DataFrame]:
    """Mean and SEM (ddof 1) per block of every curve of panel B, by (thread, curve label).

    Parameters
    ----------
    trials
        Tables with ``gen`` (block) and rates, events/s, by the label in the file's name.

    Examples
    --------
    >>> of_thread = pd.DataFrame({"gen": [1, 1], "resp": [2.0, 4.0], "bsl": [1.0, 1.0]})
    >>> names = [f"{thread}_thread_{kind}" for thread in THREADS for kind in ("evol", "natref")]
    >>> rates_by_block(dict.fromkeys(names, of_thread))["DeePSim", "evoked resp"]["mean"].tolist()
    [3.0]
    """
    results = {}
    for thread in THREADS:
        for kind, column, label, _ in CURVES:
            blocks = trials[f"{thread}_thread_{kind}"].groupby("gen")[column]
            results[thread, label] = pd.DataFrame({"mean": blocks.mean(), "sem": blocks.sem()})
    return results


def averaged_rates(rates: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """What `rates_by_block` gives, from averages: a baseline has no SEM, a reference no baseline.

    `rates` is a table as `core.contract.fig2.BLOCK_RATES` describes it.
    """
    results = {}
    for thread in THREADS:
        for kind, column, label, _ in CURVES:
            chosen = rates[(rates["thread"] == thread) & (rates["kind"] == kind)].set_index("gen")
            sem = chosen["resp_sem"] if column == "resp" else np.nan
            frame = pd.DataFrame({"mean": chosen[f"{column}_mean"], "sem": sem})
            results[thread, label] = frame
    return results


def statistics(data: Figure2Data) -> Statistics:
    """Numbers of both panels by published id; numbers of trials only where trials are there."""
    n_blocks, n_slices, n_ms = data.psth.shape
    results = {
        "fig2d.n_blocks": n_blocks,
        "fig2d.n_slices": n_slices,
        "fig2d.n_ms": n_ms,
        "fig2d.offset": data.offset,
    }
    if data.trials is not None:
        natref = data.trials["DeePSim_thread_natref"]
        results["fig2b.natref.trials_per_block"] = float(natref.groupby("gen").size().mean())
        results["fig2b.natref.n_trials"] = len(natref)
    names = {"evoked resp": "evoked", "baseline": "baseline", "natref": "natref"}
    for (thread, label), means in data.curves.items():
        for block, mean in means["mean"].items():
            results[f"fig2b.{thread}.{names[label]}.block{block}.mean"] = float(mean)
    return results


def draw_block_psth(ax: Axes, psth: np.ndarray, offset: float, look: Look = READABLE) -> None:
    """Both threads' PSTHs stacked by block, the first block at the bottom.

    Parameters
    ----------
    ax
        Where it is drawn.
    psth : (n_blocks, 4, 200)
        events/s; axis 1 is mean 0, mean 1, SEM 0, SEM 1.
    offset
        Distance of two blocks, events/s.
    look
        What it looks like.
    """
    time, n_blocks = np.arange(psth.shape[2]), len(psth)
    for block, (mean0, mean1, sem0, sem1) in enumerate(psth):
        ax.axhline(offset * block, color="k", ls="--", alpha=0.6, lw=0.8)
        for thread, mean, error in zip(THREADS, (mean0, mean1), (sem0, sem1), strict=True):
            mean_band(
                ax,
                time,
                offset * block + mean,
                error,
                band_alpha=0.3,
                label=thread if block == 0 else None,
                **look.line(thread),
            )
    for block in (n_blocks, n_blocks + 1):
        ax.axhline(offset * block, color="k", ls=":", alpha=0.3)
    ax.set(
        xlim=(0, len(time)),
        ylim=(0, offset * n_blocks + psth[-1, :2].max()),
        xlabel="Time (ms)",
        ylabel=look.pick(
            f"Block (firing rate: {offset:g} events/s between dashed lines)",
            f"Firing Rate each block (events/s)   ({offset:g} evt/s between dashed lines)",
        ),
    )
    ax.set_yticks(offset * (np.arange(n_blocks) + 0.5), np.arange(1, n_blocks + 1))
    look.legend(ax, loc="upper left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, fontsize=8)


def draw_rates_by_block(
    ax: Axes, curves: dict[tuple[str, str], pd.DataFrame], look: Look = READABLE
) -> None:
    """Mean and SEM per block of evoked, baseline and reference rates of both threads.

    Parameters
    ----------
    ax
        Where it is drawn.
    curves
        `rates_by_block` of the trials.
    look
        What it looks like.
    """
    for thread in THREADS:
        for _, _, label, style in CURVES:
            means = curves[thread, label]
            mean_band(
                ax,
                means.index.to_numpy(),
                means["mean"].to_numpy(),
                means["sem"].to_numpy(),
                band_alpha=0.2,
                label=f"{thread} {look.pick(PLAIN[label], label)}",
                **look.line(thread) | {"ls": style} | look.dots(thread),
            )
    ax.set(xlabel=look.pick("Block", "Generations"), ylabel="Firing Rate (events/s)")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def reproduce(source: SourceData, rng: np.random.Generator, look: Look = READABLE) -> Reproduction:
    """Draw both panels.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this figure is random.
    look
        What the panels look like.
    """
    data = read(source)
    responses, ax = plt.subplots(figsize=(7.2, 5))
    draw_rates_by_block(ax, data.curves, look)
    responses.suptitle(data.title, fontsize=11)
    stacked, ax = plt.subplots(figsize=(4, 0.5 * len(data.psth) + 1))
    draw_block_psth(ax, data.psth, data.offset, look)
    stacked.suptitle(data.title, fontsize=8)
    panels = (
        Panel(
            "B",
            "",
            responses,
            "Evoked, baseline and reference rates per block; bands are SEM over trials",
            (data.notes["B"],),
        ),
        Panel(
            "D",
            "",
            stacked,
            "PSTHs per block, first block at the bottom; bands are SEM over trials",
            (data.notes["D"],),
        ),
    )
    return Reproduction(panels, statistics(data))


def _optional(source: SourceData, file: fig2.Pickle) -> tuple[dict | None, str]:
    """A pickle beside CSV files, or why there is none that can be read."""
    try:
        return source.read(file), ""
    except MissingFileError:
        return None, "Drawn from the CSV files; there is no PKL to compare with."
    except ReproductionError as error:
        return None, f"Drawn from the CSV files; the PKL cannot be read ({error.clause})."


def _trials_agree(trials: dict[str, pd.DataFrame], pickled: dict[str, pd.DataFrame]) -> bool:
    return all(
        frame.shape == pickled[key][list(frame)].shape
        and np.allclose(frame.to_numpy(float), pickled[key][list(frame)].to_numpy(float))
        for frame, key in zip(trials.values(), fig2.TRIALS, strict=True)
    )


def _agreement(agree: bool) -> str:
    if agree:
        return "CSV and PKL hold the same numbers, so the panel is drawn once."
    return "CSV and PKL DISAGREE: panel 2D is drawn from the PKL, 2B from the CSV files."


if __name__ == "__main__":
    run_script(FIGURES["2"], reproduce)
