"""Figure 3G's question to the explorer's images: do threads with like images respond alike?

It is asked of other images than the published ones: the single image of a thread's best block that
drove the unit most (``maxblk`` among Figure 3's prototypes), not the re-evolved ones that the
figure shows. Images of 256 pixels are reduced to 224, the size of a prototype's tile.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from core.explorer.averages import BlockAverages
from core.explorer.images import read_images
from core.plotting.style import apply_style
from core.statistics.masks import AREAS, success_labels
from core.threads import N_THREADS
from neuro_data_analysis.evolutions.psth_similarity import psth_differences
from neuro_data_analysis.image_similarity.columns import similarity
from neuro_data_analysis.image_similarity.networks import IMAGE_SIZE, FeatureNetwork, image_features

PROTOTYPE = "maxblk"
"""Which of Figure 3's prototypes these images are."""

DIFFERENCES = ("psth_MAE", "act_MAE")
"""Differences of responses that Figure 3G shows: of the PSTHs' course, and of the mean rates."""

DIFFERENCE_WORDS = (
    "mean absolute difference of PSTHs\n(share of the larger mean rate)",
    "difference of mean rates\n(share of the larger one)",
)

LEAST_ROWS = 4
"""Fewer points have no interval."""

DRAWN: Mapping[str, tuple[str, ...]] = {
    "efficientnet_lite0": (
        "cosine_maxblk_effnet_pool",
        "maxblk_effnet_b15all",
        "maxblk_effnet_b15focus",
    ),
    "resnet50_linf8": (
        "cosine_maxblk_resnet_avgpool",
        "maxblk_RNrobust_L4all",
        "maxblk_RNrobust_L4focus",
    ),
    "alexnet": ("cosine_maxblk_alexnet_fc6", "maxblk_alex_conv5all", "maxblk_alex_conv5focus"),
    "vgg16": ("maxblk_vgg_conv4all", "maxblk_vgg_conv5all", "maxblk_vgg_conv5focus"),
    "dino": ("cosine_maxblk_vit_cls", "cosine_maxblk_vit_token_m"),
}
"""Columns of similarity that are drawn, by network: its last stage, whole and under the mask of
Figure 3G. All others are in the table."""

PUBLISHED_R = {"cosine_reevol_resnet_avgpool": -0.447, "reevol_pix_RNrobust_L4focus": -0.293}
"""Figure 3G's correlations with ``psth_MAE``, of 87 experiments."""

AREA_COLORS = dict(zip(AREAS, ("tab:blue", "tab:orange", "tab:green"), strict=True))


class Pearson(NamedTuple):
    """Pearson's r with its 95 % interval, two-sided P, and the number of experiments.

    NaN where there are fewer than four, or one of the two does not vary.
    """

    r: float
    low: float
    high: float
    p: float
    n: int


def shown_experiments(meta: pd.DataFrame) -> pd.Index:
    """Numbers of the experiments of Figure 3G: valid, and both threads succeed at P < 0.05.

    Parameters
    ----------
    meta
        ``Cohort.meta``.
    """
    return meta.index[meta["valid"] & success_labels(meta, "005")["bothsucc005"]]


def best_block_images(folder: Path, experiments: Sequence[BlockAverages]) -> dict[int, np.ndarray]:
    """Both threads' images of their best blocks, by the experiment's number.

    Parameters
    ----------
    folder
        Folder of averages and images.
    experiments
        Whose images.

    Returns
    -------
    dict
        (2, 224, 224, 3) uint8, thread 0 first; experiments that lack an image are left out.

    Raises
    ------
    ImageError
        If a file is no image.
    """
    pairs = {}
    for experiment in experiments:
        blocks = experiment.best_blocks
        images = read_images(folder, experiment, blocks, IMAGE_SIZE)
        if len(images) == N_THREADS:
            pairs[experiment.expi] = np.stack(
                [images[b, thread] for thread, b in enumerate(blocks)]
            )
    return pairs


def image_columns(network: FeatureNetwork, pairs: Mapping[int, np.ndarray]) -> pd.DataFrame:
    """Similarity of the two images of every pair, in all features of a network.

    Parameters
    ----------
    network
        The network.
    pairs
        Images by the experiment's number, as `best_block_images` gives them; at least one pair.

    Returns
    -------
    DataFrame
        Columns of Figure 3G's table for ``maxblk``, indexed by Expi.
    """
    images = np.stack(list(pairs.values()))
    # the threads go through the network apart, so that equal images get equal vectors
    first, second = (
        image_features(network, list(images[:, thread])) for thread in range(N_THREADS)
    )
    whole = {feature.name for feature in network.features.whole}
    columns = {
        f"cosine_{PROTOTYPE}_{name}" if name in whole else f"{PROTOTYPE}_{name}": similarity(
            first[name], second[name]
        )
        for name in first
    }
    return pd.DataFrame(columns, index=pd.Index(pairs, name="Expi"))


