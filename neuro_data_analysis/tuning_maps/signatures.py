"""Signatures of recorded tuning maps, how far noise goes, and how they change from area to area."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.errors import SampleError
from core.level_sets.curve_geometry import level_set_geometry
from core.level_sets.figures import draw_progression
from core.level_sets.noise_control import reliability
from core.level_sets.population import population_trend
from core.level_sets.signature import TopologySignature, topology_signature
from core.level_sets.smoothing import fine_angles, interpolate_sphere, smoothing_factor
from core.level_sets.sphere_grid import GRID_ANGLES
from core.level_sets.tuning_maps import TuningMap
from neuro_data_analysis.tuning_maps.recorded import RecordedMap

AREAS = ("V1", "V4", "IT")

COMPARED = (
    *("nbranch_AUC", "nloop_AUC", "nline_AUC", "branch_lowest_idx", "loop_lowest_idx"),
    *("maxima", "minima", "axr_max", "axr_peak_mean", "axr_peak_mean_pool"),
)
"""Indices whose trend from V1 to IT is told."""


def smoothed_map(tuned: TuningMap) -> np.ndarray:
    """A recorded map as published: the smoothing spline, 181 x 181, clipped at 0.

    Parameters
    ----------
    tuned
        A map of 11 x 11 nodes, each with a trial.

    Returns
    -------
    (181, 181)
        events/s; theta by phi in steps of a degree.

    Raises
    ------
    SampleError
        If nodes are missing; says how many.
    """
    if tuned.n_missing:
        found = f"none at {tuned.n_missing} of {tuned.mean.size}"
        raise SampleError(expected="a trial at every node", found=found)
    return interpolate_sphere(tuned.mean, smoothing_factor(tuned))


def map_indices(tuned: TuningMap) -> tuple[TopologySignature, dict[str, float]]:
    """Signature of a recorded map, and the numbers by which maps are compared.

    Parameters
    ----------
    tuned
        A map of 11 x 11 nodes, each with a trial.

    Returns
    -------
    signature : TopologySignature
        Of the smoothed map.
    indices : dict
        Published indices of the smoothed map; ``maxima``, ``saddles``, ``minima`` of the map as
        measured that exceed ``noise_threshold`` (all of them where no node has two trials);
        aspect ratios of the peak, NaN of a map that is constant.

    Raises
    ------
    SampleError
        If nodes are missing.
    """
    smooth = smoothed_map(tuned)
    signature = topology_signature(smooth)
    threshold = tuned.noise_threshold() if (tuned.n_trials > 1).any() else 0.0
    counts = topology_signature(tuned.mean).morse(threshold)
    ratios = dict.fromkeys(("axr_max", "axr_peak_mean", "axr_peak_mean_pool"), np.nan)
    if np.ptp(smooth) > 0:
        fine = fine_angles(GRID_ANGLES)
        ratios = level_set_geometry(smooth, fine, fine).aspect_ratios()
    named = dict(zip(("maxima", "saddles", "minima"), counts, strict=True))
    return signature, {**signature.summary(), "noise_threshold": threshold, **named, **ratios}


def signature_table(
    maps: Iterable[RecordedMap], n_nulls: int = 20, rng: int = 0
) -> tuple[pd.DataFrame, list[TopologySignature]]:
    """One row for each recorded map, and its signature.

    Parameters
    ----------
    maps
        Recorded maps.
    n_nulls
        Maps without tuning that each is compared with; 0 leaves reliability out.
    rng
        Seed of splits and null maps; each map has a stream of its own, by its name.

    Returns
    -------
    table : DataFrame
        ``animal, number, area, channel, unit, n_trials`` (fewest of a node), ``n_missing``,
        ``baseline, peak`` (events/s), the indices of `map_indices`, and ``split_half_map``,
        ``split_half_signature``, ``map_is_reliable``, ``signature_is_reliable``, which are missing
        for maps with fewer than two trials at a node. Indices of a map with missing nodes are
        missing.
    signatures : list of TopologySignature
        Of the maps without missing nodes, in order.
    """
    rows, signatures = [], []
    for recorded in maps:
        tuned = recorded.tuned
        row = {
            "animal": recorded.animal,
            "number": recorded.number,
            "area": recorded.area,
            "channel": recorded.channel,
            "unit": recorded.unit,
            "n_trials": int(tuned.n_trials.min()),
            "n_missing": tuned.n_missing,
            "baseline": recorded.baseline,
            "peak": float(np.nanmax(tuned.mean)),
        }
        if not tuned.n_missing:
            signature, indices = map_indices(tuned)
            signatures.append(signature)
            row |= indices | _agreement(recorded, n_nulls, rng)
        rows.append(row)
    return pd.DataFrame(rows), signatures


def _agreement(recorded: RecordedMap, n_nulls: int, rng: int) -> dict[str, float | bool]:
    if not n_nulls or recorded.tuned.n_trials.min() < 2:
        return {}
    stream = np.random.default_rng([rng, *recorded.name.encode()])
    found = reliability(recorded.tuned, n_nulls=n_nulls, rng=stream)
    return {
        "split_half_map": found.map,
        "split_half_signature": found.signature,
        "map_is_reliable": found.map_is_reliable,
        "signature_is_reliable": found.signature_is_reliable,
    }


def area_trends(table: pd.DataFrame) -> pd.DataFrame:
    """Mean of every index in every area, and its trend from V1 to IT.

    Parameters
    ----------
    table
        Of `signature_table`.

    Returns
    -------
    DataFrame
        One row an index: mean and standard error (ddof 1) by area, ``rho`` and ``p`` of Spearman's
        correlation with the area's place, ``F`` and ``p_anova``, ``slope`` of the line. Table of
        Wang & Ponce 2022 (NeurReps).
    """
    rows = {}
    for name in COMPARED:
        trend = population_trend(table[name], list(table["area"]), AREAS)
        row: dict[str, float] = {}
        for _, group in trend.table.iterrows():
            row |= {group["group"]: group["mean"], f"{group['group']}_sem": group["sem"]}
        rows[name] = row | {
            "rho": trend.rho,
            "p": trend.p,
            "F": trend.variance.F,
            "p_anova": trend.variance.p,
            "slope": trend.line.slope,
        }
    return pd.DataFrame(rows).T


def draw_areas(signatures: Sequence[TopologySignature], areas: Sequence[str]) -> Figure:
    """Counts of level curves over the levels, by area.

    Parameters
    ----------
    signatures
        Of the maps.
    areas
        Area of each.
    """
    figure = Figure(figsize=(12, 4), layout="constrained")
    draw_progression(figure.subplots(1, 3), signatures, areas)
    return figure
