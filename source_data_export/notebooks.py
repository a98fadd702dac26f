"""The notebooks and where they lie; standard library only, so that help is instant."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent

EXECUTED = FOLDER / "executed"
"""Executed copies, with their outputs."""

NOTEBOOKS = {
    "2": "Figure2_source_data_export.ipynb",
    "3": "Figure3_source_data_export.ipynb",
    "4": "Figure4_source_data_export.ipynb",
    "5": "Figure5_source_data_export.ipynb",
    "6": "Figure6_source_data_export.ipynb",
    "ext4": "FigureExtended4_source_data_export.ipynb",
    "ext5": "FigureExtended5_source_data_export.ipynb",
}
"""Notebook of each figure, in the order of the paper, by the word that ``--figure`` takes."""

REPORT_TYPE = "application/vnd.source-data-export+json"
"""Type of the output in which a notebook's last cell tells what was written."""
