"""The reference: a page for each room, made from the docstrings of all that is public in it.

Nothing is listed by hand. A public module, class, function or method without a docstring stops the
build, and so does a docstring that contradicts the signature.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]

FOLDER = "reference"
"""Folder of the site."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def rooms() -> dict[str, list[Path]]:
    """Public modules of each room, by the room's dotted name; ``__init__.py`` comes first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {}
    for package in settings["tool"]["setuptools"]["packages"]["find"]["include"]:
        for path in sorted((ROOT / package.rstrip("*")).rglob("__init__.py")):
            room = ".".join(path.parent.relative_to(ROOT).parts)
            modules = (p for p in sorted(path.parent.glob("*.py")) if not p.stem.startswith("_"))
            found[room] = [path, *modules]
    return found


def undocumented(path: Path) -> list[str]:
    """Public names of a module that have no docstring, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lacking = [] if ast.get_docstring(tree) else [f"{path.relative_to(ROOT)}"]
    return lacking + [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for node in _public(tree)
        if not ast.get_docstring(node)
    ]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the reference's part of the navigation, package by package."""
    tree = {}
    for room in rooms():
        tree.setdefault(room.partition(".")[0], []).append({room: f"{FOLDER}/{room}.md"})
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = [{package: pages} for package, pages in tree.items()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each room."""
    found = rooms()
    lacking = [
        name for modules in found.values() for path in modules for name in undocumented(path)
    ]
    if lacking:
        raise PluginError(f"public names without a docstring: {'; '.join(lacking)}")
    for room, modules in found.items():
        files.append(File.generated(config, f"{FOLDER}/{room}.md", content=_page(room, modules)))
    return files


def _page(room: str, modules: list[Path]) -> str:
    blocks = [f"# {room}", ast.get_docstring(ast.parse(modules[0].read_text(encoding="utf-8")))]
    blocks += [f"::: {room}.{path.stem}" for path in modules[1:]]
    return "\n\n".join(blocks)


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)
