"""Every file of ``source_data/``, found by its name, which is unique.

``python -m core.contract.manifest`` prints the table of docs/source_data.md.
"""

from importlib import import_module

from core.contract.descriptions import Column, File, Json, Matrix, Pickle, Table
from core.figures import FIGURES

EXPERIMENT_ORDER = Table(
    "exp_order.csv",
    "",
    "written by this project's exporters: the experiment behind every row of the all-experiment "
    "tables, and its number of blocks after the last-block drop",
    (),
    columns=(Column("Expi", "int"), Column("ephysFN", "str"), Column("n_blocks", "int")),
    required=False,
)

FIGURE_FILES: dict[str, tuple[File, ...]] = {
    figure.folder: import_module(figure.contract).FILES for figure in FIGURES.values()
}
"""Files by folder."""

MANIFEST: dict[str, File] = {
    file.name: file for files in ((EXPERIMENT_ORDER,), *FIGURE_FILES.values()) for file in files
}
"""Files by name."""


def format_of(file: File) -> str:
    """Format and size of a file in a few words.

    Examples
    --------
    >>> format_of(EXPERIMENT_ORDER)
    'CSV, n x 3 named columns'
    """
    match file:
        case Table():
            rows = file.rows if file.rows is not None else "n"
            columns = len(file.columns)
            return f"CSV, {rows} x {columns} named columns{', index first' if file.index else ''}"
        case Matrix():
            extras = [file.unit, "" if file.header else "no header", "0/1" if file.flag else ""]
            extras.append("index first" if file.index else "")
            return ", ".join([f"CSV, {file.rows} x {file.columns}", *filter(None, extras)])
        case Json():
            return "JSON: " + ", ".join(name for name, _ in file.fields)
        case Pickle():
            return "pickle (optional)"
    raise TypeError(f"no description for {type(file).__name__}")


def documentation() -> str:
    """The manifest as a Markdown table per folder; files described alike share a row.

    Examples
    --------
    >>> documentation().splitlines()[1]
    '### Root'
    """
    parts = []
    for folder, files in {"": (EXPERIMENT_ORDER,), **FIGURE_FILES}.items():
        parts.append(
            f"\n### {folder or 'Root'}\n\n| File | Format | Panels | Content |\n|---|---|---|---|"
        )
        alike: dict[tuple[str, str, str], list[str]] = {}
        for file in files:
            words = (format_of(file), ", ".join(file.panels), file.content)
            alike.setdefault(words, []).append(f"`{file.name}`")
        for words, names in alike.items():
            shown = names if len(names) <= 2 else [names[0], f"… {len(names)} files …", names[-1]]
            parts.append(f"| {'<br>'.join(shown)} | {' | '.join(words)} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    print(documentation())  # noqa: T201
