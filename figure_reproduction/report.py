"""The report: what was drawn from what, and how each published number came out.

``report.html`` is one self-contained page, ``report.csv`` the same table for machines.
"""

import base64
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.contract.provenance import Origin, simulation_record
from core.contract.source_data import SourceData
from core.explorer.store import read_record
from core.figures import FIGURES
from core.files import replacing, sha256, write_text
from core.threads import THREADS
from core.versions import versions
from figure_reproduction.comparison import (
    AGREES,
    COLUMNS,
    DIFFERS,
    SIMULATED,
    Compared,
    compare,
    compare_regenerated,
    csv_row,
)
from figure_reproduction.panels import FigureResult, SavedPanel

TEMPLATE = Path(__file__).with_name("report_template.html")

NOT_REDRAWN = (
    ("Figures 1, 2A, 2C, 3A-F, 6A-B", "schemes, photographs and evolved images; the published "
     "source data hold no numbers for them"),
    ("Extended Data Figures 2 and 3", "image galleries and examples without source data"),
)  # fmt: skip
"""Published panels that are not drawn, and why."""

ORIGIN_UNKNOWN = (
    "Origin unknown: of some of these files provenance.json holds no record, or another checksum, "
    "or only that they were imported. `./reproduce download` compares them with OSF's."
)


@dataclass(frozen=True)
class SourceFile:
    """One input file with its hash, and what provenance says of it."""

    path: str
    sha256: str
    origin: str


@dataclass(frozen=True)
class PanelReport:
    """The pictures of one published panel and the numbers that it states.

    `regenerated` are numbers of computed tables beside those of the figure's folder; `unavailable`
    says why the panel, or a picture of it, is not drawn.
    """

    panel: str
    pictures: tuple[tuple[SavedPanel, str], ...]
    numbers: tuple[Compared, ...]
    regenerated: tuple[Compared, ...]
    unavailable: str
    simulated: bool


