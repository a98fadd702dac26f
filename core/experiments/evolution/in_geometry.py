"""Recorded evolutions in the geometry of their generator: ``python -m core.geometry evolution``.

What is asked of each: along which axes of the metric its mean codes move, and how far their images
move, beside random walks of the same step lengths and steps with shuffled entries.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.computing.checksums import checksum
from core.errors import SampleError, SettingError
from core.experiments.evolution.record import (
    GENERATOR_WEIGHTS,
    EvolutionRecord,
    ThreadRecord,
    read_evolution,
)
from core.files import replacing, writable_folder
from core.generators.by_name import check_name
from core.generators.protocol import Generator
from core.geometry.commands import average_at_random, loaded, save_figure
from core.geometry.distances import FeatureDistance
from core.geometry.metric import Metric, name_of
from core.geometry.saved import load_metric, save_metric
from core.geometry.spectra import power_along_axes
from core.geometry.trajectories import (
    axis_alignment,
    axis_amplitudes,
    distances_between,
    distances_of_steps,
    n_top_axes,
    random_like,
    shuffled_like,
)
from core.plotting.style import apply_style
from core.progress import progress

CONTROLS = {"shuffled": shuffled_like, "random walk": random_like}
"""Steps that are no evolution's, from its own."""

COLORS = {"evolution": "#c0392b", "shuffled": "#2471a3", "random walk": "0.5"}

N_DRAWN = 20
"""Controls for each evolution in a figure."""

LEAST = 3
"""Generations that a trajectory needs."""


@dataclass(frozen=True)
class Trajectory:
    """One thread of one evolution.

    Attributes
    ----------
    name
        Of the file.
    means : (T, n)
        Mean code of each generation.
    populations
        Codes of each generation.
    """

    name: str
    means: np.ndarray
    populations: list[np.ndarray]

    @property
    def steps(self) -> np.ndarray:
        """From each mean code to the next, (T - 1, n)."""
        return np.diff(self.means, axis=0)


