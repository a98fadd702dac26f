"""A tuning map with the trials that it was measured by.

Nodes may have any number of trials, none included; such a node is missing. The nodes of a pole
column show one image, whose trials are pooled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import SampleError
from core.level_sets.domains import TOPOLOGIES
from core.level_sets.sphere_grid import GRID_ANGLES, check_angles
from core.settings import positive_number

Trials = np.ndarray | Sequence[Sequence[np.ndarray]]
"""Responses of every trial: (n_theta, n_phi, n_trials), NaN where a trial is missing, or nested
sequences of (n_trials,) arrays, one for each node."""


@dataclass(frozen=True, eq=False)
class TuningMap:
    """Trials of a map and their statistics; made by `map_of_trials`.

    `trials` (n_theta, n_phi, largest number of trials) holds responses, those of a node first and
    NaN behind them; angles are in degrees.
    """

    trials: np.ndarray = field(repr=False)
    theta: np.ndarray = field(repr=False)
    phi: np.ndarray = field(repr=False)
    topology: str = "hemisphere"

    @property
    def n_trials(self) -> np.ndarray:
        """Number of trials of each node, (n_theta, n_phi)."""
        return np.isfinite(self.trials).sum(axis=2)

    @property
    def n_missing(self) -> int:
        """Number of nodes without a trial."""
        return int(np.count_nonzero(self.n_trials == 0))

    @property
    def mean(self) -> np.ndarray:
        """Mean response of each node, (n_theta, n_phi), at a pole of all trials of its column.

        NaN where there is no trial.
        """
        return mean_maps(self.trials[None], self.topology)[0]

    def sem2(self, ddof: int = 1) -> np.ndarray:
        """Squared standard error of each node's mean, before poles are pooled, (n_theta, n_phi).

        Parameters
        ----------
        ddof
            1 for an unbiased variance; 0 as in the published smoothing, a factor (n - 1) / n too
            small.

        Returns
        -------
        (n_theta, n_phi)
            NaN where a node has no more than `ddof` trials.
        """
        n, known = self.n_trials, np.isfinite(self.trials)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, self.trials, 0.0).sum(axis=2) / n
            squares = np.where(known, (self.trials - mean[:, :, None]) ** 2, 0.0).sum(axis=2)
            return np.where(n > ddof, squares / (n - ddof) / n, np.nan)

    def noise_threshold(self, n_sem: float = 2.0) -> float:
        """Persistence below which a maximum or a hole may be noise.

        `n_sem` times the root mean square of the nodes' standard errors.

        Parameters
        ----------
        n_sem
            Number of standard errors.

        Returns
        -------
        In the unit of the map.

        Raises
        ------
        SampleError
            If no node has two trials.

        Examples
        --------
        >>> trials = np.zeros((3, 3, 4)) + [1.0, -1.0, 1.0, -1.0]
        >>> round(map_of_trials(trials, [-90, 0, 90], [-90, 0, 90]).noise_threshold(), 4)
        1.1547
        """
        sem2 = self.sem2()
        if np.isnan(sem2).all():
            raise SampleError(expected="a node with two trials", found="none: the noise is unknown")
        return positive_number(n_sem, "n_sem") * float(np.sqrt(np.nanmean(sem2)))


def map_of_trials(
    trials: Trials,
    theta: np.ndarray = GRID_ANGLES,
    phi: np.ndarray = GRID_ANGLES,
    topology: str = "hemisphere",
) -> TuningMap:
    """A tuning map from the responses of its trials.

    Parameters
    ----------
    trials
        (n_theta, n_phi, n_trials), NaN where a trial is missing, or nested sequences that hold the
        trials (n_trials,) of each node; events/s or any other unit.
    theta, phi : (n_theta,), (n_phi,)
        Angles in degrees, ascending.
    topology
        ``hemisphere``, ``sphere`` or ``plane``; on the last, nothing is pooled.

    Returns
    -------
    TuningMap

    Raises
    ------
    SampleError
        If the grid is not that of the angles, angles do not ascend, a response is infinite, or
        there is no trial at all.

    Examples
    --------
    >>> ragged = [[[1.0], [2.0, 4.0], [0.0]], [[3.0], [], [0.0]], [[5.0], [7.0], [6.0]]]
    >>> tuned = map_of_trials(ragged, [-90, 0, 90], [-90, 0, 90])
    >>> tuned.mean
    array([[ 3.,  3.,  2.],
           [ 3., nan,  2.],
           [ 3.,  7.,  2.]])
    >>> tuned.n_missing
    1
    """
    theta, phi = check_angles(theta, "theta"), check_angles(phi, "phi")
    if topology not in TOPOLOGIES:
        raise SampleError(expected=f"one of {', '.join(TOPOLOGIES)}", found=f"{topology!r}")
    filled = _as_array(trials)
    if filled.shape[:2] != (len(theta), len(phi)):
        raise SampleError(
            path="trials",
            expected=f"trials of {len(theta)} x {len(phi)} nodes, as many as angles",
            found=f"{filled.shape[0]} x {filled.shape[1]}",
        )
    if np.isinf(filled).any():
        raise SampleError(path="trials", expected="finite responses", found="infinite ones")
    if not np.isfinite(filled).any():
        raise SampleError(path="trials", expected="at least one trial", found="none")
    first = np.argsort(np.isnan(filled), axis=2, kind="stable")
    return TuningMap(np.take_along_axis(filled, first, axis=2), theta, phi, topology)


def mean_maps(trials: np.ndarray, topology: str) -> np.ndarray:
    """Mean maps of many sets of trials, those of a pole pooled.

    Parameters
    ----------
    trials : (n_maps, n_theta, n_phi, n_trials)
        Responses, NaN where there is none.
    topology
        As in `map_of_trials`.

    Returns
    -------
    (n_maps, n_theta, n_phi)
        NaN where a node has no trial.
    """
    known = np.isfinite(trials)
    total, n = np.where(known, trials, 0.0).sum(axis=3), known.sum(axis=3)
    if topology != "plane":
        for column in (0, -1):
            for sums in (total, n):
                sums[:, :, column] = sums[:, :, column].sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return total / n


def _as_array(trials: Trials) -> np.ndarray:
    """Trials as one array, (n_theta, n_phi, largest number of trials), filled up with NaN."""
    if isinstance(trials, np.ndarray) and trials.dtype != object:
        if trials.ndim != 3:
            found = f"shape {trials.shape}"
            raise SampleError(path="trials", expected="(n_theta, n_phi, n_trials)", found=found)
        return trials.astype(float)
    rows = [[np.atleast_1d(np.asarray(node, dtype=float)) for node in row] for row in trials]
    lengths = {len(row) for row in rows}
    if len(lengths) != 1:
        raise SampleError(path="trials", expected="rows of one length", found=sorted(lengths))
    most = max(node.size for row in rows for node in row)
    filled = np.full((len(rows), lengths.pop(), most), np.nan)
    for i, row in enumerate(rows):
        for j, node in enumerate(row):
            filled[i, j, : node.size] = node.ravel()
    return filled
