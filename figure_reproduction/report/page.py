"""``report.html``, one self-contained page, and the same numbers for machines as CSV files."""

import base64
import csv
import os
from pathlib import Path
from urllib.parse import quote

from core.figures import FIGURES
from core.files import replacing, write_text
from core.project import SOURCES
from figure_reproduction.claims.listed import left_out
from figure_reproduction.comparison import COLUMNS, SIMULATED, TWINS, csv_row
from figure_reproduction.report import further
from figure_reproduction.report.differences import KINDS, unlike_the_paper
from figure_reproduction.report.errata import contradictions
from figure_reproduction.report.panels import (
    FigureReport,
    figure_report,
    verdict_class,
)
from figure_reproduction.report.provenance import (
    RunData,
    portable,
    run_data,
    shown_path,
)
from figure_reproduction.report.saved import save_run
from figure_reproduction.report.tables import key_table, number_table, place_table
from figure_reproduction.report.verdicts import by_construction, is_published, short_answer
from figure_reproduction.results import FigureResult, SavedPanel

FOLDER = Path(__file__).parent

DOTS_PER_INCH, CSS_DOTS = 150, 96
"""Of the pictures, and of a page."""

NOT_REDRAWN = (
    ("Figures 1, 2A, 2C, 3A-F, 6A-B", "schemes, photographs and evolved images; the published "
     "source data hold no numbers for them"),
    ("Extended Data Figures 2 and 3", "image galleries and examples without source data"),
)  # fmt: skip
"""Published panels that are not drawn, and why."""


def write_report(results: list[FigureResult], out: Path, seed: int, seconds: float) -> Path:
    """Write ``report.html``, ``report.csv``, ``claims.csv`` and ``report.json``; returns the page.

    Parameters
    ----------
    results
        Figures in order.
    out
        Folder of the pictures.
    seed
        Seed of the figures.
    seconds
        Time of the whole run up to now.
    """
    run = run_data(results, seconds)
    save_run(results, run, seed, out)
    return write_page(results, run, seed, out)


def write_page(results: list[FigureResult], run: RunData, seed: int, out: Path) -> Path:
    """Write page and tables from what a run found.

    Parameters
    ----------
    results
        Figures in order.
    run
        What is known of the run.
    seed
        Seed of the figures.
    out
        Folder of the pictures.
    """
    figures = [figure_report(result) for result in results]
    places = further.places(results)
    write_text(out / "report.html", page_text(figures, places, run, seed, out))
    rows = []
    for panel in (panel for figure in figures for panel in figure.panels):
        rows += [csv_row(c) for c in panel.numbers]
        rows += [csv_row(c, f"{c.published.panel} (regenerated)") for c in panel.regenerated]
    _write_table(out / "report.csv", COLUMNS, rows)
    claims = [further.claim_row(compared) for place in places for compared in place.numbers]
    _write_table(out / "claims.csv", further.COLUMNS, claims)
    return out / "report.html"


def _write_table(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def page_text(
    figures: list[FigureReport],
    places: tuple[further.Place, ...],
    run: RunData,
    seed: int,
    out: Path,
) -> str:
    """Text of the page.

    Parameters
    ----------
    figures
        In order.
    places
        Numbers that the authors printed elsewhere than on a panel.
    run
        What is known of the run.
    seed
        Seed of the figures.
    out
        Folder that the page will lie in; pictures are linked from it.
    """
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(FOLDER),
        finalize=lambda value: value if isinstance(value, Markup) else _portable(value),
    )
    numbers = [compared for figure in figures for compared in figure.numbers]
    simulated = [f for f in figures if f.simulated_panels]
    return environment.get_template("template.html").render(
        figures=figures,
        real=[f for f in figures if f.real_panels or f.result.problem],
        simulated=simulated,
        mark=next((f.result.mark for f in simulated), ""),
        answer=short_answer([(f.result, f.numbers) for f in figures]),
        unlike=unlike_the_paper(numbers),
        kinds=KINDS,
        contradictions=contradictions(),
        places=places,
        left_out=left_out(),
        abouts={f.result.about.words: f.result.about for f in figures}.values(),
        n_others=sum(not is_published(c.published) for c in numbers),
        n_constructed=sum(by_construction(c) for c in numbers),
        SIMULATED=SIMULATED,
        TWINS=TWINS,
        not_redrawn=NOT_REDRAWN,
        run=run,
        seed=seed,
        key_table=lambda panel: Markup(key_table(panel)),
        place_table=lambda place: Markup(place_table(place)),
        number_table=lambda *words: Markup(number_table(*words)),
        picture=lambda saved: Markup(picture(saved)),
        script=lambda figure: script_link(figure, out),
        link=lambda path: link(path, out),
        shown_path=shown_path,
        verdict_class=verdict_class,
        style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        program=Markup((FOLDER / "page.js").read_text(encoding="utf-8")),
    )


def picture(panel: SavedPanel) -> str:
    """The source of a picture with its size; the file's bytes are in the page.

    Parameters
    ----------
    panel
        A picture on disk.
    """
    width, height = (round(n * CSS_DOTS / DOTS_PER_INCH) for n in panel.size)
    data = base64.b64encode(panel.shown.read_bytes()).decode("ascii")
    return f'src="data:image/png;base64,{data}" width="{width}" height="{height}"'


def script_link(figure: FigureReport, out: Path) -> str:
    """Link from a page to the script of a figure; empty for a page outside the project.

    Parameters
    ----------
    figure
        The figure.
    out
        Folder of the page.
    """
    if not out.resolve().is_relative_to(SOURCES):
        return ""
    script = SOURCES / f"{FIGURES[figure.result.figure].script.replace('.', '/')}.py"
    return link(script, out.resolve())


def link(path: Path, out: Path) -> str:
    """Link from a page to a file, relative to the page.

    Parameters
    ----------
    path
        The file.
    out
        Folder of the page.

    Examples
    --------
    >>> link(Path("figures/simulated/a.png"), Path("figures"))
    'simulated/a.png'
    """
    return quote(Path(os.path.relpath(path, out)).as_posix())


def _portable(value: object) -> object:
    return portable(value) if isinstance(value, str) and "/" in value else value
