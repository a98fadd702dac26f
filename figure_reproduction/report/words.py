"""Published numbers in words, and their values with as many digits as a reader wants."""

import math
import re
from functools import cache

from figure_reproduction.comparison import DIFFERS, Compared, Published

MAX_DIGITS = 4
"""Significant digits shown of a value; ``report.csv`` holds them all."""

SMALLEST_P = 1e-15
"""A smaller probability is called so: what computed it does not resolve it."""

P_VALUES = ("p", "p_fdr", "anova.p")
"""Statistics that are probabilities."""

STATISTICS = {
    "n": "n",
    "t": "t",
    "z": "z",
    "p": "P",
    "p_fdr": "P after FDR",
    "n_blocks": "blocks",
    "n_slices": "slices of the array",
    "n_ms": "time bins of 1 ms",
    "offset_events_per_s": "events/s between dashed lines",
    "mean_events_per_s": "mean rate, events/s",
    "pearson_r": "Pearson r",
    "rate": "share that succeeds",
    "ci_low": "lower end of the 90 % interval",
    "ci_high": "upper end of the 90 % interval",
    "ci95_low": "lower end of the 95 % interval",
    "ci95_high": "upper end of the 95 % interval",
    "wilson95_low": "lower end of the 95 % interval",
    "wilson95_high": "upper end of the 95 % interval",
    "mean_maxnorm": "mean normalised response",
    "mean_blocks": "mean blocks to 80 % of the rise",
    "n_blocks_fdr_deepsim_gt_biggan": "blocks with DeePSim larger (FDR)",
    "n_blocks_fdr_biggan_gt_deepsim": "blocks with BigGAN larger (FDR)",
    "n_bins_p05": "bins with P < 0.05",
    "n_bins_fdr05": "bins that survive FDR",
    "mean_gaussian_value": "mean optimised score",
    "fraction": "share",
    "n_axes": "axes",
    "n_rows": "rows of the table",
    "n_seeds": "seeds",
    "n_levels": "distances",
    "quantile_0.02": "lower limit of the colours, events/s",
    "quantile_0.98": "upper limit of the colours, events/s",
    "baseline_mean": "baseline, events/s",
    "baseline_sem": "SEM of the baseline, events/s",
    "sum_n_repeats": "presentations in all",
    "median": "median",
    "se": "standard error of the median",
    "effect size": "effect size r",
    "gauss.amplitude": "amplitude of the Gaussian, events/s",
    "gauss.mean": "centre of the Gaussian",
    "gauss.std": "width of the Gaussian",
    "gauss.baseline": "offset of the Gaussian, events/s",
    "gauss.R2": "R² of the Gaussian",
    "ols.slope": "slope of the line",
    "ols.intercept": "intercept of the line, events/s",
    "ols.R2": "R² of the line",
    "gpr.const_sqrt": "amplitude of the Gaussian process, events/s",
    "gpr.length_scale": "length scale of the Gaussian process",
    "gpr.noise_level": "noise variance of the Gaussian process",
    "gpr.R2": "R² of the Gaussian process",
    "anova.F": "F of the ANOVA",
    "anova.p": "P of the ANOVA",
    "mean_spearman_r Test_R2": "rank correlation of depth and R², whole code",
    "mean_spearman_r Test_R2_class": "rank correlation of depth and R², class half",
    "mean_spearman_r Test_R2_noise": "rank correlation of depth and R², noise half",
    "mean_spearman_r Test_R2_top_Hess512": "rank correlation of depth and R², top 512 axes",
    "mean_spearman_r Test_R2_null_Hess512": "rank correlation of depth and R², null 512 axes",
}
"""Statistics in words."""

COUNTS = {
    "successes": "experiments that succeed",
    "total": "valid experiments",
    "trials_per_block": "trials in a block",
    "n_trials": "trials",
    "n_axes_all": "axes",
    "n_axes_common": "axes with all distances",
    "n_axes_common_p01": "axes with all distances and P < 0.01",
    "n_axes_p01": "axes with P < 0.01",
    "n_exp_id_all": "recordings",
    "n_exp_id_common": "recordings with all distances",
    "n_exp_id_success": "recordings after a successful evolution",
    "n_exp_id_nonsuccess": "recordings after a failed evolution",
    "n_rows": "rows",
    "n_rows_nonrelu": "rows of layers without ReLU",
    "n_rows_relu": "rows of ReLU layers",
    "n_layers_nonrelu": "layers without ReLU",
    "n_layers_relu": "ReLU layers",
    "units_per_draw": "units of a layer in a draw",
    "n_draws": "draws",
    "count": "axes",
    "n_generated": "images of each generator",
    "n_natural": "natural images",
    "n_objectness": "images for the detection of objects",
    "n_units": "units",
    "n_images": "images",
    "n_targets": "target photographs",
    "n_iterations": "iterations",
    "n": "experiments",
}
"""What a count counts, by the last part of its id."""

