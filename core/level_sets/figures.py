"""Pictures of level sets: curves on a map, and counts over levels by area or layer."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from core.errors import SampleError
from core.level_sets.contours import contours_at
from core.level_sets.signature import TopologySignature
from core.plotting.style import mean_band
from core.statistics.intervals import population_sem

AREA_COLORS = {"V1": "#7920FF", "V4": "#2CA02C", "IT": "#FF7F0E"}
"""Colour of each area in the published figures."""

KINDS = {"n_branch": "level curves", "n_loop": "closed curves", "n_line": "open curves"}
"""Counts of the panels of a progression, from left to right, and their names."""


def draw_progression(
    axes: Sequence[Axes],
    signatures: Sequence[TopologySignature],
    group: Sequence[str],
    colors: Mapping[str, str] = AREA_COLORS,
) -> None:
    """Mean and standard error (ddof 0, as published) of the counts of each group over the levels.

    The first and the last level, which are degenerate, are not drawn.

    Parameters
    ----------
    axes
        Three: level curves, closed ones, open ones.
    signatures
        One of each map, all of the same number of levels.
    group : (n_maps,)
        Area or layer of each map.
    colors
        Colours by group, in the order of the legend; maps of other groups are left out.

    Raises
    ------
    SampleError
        If there is not one group for each map, no map of any group, or the numbers of levels
        differ.
    """
    if len(signatures) != len(group):
        raise SampleError(expected=f"a group for each of {len(signatures)} maps", found=len(group))
    of_group = {
        name: [s for s, own in zip(signatures, group, strict=True) if own == name]
        for name in colors
    }
    drawn = {name: some for name, some in of_group.items() if some}
    n_levels = {len(s.levels) for some in drawn.values() for s in some}
    if len(n_levels) != 1:
        raise SampleError(expected="maps of one number of levels", found=sorted(n_levels) or "none")
    level = np.linspace(0, 1, n_levels.pop())[1:-1]
    for ax, (kind, title) in zip(axes, KINDS.items(), strict=True):
        for name, some in drawn.items():
            counts = np.stack([getattr(s.counts, kind)[1:-1] for s in some])
            label = f"{name} (n = {len(some)})"
            mean, sem = counts.mean(axis=0), population_sem(counts)
            mean_band(ax, level, mean, sem, color=colors[name], band_alpha=0.25, label=label)
        ax.set(title=title, xlabel="level (share of range)", ylim=(0, None))
    axes[0].set_ylabel("number")
    axes[0].legend(frameon=False)


def draw_level_curves(
    ax: Axes, values: np.ndarray, theta: np.ndarray, phi: np.ndarray, n_levels: int = 21
) -> None:
    """Level curves on a map of a hemisphere: closed ones solid, open ones dashed.

    Parameters
    ----------
    ax
        Where to draw.
    values : (n_theta, n_phi)
        Responses.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees; theta is drawn to the right, phi upwards.
    n_levels
        Levels from the minimum to the maximum, the two ends not drawn.
    """
    ax.pcolormesh(theta, phi, np.asarray(values).T, cmap="gray", shading="gouraud")
    levels = np.linspace(np.min(values), np.max(values), n_levels)[1:-1]
    for share, level in zip(np.linspace(0, 1, len(levels)), levels, strict=True):
        for curve in contours_at(values, level, theta, phi, "hemisphere"):
            style = "-" if curve.closed else "--"
            ax.plot(curve.theta, curve.phi, style, color=colormaps["viridis"](share), lw=1)
    ax.set(xlabel="theta (degrees)", ylabel="phi (degrees)", aspect="equal")
