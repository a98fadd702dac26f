"""The data set of paired evolutions: where it lies under ``MATROOT`` and how it is opened.

The MATLAB file is read lazily, one field of one experiment at a time. The two published pickles are
read through the allow-list; what mat73 returns is taken as it is.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.contract.provenance import simulation_record
from core.contract.unpickling import load_pickle
from core.errors import MissingFileError, RecordingError, SettingError
from core.matlab.reading import StructArray, open_matfile
from neuro_data_analysis.recordings.conversion import describe
from neuro_data_analysis.recordings.experiment import Experiment, is_usable
from neuro_data_analysis.recordings.nwb_reading import (
    NWB_SUFFIX,
    nwb_elements,
    nwb_files,
    says_simulated,
)

VARIABLE = "BFEStats"
EVOLUTION_FILES = (
    "Both_BigGAN_FC6_Evol_Stats.mat",
    "Both_BigGAN_FC6_Evol_Stats_expsep.pkl",
    "Both_BigGAN_FC6_Evol_Stats.pkl",
)
"""Forms of the data set in the order in which they are looked for."""

SIMULATED = "(`./reproduce simulate` makes simulated ones in simulated_data/matroot)"
"""What to do where there are no recordings."""

UNSET = "no evolution is stored"
"""Why an element whose ``evol`` is empty is not used."""

MAX_PICKLE_BYTES = 64_000_000_000


class _PlainDict(dict):
    """Stands in for an attribute-dict, whose attributes repeat its items."""

    def __setstate__(self, state: Any) -> None:
        pass


_ATTRIBUTE_DICTS = dict.fromkeys(
    (("easydict", "EasyDict"), ("mat73", "AttrDict"), ("mat73.core", "AttrDict")), _PlainDict
)

Overrides = Mapping[int, Mapping[str, Any]]
"""``{Expi: {"optim_names": [..., ...], "stimuli": ...}}``."""


class Recordings(Sequence):
    """All elements of the data set, used or not; element ``Expi - 1`` is experiment Expi.

    Parameters
    ----------
    elements
        One mapping per element.
    name
        Where they came from, for messages.
    overrides
        Corrections by experiment number.
    marked_simulated
        Whether a ``SIMULATED.json`` lies beside the file.
    left_out
        Why experiments are not used although they are there, by number.
    """

    def __init__(
        self,
        elements: Sequence[Mapping],
        name: str = "recordings",
        overrides: Overrides | None = None,
        marked_simulated: bool = False,
        left_out: Mapping[int, str] | None = None,
    ):
        self.name = name
        self.left_out = dict(left_out or {})
        self._marked_simulated = marked_simulated
        self.elements = elements
        self._is_usable: dict[int, bool] = {}
        self.overrides = overrides or {}

    def __len__(self) -> int:
        return len(self.elements)

    def __getitem__(self, index: int) -> Experiment | None:
        """Experiment at a 0-based index, None where the element is unset or left out."""
        expi = index % len(self) + 1
        if expi in self.left_out:
            return None
        raw = self.elements[index]
        if expi not in self._is_usable:  # looked up once: it opens the struct
            try:
                self._is_usable[expi] = raw is not None and is_usable(raw)
            except RecordingError as error:
                raise error.inside(f"Exp {expi}").inside(self.name) from None
        return Experiment(expi, raw, self.overrides.get(expi)) if self._is_usable[expi] else None

    def experiment(self, expi: int) -> Experiment:
        """Experiment by its 1-based number.

        Raises
        ------
        RecordingError
            If it is not among the usable ones.
        """
        experiment = self[expi - 1] if 1 <= expi <= len(self) else None
        if experiment is None:
            raise RecordingError(
                path=self.name,
                expected=f"a recording of Exp {expi}",
                found=f"that it is left out ({self.left_out[expi]})"
                if expi in self.left_out
                else "none",
                advice=f"{len(self.usable())} of {len(self)} elements hold one",
            )
        return experiment

    def without(self, left_out: Mapping[int, str]) -> "Recordings":
        """The same data set without some experiments, as if they were unset.

        Parameters
        ----------
        left_out
            Why each is not used, by number.

        Raises
        ------
        RecordingError
            If there is no such element.
        """
        absent = [expi for expi in left_out if not 1 <= expi <= len(self)]
        if absent:
            raise RecordingError(
                path=self.name, expected=f"experiments 1 to {len(self)}", found=f"Exp {absent[0]}"
            )
        return Recordings(
            self.elements,
            self.name,
            self.overrides,
            self._marked_simulated,
            self.left_out | dict(left_out),
        )

    def skipped(self) -> dict[int, str]:
        """Why elements are not used, by number of the experiment, ascending."""
        unset = (index + 1 for index in range(len(self)) if self[index] is None)
        return {expi: self.left_out.get(expi, UNSET) for expi in unset}

    def usable(self) -> list[int]:
        """Numbers of the experiments that hold a recording, ascending."""
        return [experiment.Expi for experiment in self.experiments()]

    def experiments(self) -> Iterator[Experiment]:
        """The usable experiments one after the other; none is kept."""
        for index in range(len(self)):
            experiment = self[index]
            if experiment is not None:
                yield experiment

    def is_simulated(self) -> bool:
        """Whether the folder, any recording's name, or the recorded rates say that it is.

        The rates are those of the first and of the last experiment: reading all of them takes as
        long as the export.
        """
        if self._marked_simulated:
            return True
        usable = list(self.experiments())
        return any(e.is_simulated for e in usable) or any(
            e.is_signed for e in (*usable[:1], *usable[-1:])
        )


def matroot(option: str | Path | None = None) -> Path:
    """Folder of the recordings: the option, else the environment variable ``MATROOT``.

    Raises
    ------
    SettingError
        If neither is given, or it is no folder.

    Examples
    --------
    >>> matroot("/no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    core.errors.SettingError: MATROOT: expected the folder of the recordings, found none at ...
    """
    folder = option or os.environ.get("MATROOT")
    if not folder:
        raise SettingError(
            path="MATROOT",
            expected="the folder of the recordings",
            found="nothing",
            advice=f"set this environment variable {SIMULATED}",
        )
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise SettingError(
            path="MATROOT",
            expected="the folder of the recordings",
            found=f"none at {path.resolve()} {SIMULATED}",
        )
    return path


def evolution_file(folder: Path) -> Path:
    """The data set's file in a folder, in whichever form; the folder where it holds NWB files.

    Raises
    ------
    MissingFileError
        If none of the forms is there.
    SettingError
        If there are NWB files beside another form.
    """
    of_nwb = nwb_files(folder)
    for name in EVOLUTION_FILES:
        if (folder / name).is_file():
            if of_nwb:
                raise SettingError(
                    path=folder,
                    expected="recordings in one form",
                    found=f"{name} and {len(of_nwb)} NWB files",
                    advice="move one of them to a folder of its own",
                )
            return folder / name
    if of_nwb:
        return folder
    raise MissingFileError(
        path=folder,
        expected=f"{EVOLUTION_FILES[0]} (or its published pickle, or NWB files)",
        found=f"neither {SIMULATED}",
    )


def data_set_files(path: Path) -> list[Path]:
    """The files that hold a data set.

    Parameters
    ----------
    path
        What `evolution_file` gives: a file, or a folder of NWB files.
    """
    return nwb_files(path) if path.is_dir() else [path]


@contextmanager
def open_recordings(path: Path | str, overrides: Overrides | None = None) -> Iterator[Recordings]:
    """Open the data set.

    Parameters
    ----------
    path
        Its file, or the folder that holds it.
    overrides
        Corrections by experiment number.

    Raises
    ------
    MissingFileError, RecordingError
        If it is not there, or holds something else.

    Examples
    --------
    >>> with open_recordings("simulated_data/matroot") as recordings:  # doctest: +SKIP
    ...     print(recordings.experiment(155).space_names)
    ('fc6', 'BigGAN_class')
    """
    path = Path(path)
    if os.path.isdir(path):  # noqa: PTH112 (no error for a name that is too long)
        path = evolution_file(path)
    is_folder = os.path.isdir(path)  # noqa: PTH112
    marked = simulation_record(path if is_folder else path.parent) is not None
    if is_folder or path.suffix == NWB_SUFFIX:
        elements = nwb_elements(data_set_files(path))
        yield Recordings(elements, str(path), overrides, marked or says_simulated(elements))
        return
    if path.suffix == ".pkl":
        content = load_pickle(path, MAX_PICKLE_BYTES, _ATTRIBUTE_DICTS)
        yield recordings_from(content, str(path), overrides, marked)
        return
    with open_matfile(path) as variables:
        if VARIABLE not in variables:
            raise RecordingError(
                path=path, expected=f"the variable {VARIABLE}", found=", ".join(variables) or "none"
            )
        elements = variables[VARIABLE]
        if not isinstance(elements, StructArray):
            raise RecordingError(
                path=path,
                expected=f"{VARIABLE} to be a struct array",
                found=describe(elements),
            )
        yield Recordings(elements, str(path), overrides, marked)


def recordings_from(
    content: Any,
    name: str = "recordings",
    overrides: Overrides | None = None,
    marked_simulated: bool = False,
) -> Recordings:
    """Recordings from what mat73 or a published pickle returns.

    Parameters
    ----------
    content
        A list of elements, a dict of lists (one entry per element), or such a dict under the key
        ``BFEStats``.
    name
        Where it came from, for messages.
    overrides
        Corrections by experiment number.
    marked_simulated
        Whether a ``SIMULATED.json`` lies beside the file.

    Raises
    ------
    RecordingError
        If it is none of these.

    Examples
    --------
    >>> recordings_from([{"evol": None}, {"evol": {}}]).usable()
    [2]
    """
    if isinstance(content, Mapping) and VARIABLE in content:
        content = content[VARIABLE]
    if isinstance(content, Mapping) and "evol" in content:
        lengths = {len(entries) for entries in content.values() if isinstance(entries, list)}
        if len(lengths) != 1:
            raise RecordingError(
                path=name, expected="the same number of entries in every field", found=lengths
            )
        content = [
            {field: entries[index] for field, entries in content.items() if entries is not None}
            for index in range(lengths.pop())
        ]
    if not isinstance(content, list):
        raise RecordingError(
            path=name,
            expected="a list of experiments or a dict of lists",
            found=type(content).__name__,
        )
    return Recordings(content, name, overrides, marked_simulated)
