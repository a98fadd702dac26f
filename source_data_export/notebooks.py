"""The notebooks and where they lie; standard library only, so that help is instant."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent

EXECUTED = FOLDER / "executed"
"""Executed copies, with their outputs."""

REPORT_TYPE = "application/vnd.source-data-export+json"
"""Type of the output in which a notebook's last cell tells what was written."""
