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

    There are many: rows have no anchors, and sorting goes by the text of a cell.

    Examples
    --------
    >>> "Fig. 6 D: numbers printed there" in place_table(Place("Fig. 6 D", ()))
    True
    """
    head = (("", "number"), ("", "printed"), ("", "this run"), ("", "difference"), ("", "verdict"))
    rows = [_place_row(compared) for compared in place.numbers]
    return _table(f"{place.name}: numbers printed there", head, rows, "numbers printed")


def _place_row(compared: Compared) -> str:
    claim, difference = compared.published, difference_shown(compared.difference)
    said = escape(remarks(compared), quote=False)
    exact = f' data-n="{compared.difference:.3g}"' if "×" in difference else ""
    name = _th(
        f"{escape(claim_words(claim))}<code>{claim.id}</code>{said and f'<small>{said}</small>'}"
    )
    printed = claim.printed.replace("-", "−")
    return (
        f'<tr data-v="{verdict_class(compared.verdict)}">{name}<td>{printed}</td>'
        f"<td>{like_printed(compared)}</td><td{exact}>{difference}</td>{_verdict(compared)}</tr>"
    )


def _row(compared: Compared, simulated: bool, anchors: bool) -> str:
    number, (published, value) = compared.published, both_shown(compared)
    said = " ".join(filter(None, (number.note, compared.why)))
    if by_construction(compared):
        said = f"equal by construction; {said}"
    name = escape(number.id)
    anchor = f' id="{name}"' if anchors else ""
    cells = [
        _th(
            f"{escape(label(number))}<code>{name.replace('.', '.<wbr>')}</code>"
            f"<small>{escape(said, quote=False)}</small>"
        ),
        _td(published, number.value),
        _td(value, compared.value),
    ]
    if not simulated:
        cells.append(
            _td(difference_shown(compared.difference), compared.difference, "number difference")
        )
    cells.append(_verdict(compared))
    return f'<tr{anchor} data-v="{verdict_class(compared.verdict)}">{"".join(cells)}</tr>'


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
