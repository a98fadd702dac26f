"""A folder of paired evolutions, one file a neuron, and what says of which neurons they are.

``paired.json`` says what the neurons are, ``SIMULATED.json`` marks the folder: no animal was
recorded. Each file is an evolution (`record`) whose notes hold what is said of its neuron alone.
"""

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.contract.provenance import SIMULATION_FILE_NAME, TWINS_KIND
from core.errors import StateError
from core.files import write_json
from core.settings import check_same

FORMAT = "paired evolutions 1"

DESCRIPTION_NAME = "paired.json"


@dataclass(frozen=True)
class PairedDescription:
    """What the neurons of a folder are.

    Attributes
    ----------
    twin
        Name of the twin whose neurons they are.
    area
        Visual area: V1 or V4.
    spaces
        Names of both threads' generators, as recordings have them.
    seed
        Of the evolutions.
    notice
        What every figure says.
    created
        When the folder was begun, ISO 8601; empty for now.
    """

    twin: str
    area: str
    spaces: tuple[str, str]
    seed: int
    notice: str
    created: str = ""


def begin_paired(root: Path, made_of: PairedDescription) -> None:
    """Say what a folder holds, or make sure that it says so.

    Parameters
    ----------
    root
        The folder, which is there.
    made_of
        What its neurons are.

    Raises
    ------
    StateError
        If it holds evolutions of others.
    """
    path = root / DESCRIPTION_NAME
    if path.is_file():
        known = asdict(read_paired(root)) | {"created": ""}
        try:
            check_same(asdict(made_of), known | {"spaces": list(known["spaces"])}, "this folder")
        except StateError as error:
            raise error.inside(path) from None
        return
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    mark = {"simulated": True, "kind": TWINS_KIND, "notice": made_of.notice}
    write_json(root / SIMULATION_FILE_NAME, mark)
    write_json(path, {"format": FORMAT, **asdict(made_of), "created": now})


def is_paired(root: Path) -> bool:
    """Whether a folder holds paired evolutions.

    Examples
    --------
    >>> is_paired(Path("nowhere"))
    False
    """
    return (root / DESCRIPTION_NAME).is_file()


def read_paired(root: Path) -> PairedDescription:
    """What the neurons of a folder are.

    Raises
    ------
    StateError
        If it does not say so.
    """
    path = root / DESCRIPTION_NAME
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.pop("format") != FORMAT:
            raise ValueError("another format")
        datetime.datetime.fromisoformat(known["created"])
        first, second = known["spaces"]
        return PairedDescription(**known | {"spaces": (first, second)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            path=path, expected="the description of paired evolutions", found=f"none ({error})"
        ) from None


def neuron_file(root: Path, neuron: int) -> Path:
    """File of a neuron's evolution.

    Parameters
    ----------
    root
        The folder.
    neuron
        0-based id.

    Examples
    --------
    >>> neuron_file(Path("v1"), 7).as_posix()
    'v1/neuron0007.h5'
    """
    return root / f"neuron{neuron:04d}.h5"


def neuron_files(root: Path) -> Sequence[Path]:
    """Files of all neurons in ascending order.

    Examples
    --------
    >>> neuron_files(Path("nowhere"))
    []
    """
    return sorted(root.glob("neuron[0-9][0-9][0-9][0-9].h5"))
