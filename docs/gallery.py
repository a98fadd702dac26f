"""``./reproduce gallery``: one picture for each thing that this project does, made on this machine.

Runs the commands of docs/gallery.toml, measures them, and writes a page of the pictures, each
beside its commands, their time and memory, and the data and weights that they used. What is there
already is not made again. An entry that fails is told, and the others go on.
"""

import argparse
import html
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.arguments import CommandParser, folder
from core.errors import SettingError, run
from core.files import alone_in, replacing, writable_folder, write_json, write_text
from core.progress import answer, say
from core.project import DRAWN_FIGURES, ROOT

ENTRIES = ROOT / "docs" / "gallery.toml"
PAGE = ROOT / "docs" / "gallery.md"
KEPT = ROOT / "docs" / "images" / "gallery"
"""Pictures of the page in the documentation, and ``measured.json``, what they cost."""

OUT = DRAWN_FIGURES / "gallery"
PLACE = "figures/gallery"
"""`OUT` as the commands name it."""

_PER_MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024
"""Units of the system's count of memory."""

ACROSS = 900
"""Largest width and height of a kept picture, pixels."""


@dataclass(frozen=True)
class Entry:
    """One thing that the project does.

    Attributes
    ----------
    name, title, says
        Word for the command line, heading, and what the picture shows.
    uses
        Data and weights.
    page
        Where it is described: a file in docs/.
    commands
        As they are typed in the project's folder.
    picture
        What they draw, below the entry's own folder in `PLACE`.
    fetches
        Whether they need what has to be fetched, so that they fail where that is not to be had.
    """

    name: str
    title: str
    says: str
    uses: str
    page: str
    commands: tuple[str, ...]
    picture: str
    fetches: bool = False


@dataclass(frozen=True)
class Made:
    """How the picture of an entry came about: processor time, and memory of the largest process.

    `problem` is the sentence with which it failed, empty if it did not.
    """

    commands: list[str]
    seconds: float
    megabytes: float
    problem: str = ""


def entries() -> list[Entry]:
    """All entries, in the order of the page."""
    known = tomllib.loads(ENTRIES.read_text(encoding="utf-8"))
    return [
        Entry(name, **{**value, "commands": tuple(value["commands"])})
        for name, value in known.items()
    ]


def make(entry: Entry, out: Path) -> Made:
    """Run an entry's commands, unless its picture is there and was made by the same ones.

    Parameters
    ----------
    entry
        What is made.
    out
        Folder of the gallery.
    """
    home = writable_folder(out / entry.name)
    known = read_made(home)
    picture = home / entry.picture
    is_new = known is not None and known.commands == list(entry.commands) and not known.problem
    if is_new and picture.is_file():
        return known
    picture.unlink(missing_ok=True)
    seconds, megabytes, problem = 0.0, 0.0, ""
    for command in entry.commands:
        say(f"{entry.name}: {command}")
        usage, problem = run_command(words(command, out), home / "log.txt")
        seconds += usage.ru_utime + usage.ru_stime
        megabytes = max(megabytes, usage.ru_maxrss / _PER_MEGABYTE)
        if problem:
            break
    if not problem and not picture.is_file():
        problem = f"expected {entry.picture}, found none"
    made = Made(list(entry.commands), seconds, megabytes, problem)
    write_json(home / "measured.json", asdict(made))
    return made


