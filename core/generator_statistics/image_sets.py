"""Sets of images with a name: a generator's, a folder's, an array's, noise, crops of photographs.

A set gives its images in batches as often as it is asked, and holds none of them longer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from core.errors import ImageError
from core.generator_statistics.codes import codes_of_kind
from core.generator_statistics.noise import pink_noise, white_noise
from core.generator_statistics.photographs import centre_square, files_of_images, random_crops
from core.generators import Generator
from core.images.range import check_range
from core.progress import progress

BATCH = 64
"""Images at a time."""

Kind = Literal["reference", "generated"]


@dataclass(frozen=True)
class ImageSet:
    """Images by name.

    Attributes
    ----------
    name
        Of the set.
    kind
        ``reference`` (natural) or ``generated``.
    image_ids
        A name for every image.
    preprocessing
        Where they come from and what was done to them, in words.
    load
        Images (B, 3, H, W) float32 RGB in [0, 1] of a range of numbers.
    """

    name: str
    kind: Kind
    image_ids: tuple[str, ...]
    preprocessing: str
    load: Callable[[range], torch.Tensor]

    def __len__(self) -> int:
        return len(self.image_ids)

    def batches(self, batch_size: int = BATCH) -> Iterator[torch.Tensor]:
        """Images (B, 3, H, W), some at a time, in order.

        Raises
        ------
        ImageError
            If they are not RGB in [0, 1], or differ in size within a batch.
        """
        starts = range(0, len(self), batch_size)
        for start in progress(starts, len(starts), self.name):
            images = self.load(range(start, min(start + batch_size, len(self))))
            if images.dim() != 4 or images.shape[1] != 3:
                raise ImageError(
                    path=self.name, expected="RGB images (B, 3, H, W)", found=tuple(images.shape)
                )
            try:
                check_range(images)
            except ImageError as error:
                raise error.inside(self.name) from None
            yield images


def generated_set(
    generator: Generator, kind: str, n: int, seed: int = 0, name: str | None = None
) -> ImageSet:
    """Images of a generator at random codes.

    Parameters
    ----------
    generator
        Makes the images.
    kind
        Kind of the codes, see `core.generator_statistics.codes.KINDS`.
    n
        How many images.
    seed
        Of the codes.
    name
        Of the set; by default the kind.
    """
    codes = codes_of_kind(kind, n, generator, seed)

    def load(which: range) -> torch.Tensor:
        return generator.images(codes[which.start : which.stop])

    ids = tuple(f"{kind}_{seed}_{number:05d}" for number in range(n))
    return ImageSet(name or kind, "generated", ids, f"{kind}, as rendered", load)


def noise_set(color: Literal["pink", "white"], n: int, size: int = 256, seed: int = 0) -> ImageSet:
    """Images of noise.

    Parameters
    ----------
    color
        ``pink`` (amplitude as 1/f) or ``white``.
    n
        How many images.
    size
        Rows and columns.
    seed
        Of the set.
    """
    draw = {"pink": pink_noise, "white": white_noise}[color]

    def load(which: range) -> torch.Tensor:
        return torch.from_numpy(np.stack([draw(number, size, seed) for number in which]))

    ids = tuple(f"{color}_noise_{seed}_{number:05d}" for number in range(n))
    return ImageSet(f"{color}_noise", "generated", ids, f"{size} pixels", load)


def crop_set(n: int, size: int = 112, seed: int = 0, name: str = "photograph crops") -> ImageSet:
    """Random squares of photographs that come with scikit-image.

    Parameters
    ----------
    n
        How many images.
    size
        Rows and columns.
    seed
        Of the set.
    name
        Of the set.
    """
    crops = random_crops(n, size, seed)
    images = torch.from_numpy(np.stack([crop.image for crop in crops]))
    ids = tuple(f"{crop.photograph}_{seed}_{number:05d}" for number, crop in enumerate(crops))
    words = f"random squares of {len({c.photograph for c in crops})} photographs, {size} pixels"
    return ImageSet(name, "reference", ids, words, lambda which: images[which.start : which.stop])


def folder_set(
    folder: Path, name: str, size: int = 299, n: int | None = None, kind: Kind = "reference"
) -> ImageSet:
    """The image files of a folder: shorter side to `size` (antialiased), then the middle square.

    Parameters
    ----------
    folder
        With images in it or in folders below it.
    name
        Of the set.
    size
        Rows and columns.
    n
        The first so many by name; None for all.
    kind
        ``reference`` or ``generated``.

    Raises
    ------
    MissingFileError
        If there is no folder, or no image in it.
    """
    files = files_of_images(folder)[:n]

    def load(which: range) -> torch.Tensor:
        squares = [centre_square(files[number], size) for number in which]
        return torch.from_numpy(np.stack(squares))

    ids = tuple(file.relative_to(folder).as_posix() for file in files)
    return ImageSet(name, kind, ids, f"shorter side {size}, middle square", load)


def array_set(
    images: Sequence[np.ndarray] | np.ndarray | torch.Tensor, name: str, kind: Kind = "generated"
) -> ImageSet:
    """Images that are at hand.

    Parameters
    ----------
    images : (n, 3, H, W)
        RGB in [0, 1], of one size.
    name
        Of the set.
    kind
        ``reference`` or ``generated``.

    Raises
    ------
    ImageError
        If there is none, they have several sizes, or are not RGB.

    Examples
    --------
    >>> array_set([np.zeros((3, 4, 4)), np.zeros((3, 5, 4))], "mine")
    Traceback (most recent call last):
    core.errors.ImageError: mine: expected images of one size, found (3, 4, 4), (3, 5, 4).
    """
    shapes = sorted({tuple(np.shape(image)) for image in images})
    if len(shapes) != 1:
        found = ", ".join(map(str, shapes)) or "no image"
        raise ImageError(path=name, expected="images of one size", found=found)
    if len(shapes[0]) != 3 or shapes[0][0] != 3:
        raise ImageError(path=name, expected="RGB images (3, H, W)", found=shapes[0])
    if isinstance(images, torch.Tensor):
        tensor = images.float()
    else:
        tensor = torch.from_numpy(np.stack([np.asarray(i, dtype=np.float32) for i in images]))
    ids = tuple(f"{name}_{number:05d}" for number in range(len(tensor)))
    words = f"as given, {shapes[0][1]} x {shapes[0][2]} pixels"
    return ImageSet(name, kind, ids, words, lambda which: tensor[which.start : which.stop])
