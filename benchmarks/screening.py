"""Screening against the bare forward pass, and its peak memory against the number of images.

``python -m benchmarks.screening``. The V1 ensemble is shown 20,000 PNG files of 236 x 236 pixels,
from files to ordered responses on disk, in rounds that alternate with the same ensemble's bare
forward pass over as many images in memory. Weights are random, which costs the same as published
ones. Memory is that of processes that screen with a cheap model of as many units.
"""

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.measure import cost_of
from dualneuron.screening.models import images_and_model
from dualneuron.screening.saved import SavedScreen
from dualneuron.screening.streaming import response_batches

N_IMAGES, N_ROUNDS = 20_000, 20
"""Images that are shown, and the rounds in which they are."""

N_FILES = 100
"""Distinct files; the others are further links to them."""

PIXELS = 236
"""Side of a rendered scene."""

BATCH_SIZE = 32

N_UNITS = 458
"""Neurons of the V1 twin."""

MEMORY = """
import torch
from dualneuron.screening import ImageTransforms, RenderedImages
from dualneuron.screening.run import show
from dualneuron.screening.saved import SavedScreen

class Cheap:
    image_shape, n_units = (1, 93, 93), 458
    weights = torch.randn(93 * 93, 458)
    def __call__(self, images):
        return images.flatten(1) @ self.weights

folder, out, top_k = sys.argv[1:]
start()
images = RenderedImages(folder, use_center_crop=True, crop_size=93, use_grayscale=True)
top_k = int(top_k) or None
pathlib.Path(out, "memory_screen").mkdir(parents=True)
screen = SavedScreen(pathlib.Path(out), "memory", {}, 458, top_k)
show(images, Cheap(), screen, batch_size=32, num_workers=1, skip_corrupt=False)
screen.finish("int64", {})
"""


def make_scenes(folder: Path) -> list[Path]:
    """Write scenes of smooth colours, edges and noise, which take about 80 kB each."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    places = np.stack(np.mgrid[:PIXELS, :PIXELS]).reshape(2, -1) / PIXELS
    paths = [folder / f"{number}.png" for number in range(N_FILES)]
    for path in paths:
        values = np.zeros((PIXELS, PIXELS, 3))
        for _ in range(6):
            wave = np.sin(rng.normal(0, 36, 2) @ places).reshape(PIXELS, PIXELS, 1)
            values += 25 * wave * rng.normal(0, 1, 3)
        noise = Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8))
        values += np.asarray(noise.resize((PIXELS, PIXELS), Image.Resampling.BICUBIC), float) / 2
        Image.fromarray(np.clip(values + 63, 0, 255).astype(np.uint8)).save(path)
    return paths


def link(paths: list[Path], folder: Path, n_images: int) -> Path:
    """Fill a folder with links to files, again and again.

    Parameters
    ----------
    paths
        The files.
    folder
        Made for the links.
    n_images
        How many links.

    Returns
    -------
    The folder
    """
    folder.mkdir()
    for number in range(n_images):
        (folder / f"scene_{number:07d}.png").hardlink_to(paths[number % len(paths)])
    return folder


def speed(folder: Path, out: Path, n_images: int) -> list[str]:
    """Seconds of both in alternating rounds, on the wall and of processors.

    Parameters
    ----------
    folder
        Of the scenes.
    out
        Folder of the results.
    n_images
        Images of all rounds together.
    """
    images, respond = images_and_model(
        data_dir=folder,
        split="train",
        dataset="rendered",
        model="v1",
        layer=None,
        location="center",
        ensemble=True,
        device=None,
        crop_size=None,
        mask=np.hanning(93)[:, None] * np.hanning(93),
        weights_dir=None,
        untrained=True,
    )
    in_memory = torch.stack([images[index][0] for index in range(BATCH_SIZE)])
    (out / "speed_screen").mkdir(parents=True)
    screen = SavedScreen(out, "speed", {}, respond.n_units)
    bare, whole = np.zeros(2), np.zeros(2)
    respond(in_memory)
    bounds = np.linspace(0, n_images // BATCH_SIZE, N_ROUNDS + 1).astype(int) * BATCH_SIZE
    for first, stop in pairwise(bounds.tolist()):
        start = _clocks()
        for _ in range(first, stop, BATCH_SIZE):
            respond(in_memory).cpu()
        bare += _clocks() - start
        start = _clocks()
        for part in response_batches(images, respond, range(first, stop), batch_size=BATCH_SIZE):
            screen.add(part)
        whole += _clocks() - start
    start = _clocks()
    screen.save()
    screen.finish("int64", {})
    whole += _clocks() - start
    ratio = whole / bare
    n = int(bounds[-1])
    return [
        f"{n} images, {torch.get_num_threads()} threads of torch on {respond.device.type}: bare "
        f"{1e3 * bare[0] / n:.2f} ms/image, screening {1e3 * whole[0] / n:.2f}",
        f"ratio {ratio[0]:.2f} on the wall, {ratio[1]:.2f} of processor time",
    ]


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def report(n_images: int) -> list[str]:
    """All lines.

    Parameters
    ----------
    n_images
        Images of the comparison of speed, and of the larger screen whose memory is measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = make_scenes(root / "files")
        many = link(paths, root / "many", n_images)
        few = link(paths, root / "few", n_images // 10)
        lines = speed(many, root / "out", n_images)
        for words, top_k in (("all responses", "0"), ("100 of each end", "100")):
            peaks = [
                cost_of(MEMORY, str(scenes), str(root / f"out {scenes.name} {top_k}"), top_k)
                for scenes in (few, many)
            ]
            lines.append(
                f"peak memory, {words}: {peaks[0].megabytes:.0f} MB for {n_images // 10} images, "
                f"{peaks[1].megabytes:.0f} MB for {n_images}"
            )
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screening", description=__doc__)
    parser.add_argument("--images", type=int, default=N_IMAGES, help=f"default: {N_IMAGES}")
    for line in report(parser.parse_args().images):
        print(line)


if __name__ == "__main__":
    main()
