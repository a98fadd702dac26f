"""Tuning maps of a twin's neurons, beside those of a network's units and recorded ones.

A neuron's map is measured as `core.level_sets.study` measures a unit's: on the sphere of the first
three principal components of its evolution, without noise, and described as the grid is. Tables of
units and of recorded maps are read as their own commands wrote them.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.errors import MissingFileError, StateError
from core.level_sets.figures import AREA_COLORS
from core.level_sets.sampling import evolution_basis, sample_map
from core.level_sets.study import INDICES, map_row
from core.progress import progress
from core.statistics.intervals import bootstrap_mean_interval
from dualneuron.figures import AMBER, CYAN, finish, house_style
from dualneuron.landscape.paired_folder import EvolvedNeurons

TWIN, UNITS, RECORDED = "twin", "units", "recorded"
"""What maps are of."""

WORDS = {
    "nbranch_AUC_range": "level curves (area)",
    "nloop_AUC_range": "closed curves (area)",
    "nline_AUC_range": "open curves (area)",
    "branch_lowest_idx": "lowest single curve (level)",
    "loop_lowest_idx": "lowest single closed curve",
    "maxima": "maxima",
    "minima": "minima",
    "axr_peak_mean_pool": "aspect ratio of the peak",
}
"""Names of `INDICES` in the figure."""


def twin_maps(evolved: EvolvedNeurons, thread: int) -> pd.DataFrame:
    """Measure the map of every neuron around what one thread evolved for it.

    Parameters
    ----------
    evolved
        Neurons with their evolutions.
    thread
        0 or 1.

    Returns
    -------
    DataFrame
        A row for each neuron: ``neuron``; ``evolved``, mean response to the last block;
        ``centre``, response at the map's centre; and what `core.level_sets.study.map_row` says.
    """
    rows = []
    for unit in progress(range(len(evolved.neurons)), len(evolved.neurons), "maps"):
        shown = evolved.records[unit].threads[thread]
        last = shown.generations == shown.generations.max()
        bases, radius = evolution_basis(shown.codes, shown.codes[last])
        neuron = evolved.respond.alone(unit)
        values = sample_map(
            evolved.generators[thread],
            lambda images, neuron=neuron: neuron.of_all(images)[:, 0],
            bases["PC23"],
            radius,
        )
        middle = tuple(n // 2 for n in values.shape)
        rows.append(
            {
                "neuron": evolved.neurons[unit],
                "evolved": float(shown.scores_clean[last].mean()),
                "centre": float(values[middle]),
                **map_row(values),
            }
        )
    return pd.DataFrame(rows)


def read_units(path: Path) -> pd.DataFrame:
    """The table of a network's units, as `python -m core.level_sets` writes it.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it is no such table.
    """
    if not path.is_file():
        raise MissingFileError(
            path=path,
            expected="a table of a network's units",
            found="no file",
            advice="`python -m core.level_sets` makes it",
        )
    return _checked(path, pd.read_parquet, "layer", "a table of units of `core.level_sets`")


def read_recorded(path: Path) -> pd.DataFrame:
    """The table of recorded maps, as `python -m neuro_data_analysis.tuning_maps` writes it.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError
        If it is no such table.
    """
    if not path.is_file():
        raise MissingFileError(path=path, expected="a table of recorded maps", found="no file")
    expected = "maps.csv of `neuro_data_analysis.tuning_maps`"
    return _checked(path, pd.read_csv, "area", expected)


def grouped(
    twins: pd.DataFrame, name: str, units: pd.DataFrame, recorded: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Indices of all maps in one table.

    Parameters
    ----------
    twins
        Of `twin_maps`.
    name
        Of the twin.
    units
        Of `read_units`.
    recorded
        Of `read_recorded`; maps with missing nodes have no indices and are left out.

    Returns
    -------
    DataFrame
        A row for each map: ``kind`` (twin, units, recorded); ``group``, the layer, the twin or the
        area, in the order of the figure; and `INDICES`.
    """
    kinds = [(UNITS, units, units["layer"]), (TWIN, twins, name)]
    if recorded is not None:
        whole = recorded[recorded[list(INDICES)].notna().any(axis=1)]
        of_area = pd.Categorical(whole["area"], AREA_COLORS)
        whole = whole.iloc[np.argsort(of_area.codes, kind="stable")]
        kinds.append((RECORDED, whole, whole["area"]))
    return pd.concat(
        [table[list(INDICES)].assign(kind=kind, group=group) for kind, table, group in kinds],
        ignore_index=True,
    )


