"""Pages and files of the repository that lie outside docs/, and the links to them.

A link of a Markdown file leads to where its target lies in the repository, so that it works on a
repository page. Here it is turned to where the target lies on the site.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

PAGES = {
    "README.md": "quickstart.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages beside docs/, and where they stand on the site."""

FILES = "repository"
"""Folder of the site for other files that pages link to."""

LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")
"""Target of a link to a file, without a place inside it."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages beside docs/, and files outside docs/ that any page links to."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    for page in files.documentation_pages():
        for path in filter(_is_other, _targets(page.content_string, page.src_uri)):
            if not files.get_file_from_path(f"{FILES}/{path}"):
                content = (ROOT / path).read_bytes()
                files.append(File.generated(config, f"{FILES}/{path}", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn the links of a page to where their targets lie on the site."""
    here = page.file.src_uri

    def turned(link: re.Match) -> str:
        place = _place(_in_repository(link[1], here))
        return posixpath.relpath(place, posixpath.dirname(here) or ".")

    return LINK.sub(turned, markdown)


def _targets(markdown: str, page: str) -> Iterator[str]:
    return (_in_repository(link[1], page) for link in LINK.finditer(markdown))


def _in_repository(link: str, page: str) -> str:
    """Path in the repository of what a page of the site links to."""
    sources = {site: source for source, site in PAGES.items()}
    source = sources.get(page, f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def _is_other(path: str) -> bool:
    """Whether a path is a file that has no place on the site by itself."""
    beside = path not in PAGES and not path.startswith(("docs/", "../"))
    return beside and (ROOT / path).is_file()


def _place(path: str) -> str:
    """Where a file of the repository lies on the site."""
    if path in PAGES:
        return PAGES[path]
    if path.endswith(".ipynb") and path.startswith("docs/"):
        return path.removeprefix("docs/").replace(".ipynb", ".md")
    return f"{FILES}/{path}" if _is_other(path) else path.removeprefix("docs/")
