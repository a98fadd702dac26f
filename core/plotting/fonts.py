"""Fonts of PDF files at a tenth of the time: each font is read and stripped once in a process.

A PDF file embeds the part of a font that its text needs. Cutting it out, fontTools parses the whole
font, its tables of ligatures and kerning above all, which no reader of PDF files looks at. Here the
usual characters are cut out once, without these tables, and each file's part is cut out of that.
"""

import string
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.backends import _backend_pdf_ps
from matplotlib.backends._backend_pdf_ps import SubsetResults
from matplotlib.font_manager import FontPath, get_font

USUAL = string.digits + string.ascii_letters + string.punctuation + " –−±²°×≥≤"
"""Characters that most pictures have some of."""

NOT_FOR_PDF = (
    *("GDEF", "GPOS", "GSUB", "MATH", "feat", "just", "kern", "kerx", "morx", "trak"),
    *("BDF", "FFTM", "MERG", "PfEd", "TSIV", "Zapf", "bdat", "bloc", "cidg", "fdsc", "fmtx"),
    *("fond", "ltag", "meta", "xref"),
)
"""Tables with which text is laid out, and a font's own notes.

In a PDF file every glyph has its place already.
"""


@contextmanager
def stripped_fonts() -> Iterator[None]:
    """Within the block PDF files embed fonts cut out of a stripped copy.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> with stripped_fonts():
    ...     Figure().savefig(BytesIO(), format="pdf")
    """
    usual = _backend_pdf_ps.get_glyphs_subset
    _backend_pdf_ps.get_glyphs_subset = _glyphs_subset
    try:
        yield
    finally:
        _backend_pdf_ps.get_glyphs_subset = usual


@contextmanager
def _glyphs_subset(path: FontPath, glyphs: Collection[int]) -> Iterator[SubsetResults]:
    """What ``get_glyphs_subset`` of matplotlib gives: a font, and its glyphs by those of `path`."""
    font = get_font(path)
    usual = {font.get_char_index(ord(character)) for character in USUAL}
    content, stripped = _stripped(path, frozenset(usual.union(glyphs)))
    with TTFont(BytesIO(content), lazy=True, recalcTimestamp=False) as part:
        kept = _cut_out(part, {stripped[glyph] for glyph in glyphs})
        yield SubsetResults(part, {glyph: kept[stripped[glyph]] for glyph in glyphs})


@cache
def _stripped(path: FontPath, glyphs: frozenset[int]) -> tuple[bytes, dict[int, int]]:
    content = BytesIO()
    with subset.load_font(path, _options(path.face_index)) as font:
        kept = _cut_out(font, glyphs)
        font.save(content)
    return content.getvalue(), kept


def _cut_out(font: TTFont, glyphs: Collection[int]) -> dict[int, int]:
    subsetter = subset.Subsetter(_options())
    subsetter.populate(gids=glyphs)
    subsetter.subset(font)
    return subsetter.glyph_index_map


def _options(face: int = 0) -> subset.Options:
    options = subset.Options(glyph_names=True, recommended_glyphs=True, font_number=face)
    options.drop_tables += NOT_FOR_PDF
    return options
