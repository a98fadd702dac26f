"""Saved results of YOLOv8 (or v5), so that its code, which is under the AGPL, is not needed here.

Two forms are read: the text files of ``yolo predict save_txt=True save_conf=True``, one for each
image with an object, and ``predictions.json`` of ``yolo val save_json=True`` (COCO's form).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import MissingFileError, SampleError
from core.generator_statistics.image_sets import NamedImages
from core.generator_statistics.objectness import (
    CONFIDENCE,
    IMAGE_SIZE,
    OVERLAP,
    Detections,
    table_of_detections,
)

N_FIELDS = 6
"""Class, centre (x, y), width, height, confidence."""


@dataclass(frozen=True)
class SavedDetector:
    """What made saved results; they do not say it themselves."""

    name: str = "YOLOv8x"
    conf_thr: float = CONFIDENCE
    iou_thr: float = OVERLAP
    imgsz: int = IMAGE_SIZE
    class_names: Sequence[str] = ()


def read_yolo_results(
    path: Path, images: NamedImages, detector: SavedDetector = SavedDetector()
) -> pd.DataFrame:
    """The table of objects of a set from results that were saved elsewhere.

    Parameters
    ----------
    path
        Folder of text files, or JSON file.
    images
        The set that was looked at; results are found by the stems of its image names. An image
        without a file or entry has no object.
    detector
        What made the results. Boxes below its threshold are left out.

    Returns
    -------
    DataFrame
        As `core.generator_statistics.objectness_table` gives it.

    Raises
    ------
    MissingFileError
        If the file or folder is not there.
    SampleError
        If a file holds something else, or results are of none of the images.
    """
    path = Path(path)
    if path.is_dir():
        found = {file.stem: _boxes(file) for file in sorted(path.glob("*.txt"))}
    elif path.is_file():
        found = _entries(path)
    else:
        raise MissingFileError(path=path, expected="saved results of YOLO", found="none")
    stems = [Path(name).stem for name in images.image_ids]
    if not set(stems) & set(found):
        raise SampleError(
            path=path,
            expected=f"results of the images of {images.name}",
            found=f"{len(found)} results of others" if found else "no result",
        )
    nothing = np.empty((0, 2))
    boxes = [found.get(stem, nothing) for stem in stems]
    kept = [some[some[:, 1] >= detector.conf_thr] for some in boxes]
    detections = [Detections(some[:, 1], some[:, 0].astype(int)) for some in kept]
    return table_of_detections(images, detections, detector)


def _boxes(file: Path) -> np.ndarray:
    """Class and confidence of each line, (k, 2)."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        rows = np.array([[float(cell) for cell in line.split()] for line in lines if line.strip()])
    except ValueError:
        rows = np.empty((0, 0))
    if rows.ndim != 2 or rows.shape[1] != N_FIELDS or not _are_objects(rows[:, [0, -1]]):
        raise SampleError(
            path=file,
            expected=f"lines of {N_FIELDS} numbers: class, box, confidence",
            found="other lines",
            advice="`yolo predict save_txt=True save_conf=True` writes them",
        )
    return rows[:, [0, -1]]


def _are_objects(rows: np.ndarray) -> bool:
    """Whether rows (k, 2) are a class from 0 and a confidence."""
    return bool(np.isfinite(rows).all() and (rows[:, 0] >= 0).all())


def _entries(path: Path) -> dict[str, np.ndarray]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        rows = [(str(e["image_id"]), float(e["category_id"]), float(e["score"])) for e in entries]
        if not _are_objects(np.array([row[1:] for row in rows]).reshape(-1, 2)):
            raise ValueError("classes below 0, or NaN or infinity")
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise SampleError(
            path=path,
            expected="a JSON list of image_id, category_id and score",
            found=f"something else ({type(error).__name__})",
        ) from None
    found: dict[str, list] = {}
    for name, number, score in rows:
        found.setdefault(Path(name).stem, []).append((number, score))
    return {name: np.array(some) for name, some in found.items()}
