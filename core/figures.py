"""The published figures: one entry for each, from which all names that belong to it follow.

Adding a figure takes an entry here and a file each in ``core/contract``,
``neuro_data_analysis/export``, ``figure_reproduction`` and ``source_data_export``; one that needs
no recordings takes the first and the third. Standard library only, so that help is instant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import SettingError


@dataclass(frozen=True)
class Figure:
    """A published figure and the names that belong to it.

    Attributes
    ----------
    word
        What ``--figure`` takes, say ``4`` or ``ext5``.
    folder
        Its folder in ``source_data/``, and its name in ``published_statistics.csv``.
    title
        Its name in words.
    label
        What stands before a panel's letter.
    stem
        Beginning of the names of its pictures.
    module
        Name of its module in ``core.contract`` and in ``neuro_data_analysis.export``.
    notebook
        File in ``source_data_export/`` that makes its source data.
    panels
        Letters of the panels that are drawn.
    recorded
        Whether its source data are made from recordings; else it has no exporter and no notebook.
    """

    word: str
    folder: str
    title: str
    label: str
    stem: str
    module: str
    notebook: str
    panels: tuple[str, ...]
    recorded: bool = True

    @property
    def contract(self) -> str:
        """Module that describes its source data."""
        return f"core.contract.{self.module}"

    @property
    def exporter(self) -> str:
        """Module that makes its source data from recordings."""
        return f"neuro_data_analysis.export.{self.module}"

    @property
    def script(self) -> str:
        """Module that draws it."""
        return f"figure_reproduction.{self.stem}_reproduction"

    def panel(self, letter: str) -> str:
        """A panel's name.

        Examples
        --------
        >>> FIGURES["4"].panel("B"), FIGURES["ext5"].panel("C")
        ('4B', 'Ext. 5C')
        """
        return f"{self.label}{letter}"

    def picture(self, letter: str, name: str = "") -> str:
        """File name of a panel's picture, without extension.

        Parameters
        ----------
        letter
            The panel's.
        name
            What tells apart several pictures of one panel.

        Examples
        --------
        >>> FIGURES["ext4"].picture("B", "20ms")
        'FigureExt4B_20ms'
        """
        return f"{self.stem}{letter}" + (f"_{name}" if name else "")


def _main(number: str, panels: str) -> Figure:
    """A figure of the main text."""
    return Figure(
        word=number,
        folder=f"Fig{number}",
        title=f"Figure {number}",
        label=number,
        stem=f"Figure{number}",
        module=f"fig{number}",
        notebook=f"Figure{number}_source_data_export.ipynb",
        panels=tuple(panels),
    )


def _extended(number: str, panels: str, recorded: bool = True) -> Figure:
    """An Extended Data figure."""
    return Figure(
        word=f"ext{number}",
        folder=f"ExtendedFig{number}",
        title=f"Extended Data Figure {number}",
        label=f"Ext. {number}",
        stem=f"FigureExt{number}",
        module=f"ext{number}",
        notebook=f"FigureExtended{number}_source_data_export.ipynb" if recorded else "",
        panels=tuple(panels),
        recorded=recorded,
    )


FIGURES = {
    figure.word: figure
    for figure in (
        _main("2", "BD"),
        _main("3", "G"),
        _main("4", "ABCD"),
        _main("5", "AC"),
        _main("6", "CDE"),
        _extended("1", "ABCD", recorded=False),
        _extended("4", "BC"),
        _extended("5", "CDE"),
    )
}
"""Figures that are drawn, by word, in the order of the paper."""

RECORDED = {word: figure for word, figure in FIGURES.items() if figure.recorded}
"""Those whose source data are made from recordings."""


def chosen_figures(words: Iterable[str] | None, among: Mapping[str, Figure] = FIGURES) -> list[str]:
    """Words of the figures that ``--figure`` names, each once, in the paper's order.

    Parameters
    ----------
    words
        Words of figures in any case, ``Figure`` before them or not; None for all figures.
    among
        Figures that may be named, by word.

    Raises
    ------
    SettingError
        For a word that names none of them.

    Examples
    --------
    >>> chosen_figures(["ext4", "2", "Figure4"])
    ['2', '4', 'ext4']
    >>> chosen_figures(["7"])
    Traceback (most recent call last):
    core.errors.SettingError: --figure: expected one of 2, 3, 4, 5, 6, ext1, ext4, \
ext5, found '7'.
    """
    if words is None:
        return list(among)
    known = {spelling: word for word in among for spelling in (word, f"figure{word}")}
    wanted = [word.lower() for word in words]
    for word in wanted:
        if word not in known:
            expected = f"one of {', '.join(among)}"
            raise SettingError(path="--figure", expected=expected, found=f"{word!r}")
    chosen = {known[word] for word in wanted}
    return [word for word in among if word in chosen]