def read_made(home: Path) -> Made | None:
    """What was noted of an entry's last run, None if nothing was, or nothing that can be read."""
    try:
        return Made(**json.loads((home / "measured.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def words(command: str, out: Path) -> list[str]:
    """Arguments of a command as it is typed, with this Python, and with `out` in place of `PLACE`.

    Parameters
    ----------
    command
        As it is typed.
    out
        Folder of the gallery.

    Examples
    --------
    >>> words("./reproduce claims --out figures/gallery/claims/a.csv", Path("/tmp/g"))[1:]
    ['claims', '--out', '/tmp/g/claims/a.csv']
    """
    first, *others = shlex.split(command)
    program = sys.executable if first.endswith("python") else str(ROOT / first)
    return [program, *(word.replace(PLACE, str(out), 1) for word in others)]


def run_command(command: Sequence[str], log: Path) -> tuple[resource.struct_rusage, str]:
    """Run a command in the project's folder, with its output in a file.

    Its memory counts as at least that of this process, which is small as long as no picture is
    opened: Linux hands the peak on to what is started.

    Parameters
    ----------
    command
        Program and arguments.
    log
        The file; what it says at the end is the problem, where there is one.

    Returns
    -------
    What it used, with all that it started, and why it failed; empty if it did not.
    """
    with log.open("wb") as output:
        # in a session of its own, so that Ctrl-C reaches it once: from here
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()] or [f"exit {process.returncode}"]
    return usage, said[-1].removeprefix("error: ") if status else ""


def cost(made: Made) -> str:
    """Time and memory in words.

    Examples
    --------
    >>> cost(Made([], 75.2, 512.4))
    '75 s of the processor, 0.5 GB.'
    """
    return f"{made.seconds:.0f} s of the processor, {made.megabytes / 1024:.1f} GB."


def markdown(shown: Sequence[tuple[Entry, Made]]) -> str:
    """The page of the documentation.

    Parameters
    ----------
    shown
        Entries whose pictures are kept, and what they cost.
    """
    sections = (
        f"## {entry.title}\n\n{entry.says} ([more]({entry.page}))\n\n"
        f"![{entry.title}](images/gallery/{entry.name}.png)\n\n"
        f"*{entry.uses} {cost(made)}*\n\n```\n" + "\n".join(entry.commands) + "\n```\n"
        for entry, made in shown
    )
    head = (
        "# Gallery\n\nOne picture for each thing that this project does, with the commands that "
        "made it, in the project's\nfolder, the data and weights that they used, their time on the "
        "processor, and the memory of the largest process.\n`./reproduce gallery` makes them all "
        "anew on your machine, and a page of them, `figures/gallery/index.html`.\nThis page is "
        "made by `./reproduce gallery --docs`.\n"
    )
    return "\n".join([head, *sections])


def page(shown: Sequence[tuple[Entry, Made]]) -> str:
    """The page of what was made here, pictures beside it.

    Parameters
    ----------
    shown
        All entries, and what came of them.
    """
    return (
        (ROOT / "docs" / "gallery_page.html")
        .read_text(encoding="utf-8")
        .replace("<!-- entries -->", "\n".join(_section(entry, made) for entry, made in shown))
    )


def _section(entry: Entry, made: Made) -> str:
    title, says, uses = (html.escape(text) for text in (entry.title, entry.says, entry.uses))
    commands = html.escape("\n".join(entry.commands))
    picture = f'<img src="{entry.name}/{html.escape(entry.picture)}" alt="{title}" loading="lazy">'
    if made.problem:
        picture = f'<p class="problem">Not made here: {html.escape(made.problem)}</p>'
    return (
        f'<section id="{entry.name}"><h2>{title}</h2><p>{says}</p>{picture}\n'
        f'<p class="note">{uses} {cost(made)}</p>'
        f'<pre tabindex="0" aria-label="commands">{commands}</pre></section>'
    )


def keep(shown: Sequence[tuple[Entry, Made]], out: Path) -> None:
    """Renew the documentation's page, its pictures, and what is noted of their cost.

    Parameters
    ----------
    shown
        Entries whose pictures are there, and what they cost.
    out
        Folder of the gallery.
    """
    from PIL import Image

    for entry, _ in shown:
        with Image.open(out / entry.name / entry.picture) as image:
            small = image.convert("RGB")
        small.thumbnail((ACROSS, ACROSS))
        with replacing(writable_folder(KEPT) / f"{entry.name}.png") as path:
            small.quantize(256).save(path, "png", optimize=True)
    write_json(KEPT / "measured.json", {entry.name: asdict(made) for entry, made in shown})
    write_text(PAGE, markdown(shown))


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "reproduce gallery --only spectrum", prog="reproduce gallery", description=__doc__
    )
    names = [entry.name for entry in entries()]
    made.add_argument(
        "--only", action="append", metavar="NAME", choices=names, help=f"of {', '.join(names)}"
    )
    made.add_argument("--out", type=folder, default=OUT, help="folder (default: figures/gallery)")
    made.add_argument(
        "--docs", action="store_true", help="renew docs/gallery.md and its pictures, too"
    )
    return made


def main() -> int:
    """Make the pictures and the page; 1 if one failed that needs nothing to be fetched."""
    options = parser().parse_args()
    if options.docs and options.only:
        raise SettingError(expected="--docs or --only", found="both")
    out = writable_folder(options.out).resolve()
    chosen = [e for e in entries() if not options.only or e.name in options.only]
    with alone_in(out, say):
        shown = [(entry, make(entry, out)) for entry in chosen]
        write_text(out / "index.html", page(shown))
        if options.docs:
            keep([pair for pair in shown if not pair[1].problem], out)
    failed = [(entry, made) for entry, made in shown if made.problem]
    for entry, made in failed:
        say(f"{entry.name}: not made: {made.problem}")
    answer(str(out / "index.html"))
    return int(any(not entry.fetches for entry, _ in failed))


if __name__ == "__main__":
    sys.exit(run(main))
