"""Where each site stands in the distributions of rates, drift and time course it is drawn from.

Sites of one area and animal are few, and medians of a few independent draws from a wide
distribution differ between seeds by more than the recordings' own uncertainty. So each group of n
sites is a Latin hypercube (McKay, Beckman and Conover 1979, Technometrics 21, 239): every n-th part
of every distribution holds one site, and only their order is drawn. The groups are those of all
experiments, so that a site is the same whichever are simulated. What a site is tuned to is drawn
independently of all others (`site`).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from neuro_data_analysis.simulation.descriptors import Descriptor


class SiteQuantiles(NamedTuple):
    """A site's quantiles, between 0 and 1, in distributions of the simulation's parameters."""

    response: float
    baseline_share: float
    exponent: float
    early_share: float
    onset: float
    trial_cv: float
    gain_trend: float
    baseline_trend: float


def site_quantiles(
    sites: Iterable[Descriptor], rng: np.random.Generator
) -> dict[str, SiteQuantiles]:
    """Quantiles of all sites, by the scheduled name of the experiment.

    Parameters
    ----------
    sites
        All experiments; those of one area and animal share the parts of the distributions.
    rng
        Generator of the order.
    """
    groups = defaultdict(list)
    for site in sites:
        groups[site.area, site.animal].append(site.scheduled_name)
    return {
        name: SiteQuantiles(*quantiles)
        for names in groups.values()
        for name, quantiles in zip(
            names, stratified(len(names), len(SiteQuantiles._fields), rng).tolist(), strict=True
        )
    }


def stratified(n: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    """Latin hypercube: each column has one number in each n-th part of 0 to 1, in any order.

    Parameters
    ----------
    n
        Number of rows.
    n_columns
        Number of columns, whose orders are independent.
    rng
        Generator of orders, and of places inside the parts.

    Returns
    -------
    (n, n_columns)

    Examples
    --------
    >>> numbers = stratified(4, 2, np.random.default_rng(0))
    >>> np.sort(np.floor(4 * numbers), axis=0).T
    array([[0., 1., 2., 3.],
           [0., 1., 2., 3.]])
    """
    parts = np.tile(np.arange(n)[:, None], n_columns)
    # the farthest ends are left out, because unbounded distributions have no value there
    return (rng.permuted(parts, axis=0) + rng.uniform(1e-9, 1 - 1e-9, (n, n_columns))) / n
