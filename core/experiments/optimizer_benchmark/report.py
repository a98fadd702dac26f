"""What the optimizer benchmark says of its runs: Parquet, tables beside published ones, figures."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from core.experiments.optimizer_benchmark.designs import Design
from core.experiments.optimizer_benchmark.figures import (
    DRAWN,
    generation_figure,
    score_figure,
    trajectory_figure,
)
from core.experiments.optimizer_benchmark.tables import (
    beside_published,
    noise_driven_table,
    normalised_scores,
    published_scores,
    score_table,
    table_text,
    with_arguments,
)
from core.files import replacing, write_text
from core.plotting.style import saveallforms

OTHER_UNITS = (
    "The published values are those of AlexNet and DeePSim; these runs are of other units and of "
    "another generator, so they show the same comparison and not the same numbers."
)


def report(
    preset: str, design: Design, units: pd.DataFrame, noise_driven: pd.DataFrame, out: Path
) -> tuple[str, list[Path]]:
    """Write tables and figures of what has been run.

    Parameters
    ----------
    preset
        Name of the design, whose published table stands beside.
    design
        The preset, or a part of it.
    units, noise_driven
        Runs as `sweep.finished` gives them, of `unit_run` and of `noise_driven_run`; may be empty.
    out
        Folder.

    Returns
    -------
    Text to print, and the files.
    """
    units, noise_driven = (
        with_arguments(runs) if len(runs) else runs for runs in (units, noise_driven)
    )
    texts, paths = [], []
    for name, runs in (("units", units), ("noise_driven", noise_driven)):
        if len(runs):
            paths.append(_write_parquet(runs, out / f"{name}.parquet"))
    if len(units):
        words, figures, tables = _scores(preset, design, units)
        texts.append(words)
        paths += _write(figures, tables, out)
    if len(noise_driven):
        table = noise_driven_table(noise_driven)
        texts.append(_noise_driven_text(table))
        paths += _write({}, {"noise_driven": table}, out)
    drawn = {"noise": noise_driven, "units": units}
    groups = {
        f"{DRAWN}, {name}": runs[runs["optimizer"] == DRAWN]
        for name, runs in drawn.items()
        if len(runs) and (runs["optimizer"] == DRAWN).any()
    }
    if groups:
        paths += _write({"trajectories": trajectory_figure(groups)}, {}, out)
    return "\n\n".join(texts), paths


def _scores(
    preset: str, design: Design, runs: pd.DataFrame
) -> tuple[str, dict[str, Figure], dict[str, pd.DataFrame]]:
    """Text, figures and tables of normalised scores, as counted here and as published."""
    own_design = preset != "quick"
    label = "published" if own_design else "published\n(AlexNet, DeePSim)"
    published = published_scores(preset if own_design else "published")
    tables = {}
    for score in dict.fromkeys((design.score, design.published_score)):
        table = score_table(normalised_scores(runs, design, score), design)
        tables[f"scores_{score}"] = beside_published(table, published)
    shown = tables[f"scores_{design.published_score if own_design else design.score}"]
    texts = [
        "Normalised score: the best of a run divided by the best of its unit, mean over runs; "
        "published in brackets.",
        table_text(shown),
        *([] if own_design else [OTHER_UNITS]),
    ]
    figures = {
        "scores": score_figure(shown, label),
        "generations": generation_figure(runs, design.score),
    }
    return "\n".join(texts), figures, tables


def _noise_driven_text(table: pd.DataFrame) -> str:
    shown = table.copy()
    for name in ("this_run", "reference"):
        shown[name] = [f"{value:.8g}" for value in table[name]]
    for name in ("std", "reference_std"):
        shown[name] = ["" if pd.isna(value) else f"{value:.2g}" for value in table[name]]
    n_agree = (table["verdict"] == "agrees").sum()
    return "\n".join(
        [
            "Optimizers driven by scores that are noise, 4096 dimensions, 75 generations of 40; "
            "no images and no weights.",
            shown.to_string(index=False),
            f"{n_agree} of {len(table)} agree.",
        ]
    )


def _write(figures: dict[str, Figure], tables: dict[str, pd.DataFrame], out: Path) -> list[Path]:
    paths = []
    for name, figure in figures.items():
        paths += saveallforms(out, name, figure, ["png"], dpi=150)
        plt.close(figure)
    for name, table in tables.items():
        paths.append(out / f"{name}.csv")
        write_text(paths[-1], table.to_csv(index=False, lineterminator="\n"))
    return paths


def _write_parquet(runs: pd.DataFrame, path: Path) -> Path:
    with replacing(path) as temporary:
        runs.to_parquet(temporary, index=False)
    return path
