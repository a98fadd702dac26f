"""``python -m figure_reproduction``: all figures, or some, then the report."""

import argparse
import sys
import time

from core.arguments import CommandParser, count
from core.environment import ONE_THREAD, environment
from core.errors import run
from core.figures import FIGURES, chosen_figures
from figure_reproduction.drawing import draw_all
from figure_reproduction.options import FROM_TWINS, add_options


def parser() -> argparse.ArgumentParser:
    """Command line of ``./reproduce figures``."""
    parser = CommandParser(
        "reproduce figures --figure 4 --data simulated",
        prog="reproduce figures",
        description="Draw the published figures and write the report.",
    )
    parser.add_argument(
        "--figure",
        action="append",
        metavar="NAME",
        help=f"one of {', '.join(FIGURES)}; may be given more than once (default: all)",
    )
    parser.add_argument("--jobs", type=count, default=2, help="processes (default: 2)")
    add_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Draw and report; 0 if every figure was drawn, else 2."""
    options = parser().parse_args(argv)
    from_twins = options.data == "twins" and not options.figure
    figures = chosen_figures(list(FROM_TWINS) if from_twins else options.figure)
    # A single figure is drawn in this process, whose linear algebra is that of the others' own.
    with environment(ONE_THREAD if len(figures) == 1 else {}):
        return _draw(figures, options)


def _draw(figures: list[str], options: argparse.Namespace) -> int:
    plural = "s" if len(figures) > 1 else ""
    print(f"Looking for the data of Figure{plural} {', '.join(figures)}", flush=True)
    start = time.perf_counter()

    from core.files import alone_in
    from core.progress import say
    from figure_reproduction.report import write_report
    from figure_reproduction.sources import choose, explanation

    with alone_in(options.out, say):
        choices = choose(figures, options.data, options.source_data)
        if block := explanation(choices):
            print(block, flush=True)
        results = draw_all(choices, options.out, options.seed, options.jobs, options.style)
        report = write_report(results, options.out, options.seed, time.perf_counter() - start)
    for result in results:
        for failed in (item for item in result.checks if not item.passed):
            print(f"Figure {result.figure}: check failed: {failed.name}: {failed.found}")
        for line in result.not_drawn:
            print(line, file=sys.stderr)
        if result.problem:
            print(f"Figure {result.figure} not drawn: {result.problem}", file=sys.stderr)
    if options.data in ("local", "osf") and any(result.source is None for result in results):
        print(f"--data {options.data} never falls back; without it, simulated data stand in.")
    print(f"Report: {report}")
    return 2 if any(result.problem for result in results) else 0


if __name__ == "__main__":
    sys.exit(run(main))
