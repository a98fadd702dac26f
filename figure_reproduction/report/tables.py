"""Tables of the page, written as text: a template takes five times as long for so many rows."""

from html import escape

from figure_reproduction.comparison import Compared
from figure_reproduction.report.further import Place, claim_words, like_printed, remarks
from figure_reproduction.report.panels import PanelReport, verdict_class
from figure_reproduction.report.verdicts import by_construction
from figure_reproduction.report.words import both_shown, difference_shown, label, shown

SIMULATED_HEAD = (("number", "published (not reproduced here)"), ("number", "simulation"))
REAL_HEAD = (("number", "published"), ("number", "this run"), ("number difference", "difference"))


def key_table(panel: PanelReport) -> str:
    """The few important numbers of a panel, counts as parts of their whole.

    Examples
    --------
    >>> key_table(PanelReport("4A", (), (), (), "", False, (), ""))
    ''
    """
    numbers = panel.key_numbers
    if not numbers:
        return ""
    head = (("", "number"), *(SIMULATED_HEAD if panel.simulated else REAL_HEAD[:2]))
    if not panel.simulated:
        head += (("", "verdict"),)
    rows = []
    for compared in numbers:
        published, value = both_shown(compared)
        whole = panel.whole(compared)
        if whole:
            published += f" of {shown(whole.published.value, whole.published)}"
            value += f" of {shown(whole.value, whole.published)}"
        cells = [_th(escape(label(compared.published))), _td(published), _td(value)]
        if not panel.simulated:
            cells.append(_verdict(compared))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _table(f"{panel.panel}: the most important numbers", head, rows, "key")


def number_table(
    numbers: tuple[Compared, ...], caption: str, simulated: bool, anchors: bool = True
) -> str:
    """Every number of a panel, with its id, for search and filter.

    Parameters
    ----------
    numbers
        What is shown.
    caption
        Of the table.
    simulated
        Whether the numbers come from simulated recordings: then nothing is compared.
    anchors
        Whether a row can be linked to by its id; once for each on a page.
    """
    head = (("", "number"), *(SIMULATED_HEAD if simulated else REAL_HEAD))
    head += (("", "verdict"),)
    return _table(caption, head, [_row(c, simulated, anchors) for c in numbers], "numbers")


def place_table(place: Place) -> str:
    """Every number that the authors printed at one place, for search and filter.

    Examples
    --------
    >>> "Fig. 6 D: numbers printed there" in place_table(Place("Fig. 6 D", ()))
    True
    """
    head = (("", "number"), ("number", "printed"), *REAL_HEAD[1:], ("", "verdict"))
    rows = [_claim_row(compared) for compared in place.numbers]
    return _table(f"{place.name}: numbers printed there", head, rows, "numbers")


def _claim_row(compared: Compared) -> str:
    claim = compared.published
    said = [claim.test, f"n = {claim.n}" if claim.n else "", claim.source, remarks(compared)]
    text = escape("; ".join(filter(None, said)), quote=False)
    return _line(
        compared,
        _name(claim_words(claim), claim.id, text),
        _td(escape(claim.printed).replace("-", "−"), claim.value),
        _td(like_printed(compared), compared.value),
        _td(difference_shown(compared.difference), compared.difference, "number difference"),
        anchor=True,
    )


def _row(compared: Compared, simulated: bool, anchors: bool) -> str:
    number, (published, value) = compared.published, both_shown(compared)
    said = " ".join(filter(None, (number.note, compared.why)))
    if by_construction(compared):
        said = f"equal by construction; {said}"
    cells = [
        _name(label(number), number.id, escape(said, quote=False)),
        _td(published, number.value),
        _td(value, compared.value),
    ]
    if not simulated:
        cells.append(
            _td(difference_shown(compared.difference), compared.difference, "number difference")
        )
    return _line(compared, *cells, anchor=anchors)


def _name(words: str, name: str, said: str) -> str:
    """The head of a row: a number in words, its id, and what else is said of it."""
    return _th(
        f"{escape(words)}<code>{escape(name).replace('.', '.<wbr>')}</code><small>{said}</small>"
    )


def _line(compared: Compared, *cells: str, anchor: bool) -> str:
    """A row with its verdict."""
    place = f' id="{escape(compared.published.id)}"' if anchor else ""
    kind = verdict_class(compared.verdict)
    return f'<tr{place} data-v="{kind}">{"".join(cells)}{_verdict(compared)}</tr>'


def _table(caption: str, columns: tuple[tuple[str, str], ...], rows: list[str], kind: str) -> str:
    titles = "".join(f'<th scope="col"{_class(style)}>{words}</th>' for style, words in columns)
    return (
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>\n" + "\n".join(rows) + "\n</tbody></table>"
    )


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""


def _th(content: str) -> str:
    return f'<th scope="row">{content}</th>'


def _td(text: str, value: float | None = None, style: str = "number") -> str:
    """A cell; its value, where it is not that of its text, is what sorting goes by."""
    exact = "" if value is None or text == f"{value:g}" else f' data-n="{value:.6g}"'
    return f'<td class="{style}"{exact}>{text}</td>'


def _verdict(compared: Compared) -> str:
    words = escape(compared.verdict)
    return f'<td class="verdict {verdict_class(compared.verdict)}">{words}</td>'
