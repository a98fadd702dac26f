"""Options of every way of exporting; standard library only, so that help is instant."""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from core.arguments import count, folder
from core.errors import SettingError
from core.statistics.analysis import (
    AREAS,
    BASELINE,
    EVOKED,
    NAMES,
    PUBLISHED,
    AnalysisSettings,
    in_ms,
    read_settings,
    window_from,
)

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
    skip_bad
        Leave out experiments that cannot be used.
    analysis
        Windows, thresholds, areas and exclusions.
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
    skip_bad: bool = False
    analysis: AnalysisSettings = PUBLISHED

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
        return cls(analysis=analysis_settings(options), **chosen)

    def to_environment(self) -> dict[str, str]:
        """The environment variable that `from_environment` reads."""
        values = asdict(self)
        for name in PATHS:
            if values[name] is not None:
                values[name] = str(values[name].resolve())
        values["analysis"] = self.analysis.changes()
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
        figures = {"figures": tuple(values.get("figures", ()))}
        analysis = {"analysis": AnalysisSettings.of(values.get("analysis", {}))}
        return cls(**values | paths | figures | analysis)


def analysis_settings(options: argparse.Namespace) -> AnalysisSettings:
    """Settings of the analysis: those of the file, and over them those of the command line.

    Raises
    ------
    SettingError
        If one cannot be used.
    """
    given = vars(options)
    file = given.get("settings")
    chosen = {} if file is None else read_settings(file)
    for name in ("evoked", "baseline"):
        if given.get(name) is not None:
            chosen[name] = window_from(given[name], f"--{name}")
    chosen |= {name: given[name] for name in ("areas", "exclude") if given.get(name)}
    return AnalysisSettings.of(chosen, "" if file is None else str(file))


def add_matroot(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the recordings."""
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings (default: the environment variable MATROOT)",
    )


def add_windows(parser: argparse.ArgumentParser) -> None:
    """Add the windows, and the file of all settings of the analysis."""
    for name, window in {"evoked": EVOKED, "baseline": BASELINE}.items():
        parser.add_argument(
            f"--{name}",
            metavar="MS",
            help=f"window of the {name} rate, start and stop in ms from image onset, as in 60-180 "
            f"(default: {in_ms(window)})",
        )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help=f"TOML file with any of {', '.join(NAMES)}; options go before it "
        "(default: none, the published settings)",
    )


def add_choice_of_experiments(parser: argparse.ArgumentParser) -> None:
    """Add what leaves experiments out."""
    parser.add_argument(
        "--area",
        dest="areas",
        action="append",
        choices=AREAS,
        help="use the experiments of this visual area alone; may be given more than once (default: "
        "all)",
    )
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
    add_windows(parser)
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
