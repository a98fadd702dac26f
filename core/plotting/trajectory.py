"""Scores of an evolution against its generations."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from core.errors import SampleError
from core.spaces import N_NOISE


def visualize_trajectory(
    scores_all: np.ndarray,
    generations: np.ndarray,
    codes_arr: np.ndarray | None = None,
    show: bool = False,
    title_str: str = "",
) -> Figure:
    """All scores, mean and maximum of each generation, and the norms of the codes.

    Parameters
    ----------
    scores_all : (n,)
        Score of every image.
    generations : (n,)
        Generation of every image, a whole number.
    codes_arr : (n, n_dims)
        Code of every image; those of BigGAN, of 256 numbers, have their noise and class parts drawn
        apart.
    show
        Show the figure in an interactive session.
    title_str
        Second line of the title.

    Returns
    -------
    The figure.

    Raises
    ------
    SampleError
        If there is not one generation, or not one code, for each score.

    Examples
    --------
    >>> figure = visualize_trajectory([1, 2, 2, 4], [0, 0, 1, 1], title_str="fc8, unit 1")
    >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
    [[1.5, 3.0], [2.0, 4.0]]
    >>> plt.close(figure)
    >>> visualize_trajectory([1, 2], [0, 0, 1])
    Traceback (most recent call last):
    core.errors.SampleError: expected one generation for each score, found shapes (2,) and (3,).
    """
    scores, generations = np.asarray(scores_all, float), np.asarray(generations)
    if scores.shape != generations.shape or scores.ndim != 1 or scores.size == 0:
        raise SampleError(
            expected="one generation for each score",
            found=f"shapes {scores.shape} and {generations.shape}",
        )
    if codes_arr is not None and (np.ndim(codes_arr) != 2 or len(codes_arr) != len(scores)):
        raise SampleError(
            expected=f"{len(scores)} codes (n, d)", found=f"shape {np.shape(codes_arr)}"
        )
    steps = np.arange(generations.min(), generations.max() + 1)
    groups = [scores[generations == step] for step in steps]
    means = [group.mean() if len(group) else np.nan for group in groups]
    maxima = [group.max() if len(group) else np.nan for group in groups]
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    ax.scatter(generations, scores, s=16, alpha=0.6, label="all")
    ax.plot(steps, means, color="black", label="mean")
    ax.plot(steps, maxima, color="red", label="maximum")
    ax.set(
        xlabel="generation", ylabel="score", title=f"Optimization trajectory\n{title_str}".strip()
    )
    if codes_arr is not None:
        norms = ax.twinx()
        _draw_norms(norms, generations, np.asarray(codes_arr))
        ax.set_zorder(norms.get_zorder() + 1)  # scores in front
        ax.patch.set_visible(False)
    figure.legend(loc="outside right upper", fontsize="small")
    if show:
        plt.show()
    return figure


def _draw_norms(ax: plt.Axes, generations: np.ndarray, codes: np.ndarray) -> None:
    """Norms of codes, or of the two parts of BigGAN's codes, against their generations."""
    parts = {"code norm": ("magenta", codes)}
    if codes.shape[1] == 2 * N_NOISE:
        parts = {
            "noise norm": ("orange", codes[:, :N_NOISE]),
            "class norm": ("magenta", codes[:, N_NOISE:]),
        }
    for label, (color, part) in parts.items():
        norms = np.linalg.norm(part, axis=1)
        ax.scatter(generations, norms, s=6, alpha=0.15, color=color, label=label)
    ax.set_ylabel("L2 norm of the code")
    ax.spines["right"].set_visible(True)
