"""The report: what was drawn from what, and how each published number came out.

``report.html`` is one self-contained page, ``report.csv`` the same table for machines.
"""

import base64
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.contract.manifest import FIGURE_FILES
from core.contract.manifest import FIGURES as FOLDERS
from core.contract.provenance import simulation_record
from core.contract.source_data import SourceData
from core.files import replacing, sha256, write_text
from core.versions import versions
from figure_reproduction.comparison import COLUMNS, SIMULATED, Compared, compare, csv_row
from figure_reproduction.panels import FigureResult, SavedPanel

TEMPLATE = Path(__file__).with_name("report_template.html")

NOT_REDRAWN = (
    ("Figures 1, 2A, 2C, 3A-F, 6A-B", "schemes, photographs and evolved images; the published "
     "source data hold no numbers for them"),
    ("Extended Data Figure 1", "statistics of the generators, not built yet in this version"),
    ("Extended Data Figures 2 and 3", "image galleries and examples without source data"),
    ("Figures 3G and 6C-E, Extended Data Figure 5C-E", "their source data are described and "
     "checked, and their scripts are not built yet in this version"),
)  # fmt: skip
"""Published panels that are not drawn, and why."""


@dataclass(frozen=True)
class SourceFile:
    """One input file with its hash, and what provenance says of it."""

    path: str
    sha256: str
    origin: str


@dataclass(frozen=True)
class PanelReport:
    """The pictures of one published panel and the numbers that it states."""

    panel: str
    pictures: tuple[tuple[SavedPanel, str], ...]
    numbers: tuple[Compared, ...]


@dataclass(frozen=True)
class FigureReport:
    """One figure's section."""

    title: str
    result: FigureResult
    panels: tuple[PanelReport, ...]
    verdicts: dict[str, int]
    files: tuple[SourceFile, ...]


def write_report(results: list[FigureResult], out: Path, seed: int, seconds: float) -> Path:
    """Write ``report.html`` and ``report.csv`` into `out`; returns the page's path.

    Parameters
    ----------
    results
        Figures in order.
    seed
        Seed of the figures.
    seconds
        Time of the whole run up to now.
    """
    from jinja2 import Environment

    figures = [figure_report(result) for result in results]
    roots = {result.source: result.simulated for result in results if result.source}
    page = (
        Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .from_string(TEMPLATE.read_text(encoding="utf-8"))
        .render(
            figures=figures,
            simulated=any(result.simulated for result in results),
            simulations=[simulation_words(root) for root, marked in roots.items() if marked],
            SIMULATED=SIMULATED,
            not_redrawn=NOT_REDRAWN,
            versions=versions(),
            seed=seed,
            seconds=seconds,
            number=format_number,
        )
    )
    write_text(out / "report.html", page)
    with (
        replacing(out / "report.csv") as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(csv_row(c) for f in figures for p in f.panels for c in p.numbers)
    return out / "report.html"


def figure_report(result: FigureResult) -> FigureReport:
    """Everything that the page says about one figure."""
    numbers = compare(result)
    prefix = result.figure.replace("ext", "Ext. ")
    letters = dict.fromkeys(
        [panel.panel for panel in result.panels]
        + [f"{prefix}{compared.published.panel.split(' ')[0]}" for compared in numbers]
    )
    panels = tuple(
        PanelReport(
            panel=letter,
            pictures=tuple((p, _data_uri(p.png)) for p in result.panels if p.panel == letter),
            numbers=tuple(
                c for c in numbers if f"{prefix}{c.published.panel.split(' ')[0]}" == letter
            ),
        )
        for letter in letters
    )
    return FigureReport(
        title=title_of(result.figure),
        result=result,
        panels=panels,
        verdicts=dict(Counter(compared.verdict for compared in numbers)),
        files=source_files(result),
    )


def title_of(figure: str) -> str:
    """Name of a figure in words.

    Examples
    --------
    >>> title_of("4"), title_of("ext4")
    ('Figure 4', 'Extended Data Figure 4')
    """
    kind = "Extended Data Figure" if figure.startswith("ext") else "Figure"
    return f"{kind} {figure.removeprefix('ext')}"


def source_files(result: FigureResult) -> tuple[SourceFile, ...]:
    """Input files of a figure with their hashes; a file changed since it was recorded says so."""
    if result.source is None or result.problem:
        return ()
    source = SourceData(result.source)
    records = source.provenance
    files = []
    for file in FIGURE_FILES[FOLDERS[result.figure]]:
        path = source.path(file)
        if not path.is_file():
            continue
        digest, known = sha256(path), records.get(file.path)
        if known is None:
            origin = "no record of its origin"
        elif known.sha256 != digest:
            origin = f"CHANGED since its {known.source} on {known.date}"
        else:
            origin = f"{known.source} on {known.date}"
        files.append(SourceFile(file.path, digest, origin))
    return tuple(files)


def simulation_words(root: Path) -> str:
    """What ``SIMULATED.json`` says of version, seed and file."""
    record = simulation_record(root) or {}
    if not isinstance(record.get("files"), dict):
        return f"{root}: simulated; its SIMULATED.json says no more."
    hashes = ", ".join(f"{name} has SHA-256 {digest}" for name, digest in record["files"].items())
    return (
        f"Simulator version {record.get('simulator_version')}, seed {record.get('seed')}, "
        f"{record.get('n_experiments')} experiments, made {record.get('created')}; {hashes}."
    )


def format_number(value: float | None) -> str:
    """Short form of a number for the page; a dash for none."""
    return "–" if value is None else f"{value:.6g}"


def _data_uri(png: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode("ascii")
