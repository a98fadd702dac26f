"""A generator in the coordinates of a metric's eigenvectors: the same images, other codes.

Optimizers that treat each coordinate for itself, such as Adam, work better where coordinates are
the axes along which images change alike (Wang & Ponce 2021); whatever takes a generator takes this
one, `core.generators.invert` among others.
"""

import numpy as np
import torch

from core.computing.devices import device_of, dtype_of
from core.computing.random_source import Randomness
from core.errors import SettingError
from core.generators.protocol import Generator
from core.geometry.metric import Metric

FLOOR = 1e-6
"""Share of the largest eigenvalue that smaller ones count as in a scale: null axes have none."""


class EigenCoordinates(Generator):
    """Codes are coefficients c of all eigenvectors, ascending: ``z = U (s c)``.

    Parameters
    ----------
    generator
        Makes the images.
    metric
        With all eigenvectors, such as the average of many codes.
    exponent
        Scale ``s = eigenvalue ** -exponent``, all divided by their geometric mean, so that equal
        steps are small where images change much. 0, the default, is a rotation; searches that no
        rotation touches (L-BFGS, CMA-ES) gain by a scale only, and 1/2.5 is HessCMAES' exponent.

    Raises
    ------
    SettingError
        If the metric is of codes of another length, or lacks eigenvectors.

    Examples
    --------
    >>> import numpy as np
    >>> from core.generators import SmallGenerator, invert
    >>> small = SmallGenerator(4, 8)
    >>> turned = EigenCoordinates(small, Metric(np.arange(4.0), np.eye(4)[::-1]))
    >>> bool((turned.visualize(torch.tensor([[1.0, 2, 3, 4]])) ==
    ...       small.visualize(torch.tensor([[4.0, 3, 2, 1]]))).all())
    True
    >>> target = small.images(small.sample(1, rng=0))
    >>> found = invert(turned, target, rng=1, learning_rate=0.1, n_steps=200)
    >>> bool(((small.images(turned.codes_of(found.codes)) - target) ** 2).mean() < 1e-4)
    True
    """

    def __init__(self, generator: Generator, metric: Metric, exponent: float = 0.0):
        super().__init__()
        n = generator.latent_dim
        if metric.eigenvectors.shape != (n, n):
            raise SettingError(
                path="metric",
                expected=f"{n} eigenvectors of codes of length {n}",
                found=f"shape {metric.eigenvectors.shape}",
            )
        self.generator, self.latent_shape = generator, (n,)
        self.batch_size = generator.batch_size
        largest = metric.eigenvalues.max()
        if not largest > 0:
            raise SettingError(path="metric", expected="eigenvalues above 0", found=largest)
        logs = -exponent * np.log(np.maximum(metric.eigenvalues / largest, FLOOR))
        parts = {"eigenvectors": metric.eigenvectors, "scale": np.exp(logs - logs.mean())}
        for name, values in parts.items():
            tensor = torch.from_numpy(np.array(values)).to(device_of(generator))
            self.register_buffer(name, tensor.to(dtype_of(generator)))

    def sample(self, n: int = 1, *, rng: Randomness = None) -> torch.Tensor:
        """Coefficients of random codes of the generator, ``(n, length)``."""
        return self.coefficients_of(self.generator.sample(n, rng=rng).flatten(1))

    def visualize(self, codes: torch.Tensor, *, scale: float = 1.0) -> torch.Tensor:
        """Images of coefficients ``(B, n)``, in [0, scale]."""
        codes = self.codes_of(codes).reshape(-1, *self.generator.latent_shape)
        return self.generator.visualize(codes, scale=scale)

    def codes_of(self, coefficients: torch.Tensor) -> torch.Tensor:
        """Codes ``(B, n)`` of coefficients ``(B, n)``."""
        return (coefficients * self.scale) @ self.eigenvectors.T

    def coefficients_of(self, codes: torch.Tensor) -> torch.Tensor:
        """Coefficients ``(B, n)`` of codes ``(B, n)``."""
        return codes.flatten(1) @ self.eigenvectors / self.scale
