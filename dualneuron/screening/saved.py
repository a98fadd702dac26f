"""A screen on disk: what it was made with, how far it is, and its responses in order at the end.

Beside the two folders of ordered responses and indices stands a third, which holds the settings
and, while the screen is under way, the responses so far. Images count as done once their responses
are written, so that an interrupted screen goes on with the next one.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core import interrupt
from core.errors import ImageError, SettingError, StateError
from core.files import is_full, no_room, replacing, staging_in, write_json
from core.settings import as_plain, check_same
from dualneuron.screening.ordering import Ends, sorted_units
from dualneuron.screening.streaming import Batch

SAVE_SECONDS = 10.0
"""Time between two notes of how far a screen is."""

SETTINGS, PROGRESS, SUMMARY = "settings.json", "progress.npz", "summary.json"
"""What a screen was made with; how far it is; what it found, once it is complete."""

RESPONSES = "responses.float32"
"""Raw responses so far, a row for each image."""


def folders_of(output_dir: Path, name: str) -> tuple[Path, Path, Path]:
    """Folders of a screen: ordered responses, ordered indices, and settings.

    Parameters
    ----------
    output_dir
        Folder of all screens.
    name
        Of this one: model, layer and data set, as in ``v1_None_rendered``.

    Examples
    --------
    >>> [path.name for path in folders_of(Path(), "v1_None_rendered")]
    ['v1_None_rendered_ordered_responses', 'v1_None_rendered_ordered_indices', \
'v1_None_rendered_screen']
    """
    kinds = ("ordered_responses", "ordered_indices", "screen")
    return tuple(output_dir / f"{name}_{kind}" for kind in kinds)


def read_facts(path: Path) -> dict[str, Any]:
    """What a file of a screen says: its settings or its summary.

    Raises
    ------
    StateError
        If it cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        found = error
    if not isinstance(found, dict):
        raise StateError(
            path=path,
            expected="what is known of a screen (JSON)",
            found=found if isinstance(found, ValueError) else "other JSON",
            advice=f"remove {path.parent} and the ordered results beside it to start anew",
        )
    return found


