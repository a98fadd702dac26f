"""Images of a block: rendered, encoded and written at the same time, and there all at once.

Encoding and writing PNG files wait neither for the rendering nor for each other: threads do it, and
Pillow lets others run while it compresses.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from core import interrupt
from core.computing.archives import from_archive
from core.computing.array_backend import to_host
from core.errors import MissingFileError
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.manifest import (
    MANIFEST_NAME,
    ManifestRow,
    evolved_name,
    reference_name,
    write_manifest,
)
from core.experiments.closed_loop.settings import SessionSettings
from core.experiments.evolution.threads import Turns
from core.files import replacing
from core.generators.protocol import Generator
from core.images.opening import open_rgb

IMAGE_TYPES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")

AT_A_TIME = 16
"""Images rendered between two handings-over to the pool."""

COMPRESSION = 1
"""Of PNG files, 0 to 9: evolved images hardly shrink beyond, and encoding takes twice as long."""

N_ENCODERS = min(4, os.cpu_count() or 1)
"""Threads that encode and write."""

CODES_NAME = "codes.npz"
"""Codes of a block, beside its images: ``thread0`` (n, D) and so on, float64."""

THE_CODES = "the codes of a block"


@dataclass(frozen=True)
class Reference:
    """An image that is shown in every block: its name, and its pixels (H, W, 3) uint8."""

    name: str
    pixels: np.ndarray

    @property
    def sha256(self) -> str:
        """Of its pixels."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


def read_references(folder: Path | None, pixels: int | None) -> list[Reference]:
    """The images of a folder in order of name.

    Parameters
    ----------
    folder
        Folder of images; None for no references.
    pixels
        Rows and columns to which they are resized; None leaves them as they are.

    Raises
    ------
    MissingFileError
        If there are none.
    ImageError
        If one cannot be read.
    """
    if folder is None:
        return []
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in IMAGE_TYPES)
    if not files:
        raise MissingFileError(
            path=folder, expected=f"images ({', '.join(IMAGE_TYPES)})", found="none there"
        )
    images = [open_rgb(file) for file in files]
    if pixels is not None:
        images = [image.resize((pixels, pixels), Image.Resampling.BICUBIC) for image in images]
    return [
        Reference(file.stem, np.asarray(image)) for file, image in zip(files, images, strict=True)
    ]


def show_block(
    folder: Folder,
    number: int,
    turns: Turns,
    references: Sequence[Reference],
    settings: SessionSettings,
) -> None:
    """Render and write what a block shows: images, codes, manifest; then, where asked, copies.

    Parameters
    ----------
    folder
        The session's folder.
    number
        Number of the block, 0-based.
    turns
        Populations that are shown.
    references
        Images that every thread shows besides.
    settings
        Of the session.

    Raises
    ------
    FullDiskError
        If there is no room. No part of the block is left then.
    """
    with folder.appearing(folder.block(number)) as made:
        with ThreadPoolExecutor(N_ENCODERS) as pool:
            waiting = _encoded(pool, made, number, turns, references, settings)
            rows = [future.result() for future in list(waiting)]
        codes = map(to_host, turns.populations)
        np.savez(made / CODES_NAME, **{f"thread{i}": of_one for i, of_one in enumerate(codes)})
        write_manifest(made, rows)
    copy_to_flat(folder, number)


def copy_to_flat(folder: Folder, number: int) -> None:
    """Put a block's images into the one folder that XDREAM's rigs read, the manifest last.

    Each file appears whole there; the block is whole once ``block000.csv`` is there.

    Parameters
    ----------
    folder
        The session's folder.
    number
        Number of the block, 0-based.
    """
    if folder.flat is None:
        return
    block = folder.block(number)
    done = folder.flat / f"{block.name}.csv"
    if done.is_file():
        return
    for source in (*sorted(block.glob("*.png")), block / MANIFEST_NAME):
        target = done if source.name == MANIFEST_NAME else folder.flat / source.name
        with replacing(target) as temporary:
            temporary.write_bytes(source.read_bytes())


def read_codes(folder: Folder, number: int) -> list[np.ndarray]:
    """Codes (n, D) of every thread of a block.

    Parameters
    ----------
    folder
        The session's folder.
    number
        Number of the block, 0-based.

    Raises
    ------
    MissingFileError, StateError
        If they are gone or damaged.
    """
    path = folder.block(number) / CODES_NAME
    return from_archive(
        path, lambda arrays: [arrays[f"thread{i}"] for i in range(len(arrays.files))], THE_CODES
    )


def _encoded(
    pool: ThreadPoolExecutor,
    made: Path,
    number: int,
    turns: Turns,
    references: Sequence[Reference],
    settings: SessionSettings,
) -> Iterator[Future]:
    """Rows of the manifest to come, in the order of rendering."""
    shown_at = (settings.size, *settings.position)
    for thread, population in enumerate(turns.populations):
        generation = turns.generations[thread]
        images = rendered(turns.threads[thread].generator, population, settings.pixels)
        for code, pixels in enumerate(images):
            name = evolved_name(number, thread, generation, code)
            about = (thread, code, generation, "")
            yield pool.submit(_write_image, made, name, pixels, about, shown_at)
        for order, reference in enumerate(references):
            name = reference_name(number, thread, order, reference.name)
            about = (thread, -1, generation, reference.name)
            yield pool.submit(_write_image, made, name, reference.pixels, about, shown_at)


def rendered(generator: Generator, codes: np.ndarray, pixels: int | None) -> Iterator[np.ndarray]:
    """Images (H, W, 3) uint8 of codes, one after the other.

    Parameters
    ----------
    generator
        Makes them.
    codes : (n, D)
        Their codes.
    pixels
        Rows and columns; None for the generator's.
    """
    for start in range(0, len(codes), AT_A_TIME):
        interrupt.check()
        images = generator.images(torch.as_tensor(codes[start : start + AT_A_TIME]))
        if pixels is not None and images.shape[-1] != pixels:
            images = functional.interpolate(
                images, (pixels, pixels), mode="bilinear", antialias=True
            )
        images = (images.clamp(0, 1) * 255).round().to(torch.uint8)
        yield from images.permute(0, 2, 3, 1).cpu().numpy()


def _write_image(
    folder: Path, name: str, pixels: np.ndarray, about: tuple, shown_at: tuple
) -> ManifestRow:
    encoded = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(encoded, "png", compress_level=COMPRESSION)
    content = encoded.getvalue()
    (folder / name).write_bytes(content)
    return ManifestRow(name, *about, hashlib.sha256(content).hexdigest(), *shown_at)
