"""Writing the explorer's format: for tests, and for a lab that shows its own evolutions with it.

Numbers are rounded as the explorer's own writer rounds them.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.explorer.averages import DECIMALS, N_MS, BlockAverages
from core.explorer.files import EXPERIMENTS
from core.explorer.reading import THREAD_WORDS
from core.files import writable_folder


def write_explorer(folder: Path, experiments: Sequence[BlockAverages]) -> None:
    """Write experiments as the explorer's folder ``public/data``, without images.

    Parameters
    ----------
    folder
        Folder to fill; made if need be.
    experiments
        What to write.
    """
    metas = []
    for experiment in experiments:
        metas.append(meta(experiment))
        _write(folder / experiment.name / "meta.json", metas[-1])
        _write(folder / experiment.name / "evol_traj.json", trajectory(experiment))
        _write(folder / experiment.name / "summary_stats.json", summary_stats(experiment))
        for block in range(experiment.n_blocks):
            generation = folder / experiment.name / f"gen_{block + 1:02d}"
            for thread, word in enumerate(THREAD_WORDS):
                _write(generation / f"{word}_psth.json", psth(experiment, block, thread))
    _write(folder / EXPERIMENTS, metas)


def meta(experiment: BlockAverages) -> dict:
    """Content of ``meta.json``."""
    largest = experiment.evoked.mean.max(axis=0).round(1)
    return {
        "id": experiment.name,
        "animal": experiment.animal[0],
        "unit": f"Ch{experiment.pref_chan}U{experiment.unit}",
        "area": experiment.area,
        "date": experiment.date.isoformat(),
        "num_generations": experiment.n_blocks,
        **{f"{w}_max_rate": float(r) for w, r in zip(THREAD_WORDS, largest, strict=True)},
        "tags": [],
        **{f"thread{thread}_space": space for thread, space in enumerate(experiment.spaces)},
        "image_size_deg": list(experiment.imgsize),
        "image_pos_deg": [value for position in experiment.imgpos for value in position],
    }


def trajectory(experiment: BlockAverages) -> list[dict]:
    """Content of ``evol_traj.json``: a row per block."""
    rows = []
    for block in range(experiment.n_blocks):
        row = {"gen": block + 1}
        for prefix, (mean, sem) in (("", experiment.evoked), ("ref_", experiment.reference)):
            for thread, word in enumerate(THREAD_WORDS):
                centre, error = mean[block, thread], sem[block, thread]
                if np.isnan(centre):
                    continue
                error = 0.0 if np.isnan(error) else error
                stated = {"": centre, "_low": centre - error, "_high": centre + error}
                for suffix, value in stated.items():
                    row[f"{prefix}{word}{suffix}"] = round(float(value), DECIMALS)
        rows.append(row)
    return rows


def summary_stats(experiment: BlockAverages) -> dict:
    """Content of ``summary_stats.json``."""
    first, last = experiment.evoked.mean[0], experiment.evoked.mean[-1]
    return {
        "id": experiment.name,
        "num_generations": experiment.n_blocks,
        **{f"{w}_final_rate": round(float(r), 1) for w, r in zip(THREAD_WORDS, last, strict=True)},
        **{
            f"{w}_rate_increase": round(float(r), 1)
            for w, r in zip(THREAD_WORDS, last - first, strict=True)
        },
    }


def psth(experiment: BlockAverages, block: int, thread: int) -> dict:
    """Content of a PSTH's file.

    Parameters
    ----------
    experiment
        Whose.
    block, thread
        0-based numbers.
    """
    mean, sem = (part[block, thread] for part in experiment.psth)
    return {
        "time_ms": np.arange(N_MS, dtype=float).tolist(),
        "mean_rate": mean.round(DECIMALS).tolist(),
        "sem": np.nan_to_num(sem).round(DECIMALS).tolist(),
        "trial_rates": [],
        "evoked_rate": round(float(experiment.evoked.mean[block, thread]), 1),
        "n_trials": 0,
    }


def _write(path: Path, content: object) -> None:
    writable_folder(path.parent)
    path.write_text(json.dumps(content), encoding="utf-8", newline="\n")