def compared(maps: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Mean of every index in every group.

    Parameters
    ----------
    maps
        Of `grouped`.
    seed
        Of the resamples.

    Returns
    -------
    DataFrame
        ``kind``, ``group``, ``index``, ``n``, ``mean`` and its 95 % bootstrap interval ``low``,
        ``high``.
    """
    rows = []
    for (kind, group), some in maps.groupby(["kind", "group"], sort=False):
        for name in INDICES:
            values = some[name].dropna().to_numpy(float)
            low, high = np.nan, np.nan
            if len(values):
                low, high = bootstrap_mean_interval(values, np.random.default_rng(seed))
            mean = values.mean() if len(values) else np.nan
            rows.append((kind, group, name, len(values), mean, low, high))
    return pd.DataFrame(rows, columns=["kind", "group", "index", "n", "mean", "low", "high"])


def maps_figure(
    maps: pd.DataFrame,
    table: pd.DataFrame,
    notice: str,
    *,
    show: bool = True,
    save: Path | None = None,
) -> Figure:
    """Every index by layer of the network, of the twin and by area of the recordings.

    Parameters
    ----------
    maps
        Of `grouped`.
    table
        Of `compared`.
    notice
        What stands above: what the neurons and the generator are.
    show, save
        Open the figure; file to save it to.
    """
    groups = list(dict.fromkeys(zip(maps["kind"], maps["group"], strict=True)))
    with house_style():
        figure, panels = plt.subplots(2, 4, figsize=(13, 7.5), sharex=True)
        figure.suptitle(notice, color=AMBER, fontsize=9)
        for ax, (index, words) in zip(panels.flat, WORDS.items(), strict=True):
            _draw_index(ax, maps, table[table["index"] == index], groups)
            ax.set_title(words, fontsize=9)
        n = maps.groupby(["kind", "group"]).size()
        labels = [f"{_label(kind, group)} (n = {n[kind, group]})" for kind, group in groups]
        for ax in panels[-1]:
            ax.set_xticks(range(len(groups)), labels, rotation=90, fontsize=8)
        return finish(figure, show, save)


def _draw_index(
    ax: Axes, maps: pd.DataFrame, rows: pd.DataFrame, groups: Sequence[tuple[str, str]]
) -> None:
    """Values of single maps, and the means of groups with their intervals."""
    colors = _colors(groups)
    index = rows["index"].iloc[0]
    for place, (row, key) in enumerate(zip(rows.itertuples(), groups, strict=True)):
        values = maps.loc[(maps["kind"] == key[0]) & (maps["group"] == key[1]), index]
        spread = np.linspace(-0.25, 0.25, len(values)) if len(values) > 1 else [0.0]
        ax.plot(place + np.asarray(spread), values, ".", color=colors[key], alpha=0.5, markersize=4)
        errors = [[row.mean - row.low], [row.high - row.mean]]
        ax.errorbar(place, row.mean, errors, color=colors[key], fmt="_", markersize=16, capsize=3)


def _colors(groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], object]:
    layers = [key for key in groups if key[0] == UNITS]
    shades = colormaps["viridis"](np.linspace(0.35, 1, len(layers)))
    found = dict(zip(layers, map(tuple, shades), strict=True))
    for key in groups:
        if key[0] != UNITS:
            found[key] = CYAN if key[0] == TWIN else AREA_COLORS.get(key[1], "0.7")
    return found


def _label(kind: str, group: str) -> str:
    """A group's name below the figure; layers without what they all begin with."""
    if kind == UNITS:
        return group.removeprefix(".").replace("InvertedResidual", "")
    return group if kind == TWIN else f"{kind} {group}"


def _checked(
    path: Path, parsed_by: Callable[[Path], pd.DataFrame], label: str, expected: str
) -> pd.DataFrame:
    try:
        table = parsed_by(path)
    except (OSError, ValueError) as error:  # pyarrow's and pandas' are ValueErrors
        found = f"another file ({type(error).__name__})"
        raise StateError(path=path, expected=expected, found=found) from None
    missing = [name for name in (label, *INDICES) if name not in table]
    if missing or table.empty:
        found = f"no column {missing[0]}" if missing else "no row"
        raise StateError(path=path, expected=expected, found=found)
    return table
