"""Figures of metrics: spectra, consistency of two of them, images along axes."""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from core.generators.protocol import Generator
from core.geometry.averages import matrix_of
from core.geometry.consistency import amplification
from core.geometry.metric import Metric
from core.geometry.spectra import MeanSpectrum
from core.geometry.stimuli import AxisImages


def spectra_figure(mean: MeanSpectrum, spectra: np.ndarray) -> Figure:
    """Spectra by rank, all relative to the largest of their mean, on a logarithmic axis.

    Parameters
    ----------
    mean
        Their mean and spread.
    spectra : (n_codes, n)
        Eigenvalues.

    Returns
    -------
    Figure
    """
    figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    ranks, largest = np.arange(len(mean.mean)), mean.mean.max()
    for values in np.abs(spectra):
        ax.plot(ranks, -np.sort(-values) / largest, color="0.8", linewidth=0.5)
    ax.fill_between(ranks, mean.low / largest, mean.high / largest, alpha=0.3, linewidth=0)
    ax.plot(ranks, mean.mean / largest)
    ax.set(yscale="log", xlabel="rank", ylabel="eigenvalue / largest of the mean")
    return figure


def consistency_figure(frame: Metric, other: Metric) -> Figure:
    """Amplification of one metric along the axes of another, against its own eigenvalues.

    Parameters
    ----------
    frame
        Whose eigenvectors are taken.
    other
        The metric that amplifies; of the same length.

    Returns
    -------
    Figure
    """
    figure, ax = plt.subplots(figsize=(3.2, 3), layout="constrained")
    amplified = amplification(frame.eigenvectors, matrix_of(other))
    valid = (amplified > 0) & (other.eigenvalues > 0)
    ax.plot(other.eigenvalues[valid], amplified[valid], ".", markersize=3)
    ax.axline((other.eigenvalues[-1],) * 2, slope=1, color="0.6", linewidth=0.8)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="eigenvalue of the second code",
        ylabel="amplification along the first's axes",
    )
    return figure


def axes_figure(generator: Generator, axis_images: AxisImages) -> Figure:
    """Images along axes, a row for each, with their distances from the centre.

    Parameters
    ----------
    generator
        Makes the images.
    axis_images
        Of `stimulus_set`; what is out of reach is left blank.

    Returns
    -------
    Figure
    """
    n_rows, n_columns = axis_images.steps.shape
    # two decimals for LPIPS, more where distances are small numbers
    n_decimals = max(2, 1 - math.floor(math.log10(np.abs(axis_images.targets).max() or 1)))
    figure, panels = plt.subplots(
        n_rows, n_columns, figsize=(n_columns, 1.2 * n_rows), layout="constrained", squeeze=False
    )
    for row, rank in enumerate(axis_images.ranks):
        for column in range(n_columns):
            ax, code = panels[row, column], axis_images.codes[row, column]
            ax.axis("off")
            if np.isfinite(code).all():
                image = generator.images(torch.from_numpy(code)[None], device="cpu")[0]
                ax.imshow(image.permute(1, 2, 0).numpy())
                distance = np.copysign(
                    axis_images.distances[row, column], axis_images.targets[column]
                )
                ax.set_title(f"{distance:.{n_decimals}f}", fontsize=6, pad=2)
        panels[row, 0].text(
            -0.1, 0.5, rank, transform=panels[row, 0].transAxes, ha="right", fontsize=7
        )
    return figure
