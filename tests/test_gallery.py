"""The gallery: its page is that of its entries, and what fails is told beside what was made."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import Image

from docs import gallery
from docs.gallery import Entry, Made, entries, make, markdown, page, read_made
from tests.chromium import FOLDER, browser

ROOT = Path(__file__).parents[1]


def entry(name, command, **others):
    return Entry(name, name.title(), "Says.", "Uses.", "nwb.md", (command,), "a.png", **others)


def draws(tmp_path):
    """A command that draws its picture, and one that fails as ours do."""
    code = (
        "import sys; from PIL import Image; Image.new('RGB', (300, 200), 'teal').save(sys.argv[1])"
    )
    program = tmp_path / "draw.py"
    program.write_text(code)
    fails = tmp_path / "fail.py"
    fails.write_text("import sys; print('error: expected weights, found none.'); sys.exit(2)")
    return f"python {program} figures/gallery/drawn/a.png", f"python {fails}"


def test_the_page_in_the_docs_is_that_of_the_entries():
    known = json.loads((gallery.KEPT / "measured.json").read_text("utf-8"))
    shown = [(e, Made(**known[e.name])) for e in entries() if e.name in known]
    assert gallery.PAGE.read_text("utf-8") == markdown(shown)
    assert {path.stem for path in gallery.KEPT.glob("*.png")} == set(known)
    assert [e.name for e, made in shown if list(e.commands) != made.commands] == []
    assert [e.name for e in entries() if e.name not in known and not e.fetches] == []


@pytest.mark.parametrize("each", entries(), ids=lambda each: each.name)
def test_every_entry_is_described_and_kept_small(each):
    assert (ROOT / "docs" / each.page).is_file()
    assert all(f"figures/gallery/{each.name}" in command for command in each.commands[-1:])
    kept = gallery.KEPT / f"{each.name}.png"
    assert not kept.exists() or kept.stat().st_size < 300_000


def made_alone(each, out):
    """What `make` gives in a process of its own, whose memory counts for those that it starts."""
    code = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from docs.gallery import Entry, make
fields = json.loads(sys.argv[1])
entry = Entry(**fields | {"commands": tuple(fields["commands"])})
print(json.dumps(asdict(make(entry, Path(sys.argv[2])))))
"""
    words = [sys.executable, "-c", code, json.dumps(asdict(each)), str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return Made(**json.loads(done.stdout))


def test_what_is_made_is_measured_and_not_made_again(tmp_path):
    drawn, _ = draws(tmp_path)
    out = tmp_path / "gallery"
    made = made_alone(entry("drawn", drawn), out)
    assert not made.problem
    assert made.seconds > 0
    assert 5 < made.megabytes < 200
    (tmp_path / "draw.py").unlink()
    assert made_alone(entry("drawn", drawn), out) == made == read_made(out / "drawn")
    assert make(entry("drawn", drawn + " --other"), out).problem
    assert not (out / "drawn" / "a.png").exists()  # that of another command


def test_what_fails_says_why_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    drawn, fails = draws(tmp_path)
    both = [entry("failed", fails), entry("drawn", drawn)]
    monkeypatch.setattr(gallery, "entries", lambda: both)
    monkeypatch.setattr(sys, "argv", ["gallery", "--out", str(tmp_path / "gallery")])
    assert gallery.main() == 1
    text = (tmp_path / "gallery" / "index.html").read_text("utf-8")
    assert "Not made here: expected weights, found none." in text
    assert 'src="drawn/a.png"' in text
    assert "failed: not made: expected weights" in capsys.readouterr().err
    both[0] = entry("failed", fails, fetches=True)  # what has to be fetched may be absent
    assert gallery.main() == 0


def test_a_command_that_draws_nothing_is_no_success(tmp_path):
    made = make(entry("drawn", "python -c pass"), tmp_path)
    assert made.problem == "expected a.png, found none"


def test_the_page_in_a_browser(tmp_path):
    chromium = browser()
    Image.new("RGB", (2000, 700), "teal").save(tmp_path / "a.png")
    shown = [(each, Made(list(each.commands), 12.0, 300.0)) for each in entries()]
    problem = f"/{300 * 'long'}: expected it, found none."
    shown.append((entry("failed", "python -c pass"), Made([], 0.1, 9.0, problem)))
    for each, _ in shown:
        (tmp_path / each.name / each.picture).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each.name / each.picture).write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "index.html").write_text(page(shown), "utf-8")
    command = ["node", "check_gallery.mjs", chromium, str(tmp_path / "index.html"), str(tmp_path)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["errors"], found["elsewhere"]) == ([], [])
    for view, width in (("wide", 1400), ("dark", 1400), ("phone", 390)):
        here = {"width": width, "shown": len(shown) - 1, "violations": []}
        assert found["views"][view] == here, view
