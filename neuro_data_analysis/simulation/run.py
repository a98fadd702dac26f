"""Simulating the data set: all experiments in parallel, their files, ``SIMULATED.json``."""

import datetime
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from core.contract.provenance import (
    SIMULATION_FILE_NAME,
    read_provenance,
    simulation_record,
)
from core.contract.source_data import EXAMPLE_EXPI
from core.errors import ContractError, SettingError
from core.files import TEMPORARY_PREFIX, sha256, writable_folder, write_json
from core.matlab.writing import write_matfile
from core.parallel import ordered_map
from core.progress import progress
from neuro_data_analysis.export.run import export_all
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, VARIABLE, open_recordings
from neuro_data_analysis.recordings.layout import (
    FORMATTED_FOLDER,
    LINEARITY_FOLDER,
    PROTOTYPES_FOLDER,
    RECORDS_FOLDER,
    Folders,
)
from neuro_data_analysis.simulation.descriptors import CI_SUBSET, N_ELEMENTS, descriptors
from neuro_data_analysis.simulation.evolution import Evolution, evolve
from neuro_data_analysis.simulation.formatted_files import write_formatted
from neuro_data_analysis.simulation.linearity import simulate_linearity
from neuro_data_analysis.simulation.parameters import DEFAULT_SEED, VERSION, Parameters
from neuro_data_analysis.simulation.record import FIELDS, Record, make_record, matlab_element
from neuro_data_analysis.simulation.similarity import (
    ReadoutNetwork,
    make_network,
    similarities,
)
from neuro_data_analysis.simulation.tables import write_linearity, write_records, write_similarity
from neuro_data_analysis.simulation.tuning import (
    TuningSchedule,
    formatted_evolution,
    schedules,
    simulate_tuning,
)
from neuro_data_analysis.simulation.world import World, make_world

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
    """
    parameters = parameters or Parameters()
    chosen = resolve_subset(subset)
    scheduled = tuning_schedules(chosen)
    outside = [s.index for s in scheduled if s.evolution.Expi is None]
    refuse_foreign_folder(out)
    folder = writable_folder(out / MATROOT_FOLDER)
    refuse_full_disk(folder, len(chosen) + len(scheduled))
    write_json(out / SIMULATION_FILE_NAME, {"simulated": True, "complete": False})
    for name in (FORMATTED_FOLDER, RECORDS_FOLDER, PROTOTYPES_FOLDER, LINEARITY_FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    setting = (seed, parameters, folder / FORMATTED_FOLDER)
    pairs = ordered_map(_simulate, chosen, n_jobs, initializer=_prepare, initargs=setting)
    pairs = progress(pairs, len(chosen), "simulated experiments")
    similarity: dict[int, dict[str, float]] = {}
    path = folder / EVOLUTION_FILES[0]
    write_matfile(path, VARIABLE, _elements(_kept(pairs, similarity)), FIELDS)
    others = ordered_map(_simulate_outside, outside, n_jobs, initializer=_prepare, initargs=setting)
    for _ in progress(others, len(outside), "simulated tuning recordings"):
        pass
    write_similarity(folder / PROTOTYPES_FOLDER, similarity)
    if scheduled:
        write_records(folder / RECORDS_FOLDER, scheduled)
    # in a process of its own, with one thread, so that rounding is the same on every machine
    tables = ordered_map(_write_linearity, [folder / LINEARITY_FOLDER], 1, _prepare, setting)
    for _ in tables:
        pass
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    provenance = {
        **description(seed, subset, parameters),
        "simulated": True,
        "complete": True,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "n_experiments": len(chosen),
        "n_tuning_recordings": len(scheduled),
        "files": {path.relative_to(out).as_posix(): sha256(path) for path in files},
    }
    write_json(out / SIMULATION_FILE_NAME, provenance)
    return provenance


def tuning_schedules(chosen: list[int]) -> list[TuningSchedule]:
    """Tuning recordings that follow the chosen experiments.

    Those whose evolution is outside the paired data set come with ``all`` and ``ci``.
    """
    outside = chosen in (resolve_subset("all"), resolve_subset("ci"))
    return [
        schedule
        for schedule in schedules()
        if schedule.evolution.Expi in chosen or (outside and schedule.evolution.Expi is None)
    ]


def description(seed: int, subset: Subset, parameters: Parameters) -> dict:
    """What makes two simulations the same."""
    return {
        "simulator_version": VERSION,
        "seed": seed,
        "experiments": resolve_subset(subset),
        # through JSON, so that tuples compare equal to what is read back
        "parameters": json.loads(json.dumps(parameters.as_dict())),
    }


def is_current(out: Path, seed: int, subset: Subset, parameters: Parameters | None = None) -> bool:
    """Whether `out` holds the whole result of this very simulation."""
    found = simulation_record(out) or {}
    expected = description(seed, subset, parameters or Parameters())
    if not found.get("complete") or any(found.get(key) != expected[key] for key in expected):
        return False
    files = found.get("files")
    return isinstance(files, dict) and all(
        _hash_of(out / name) == digest for name, digest in files.items()
    )


def resolve_subset(subset: Subset) -> list[int]:
    """Numbers of the experiments to simulate, ascending."""
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
    foreign = [p for p in out.rglob("*") if p.is_file() and not p.name.startswith(TEMPORARY_PREFIX)]
    if foreign:
        raise SettingError(
            path=out,
            expected="an empty folder or one of simulated recordings",
            found=f"{foreign[0].relative_to(out)}, which no simulation wrote",
        )


def refuse_full_disk(folder: Path, n_experiments: int) -> None:
    """Raise a SettingError where the recordings would not fit; a full disk can crash HDF5."""
    needed = n_experiments * BYTES_PER_EXPERIMENT
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SettingError(
            path=folder,
            expected=f"at least {needed / 1e6:.0f} MB of free disk",
            found=f"{free / 1e6:.0f} MB",
        )


_world: World
_network: ReadoutNetwork
_parameters: Parameters
_seed: int
_formatted: Path


def _prepare(seed: int, parameters: Parameters, formatted: Path) -> None:
    """Make the world once per process."""
    global _world, _network, _parameters, _seed, _formatted
    _seed, _parameters, _formatted = seed, parameters, formatted
    _world = make_world(seed, parameters)
    _network = make_network(seed)


def _simulate(expi: int) -> tuple[Record, dict[str, float]]:
    """One experiment with the tuning recordings after it, in a prepared process."""
    rng = _generator(1, expi)
    evolution = evolve(descriptors()[expi], _world, _parameters, rng)
    record = make_record(evolution, rng)
    for schedule in schedules():
        if schedule.evolution.Expi == expi:
            _write_tuning(schedule, evolution, _generator(2, schedule.index))
    return record, similarities(evolution, _network, _generator(3, expi))


def _simulate_outside(index: int) -> None:
    """One tuning recording whose evolution is outside the paired data set, and that evolution."""
    schedule, rng = schedules()[index], _generator(2, index)
    evolution = evolve(schedule.evolution, _world, _parameters, rng)
    record = make_record(evolution, rng)
    write_formatted(_formatted, formatted_evolution(record, rng))
    _write_tuning(schedule, evolution, rng)


def _write_tuning(schedule: TuningSchedule, evolution: Evolution, rng: np.random.Generator) -> None:
    recording = simulate_tuning(schedule, evolution, _world, _parameters, rng)
    write_formatted(_formatted, recording, schedule.has_unit_numbers)


def _write_linearity(folder: Path) -> None:
    write_linearity(folder, simulate_linearity(_world, _generator(4), _parameters))


def _generator(*spawn_key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(_seed, spawn_key=spawn_key))


def _kept(
    pairs: Iterator[tuple[Record, dict[str, float]]], similarity: dict[int, dict[str, float]]
) -> Iterator[Record]:
    """The records, while each one's similarities go into `similarity` by Expi."""
    for record, of_record in pairs:
        similarity[record.descriptor.Expi] = of_record
        yield record


def _elements(records: Iterator[Record]) -> Iterator[dict | None]:
    """All 190 elements in order; None where there is no recording."""
    following = next(records, None)
    for expi in range(1, N_ELEMENTS + 1):
        if following is None or following.descriptor.Expi != expi:
            yield None
            continue
        yield matlab_element(following)
        following = next(records, None)


def export_simulated(out: Path, n_jobs: int = 2) -> None:
    """Export source data from the simulated recordings of `out`."""
    recordings_hash = _recordings_hash(out)
    with open_recordings(out / MATROOT_FOLDER) as recordings:
        usable = recordings.usable()
        export_all(
            recordings,
            out / SOURCE_DATA_FOLDER,
            Folders.below(out / MATROOT_FOLDER),
            example_expi=EXAMPLE_EXPI if EXAMPLE_EXPI in usable else usable[0],
            n_jobs=n_jobs,
            force=True,
            details={"simulated": True, "recordings_sha256": recordings_hash},
        )


def is_exported(out: Path) -> bool:
    """Whether the source data of `out` were made from its recordings, and none is missing."""
    folder = out / SOURCE_DATA_FOLDER
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
