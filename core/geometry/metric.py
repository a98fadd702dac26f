"""A metric tensor in numbers: eigenvalues, eigenvectors, and where they come from.

The metric of a generator's images around a code is the Hessian of the squared image distance:
``D(G(z), G(z + d)) = d^T H d / 2 + ...``, the convention of the published files (Wang & Ponce
2021). Torch is not needed here; `core.geometry.at_code` computes metrics.
"""

from dataclasses import dataclass, field

import numpy as np

from core.errors import SettingError


@dataclass(frozen=True)
class Metric:
    """A metric tensor, or its leading part, in eigenvalues and eigenvectors.

    Attributes
    ----------
    eigenvalues : (k,)
        Ascending.
    eigenvectors : (n, k)
        In columns, in the same order.
    matrix : (n, n), optional
        The metric itself, where it was formed; symmetric.
    code : (n,), optional
        Where; None for an average.
    distance, reduction
        What was measured.
    convention
        ``"hessian"``: D = d^T H d / 2.
    dtype
        Precision that it was computed in.
    method
        How it was computed.
    residuals : (k,), optional
        ``|H v - lambda v|`` by the largest eigenvalue, where products gave the pairs.
    asymmetry
        Largest entry of ``|H - H^T| / 2`` by the largest of ``|H|`` before it was made symmetric.
    generator
        Its name.
    seed
        Of the start vectors, where there are any.
    """

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    matrix: np.ndarray | None = None
    code: np.ndarray | None = None
    distance: str = ""
    reduction: str = ""
    convention: str = "hessian"
    dtype: str = ""
    method: str = ""
    residuals: np.ndarray | None = field(default=None)
    asymmetry: float = 0.0
    generator: str = ""
    seed: int | None = None

    @property
    def n(self) -> int:
        """Length of a code."""
        return len(self.eigenvectors)

    def axis(self, rank: int) -> np.ndarray:
        """The eigenvector ``(n,)`` with this rank from the top, 0-based.

        Raises
        ------
        SettingError
            If there is none.
        """
        return self.eigenvectors[:, -1 - self._checked(rank, 0)]

    def top(self, k: int) -> np.ndarray:
        """The k eigenvectors of the largest eigenvalues, ``(n, k)``, ascending as published."""
        return self.eigenvectors[:, len(self.eigenvalues) - self._checked(k, 1) :]

    def null(self, k: int) -> np.ndarray:
        """The k eigenvectors of the smallest eigenvalues of a whole metric, ``(n, k)``."""
        if len(self.eigenvalues) < self.n:
            raise SettingError(
                expected="all eigenvectors, for a null space",
                found=f"{len(self.eigenvalues)} of {self.n}",
            )
        return self.eigenvectors[:, : self._checked(k, 1)]

    def _checked(self, k: int, least: int) -> int:
        highest = len(self.eigenvalues) - (least == 0)
        if not least <= k <= highest:
            raise SettingError(
                expected=f"{least} to {highest} of {len(self.eigenvalues)} eigenvectors", found=k
            )
        return k


def name_of(thing: object) -> str:
    """The name of a generator or distance: its own, as "fc6" and "LPIPS" have one, or its class's.

    Examples
    --------
    >>> name_of(np.add), name_of(Metric(np.ones(1), np.eye(1)))
    ('add', 'Metric')
    """
    return getattr(thing, "name", getattr(thing, "__name__", type(thing).__name__))