def evolutions(options: argparse.Namespace) -> Iterator[str]:
    """How evolutions move along the axes: tables, a figure, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    records = [read_evolution(path) for path in options.files]
    threads = [
        _thread(record, path, options.thread)
        for record, path in zip(records, options.files, strict=True)
    ]
    settings = {_origin(record, thread) for record, thread in zip(records, threads, strict=True)}
    if len(settings) > 1:
        found = ", ".join(sorted(name for name, *_ in settings))
        raise SettingError(path="files", expected="evolutions of one generator", found=found)
    ((name, is_random, weights),) = settings
    options.generator = options.generator or name.partition("-")[0]
    check_name(options.generator, "--generator")
    options.random_weights |= is_random
    trajectories = [
        _trajectory(thread, path) for thread, path in zip(threads, options.files, strict=True)
    ]
    # random weights of evolutions are those of seed 0
    generator, distance = loaded(options, seed=0)
    if weights != checksum(generator):
        raise SettingError(
            path=options.files[0],
            expected="an evolution of the generator that is given",
            found="one of other weights",
        )
    metric = None
    if options.metric is not None:
        wanted = {"generator": name_of(generator), "n": generator.latent_dim}
        metric = load_metric(options.metric, **wanted)
    out = writable_folder(options.out)
    if metric is None:
        metric = average_at_random(generator, distance, options)
        save_metric(out / "average.npz", metric)
    # numbers of its own: a generator's weights may have been drawn from the seed itself
    random = np.random.default_rng([options.seed, *b"controls"])
    table = pd.concat(
        by_generation(trajectory, generator, distance, metric, rng=random)
        for trajectory in progress(trajectories, len(trajectories), "evolutions")
    )
    summary = summary_of(trajectories, metric, options.controls, rng=random)
    for file, rows in {"generations": table, "axes": summary}.items():
        with replacing(out / f"{file}.csv") as path:
            rows.to_csv(path, index=False)
    between = distances_between(generator, trajectories[0].means, distance)
    with replacing(out / "distances.npz") as path, path.open("wb") as file:
        np.savez(file, distances=between, evolution=trajectories[0].name)
    with apply_style():
        figure = evolution_figure(trajectories, metric, table, between, distance.name, rng=random)
        save_figure(figure, out / "evolution.png")
    n_top = n_top_axes(metric.n)
    yield f"{len(trajectories)} evolutions of {name}, {metric.n} axes, of which {n_top} are the top"
    for row in summary.itertuples():
        words = f"{row.steps}: {row.top_share:.3f} along the top axes"
        if np.isfinite(row.low):
            words += f" (95% of controls: {row.low:.3f} to {row.high:.3f})"
        yield f"{words}, r with log eigenvalue {row.pearson:.3f}, rho with rank {row.spearman:.3f}"
    ratio = (table.distance / table["distance, random walk"]).median()
    yield f"a step changes the image {ratio:.3g} times as much as a random one of its length"
    yield str(out)


def by_generation(
    trajectory: Trajectory,
    generator: Generator,
    distance: FeatureDistance,
    metric: Metric,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One evolution, step by step.

    Parameters
    ----------
    trajectory
        Mean codes and populations.
    generator, distance
        Of its images.
    metric
        Whose axes are taken.
    rng
        Source of the controls.

    Returns
    -------
    DataFrame
        A row for each generation from the second on: ``step`` and ``norm``, lengths of the step to
        it and of its mean code; ``top_share`` of the step's squared length along the top axes;
        ``distance`` of the images before and after, ``predicted`` by the metric, and
        ``from_start``; ``spread``, mean distance of the population's first image from the others.
        ``top_share`` and ``distance`` stand there for one control of each kind too.
    """
    means, steps = trajectory.means, trajectory.steps
    n_top = n_top_axes(metric.n)
    lengths = np.linalg.norm(steps, axis=1)
    columns = {
        "evolution": trajectory.name,
        "generation": np.arange(1, len(means)),
        "norm": np.linalg.norm(means[1:], axis=1),
        "step": lengths,
        "predicted": ((steps @ metric.eigenvectors) ** 2 @ metric.eigenvalues) / 2,
        "from_start": distances_of_steps(
            generator, np.repeat(means[:1], len(steps), axis=0), means[1:] - means[0], distance
        ),
        "spread": [_spread(generator, codes, distance) for codes in trajectory.populations[1:]],
    }
    kinds = {"": lambda own, _: own, **CONTROLS}
    for name, control in kinds.items():
        taken, suffix = control(steps, rng), f", {name}" if name else ""
        shares = np.full(len(taken), np.nan)
        moved = lengths > 0
        shares[moved] = power_along_axes(taken[moved], metric.eigenvectors)[:, :n_top].sum(1)
        columns[f"top_share{suffix}"] = shares
        columns[f"distance{suffix}"] = distances_of_steps(generator, means[:-1], taken, distance)
    return pd.DataFrame(columns)


def summary_of(
    trajectories: list[Trajectory], metric: Metric, n_controls: int, *, rng: np.random.Generator
) -> pd.DataFrame:
    """How evolutions' whole displacements go along axes, and those of controls.

    Parameters
    ----------
    trajectories
        One or more.
    metric
        Whose axes are taken.
    n_controls
        Of each kind, for each evolution.
    rng
        Source of the controls.

    Returns
    -------
    DataFrame
        A row for evolutions and one for each kind of control: ``steps`` says which; the fields of
        `core.geometry.trajectories.AxisAlignment`; and ``low``, ``high``, between which 95 % of
        the controls' ``top_share`` lie, each control as many displacements as there are evolutions.
    """
    whole = np.stack([t.means[-1] - t.means[0] for t in trajectories])
    rows = [{"steps": "evolution", **asdict(axis_alignment(whole, metric))}]
    for name, control in CONTROLS.items():
        found = []
        for _ in range(n_controls):
            if name == "shuffled":
                moved = control(whole, rng)
            else:
                moved = np.stack([control(t.steps, rng).sum(0) for t in trajectories])
            found.append(asdict(axis_alignment(moved, metric)))
        numbers = pd.DataFrame(found)
        low, high = np.percentile(numbers.top_share, [2.5, 97.5])
        rows.append({"steps": name, **numbers.mean(), "low": low, "high": high})
    return pd.DataFrame(rows, columns=[*rows[0], "low", "high"])


