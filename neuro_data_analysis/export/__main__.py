"""``python -m neuro_data_analysis.export``: all source data in one pass, without the notebooks."""

import argparse
import sys

from core.arguments import CommandParser
from core.errors import RecordingError, run
from core.progress import answer
from neuro_data_analysis.export.options import Settings, add_export_options


def parser() -> argparse.ArgumentParser:
    """Command line of the exporters."""
    parser = CommandParser(
        "python -m neuro_data_analysis.export --matroot simulated_data/matroot --skip-bad",
        "python -m neuro_data_analysis.export --evoked 60-180 --area V4 --out v4_60_180",
        prog="python -m neuro_data_analysis.export",
        description="Rebuild source data from recordings: Figures 2, 4, 5 and Extended Data "
        "Figure 4 from the paired evolutions; Figures 3 and 6 and Extended Data Figure 5 as far as "
        "what they need lies there too. `reproduce export` runs the notebooks, which do the same "
        "figure by figure.",
    )
    add_export_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Export everything; returns the exit code, 2 if something that is there is broken."""
    options = parser().parse_args(argv)
    settings = Settings.of(options)
    from neuro_data_analysis.evolutions.experiment_list import used_line
    from neuro_data_analysis.export.inputs import Inputs
    from neuro_data_analysis.export.opening import opened
    from neuro_data_analysis.export.run import FOLDERS, export_to

    with opened(settings, FOLDERS, options.matroot) as (recordings, folders, output):
        answer(used_line(recordings))
        if settings.analysis.line:
            answer(settings.analysis.line)
        inputs = Inputs(
            recordings, folders, settings.example, settings.jobs, settings=settings.analysis
        )
        export = export_to(output, inputs)
    for error in export.unavailable:
        answer(f"not available: {error}")
    answer(f"{len(export.paths)} files written to {output.root}")
    for error in export.refused:
        print(f"error: {error}", file=sys.stderr)
    return RecordingError.exit_code if export.refused else 0


if __name__ == "__main__":
    sys.exit(run(main))
