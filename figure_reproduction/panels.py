"""What a figure script hands back, and how its panels are saved and shown."""

from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends import backend_registry
from matplotlib.figure import Figure as Drawing
from PIL import Image

from core.contract.provenance import NOT_RECORDED, Origin
from core.figures import Figure
from core.files import replacing
from core.plotting.fonts import stripped_fonts
from core.plotting.style import (
    NO_LAYOUT,
    freeze_layout,
    mark_simulated,
    saveallforms,
    write_above,
)
from core.plotting.ticks import steady_ticks
from figure_reproduction.results import Regenerated, SavedPanel, Statistics

EXPLORER_NOTICE = "from block averages of the authors' Neural Evolution Explorer"

TWINS_NOTICE = "DIGITAL TWINS – not recordings"

MARKED = {Origin.SIMULATED: ("_SIM", "simulated"), Origin.TWINS: ("_TWINS", "twins")}
"""Ending of the name, and folder, of pictures that are marked."""

MAX_PIXELS_WIDE = 3000
DOTS_PER_INCH = 150

SHOWN = "report_pictures"
"""Folder, below that of the pictures, of those that the report shows."""

WHITE = 251
"""Brightest value of a channel, of 255, that is not taken for white in the report's pictures."""

COMPRESSION = 3
"""Effort, of 9, at which PNG files are packed; the usual 6 takes 1.5 times as long for 4 % less."""


@dataclass(frozen=True)
class Panel:
    """One drawn picture of a published panel.

    `letter` is the panel's; `name` tells apart several pictures of one panel;
    `notes` say what a reader must know, errata that are kept among them. `computed` is True where
    all its inputs were computed by this project instead of read from the figure's folder: it is not
    simulated, whatever that folder is.
    """

    letter: str
    name: str
    drawing: Drawing
    caption: str
    notes: tuple[str, ...] = ()
    computed: bool = False


@dataclass(frozen=True)
class Reproduction:
    """All pictures of one figure, and the numbers that they state.

    `statistics` come from the figure's folder, `regenerated` (by the same ids) from computed
    tables, whose paths are `computed_files`. `unavailable` says by a panel's letter, in one
    sentence, why it or a picture of it could not be drawn. `origin` is that of the numbers where it
    is not that of the figure's folder.
    """

    panels: tuple[Panel, ...]
    statistics: Statistics
    regenerated: dict[str, Regenerated] = field(default_factory=dict)
    computed_files: tuple[Path, ...] = ()
    unavailable: dict[str, str] = field(default_factory=dict)
    origin: Origin | None = None


def save(
    panel: Panel, figure: Figure, out: Path, origin: Origin, notice: str = TWINS_NOTICE
) -> SavedPanel:
    """Save a panel as PNG and PDF in `out`, or marked in ``out/simulated`` or ``out/twins``.

    Parameters
    ----------
    panel
        What was drawn.
    figure
        The published figure that it belongs to.
    out
        Folder, made if need be.
    origin
        What the figure's data were made from; a computed panel is not marked.
    notice
        What stands above a figure of digital twins.
    """
    simulated = origin in NOT_RECORDED and not panel.computed
    ending, folder = MARKED[origin] if simulated else ("", "")
    folder = out / folder
    stem = figure.picture(panel.letter, panel.name) + ending
    paths = {extension: folder / f"{stem}.{extension}" for extension in ("png", "pdf")}
    with steady_ticks():
        if simulated and origin is Origin.TWINS:
            mark_simulated(panel.drawing, notice, "DIGITAL TWINS")
        elif simulated:
            mark_simulated(panel.drawing)
        elif origin is Origin.EXPLORER and not panel.computed:
            write_above(panel.drawing, EXPLORER_NOTICE, "0.4")
        else:
            freeze_layout(panel.drawing)
        for extension, path in paths.items():
            _save_one(panel, path, _options(extension, panel, origin))
    shown = out / SHOWN / f"{stem}.png"
    return SavedPanel(
        panel=figure.panel(panel.letter),
        caption=panel.caption,
        notes=panel.notes,
        png=paths["png"],
        pdf=paths["pdf"],
        shown=shown,
        size=save_shown(paths["png"], shown),
        simulated=simulated,
    )


def save_shown(picture: Path, shown: Path) -> tuple[int, int]:
    """Save a picture in at most 256 colours, a third of its bytes; returns width and height.

    Parameters
    ----------
    picture
        PNG file.
    shown
        PNG file to be written.
    """
    with Image.open(picture) as full:
        few = full.convert("RGB").quantize(
            256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
    # the octree's white is 254
    palette = [255 if value > WHITE else value for value in few.getpalette()]
    few.putpalette(palette)
    with replacing(shown) as temporary, temporary.open("wb") as file:
        few.save(file, "PNG", compress_level=6)
    return few.size


def _save_one(panel: Panel, path: Path, options: dict) -> None:
    with replacing(path) as temporary, mpl.rc_context(NO_LAYOUT), stripped_fonts():
        saveallforms(
            temporary.parent,
            temporary.stem,
            panel.drawing,
            (path.suffix[1:],),
            bbox_inches=None,
            dpi=min(DOTS_PER_INCH, MAX_PIXELS_WIDE / panel.drawing.get_figwidth()),
            **options,
        )


def has_display() -> bool:
    """Whether figures would be shown in windows.

    Examples
    --------
    >>> mpl.use("Agg")
    >>> has_display()
    False
    """
    return backend_registry.resolve_backend(mpl.get_backend())[1] not in (None, "headless")


def _options(extension: str, panel: Panel, origin: Origin) -> dict:
    labels = {
        Origin.SIMULATED: "SIMULATED",
        Origin.TWINS: "DIGITAL TWINS",
        Origin.EXPLORER: EXPLORER_NOTICE,
    }
    label = "computed" if panel.computed else labels.get(origin, "from source data")
    if extension == "pdf":
        metadata = {"Title": panel.caption, "Keywords": label, "CreationDate": None}
        return {"metadata": metadata}
    metadata = {"Title": panel.caption, "Description": label}
    return {"metadata": metadata, "pil_kwargs": {"compress_level": COMPRESSION}}
