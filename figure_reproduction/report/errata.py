"""Where the paper's words and its own numbers contradict one another, each with the numbers."""

from collections.abc import Callable
from dataclasses import dataclass

from figure_reproduction.comparison import Published, published_numbers

ALPHA = 0.05

CAPTION_P = (0.0037, 0.042)
"""Smallest and largest P of significant bins in the caption of Extended Data Figure 4B."""

README_MS = 80
"""Time from which the object space drives PIT better, by the README of the authors' code."""

WHOLE_LAYERS = {"NonReLU": -0.335, "ReLU": 0.182}
"""Rank correlations of Ext. 5E over all units of a layer, printed in the authors' notebook."""


@dataclass(frozen=True)
class Contradiction:
    """What is said, and what the numbers are; `panel` names where."""

    panel: str
    said: str
    numbers: str


def contradictions() -> list[Contradiction]:
    """All of them; published numbers are read from ``published_statistics.csv``.

    Examples
    --------
    >>> [found.panel for found in contradictions()]
    ['Ext. 4B', 'Ext. 1A', '5C', '4A and 6E', 'Ext. 5E', '3G', '4D']
    """
    known = {number.id: number for number in published_numbers()}
    return [
        _attribution(known),
        _generators(),
        _object_advantage(known),
        _success(known),
        _linearity(known),
        Contradiction(
            "3G",
            "The published script calls what is on the x axis a distance, and one of the columns "
            "LPIPS.",
            "All are cosine similarities of features, that column of a robust ResNet-50. "
            f"r = {known['fig3g.cosine_reevol_resnet_avgpool.psth_MAE.r'].value} means that "
            "threads with more similar prototypes respond more alike.",
        ),
        Contradiction(
            "4D",
            "The axis is called a time constant of optimisation.",
            "No exponential is fitted: it is the first block above 80 % of the rise "
            f"({known['fig4d.IT.DeePSim.mean'].value} blocks for DeePSim in IT, "
            f"{known['fig4d.IT.BigGAN.mean'].value} for BigGAN).",
        ),
    ]


def _select(known: dict[str, Published], begins: str, ends: str, also: Callable) -> list[Published]:
    named = (n for name, n in known.items() if name.startswith(begins) and name.endswith(ends))
    return [number for number in named if also(number)]


def _attribution(known: dict[str, Published]) -> Contradiction:
    raw = [n.value for n in _select(known, "ext4b.", ".p", lambda n: n.value < ALPHA)]
    kept = [n.value for n in _select(known, "ext4b.", ".p_fdr", lambda n: n.value < ALPHA)]
    low, high = CAPTION_P
    return Contradiction(
        "Ext. 4B",
        f"The caption gives P values from {low} to {high} for the significant bins.",
        f"The figure has {len(raw)} bins with an uncorrected P below {ALPHA}, from {min(raw):.4f} "
        f"to {max(raw):.4f}. After FDR {len(kept)} are left, with P from {min(kept):.4f} to "
        f"{max(kept):.4f}: two bins of 25 ms and two of 50 ms, all in IT. Neither range is the "
        "caption's.",
    )


def _generators() -> Contradiction:
    return Contradiction(
        "Ext. 1A",
        "The caption says 50,000 images on both sides of every Fréchet distance, and YOLOv8 for "
        "the detection of objects.",
        "The authors' notebook used all images of each natural set: 50,000 of ImageNet, 26,107 of "
        "THINGS, 123,287 of COCO, 56,500 of EcoSet. Their scripts load YOLOv5x.",
    )


def _object_advantage(known: dict[str, Published]) -> Contradiction:
    later = _select(known, "fig5c.w", ".IT.nsig_biggan_gt_deepsim", lambda n: n.value > n.tolerance)
    late = later[0]
    early = known["fig5c.w80_90.IT.nsig_deepsim_gt_biggan"]
    return Contradiction(
        "5C",
        f"The README of the authors' code says that after {README_MS} ms the object space drives "
        "PIT better.",
        f"At 80–90 ms DeePSim is the larger in {early.value:.0f} of the 46 blocks drawn and BigGAN "
        f"in none. BigGAN is the larger in some blocks only from {_window(late)} on "
        f"({late.value:.0f} blocks), and in most from 170–180 ms on "
        f"({known['fig5c.w170_180.IT.nsig_biggan_gt_deepsim'].value:.0f}).",
    )


def _window(number: Published) -> str:
    return number.group.split(" ", 1)[1].replace("-", "–")


def _success(known: dict[str, Published]) -> Contradiction:
    succeeded = sum(known[f"fig4a.{a}.BigGAN.successes"].value for a in ("V1", "V4", "IT"))
    total = sum(known[f"fig4a.{a}.BigGAN.total"].value for a in ("V1", "V4", "IT"))
    return Contradiction(
        "4A and 6E",
        "Both figures speak of evolutions that succeed.",
        "They use different criteria. Figure 4: the best pair of blocks against the first two, "
        "P < 0.01 in 4A and 4D (4A also asks t > 0), P < 0.05 in 3G, 4B, 4C, 5A and 5C. Figure 6: "
        "the last block against the first, P < 0.01, whatever the sign. By the first "
        f"{succeeded:.0f} of {total:.0f} BigGAN evolutions succeed, by the second "
        f"{known['fig6e.table.n_exp_id_success'].value:.0f} of "
        f"{known['fig6e.table.n_exp_id_all'].value:.0f}, of partly other experiments.",
    )


def _linearity(known: dict[str, Published]) -> Contradiction:
    drawn = {
        group: known[f"ext5e.DeePSim.{group}.Test_R2.spearman_r"].value for group in WHOLE_LAYERS
    }
    both = [
        f"{words}: {_signed(drawn[group])} over draws of 96 units per layer (as published), "
        f"{_signed(WHOLE_LAYERS[group])} over all units (printed in the authors' notebook)"
        for group, words in (("NonReLU", "Layers without ReLU"), ("ReLU", "ReLU layers"))
    ]
    return Contradiction(
        "Ext. 5E",
        "The panel states how linearity of DeePSim's codes goes with depth.",
        f"The sign depends on how units are drawn. {both[0]}; {both[1]}.",
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