GROUPS = (
    (r"^initial (.+)", r"first block, \1"),
    (r"^final (.+)", r"last block, \1"),
    (r"^block 55 (.+)", r"last block, \1"),
    (r"^block 0 (.+)", r"first block, \1"),
    (r"^Exp155$", "experiment 155"),
    (r"^natref$", "natural references"),
    (r" natref$", ", natural references"),
    (r" (evoked|baseline)$", r", \1 rate"),
    (r"^(V1|V4|IT) (\d+)-(\d+) ms$", r"\1, \2–\3 ms"),
    (r"^(V1|V4|IT) (\d+) ms$", r"\1, bins of \2 ms"),
    (r"^(V1|V4|IT) (DeePSim|BigGAN)", r"\1, \2"),
    (r"^(non)?success bin (.+)$", r"\1success, peak at \2"),
    (r"^nonsuccess", "after failed evolutions"),
    (r"^success", "after successful evolutions"),
    (r"evolutions (bellshaped|monotonic|unimodal)", r"evolutions, \1"),
    (r"bellshaped", "bell-shaped"),
    (r"^(Adam|CMAES) dim (\d+) depth (\d+)", r"\1, \2 dimensions, depth \3"),
    (r"Non-ReLU", "layers without ReLU"),
    (r"(DeePSim|BigGAN) ReLU$", r"\1, ReLU layers"),
    (r"^(BigGAN|DeePSim) layers", r"\1, layers"),
    (r"cosine_reevol_resnet_avgpool", "pooled ResNet-50 features"),
    (r"reevol_pix_RNrobust_L4focus", "focused ResNet-50 layer 4 (pixels)"),
    (r"reevol_G_RNrobust_L4focus", "focused ResNet-50 layer 4 (generator)"),
    (r" vs psth_MAE", ", against the difference of time courses"),
    (r" vs act_MAE", ", against the difference of rates"),
    (r"^table$", "whole table"),
)
"""Patterns in the groups of ``published_statistics.csv``, and what is written for them, in turn."""

PLACES = (
    (r"^fig2b\..*\.block(\d+)\.mean$", r"block \1"),
    (r"^fig4c\..*\.block20$", "block 21"),
    (r"^fig4c\..*\.block40$", "block 41"),
    (r"\.n_(class|noise)_axes$", r"\1 space"),
    (r"\.tm?(\d+(?:p\d+)?)ms\.", r"centre \1 ms"),
    (r"\.(class|noise)(\d+)\.lin", r"\1 axis \2"),
    (r"\.linm?(\d+p?\d*)$", r"at \1"),
)
"""Parts of an id that its group leaves out, and what is written for them.

Blocks are counted from 1 as on the panels, whatever the id does.
"""


@cache
def label(number: Published) -> str:
    """A published number in words.

    Examples
    --------
    >>> from figure_reproduction.comparison import published_numbers
    >>> ids = {number.id: label(number) for number in published_numbers()}
    >>> ids["fig4a.V1.DeePSim.successes"]
    'V1, DeePSim: experiments that succeed'
    >>> ids["fig4c.V1.DeePSim.mean.block20"]
    'V1, DeePSim, block 21: mean normalised response'
    >>> ids["ext4b.bin50.IT.t75ms.p_fdr"]
    'IT, bins of 50 ms, centre 75 ms: P after FDR'
    >>> ids["fig6d.success.class0.linm0p4"]
    'Caos-12102024-003 68B, class axis 0, at −0.4: mean rate, events/s'
    """
    group = _group(number.group)
    found = ((re.search(pattern, number.id), pattern, words) for pattern, words in PLACES)
    places = [match.expand(words) for match, _, words in found if match]
    if ".linm" in number.id:
        places[-1] = places[-1].replace("at ", "at -")
    places = [re.sub(r"(\d)p(\d)", r"\1.\2", place) for place in places]
    what = STATISTICS.get(number.statistic, number.statistic)
    if number.statistic == "count":
        what = COUNTS[number.id.rsplit(".", 1)[-1]]
    where = ", ".join(filter(None, [group, *places]))
    words = f"{where}: {what}" if where else what
    return f"{words[0].upper()}{words[1:]}".replace("-0.", "−0.")


