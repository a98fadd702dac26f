"""Tables of the optimizer benchmark, with what is published or known beside what came out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from core.experiments.optimizer_benchmark.designs import Design

HERE = Path(__file__).parent

THEORY_TOLERANCE = 0.05
"""Share of its value by which a number may miss a law that holds for long walks."""

CONFIDENCE = 0.997
"""Confidence with which a difference is more than chance: 3 standard errors of normal numbers."""

N_STANDARD_DEVIATIONS = 2

ALL = "all"
"""Layer or noise of a row that takes all of them together."""

UNIT = ["network", "layer", "unit"]


def with_arguments(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with their arguments as columns in front; a unit as text."""
    arguments = pd.DataFrame([json.loads(task) for task in runs["task"]])
    if "unit" in arguments:
        arguments["unit"] = [",".join(map(str, unit)) for unit in arguments["unit"]]
    return pd.concat([arguments, runs.drop(columns="task")], axis=1)


def normalised_scores(runs: pd.DataFrame, design: Design, score: str) -> pd.DataFrame:
    """Scores of runs, each divided by the highest of its unit in all runs.

    Parameters
    ----------
    runs
        See `with_arguments`.
    design
        Gives the layers their labels.
    score
        Column of `runs`.

    Returns
    -------
    DataFrame
        ``label`` of the layer, ``noise``, ``optimizer``, ``score``; one row a run. A unit that no
        run activated has no scores.
    """
    labels = {(layer.network, layer.layer): layer.label for layer in design.layers}
    highest = runs.groupby(UNIT)[score].transform("max")
    return pd.DataFrame(
        {
            "label": [labels[key] for key in zip(runs["network"], runs["layer"], strict=True)],
            "noise": runs["noise"],
            "optimizer": runs["optimizer"],
            "score": (runs[score] / highest).where(highest > 0),
        }
    )