class SavedScreen:
    """A screen that can be interrupted; whoever opens it is `core.files.alone_in` its folder.

    Parameters
    ----------
    output_dir
        Folder of all screens.
    name
        Of this one.
    settings
        What it is made with, in types of JSON.
    n_units
        Number of units.
    top_k
        Keep so many images of each end of every unit; None keeps all.

    Attributes
    ----------
    n_done
        Images that were shown already.
    skipped
        Names of those that could not be read, by index.
    is_complete
        Whether all is written.

    Raises
    ------
    StateError
        If a screen of this name was made with other settings.
    SettingError
        If results of other origin lie where its own are to be.
    """

    def __init__(
        self,
        output_dir: Path,
        name: str,
        settings: Mapping[str, Any],
        n_units: int,
        top_k: int | None = None,
    ):
        self.responses, self.indices, self.folder = folders_of(output_dir, name)
        self.n_units, self.top_k = n_units, top_k
        self.n_done, self.skipped = 0, {}
        self._ends = None if top_k is None else Ends(n_units, top_k)
        self._saved_at = time.monotonic()
        self._settle_settings({**settings, "n_units": n_units, "top_k": top_k})
        self.is_complete = self._has_all_files()
        if self.is_complete:
            self._remove_what_led_here()  # a run that was killed at its end left it
        elif self._progress.is_file():
            self._go_on()
        self._file = None
        if self._ends is None and not self._has_written():
            self.n_done, self.skipped = 0, {}

    def _has_all_files(self) -> bool:
        names = [f"{unit}.npy" for unit in range(self.n_units)]
        folders = (self.responses, self.indices)
        files = (folder / name for folder in folders for name in names)
        return (self.folder / SUMMARY).is_file() and all(path.is_file() for path in files)

    @property
    def shards(self) -> Path:
        """Folder of what workers of a cluster gave."""
        return self.folder / "shards"

    @property
    def _progress(self) -> Path:
        return self.folder / PROGRESS

    @property
    def _raw(self) -> Path:
        return self.folder / RESPONSES

    def _settle_settings(self, settings: dict[str, Any]) -> None:
        path = self.folder / SETTINGS
        if not path.is_file():
            self._refuse_to_replace()
            write_json(path, json.loads(json.dumps(settings, default=as_plain)))
            return
        found = read_facts(path)
        try:
            check_same(settings, found, "a screen")
        except StateError as error:
            raise error.inside(path) from None

    def _refuse_to_replace(self) -> None:
        for folder in (self.responses, self.indices):
            if folder.exists():
                raise SettingError(
                    path=folder,
                    expected="no results of other origin where those of this screen are to be",
                    found="some",
                    advice="choose another folder for the output",
                )

    def _go_on(self) -> None:
        try:
            with self._progress.open("rb") as file, np.load(file, allow_pickle=False) as found:
                arrays = dict(found)
            self.n_done = int(arrays["n_done"])
            names = map(str, arrays["skipped_names"])
            self.skipped = dict(zip(arrays["skipped"].tolist(), names, strict=True))
            if self._ends is not None:
                self._ends.merge(arrays)
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
            raise StateError(
                path=self._progress,
                expected="the progress of a screen",
                found=f"a file that cannot be read ({error})",
                advice=f"remove {self.folder} to start anew",
            ) from None

    def _has_written(self) -> bool:
        return self._raw.is_file() and self._raw.stat().st_size >= self._n_bytes

    @property
    def _n_bytes(self) -> int:
        return 4 * self.n_units * self.n_done

    def add(self, part: Batch) -> None:
        """Keep the responses to the next images."""
        if self._ends is not None:
            with interrupt.held_back():
                self._ends.add(part.indices, part.responses)
                self._count(part)
        else:
            rows = np.full((len(part.span), self.n_units), np.nan, np.float32)
            rows[part.indices - part.span.start] = part.responses
            self._write(rows)
            self._count(part)
        if time.monotonic() - self._saved_at > SAVE_SECONDS:
            self.save()

    def add_ends(self, span: range, arrays: Mapping[str, np.ndarray], skipped: dict) -> None:
        """Keep the ends of the next images.

        Parameters
        ----------
        span
            Their indices.
        arrays
            Of `Ends.arrays`.
        skipped
            Names of those that could not be read, by index.
        """
        with interrupt.held_back():
            self._ends.merge(arrays)
            self._count(Batch(span, np.empty(0), np.empty(0), skipped))

    def _count(self, part: Batch) -> None:
        self.skipped.update(part.skipped)
        self.n_done = part.span.stop

    def _write(self, rows: np.ndarray) -> None:
        if self._file is None:
            descriptor = os.open(self._raw, os.O_RDWR | os.O_CREAT, 0o666)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            self._file.truncate(self._n_bytes)
        self._file.seek(self._n_bytes)
        left = memoryview(rows).cast("B")
        with _full_disk_told(self._raw):
            while left:
                left = left[self._file.write(left) :]

    def save(self) -> None:
        """Note how far it is; what was added until now is not shown again."""
        state = {
            "n_done": self.n_done,
            "skipped": np.array(list(self.skipped), np.int64),
            "skipped_names": np.array(list(self.skipped.values()), np.str_),
            **({} if self._ends is None else self._ends.arrays()),
        }
        with interrupt.held_back(), replacing(self._progress) as path, path.open("wb") as file:
            np.savez(file, **state)
        self._saved_at = time.monotonic()

    def close(self) -> None:
        """Close the file of the responses so far."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def finish(self, index_dtype: str, notes: Mapping[str, Any]) -> None:
        """Write the ordered responses and indices of every unit, and remove what led to them.

        Parameters
        ----------
        index_dtype
            ``int64`` or ``int32``.
        notes
            What else the summary is to say of the screen.

        Raises
        ------
        ImageError
            If no image could be read.
        """
        self.close()
        if self.n_done == len(self.skipped):
            raise nothing_read(self.n_done)
        with staging_in(self.folder) as staging, _full_disk_told(self.folder):
            made = [staging / folder.name for folder in (self.responses, self.indices)]
            for folder in made:
                folder.mkdir()
            for unit, responses, indices in self._units(staging):
                interrupt.check()
                np.save(made[0] / f"{unit}.npy", responses)
                np.save(made[1] / f"{unit}.npy", indices.astype(index_dtype, copy=False))
            for folder, final in zip(made, (self.responses, self.indices), strict=True):
                if final.is_dir():
                    shutil.rmtree(final)
                folder.rename(final)
        summary = {
            "n_images": self.n_done - len(self.skipped),
            "n_skipped": len(self.skipped),
            "skipped": list(self.skipped.values()),
            **notes,
        }
        write_json(self.folder / SUMMARY, summary)
        self.is_complete = True
        self._remove_what_led_here()

    def _remove_what_led_here(self) -> None:
        self._raw.unlink(missing_ok=True)
        self._progress.unlink(missing_ok=True)
        shutil.rmtree(self.shards, ignore_errors=True)

    def summary(self) -> dict[str, Any]:
        """What a complete screen found: images shown and skipped, and notes."""
        return read_facts(self.folder / SUMMARY)

    def _units(self, staging: Path) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        if self._ends is None:
            kept = np.ones(self.n_done, bool)
            kept[list(self.skipped)] = False
            scratch = staging / "by_unit.float32"
            yield from sorted_units(self._raw, self.n_units, scratch, kept)
            return
        responses, indices = self._ends.ordered()
        for unit in range(self.n_units):
            yield unit, responses[:, unit], indices[:, unit]


def nothing_read(n_images: int) -> ImageError:
    """The error for a set none of whose images can be read."""
    return ImageError(expected="images that can be read", found=f"none among {n_images}")


@contextmanager
def _full_disk_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise no_room(path, error) from None
        raise
