"""All experiments of a data set as NWB files; what was made from the same is kept."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from core.errors import MissingFileError, RecordingError, SettingError
from core.files import alone_in, sha256
from core.matlab.reading import plain_value
from core.optional import import_package
from core.parallel import ordered_map
from core.progress import progress, say
from neuro_data_analysis.nwb.codes import code_tables, codes_at_hand, digest_of
from neuro_data_analysis.nwb.metadata import (
    METADATA_FILE,
    Metadata,
    read_metadata,
    write_template,
)
from neuro_data_analysis.nwb.naming import file_of
from neuro_data_analysis.nwb.tables import tables_of
from neuro_data_analysis.recordings.dataset import (
    Overrides,
    Recordings,
    evolution_file,
    matroot,
    open_recordings,
)
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.nwb_fields import EXPERIMENT, LAYOUT_VERSION
from neuro_data_analysis.recordings.nwb_reading import NwbElement, nwb_files
from neuro_data_analysis.recordings.overrides import check_known, read_overrides
from neuro_data_analysis.recordings.published_form import filled_in


class NwbFiles(NamedTuple):
    """The folder, and how many files were written and were kept."""

    folder: Path
    n_written: int
    n_kept: int


@dataclass(frozen=True)
class Job:
    """What every file is made from: the data set, its digest, what is known beside it.

    Codes of images are looked for in `root`, the folder of the recordings.
    """

    source: Path
    source_digest: str
    metadata: Metadata
    simulated: bool
    overrides: Overrides
    root: Path

    def made_from(self, experiment: Experiment, digest_of_codes: str) -> str:
        """Digest of all that an experiment's file depends on.

        Parameters
        ----------
        experiment
            The experiment.
        digest_of_codes
            What `digest_of` gives.
        """
        subject = self.metadata.subjects[experiment.Animal]
        known = asdict(self.metadata) | {"subjects": asdict(subject)}
        content = [LAYOUT_VERSION, self.source_digest, self.simulated, experiment.Expi, known]
        content += [self.overrides.get(experiment.Expi), digest_of_codes]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_all(
    root: Path | None,
    out: Path,
    metadata_file: Path | None = None,
    n_jobs: int = 2,
    overrides_file: Path | None = None,
) -> NwbFiles:
    """Write the NWB files of all experiments that are not there yet.

    Parameters
    ----------
    root
        Folder of the recordings; None for ``MATROOT``.
    out
        Folder to write.
    metadata_file
        What `read_metadata` reads; None for ``metadata.yaml`` in `out`. If there is none, its
        template is written.
    n_jobs
        Processes.
    overrides_file
        What `read_overrides` reads; None for no corrections.

    Raises
    ------
    MissingPackageError
        If pynwb is not installed.
    MissingFileError
        If there are no recordings, or no metadata.
    SettingError
        If metadata are missing or wrong, or `out` holds NWB files of other recordings.
    RecordingError
        If a recording is broken.
    FullDiskError
        If there is no room; what is written by then is whole, and is kept by the next run.
    """
    import_package("pynwb", "writing NWB files")
    overrides = read_overrides(overrides_file)
    root = matroot(root)
    source = evolution_file(root)
    if source.is_dir():
        raise SettingError(
            path=source, expected="recordings in MATLAB's or a pickle's form", found="NWB files"
        )
    if out.resolve() == root.resolve():
        raise SettingError(
            path=out, expected="another folder than that of the recordings", found="the same"
        )
    metadata_file = metadata_file or out / METADATA_FILE
    with alone_in(out, say), open_recordings(source, overrides) as recordings:
        check_known(overrides, recordings, overrides_file)
        simulated = recordings.is_simulated()
        metadata = _metadata(metadata_file, recordings)
        job = Job(source, sha256(source), metadata, simulated, overrides, root)
        files = planned_paths(recordings, simulated)
        _refuse_others(out, files)
        missing = [
            (expi, path)
            for expi, path in files.items()
            if not _is_kept(out / path, job, recordings.experiment(expi))
        ]
        write = partial(write_one, job, out)
        written = map(write, missing) if n_jobs == 1 else ordered_map(write, missing, n_jobs)
        for _ in progress(written, len(missing), "NWB files"):
            pass
    return NwbFiles(out, len(missing), len(files) - len(missing))


def _metadata(path: Path, recordings: Recordings) -> Metadata:
    animals = sorted({experiment.Animal for experiment in recordings.experiments()})
    if not path.exists():
        write_template(path, animals)
        raise MissingFileError(
            path=path,
            expected="what the archive asks for and recordings do not hold",
            found="no file",
            advice="its template was written there; fill it in and run the same again",
        )
    return read_metadata(path, animals)


def planned_paths(recordings: Recordings, simulated: bool) -> dict[int, Path]:
    """Path below the folder of all files, by number of the experiment.

    Parameters
    ----------
    recordings
        The data set.
    simulated
        Whether it is simulated.

    Raises
    ------
    RecordingError
        If two experiments have the same name.
    """
    files: dict[int, Path] = {}
    for experiment in recordings.experiments():
        path = file_of(experiment, simulated=simulated)
        if path in files.values():
            raise RecordingError(
                path=f"{recordings.name}, Exp {experiment.Expi}",
                expected="a recording with a name of its own",
                found=f"a second {experiment.ephysFN}",
            )
        files[experiment.Expi] = path
    return files


def _refuse_others(out: Path, files: dict[int, Path]) -> None:
    others = [path for path in nwb_files(out) if path.relative_to(out) not in files.values()]
    if others:
        raise SettingError(
            path=out,
            expected="no NWB files but those of these recordings",
            found=f"{others[0].relative_to(out)}",
            advice="name another folder, or move it away",
        )


def _is_kept(path: Path, job: Job, experiment: Experiment) -> bool:
    """Whether a file is there, whole, and made from the same."""
    try:
        with NwbElement(path).tables() as columns:
            made_from = columns(EXPERIMENT, "made_from")[0]
    except (MissingFileError, RecordingError):
        return False
    return made_from == job.made_from(experiment, digest_of(codes_at_hand(experiment, job.root)))


def write_one(job: Job, out: Path, task: tuple[int, Path]) -> None:
    """Write the file of one experiment.

    Parameters
    ----------
    job
        What it is made from.
    out
        Folder of all files.
    task
        Number of the experiment, and path of its file below the folder.
    """
    from neuro_data_analysis.nwb.writing import NwbSession, write_session

    expi, path = task
    with open_recordings(job.source) as recordings:
        # read once and whole: names of images, which take longest, are needed twice
        override = job.overrides.get(expi, {})
        raw = plain_value(filled_in(recordings.elements[expi - 1], override))
        experiment = Experiment(expi, raw)
        try:
            codes = codes_at_hand(experiment, job.root)
            digest = job.made_from(experiment, digest_of(codes))
            size = len(recordings)
            tables = tables_of(experiment, raw, digest, size, simulated=job.simulated)
        except RecordingError as error:
            raise error.inside(recordings.name) from None
        session = NwbSession(experiment, job.metadata, job.simulated)
        write_session(out / path, session, tables, code_tables(experiment, codes))
