"""``python -m neuro_data_analysis.export``: recordings under ``MATROOT`` in, source data out."""

import argparse
import json
import sys
from pathlib import Path

from core.arguments import folder, positive
from core.errors import RecordingError, SettingError, run
from core.project import SOURCE_DATA

FOLDERS = {
    "formatted": "one file per recording",
    "records": "record tables",
    "prototypes": "prototype images and similarities",
    "linearity": "regressions of network units on codes",
}
"""Options that name a folder of what lies beside the data set."""


def parser() -> argparse.ArgumentParser:
    """Command line of the exporters."""
    parser = argparse.ArgumentParser(
        prog="reproduce export",
        description="Rebuild source data from recordings: Figures 2, 4, 5 and Extended Data "
        "Figure 4 from the paired evolutions; Figures 3 and 6 and Extended Data Figure 5 as far as "
        "what they need lies there too.",
    )
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings (default: the environment variable MATROOT)",
    )
    parser.add_argument(
        "--out",
        type=folder,
        default=SOURCE_DATA,
        metavar="FOLDER",
        help="folder to write (default: source_data/ of the project)",
    )
    parser.add_argument(
        "--example",
        type=int,
        default=155,
        metavar="EXPI",
        help="experiment of Figure 2 (default: 155)",
    )
    for name, content in FOLDERS.items():
        parser.add_argument(
            f"--{name}",
            type=folder,
            metavar="FOLDER",
            help=f"folder of {content} (default: in the folder of the recordings)",
        )
    parser.add_argument(
        "--jobs", type=positive, default=2, help="processes that fit tuning curves (default: 2)"
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
    return parser


def main(argv: list[str] | None = None) -> int:
    """Export everything; returns the exit code, 2 if something that is there is broken."""
    options = parser().parse_args(argv)
    for name in FOLDERS:
        chosen = getattr(options, name)
        if chosen is not None and not chosen.is_dir():
            raise SettingError(f"--{name}: expected a folder, found none at {chosen}.")
    from neuro_data_analysis.export.run import export_all
    from neuro_data_analysis.layout import Folders
    from neuro_data_analysis.recordings import evolution_file, matroot, open_recordings

    path = evolution_file(matroot(options.matroot))
    overrides = read_overrides(options.overrides)
    with open_recordings(path, overrides) as recordings:
        unknown = sorted(set(overrides) - set(recordings.usable()))
        if unknown:
            raise SettingError(
                f"{options.overrides}: expected usable experiments, found {unknown}."
            )
        folders = Folders.below(
            path.parent,
            formatted=options.formatted,
            records=options.records,
            prototypes=options.prototypes,
            linearity=options.linearity,
        )
        export = export_all(
            recordings,
            options.out,
            folders,
            example_expi=options.example,
            n_jobs=options.jobs,
            force=options.force,
            details={"recordings": str(path), "bytes": path.stat().st_size},
        )
    for sentence in export.unavailable:
        print(f"not available: {sentence}")
    print(f"{len(export.paths)} files written to {options.out}")
    for sentence in export.refused:
        print(f"error: {sentence}", file=sys.stderr)
    return RecordingError.exit_code if export.refused else 0


def read_overrides(path: Path | None) -> dict[int, dict]:
    """Corrections by experiment number from a JSON file.

    Raises
    ------
    SettingError
        If the file is not JSON of that form.
    """
    if path is None:
        return {}
    try:
        overrides = {int(e): dict(values) for e, values in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingError(
            f"{path}: expected JSON of corrections by experiment number, found {error}."
        ) from None
    for expi, values in overrides.items():
        names = values.get("optim_names", ["", ""])
        if (
            set(values) - {"optim_names", "stimuli"}
            or not isinstance(values.get("stimuli", ""), str)
            or not (isinstance(names, list) and [type(name) for name in names] == [str, str])
        ):
            raise SettingError(
                f"{path}: expected optim_names (two texts) and stimuli (a text) for experiment "
                f"{expi}, found {values}."
            )
    return overrides


if __name__ == "__main__":
    sys.exit(run(main))
