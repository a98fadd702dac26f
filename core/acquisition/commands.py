"""What ``./reproduce download`` and ``import`` do."""

from argparse import Namespace
from pathlib import Path

from core.acquisition.explorer import (
    IMAGES_FOLDER,
    NUMBERS,
    OTHER,
    Taken,
    fetch_explorer,
    holds_explorer,
    import_explorer,
)
from core.acquisition.local_import import import_source_data
from core.acquisition.osf import OsfSettings
from core.acquisition.osf_download import fetch_source_data
from core.acquisition.problems import Problem, problems, table
from core.figures import FIGURES, RECORDED, chosen_figures
from core.progress import answer, say
from core.project import EXPLORER_DATA, SOURCE_DATA


def download_from_osf(options: Namespace) -> int:
    """Fetch source data from OSF; 0 if every file is there and sound."""
    figures = chosen_figures(options.figure, RECORDED)
    out = options.out or SOURCE_DATA
    settings = OsfSettings.from_environment(options.project, options.token)
    done = fetch_source_data(out, settings, figures, options.force, say)
    adopted = f", {len(done.adopted)} found there already" if done.adopted else ""
    answer(
        f"{len(done.placed)} files fetched, {done.n_bytes / 1e6:.1f} MB{adopted}; "
        f"{done.n_sound} are there and sound. {done.n_requests} requests, {done.seconds:.1f} s."
    )
    on_osf = f"a file on OSF, project {settings.project}"
    lost = [Problem(path, on_osf, "none") for path in done.absent]
    lost += [Problem(path, on_osf, why) for path, why in done.failed.items()]
    known = {row.file for row in lost}
    rows = lost + [row for row in problems(out, figures) if row.file not in known]
    if rows:
        answer(f"{len(rows)} things are not as they should be:\n{table(rows)}")
    return 1 if rows else 0


def download_from_explorer(options: Namespace) -> int:
    """Fetch the explorer's numbers; 0 if they are there."""
    root = options.out or EXPLORER_DATA
    done = fetch_explorer(root, options.images, force=options.force)
    answer(f"{root}: there already." if done is None else _words(done, root))
    return 0


def import_from_path(options: Namespace) -> int:
    """Take data from a zip or folder; 0 if nothing is refused and all is sound."""
    if holds_explorer(options.path):
        root = options.out or EXPLORER_DATA
        done = import_explorer(options.path, root, options.images)
        answer(_words(done, root))
        return 0
    out = options.out or SOURCE_DATA
    done = import_source_data(options.path, out, options.force, say)
    known = f", {done.n_known} were there already" if done.n_known else ""
    answer(f"{len(done.placed)} files taken, {done.n_bytes / 1e6:.1f} MB{known}.")
    if done.refused:
        answer(f"{len(done.refused)} are not taken:\n{table(done.refused)}")
    folders = {Path(path).parent.as_posix() for path in done.placed}
    figures = [figure.word for figure in FIGURES.values() if figure.folder in folders]
    if rows := problems(out, figures):
        answer(f"In the folders of these figures now:\n{table(rows)}")
    return 1 if done.refused or rows else 0


def _words(done: Taken, root: Path) -> str:
    parts = []
    if done.n_experiments:
        what = f"block averages of {done.n_experiments} experiments"
        parts.append(f"{root}: {what}; {done.verified}.")
    if done.differing:
        first = ", ".join(done.differing[:3])
        parts.append(
            f"{len(done.differing)} folders differ (first: {first}). They fit the format and are "
            "used; their origin counts as unknown, and the report says so."
        )
    if done.n_images:
        checked = "" if done.verified not in (OTHER, NUMBERS) else ", not verified"
        parts.append(f"{done.n_images} images in {root / IMAGES_FOLDER}{checked}.")
    return "\n".join(parts)
