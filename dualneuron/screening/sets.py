"""Sets of images that networks are shown: ImageNet, rendered scenes, and any folder, zip or array.

Every set is read by index, in an order that never changes, and gives (tensor, name or label).
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from core.errors import ArchiveError, DownloadError, ImageError, MissingFileError, SettingError
from core.optional import import_package
from dualneuron.screening.transforms import ImageTransforms, resize_shorter_side

IMAGENET = "ILSVRC/imagenet-1k"
"""Name of the data set at HuggingFace."""

SHORTER_SIDE = 256
"""Pixels to which the shorter side of an ImageNet picture is resized first."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Endings of the names of image files."""

WITH_IMAGENET = "`pip install datasets` installs it"


class CorruptImageError(ImageError):
    """An image of a set cannot be decoded."""


class ReadByIndex(Dataset):
    """A set of images read by index; the sets below say how.

    Parameters
    ----------
    options
        What is done to every image: the attributes of `ImageTransforms`.
    """

    def __init__(self, **options: Any):
        self.transforms = ImageTransforms(**options)

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> tuple[torch.Tensor, Any]:
        if not 0 <= index < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        try:
            picture, label = self.picture(index)
            return self.transforms(picture), label
        except ImageError as error:
            raise (error if error.path else error.about(self.name(index))) from None

    def picture(self, index: int) -> tuple[Image.Image, Any]:
        """The picture at an index, of mode RGB or L, and its label.

        Raises
        ------
        CorruptImageError
            If it cannot be decoded.
        """
        raise NotImplementedError

    def name(self, index: int) -> str:
        """What an image is called in messages."""
        return f"image {index}"

    def identity(self) -> dict[str, Any]:
        """What tells the set from others, for a screen that goes on: numbers and texts."""
        return {"n_images": len(self)}


