"""``python -m neuro_data_analysis.export``: recordings under ``MATROOT`` in, source data out."""

import argparse
import json
import sys
from pathlib import Path

from core.errors import SettingError, run
from core.project import SOURCE_DATA


def parser() -> argparse.ArgumentParser:
    """Command line of the exporters."""
    parser = argparse.ArgumentParser(
        prog="reproduce export",
        description="Rebuild the source data of Figures 2, 4, 5 and Extended Data Figure 4 from "
        "recordings.",
    )
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings (default: the environment variable MATROOT)",
    )
    parser.add_argument(
        "--out",
        type=Path,
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
    """Export everything; returns the exit code."""
    options = parser().parse_args(argv)
    from neuro_data_analysis.export.run import export_all
    from neuro_data_analysis.recordings import evolution_file, matroot, open_recordings

    path = evolution_file(matroot(options.matroot))
    with open_recordings(path, read_overrides(options.overrides)) as recordings:
        paths = export_all(
            recordings,
            options.out,
            example_expi=options.example,
            force=options.force,
            details={"recordings": str(path), "bytes": path.stat().st_size},
        )
    print(f"{len(paths)} files written to {options.out}")
    return 0


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
        return {int(expi): dict(values) for expi, values in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingError(
            f"{path}: expected JSON of corrections by experiment number, found {error}."
        ) from None


if __name__ == "__main__":
    sys.exit(run(main))
