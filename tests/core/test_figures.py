"""Every published figure has all that belongs to it under the names of its entry."""

from importlib import import_module
from importlib.util import find_spec

import pytest

from core.figures import FIGURES
from figure_reproduction.comparison import published_numbers
from source_data_export.notebooks import FOLDER


def test_the_figures_are_those_of_the_paper_in_its_order():
    assert list(FIGURES) == ["2", "3", "4", "5", "6", "ext1", "ext4", "ext5"]


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_a_figure_has_its_files_its_exporter_its_script_and_its_notebook(figure):
    contract = import_module(figure.contract)
    assert figure.folder == contract.FOLDER
    assert contract.FILES
    assert {file.folder for file in contract.FILES} == {figure.folder}
    assert find_spec(figure.script)
    if figure.recorded:
        assert find_spec(figure.exporter)
        assert (FOLDER / figure.notebook).is_file()
    assert bool(figure.notebook) == figure.recorded


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_published_numbers_belong_to_panels_that_are_drawn(figure):
    letters = [
        letter
        for number in published_numbers()
        if number.figure == figure.folder
        for letter in number.letter.split("/")
    ]
    assert letters
    assert set(letters) == set(figure.panels)


def test_every_published_number_is_of_a_figure():
    assert {number.figure for number in published_numbers()} == {f.folder for f in FIGURES.values()}
