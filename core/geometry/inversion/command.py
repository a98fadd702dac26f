"""What ``python -m core.geometry invert`` does."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from core.errors import MissingFileError
from core.files import replacing, writable_folder
from core.generators.protocol import Generator
from core.geometry.commands import average_at_random, loaded, save_figure
from core.geometry.inversion.comparison import Effort, compare_inversions, gains
from core.geometry.inversion.figures import found_figure, histories_figure
from core.geometry.metric import name_of
from core.geometry.saved import load_metric, save_metric
from core.images.opening import open_rgb
from core.optional import import_package
from core.plotting.style import apply_style

IMAGE_TYPES = (".png", ".jpg", ".jpeg", ".bmp")


def inversions(options: argparse.Namespace) -> Iterator[str]:
    """Invert images in several ways: tables, codes, figures, and lines to print.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
    """
    generator, distance = loaded(options)
    target = _targets(options, generator)
    metric = None
    if options.metric is not None:
        wanted = {"generator": name_of(generator), "n": generator.latent_dim}
        metric = load_metric(options.metric, **wanted)
    out = writable_folder(options.out)
    if metric is None:
        metric = average_at_random(generator, distance, options)
        save_metric(out / "average.npz", metric)
    table, compared = compare_inversions(
        generator,
        metric,
        target,
        distance,
        methods=list(dict.fromkeys(options.methods)),
        bases=list(dict.fromkeys(["plain", *options.bases])),
        starts_per_image=options.starts,
        effort=Effort(options.steps, options.learning_rate, options.sigma),
        rng=options.seed,
    )
    found = gains(table)
    for name, rows in {"inversions": table, "gains": found}.items():
        with replacing(out / f"{name}.csv") as path:
            rows.to_csv(path, index=False)
    codes = {f"{m}_{b}": part.codes.cpu().numpy() for (m, b), part in compared.items()}
    with replacing(out / "codes.npz") as path, path.open("wb") as file:
        np.savez(file, **codes)
    with apply_style():
        save_figure(histories_figure(compared, distance.name), out / "inversions.png")
        save_figure(found_figure(target, compared), out / "images.png")
    best = table.groupby(["method", "basis", "target"], sort=False).error.min()
    passes = table.groupby(["method", "basis"], sort=False).passes.mean()
    for key, median in best.groupby(level=[0, 1], sort=False).median().items():
        yield f"{', '.join(key)}: {median:.3g} ({passes[key]:.0f} passes a start)"
    for row in found[found["of"] == "best"].itertuples():
        test = f", p = {row.p:.2g}" if np.isfinite(row.p) else ""
        yield (
            f"{row.method}, {row.basis}: errors {row.gain:.3g} times smaller than in plain "
            f"coordinates, for {row.better:.0%} of targets{test}"
        )
    yield str(out)


def _targets(options: argparse.Namespace, generator: Generator) -> torch.Tensor:
    """Images of a folder at the generator's size, or of random codes."""
    codes = generator.sample(options.targets, rng=options.seed + 1)
    if options.images is None:
        return generator.images(codes)
    files = sorted(file for file in options.images.glob("*") if file.suffix.lower() in IMAGE_TYPES)
    if not files:
        raise MissingFileError(
            path=options.images, expected=f"images ({', '.join(IMAGE_TYPES)})", found="none there"
        )
    size = generator.images(codes[:1]).shape[2:]
    return torch.stack([_image(file, size) for file in files])


def _image(file: Path, size: tuple[int, int]) -> torch.Tensor:
    """An image (3, H, W) in [0, 1], cut to the middle and resized."""
    ops = import_package("PIL.ImageOps", "reading images")
    picture = ops.fit(open_rgb(file), size[::-1])
    return torch.from_numpy(np.asarray(picture) / np.float32(255)).permute(2, 0, 1)
