"""The factor A of a covariance ``C = A^T A`` that learns by rank-one updates, without n x n arrays.

An update multiplies A from the left by ``a (I + b v^T v)``, so after k of them
``A = alpha (I + V^T Q)`` with V, Q of shape (k, n): row k of V is the whitened path, row k of Q the
path itself, scaled. A product with A costs O(k n) a row instead of O(n^2), an update O(n), and the
inverse is never needed, because the whitened path follows a recursion of its own.
"""

import math

import numpy as np

from core.computing.array_backend import NUMPY, Array, Backend, to_host

DENSE_UP_TO = 32
"""Dimension up to which the factor is an ordinary matrix from the start."""


class Factor:
    """The matrix A, starting at the identity.

    It is made an ordinary matrix once k reaches n / 2, where the two forms cost the same.

    Attributes
    ----------
    n
        Its rows and columns.
    n_updates
        How often it was updated.
    """

    def __init__(self, n: int, backend: Backend = NUMPY):
        self.n = n
        self.n_updates = 0
        self._backend = backend
        self._alpha = 1.0
        self._v = self._q = backend.zeros(0, n)
        self._dense = backend.eye(n) if n <= DENSE_UP_TO else None

    def right_multiply(self, z: Array) -> Array:
        """``z A`` for rows z, (..., n), as an array of its own."""
        if self._dense is not None:
            return z @ self._dense
        if self.n_updates == 0:
            return z + 0
        v, q = self._rows
        product = (z @ v.T) @ q
        product += z
        product *= self._alpha
        return product

    def update(self, whitened: Array, path: Array, c1: float) -> Array:
        """Make ``A^T A`` equal ``(1 - c1) A^T A + c1 path^T path``; the path is ``whitened A``.

        Parameters
        ----------
        whitened : (n,)
            Evolution path in the coordinates of the samples.
        path : (n,)
            The path itself, ``whitened A``.
        c1
            Learning rate of the rank-one update, in (0, 1).

        Returns
        -------
        ()
            Factor by which the whitened path shrinks, since the path is now seen through the new A.
        """
        xp = self._backend.xp
        squared_length = whitened @ whitened
        shrink = math.sqrt(1 - c1)
        stretch = xp.sqrt(1 + squared_length * c1 / (1 - c1))
        # a path of length 0 has no direction to stretch
        gain = (stretch - 1) / xp.where(squared_length > 0, squared_length, 1.0)
        if self._dense is None and self.n_updates >= self.n // 2:
            self._dense = self._matrix()
            self._v = self._q = self._backend.zeros(0, self.n)
        if self._dense is not None:
            self._dense = shrink * (self._dense + gain * xp.outer(whitened, path))
        else:
            self._append(whitened, gain / self._alpha * path)
            self._alpha *= shrink
        self.n_updates += 1
        return 1 / (shrink * stretch)

    @property
    def matrix(self) -> np.ndarray:
        """A, (n, n)."""
        return np.array(to_host(self._matrix()))

    @property
    def inverse(self) -> np.ndarray:
        """The inverse of A, (n, n)."""
        if self._dense is not None:
            return np.linalg.inv(self.matrix)
        v, q = (to_host(rows) for rows in self._rows)
        small = np.eye(len(v)) + q @ v.T
        return (np.eye(self.n) - v.T @ np.linalg.solve(small, q)) / self._alpha

    def covariance_eigenvalues(self) -> np.ndarray:
        """Eigenvalues of ``A^T A``, (n,) ascending, from a matrix of at most 2k rows."""
        v, q = (to_host(rows) for rows in self._rows)
        if self._dense is not None or 2 * len(v) >= self.n:
            return np.linalg.svd(self.matrix, compute_uv=False)[::-1] ** 2
        basis, _ = np.linalg.qr(np.concatenate([v, q]).T)
        small = np.eye(basis.shape[1]) + (basis.T @ v.T) @ (q @ basis)
        learned = np.linalg.svd(small, compute_uv=False) ** 2
        untouched = np.ones(self.n - len(learned))
        return self._alpha**2 * np.sort(np.concatenate([untouched, learned]))

    def state(self) -> dict[str, np.ndarray]:
        """What `load_state` goes on from."""
        v, q = self._rows
        state = {"v": v, "q": q, "alpha": self._alpha, "n_updates": self.n_updates}
        if self._dense is not None:
            state["dense"] = self._dense
        return {name: np.array(to_host(value)) for name, value in state.items()}

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a state of a factor of the same size."""
        numbers = self._backend.numbers
        self.n_updates, self._alpha = int(state["n_updates"]), float(state["alpha"])
        self._v, self._q = numbers(state["v"]), numbers(state["q"])
        self._dense = numbers(state["dense"]) if "dense" in state else None

    @property
    def _rows(self) -> tuple[Array, Array]:
        """V and Q without their spare rows."""
        return self._v[: self.n_updates], self._q[: self.n_updates]

    def _matrix(self) -> Array:
        if self._dense is not None:
            return self._dense
        v, q = self._rows
        return self._alpha * (self._backend.eye(self.n) + v.T @ q)

    def _append(self, v: Array, q: Array) -> None:
        k = self.n_updates
        if k == len(self._v):
            spare = self._backend.zeros(max(8, 2 * k) - k, self.n)
            self._v = self._backend.xp.concatenate([self._v, spare])
            self._q = self._backend.xp.concatenate([self._q, spare])
        self._v[k], self._q[k] = v, q
