"""Least squares with errors that allow for clusters, and logistic regression; NumPy only.

They answer whether an effect stands when animal, era or another factor is held; a design matrix
has a row for each observation.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from core.errors import SampleError

MAX_STEPS = 60
"""Newton steps of a logistic regression; separable outcomes use all of them."""

STEP_TOLERANCE = 1e-10
"""Gain of the log likelihood below which a logistic regression has arrived."""


class CoefficientTest(NamedTuple):
    """Statistic and p of a test of one or several coefficients."""

    statistic: float
    p: float


@dataclass(frozen=True)
class LinearFit:
    """Coefficients of a design, (k,), with their covariance, (k, k), and degrees of freedom."""

    coefficients: np.ndarray
    covariance: np.ndarray
    freedom: int

    def t_test(self, column: int) -> CoefficientTest:
        """t and two-sided p of one coefficient; NaN without spread."""
        error = np.sqrt(self.covariance[column, column])
        t = self.coefficients[column] / error if error > 0 else np.nan
        return CoefficientTest(float(t), float(2 * special.stdtr(self.freedom, -abs(t))))

    def interval(self, column: int, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of one coefficient.

        Parameters
        ----------
        column
            0-based place in the design.
        level
            Coverage.
        """
        half = special.stdtrit(self.freedom, (1 + level) / 2)
        half *= np.sqrt(self.covariance[column, column])
        return float(self.coefficients[column] - half), float(self.coefficients[column] + half)

    def wald(self, columns: list[int]) -> CoefficientTest:
        """F and p of the hypothesis that several coefficients are 0 together.

        Parameters
        ----------
        columns
            0-based places in the design.
        """
        chosen = self.coefficients[columns]
        part = self.covariance[np.ix_(columns, columns)]
        f = float(chosen @ np.linalg.pinv(part) @ chosen) / len(columns)
        return CoefficientTest(f, float(special.fdtrc(len(columns), self.freedom, f)))


def least_squares(
    outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray | None = None
) -> LinearFit:
    """Ordinary least squares.

    Parameters
    ----------
    outcome : (n,)
        Numbers of any unit.
    design : (n, k)
        Columns of the model, the constant included.
    clusters : (n,)
        Label of the cluster that each observation belongs to. Errors are then those of Liang and
        Zeger (1986), times G / (G - 1) (n - 1) / (n - k) for G clusters, with G - k degrees of
        freedom. Without clusters the errors are the usual ones, with n - k.

    Raises
    ------
    SampleError
        If there are fewer observations, or clusters, than coefficients and one more, or columns
        depend on each other.

    Examples
    --------
    >>> line = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    >>> fit = least_squares(np.array([1.0, 2.9, 5.1, 7.0]), line)
    >>> fit.coefficients.round(2), round(fit.t_test(1).statistic, 1)
    (array([0.97, 2.02]), 47.6)
    """
    n, k = design.shape
    labels = np.arange(n) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    n_clusters = int(labels.max(initial=-1)) + 1
    if n_clusters <= k or np.linalg.matrix_rank(design) < k:
        raise SampleError(
            expected=f"more than {k} independent observations for {k} coefficients",
            found=f"{n_clusters}, or columns that depend on each other",
        )
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    residuals = outcome - design @ coefficients
    if clusters is None:
        covariance = inverse * (residuals @ residuals / (n - k))
        return LinearFit(coefficients, covariance, n - k)
    scores = np.zeros((n_clusters, k))
    np.add.at(scores, labels, design * residuals[:, None])
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - k)
    covariance = factor * inverse @ (scores.T @ scores) @ inverse
    return LinearFit(coefficients, covariance, n_clusters - k)


def logit_likelihood(outcome: np.ndarray, design: np.ndarray) -> float:
    """Largest log likelihood of a logistic regression.

    Parameters
    ----------
    outcome : (n,)
        Truth values.
    design : (n, k)
        Columns of the model, the constant included.

    Examples
    --------
    >>> round(logit_likelihood(np.array([True, False, True, True]), np.ones((4, 1))), 4)
    -2.2493
    """
    sign = np.where(outcome, 1.0, -1.0)
    coefficients = np.zeros(design.shape[1])
    reached = -np.inf
    for _ in range(MAX_STEPS):
        margins = sign * (design @ coefficients)
        likelihood = float(special.log_expit(margins).sum())
        if likelihood - reached < STEP_TOLERANCE:
            break
        reached = likelihood
        weights = special.expit(margins) * special.expit(-margins)
        gradient = design.T @ (sign * special.expit(-margins))
        coefficients += np.linalg.pinv(design.T @ (weights[:, None] * design)) @ gradient
    return max(reached, likelihood)


def likelihood_ratio(
    outcome: np.ndarray, design: np.ndarray, columns: list[int]
) -> CoefficientTest:
    """Chi square and p of the hypothesis that coefficients of a logistic regression are 0.

    Parameters
    ----------
    outcome : (n,)
        Truth values.
    design : (n, k)
        Columns of the model, the constant included.
    columns
        0-based places of those that are tested.

    Examples
    --------
    >>> group = np.repeat([0.0, 1.0], 10)
    >>> outcome = np.arange(20) % 10 < np.where(group > 0, 8, 3)
    >>> test = likelihood_ratio(outcome, np.column_stack([np.ones(20), group]), [1])
    >>> round(test.statistic, 2), round(test.p, 3)
    (5.3, 0.021)
    """
    rest = np.delete(design, columns, axis=1)
    gain = 2 * (logit_likelihood(outcome, design) - logit_likelihood(outcome, rest))
    gain = max(gain, 0.0)
    return CoefficientTest(gain, float(special.chdtrc(len(columns), gain)))
