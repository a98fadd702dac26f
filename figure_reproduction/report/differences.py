"""What simulated recordings show unlike the paper: found by rules in the numbers, not in prose."""

from dataclasses import dataclass

from figure_reproduction.comparison import SIMULATED, Compared
from figure_reproduction.report.verdicts import is_published
from figure_reproduction.report.words import P_VALUES, label, shown

ALPHA = 0.05
FAR = 0.2
"""Difference of shares and correlations that counts as large."""

SIGNED = ("t", "z", "pearson_r", "gauss.mean", "ols.slope")
SPEARMAN = "mean_spearman_r "
"""Statistics whose sign says something; rank correlations begin with the second."""

SHARES = ("rate", "fraction", "gauss.R2", "ols.R2", "gpr.R2", "pearson_r", "mean_maxnorm")
"""Statistics between -1 and 1 whose size says something, as do rank correlations."""

ORDERED = ("rate", "mean_maxnorm", "mean_blocks", "fraction")
"""Statistics of which the larger of two says something."""

PAIRS = ((".DeePSim.", ".BigGAN."), (".success.", ".nonsuccess."))
"""Parts of the ids of two numbers that the paper sets against one another."""

WINDOWS = "n_blocks_fdr_"
"""Beginning of the statistics that count blocks with a difference between the threads."""

KINDS = {
    "sign": "opposite sign",
    "significance": "other side of P = 0.05",
    "order": "the other one is larger",
    "peak": "most frequent peak elsewhere",
    "windows": "windows with a difference in one only",
    "size": f"off by more than {FAR}",
}
"""Kinds of differences, in words."""


@dataclass(frozen=True)
class Unlike:
    """One thing that the simulation shows unlike the paper; values in words."""

    kind: str
    figure: str
    panel: str
    what: str
    published: str
    simulated: str


def unlike_the_paper(numbers: list[Compared]) -> list[Unlike]:
    """Differences of the simulated among some numbers, each under the first rule that finds it.

    Examples
    --------
    >>> from figure_reproduction.comparison import published_numbers
    >>> number = next(n for n in published_numbers() if n.id == "fig4b.final.V4.t")
    >>> (found,) = unlike_the_paper([Compared(number, -1.2, SIMULATED, 0.0)])
    >>> found.kind, found.what, found.published, found.simulated
    ('sign', 'Last block, V4: t', '5.985', '−1.200')
    """
    known = {
        c.published.id: c
        for c in numbers
        if c.verdict == SIMULATED and c.value is not None and is_published(c.published)
    }
    found = [*_one_by_one(known), *_pairs(known), *_peaks(known), *_windows(known)]
    return sorted(found, key=lambda unlike: list(KINDS).index(unlike.kind))


def _one_by_one(known: dict[str, Compared]) -> list[Unlike]:
    found = []
    for compared in known.values():
        number, value = compared.published, compared.value
        statistic = number.statistic
        correlation = statistic.startswith(SPEARMAN)
        if (statistic in SIGNED or correlation) and number.value * value < 0:
            found.append(_unlike("sign", compared))
        elif statistic in P_VALUES and (number.value < ALPHA) != (value < ALPHA):
            found.append(_unlike("significance", compared))
        elif (statistic in SHARES or correlation) and abs(value - number.value) > FAR:
            found.append(_unlike("size", compared))
    return found


def _unlike(kind: str, compared: Compared) -> Unlike:
    number = compared.published
    return Unlike(
        kind,
        number.figure,
        number.letter,
        label(number),
        shown(number.value, number),
        shown(compared.value, number),
    )


def _pairs(known: dict[str, Compared]) -> list[Unlike]:
    """Pairs of which the other one is larger."""
    found = []
    for name, one in known.items():
        for here, there in PAIRS:
            two = known.get(name.replace(here, there)) if here in name else None
            if two is None or one.published.statistic not in ORDERED:
                continue
            if ".peak." in name:  # the whole distribution says more, see `_peaks`
                continue
            published = one.published.value - two.published.value
            if published * (one.value - two.value) < 0:
                pair = [
                    f"{shown(a, one.published)} against {shown(b, two.published)}"
                    for a, b in (
                        (one.published.value, two.published.value),
                        (one.value, two.value),
                    )
                ]
                number = one.published
                what = f"{label(number)}, against {there.strip('.')}"
                found.append(Unlike("order", number.figure, number.letter, what, *pair))
    return found


def _peaks(known: dict[str, Compared]) -> list[Unlike]:
    """Outcomes after which tuning peaks most often elsewhere."""
    found = []
    for outcome, words in (("success", "successful"), ("nonsuccess", "failed")):
        bins = [
            c for name, c in known.items() if name.startswith(f"fig6e.peak.{outcome}.bin")
            and name.endswith(".count")
        ]  # fmt: skip
        total = known.get(f"fig6e.peak.{outcome}.n")
        if not bins or total is None:
            continue
        published = max(bins, key=lambda c: c.published.value)
        simulated = max(bins, key=lambda c: c.value)
        if published is not simulated:
            found.append(
                Unlike(
                    "peak",
                    published.published.figure,
                    "E",
                    f"Most frequent peak of significant axes after {words} evolutions",
                    f"{_bin(published)} ({published.published.value:.0f} of "
                    f"{total.published.value:.0f})",
                    f"{_bin(simulated)} ({simulated.value:.0f} of {total.value:.0f})",
                )
            )
    return found


def _bin(compared: Compared) -> str:
    return compared.published.group.rsplit(" ", 1)[-1].replace("-", "−")


def _windows(known: dict[str, Compared]) -> list[Unlike]:
    """Windows in which only the paper, or only the simulation, has blocks with a difference."""
    groups: dict[tuple, list[Compared]] = {}
    for compared in known.values():
        number = compared.published
        if number.statistic.startswith(WINDOWS):
            area, span = number.group.split(" ", 1)
            first, last = span.removesuffix(" ms").split("-")
            key = (number.figure, number.letter, area, int(last) - int(first), number.statistic)
            groups.setdefault(key, []).append(compared)
    found = []
    for (figure, letter, area, width, statistic), members in groups.items():
        only_paper = [c for c in members if c.published.value > c.tolerance and not c.value]
        only_here = [c for c in members if not c.published.value and c.value > c.tolerance]
        if only_paper or only_here:
            thread = "DeePSim" if "deepsim_gt" in statistic else "BigGAN"
            found.append(
                Unlike(
                    "windows",
                    figure,
                    letter,
                    f"{area}, windows of {width} ms in which {thread} is larger",
                    _spans(only_paper, "none that the simulation lacks"),
                    _spans(only_here, "none that the paper lacks"),
                )
            )
    return found


def _spans(members: list[Compared], instead: str) -> str:
    """Windows of some numbers, joined where they follow one another."""
    if not members:
        return instead
    spans: list[list[int]] = []
    for compared in members:
        first, last = map(int, compared.published.group.split(" ")[1].split("-"))
        if spans and spans[-1][1] == first:
            spans[-1][1] = last
        else:
            spans.append([first, last])
    return "only here: " + ", ".join(f"{first}–{last} ms" for first, last in spans)
