"""Chromium, for the tests that open a page as a reader would (tests/browser)."""

import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "browser"


def browser():
    """Chromium's path; the test is skipped where it, Node or the packages are not there."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    if not (FOLDER / "node_modules" / "playwright-core").is_dir():
        pytest.skip("`npm ci --prefix tests/browser` was not run")
    return chromium
