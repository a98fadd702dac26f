"""Tables as an NWB file, written by pynwb; the same tables give the same bytes.

pynwb gives every object a random id and notes when it wrote: here ids follow from the object's
path, and the date repeats the session's. The file is put together in memory and then written at
once, since HDF5 can crash where a disk is full.
"""

import datetime
import re
import uuid
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import h5py
import numpy as np
from hdmf.common import DynamicTable, VectorData
from hdmf.container import AbstractContainer
from pynwb import H5DataIO, NWBHDF5IO, NWBFile
from pynwb.file import Subject

from core.errors import RecordingError
from core.files import replacing
from neuro_data_analysis.nwb.metadata import Metadata
from neuro_data_analysis.nwb.tables import Table
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.naming import area_of_channel
from neuro_data_analysis.recordings.nwb_fields import UNITS
from neuro_data_analysis.recordings.nwb_reading import NWB_SUFFIX

SIMULATED = "SIMULATED"
"""In names and descriptions of what no animal did."""

COMPRESS_FROM = 512
"""Columns of at least so many numbers are compressed."""

NAMESPACE = uuid.UUID("a5c7a4a0-7d5c-5f53-9a7e-0f6f64a1f9d4")
"""Of the ids of objects."""

KEYWORDS = ["paired evolution", "image synthesis", "visual cortex", "closed loop"]


class Session(NamedTuple):
    """An experiment and what is known about it beside its tables."""

    experiment: Experiment
    metadata: Metadata
    is_simulated: bool


def file_of(experiment: Experiment, *, is_simulated: bool) -> Path:
    """Path of an experiment's file below the folder of all, as the archive DANDI has it.

    Parameters
    ----------
    experiment
        The experiment.
    is_simulated
        Whether it is simulated.

    Raises
    ------
    RecordingError
        If the recording has no name.
    """
    if not experiment.ephysFN:
        raise RecordingError(
            path=f"Exp {experiment.Expi}, field meta.ephysFN", expected="a name", found="none"
        )
    subject = _allowed(subject_id(experiment.Animal, is_simulated=is_simulated))
    folder = f"sub-{subject}"
    return Path(folder) / f"{folder}_ses-{_allowed(experiment.ephysFN)}{NWB_SUFFIX}"


def _allowed(name: str) -> str:
    """A name without the characters that part names in the archive."""
    return re.sub(r"[^A-Za-z0-9+-]", "-", name)


def subject_id(animal: str, *, is_simulated: bool) -> str:
    """Name of the subject; a simulated one bears it in its name.

    Parameters
    ----------
    animal
        Name of the animal.
    is_simulated
        Whether no animal was recorded.

    Examples
    --------
    >>> subject_id("Beto", is_simulated=True)
    'SIMULATED-Beto'
    """
    return f"{SIMULATED}-{animal}" if is_simulated else animal


def write_session(path: Path, session: Session, tables: dict[str, Table]) -> None:
    """Write one NWB file, whole or not at all.

    Parameters
    ----------
    path
        File to write or replace.
    session
        What it is about.
    tables
        What `tables_of` gives.

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
    _name_objects(nwb)
    with replacing(path) as temporary:
        temporary.write_bytes(_image(nwb))


def _image(nwb: NWBFile) -> bytes:
    """The bytes of the file."""
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        with NWBHDF5IO(file=file, mode="w") as io:
            io.write(nwb)
            file.flush()
            return file.id.get_file_image()


def _nwb_file(session: Session) -> NWBFile:
    experiment, metadata, is_simulated = session
    day = experiment.expdate
    start = datetime.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(metadata.time_zone))
    animal = metadata.subjects[experiment.Animal]
    first, second = experiment.space_names
    prefix = f"{SIMULATED} DATA: no animal was recorded. " if is_simulated else ""
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
        keywords=[SIMULATED, *KEYWORDS] if is_simulated else KEYWORDS,
        subject=Subject(
            subject_id=subject_id(experiment.Animal, is_simulated=is_simulated),
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
        nwb.add_electrode(
            id=int(channel), group=group, location=_area(experiment, int(channel))
        )


def _area(experiment: Experiment, channel: int) -> str:
    try:
        return area_of_channel(channel, experiment.Animal, experiment.expdate)
    except RecordingError:  # another animal, or a channel that no array has
        return "unknown"


def _dynamic_table(name: str, table: Table, with_electrodes: NWBFile | None) -> DynamicTable:
    columns = [
        VectorData(name=column, description=description, data=_stored(values))
        for column, (values, description) in table.columns.items()
    ]
    if with_electrodes is None:
        return DynamicTable(name=name, description=table.description, columns=columns)
    channels = table.columns["channel"].values
    rows = np.searchsorted(np.unique(channels), channels).tolist()
    columns.append(
        with_electrodes.create_electrode_table_region(
            region=rows, description="electrode of the unit", name="electrode"
        )
    )
    return DynamicTable(name=name, description=table.description, columns=columns)


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
