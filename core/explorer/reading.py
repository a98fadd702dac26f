"""From the explorer's JSON files to `BlockAverages`; every number is looked at.

Block means are the means of the PSTH's bins, which are 15 times more precise than the stated ones:
of 150 numbers rounded to 0.01 the errors average out.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.errors import RecordingError
from core.explorer.averages import N_MS, BlockAverages, Rates
from core.explorer.files import EXPERIMENTS, Files
from core.statistics.windows import EVOKED, window_rate
from core.threads import N_THREADS

ANIMALS = {"A": "Alfa", "B": "Beto"}
AREAS = ("V1", "V4", "IT")
SPACES = ("fc6", "BigGAN", "BigGAN_class")
THREAD_WORDS = ("deepsim", "biggan")
"""What the files call thread 0 and thread 1, whatever was evolved there."""

ROUNDED = 0.011
"""Most by which a stated mean and the PSTH's may differ, events/s: both are rounded."""


def read_explorer(
    files: Files, shown: Callable[[Iterator, int], Iterator] = lambda items, n: items
) -> list[BlockAverages]:
    """All experiments, ascending.

    Parameters
    ----------
    files
        A copy of the data.
    shown
        Wraps the experiments and their number, to show how far it is.

    Raises
    ------
    RecordingError
        If a file is missing, or is not in the explorer's format; the file is named.
    """
    listed = _json(files, EXPERIMENTS)
    if not isinstance(listed, list) or not listed:
        raise _refuse(files, EXPERIMENTS, "a list of experiments", type(listed).__name__)
    names = [str(_field(files, EXPERIMENTS, entry, "id", str)) for entry in listed]
    experiments = [read_experiment(files, name) for name in shown(iter(names), len(names))]
    experiments.sort(key=lambda experiment: experiment.expi)
    numbers = [experiment.expi for experiment in experiments]
    if len(set(numbers)) < len(numbers):
        raise _refuse(files, EXPERIMENTS, "every experiment once", "one twice")
    return experiments


def read_experiment(files: Files, name: str) -> BlockAverages:
    """One experiment.

    Parameters
    ----------
    files
        A copy of the data.
    name
        Its folder, say ``Exp155-A``.

    Raises
    ------
    RecordingError
        As `read_explorer` does.
    """
    matched = re.fullmatch(r"Exp(\d{3,})-([A-Z])", name)
    if not matched or matched[2] not in ANIMALS:
        raise _refuse(files, name, "a folder ExpNNN-A or ExpNNN-B (Alfa, Beto)", name)
    where = f"{name}/meta.json"
    meta = _json(files, where)

    def field(key: str, kind: type | tuple[type, ...]) -> Any:
        return _field(files, where, meta, key, kind)

    unit = re.fullmatch(r"Ch(\d+)U(\d+)", field("unit", str))
    if unit is None:
        raise _refuse(files, where, "a unit like Ch12U1", repr(meta["unit"]))
    if field("animal", str) != matched[2]:
        raise _refuse(files, where, f"animal {matched[2]}", repr(meta["animal"]))
    spaces = tuple(field(f"thread{thread}_space", str) for thread in range(N_THREADS))
    for value, known in ((field("area", str), AREAS), *((space, SPACES) for space in spaces)):
        if value not in known:
            raise _refuse(files, where, f"one of {', '.join(known)}", repr(value))
    try:
        date = datetime.date.fromisoformat(field("date", str))
    except ValueError:
        raise _refuse(files, where, "a date like 2020-07-22", repr(meta["date"])) from None
    sizes = _numbers(files, where, field("image_size_deg", list), N_THREADS)
    x0, y0, x1, y1 = _numbers(files, where, field("image_pos_deg", list), 4)
    n_blocks = field("num_generations", int)
    evoked, reference = _trajectories(files, f"{name}/evol_traj.json", n_blocks)
    psth = _psths(files, name, n_blocks)
    from_bins = window_rate(psth.mean, EVOKED, axis=2)
    if (apart := np.abs(from_bins - evoked.mean).max()) > ROUNDED:
        raise _refuse(
            files, name, "PSTHs whose mean is evol_traj's", f"a difference of {apart:.2f} events/s"
        )
    return BlockAverages(
        expi=int(matched[1]),
        animal=ANIMALS[matched[2]],
        date=date,
        pref_chan=int(unit[1]),
        unit=int(unit[2]),
        area=meta["area"],
        spaces=spaces,
        imgsize=tuple(sizes),
        imgpos=((x0, y0), (x1, y1)),
        evoked=Rates(from_bins, evoked.sem),
        reference=reference,
        psth=psth,
    )


