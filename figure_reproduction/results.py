"""What drawing a figure leaves behind, as the report needs it, without matplotlib and pandas."""

from dataclasses import dataclass, field
from pathlib import Path

from core.contract.provenance import NOT_RECORDED, Check, Origin

Statistics = dict[str, float]
"""Numbers stated on a figure's panels, by id of ``published_statistics.csv``."""


@dataclass(frozen=True)
class Regenerated:
    """A number from a computed table; `tolerance` allows for what differs from the published one.

    The absolute tolerance is that of the published number and of the computation's own randomness.
    `note` says more of it.
    """

    value: float
    tolerance: float
    note: str = ""


@dataclass(frozen=True)
class SavedPanel:
    """A picture on disk of a panel, say ``4B``.

    `shown` is a smaller file of the same pixels, in at most 256 colours, for the report; `size` is
    its width and height in pixels.
    """

    panel: str
    caption: str
    notes: tuple[str, ...]
    png: Path
    pdf: Path
    shown: Path
    size: tuple[int, int]
    simulated: bool = False

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.size[0] / self.size[1]


@dataclass(frozen=True)
class SourceFile:
    """One input file with its hash, and what provenance says of it.

    `date` is that of its record, of which the origin alone does not depend on the run.
    """

    path: str
    sha256: str
    origin: str
    date: str = ""


@dataclass(frozen=True)
class SourceWords:
    """What is known of a folder of source data, in sentences.

    `made` is what differs between two folders of the same content, and `parameters` are those of
    a simulation by name.
    """

    words: str = ""
    made: str = ""
    parameters: dict = field(default_factory=dict)


@dataclass(frozen=True)
class ClaimNumbers:
    """Numbers that the authors printed elsewhere than on a panel, as a run found them, by id.

    `values` come from the figure's folder, `regenerated` from computed tables. `unavailable` says
    by the beginning of ids, in one sentence, why others are not there.
    """

    values: Statistics = field(default_factory=dict)
    regenerated: Statistics = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureResult:
    """One figure as the report needs it; `problem` says why it could not be drawn.

    `origin` is that of the figure's files in the folder `source`; a panel whose inputs were
    computed has another. `settings` says how the analysis was set otherwise than the paper's.
    """

    figure: str
    source: Path | None
    origin: Origin
    panels: tuple[SavedPanel, ...] = ()
    statistics: Statistics = field(default_factory=dict)
    regenerated: dict[str, Regenerated] = field(default_factory=dict)
    computed_files: tuple[Path, ...] = ()
    unavailable: dict[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    files: tuple[SourceFile, ...] = ()
    about: SourceWords = SourceWords()
    seconds: float = 0.0
    problem: str = ""
    claims: ClaimNumbers = ClaimNumbers()
    settings: str = ""

    @property
    def simulated(self) -> bool:
        """Whether the figure's folder is, of a model's neurons or of digital twins."""
        return self.origin in NOT_RECORDED

    @property
    def mark(self) -> str:
        """Word that its marked panels bear."""
        return "DIGITAL TWINS" if self.origin is Origin.TWINS else "SIMULATED"

    @property
    def not_drawn(self) -> list[str]:
        """What is not drawn and why, a line for each reason."""
        reasons: dict[str, list[str]] = {}
        for panel, sentence in self.unavailable.items():
            reasons.setdefault(sentence, []).append(panel)
        return [
            f"Panel{'s' * (len(panels) > 1)} {', '.join(panels)} not drawn: {sentence}"
            for sentence, panels in reasons.items()
        ]

    @property
    def contradictions(self) -> tuple[Check, ...]:
        """Failed comparisons of the figure's files with one another."""
        return tuple(check for check in self.checks if check.compares and not check.passed)
