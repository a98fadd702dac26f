"""What is read from a screen: statistics of every neuron, its poles, and images along its order."""

import logging
import os
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import skew

from core.errors import SampleError, SettingError
from core.settings import whole
from dualneuron.screening.reading import ordered, screen_facts

logger = logging.getLogger(__name__)

EPSILON = 1e-8
"""Added to the mean that a standard deviation is divided by, as published."""

STATISTICS = ("gini", "skewness", "mean", "std", "range", "cv", "max", "q95", "q05")
"""Columns of `compute_population_statistics`, after the neuron's id."""

ACTIVE_MAX, ACTIVE_MEAN = 0.5, 0.01
"""An active neuron's largest and mean response are above these, and its responses vary."""

POLES = ("low", "high", "both")


def gini(x: np.ndarray) -> float:
    """Gini coefficient of responses: 0 if all are equal, towards 1 if few make up the sum.

    Parameters
    ----------
    x : (n,)
        Responses; sorted here if they do not ascend.

    Returns
    -------
    float
        0 if their sum is 0.

    Raises
    ------
    SampleError
        If there are none.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 0.0, 0.0, 1.0]))
    (0.0, 0.75)
    """
    x = np.asarray(x, np.float64).ravel()
    if not x.size:
        raise SampleError(path="x", expected="at least one response", found="none")
    if np.any(np.diff(x) < 0):
        x = np.sort(x)
    n, total = x.size, x.sum()
    if total == 0:
        return 0.0
    return float(2 * (np.arange(1, n + 1) @ x) / (n * total) - (n + 1) / n)


def compute_population_statistics(
    resp_dir: str | os.PathLike, sort_by: str = "gini"
) -> tuple[pd.DataFrame, np.ndarray]:
    """Statistics of every neuron's responses to a screen, and which neurons are active.

    Active are those with a largest response above 0.5, a mean above 0.01, and responses that vary.

    Parameters
    ----------
    resp_dir
        Ordered responses, as `ordered` takes them.
    sort_by
        Column by which the table descends.

    Returns
    -------
    table : DataFrame
        ``neuron_id``; ``gini``; ``skewness``, of the sample; ``mean``; ``std`` (ddof 0); ``range``;
        ``cv``, std / (mean + 1e-8); ``max``; ``q95`` and ``q05``, percentiles by interpolation.
    active : (n,) int64
        Ids of active neurons, in the order of the table.

    Raises
    ------
    SettingError
        If there is no such column.
    SampleError
        If the screen kept both ends alone, which have other statistics.
    """
    if sort_by not in STATISTICS:
        raise SettingError(
            path="sort_by", expected=f"one of {', '.join(STATISTICS)}", found=repr(sort_by)
        )
    responses = ordered(resp_dir)
    if top_k := screen_facts(responses.path).get("top_k"):
        raise SampleError(
            path=responses.path,
            expected="responses to all images",
            found=f"{top_k} of each end",
            advice="screen again without top_k",
        )
    rows = [{"neuron_id": unit, **_statistics(responses[unit])} for unit in responses]
    table = pd.DataFrame(rows).sort_values(sort_by, ascending=False, kind="stable")
    table = table.reset_index(drop=True)
    is_active = (table["max"] > ACTIVE_MAX) & (table["mean"] > ACTIVE_MEAN) & (table["std"] > 0)
    active = table.loc[is_active, "neuron_id"].to_numpy(np.int64)
    share = 100 * len(active) / len(table)
    logger.info("Active neurons: %d / %d (%.1f%%)", len(active), len(table), share)
    return table, active


def _statistics(responses: np.ndarray) -> dict[str, float]:
    x = responses.astype(np.float64)
    mean, std = x.mean(), x.std()
    low, high = x.min(), x.max()
    q05, q95 = np.percentile(x, [5, 95])
    return {
        "gini": gini(x),
        "skewness": float(skew(x)) if high > low else np.nan,
        "mean": mean,
        "std": std if high > low else 0.0,
        "range": high - low,
        "cv": std / (mean + EPSILON),
        "max": high,
        "q95": q95,
        "q05": q05,
    }