def difference_columns(experiments: Sequence[BlockAverages]) -> pd.DataFrame:
    """Area, best blocks (1-based) and differences of responses, indexed by Expi.

    Parameters
    ----------
    experiments
        Whose.
    """
    rows = [
        {
            "visual_area": experiment.area,
            **{f"best_block_{t}": block + 1 for t, block in enumerate(experiment.best_blocks)},
            **psth_differences(experiment.psth.mean),
        }
        for experiment in experiments
    ]
    index = pd.Index([experiment.expi for experiment in experiments], name="Expi")
    return pd.DataFrame(rows, index=index)


def correlate_rows(x: pd.Series, y: pd.Series) -> Pearson:
    """Correlation of two columns over the rows in which both are finite.

    Parameters
    ----------
    x, y : (n,)
        Columns of one table.

    Examples
    --------
    >>> x = pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, np.nan])
    >>> found = correlate_rows(x, pd.Series([5.0, 4.0, 4.5, 2.0, 1.0, 0.0]))
    >>> round(found.r, 3), round(found.p, 3), found.n
    (-0.921, 0.027, 5)
    """
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    if n < LEAST_ROWS or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return Pearson(np.nan, np.nan, np.nan, np.nan, n)
    result = stats.pearsonr(x[both], y[both])
    interval = result.confidence_interval(0.95)
    return Pearson(
        *(float(v) for v in (result.statistic, interval.low, interval.high, result.pvalue)), n
    )


def pearson_table(table: pd.DataFrame) -> pd.DataFrame:
    """Correlation of every column of similarity with both differences of responses.

    Parameters
    ----------
    table
        Columns of `image_columns` and `difference_columns`.

    Returns
    -------
    DataFrame
        ``similarity``, ``difference``, and the fields of `Pearson`.
    """
    columns = [name for name in table if f"{PROTOTYPE}_" in name]
    return pd.DataFrame(
        [
            {"similarity": x, "difference": y, **correlate_rows(table[x], table[y])._asdict()}
            for y in DIFFERENCES
            for x in columns
        ]
    )


def draw_similarities(table: pd.DataFrame, network: str, origin: str = "") -> Figure:
    """A network's similarities against differences of responses, a point per experiment.

    Parameters
    ----------
    table
        Columns of `image_columns` and `difference_columns`.
    network
        Its name, a key of `DRAWN`.
    origin
        Where rates and images came from, for the line at the foot.

    Returns
    -------
    The figure.
    """
    names = DRAWN[network]
    with apply_style():
        figure = Figure(figsize=(3.3 * len(names), 7.2))
        axes = figure.subplots(2, len(names), sharey="row", squeeze=False)
    for row, y in zip(axes, DIFFERENCES, strict=True):
        for ax, x in zip(row, names, strict=True):
            draw_points(ax, table, x, y)
    for ax, words in zip(axes[:, 0], DIFFERENCE_WORDS, strict=True):
        ax.set_ylabel(words)
    for ax, x in zip(axes[-1], names, strict=True):
        ax.set_xlabel(f"similarity: {x}", fontsize=8)
    axes[0, 0].legend(fontsize=8, frameon=False)
    figure.suptitle(
        f"NOT Figure 3G, but its question to other images, in {network}: the single image of each\n"
        "thread's best block that drove the unit most, 224 px (Figure 3G: re-evolved prototypes)",
        fontsize=10,
    )
    published = ", ".join(f"{r:.3f} ({name})" for name, r in PUBLISHED_R.items())
    figure.supxlabel(
        f"Valid experiments in which both threads succeed; in brackets, the 95 % interval of r.\n"
        f"Figure 3G, in a robust ResNet-50, has r = {published}; n = 87.\n"
        f"Rates and images: {origin}.",
        fontsize=7,
    )
    return figure


def draw_points(ax: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """One column against another by area, with r, its 95 % interval, P and n in the title.

    Parameters
    ----------
    ax
        Axes to draw in.
    table
        Columns ``visual_area``, `x` and `y`.
    x, y
        Names of the columns.
    """
    for area, color in AREA_COLORS.items():
        of_area = table[table["visual_area"] == area]
        ax.plot(of_area[x], of_area[y], "o", color=color, alpha=0.6, ms=5, mew=0, label=area)
    found = correlate_rows(table[x], table[y])
    ax.set_title(
        f"r = {found.r:.2f} [{found.low:.2f}, {found.high:.2f}], P = {found.p:#.2g}, n = {found.n}",
        fontsize=8,
    )
