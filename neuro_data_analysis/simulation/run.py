"""Simulating the data set: all experiments in parallel, their files, ``SIMULATED.json``."""

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from core.contract.provenance import (
    SIMULATION_FILE_NAME,
    read_provenance,
    simulation_record,
)
from core.errors import ContractError, FullDiskError, RunError, SettingError
from core.files import (
    LOCK_NAME,
    TEMPORARY_PREFIX,
    alone_in,
    sha256,
    writable_folder,
    write_json,
)
from core.matlab.writing import write_matfile
from core.moving import is_moving
from core.parallel import ordered_map
from core.progress import answer, progress, say
from neuro_data_analysis.export.run import export_all
from neuro_data_analysis.image_similarity.practice import FOLDER as PRACTICE_FOLDER
from neuro_data_analysis.image_similarity.practice import write_practice
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, VARIABLE, open_recordings
from neuro_data_analysis.recordings.experiment_records import EVOLUTION_TABLE, TUNING_TABLE
from neuro_data_analysis.recordings.formatted import formatted_file
from neuro_data_analysis.recordings.layout import (
    FORMATTED_FOLDER,
    LINEARITY_FILES,
    LINEARITY_FOLDER,
    PROTOTYPES_FOLDER,
    RECORDS_FOLDER,
    SIMILARITY_FILE,
    Folders,
)
from neuro_data_analysis.simulation.descriptors import CI_SUBSET, N_ELEMENTS, descriptors
from neuro_data_analysis.simulation.parameters import DEFAULT_SEED, VERSION, Parameters
from neuro_data_analysis.simulation.record import FIELDS, TrialRecord, matlab_element
from neuro_data_analysis.simulation.simulator import Simulator
from neuro_data_analysis.simulation.tables import write_records, write_similarity
from neuro_data_analysis.simulation.tuning import TuningSchedule, schedules

Subset = Literal["all", "ci"] | Sequence[int]

BYTES_PER_EXPERIMENT = 3_000_000
"""Disk to ask for: recordings, their exports, and the old file that is replaced."""

MATROOT_FOLDER = "matroot"
SOURCE_DATA_FOLDER = "source_data"


def simulate_recordings(
    out: Path,
    seed: int = DEFAULT_SEED,
    subset: Subset = "all",
    n_jobs: int = 2,
    parameters: Parameters | None = None,
) -> dict:
    """Simulate the paired evolutions and write them as recordings under ``out/matroot``.

    The same seed and subset give the same bytes, whatever `n_jobs`; an experiment is the same in
    every subset.

    Parameters
    ----------
    out
        Empty folder, or one that an earlier simulation made.
    seed
        Seed of the world and, with the experiment's number, of every experiment.
    subset
        ``all`` 170 experiments, ``ci`` for 14 of them, or a list of Expi.
    n_jobs
        Processes.
    parameters
        Constants of the model.

    Returns
    -------
    dict
        Content of ``SIMULATED.json``.

    Raises
    ------
    SettingError
        If `out` holds files of another origin, or `subset` names an experiment that is not there.
    RunError
        If there is no room for the recordings, or what was written is gone.
    """
    resolve_subset(subset)
    refuse_foreign_folder(out)
    with alone_in(out, say):
        return _simulate(out, seed, subset, n_jobs, parameters or Parameters())


def bring_up_to_date(
    out: Path,
    seed: int = DEFAULT_SEED,
    subset: Subset = "all",
    n_jobs: int = 2,
    *,
    force: bool = False,
) -> None:
    """Simulate and export what is not there yet, and say so; waits for another run in `out`.

    Pictures to practise on come with it (`neuro_data_analysis.image_similarity.practice`).

    Parameters
    ----------
    out
        Empty folder, or one that an earlier simulation made; another simulation is replaced.
    seed
        Seed of the world.
    subset
        ``all``, ``ci``, or a list of Expi.
    n_jobs
        Processes.
    force
        Simulate again even if the same is there.

    Raises
    ------
    SettingError
        If `out` holds files of another origin, or `subset` names an experiment that is not there.
    RunError
        If there is no room for the recordings, or what was written is gone.
    """
    resolve_subset(subset)
    refuse_foreign_folder(out)
    with alone_in(out, say):
        if force or not is_current(out, seed, subset):
            answer(f"Simulating recordings into {out / MATROOT_FOLDER}")
            _simulate(out, seed, subset, n_jobs, Parameters())
        if not is_exported(out):
            answer(f"Exporting source data to {out / SOURCE_DATA_FOLDER}")
            _export(out, n_jobs)
        if not (out / PRACTICE_FOLDER).is_dir():
            with open_recordings(out / MATROOT_FOLDER) as recordings:
                write_practice(recordings, out)


