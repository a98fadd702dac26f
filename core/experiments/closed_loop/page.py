"""The page of a session: what it does, trajectories, best images, what was wrong.

One HTML file without anything beside it, written anew after every block; it refreshes by itself.
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from core.experiments.closed_loop.chart import chart
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.manifest import read_manifest
from core.experiments.closed_loop.record import Kept
from core.experiments.closed_loop.tracking import Course, course_of, drift_note
from core.files import write_text

REFRESH = 2
"""Seconds after which the page asks for itself again."""

N_BEST = 6
"""Images of each thread that are shown."""

THUMBNAIL = 112
"""Pixels of an image on the page."""

N_EARLIER = 40
"""Notes of earlier blocks that are listed."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 62rem;
       padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.3rem; margin: 0 0 .3rem } h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem }
.state { font-size: 1.05rem } .simulated { background: #b00020; color: #fff; padding: .35rem .8rem;
       font-weight: 600; margin: .6rem 0 }
svg { width: 100%; height: auto; font-size: 14px } svg text { fill: #404040 }
svg .mid { text-anchor: middle } svg .end { text-anchor: end }
svg .mark { text-anchor: middle; font-size: 96px; font-weight: 700; fill: #000; fill-opacity: .1 }
.best { display: flex; flex-wrap: wrap; gap: .6rem }
figure { margin: 0; text-align: center; font-size: .85rem } figcaption { color: #444 }
ul { margin: .2rem 0; padding-left: 1.2rem } .quiet { color: #555 }
table { border-collapse: collapse } td, th { padding: .1rem .9rem .1rem 0; text-align: left;
       font-variant-numeric: tabular-nums; font-weight: normal } th { color: #555 }
"""


@dataclass
class State:
    """What a session does at the moment.

    Attributes
    ----------
    names
        Of the threads.
    doing
        A sentence: what is waited for, or why it ended.
    pending
        What is wrong with what the rig gave for the block that is waited for, and second answers.
    is_finished
        Whether the page has nothing more to wait for.
    """

    names: Sequence[str]
    doing: str = ""
    pending: list[str] = field(default_factory=list)
    is_finished: bool = False


def write_session_page(folder: Folder, kept: Sequence[Kept], state: State) -> None:
    """Write the page.

    Parameters
    ----------
    folder
        The session's folder.
    kept
        Blocks that were answered.
    state
        What it does.
    """
    write_text(folder.page, page_html(folder, kept, state))


def page_html(folder: Folder, kept: Sequence[Kept], state: State) -> str:
    """The page as text; see `write_session_page`.

    Parameters
    ----------
    folder, kept, state
        See `write_session_page`.
    """
    trajectory = course_of(kept)
    simulated = folder.is_simulated or any(block.is_simulated for block in kept)
    title = f"Session {html.escape(folder.root.resolve().name)}"
    refresh = "" if state.is_finished else f'<meta http-equiv="refresh" content="{REFRESH}">'
    parts = [f"<h1>{title}</h1>"]
    if simulated:
        parts.append(
            '<p class="simulated">SIMULATED: a model neuron answers, nothing was recorded</p>'
        )
    parts.append(f'<p class="state">{html.escape(state.doing)}</p>')
    parts += _notes_now(kept, trajectory, state)
    if kept:
        parts += ["<h2>Scores</h2>", chart(trajectory, state.names, simulated)]
        parts.append(_table(trajectory, state.names))
        for thread, name in enumerate(state.names):
            parts += _best_images(folder, kept[-1], thread, name)
        parts += _notes_before(kept)
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{refresh}<title>{'SIMULATED: ' if simulated else ''}{title}</title>"
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _notes_now(kept: Sequence[Kept], trajectory: Course, state: State) -> list[str]:
    parts = []
    if state.pending:
        parts += ["<h2>Not taken</h2>", _list(state.pending)]
    if kept:
        notes = [*kept[-1].notes, *drift_note(trajectory)]
        parts.append(f"<h2>What was wrong with block {kept[-1].number}</h2>")
        parts.append(_list(notes) if notes else '<p class="quiet">Nothing.</p>')
    return parts


def _notes_before(kept: Sequence[Kept]) -> list[str]:
    earlier = [
        f"block {block.number}: {note}" for block in reversed(kept[:-1]) for note in block.notes
    ]
    if not earlier:
        return []
    more = len(earlier) - N_EARLIER
    rest = [f"and {more} more, in record/block*/notes.json"] if more > 0 else []
    return ["<h2>Before</h2>", _list([*earlier[:N_EARLIER], *rest])]


def _table(trajectory: Course, names: Sequence[str]) -> str:
    def cells(mean: float, sem: float) -> str:
        return f"<td>{mean:.4g}</td><td>{sem:.2g}</td>"

    rows = [
        f"<tr><td>{html.escape(name)}</td>{cells(means[0], sems[0])}"
        f"{cells(means[-1], sems[-1])}</tr>"
        for name, means, sems in zip(names, trajectory.means, trajectory.sems, strict=True)
    ]
    if np.isfinite(trajectory.references).any():
        first = cells(trajectory.references[0], trajectory.reference_sems[0])
        last = cells(trajectory.references[-1], trajectory.reference_sems[-1])
        rows.append(f"<tr><td>references</td>{first}{last}</tr>")
    head = "".join(f"<th>{words}</th>" for words in ("", "block 0", "SEM", "last block", "SEM"))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>".replace("nan", "–")


def _best_images(folder: Folder, block: Kept, thread: int, name: str) -> list[str]:
    rows = {
        row.code: row for row in read_manifest(folder.block(block.number)) if row.thread == thread
    }
    scores = block.scores[thread]
    best = [i for i in np.argsort(-scores, kind="stable") if np.isfinite(scores[i])][:N_BEST]
    figures = []
    for code in best:
        with Image.open(folder.block(block.number) / rows[code].file) as image:
            image.thumbnail((THUMBNAIL, THUMBNAIL))
            content = io.BytesIO()
            image.convert("RGB").save(content, "png")
        alt = f"{html.escape(name)}, image {code}"
        figures.append(
            f'<figure><img alt="{alt}" width="{THUMBNAIL}" src="{_as_uri(content.getvalue())}">'
            f"<figcaption>{scores[code]:.4g}</figcaption></figure>"
        )
    words = f"Best of {html.escape(name)} in block {block.number}"
    about = "few trials: the highest are partly luck" if len(best) else "none was shown"
    return [
        f'<h2>{words} <span class="quiet">({about})</span></h2>',
        f'<div class="best">{"".join(figures)}</div>',
    ]


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(words)}</li>' for words in sentences)}</ul>"


def _as_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