class ImagenetImages(ReadByIndex):
    """ImageNet from HuggingFace, through its `datasets` library.

    The first use downloads it, which takes a token of an account that has accepted its terms. Every
    picture is made RGB and its shorter side 256 pixels long before anything else.

    Parameters
    ----------
    data_dir
        Folder of the download; by default what `DATA_DIR` names, else that of the library.
    token
        By default that of `HF_TOKEN`, or of `huggingface-cli login`.
    split
        ``train``, ``validation`` or ``test``.
    options
        See `ImageTransforms`.

    Raises
    ------
    MissingPackageError
        If `datasets` is not installed.
    SettingError
        If the download is refused: no token, or terms not accepted.
    DownloadError
        If it fails otherwise.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike | None = None,
        token: str | None = None,
        split: str = "train",
        **options: Any,
    ):
        super().__init__(**options)
        self.split = split
        self._rows = _load_imagenet(data_dir, token, split)

    def __len__(self) -> int:
        return len(self._rows)

    def picture(self, index: int) -> tuple[Image.Image, int]:
        """The picture at an index, and its label."""
        with _decoding(self.name(index)):
            row = self._rows[int(index)]
            picture = row["image"].convert("RGB")
        return resize_shorter_side(picture, SHORTER_SIDE), row["label"]

    def name(self, index: int) -> str:
        """What an image is called in messages."""
        return f"{IMAGENET}, {self.split}, image {index}"

    def identity(self) -> dict[str, Any]:
        """What tells the set from others: numbers and texts."""
        return {"n_images": len(self), "names": f"{IMAGENET} {self.split}"}


def _load_imagenet(data_dir: str | os.PathLike | None, token: str | None, split: str) -> Any:
    datasets = import_package("datasets", "ImageNet", WITH_IMAGENET)
    _read_env_file()
    token = token or os.environ.get("HF_TOKEN") or None
    folder = data_dir or os.environ.get("DATA_DIR") or None
    try:
        return datasets.load_dataset(IMAGENET, split=split, cache_dir=folder, token=token)
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        refused = type(error).__name__ in ("DatasetNotFoundError", "GatedRepoError")
        if refused or "401" in words or "403" in words:
            raise SettingError(
                path="token",
                expected=f"access to {IMAGENET}",
                found=f"none {'with this token' if token else 'without a token'} ({words[:200]})",
                advice="Accept the terms on the page of the data set, and set HF_TOKEN",
            ) from None
        raise DownloadError(path=IMAGENET, expected="its images", found=words[:300]) from error


def _read_env_file() -> None:
    """Take HF_TOKEN and DATA_DIR from a file ``.env``, where python-dotenv is installed."""
    if find_spec("dotenv"):
        import_package("dotenv", "a file .env").load_dotenv()


class FileImages(ReadByIndex):
    """Image files of a folder or a zip, sorted by name; this order is their index.

    Parameters
    ----------
    data_dir
        Folder, folders in it included, or a zip.
    options
        See `ImageTransforms`.

    Raises
    ------
    MissingFileError
        If it is not there, or holds no images.
    ArchiveError
        If the zip cannot be read.
    """

    suffixes = SUFFIXES
    """Endings of the names of files that are images."""

    depth = "**/*"
    """Which files of a folder are looked at."""

    def __init__(self, data_dir: str | os.PathLike, **options: Any):
        super().__init__(**options)
        self.root = Path(data_dir).expanduser()
        self._archive = _open_zip(self.root) if self.root.is_file() else None
        self._names = sorted(name for name in self._all_names() if self._is_image(name))
        if not self._names:
            raise MissingFileError(
                path=self.root,
                expected=f"images ({', '.join(self.suffixes)})",
                found="none" if self.root.exists() else "no such folder or file",
            )

    def _all_names(self) -> Iterator[str]:
        if self._archive is not None:
            return iter(self._archive.namelist())
        files = (path for path in self.root.glob(self.depth) if not path.is_dir())
        return (path.relative_to(self.root).as_posix() for path in files)

    def _is_image(self, name: str) -> bool:
        hidden = any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
        return name.lower().endswith(self.suffixes) and not hidden

    def __len__(self) -> int:
        return len(self._names)

    def picture(self, index: int) -> tuple[Image.Image, str]:
        """The picture at an index, and its label."""
        name = self.name(index)
        with _decoding(name), Image.open(self._opened(index)) as image:
            return _eight_bits(image), name

    def _opened(self, index: int) -> Any:
        if self._archive is None:
            return self.root / self._names[index]
        return io.BytesIO(self._archive.read(self._names[index]))

    def name(self, index: int) -> str:
        """What an image is called in messages."""
        return str(self.root / self._names[index])

    def identity(self) -> dict[str, Any]:
        """What tells the set from others: numbers and texts."""
        names = hashlib.sha256("\n".join(self._names).encode()).hexdigest()
        return {"n_images": len(self), "names": names}


class RenderedImages(FileImages):
    """The rendered scenes, or any folder of PNG files, in lexicographic order of their names.

    Parameters
    ----------
    data_dir
        Folder; folders in it are not looked into.
    options
        See `ImageTransforms`.

    Raises
    ------
    MissingFileError
        If it is not there, or holds no PNG file.
    """

    suffixes = (".png",)
    depth = "*"


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ArchiveError(path=path, expected="a zip with images", found=error) from None


class ArrayImages(ReadByIndex):
    """Images of an array, or of an npy file of which one image is read at a time.

    Parameters
    ----------
    images : (n, H, W), (n, H, W, C) or (n, C, H, W)
        C is 1 or 3; uint8, or real numbers from 0 to 1, which are rounded to 8 bits.
    options
        See `ImageTransforms`.

    Raises
    ------
    ImageError
        If the array has another shape or type, or is empty; when an image is read, if its values
        are not from 0 to 1.
    """

    def __init__(self, images: "np.ndarray | torch.Tensor | str | os.PathLike", **options: Any):
        super().__init__(**options)
        self.root = ""
        if isinstance(images, str | os.PathLike):
            self.root = str(images)
            images = _NpyRows(Path(images))
        elif isinstance(images, torch.Tensor):
            images = images.detach().cpu().numpy()
        self._images = images
        self._is_channels_first = _check_layout(images, self.root)

    def __len__(self) -> int:
        return self._images.shape[0]

    def picture(self, index: int) -> tuple[Image.Image, int]:
        """The picture at an index, and its label."""
        values = np.asarray(self._images[int(index)])
        if values.dtype != np.uint8:
            values = _to_bytes(values)
        if self._is_channels_first:
            values = values.transpose(1, 2, 0)
        if values.ndim == 3 and values.shape[2] == 1:
            values = values[:, :, 0]
        return Image.fromarray(np.ascontiguousarray(values)), index

    def name(self, index: int) -> str:
        """What an image is called in messages."""
        return f"{self.root}, image {index}" if self.root else f"image {index}"

    def identity(self) -> dict[str, Any]:
        """What tells the set from others: numbers and texts."""
        names = f"{list(self._images.shape)} {self._images.dtype}"
        return {"n_images": len(self), "names": names}


class _NpyRows:
    """An npy file of which one row is read at a time, so that no more of it is in memory."""

    def __init__(self, path: Path):
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise MissingFileError(path=path, expected="images", found="no such file") from None
        except (ValueError, EOFError) as error:
            raise ImageError(path=path, expected="an array (npy)", found=error) from None
        if not mapped.flags.c_contiguous:
            raise ImageError(path=path, expected="an array in C order", found="another order")
        self.path, self.offset = path, mapped.offset
        self.shape, self.dtype, self.ndim = mapped.shape, mapped.dtype, mapped.ndim

    def __getitem__(self, index: int) -> np.ndarray:
        shape = self.shape[1:]
        count = int(np.prod(shape))
        start = self.offset + index * count * self.dtype.itemsize
        return np.fromfile(self.path, self.dtype, count, offset=start).reshape(shape)


def _check_layout(images: Any, path: str) -> bool:
    """Whether channels come first in an array of images."""
    shape = images.shape
    channels_last = images.ndim == 4 and shape[3] in (1, 3)
    channels_first = images.ndim == 4 and shape[1] in (1, 3) and not channels_last
    if not (images.ndim == 3 or channels_last or channels_first) or 0 in shape:
        raise ImageError(
            path=path,
            expected="images (n, H, W), (n, H, W, C) or (n, C, H, W) with C 1 or 3, at least one",
            found=f"an array {tuple(shape)}",
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise ImageError(
            path=path,
            expected="uint8, or real numbers from 0 to 1",
            found=f"{images.dtype}",
        )
    return channels_first


def _to_bytes(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 1):  # also if there is a NaN
        raise ImageError(
            expected="values from 0 to 1, or uint8",
            found=f"values from {low:g} to {high:g}",
            advice="divide them by 255, or make them uint8" if high > 2 else "",
        )
    return np.rint(values * 255).astype(np.uint8)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one error that names the image."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except FileNotFoundError:
        raise MissingFileError(path=name, expected="an image", found="no such file") from None
    except Exception as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise cannot_be_decoded(name, words) from None


def cannot_be_decoded(name: str, found: str) -> CorruptImageError:
    """The error for an image that cannot be decoded.

    Parameters
    ----------
    name
        Of the image.
    found
        What the decoder says.
    """
    return CorruptImageError(
        path=name,
        expected="an image that can be decoded",
        found=found,
        advice="replace it, or have such images skipped",
    )


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "L"):
        image.load()
        return image
    if image.mode.startswith(("I", "F")):
        raise ImageError(expected="8 bits a channel", found=f"Pillow's mode {image.mode}")
    return image.convert("RGB")


def open_images(
    source: Any,
    dataset: str = "images",
    token: str | None = None,
    split: str = "train",
    **options: Any,
) -> Any:
    """The set of images that is meant.

    Parameters
    ----------
    source
        Folder, zip or npy file; array; for ImageNet the folder of the download. Anything else with
        a length and items by index is taken as it is: its items are tensors, or begin with one.
    dataset
        ``imagenet``, ``rendered``, or ``images`` for any folder, zip, npy file or array.
    token, split
        See `ImagenetImages`.
    options
        See `ImageTransforms`.

    Raises
    ------
    SettingError
        If there is no such kind of data set.

    Examples
    --------
    >>> images = open_images(np.zeros((2, 8, 8), np.uint8), use_grayscale=True)
    >>> len(images), images[1][0].shape
    (2, torch.Size([1, 8, 8]))
    """
    if dataset not in KINDS:
        raise SettingError(
            path="dataset", expected=f"one of {', '.join(KINDS)}", found=repr(dataset)
        )
    if isinstance(source, np.ndarray | torch.Tensor):
        return ArrayImages(source, **options)
    if source is not None and not isinstance(source, str | os.PathLike):
        return source
    if dataset == "imagenet":
        return ImagenetImages(source, token, split, **options)
    if dataset == "rendered":
        return RenderedImages(source, **options)
    return (
        ArrayImages(source, **options)
        if str(source).endswith(".npy")
        else FileImages(source, **options)
    )


def identity_of(images: Any) -> dict[str, Any]:
    """What tells a set from others and its images' treatment from another, in types of JSON.

    Parameters
    ----------
    images
        A set of this module, or any other with a length.

    Examples
    --------
    >>> identity_of([1, 2])
    {'n_images': 2}
    """
    if not isinstance(images, ReadByIndex):
        return {"n_images": len(images)}
    return {**images.identity(), "transforms": images.transforms.described()}


KINDS = ("imagenet", "rendered", "images")
"""Kinds of data sets, as they stand in the names of results."""
