"""Source data in memory, between the exporters that make them and the folder they are written to.

Every exporter is a function ``contents(inputs)`` from what was recorded, `inputs.Inputs`, to
`Contents`; `output` writes them. So what is looked at in a notebook is what is written.
"""

from dataclasses import dataclass, field
from typing import Any

from core.contract.descriptions import File
from core.errors import ReproductionError


@dataclass(frozen=True)
class Contents:
    """The source data of one figure or of several.

    Attributes
    ----------
    files
        What to write, by the description of its file.
    unavailable
        One error for each output whose input is not there.
    details
        What provenance shall say about single files, by path.
    """

    files: dict[File, Any] = field(default_factory=dict)
    unavailable: tuple[ReproductionError, ...] = ()
    details: dict[str, dict] = field(default_factory=dict)

    def __or__(self, other: "Contents") -> "Contents":
        """Both together."""
        return Contents(
            self.files | other.files,
            self.unavailable + other.unavailable,
            self.details | other.details,
        )
