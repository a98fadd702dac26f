"""How much of an image set a detector takes for objects.

A detector is anything that keeps the promises of `Detector`. torchvision's take part through
`TorchvisionDetector`; results of others, saved to files, are read in `yolo_results`. Without a
detector's weights `Recognisability` says how sure a classifier is, which is another question.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch

from core.computing.devices import choose_device
from core.computing.torchvision_compat import import_torchvision
from core.contract import ext1
from core.download import RemoteFile
from core.errors import MissingPackageError, PromiseError, SettingError
from core.generator_statistics.features import LITE0_SIZE, antialiased
from core.generator_statistics.image_sets import ImageSet
from core.networks.efficientnet_lite0 import efficientnet_lite0
from core.networks.preprocessing import LITE, normalised
from core.optional import import_package
from core.weights import WeightFile, WeightSource

CONFIDENCE, OVERLAP = 0.25, 0.45
"""Least confidence of a box, and overlap (IoU) from which on two boxes are one."""

IMAGE_SIZE = 256
"""Pixels at which the published detector saw images."""


class Detections(NamedTuple):
    """What a detector finds in one image; all may be empty.

    Attributes
    ----------
    confidence : (k,)
        In [0, 1].
    class_id : (k,)
        0-based number of each object's class.
    """

    confidence: np.ndarray
    class_id: np.ndarray


NOTHING = Detections(np.empty(0), np.empty(0, dtype=int))
"""No object."""


class Detector(Protocol):
    """Finds objects in images (B, 3, H, W) in [0, 1].

    Attributes
    ----------
    name
        Stands beside every number made with it.
    conf_thr, iou_thr
        Thresholds of confidence and overlap; the latter is NaN where there is none.
    imgsz
        Pixels at which it sees images.
    class_names
        By number.
    """

    name: str
    conf_thr: float
    iou_thr: float
    imgsz: int
    class_names: Sequence[str]

    def __call__(self, images: torch.Tensor) -> list[Detections]:
        """What is found in each image, above `conf_thr`."""
        ...


class Recognisability:
    """Stand-in for a detector: the largest class probability of EfficientNet-Lite0.

    It finds one thing or nothing in an image, and is no measure of objects: textures have classes.

    Parameters
    ----------
    size
        Rows and columns to which images are brought.
    device
        By default CUDA when present, else the CPU.
    source
        Of the weights; by default the package that holds them.
    """

    name = "EfficientNet-Lite0, largest class probability"
    conf_thr, iou_thr = CONFIDENCE, float("nan")

    def __init__(
        self,
        size: int = LITE0_SIZE,
        device: str | torch.device | None = None,
        source: WeightSource | None = None,
    ):
        self.imgsz = size
        self.class_names = tuple(f"ImageNet class {number}" for number in range(1000))
        self._device = choose_device(device)
        network = efficientnet_lite0() if source is None else efficientnet_lite0(source)
        self._network = network.to(self._device).requires_grad_(False)

    def __call__(self, images: torch.Tensor) -> list[Detections]:
        """The likeliest class of each image where its probability reaches the threshold."""
        images = normalised(antialiased(images.to(self._device), self.imgsz), LITE, 1.0)
        with torch.no_grad():
            p = self._network(images).softmax(1).max(1)
        found = zip(p.values.double().cpu().numpy(), p.indices.cpu().numpy(), strict=True)
        return [
            Detections(np.array([v]), np.array([c])) if v >= self.conf_thr else NOTHING
            for v, c in found
        ]


class TorchvisionDetector:
    """A detector of torchvision (BSD licence) with its COCO weights.

    Parameters
    ----------
    name
        Such as ``fasterrcnn_resnet50_fpn_v2``, ``retinanet_resnet50_fpn_v2``, ``fcos_resnet50_fpn``
        or ``ssdlite320_mobilenet_v3_large``.
    device
        By default CUDA when present, else the CPU.
    source
        Where its weights are looked for, and whether they may be fetched.
    size
        Rows and columns at which it sees images, and which its own resizing takes them to.

    Raises
    ------
    SettingError
        If torchvision has no such detector.
    WeightsError
        If its weights are not at hand and cannot be fetched.
    MissingPackageError
        If this build of torchvision does not fit torch, so that it has no kernels for detectors.
    """

    conf_thr, iou_thr = CONFIDENCE, OVERLAP

    def __init__(
        self,
        name: str = "fasterrcnn_resnet50_fpn_v2",
        device: str | torch.device | None = None,
        source: WeightSource | None = None,
        size: int = IMAGE_SIZE,
    ):
        models = import_torchvision().models
        detection = import_package("torchvision.models.detection", "detectors")
        known = [n for n in models.list_models(module=detection) if "keypoint" not in n]
        if name not in known:
            raise SettingError(
                path="detector", expected=f"one of {', '.join(known)}", found=f"{name!r}"
            )
        published = models.get_model_weights(name).DEFAULT
        self.name, self.imgsz = f"{name} ({published.name})", size
        self.class_names = tuple(published.meta["categories"])
        resizing = {} if name.startswith("ssd") else {"min_size": size, "max_size": size}
        network = models.get_model(name, weights=None, weights_backbone=None, **resizing)
        file = WeightFile(published.url.rpartition("/")[2], _remote(published.url))
        (source or WeightSource()).load(network, file)
        _set_thresholds(network, self.conf_thr, self.iou_thr)
        self._device = choose_device(device)
        self._network = network.to(self._device).eval().requires_grad_(False)

    def __call__(self, images: torch.Tensor) -> list[Detections]:
        """Boxes of each image above the threshold."""
        try:
            with torch.no_grad():
                found = self._network(list(images.to(self._device)))
        except RuntimeError as error:
            if "custom C++ ops" not in str(error):
                raise
            raise MissingPackageError(
                "Detectors need torchvision's compiled kernels, which do not fit this build of "
                "torch; install torch and torchvision from the same index."
            ) from None
        return [
            Detections(f["scores"].double().cpu().numpy(), f["labels"].cpu().numpy()) for f in found
        ]


def _remote(url: str) -> RemoteFile:
    """The file at an address that ends in the first digits of its SHA-256."""
    return RemoteFile(url, sha256=url.rpartition("-")[2].partition(".")[0])


def _set_thresholds(network: torch.nn.Module, confidence: float, overlap: float) -> None:
    """Two-stage detectors keep their thresholds in their heads, the others in themselves."""
    heads = getattr(network, "roi_heads", network)
    heads.score_thresh, heads.nms_thresh = confidence, overlap


def objectness_table(images: ImageSet, detector: Detector) -> pd.DataFrame:
    """One row for each image: how many objects, and the largest confidence.

    Parameters
    ----------
    images
        The set.
    detector
        Finds objects.

    Returns
    -------
    DataFrame
        Columns of `core.contract.ext1.OBJECTNESS`; an image without an object has 0 of them and no
        confidence.

    Raises
    ------
    PromiseError
        If the detector does not answer for each image, or its confidences are no numbers in [0, 1].
    """
    found = []
    for batch in images.batches():
        answers = detector(batch)
        if answers is None or len(answers) != len(batch):
            raise PromiseError(
                path=detector.name,
                expected=f"detections of each of {len(batch)} images",
                found="none" if answers is None else f"{len(answers)} answers",
                advice="an image without objects has empty ones",
            )
        found += answers
    return table_of_detections(images, found, detector)


def table_of_detections(
    images: ImageSet, found: Sequence[Detections], detector: Detector
) -> pd.DataFrame:
    """The table of detections that are at hand.

    Parameters
    ----------
    images
        The set, for names.
    found
        Of each image.
    detector
        For its name, its thresholds and the names of its classes.
    """
    rows = []
    for name, (confidence, class_id) in zip(images.image_ids, found, strict=True):
        confidence = np.asarray(confidence, dtype=float)
        if not ((confidence >= 0) & (confidence <= 1)).all():
            raise PromiseError(
                path=detector.name, expected="confidences from 0 to 1", found=f"others in {name}"
            )
        best = int(np.argmax(confidence)) if len(confidence) else None
        number = None if best is None else int(class_id[best])
        known = number is not None and number < len(detector.class_names)
        rows.append(
            {
                "set": images.name,
                "kind": images.kind,
                "image_id": name,
                "n_objs": len(confidence),
                "confidence": np.nan if best is None else confidence[best],
                "class_id": np.nan if number is None else number,
                "class_name": detector.class_names[number] if known else None,
            }
        )
    settings = {name: getattr(detector, name) for name in ("conf_thr", "iou_thr", "imgsz")}
    table = pd.DataFrame(rows).assign(detector=detector.name, **settings)
    return table[[column.name for column in ext1.OBJECTNESS.columns]]
