"""Where the project keeps what it reads and makes, whatever the working directory.

Installed in an environment (``pip install .``), it reads and makes them in the working directory.
"""

from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1]
"""Folder that holds the packages."""

ROOT = SOURCES if (SOURCES / "pyproject.toml").is_file() else Path.cwd()
"""The project's folder; the current one where the packages were installed without it."""

SOURCE_DATA = ROOT / "source_data"
"""Published or exported source data; never simulated."""

SIMULATED_DATA = ROOT / "simulated_data"
"""Simulated recordings (``matroot``) and the source data made from them (``source_data``)."""

EXPLORER_DATA = ROOT / "explorer_data"
"""Block averages from the authors' explorer, and the source data made from them."""

TWINS_DATA = ROOT / "twins_data"
"""Evolutions of digital twins, recordings made of them (``matroot``) and source data."""

DRAWN_FIGURES = ROOT / "figures"
"""Figures and the report."""

SIMULATED_SOURCE_DATA = ROOT / "simulated_source_data"
"""What `export` makes from simulated recordings, wherever these lie."""

COMPUTED_DATA = ROOT / "computed_data"
"""Source data that need no recordings, computed from scratch; the same on any machine."""