def evolution_figure(
    trajectories: list[Trajectory],
    metric: Metric,
    table: pd.DataFrame,
    between: np.ndarray,
    words: str,
    *,
    rng: np.random.Generator,
) -> Figure:
    """Coefficients by eigenvalue, shares and distances by generation, and a matrix of distances.

    Parameters
    ----------
    trajectories
        One or more.
    metric
        Whose axes are taken.
    table
        Of `by_generation`, one or more.
    between : (T, T)
        Distances of the images of the first evolution's mean codes.
    words
        Name of the distance.
    rng
        Source of the controls of the first panel.

    Returns
    -------
    Figure
    """
    figure, panels = plt.subplots(2, 2, figsize=(7.5, 5.8), layout="constrained")
    _draw_amplitudes(panels[0, 0], trajectories, metric, rng)
    for ax, column, label in (
        (panels[0, 1], "top_share", "share along the top axes"),
        (panels[1, 0], "distance", f"{words} of a step"),
    ):
        for name, color in COLORS.items():
            key = column if name == "evolution" else f"{column}, {name}"
            by = table.groupby("generation")[key]
            mean = by.mean()
            ax.plot(mean.index, mean, color=color, label=name)
            if table.evolution.nunique() > 1:
                ax.fill_between(mean.index, by.min(), by.max(), color=color, alpha=0.2, linewidth=0)
        ax.set(xlabel="generation", ylabel=label)
    panels[0, 1].axhline(n_top_axes(metric.n) / metric.n, color="k", linewidth=0.8, linestyle=":")
    panels[0, 1].set_ylim(bottom=0)
    panels[1, 0].set_yscale("log")
    lines = panels[0, 1].get_lines()[: len(COLORS)]
    figure.legend(handles=lines, loc="outside upper center", ncols=len(COLORS), frameon=False)
    ax = panels[1, 1]
    image = ax.imshow(between, origin="lower", cmap="viridis")
    ax.set(xlabel="generation", ylabel="generation", title="between mean codes, first evolution")
    ax.title.set_fontsize(9)
    figure.colorbar(image, ax=ax, label=words)
    return figure


def _draw_amplitudes(
    ax: Axes, trajectories: list[Trajectory], metric: Metric, rng: np.random.Generator
) -> None:
    """Mean size of coefficients of displacements of length 1, in bins of axes."""
    whole = np.stack([t.means[-1] - t.means[0] for t in trajectories])
    whole = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    repeated = np.tile(whole, (N_DRAWN, 1))
    kinds = {"evolution": whole, **{name: make(repeated, rng) for name, make in CONTROLS.items()}}
    bins = np.array_split(np.arange(metric.n), min(24, metric.n))
    for name, moved in kinds.items():
        amplitudes = axis_amplitudes(moved, metric)
        means = [amplitudes[some].mean() for some in bins]
        ax.plot([some.mean() for some in bins], means, ".-", color=COLORS[name], markersize=4)
    ax.axvline(n_top_axes(metric.n), color="k", linewidth=0.8, linestyle=":")
    ax.set(xlabel="rank of the axis, from the top", ylabel="mean size of coefficient")
    ax.set_ylim(bottom=0)


def _spread(generator: Generator, codes: np.ndarray, distance: FeatureDistance) -> float:
    """Mean distance of a population's first image from the others; NaN of one alone."""
    if len(codes) < 2:
        return float("nan")
    first = np.repeat(codes[:1], len(codes) - 1, axis=0)
    return float(distances_of_steps(generator, first, codes[1:] - codes[0], distance).mean())


def _thread(record: EvolutionRecord, path: Path, name: str | None) -> ThreadRecord:
    names = [thread.name for thread in record.threads]
    if name is None and len(names) == 1:
        return record.threads[0]
    if name not in names:
        raise SettingError(
            path=path, expected=f"--thread to be {' or '.join(names)}", found=name or "none"
        )
    return record.threads[names.index(name)]


def _origin(record: EvolutionRecord, thread: ThreadRecord) -> tuple[str, bool, str]:
    """Name of the thread, whether the generator's weights are random, and their checksum."""
    names = [part.name for part in record.threads]
    weights = record.settings["threads"][names.index(thread.name)]["generator's weights"]
    return thread.name, record.settings.get(GENERATOR_WEIGHTS) == "random", weights


def _trajectory(thread: ThreadRecord, path: Path) -> Trajectory:
    generations = np.unique(thread.generations)
    if len(generations) < LEAST:
        raise SampleError(
            path=path, expected=f"at least {LEAST} generations", found=len(generations)
        )
    codes = thread.codes.astype(float)
    populations = [codes[thread.generations == number] for number in generations]
    return Trajectory(path.stem, np.stack([some.mean(0) for some in populations]), populations)
