"""All tuning axes of all recordings in one table: ANOVA, fits, shape of the curve, where it peaks.

Figure 6E. Axes are fitted in parallel processes. Definitions: docs/tuning.md.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.parallel import ordered_map
from core.progress import progress
from core.statistics.tuning_axes import Axis, axes, fit_axis
from core.statistics.tuning_curves import shape_flags
from neuro_data_analysis.tuning.axes import Tuning

FARTHEST = 0.4
"""Distance of the outermost images of a common axis."""

NEAR_ORIGIN = 0.08
"""Peaks no farther out than this count as peaks at the origin."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TunedUnit:
    """A tuning recording and the evolution before it.

    Attributes
    ----------
    animal
        Name of the animal.
    exp_id
        Animal and its number of experiments, shared by the recordings after one evolution.
    evolved
        Whether the evolution in BigGAN's space succeeded.
    tuning
        The preferred unit.
    """

    animal: str
    exp_id: str
    evolved: bool
    tuning: Tuning


@dataclass(frozen=True)
class AxisTask:
    """Work for one process: an axis, and the seed of its random restarts."""

    axis: Axis
    seed: int


def synopsis(units: Iterable[TunedUnit], n_jobs: int = 2) -> pd.DataFrame:
    """One row per axis, in the order of the recordings.

    The restarts of an axis are seeded by its ``Exp_id``, space and rank, so that a row does not
    depend on the others. An axis that cannot be fitted, such as one with a single distance, keeps
    NaN and is logged.

    Parameters
    ----------
    units
        Tuning recordings with the outcome of their evolutions.
    n_jobs
        Processes; a script that calls this needs the usual ``if __name__ == "__main__"``.

    Returns
    -------
    DataFrame
        Identity (``Animal``, ``Exp_id``, ``ephysFN``, ``space``, ``eig_id``), fits (``anova_*``,
        ``ols_*``, ``gauss_*``, ``gpr_*``), shape flags (False where there is no curve), peak
        (``lin_dist_num``, ``max_resp_lin_dist``, ``max_resp_lin_dist_bin``, ``max_resp_val`` in
        events/s), ``is_BigGAN_evol_success``, and both published masks of common axes:
        ``common_max`` (outermost distance 0.4) and ``common_both`` (-0.4 to 0.4).
    """
    work = [(unit, axis) for unit in units for axis in axes(unit.tuning.trials)]
    tasks = [AxisTask(axis, seed_of(unit.exp_id, axis)) for unit, axis in work]
    fits = progress(ordered_map(curve_columns, tasks, n_jobs), len(tasks), "tuning axes")
    rows = []
    for (unit, axis), fit in zip(work, fits, strict=True):
        if np.isnan(fit["gpr_R2"]):
            logger.warning(
                "%s, %s %d: no curve fits %d trials at %d distances",
                unit.tuning.name,
                axis.space,
                axis.eig_id,
                len(axis.rate),
                fit["lin_dist_num"],
            )
        identity = {
            "Animal": unit.animal,
            "Exp_id": unit.exp_id,
            "ephysFN": unit.tuning.name,
            "space": axis.space,
            "eig_id": axis.eig_id,
        }
        rows.append(identity | fit | {"is_BigGAN_evol_success": unit.evolved})
    return pd.DataFrame(rows)


def seed_of(exp_id: str, axis: Axis) -> int:
    """Seed of an axis's random restarts, the same on every machine.

    Parameters
    ----------
    exp_id
        Animal and its number of experiments.
    axis
        The axis, of which space and rank count.

    Examples
    --------
    >>> axis = Axis("class", 0, np.zeros(1), np.zeros(1))
    >>> seed_of("Beto_8", axis) == seed_of("Beto_9", axis)
    False
    """
    text = f"{exp_id} {axis.space} {axis.eig_id}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def curve_columns(task: AxisTask) -> dict:
    """Everything that the synopsis says about the curve of one axis, by column name.

    Examples
    --------
    >>> x = np.repeat([-0.4, -0.2, 0.0, 0.2, 0.4], 4)
    >>> y = 60 + 100 * x + np.tile([-1.0, 1.0, -2.0, 2.0], 5)
    >>> row = curve_columns(AxisTask(Axis("class", 0, x, y), seed=1))
    >>> row["gpr_y_is_monotonic"], row["common_both"], row["max_resp_lin_dist"]
    (True, True, 0.4)
    """
    x = task.axis.distance
    fits = fit_axis(x, task.axis.rate, np.random.default_rng(task.seed))
    levels, variance, line, gauss = fits.levels, fits.anova, fits.line, fits.gaussian
    _, curve, _ = fits.process.curve()
    shape = shape_flags(curve)
    peak = int(np.argmax(levels.mean))
    peak_at = float(levels.x[peak]) if np.isfinite(line.slope) else np.nan
    return {
        "anova_F_value": variance.F,
        "anova_p_value": variance.p,
        "anova_R2": variance.r2,
        "ols_R2": line.r2,
        "ols_slope": line.slope,
        "ols_intercept": line.intercept,
        "gauss_R2": gauss.r2,
        "gauss_fit_amplitude": gauss.amplitude,
        "gauss_fit_center": gauss.center,
        "gauss_fit_sigma": gauss.sigma,
        "gauss_fit_offset": gauss.offset,
        "gpr_R2": fits.process.r2,
        "gpr_y_is_unimodal": shape.unimodal,
        "gpr_y_is_monotonic": shape.monotonic,
        "gpr_y_is_bellshaped": shape.bellshaped,
        "lin_dist_num": len(levels.x),
        "max_resp_lin_dist": peak_at,
        "max_resp_lin_dist_bin": 0.0 if abs(peak_at) <= NEAR_ORIGIN else peak_at,
        "max_resp_val": float(levels.mean[peak]),
        "common_max": bool(x.max() == FARTHEST),
        "common_both": bool(x.max() == FARTHEST and x.min() == -FARTHEST),
    }


def shape_table(synopsis: pd.DataFrame) -> pd.DataFrame:
    """The axes with a fitted curve, with the columns of Figure 6E's shape table."""
    fitted = synopsis[synopsis["gpr_R2"].notna()]
    return fitted.rename(columns={"common_both": "is_common_axis"}).reset_index(drop=True)


def peak_table(synopsis: pd.DataFrame) -> pd.DataFrame:
    """The common axes whose response varies, with the columns of Figure 6E's peak table.

    Here, as published, an axis is common if its largest distance is 0.4.
    """
    common = synopsis[synopsis["common_max"] & synopsis["max_resp_lin_dist"].notna()]
    common = common.drop(columns="common_both")
    names = {
        "space": "space_name",
        "anova_F_value": "F_value",
        "anova_p_value": "p_value",
        "common_max": "is_common_axis",
    }
    return common.rename(columns=names).reset_index(drop=True)
