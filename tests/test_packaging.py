"""What an installed package holds beside its modules."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

NO_DATA = {".py", ".pyc", ".ipynb"}


def test_every_data_file_is_installed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tools = settings["tool"]["setuptools"]
    patterns = tools["package-data"]
    for package in (name.removesuffix("*") for name in tools["packages"]["find"]["include"]):
        folder = ROOT / package
        data = {p for p in folder.rglob("*") if p.is_file() and p.suffix not in NO_DATA}
        installed = {p for pattern in patterns.get(package, ()) for p in folder.glob(pattern)}
        assert data == installed, package
