"""Embeddings of whole data sets of images, batch after batch, to memory or to one file."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from core.errors import ImageError
from core.files import replacing
from core.progress import progress
from core.settings import whole
from dualneuron.dream.embedding import GUIDE_SIZE, embedded, load_dreamsim
from dualneuron.files import load_mask
from dualneuron.screening.sets import open_images
from dualneuron.screening.streaming import Batch, response_batches

logger = logging.getLogger(__name__)


def embeddings(
    data_dir: Any,
    cache_dir: str | Path = "./models",
    output_path: str | Path | None = None,
    token: str | None = None,
    split: str = "train",
    dataset: str = "rendered",
    area: str = "v4",
    use_grayscale: bool = False,
    use_mask: bool = True,
    use_norm: bool = True,
    norm: float = 80.0,
    num_channels: int = 3,
    crop_size: int = 236,
    bg_value: float = 0.0,
    batch_size: int = 32,
    num_workers: int = 0,
    *,
    dreamsim_model: Any = None,
    device: str | torch.device | None = None,
    max_images: int | None = None,
    return_index: bool = False,
    skip_corrupt: bool = False,
    weights_dir: str | Path | None = None,
) -> np.ndarray | tuple[np.ndarray, np.ndarray] | None:
    """Embed all images of a set.

    Images are cropped in the middle, made 224 x 224, masked, scaled to a norm and clipped to
    [0, 1].

    Parameters
    ----------
    data_dir
        Where the images are; see `dualneuron.screening.sets.open_images`.
    cache_dir
        Folder of DreamSim's weights.
    output_path
        npy file that the embeddings are written to, batch after batch; it appears whole.
    token, split
        Of ImageNet.
    dataset
        ``rendered``, ``imagenet``, or ``images`` for any folder, zip or array.
    area
        Whose mask it is: ``v1``, ``v4`` or ``v4g``.
    use_grayscale, use_mask, use_norm, norm, num_channels, crop_size, bg_value
        See `dualneuron.screening.ImageTransforms`.
    batch_size
        Images that are embedded at once.
    num_workers
        Threads that read images beside the model, one at least.
    dreamsim_model
        An object with `embed`, or a function, instead of DreamSim.
    device
        By default where the model's weights are; of DreamSim, CUDA when present, else the CPU.
    max_images
        Stop after so many images of the set.
    return_index
        Return the indices of the images in the set, too.
    skip_corrupt
        Leave out images that cannot be decoded, and say which, instead of stopping at the first.
    weights_dir
        Folder of the published masks, looked at first.

    Returns
    -------
    embeddings : (n, D) float32
        In the order of the set; None if they are written to `output_path`.
    indices : (n,) int64
        Only with `return_index`.

    Raises
    ------
    SettingError
        If an option cannot be used.
    MissingFileError
        If there are no images.
    ImageError
        If an image cannot be decoded and is not to be skipped, or is too small; if none is left.
    MissingPackageError
        If DreamSim is wanted and not installed.
    RunError
        If an embedding is not finite.
    """
    whole(batch_size, "batch_size", at_least=1)
    images = open_images(
        data_dir,
        dataset,
        token,
        split,
        use_center_crop=True,
        crop_size=crop_size,
        use_resize_output=True,
        output_size=(GUIDE_SIZE, GUIDE_SIZE),
        use_grayscale=use_grayscale,
        use_mask=use_mask,
        mask=load_mask(area, data_dir=weights_dir) if use_mask else None,
        bg_value=bg_value,
        use_norm=use_norm,
        norm=norm,
        use_clip=True,
        num_channels=num_channels,
    )
    n_images = len(images)
    if max_images is not None:
        n_images = min(n_images, whole(max_images, "max_images", at_least=1))
    model = load_dreamsim(cache_dir, device) if dreamsim_model is None else dreamsim_model
    batches = response_batches(
        images,
        _Embedder(model, device, 1 if use_grayscale and num_channels != 3 else 3),
        range(n_images),
        batch_size=batch_size,
        num_workers=num_workers,
        skip_corrupt=skip_corrupt,
    )
    batches = _read(progress(batches, -(-n_images // batch_size), "embedding images"))
    if output_path is None:
        rows, indices = zip(*[(batch.responses, batch.indices) for batch in batches], strict=True)
        found = np.concatenate(rows)
    else:
        found, indices = None, _write(batches, Path(output_path))
    return (found, np.concatenate(indices)) if return_index else found


class _Embedder:
    """A model as data sets are shown to it."""

    n_units = 0
    """Of a batch without images; how many numbers an embedding has is known from the first one."""

    def __init__(self, model: Any, device: str | torch.device | None, channels: int):
        self.model, self.device = model, device
        self.image_shape = (channels, GUIDE_SIZE, GUIDE_SIZE)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return embedded(images, self.model, self.device)


def _read(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Those batches of which an image could be read; the log names those that could not."""
    n_read = n_skipped = 0
    for batch in batches:
        for name in batch.skipped.values():
            logger.warning("%s: cannot be decoded, and is left out", name)
        n_read, n_skipped = n_read + len(batch.indices), n_skipped + len(batch.skipped)
        if len(batch.indices):
            yield batch
    if not n_read:
        raise ImageError(expected="images that can be read", found=f"none among {n_skipped}")
    if n_skipped:
        logger.warning("%d of %d images were left out", n_skipped, n_read + n_skipped)


def _write(batches: Iterable[Batch], path: Path) -> list[np.ndarray]:
    """Write embeddings as they come; the header, which says how many, is renewed at the end."""
    indices, shape = [], (0, 0)
    with replacing(path) as temporary, temporary.open("wb") as file:
        for batch in batches:
            if not indices:
                _write_header(file, batch.responses.shape)
            indices.append(batch.indices)
            shape = (shape[0] + len(batch.indices), batch.responses.shape[1])
            file.write(batch.responses.tobytes())
        file.seek(0)
        _write_header(file, shape)
    return indices


def _write_header(file: BinaryIO, shape: tuple[int, int]) -> None:
    """The header of an npy file, which is as long for any number of rows."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