@cache
def _group(group: str) -> str:
    group = group.replace(" | ", " ")
    for pattern, words in GROUPS:
        group = re.sub(pattern, words, group)
    return group


def whole_id(name: str) -> str:
    """Id of the number of which a count is a part; empty where there is none.

    Examples
    --------
    >>> whole_id("fig4a.V1.DeePSim.successes"), whole_id("fig6e.peak.success.bin0p0.count")
    ('fig4a.V1.DeePSim.total', 'fig6e.peak.success.n')
    >>> whole_id("fig4a.V1.DeePSim.total")
    ''
    """
    if name.endswith(".successes"):
        return name.removesuffix(".successes") + ".total"
    if name.startswith("fig6e.") and name.endswith(".count"):
        return ".".join(name.split(".")[:3]) + ".n"
    return ""


def shown(value: float | None, number: Published, n_more: int = 0) -> str:
    """A value as the page shows it: with the digits of the published number, at most four.

    Parameters
    ----------
    value
        The published number or this run's.
    number
        The published number.
    n_more
        Further decimals.

    Examples
    --------
    >>> number = Published("a.r", "Fig3", "G", "g", "pearson_r", -0.447, 0.0005, "")
    >>> shown(-0.18195948, number), shown(None, number)
    ('−0.182', '–')
    >>> shown(2.7e-211, Published("a.p", "Fig3", "G", "g", "p", 1.4e-5, 5e-7, ""))
    '< 10⁻¹⁵'
    """
    if value is None:
        return "–"
    if number.statistic in P_VALUES:
        return _probability(value, _n_digits(number.value) + n_more)
    if float(value).is_integer() and float(number.value).is_integer():
        return f"{value:.0f}".replace("-", "−")
    text = f"{value:.{_decimals(number) + n_more}f}"
    return (text.removeprefix("-") if not float(text) else text).replace("-", "−")


def both_shown(compared: Compared) -> tuple[str, str]:
    """The published number and this run's; numbers that differ look different.

    Examples
    --------
    >>> number = Published("a.t", "Fig4", "B", "g", "t", 2.5, 0.005, "")
    >>> both_shown(Compared(number, 2.504, DIFFERS, 0.001))
    ('2.500', '2.504')
    """
    number = compared.published
    for n_more in range(9):
        texts = shown(number.value, number, n_more), shown(compared.value, number, n_more)
        if compared.verdict != DIFFERS or texts[0] != texts[1]:
            break
    return texts


def difference_shown(difference: float | None) -> str:
    """A difference with two digits; 0 for what rounding alone leaves.

    Examples
    --------
    >>> difference_shown(-1.1e-16), difference_shown(0.2), difference_shown(-0.000514)
    ('0', '+0.20', '−0.00051')
    """
    if difference is None:
        return "–"
    if math.isinf(difference):
        return "+∞" if difference > 0 else "−∞"
    if abs(difference) < 1e-10:
        return "0"
    if float(difference).is_integer():
        return f"{difference:+.0f}".replace("-", "−")
    n_decimals = 1 - math.floor(math.log10(abs(difference)))
    if n_decimals > 6:
        return _power(difference, 1)
    return f"{difference:+.{max(0, n_decimals)}f}".replace("-", "−")


def _probability(value: float, n_digits: int) -> str:
    if value < SMALLEST_P:
        return "< 10⁻¹⁵"
    if value < 0.001:
        return _power(value, n_digits - 1)
    return f"{value:.{n_digits - 1 - math.floor(math.log10(value))}f}" if value < 1 else "1"


def _n_digits(value: float) -> int:
    """Significant digits of a published probability, two or three."""
    digits = f"{value:.8e}".partition("e")[0].rstrip("0").replace(".", "")
    return min(3, max(2, len(digits)))


def _power(value: float, n_decimals: int) -> str:
    mantissa, exponent = f"{value:.{n_decimals}e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}".replace("-", "−")


def _decimals(number: Published) -> int:
    """Decimals of the published number as printed, at most four significant digits of it."""
    printed = len(f"{number.value:.12f}".rstrip("0").partition(".")[2])
    if 0 < number.tolerance < 1:
        printed = max(printed, -math.floor(math.log10(2.0001 * number.tolerance)))
    most = MAX_DIGITS - 1
    if number.value:
        most -= math.floor(math.log10(abs(number.value)))
    return max(0, min(printed, most, MAX_DIGITS - 1))