def load_poles(
    neuron_id: int, dset: Any, idx_dir: str | os.PathLike, k: int = 10, pole: str = "both"
) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    """Images that excite a neuron least and most, of a screen.

    A low pole of a neuron with next to no room below its response to mean grey is warned of.

    Parameters
    ----------
    neuron_id
        0-based.
    dset
        The set that was screened: items are tensors (C, H, W), or begin with one.
    idx_dir
        Ordered indices, as `ordered` takes them.
    k
        How many of each.
    pole
        ``low``, ``high`` or ``both``.

    Returns
    -------
    (k, C, H, W), or a pair of these, low first
        In ascending order of the response.

    Raises
    ------
    SettingError
        If there is no such pole or neuron.
    SampleError
        If fewer than `k` images are ordered.
    """
    if pole not in POLES:
        raise SettingError(path="pole", expected=f"one of {', '.join(POLES)}", found=repr(pole))
    k = whole(k, "k", at_least=1)
    indices = ordered(idx_dir)
    order = indices[neuron_id]
    facts = screen_facts(indices.path)
    n_there = min(len(order), facts.get("top_k") or len(order))
    if k > n_there:
        raise SampleError(
            path=indices.path, expected=f"{k} images of each end of unit {neuron_id}", found=n_there
        )
    if pole != "high" and neuron_id in facts.get("without_room", ()):
        logger.warning(
            "neuron %d responds to mean grey with %.3f: it has next to no room for a low pole",
            neuron_id,
            facts["grey_baseline"][neuron_id],
        )
    ends = {"low": order[:k], "high": order[-k:]}
    if pole != "both":
        return _stacked(dset, ends[pole])
    return _stacked(dset, ends["low"]), _stacked(dset, ends["high"])


def _stacked(dset: Any, indices: np.ndarray) -> torch.Tensor:
    items = (dset[int(index)] for index in indices)
    return torch.stack([item[0] if isinstance(item, tuple | list) else item for item in items])


def sample_activations_adaptively(
    responses: np.ndarray, num_samples: int = 100, *, allow_fewer: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images spread along a neuron's order, more of them where its response changes fast.

    The upper image of a step is drawn with a probability in proportion to the step, without
    replacement, by random numbers that depend on `num_samples` alone.

    Parameters
    ----------
    responses : (n,)
        In any order.
    num_samples
        How many.
    allow_fewer
        Take as many as there are steps if these are fewer, instead of an error.

    Returns
    -------
    indices : (num_samples,)
        Of the images in `responses`.
    ascending : (n,)
        All responses in order.
    positions : (num_samples,)
        Of the images in `ascending`, as drawn.

    Raises
    ------
    SampleError
        If fewer steps are not zero than samples are wanted.

    Examples
    --------
    >>> _, ascending, positions = sample_activations_adaptively(np.array([3.0, 1.0, 1.0]), 1)
    >>> ascending, positions
    (array([1., 1., 3.]), array([2]))
    """
    responses = np.asarray(responses)
    num_samples = whole(num_samples, "num_samples", at_least=1)
    rng = np.random.default_rng(seed=num_samples)
    order = np.argsort(responses, kind="stable")
    ascending = responses[order]
    steps = np.abs(np.diff(ascending))
    n_steps = np.count_nonzero(steps)
    if n_steps < num_samples and not (allow_fewer and n_steps):
        raise SampleError(
            path="responses",
            expected=f"{num_samples} steps or more between them",
            found=n_steps or "none: all are equal",
            advice="take fewer samples" if n_steps else "",
        )
    n_drawn = min(num_samples, n_steps)
    drawn = rng.choice(len(steps), n_drawn, p=steps / steps.sum(), replace=False)
    positions = drawn + 1
    return order[positions], ascending, positions
