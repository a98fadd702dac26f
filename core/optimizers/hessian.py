"""CMA-ES along the eigenvectors of an average Hessian of image change (Wang & Ponce 2021).

The search runs in n coordinates z; a code is the mean plus ``sigma z A B`` with the basis
``B = diag(eigenvalues^-expon) E^T``, so directions that change the image much get small steps. The
factor A is learnt in the n coordinates; the part of the mean outside the basis stays as it is.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.computing.array_backend import NUMPY_DEVICE, Array, to_host
from core.computing.random_source import Draw, Randomness
from core.errors import SettingError
from core.optimizers.cholesky import CholeskyCMAES
from core.settings import whole

if TYPE_CHECKING:
    import torch


class HessCMAES(CholeskyCMAES):
    """CholeskyCMAES in a subspace of `cutoff` dimensions; see there for the other parameters.

    Parameters
    ----------
    space_dimen
        Length D of a code.
    cutoff
        Dimensions n of the search, which set the population size and the rates; by default D. They
        are the first coordinates of the code until `set_Hessian` gives the eigenvectors.

    Examples
    --------
    >>> optimizer = HessCMAES(8, cutoff=3, init_code=np.ones(8), random_seed=0)
    >>> optimizer.set_Hessian(np.arange(8, 0, -1.0), np.eye(8))
    >>> codes = optimizer.step([0.0], np.ones((1, 8)))
    >>> codes.shape, bool((codes[:, 3:] == 1).all())
    ((8, 8), True)
    """

    def __init__(
        self,
        space_dimen: int,
        population_size: int | None = None,
        cutoff: int | None = None,
        init_sigma: float = 3.0,
        init_code: Array | None = None,
        Aupdate_freq: float | None = 10,  # noqa: N803 (published name)
        maximize: bool = True,
        random_seed: Randomness = None,
        optim_params: Mapping[str, float] | None = None,
        *,
        adapt: bool = True,
        device: "str | torch.device | None" = NUMPY_DEVICE,
        draw: Draw | None = None,
    ):
        super().__init__(
            space_dimen,
            population_size,
            init_sigma,
            init_code,
            Aupdate_freq,
            maximize,
            random_seed,
            optim_params,
            adapt=adapt,
            device=device,
            draw=draw,
        )
        n = self.space_dimen if cutoff is None else whole(cutoff, "cutoff", at_least=1)
        if n > self.space_dimen:
            raise SettingError(
                path="cutoff",
                expected=f"at most the {self.space_dimen} dimensions of a code",
                found=n,
            )
        self._search_in(n, population_size, Aupdate_freq, optim_params)
        self._basis = None
        if n < self.space_dimen:
            self._basis = self.backend.numbers(np.eye(n, self.space_dimen))
        self._scale = np.ones(n)

    def set_Hessian(  # noqa: N802 (published name)
        self,
        eigvals: np.ndarray,
        eigvects: np.ndarray,
        cutoff: int | None = None,
        expon: float = 1 / 2.5,
    ) -> None:
        """Search along eigenvectors, in steps of ``eigenvalue ** -expon``.

        Parameters
        ----------
        eigvals : (>= n,)
            Descending, all of the first n above zero.
        eigvects : (D, >= n)
            Eigenvectors in columns, in the same order.
        cutoff
            Has no effect, as published; the constructor's counts.
        expon
            Exponent; 1/2.5 is the published default.

        Raises
        ------
        SettingError
            If they do not fit the code, are not positive or not descending, or the search has
            begun.
        """
        eigvals = np.asarray(to_host(eigvals), float).ravel()
        eigvects = np.asarray(to_host(eigvects), float)
        self._check_hessian(eigvals, eigvects)
        self._scale = eigvals[: self._n] ** -expon
        self._basis = self.backend.numbers(self._scale[:, None] * eigvects[:, : self._n].T)

    @property
    def A(self) -> np.ndarray:  # noqa: N802
        """Factor of the covariance in the code's space, (n, D); formed on request."""
        return self._factor.matrix @ self._host_basis

    @property
    def Ainv(self) -> np.ndarray:  # noqa: N802
        """Right inverse of `A`, (D, n); formed on request."""
        return (self._host_basis / self._scale[:, None] ** 2).T @ self._factor.inverse

    def covariance_eigenvalues(self) -> np.ndarray:
        """The n eigenvalues of ``A^T A`` that are not zero, ascending; computed on request."""
        return np.linalg.svd(self.A, compute_uv=False)[::-1] ** 2

    def settings(self) -> dict[str, Any]:
        """What must be the same for a state to fit; the basis by its SHA-256."""
        return super().settings() | {
            "cutoff": self._n,
            "Hessian": hashlib.sha256(np.ascontiguousarray(self._host_basis)).hexdigest(),
        }

    @property
    def _host_basis(self) -> np.ndarray:
        return np.eye(self.space_dimen) if self._basis is None else to_host(self._basis)

    def _in_code_space(self, rows: Array) -> Array:
        return rows if self._basis is None else rows @ self._basis

    def _check_hessian(self, eigvals: np.ndarray, eigvects: np.ndarray) -> None:
        n, n_code = self._n, self.space_dimen
        if self.istep > 0:
            raise SettingError(
                path="set_Hessian",
                expected="a call before the first step",
                found=f"step {self.istep}",
            )
        fits = eigvects.ndim == 2 and len(eigvects) == n_code and eigvects.shape[1] >= n
        if not fits or len(eigvals) < n:
            raise SettingError(
                path="Hessian",
                expected=f"at least {n} eigenvalues and eigenvectors of shape ({n_code}, >= {n})",
                found=f"{len(eigvals)} and shape {eigvects.shape}",
            )
        if not (eigvals[:n] > 0).all() or not np.isfinite(eigvals[:n]).all():
            bad = int((~(eigvals[:n] > 0) | ~np.isfinite(eigvals[:n])).sum())
            raise SettingError(
                path="Hessian",
                expected="eigenvalues above zero",
                found=f"{bad} of the first {n} that are not (least {np.min(eigvals[:n]):.3g})",
                advice="choose a smaller cutoff",
            )
        if (np.diff(eigvals[:n]) > 0).any():
            raise SettingError(
                path="Hessian",
                expected="eigenvalues in descending order",
                found="ascending ones",
                advice="reverse them and the columns of the eigenvectors",
            )
