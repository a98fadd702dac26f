"""What every figure script does beside its own figure: options, data, saving, showing, printing."""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from core.contract.checks import check_folder, origins
from core.contract.provenance import TWINS_KIND, Origin, simulated_kind
from core.contract.source_data import SourceData
from core.errors import FullDiskError, MissingFileError, ReproductionError, run
from core.figures import FIGURES, Figure
from core.files import writable_folder
from core.plotting.looks import LOOKS, READABLE, Look
from core.plotting.style import apply_style
from core.progress import answer
from figure_reproduction.options import DEFAULT_SEED, add_options
from figure_reproduction.other_settings import say_settings
from figure_reproduction.panels import TWINS_NOTICE, Reproduction, has_display, save
from figure_reproduction.report.inputs import about, source_files
from figure_reproduction.results import FigureResult, Statistics
from figure_reproduction.sources import choose, explanation

logger = logging.getLogger(__name__)

Reproduce = Callable[..., Reproduction]
"""Draws all panels from source data, a random generator and a `look`."""


def draw_figure(
    figure: str,
    reproduce: Reproduce,
    source: SourceData,
    out: Path,
    seed: int = DEFAULT_SEED,
    show: bool = False,
    letters: Collection[str] = (),
    look: Look = READABLE,
) -> FigureResult:
    """Draw one figure, save its panels and check its data.

    Parameters
    ----------
    figure
        Word that ``--figure`` takes.
    reproduce
        Draws all panels from a folder, with random numbers for jitter and bootstrap.
    source
        Folder of source data.
    out
        Folder of the pictures.
    seed
        Seed of jitter and bootstrap.
    show
        Open windows, where there is a display.
    letters
        Of the panels to be saved; all by default.
    look
        What the panels look like.

    Returns
    -------
    FigureResult
        With `problem` set where the data are missing or not as the contract describes.

    Raises
    ------
    SettingError
        If `out` cannot be written.
    FullDiskError
        If there is no room for the pictures.
    """
    published = FIGURES[figure]
    start = time.perf_counter()
    origin = Origin.UNKNOWN
    is_twins = simulated_kind(source.root).get("kind") == TWINS_KIND
    marked = "twins" if is_twins else "simulated"
    writable_folder(out / marked if source.holds_simulated(published.folder) else out)
    try:
        # a broken record is found before anything is drawn
        origin, settings = source.origin(published.folder), source.settings(published.folder)
        notice = simulated_kind(source.root).get("notice", TWINS_NOTICE)
        with apply_style():
            reproduction = reproduce(source, np.random.default_rng(seed), look=look)
            panels = tuple(
                save(say_settings(panel, settings), published, out, origin, notice)
                for panel in reproduction.panels
                if not letters or panel.letter in letters
            )
            if show and has_display():
                plt.show()
        checks = (*origins(source, published.folder), *check_folder(source, published.folder))
        files = source_files(source, published.folder, reproduction.computed_files)
        known = about(source, origin)
    except FullDiskError:
        raise  # nothing else could be written, either
    except ReproductionError as error:
        return FigureResult(figure, source.root, origin, problem=str(error))
    except Exception as error:
        # the other figures and the report must not be lost with this one
        logger.exception("Figure %s", figure)
        words = f"{source.root}: drawing failed unexpectedly with {type(error).__name__}: {error}"
        return FigureResult(figure, source.root, origin, problem=words)
    finally:
        plt.close("all")
    return FigureResult(
        figure=figure,
        source=source.root,
        origin=reproduction.origin or origin,
        panels=panels,
        statistics={name: float(value) for name, value in reproduction.statistics.items()},
        regenerated=reproduction.regenerated,
        computed_files=reproduction.computed_files,
        unavailable={published.panel(p): why for p, why in reproduction.unavailable.items()},
        checks=checks,
        files=files,
        about=known,
        settings=settings.words(),
        seconds=time.perf_counter() - start,
    )


def run_script(figure: Figure, reproduce: Reproduce) -> None:
    """Draw a figure whose script runs alone; ends the process with its exit code.

    Parameters
    ----------
    figure
        The script's.
    reproduce
        Draws all panels from a folder, with random numbers for jitter and bootstrap.
    """
    sys.exit(run(lambda: _main(figure, reproduce)))


def _main(figure: Figure, reproduce: Reproduce) -> int:
    parser = argparse.ArgumentParser(description=f"Draw the panels of {figure.title}.")
    parser.add_argument(
        "--panel",
        action="append",
        choices=figure.panels,
        default=[],
        help="save this panel alone; may be given more than once (default: all)",
    )
    add_options(parser)
    options = parser.parse_args()
    (choice,) = choose([figure.word], options.data, options.source_data)
    if choice.source is None:
        raise MissingFileError(
            path=figure.title, expected="its source data", found=f"that {choice.reason}"
        )
    if words := explanation([choice]):
        answer(words)
    result = draw_figure(
        figure.word,
        reproduce,
        choice.source,
        options.out,
        options.seed,
        show=True,
        letters=options.panel,
        look=LOOKS[options.style],
    )
    if result.problem:
        raise ReproductionError(result.problem)
    print_result(result)
    return 0


def print_result(result: FigureResult) -> None:
    """Print a figure's numbers, failed checks, what is not drawn, and files."""
    _print_table(result.statistics)
    regenerated = {f"{name} (regenerated)": n.value for name, n in result.regenerated.items()}
    _print_table(regenerated)
    for failed in (item for item in result.checks if not item.passed):
        answer(f"CHECK FAILED: {failed.name}: {failed.found}")
    for line in result.not_drawn:
        answer(line)
    for panel in result.panels:
        answer(f"{panel.png}\n{panel.pdf}")


def _print_table(statistics: Statistics) -> None:
    if statistics:
        answer(pd.Series(statistics).to_string(float_format="{:.6g}".format))
