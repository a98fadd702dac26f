"""Tables as an NWB file, written by pynwb; the same tables give the same bytes.

pynwb gives every object a random id and notes when it wrote: here ids follow from the object's
path, and the date repeats the session's. The file is put together in memory and then written at
once, since HDF5 can crash where a disk is full.
"""

import datetime
import uuid
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import h5py
import numpy as np
from hdmf.common import DynamicTable, VectorData
from hdmf.container import AbstractContainer
from pynwb import NWBHDF5IO, H5DataIO, NWBFile
from pynwb.file import Subject

from core.errors import RecordingError
from core.files import replacing
from neuro_data_analysis.nwb.metadata import Metadata
from neuro_data_analysis.nwb.naming import SIMULATED, subject_id
from neuro_data_analysis.nwb.tables import NwbTable
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import area_of_channel
from neuro_data_analysis.recordings.nwb_fields import UNITS

COMPRESS_FROM = 512
"""Columns of at least so many numbers are compressed."""

NAMESPACE = uuid.UUID("a5c7a4a0-7d5c-5f53-9a7e-0f6f64a1f9d4")
"""Of the ids of objects."""

KEYWORDS = ["paired evolution", "image synthesis", "visual cortex", "closed loop"]


class NwbSession(NamedTuple):
    """An experiment and what is known about it beside its tables."""

    experiment: Experiment
    metadata: Metadata
    simulated: bool


def write_session(
    path: Path,
    session: NwbSession,
    tables: dict[str, NwbTable],
    codes: dict[str, NwbTable] | None = None,
) -> None:
    """Write one NWB file, whole or not at all.

    Parameters
    ----------
    path
        File to write or replace.
    session
        What it is about.
    tables
        What `tables_of` gives.
    codes
        What `code_tables` gives, for a module of its own.

    Raises
    ------
    FullDiskError
        If there is no room.
    """
    nwb = _nwb_file(session)
    _add_electrodes(nwb, session.experiment)
    module = nwb.create_processing_module(
        "ecephys", "Multi-unit responses to every image, and the experiment around them."
    )
    for name, table in tables.items():
        module.add(_dynamic_table(name, table, nwb if name == UNITS else None))
    if codes:
        module = nwb.create_processing_module("optimizer", "Codes of images, as they evolved.")
        for name, table in codes.items():
            module.add(_dynamic_table(name, table, None))
    _name_objects(nwb)
    with replacing(path) as temporary:
        temporary.write_bytes(_image(nwb))


def _image(nwb: NWBFile) -> bytes:
    """The bytes of the file."""
    with (
        h5py.File("in memory", "w", driver="core", backing_store=False) as file,
        NWBHDF5IO(file=file, mode="w") as io,
    ):
        io.write(nwb)
        file.flush()
        return file.id.get_file_image()


def _nwb_file(session: NwbSession) -> NWBFile:
    experiment, metadata, simulated = session
    day = experiment.expdate
    start = datetime.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(metadata.time_zone))
    animal = metadata.subjects[experiment.Animal]
    first, second = experiment.space_names
    prefix = f"{SIMULATED} DATA: no animal was recorded. " if simulated else ""
    return NWBFile(
        session_description=f"{prefix}Paired evolution of images for one site: generators {first} "
        f"(thread 0) and {second} (thread 1), optimized in turn by its spikes, with natural "
        "reference images. Only the day of the recording is known, so the session starts at "
        "00:00; when single images were shown is not known, only in which order.",
        identifier=experiment.ephysFN,
        session_id=experiment.ephysFN,
        session_start_time=start,
        # a date of its own in every run would make files differ that hold the same
        file_create_date=start,
        notes="file_create_date repeats the session's start, so that the same recordings give the "
        "same file.",
        experiment_description=f"{prefix}Each block shows one population of images of each "
        "thread and natural references, interleaved; then an optimizer of each thread proposes "
        "the next population from the rates of the preferred unit.",
        experimenter=list(metadata.experimenter),
        institution=metadata.institution,
        related_publications=list(metadata.related_publications) or None,
        keywords=[SIMULATED, *KEYWORDS] if simulated else KEYWORDS,
        subject=Subject(
            subject_id=subject_id(experiment.Animal, simulated=simulated),
            description=f"{prefix}Monkey {experiment.Animal}.",
            species=animal.species,
            sex=animal.sex,
            age=animal.age,
        ),
    )


def _add_electrodes(nwb: NWBFile, experiment: Experiment) -> None:
    """A row per channel that has a unit; its id is the channel."""
    device = nwb.create_device("arrays", description="Chronically implanted electrode arrays.")
    group = nwb.create_electrode_group(
        "arrays",
        description="All channels of the arrays, numbered through; their areas: location of each.",
        location="visual cortex",
        device=device,
    )
    for channel in np.unique(experiment.spikeID):
        nwb.add_electrode(id=int(channel), group=group, location=_area(experiment, int(channel)))


def _area(experiment: Experiment, channel: int) -> str:
    try:
        return area_of_channel(channel, experiment.Animal, experiment.expdate)
    except RecordingError:  # another animal, or a channel that no array has
        return "unknown"


def _dynamic_table(name: str, table: NwbTable, with_electrodes: NWBFile | None) -> DynamicTable:
    columns = [
        VectorData(name=column, description=description, data=_stored(values))
        for column, (values, description) in table.columns.items()
    ]
    # from an array, since pynwb converts its own list of ids one by one
    common = {"name": name, "description": table.description, "id": np.arange(_n_rows(table))}
    if with_electrodes is None:
        return DynamicTable(columns=columns, **common)
    channels = table.columns["channel"].values
    rows = np.searchsorted(np.unique(channels), channels).tolist()
    columns.append(
        with_electrodes.create_electrode_table_region(
            region=rows, description="electrode of the unit", name="electrode"
        )
    )
    return DynamicTable(columns=columns, **common)


def _n_rows(table: NwbTable) -> int:
    return len(next(iter(table.columns.values())).values)


def _stored(values: Any) -> Any:
    if not isinstance(values, np.ndarray) or values.size < COMPRESS_FROM:
        return values
    return H5DataIO(values, compression="gzip", compression_opts=4, shuffle=True)


def _name_objects(nwb: NWBFile) -> None:
    """Ids that follow from what the file is about, in place of random ones."""
    for container in nwb.all_children():
        identity = uuid.uuid5(NAMESPACE, f"{nwb.identifier}/{_place(container)}")
        # hdmf reads ids from files, and has no other way to set them
        container._AbstractContainer__object_id = str(identity)


def _place(container: AbstractContainer | None) -> str:
    """Types and names of a container and those that hold it: things of two types share names."""
    if container is None:
        return ""
    return f"{_place(container.parent)}/{type(container).__name__} {container.name}"
