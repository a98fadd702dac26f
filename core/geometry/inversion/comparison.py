"""What coordinates along the axes of a metric are worth when images are inverted.

Every method searches from the same starts, in the code's own coordinates, in those of the metric's
eigenvectors, and in these scaled by eigenvalues (Wang & Ponce 2021).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.computing.random_source import Randomness
from core.errors import SettingError
from core.generators.inversion import Inversion, Search, adam, invert
from core.generators.protocol import Generator
from core.geometry.coordinates import EigenCoordinates
from core.geometry.distances import FeatureDistance
from core.geometry.inversion.searches import cma, lbfgs
from core.geometry.metric import Metric
from core.optional import import_package

EXPONENT = 1 / 2.5
"""By which eigenvalues scale; HessCMAES' published default."""

BASES: dict[str, Callable[[Generator, Metric], Generator]] = {
    "plain": lambda generator, _: generator,
    "eigen": lambda generator, metric: EigenCoordinates(generator, metric),
    "scaled": lambda generator, metric: EigenCoordinates(generator, metric, EXPONENT),
}
"""Generators in other coordinates."""


RESOLVED = 1e-12
"""Errors below this are rounding, and count as it in ratios."""


@dataclass(frozen=True)
class Effort:
    """How long each method searches.

    Attributes
    ----------
    n_steps
        Steps, or generations.
    learning_rate
        Of Adam; 0.05 as published for other generators than BigGAN.
    sigma
        First step size of CMA-ES.
    """

    n_steps: int = 100
    learning_rate: float = 0.05
    sigma: float = 0.2


METHODS: dict[str, Callable[[Effort, Randomness], Search]] = {
    "adam": lambda effort, _: adam(effort.learning_rate, 0, effort.n_steps, None, True),
    "lbfgs": lambda effort, _: lbfgs(effort.n_steps, shows_progress=True),
    "cma": lambda effort, rng: cma(
        effort.n_steps, sigma=effort.sigma, rng=rng, shows_progress=True
    ),
}
"""Searches, by name."""

Compared = dict[tuple[str, str], Inversion]
"""Inversions by method and basis; codes are the generator's own."""


def compare_inversions(
    generator: Generator,
    metric: Metric,
    target: torch.Tensor,
    distance: FeatureDistance,
    *,
    methods: Sequence[str] = tuple(METHODS),
    bases: Sequence[str] = tuple(BASES),
    starts_per_image: int = 1,
    effort: Effort = Effort(),
    rng: Randomness = 0,
) -> tuple[pd.DataFrame, Compared]:
    """Invert images by several methods in several coordinates.

    Parameters
    ----------
    generator
        Makes the images.
    metric
        Of its codes, such as an average.
    target : (B, 3, H, W)
        Images in [0, 1].
    distance
        What is made small.
    methods, bases
        Names of `METHODS` and `BASES`.
    starts_per_image
        Random starts for each image, the same for all.
    effort
        How long each searches.
    rng
        Source of the starts and of CMA-ES' samples.

    Returns
    -------
    DataFrame
        A row for each method, basis, target and start: its ``error`` at the end, and ``passes``,
        what it cost in passes of one image through generator and distance; a gradient counts as
        three.
    dict
        Inversions by method and basis.

    Raises
    ------
    SettingError
        If a method or basis is not known.

    Examples
    --------
    >>> from core.generators.small import SmallGenerator
    >>> from core.geometry import PixelDistance, metric_tensor
    >>> G = SmallGenerator(4, 8)
    >>> metric = metric_tensor(G, G.sample(1, rng=0), PixelDistance())
    >>> table, _ = compare_inversions(
    ...     G, metric, G.images(G.sample(2, rng=1)), PixelDistance(), methods=["lbfgs"]
    ... )
    >>> len(table), bool((table.error < 1e-8).all())
    (6, True)
    """
    for name, chosen, known in (("method", methods, METHODS), ("basis", bases, BASES)):
        if unknown := [one for one in chosen if one not in known]:
            raise SettingError(path=name, expected=", ".join(known), found=repr(unknown[0]))
    random = np.random.default_rng(rng) if rng is None or isinstance(rng, int) else rng
    starts = generator.sample(len(target) * starts_per_image, rng=random)
    seed = int(random.integers(2**32)) if isinstance(random, np.random.Generator) else 0
    rows, found = [], {}
    for method in methods:
        for basis in bases:
            turned = BASES[basis](generator, metric)
            is_turned = isinstance(turned, EigenCoordinates)
            counted = _Counted(distance)
            inversion = invert(
                turned,
                target,
                turned.coefficients_of(starts.to(target)) if is_turned else starts,
                distance=counted,
                search=METHODS[method](effort, seed),
                starts_per_image=starts_per_image,
            )
            if is_turned:
                inversion = inversion._replace(codes=turned.codes_of(inversion.codes))
            found[method, basis] = inversion
            errors = inversion.all_errors.cpu().numpy()
            rows += [
                {
                    "method": method,
                    "basis": basis,
                    "target": i,
                    "start": j,
                    "error": float(errors[i, j]),
                    "passes": counted.n_passes / errors.size,
                }
                for i, j in np.ndindex(*errors.shape)
            ]
    return pd.DataFrame(rows), found


