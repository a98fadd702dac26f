"""Options of every way of exporting; standard library only, so that help is instant."""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from core.arguments import count, folder
from core.errors import SettingError

VARIABLE = "EXPORT_SETTINGS"
"""Environment variable that carries settings to the notebooks."""

FOLDERS = {
    "formatted": "one file per recording",
    "records": "record tables",
    "prototypes": "prototype images and similarities",
    "linearity": "regressions of network units on codes",
}
"""Options that name a folder of what lies beside the data set."""

PATHS = ("out", "overrides", *FOLDERS)


@dataclass(frozen=True)
class Settings:
    """How to export; the folder of the recordings is ``MATROOT``.

    Attributes
    ----------
    out
        Folder to write; None for ``source_data/`` of the project, or ``simulated_source_data/``
        where the recordings are simulated.
    example
        Experiment of Figure 2; None for the paper's, in a simulation for the first that shows what
        the figure is about.
    formatted, records, prototypes, linearity
        Folders of what lies beside the data set; None for the usual ones below ``MATROOT``.
    jobs
        Processes that fit tuning curves.
    overrides
        JSON file of corrections by experiment.
    force
        Replace files that did not come from an export.
    figures
        Words of the figures that are written in this run.
    exclude
        Experiments that are left out.
    skip_bad
        Leave out experiments that cannot be used, too.
    """

    out: Path | None = None
    example: int | None = None
    formatted: Path | None = None
    records: Path | None = None
    prototypes: Path | None = None
    linearity: Path | None = None
    jobs: int = 2
    overrides: Path | None = None
    force: bool = False
    figures: tuple[str, ...] = ()
    exclude: tuple[int, ...] = ()
    skip_bad: bool = False

    def __post_init__(self):
        for name in FOLDERS:
            chosen = getattr(self, name)
            if chosen is not None and not chosen.is_dir():
                raise SettingError(path=f"--{name}", expected="a folder", found=f"none at {chosen}")

    @classmethod
    def of(cls, options: argparse.Namespace, **others: object) -> "Settings":
        """Settings of a command line that `add_export_options` made.

        Parameters
        ----------
        options
            Options that were parsed.
        others
            Fields that no option gives.
        """
        names = {field.name for field in fields(cls)} & set(vars(options))
        chosen = {name: getattr(options, name) for name in names} | others
        return cls(**chosen | {"exclude": tuple(chosen.get("exclude", ()))})

    def to_environment(self) -> dict[str, str]:
        """The environment variable that `from_environment` reads."""
        values = asdict(self)
        for name in PATHS:
            if values[name] is not None:
                values[name] = str(values[name].resolve())
        return {VARIABLE: json.dumps(values)}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings of the command that started this process; defaults where none did.

        Examples
        --------
        >>> Settings.from_environment(Settings(example=6, jobs=3).to_environment()).jobs
        3
        """
        values = json.loads(environment.get(VARIABLE, "{}"))
        paths = {name: Path(values[name]) for name in PATHS if values.get(name) is not None}
        several = {name: tuple(values.get(name, ())) for name in ("figures", "exclude")}
        return cls(**values | paths | several)


def add_matroot(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the recordings."""
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings (default: the environment variable MATROOT)",
    )


def add_choice_of_experiments(parser: argparse.ArgumentParser) -> None:
    """Add what leaves experiments out."""
    parser.add_argument(
        "--exclude",
        type=int,
        nargs="+",
        default=(),
        metavar="EXPI",
        help="experiments to leave out, by their 1-based number (default: none)",
    )
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="leave out experiments that cannot be used, and say which and why, in place of "
        "stopping; every trial is read once more for it",
    )


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Add folders, corrections and what else `Settings` holds."""
    add_matroot(parser)
    parser.add_argument(
        "--out",
        type=folder,
        metavar="FOLDER",
        help="folder to write (default: source_data/ of the project, simulated_source_data/ where "
        "the recordings are simulated)",
    )
    parser.add_argument(
        "--example",
        type=int,
        metavar="EXPI",
        help="experiment of Figure 2 (default: the paper's, 155; in a simulation the first "
        "valid one in IT whose threads both succeed)",
    )
    add_choice_of_experiments(parser)
    for name, content in FOLDERS.items():
        parser.add_argument(
            f"--{name}",
            type=folder,
            metavar="FOLDER",
            help=f"folder of {content} (default: in the folder of the recordings)",
        )
    parser.add_argument(
        "--jobs",
        type=count,
        default=Settings.jobs,
        help="processes that fit tuning curves (default: 2)",
    )
    parser.add_argument(
        "--overrides",
        type=Path,
        metavar="JSON",
        help='corrections by experiment, say {"5": {"optim_names": ["CMAES", "CMAES"]}}',
    )
    parser.add_argument(
        "--force", action="store_true", help="replace files that did not come from an export"
    )
