"""What is known of the folders and files that a figure was drawn from, while it is drawn."""

from pathlib import Path

from core.contract.provenance import Origin, simulated_kind, simulation_record
from core.contract.source_data import SourceData
from core.explorer.store import read_record
from core.files import sha256
from core.threads import THREADS
from figure_reproduction.report.provenance import shown_path
from figure_reproduction.results import SourceFile, SourceWords


def source_files(
    source: SourceData, folder: str, computed: tuple[Path, ...] = ()
) -> tuple[SourceFile, ...]:
    """Input files of a figure with their hashes; a file changed since it was recorded says so.

    Parameters
    ----------
    source
        Folder of source data.
    folder
        The figure's folder in it.
    computed
        Files that this project computed and that the figure reads, too.

    Examples
    --------
    >>> source_files(SourceData("no_such_folder"), "Fig4")
    ()
    """
    records = source.provenance
    files = []
    for file in source.present(folder):
        digest, known = source.digest(file), records.get(file.path)
        if known is None:
            origin = "no record of its origin"
        elif known.sha256 != digest:
            origin = f"CHANGED since its {known.source}"
        else:
            origin = known.source
        files.append(SourceFile(file.path, digest, origin, known.date if known else ""))
    made = (SourceFile(shown_path(p), sha256(p), "computed, no recording") for p in computed)
    return (*files, *made)


def about(source: SourceData, origin: Origin) -> SourceWords:
    """What is known of a folder from which a figure was drawn.

    Parameters
    ----------
    source
        The folder.
    origin
        What it was made from.
    """
    if origin is Origin.SIMULATED:
        record = simulation_record(source.root) or {}
        made, parameters = str(record.get("created", "")), record.get("parameters")
        known = parameters if isinstance(parameters, dict) else {}
        return SourceWords(simulation_words(source.root), made, known)
    if origin is Origin.TWINS:
        name, kind = shown_path(source.root), simulated_kind(source.root)
        return SourceWords(f"{name}: {kind.get('notice', kind['kind'])}.")
    if origin is Origin.EXPLORER:
        return SourceWords(explorer_words(source), str(read_record(source.root.parent).get("date")))
    return SourceWords()


def explorer_words(source: SourceData) -> str:
    """What is known of block averages from which source data were made.

    Examples
    --------
    >>> explorer_words(SourceData("no_such_folder/source_data"))[:47]
    "Block averages of the authors' Neural Evolution"
    """
    known = read_record(source.root.parent)
    undecided = source.undecided_labels
    labels = (
        "none"
        if undecided is None or undecided.empty
        else ", ".join(
            f"Exp {row.Expi} {THREADS[row.thread]} at 0.{row.label[1:]}"
            for row in undecided.itertuples()
        )
    )
    return (
        "Block averages of the authors' Neural Evolution Explorer "
        f"(commit {str(known.get('commit'))[:8]}; {known.get('verified', 'not verified')}), "
        "rounded to 0.01 events/s; success is tested with numbers of trials derived from the "
        f"PSTHs. Labels that these leave open: {labels}. A number agrees if it is as far from the "
        "published one as rounding and these labels allow, or less."
    )


def simulation_words(root: Path) -> str:
    """What ``SIMULATED.json`` says of version, seed and recordings.

    Examples
    --------
    >>> simulation_words(Path("no_such_folder"))
    'no_such_folder: simulated, as its numbers or names tell; it holds no SIMULATED.json.'
    """
    record, name = simulation_record(root), shown_path(root)
    if record is None:
        return f"{name}: simulated, as its numbers or names tell; it holds no SIMULATED.json."
    if not isinstance(record.get("files"), dict):
        return f"{name}: simulated; its SIMULATED.json says no more."
    return (
        f"{name}: simulator version {record.get('simulator_version')}, seed {record.get('seed')}, "
        f"{record.get('n_experiments')} experiments and {record.get('n_tuning_recordings')} tuning "
        f"recordings. SIMULATED.json holds the SHA-256 of its {len(record['files'])} files."
    )