@dataclass(frozen=True)
class FigureReport:
    """One figure's section."""

    title: str
    result: FigureResult
    panels: tuple[PanelReport, ...]
    verdicts: dict[str, int]
    files: tuple[SourceFile, ...]

    @property
    def simulated(self) -> bool:
        """Whether any panel is."""
        return any(panel.simulated for panel in self.panels)

    @property
    def data(self) -> str:
        """What it was drawn from, in words."""
        if self.result.origin is Origin.EXPLORER and self.result.source:
            return explorer_words(self.result.source)
        return ""

    @property
    def computed(self) -> bool:
        """Whether no recordings enter it."""
        return self.result.origin in (Origin.COMPUTED, Origin.SUBSTITUTES)

    @property
    def not_simulated(self) -> tuple[str, ...]:
        """Drawn panels of a simulated figure that carry no mark."""
        if not self.simulated:
            return ()
        return tuple(p.panel for p in self.panels if p.pictures and not p.simulated)

    @property
    def reservations(self) -> tuple[str, ...]:
        """Sentences that say why a verdict on this figure is not plain."""
        n_failed = len(self.result.contradictions)
        return (
            *([ORIGIN_UNKNOWN] if self.of_unknown_origin else []),
            *([f"Verdicts are withheld: {n_failed} of the checks below failed."] * bool(n_failed)),
        )

    @property
    def of_unknown_origin(self) -> bool:
        """Whether it was drawn from files of unknown origin."""
        return self.result.origin is Origin.UNKNOWN and not self.result.problem


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
    roots = dict.fromkeys(f.result.source for f in figures if f.simulated and f.result.source)
    page = (
        Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .from_string(TEMPLATE.read_text(encoding="utf-8"))
        .render(
            figures=figures,
            simulated=any(figure.simulated for figure in figures),
            summary=summary(figures),
            simulations=[simulation_words(root) for root in roots],
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
        for panel in (panel for figure in figures for panel in figure.panels):
            writer.writerows(csv_row(c) for c in panel.numbers)
            again = [csv_row(c, f"{c.published.panel} (regenerated)") for c in panel.regenerated]
            writer.writerows(again)
    return out / "report.html"


def summary(figures: list[FigureReport]) -> str:
    """How many published numbers were compared with real data, and how they came out.

    Examples
    --------
    >>> summary([figure_report(FigureResult("2", None, Origin.SIMULATED, problem="no data"))])
    ''
    """
    real = [f for f in figures if f.result.origin in (Origin.EXPLORER, Origin.RECORDED)]
    counts = Counter()
    for figure in real:
        counts.update(figure.verdicts)
    n_agree, n_differ = counts[AGREES], counts[DIFFERS]
    if not n_agree + n_differ:
        return ""
    sources = ", ".join(dict.fromkeys(figure.result.origin.value for figure in real))
    return (
        f"{n_agree + n_differ} published numbers were compared with real data ({sources}): "
        f"{n_agree} agree, {n_differ} differ."
    )


def figure_report(result: FigureResult) -> FigureReport:
    """Everything that the page says about one figure.

    Examples
    --------
    >>> figure_report(FigureResult("ext4", None, Origin.UNKNOWN, problem="no data")).title
    'Extended Data Figure 4'
    """
    numbers, regenerated = compare(result), compare_regenerated(result)
    names = dict.fromkeys(
        [_panel(result, compared) for compared in numbers]
        + [panel.panel for panel in result.panels]
        + list(result.unavailable)
    )
    return FigureReport(
        title=FIGURES[result.figure].title,
        result=result,
        panels=tuple(_panel_report(result, name, numbers, regenerated) for name in names),
        verdicts=dict(Counter(compared.verdict for compared in numbers)),
        files=source_files(result),
    )


def _panel_report(
    result: FigureResult, name: str, numbers: list[Compared], regenerated: list[Compared]
) -> PanelReport:
    pictures = [panel for panel in result.panels if panel.panel == name]
    of_panel = tuple(c for c in numbers if _panel(result, c) == name)
    if pictures:
        simulated = any(picture.simulated for picture in pictures)
    else:
        computed = any(compared.regenerated for compared in of_panel)
        simulated = result.simulated and not computed and name not in result.unavailable
    return PanelReport(
        panel=name,
        pictures=tuple((picture, _data_uri(picture.png)) for picture in pictures),
        numbers=of_panel,
        regenerated=tuple(c for c in regenerated if _panel(result, c) == name),
        unavailable=result.unavailable.get(name, ""),
        simulated=simulated,
    )


def _panel(result: FigureResult, compared: Compared) -> str:
    """Panel of a published number as pictures are named, say ``4B`` or ``Ext. 5C``."""
    return FIGURES[result.figure].panel(compared.published.letter)


def source_files(result: FigureResult) -> tuple[SourceFile, ...]:
    """Input files of a figure with their hashes; a file changed since it was recorded says so.

    Examples
    --------
    >>> source_files(FigureResult("4", None, Origin.UNKNOWN, problem="no data"))
    ()
    """
    if result.source is None or result.problem:
        return ()
    source = SourceData(result.source)
    records = source.provenance
    files = []
    for file in source.present(FIGURES[result.figure].folder):
        digest, known = source.digest(file), records.get(file.path)
        if known is None:
            origin = "no record of its origin"
        elif known.sha256 != digest:
            origin = f"CHANGED since its {known.source} on {known.date}"
        else:
            origin = f"{known.source} on {known.date}"
        files.append(SourceFile(file.path, digest, origin))
    computed = (
        SourceFile(str(path), sha256(path), "computed, no recording")
        for path in result.computed_files
    )
    return (*files, *computed)


def explorer_words(root: Path) -> str:
    """What is known of block averages from which source data were made.

    Examples
    --------
    >>> explorer_words(Path("no_such_folder/source_data"))[:47]
    "Block averages of the authors' Neural Evolution"
    """
    known = read_record(root.parent)
    undecided = SourceData(root).undecided_labels
    labels = (
        "none"
        if undecided is None or undecided.empty
        else ", ".join(
            f"Exp {row.Expi} {THREADS[row.thread]} at 0.{row.label[1:]}"
            for row in undecided.itertuples()
        )
    )
    return (
        "Block averages of the authors' Neural Evolution Explorer "
        f"(commit {str(known.get('commit'))[:8]}; {known.get('verified', 'not verified')}), "
        "rounded to 0.01 events/s; success is tested with numbers of trials derived from the "
        f"PSTHs. Labels that these leave open: {labels}. A number agrees if it is as far from the "
        "published one as rounding and these labels allow, or less."
    )


def simulation_words(root: Path) -> str:
    """What ``SIMULATED.json`` says of version, seed and recordings.

    Examples
    --------
    >>> simulation_words(Path("no_such_folder"))
    'no_such_folder: simulated, as its numbers or names tell; it holds no SIMULATED.json.'
    """
    record = simulation_record(root)
    if record is None:
        return f"{root}: simulated, as its numbers or names tell; it holds no SIMULATED.json."
    if not isinstance(record.get("files"), dict):
        return f"{root}: simulated; its SIMULATED.json says no more."
    return (
        f"{root}: simulator version {record.get('simulator_version')}, seed {record.get('seed')}, "
        f"{record.get('n_experiments')} experiments and {record.get('n_tuning_recordings')} tuning "
        f"recordings, made {record.get('created')}. SIMULATED.json holds the SHA-256 of its "
        f"{len(record['files'])} files."
    )


def format_number(value: float | None) -> str:
    """Short form of a number for the page; a dash for none.

    Examples
    --------
    >>> format_number(0.123456789), format_number(None)
    ('0.123457', '–')
    """
    return "–" if value is None else f"{value:.6g}"


def _data_uri(png: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode("ascii")
