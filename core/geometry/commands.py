"""What the commands of this room do."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from core.errors import CodeError, MissingFileError, PromiseError, SettingError
from core.files import replacing, writable_folder
from core.generators import BigGAN, Generator, load_generator
from core.geometry.at_code import metric_tensor
from core.geometry.averages import PARTS, average_metric
from core.geometry.consistency import consistency_of, off_diagonal
from core.geometry.controls import shuffle_weights
from core.geometry.distances import DISTANCES, FeatureDistance
from core.geometry.figures import axes_figure, consistency_figure, spectra_figure
from core.geometry.leading import leading_metric
from core.geometry.metric import Metric
from core.geometry.saved import save_metric
from core.geometry.spectra import SHARES, dimensions, mean_spectrum
from core.geometry.stimuli import AXES, save_stimuli, stimulus_set
from core.plotting.style import apply_style
from core.progress import progress

WHOLE_UP_TO = 1024
"""Longest code whose metric is formed for a few of its eigenvectors."""

FIRST_RANKS = range(10)
"""Axes of generators other than BigGAN, unless others are asked for."""


def spectrum(options: argparse.Namespace) -> Iterator[str]:
    """Metrics at random codes: files, figures, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    generator, distance = loaded(options)
    if options.shuffled:
        generator = shuffle_weights(generator, rng=options.seed)
    out = writable_folder(options.out)
    codes = generator.sample(options.codes, rng=options.seed).flatten(1)
    metrics = []
    for number, code in enumerate(progress(codes, len(codes), "metrics")):
        metric = metric_tensor(
            generator,
            code,
            distance,
            dtype=torch.float64 if options.float64 else None,
            memory=options.memory,
        )
        save_metric(out / f"metric_{number:04d}.npz", metric)
        metrics.append(metric)
    save_metric(out / "average.npz", average_metric(metrics))
    spectra = np.stack([metric.eigenvalues for metric in metrics])
    mean = mean_spectrum(spectra)
    found = dimensions(mean.mean)
    yield f"{options.generator}, {metrics[0].distance}, {len(metrics)} codes of {metrics[0].n}"
    for share, below, needed in zip(SHARES, found.below, found.needed, strict=True):
        yield f"dimensions for {share:g} of the mean spectrum: {needed} (published count: {below})"
    with apply_style():
        save_figure(spectra_figure(mean, spectra), out / "spectra.png")
        if len(metrics) > 1:
            alike = consistency_of(metrics)
            for name in ("log", "linear", "entries"):
                mean_r, sd, median = off_diagonal(getattr(alike, name))
                yield f"consistency, {name}: {mean_r:.3f} +- {sd:.3f} (median {median:.3f})"
            save_figure(consistency_figure(metrics[0], metrics[1]), out / "consistency.png")
    yield str(out)


def tuning_images(options: argparse.Namespace) -> Iterator[str]:
    """Images along axes of the metric at a code: files, a figure, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    generator, distance = loaded(options)
    code = _centre(options, generator)
    parts = PARTS if isinstance(generator, BigGAN) else {"class": slice(0, generator.latent_dim)}
    standard = AXES if isinstance(generator, BigGAN) else {"class": FIRST_RANKS}
    ranks = {space: options.ranks or standard[space] for space in parts}
    out = writable_folder(options.out)
    metric = _metric_for(generator, code, distance, 1 + max(map(max, ranks.values())), options)
    save_metric(out / "metric.npz", metric)
    sets = stimulus_set(
        generator, code, distance, axes=ranks, parts=parts, targets=options.targets, metric=metric
    )
    written = save_stimuli(out, generator, sets)
    with apply_style():
        for part in sets:
            save_figure(axes_figure(generator, part), out / f"{part.space}_axes.png")
    n_wanted = sum(part.steps.size for part in sets)
    yield f"{len(written)} images, {n_wanted - len(written)} out of reach"
    yield str(out)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure, which appears whole, and close it.

    Parameters
    ----------
    figure
        What.
    path
        Where.
    """
    with replacing(path) as temporary:
        figure.savefig(temporary)
    plt.close(figure)


def average_at_random(
    generator: Generator, distance: FeatureDistance, options: argparse.Namespace
) -> Metric:
    """The average of the metrics at some random codes.

    Parameters
    ----------
    generator, distance
        Of `loaded`.
    options
        Of the command line: `codes`, `seed` and `memory`.

    Returns
    -------
    Metric
    """
    codes = generator.sample(options.codes, rng=options.seed).flatten(1)
    return average_metric(
        metric_tensor(generator, code, distance, memory=options.memory)
        for code in progress(codes, len(codes), "metrics")
    )


def loaded(
    options: argparse.Namespace, seed: int | None = None
) -> tuple[Generator, FeatureDistance]:
    """The generator and the distance that options name; the caller's random numbers go on.

    Parameters
    ----------
    options
        Of the command line.
    seed
        Of random weights; by default that of the options.

    Raises
    ------
    SettingError
        If there is no such generator or distance.
    PromiseError
        If a generator of the user's breaks a promise, or has no derivatives.
    """
    if options.distance not in DISTANCES:
        raise SettingError(
            path="--distance", expected=", ".join(DISTANCES), found=repr(options.distance)
        )
    sources = {
        "pretrained": not options.random_weights,
        "weights_dir": options.weights_dir,
        "device": options.device,
    }
    seed = options.seed if seed is None else seed
    with torch.random.fork_rng([]):
        generator = load_generator(options.generator, rng=seed, **sources)
        if not isinstance(generator, Generator):
            raise PromiseError(
                path=options.generator,
                expected="a child of core.generators.Generator, of which there are derivatives",
                found=type(generator).__name__,
            )
        # torch's own numbers of the CPU make the random weights of networks
        torch.default_generator.manual_seed(seed)
        return generator, DISTANCES[options.distance](**sources)


def _centre(options: argparse.Namespace, generator: Generator) -> np.ndarray:
    if options.code is None:
        return generator.sample(1, rng=options.seed)[0].flatten().double().cpu().numpy()
    path = Path(options.code)
    if not path.is_file():
        raise MissingFileError(path=path, expected="a file with a code", found="none")
    wanted = f"an npy file with a code of {generator.latent_dim} finite numbers"
    try:
        with path.open("rb") as file:
            code = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, MemoryError):
        raise CodeError(path=path, expected=wanted, found="another file") from None
    if code.size != generator.latent_dim or code.dtype.kind not in "iuf":
        found = f"an array {code.shape} of {code.dtype}"
        raise CodeError(path=path, expected=wanted, found=found)
    if not np.isfinite(code).all():
        raise CodeError(path=path, expected=wanted, found="NaN or infinity")
    return code.ravel().astype(float)


def _metric_for(
    generator: Generator,
    code: np.ndarray,
    distance: FeatureDistance,
    n_axes: int,
    options: argparse.Namespace,
) -> Metric:
    """The metric, or as much of it as a few axes need where codes are long."""
    if generator.latent_dim <= WHOLE_UP_TO:
        return metric_tensor(generator, code, distance, memory=options.memory)
    return leading_metric(
        generator, code, distance, n_axes, memory=options.memory, rng=options.seed
    )