def _trajectories(files: Files, where: str, n_blocks: int) -> tuple[Rates, Rates]:
    """Evoked rates of the evolved and of the reference images, (n_blocks, 2) each."""
    rows = _json(files, where)
    if not isinstance(rows, list) or len(rows) != n_blocks or n_blocks < 1:
        found = len(rows) if isinstance(rows, list) else type(rows).__name__
        raise _refuse(files, where, f"{n_blocks} blocks, as meta.json says", found)
    numbers = [_field(files, where, row, "gen", int) for row in rows]
    if numbers != list(range(1, n_blocks + 1)):
        raise _refuse(files, where, f"the blocks 1 to {n_blocks}", numbers)
    return (
        _rates(files, where, rows, THREAD_WORDS),
        _rates(files, where, rows, tuple(f"ref_{word}" for word in THREAD_WORDS)),
    )


def _rates(files: Files, where: str, rows: list[dict], words: tuple[str, ...]) -> Rates:
    """Means and SEMs; a reference that a block lacks is NaN."""
    parts = []
    absent = np.nan if words[0].startswith("ref_") else None
    for suffix in ("", "_low", "_high"):
        keys = [f"{word}{suffix}" for word in words]
        values = [row.get(key, absent) for row in rows for key in keys]
        parts.append(_array(files, where, values, missing=absent is not None))
    mean, low, high = (part.reshape(len(rows), len(words)) for part in parts)
    return Rates(mean, (high - low) / 2)


def _psths(files: Files, name: str, n_blocks: int) -> Rates:
    mean, sem = np.empty((2, n_blocks, N_THREADS, N_MS))
    for block in range(n_blocks):
        for thread, word in enumerate(THREAD_WORDS):
            where = f"{name}/gen_{block + 1:02d}/{word}_psth.json"
            content = _json(files, where)
            for target, key in ((mean, "mean_rate"), (sem, "sem")):
                values = _field(files, where, content, key, list)
                if len(values) != N_MS:
                    raise _refuse(files, where, f"{N_MS} numbers in {key}", len(values))
                target[block, thread] = _array(files, where, values)
    return Rates(mean, sem)


def _array(files: Files, where: str, values: list, missing: bool = False) -> np.ndarray:
    if not {type(value) for value in values} <= {float, int}:
        wrong = next(value for value in values if type(value) not in (float, int))
        raise _refuse(files, where, "numbers", repr(wrong))
    array = np.array(values, dtype=float)
    allowed = np.isfinite(array) & (array >= -ROUNDED)
    if not (allowed | (missing & np.isnan(array))).all():
        raise _refuse(files, where, "rates", "a negative or infinite number, or NaN")
    return array


def _numbers(files: Files, where: str, values: list, n: int) -> list[float]:
    if len(values) != n or any(type(value) not in (float, int) for value in values):
        raise _refuse(files, where, f"{n} numbers", values)
    return [float(value) for value in values]


def _field(files: Files, where: str, content: Any, key: str, kind: type | tuple[type, ...]) -> Any:
    value = content.get(key) if isinstance(content, dict) else None
    if not isinstance(value, kind):
        raise _refuse(files, where, f"the key {key}", repr(value))
    return value


def _json(files: Files, name: str) -> Any:
    if name not in files.names:
        raise _refuse(files, name, "this file", "none")
    try:
        return json.loads(files.read(name))
    except (ValueError, RecursionError) as error:
        raise _refuse(files, name, "JSON", f"something else ({error})") from None


def _refuse(files: Files, name: str, expected: object, found: object) -> RecordingError:
    return RecordingError(path=f"{files.where}/{name}", expected=expected, found=found)
