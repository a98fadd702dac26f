"""Figure 4: success rates, normalised trajectories, time constants."""

import numpy as np
import pandas as pd

from core.contract import fig4
from core.contract.manifest import EXPERIMENT_ORDER
from core.contract.metadata import META
from core.statistics.analysis import RISE_SHARE, SUCCESS_LEVEL
from core.statistics.intervals import beta_interval
from core.statistics.masks import AREAS, area, mask_table, success_with_rise
from core.statistics.summaries import convergence
from core.threads import PREFIXES
from neuro_data_analysis.evolutions.cohort import Cohort, Summary, by_slice
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import CohortInputs


def contents(inputs: CohortInputs) -> Contents:
    """The folder of Figure 4."""
    cohort = inputs.cohort
    level = cohort.settings.success_level
    responses, normaliser = by_slice(cohort.responses), cohort.normaliser[:, None]
    return Contents(
        {
            EXPERIMENT_ORDER: inputs.order,
            fig4.SUCCESS_RATE: success_rates(cohort.meta, level),
            fig4.SUCCESS_CRITERION: criterion(level),
            **{fig4.RESPONSES[name]: rates / normaliser for name, rates in responses.items()},
            fig4.MASKS: mask_table(cohort.meta),
            fig4.REAL_BLOCKS: cohort.measured,
            fig4.TIME_CONSTANTS: time_constant_table(cohort),
        }
    )


def criterion(level: float = SUCCESS_LEVEL) -> dict[str, str]:
    """The criterion of success in words.

    Examples
    --------
    >>> criterion()["sucs_criterion_label"]
    'max > init, P<0.01'
    """
    return {"sucs_criterion_label": f"max > init, P<{level:g}", "sucs_label": "maxinit"}


def success_rates(meta: pd.DataFrame, level: float = SUCCESS_LEVEL) -> pd.DataFrame:
    """Successes among valid experiments per area, with a Beta posterior's 5 % and 95 % quantiles.

    Parameters
    ----------
    meta
        `Cohort.meta`; the criterion is `success_with_rise`.
    level
        Level that p must stay below.

    Examples
    --------
    >>> meta = {"valid": [True], "visual_area": ["IT"]}
    >>> meta |= {f"{s}_maxinit_{t}": [0.001] for s in "pt" for t in (0, 1)}
    >>> success_rates(pd.DataFrame(meta)).set_index("label").loc["IT", ["FC_suc", "total"]].tolist()
    [1, 1]
    """
    rows = []
    for name in AREAS:
        chosen = meta[meta["valid"] & area(meta, name)]
        counts = {
            prefix: int(success_with_rise(chosen, thread, level).sum())
            for thread, prefix in enumerate(PREFIXES)
        }
        total = len(chosen)
        row = {"label": name, **{f"{k}_suc": n for k, n in counts.items()}, "total": total}
        row |= {f"{k}_rate": n / total if total else np.nan for k, n in counts.items()}
        for k, n in counts.items():
            row[f"{k}_CI_1"], row[f"{k}_CI_2"] = map(float, beta_interval(n, total))
        rows.append(row)
    return pd.DataFrame(rows)


def time_constants(summary: Summary, share: float = RISE_SHARE) -> dict[str, int]:
    """First block above 80 % of the rise and blocks below it, for three baselines.

    Measured on the unpadded block means, by column name.

    Parameters
    ----------
    summary
        Of an experiment.
    share
        Share of the largest rise that counts as arrived.
    """
    results = {}
    for thread, prefix in enumerate(PREFIXES):
        trajectory = summary.responses.mean[:, thread]
        baselines = {
            "": summary.responses.baseline[:, thread].mean(),
            "_bsl0": 0.0,
            "_bslinit": trajectory[0],
        }
        for suffix, baseline in baselines.items():
            rise = convergence(trajectory, baseline, share)
            results[f"{prefix}_tc0{suffix}"] = rise.first_block
            results[f"{prefix}_tc_cnt{suffix}"] = rise.n_below
    return {name: results[name] for name in fig4.TIME_CONSTANT_COLUMNS}


def time_constant_table(cohort: Cohort) -> pd.DataFrame:
    """Expi, the 27 columns of ``meta_stats``, the 12 time constants."""
    meta = cohort.meta.reset_index()[["Expi", *(column.name for column in META)]]
    share = cohort.settings.rise_share
    constants = pd.DataFrame([time_constants(summary, share) for summary in cohort.summaries])
    return pd.concat([meta, constants], axis=1)
