"""What the panels of a study are computed from: counts, models, and where data are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.contract import ext1
from core.generator_statistics.features import (
    FeatureExtractor,
    efficientnet_features,
    inception_features,
)
from core.generator_statistics.objectness import Detector, Recognisability, TorchvisionDetector
from core.generator_statistics.presets import FigurePreset
from core.generator_statistics.surrogates import generator_by_name
from core.generators import Generator
from core.weights import WeightSource


@dataclass(frozen=True)
class Study:
    """What the options of the command come to.

    Attributes
    ----------
    preset
        Counts and models.
    root
        Folder in the layout of ``source_data/``.
    seed
        Of all that is random.
    device
        By default CUDA when present, else the CPU.
    weights_dir
        Folder with weight files, looked at first.
    natural
        Folders of natural images by name of the set (published panel A).
    photographs
        Folder of targets (published panel C).
    yolo
        Saved results of YOLO by name of the set.
    explorer
        Folder of averages and images of the explorer.
    """

    preset: FigurePreset
    root: Path
    seed: int
    device: str | None
    weights_dir: str | None
    natural: Mapping[str, Path]
    photographs: Path | None
    yolo: Mapping[str, Path]
    explorer: Path

    @property
    def folder(self) -> Path:
        """Folder of the tables."""
        return self.root / ext1.FOLDER

    @property
    def is_published(self) -> bool:
        """Whether the paper's own models and images are used."""
        return not self.preset.substitutes

    def generator(self, name: str) -> Generator:
        """A generator by name, with its weights."""
        return generator_by_name(name, device=self.device, weights_dir=self.weights_dir)

    def extractor(self) -> FeatureExtractor:
        """Features by which sets are compared."""
        if self.is_published:
            return inception_features(self.device, WeightSource(folder=self.weights_dir))
        return efficientnet_features(self.preset.pixels, self.device)

    def detector(self) -> Detector:
        """What finds objects."""
        if self.is_published:
            source = WeightSource(folder=self.weights_dir)
            return TorchvisionDetector(device=self.device, source=source)
        return Recognisability(self.preset.pixels, self.device)