def _simulate(out: Path, seed: int, subset: Subset, n_jobs: int, parameters: Parameters) -> dict:
    chosen = resolve_subset(subset)
    scheduled = tuning_schedules(chosen)
    outside = [s.index for s in scheduled if s.evolution.Expi is None]
    refuse_foreign_folder(out)
    folder = writable_folder(out / MATROOT_FOLDER)
    refuse_full_disk(folder, len(chosen) + len(scheduled))
    write_json(out / SIMULATION_FILE_NAME, {"simulated": True, "complete": False})
    for name in (FORMATTED_FOLDER, RECORDS_FOLDER, PROTOTYPES_FOLDER, LINEARITY_FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.rmtree(out / PRACTICE_FOLDER, ignore_errors=True)
    simulator = Simulator(seed, parameters, folder / FORMATTED_FOLDER)
    pairs = ordered_map(simulator.paired_evolution, chosen, n_jobs)
    pairs = progress(pairs, len(chosen), "simulated experiments")
    similarity: dict[int, dict[str, float]] = {}
    path = folder / EVOLUTION_FILES[0]
    write_matfile(path, VARIABLE, _elements(_kept(pairs, similarity)), FIELDS)
    others = ordered_map(simulator.outside_evolution, outside, n_jobs)
    for _ in progress(others, len(outside), "simulated tuning recordings"):
        pass
    write_similarity(folder / PROTOTYPES_FOLDER, similarity)
    if scheduled:
        write_records(folder / RECORDS_FOLDER, scheduled)
    # in a process of its own, with one thread, so that rounding is the same on every machine
    for _ in ordered_map(simulator.linearity, [folder / LINEARITY_FOLDER], 1):
        pass
    planned = planned_files(chosen)
    refuse_gaps(out, planned)
    provenance = {
        **description(seed, subset, parameters),
        "simulated": True,
        "complete": True,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "n_experiments": len(chosen),
        "n_tuning_recordings": len(scheduled),
        "files": {name: sha256(out / name) for name in planned},
    }
    write_json(out / SIMULATION_FILE_NAME, provenance)
    return provenance


def tuning_schedules(chosen: list[int]) -> list[TuningSchedule]:
    """Tuning recordings that follow the chosen experiments.

    Those whose evolution is outside the paired data set come with ``all`` and ``ci``.

    Examples
    --------
    >>> [schedule.number for schedule in tuning_schedules([25])]
    [8]
    """
    outside = chosen in (resolve_subset("all"), resolve_subset("ci"))
    return [
        schedule
        for schedule in schedules()
        if schedule.evolution.Expi in chosen or (outside and schedule.evolution.Expi is None)
    ]


def planned_files(chosen: list[int]) -> list[str]:
    """Paths below the folder of a simulation of all files that it consists of.

    Examples
    --------
    >>> files = planned_files([25])
    >>> len(files), files[0], files[-3]
    (7, 'matroot/Both_BigGAN_FC6_Evol_Stats.mat', 'matroot/prototypes/similarity.csv')
    """
    root = Path(MATROOT_FOLDER)
    folders = Folders.below(root)
    scheduled = tuning_schedules(chosen)
    recordings = [s.ephysFN for s in scheduled]
    recordings += [s.evolution.ephysFN for s in scheduled if s.evolution.Expi is None]
    tables = (TUNING_TABLE, EVOLUTION_TABLE) if scheduled else ()
    files = [
        root / EVOLUTION_FILES[0],
        folders.prototypes / SIMILARITY_FILE,
        *(folders.linearity / name for name in LINEARITY_FILES.values()),
        *(formatted_file(folders.formatted, name) for name in recordings),
        *(folders.records / f"{name}.csv" for name in tables),
    ]
    return sorted({path.as_posix() for path in files})


def refuse_gaps(out: Path, planned: list[str]) -> None:
    """Raise a RunError if a file that was to be written is not there.

    Parameters
    ----------
    out
        Folder of the simulation.
    planned
        Paths below it; see `planned_files`.
    """
    gone = [name for name in planned if not (out / name).is_file()]
    if gone:
        raise RunError(
            path=out / gone[0],
            expected="the file that was just written",
            found=f"none, and {len(gone)} of {len(planned)} files are gone",
            advice="something else removes files there; run the same again",
        )


def description(seed: int, subset: Subset, parameters: Parameters) -> dict:
    """What makes two simulations the same.

    Parameters
    ----------
    seed
        Seed of the world.
    subset
        ``all``, ``ci``, or a list of Expi.
    parameters
        Constants of the model.
    """
    return {
        "simulator_version": VERSION,
        "seed": seed,
        "experiments": resolve_subset(subset),
        # through JSON, so that tuples compare equal to what is read back
        "parameters": json.loads(json.dumps(parameters.as_dict())),
    }


def is_current(out: Path, seed: int, subset: Subset, parameters: Parameters | None = None) -> bool:
    """Whether a folder holds the whole result of this very simulation.

    Parameters
    ----------
    out
        Folder of the simulation.
    seed
        Seed of the world.
    subset
        ``all``, ``ci``, or a list of Expi.
    parameters
        Constants of the model; None for the usual ones.
    """
    found = simulation_record(out) or {}
    expected = description(seed, subset, parameters or Parameters())
    if not found.get("complete") or any(found.get(key) != expected[key] for key in expected):
        return False
    files = found.get("files")
    if not isinstance(files, dict) or sorted(files) != planned_files(resolve_subset(subset)):
        return False
    return all(_hash_of(out / name) == digest for name, digest in files.items())


def resolve_subset(subset: Subset) -> list[int]:
    """Numbers of the experiments to simulate, ascending.

    Raises
    ------
    SettingError
        If one of them is not there.

    Examples
    --------
    >>> resolve_subset([155, 3, 3])
    [3, 155]
    """
    if subset == "all":
        return sorted(descriptors())
    chosen = CI_SUBSET if subset == "ci" else subset
    unknown = sorted(set(chosen) - set(descriptors()))
    if unknown or not chosen:
        raise SettingError(
            path="subset",
            expected=f"numbers of usable experiments (170 of 1 to {N_ELEMENTS})",
            found=unknown or "none",
        )
    return sorted(set(chosen))


def refuse_foreign_folder(out: Path) -> None:
    """Raise a SettingError unless a folder is empty, absent, or made by a simulation."""
    if not out.exists() or (out / SIMULATION_FILE_NAME).is_file():
        return
    files = (path for path in out.rglob("*") if path.is_file() and path.name != LOCK_NAME)
    foreign = [path for path in files if not path.name.startswith(TEMPORARY_PREFIX)]
    if foreign:
        raise SettingError(
            path=out,
            expected="an empty folder or one of simulated recordings",
            found=f"{foreign[0].relative_to(out)}, which no simulation wrote",
        )


def refuse_full_disk(folder: Path, n_experiments: int) -> None:
    """Raise a FullDiskError where the recordings would not fit.

    Parameters
    ----------
    folder
        Folder to write.
    n_experiments
        Number of experiments and tuning recordings.
    """
    needed = n_experiments * BYTES_PER_EXPERIMENT
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FullDiskError(
            path=folder,
            expected=f"at least {needed / 1e6:.0f} MB of free disk",
            found=f"{free / 1e6:.0f} MB",
            advice="make room and run the same again",
        )


def _kept(
    pairs: Iterator[tuple[TrialRecord, dict[str, float]]], similarity: dict[int, dict[str, float]]
) -> Iterator[TrialRecord]:
    """The records, while each one's similarities go into `similarity` by Expi."""
    for record, of_record in pairs:
        similarity[record.descriptor.Expi] = of_record
        yield record


def _elements(records: Iterator[TrialRecord]) -> Iterator[dict | None]:
    """All 190 elements in order; None where there is no recording."""
    following = next(records, None)
    for expi in range(1, N_ELEMENTS + 1):
        if following is None or following.descriptor.Expi != expi:
            yield None
            continue
        yield matlab_element(following)
        following = next(records, None)


def export_simulated(out: Path, n_jobs: int = 2) -> None:
    """Export source data from simulated recordings.

    Parameters
    ----------
    out
        Folder of the simulation.
    n_jobs
        Processes that fit tuning curves.
    """
    with alone_in(out, say):
        _export(out, n_jobs)


def _export(out: Path, n_jobs: int) -> None:
    recordings_hash = _recordings_hash(out)
    with open_recordings(out / MATROOT_FOLDER) as recordings:
        export_all(
            recordings,
            out / SOURCE_DATA_FOLDER,
            Folders.below(out / MATROOT_FOLDER),
            n_jobs=n_jobs,
            force=True,
            details={"simulated": True, "recordings_sha256": recordings_hash},
        )


def is_exported(out: Path) -> bool:
    """Whether the source data of `out` were made from its recordings, and none is missing."""
    folder = out / SOURCE_DATA_FOLDER
    if is_moving(folder):
        return False
    try:
        records = read_provenance(folder)
    except ContractError:
        return False
    recordings_hash = _recordings_hash(out)
    return bool(records) and all(
        record.details.get("recordings_sha256") == recordings_hash
        and (folder / name).is_file()
        and (folder / name).stat().st_size == record.bytes
        for name, record in records.items()
    )


def _recordings_hash(out: Path) -> str:
    """One SHA-256 for all recorded files and their hashes, empty where there are none."""
    files = (simulation_record(out) or {}).get("files")
    if not isinstance(files, dict):
        return ""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _hash_of(path: Path) -> str | None:
    return sha256(path) if path.is_file() else None
