"""``python -m source_data_export``: the notebooks run, recordings in, source data out."""

import argparse
import sys
import time
from dataclasses import replace

from core.arguments import CommandParser, folder
from core.errors import run
from core.figures import RECORDED, chosen_figures
from core.optional import import_package
from neuro_data_analysis.export.options import Settings, add_export_options
from source_data_export.notebooks import EXECUTED, FOLDER


def parser() -> argparse.ArgumentParser:
    """Command line of ``./reproduce export``."""
    parser = CommandParser(
        "reproduce export --figure 4 --matroot simulated_data/matroot",
        "reproduce export --matroot simulated_data/matroot --evoked 60-180 --area V4 --out v4",
        prog="reproduce export",
        description="Rebuild source data from the recordings under MATROOT: run the export "
        "notebooks, each in a fresh kernel, and keep executed copies in "
        "source_data_export/executed/. What a notebook cannot make because its inputs are absent "
        "is said, and the rest is made.",
    )
    parser.add_argument(
        "--figure",
        action="append",
        metavar="NAME",
        help=f"one of {', '.join(RECORDED)}; may be given more than once (default: all)",
    )
    add_export_options(parser)
    parser.add_argument(
        "--executed",
        type=folder,
        default=EXECUTED,
        metavar="FOLDER",
        help="folder of the executed copies (default: source_data_export/executed/)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the notebooks; 0 if all ran to their end, else 1."""
    options = parser().parse_args(argv)
    figures = chosen_figures(options.figure, RECORDED)
    settings = Settings.of(options, figures=tuple(figures))
    import_package("nbclient", "the export notebooks")

    from core.files import writable_folder
    from neuro_data_analysis.evolutions.experiment_list import used_line
    from neuro_data_analysis.export.opening import opened
    from neuro_data_analysis.recordings.dataset import matroot
    from source_data_export.execution import execute

    root = matroot(options.matroot).resolve()
    folders = tuple(RECORDED[figure].folder for figure in figures)
    with opened(settings, folders, root) as (recordings, _, output):
        output.refuse()
        used = used_line(recordings)
        used = "\n".join(filter(None, (used, settings.analysis.line)))
        # those that were found bad are named, so that no notebook looks for them again
        settings = replace(settings, skip_bad=False, analysis=output.settings)
    writable_folder(options.executed)
    kind = "simulated recordings" if output.simulated else "recordings"
    print(f"Source data from {kind} in {root} to {output.root}\n{used}", flush=True)
    environment = {"MATROOT": str(root)} | settings.to_environment()
    failed = []
    for count, figure in enumerate(figures, start=1):
        name = RECORDED[figure].notebook
        print(f"[{count}/{len(figures)}] {name}", flush=True)
        start = time.perf_counter()
        execution = execute(FOLDER / name, options.executed / name, environment)
        for sentence in execution.unavailable:
            print(f"  not available: {sentence}")
        if execution.problem:
            print(f"error: {name}, {execution.problem}", file=sys.stderr, flush=True)
        else:
            seconds = time.perf_counter() - start
            print(f"  {execution.n_files} files, {seconds:.0f} s", flush=True)
        failed += [figure] * bool(execution.problem)
    if len(failed) < len(figures):
        without = f", without figure {', '.join(failed)}" if failed else ""
        print(f"Source data: {output.root}{without}")
    print(f"Executed notebooks: {options.executed}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(run(main))