def gains(table: pd.DataFrame) -> pd.DataFrame:
    """How much smaller errors are in other coordinates than in plain ones, target by target.

    Parameters
    ----------
    table
        Of `compare_inversions`, with the basis ``plain``.

    Returns
    -------
    DataFrame
        A row for each method and other basis, for the best start of each target and for the mean
        over starts (``of``): ``gain``, the ratio of errors, plain by other, in geometric mean;
        ``better``, the share of targets with a smaller error; ``t`` and ``p`` of a paired t-test of
        the logarithms (NaN of fewer than two targets). Errors below `RESOLVED` count as that.

    Examples
    --------
    >>> errors = {"plain": [4, 9], "eigen": [2, 1]}
    >>> table = pd.DataFrame([
    ...     {"method": "adam", "basis": basis, "target": i, "start": 0, "error": error}
    ...     for basis, both in errors.items() for i, error in enumerate(both)
    ... ])
    >>> gains(table)[["basis", "of", "gain", "better"]].round(2).values.tolist()
    [['eigen', 'best', 4.24, 1.0], ['eigen', 'mean', 4.24, 1.0]]
    """
    stats = import_package("scipy.stats", "a t-test")
    rows = []
    for method, of_method in table.groupby("method", sort=False):
        for of, reduced in {"best": "min", "mean": "mean"}.items():
            errors = of_method.pivot_table("error", "target", "basis", aggfunc=reduced)
            logs: Mapping[str, pd.Series] = np.log(errors.clip(lower=RESOLVED))
            for basis in of_method.basis.unique():
                if basis == "plain":
                    continue
                fall = logs["plain"] - logs[basis]
                enough = len(fall) > 1 and fall.std() > 0
                test = stats.ttest_1samp(fall, 0) if enough else None
                rows.append(
                    {
                        "method": method,
                        "basis": basis,
                        "of": of,
                        "gain": float(np.exp(fall.mean())),
                        "better": float((fall > 0).mean()),
                        "t": float(test.statistic) if enough else np.nan,
                        "p": float(test.pvalue) if enough else np.nan,
                    }
                )
    return pd.DataFrame(rows, columns=["method", "basis", "of", "gain", "better", "t", "p"])


class _Counted:
    """A distance that counts passes of one image; those with a gradient cost three."""

    def __init__(self, distance: FeatureDistance):
        self.distance, self.n_passes = distance, 0

    def __call__(self, images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        self.n_passes += len(images) * (3 if images.requires_grad else 1)
        return self.distance(images, others)