def score_table(scores: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Mean normalised score by layer and noise, and of all together.

    Parameters
    ----------
    scores
        Scores of single runs; see `normalised_scores`.
    design
        Gives layers, noises and optimizers their order.

    Returns
    -------
    DataFrame
        ``layer``, ``noise``, ``optimizer``, ``mean``, ``sem`` (ddof 1), ``n`` runs.
    """
    layers = [layer.label for layer in design.layers]
    noises = [f"{noise:g}" for noise in design.noises]
    groups = [(layer, noise) for layer in layers for noise in noises]
    groups += [(ALL, noise) for noise in (ALL, *noises)]
    rows = []
    for layer, noise in groups:
        of_layer = scores if layer == ALL else scores[scores["label"] == layer]
        chosen = of_layer if noise == ALL else of_layer[of_layer["noise"] == float(noise)]
        for optimizer in design.optimizers:
            some = chosen.loc[chosen["optimizer"] == optimizer, "score"].dropna()
            rows.append((layer, noise, optimizer, some.mean(), some.sem(), len(some)))
    return pd.DataFrame(rows, columns=["layer", "noise", "optimizer", "mean", "sem", "n"])


def published_scores(name: str) -> pd.DataFrame:
    """The published table of a design: ``layer``, ``noise``, ``optimizer``, ``published``."""
    table = pd.read_csv(HERE / "published_optimizer_scores.csv", dtype={"noise": str})
    table = table[table["design"] == name].drop(columns="design")
    return table.rename(columns={"score": "published"}).reset_index(drop=True)


def beside_published(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """A score table with a column ``published``, NaN where nothing is.

    Parameters
    ----------
    table
        Scores of this run; see `score_table`.
    published
        Published scores; see `published_scores`.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> ours = pd.DataFrame({"layer": ["fc8"], "noise": ["0"], "optimizer": ["A"], "mean": [0.5]})
    >>> theirs = ours.drop(columns="mean").assign(published=0.4)
    >>> beside_published(ours, theirs)[["mean", "published"]].values.tolist()
    [[0.5, 0.4]]
    """
    return table.merge(published, on=["layer", "noise", "optimizer"], how="left")


def table_text(table: pd.DataFrame) -> str:
    """A score table with a row for each layer and noise; published values in brackets."""
    table = table.assign(
        cell=[
            ("-" if np.isnan(row.value) else f"{row.value:.3f}")
            + ("" if np.isnan(row.published) else f" ({row.published:.3f})")
            for row in table.rename(columns={"mean": "value"}).itertuples()
        ]
    )
    wide = table.set_index(["layer", "noise", "optimizer"])["cell"].unstack(sort=False)
    return wide.rename_axis(columns=None).reset_index().to_string(index=False)


def noise_driven_table(runs: pd.DataFrame) -> pd.DataFrame:
    """What noise-driven runs gave beside what is published or known, with a verdict.

    Parameters
    ----------
    runs
        See `with_arguments` and `noise_driven_run`.

    Returns
    -------
    DataFrame
        ``optimizer``, ``quantity``, ``average`` (mean or median), ``this_run``, ``std`` (ddof 0),
        ``n``; ``reference``, ``reference_std``, ``source``; ``verdict``. A value agrees with

        - other noise-driven runs (compare = mean), if their difference is not more than chance, by
          Student's t at 99.7 %, and the rounding of their last digit;
        - runs for units (spread), if it is within 2 standard deviations of runs, theirs or ours;
        - a law (theory), if it is within 5 % of it.
    """
    references = pd.read_csv(HERE / "trajectory_references.csv", dtype={"value": str})
    rows = []
    for reference in references.itertuples():
        of_optimizer = runs[runs["optimizer"] == reference.optimizer]
        values = _values(of_optimizer, reference.quantity).dropna()
        if values.empty:
            continue
        average = values.median() if reference.average == "median" else values.mean()
        rows.append(
            {
                "optimizer": reference.optimizer,
                "quantity": reference.quantity,
                "average": reference.average,
                "this_run": average,
                "std": values.std(ddof=0),
                "n": len(values),
                "reference": float(reference.value),
                "reference_std": reference.std,
                "source": reference.source,
                "verdict": order_verdict(values, average, reference),
            }
        )
    return pd.DataFrame(rows)


def _values(runs: pd.DataFrame, quantity: str) -> pd.Series:
    """A column, or as in ``angle_10`` the entry of one that holds lists by generation."""
    if quantity in runs:
        return runs[quantity]
    name, _, generation = quantity.rpartition("_")
    return runs[name].str[int(generation)].astype(float)


def order_verdict(values: pd.Series, average: float, reference: Any) -> str:
    """``agrees`` or ``differs``, by the rules of `noise_driven_table`.

    Parameters
    ----------
    values, average
        Of the runs, and their mean or median.
    reference
        A row of ``trajectory_references.csv``: ``value`` as it is printed, ``std``, ``n``,
        ``average`` and ``compare``.
    """
    value = float(reference.value)
    if reference.compare == "theory":
        allowed = THEORY_TOLERANCE * abs(value)
    elif reference.compare == "spread":
        spread = np.nanmax([values.std(ddof=0), reference.std])
        allowed = N_STANDARD_DEVIATIONS * spread + _rounding(reference.value)
    else:
        allowed = _chance(values, reference) + _rounding(reference.value)
    return "agrees" if abs(average - value) <= allowed else "differs"


def _chance(values: pd.Series, reference: Any) -> float:
    """Difference of two averages that chance makes, from the scatter of these and those runs."""
    n, std = len(values), values.std(ddof=1)
    ours, theirs = (reference.std if n == 1 else std), reference.std
    if np.isnan(theirs):
        theirs = ours
    # a median of normal numbers scatters more than their mean
    factor = np.sqrt(np.pi / 2) if reference.average == "median" else 1.0
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, (n if n > 1 else reference.n) - 1)
    return quantile * factor * np.sqrt(ours**2 / n + theirs**2 / reference.n)


def _rounding(digits: str) -> float:
    """Half a unit of the last digit of a printed number.

    Examples
    --------
    >>> _rounding("29.1"), _rounding("8.05e-12"), _rounding("2013")
    (0.05, 5e-15, 0.5)
    """
    mantissa, _, exponent = digits.partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    return float(f"0.5e{int(exponent or 0) - n_decimals}")
