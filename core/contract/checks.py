"""Do the files of a source-data folder agree with one another?

Mask files carry no experiment number, so the only way to see that their rows are in the order of
the tables is to compute the masks from each table again.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd

from core.contract import ext4, ext5, fig2, fig3, fig4, fig5, fig6
from core.contract.descriptions import SLICES, Table
from core.contract.provenance import Check
from core.contract.source_data import SourceData, validate
from core.errors import MissingFileError, ReproductionError
from core.statistics.analysis import in_ms
from core.statistics.masks import AREAS, SUCCESS_LEVELS, mask_table, success_without_variation
from core.statistics.summaries import convergence
from core.statistics.windows import window_rate
from core.threads import PREFIXES, THREADS

RELATIVE_TOLERANCE = 1e-6

PUBLISHED_COUNTS = {
    "valid": (10, 38, 106),
    "valid anysucc005": (10, 37, 86),
    "valid bothsucc005": (2, 24, 61),
    "valid FCsucc001": (10, 37, 67),
    "valid BGsucc001": (0, 20, 65),
    "valid bothsucc001": (0, 20, 52),
}
"""Experiments in V1, V4 and IT for which all these masks hold, in the published data."""


def check_folder(source: SourceData, folder: str) -> list[Check]:
    """Is every file as described, and do the files that are there agree with one another?

    Parameters
    ----------
    source
        Folder of source data.
    folder
        A figure's folder in it.

    Examples
    --------
    >>> missing = check_folder(SourceData("no_such_folder"), "ExtendedFig5")
    >>> [(item.name, item.passed) for item in missing]
    [('file as described', False), ('file as described', False)]
    """
    problems = validate(source, folder)
    n_files = len(source.present(folder))
    results = [_failed("file as described", problem) for problem in problems]
    if not problems:
        name = f"all {n_files} files are as described"
        results = [Check(name, True, "shapes, columns, numbers", compares=False)]
    for comparison in _COMPARISONS.get(folder, ()):
        try:
            for result in comparison(source):
                results.append(result)
        except MissingFileError:
            continue
        except ReproductionError as error:
            if str(error) not in map(str, problems):
                results.append(_failed("file of another figure as described", error))
    return results


def _failed(name: str, error: ReproductionError) -> Check:
    return Check(name, False, str(error), error, compares=False)


def origins(source: SourceData, folder: str) -> list[Check]:
    """Do recorded files still hold the bytes that came, and do all come from one source?

    Parameters
    ----------
    source
        Folder of source data.
    folder
        A figure's folder in it.

    Examples
    --------
    >>> origins(SourceData("no_such_folder"), "Fig4")
    []
    """
    records = source.provenance
    files = source.present(folder)
    known = [file for file in files if file.path in records]
    changed = [file for file in known if source.digest(file) != records[file.path].sha256]
    if not known:
        return []
    found = (
        f"{len(known)} files"
        if not changed
        else (f"changed by hand since: {', '.join(file.name for file in changed)}")
    )
    sources = sorted({records[file.path].source for file in known})
    unknown = len(files) - len(known)
    words = [*sources, f"no record of {unknown} files"] if unknown else sources
    return [
        Check("the files are as they came", not changed, found, compares=False),
        Check("the files are of one origin", len(words) == 1, ", ".join(words), compares=False),
    ]


def masks_agree(masks: pd.DataFrame) -> list[Check]:
    """The logic of the 14 mask columns."""
    one_area = sum(masks[f"{area}msk"] for area in AREAS)
    results = [_holds("every experiment lies in one area", one_area == 1)]
    for level in ("005", "001"):
        deepsim, biggan = masks[f"FCsucc{level}"], masks[f"BGsucc{level}"]
        logic = (
            (masks[f"bothsucc{level}"] == (deepsim & biggan))
            & (masks[f"anysucc{level}"] == (deepsim | biggan))
            & (masks[f"nonesucc{level}"] == 1 - (deepsim | biggan))
        )
        results.append(_holds(f"both, any and none follow from the threads at {level}", logic))
    implied = (masks["FCsucc001"] <= masks["FCsucc005"]) & (
        masks["BGsucc001"] <= masks["BGsucc005"]
    )
    return [*results, _holds("success at 0.01 implies success at 0.05", implied)]


def published_counts(masks: pd.DataFrame, undecided: pd.DataFrame | None = None) -> list[Check]:
    """The published numbers of experiments per area.

    Parameters
    ----------
    masks
        A table of masks.
    undecided
        Labels that the data leave open, as `core.contract.metadata.UNDECIDED_LABELS` describes
        them; a count may be off by as many as it depends on.
    """
    results = []
    for names, expected in PUBLISHED_COUNTS.items():
        chosen = masks[names.split()].all(axis=1)
        found = tuple(int((chosen & masks[f"{area}msk"].eq(1)).sum()) for area in AREAS)
        n_open = _n_open(names, undecided)
        passed = all(abs(a - b) <= n_open for a, b in zip(found, expected, strict=True))
        words = f"; {n_open} labels are undecided" if found != expected and n_open else ""
        results.append(Check(f"{names}: V1, V4, IT = {expected}", passed, f"found {found}{words}"))
    return results


def _n_open(names: str, undecided: pd.DataFrame | None) -> int:
    """Undecided labels on which a count depends."""
    if undecided is None:
        return 0
    counted = names.split()[-1]
    threads = [i for i, word in enumerate(PREFIXES) if not counted.startswith(PREFIXES[1 - i])]
    level = undecided["label"] == counted[-3:]
    return int((level & undecided["thread"].isin(threads)).sum())


def samples_vary(meta: pd.DataFrame) -> list[Check]:
    """No success rests on rates that do not vary, whose t is infinite; counts those that do.

    Parameters
    ----------
    meta
        Metadata with ``Expi`` and the tests of the best against the first blocks.

    Examples
    --------
    >>> tests = {"p_maxinit_0": [0.0], "t_maxinit_0": [np.inf], "p_maxinit_1": 0.2}
    >>> meta = pd.DataFrame({"Expi": [7], **tests, "t_maxinit_1": 1.0})
    >>> [(check.passed, check.found) for check in samples_vary(meta)]
    [(False, 'not in 1 of 1 experiments: Exp 7'), (True, 'in all 1 experiments')]
    """
    level = max(SUCCESS_LEVELS.values())
    results = []
    for number, thread in enumerate(THREADS):
        numbers = meta.loc[success_without_variation(meta, number, level), "Expi"]
        found = f"in all {len(meta)} experiments"
        if len(numbers):
            names = ", ".join(f"Exp {expi}" for expi in numbers)
            found = f"not in {len(numbers)} of {len(meta)} experiments: {names}"
        name = f"{thread}: no success at {level:g} rests on rates that do not vary"
        results.append(Check(name, len(numbers) == 0, found))
    return results


def _rates_vary(source: SourceData, table: Table) -> Iterator[Check]:
    yield from samples_vary(source.read(table))


def _fig4_masks(source: SourceData) -> Iterator[Check]:
    yield from _mask_checks(source, source.read(fig4.MASKS), fig4.FOLDER)


def _fig5_masks(source: SourceData) -> Iterator[Check]:
    yield from _mask_checks(source, source.read(fig5.MASKS), fig5.FOLDER)


def _mask_checks(source: SourceData, masks: pd.DataFrame, folder: str) -> Iterator[Check]:
    figure = folder.replace("Fig", "Figure ")
    yield from masks_agree(masks)
    if source.is_published_cohort(folder):
        yield from published_counts(masks, source.undecided_labels)
    for table, words in (
        (fig3.META, "Figure 3"),
        (fig4.TIME_CONSTANTS, "Figure 4D"),
        (ext4.META, "Extended Figure 4"),
    ):
        if source.path(table).is_file():
            meta = source.read(table)
            if "valid" not in meta:
                meta["valid"] = masks["valid"].astype(bool)
            expected = mask_table(meta)
            rows = (expected[masks.columns.intersection(expected.columns)] == masks).all(axis=1)
            yield _holds(f"{figure}'s masks follow, row by row, from the table of {words}", rows)


def _fig4_maximum(source: SourceData) -> Iterator[Check]:
    largest = np.maximum(*(source.read(fig4.RESPONSES[name]) for name in SLICES[:2])).max(axis=1)
    yield _close("the largest normalised response of every experiment is 1", largest, 1.0)


def _fig4_time_constants(source: SourceData) -> Iterator[Check]:
    real = source.read(fig4.REAL_BLOCKS).astype(bool)
    yield _holds("every experiment has a measured first block", real[:, 0])
    if not real[:, 0].all():
        return
    table = source.read(fig4.TIME_CONSTANTS)
    share = source.settings(fig4.FOLDER).rise_share
    for prefix, thread in zip(PREFIXES, THREADS, strict=True):
        responses = source.read(fig4.RESPONSES[f"{thread}_mean"])
        again = [
            convergence(row[mask], row[0], share).first_block
            for row, mask in zip(responses, real, strict=True)
        ]
        rows = table[f"{prefix}_tc0_bslinit"].to_numpy() == np.array(again)
        yield _holds(f"{prefix}_tc0_bslinit follows from the normalised responses", rows)


def _fig5_psth(source: SourceData) -> Iterator[Check]:
    window = source.settings(fig4.FOLDER).evoked
    for (block, name), file in fig5.PSTH.items():
        column = 0 if block == "first" else -1
        evoked = window_rate(source.read(file), window, axis=1)
        response = source.read(fig4.RESPONSES[name])[:, column]
        words = f"5A, {block} block, {name}: {in_ms(window)} mean is Figure 4's"
        yield _close(words, evoked, response)


def _fig5_windows(source: SourceData) -> Iterator[Check]:
    start, stop = source.settings(fig4.FOLDER).evoked
    inside = [window for window in fig5.WINDOWS if start <= window[0] and window[1] <= stop]
    if not inside or (inside[0][0], inside[-1][1]) != (start, stop):
        return  # the window is not made of theirs
    for name in SLICES[:2]:
        windows = [source.read(fig5.WINDOW_RESPONSES[w, name]) for w in inside]
        response = source.read(fig4.RESPONSES[name])
        yield _close(
            f"5C, {name}: mean of the windows from {start} to {stop} ms is Figure 4's",
            np.mean(windows, axis=0),
            response,
        )


def _ext4_experiments(source: SourceData) -> Iterator[Check]:
    meta = source.read(ext4.META)
    yield _holds("rows are in ascending order of Expi", np.diff(meta["Expi"], prepend=0) > 0)
    order = source.experiment_order
    if order is not None:
        same = (meta["Expi"] == order["Expi"]) & (meta["ephysFN"] == order["ephysFN"])
        yield _holds("rows are the experiments of exp_order.csv", same)
    if source.is_published_cohort(ext4.FOLDER):
        yield from published_counts(mask_table(meta), source.undecided_labels)


def _ext4_windows(source: SourceData) -> Iterator[Check]:
    for name in SLICES[:2]:
        read = {
            window: source.read(ext4.WINDOW_RESPONSES[window, name])
            for windows in ext4.WINDOWS.values()
            for window in windows
        }
        for coarse, fine in ((20, 10), (50, 10), (50, 25)):
            again = [
                np.mean(
                    [read[s, s + fine] for s in range(start, stop, fine)],
                    axis=0,
                )
                for start, stop in ext4.WINDOWS[coarse]
            ]
            given = [read[window] for window in ext4.WINDOWS[coarse]]
            yield _close(f"4C, {name}: {coarse}-ms windows average {fine}-ms ones", again, given)
        if all(source.path(fig5.WINDOW_RESPONSES[w, name]).is_file() for w in fig5.WINDOWS):
            other = [source.read(fig5.WINDOW_RESPONSES[w, name]) for w in fig5.WINDOWS]
            own = [read[w] for w in fig5.WINDOWS]
            yield _close(f"4C, {name}: 10-ms windows are Figure 5C's", own, other)


def _ext4_attribution(source: SourceData) -> Iterator[Check]:
    for thread in THREADS:
        shares = {width: source.read(ext4.ATTRIBUTION[thread, width]) for width in ext4.BINS}
        for width, share in shares.items():
            known = ~np.isnan(share).all(axis=1)
            yield _close(f"4B, {thread}, {width} ms: rows sum to 1", share[known].sum(axis=1), 1.0)
        for fine, coarse in ((5, 10), (5, 20), (5, 25), (5, 50), (10, 20), (10, 50), (25, 50)):
            n = coarse // fine
            again = shares[fine].reshape(len(shares[fine]), -1, n).sum(axis=2)
            yield _close(
                f"4B, {thread}: {coarse}-ms bins are sums of {fine}-ms bins", again, shares[coarse]
            )


def _fig2_offset(source: SourceData) -> Iterator[Check]:
    psth, historical = fig2.psth_array(
        {name: source.read(file) for name, file in fig2.PSTH_CSV.items()}
    )
    yield Check(
        "2D: names of the PSTH slices",
        True,
        "historical (two of the names lie)" if historical else "repaired",
    )
    offset = np.array([fig2.stacking_offset(psth)])
    yield _close("2D: the offset follows from the means", offset, source.read(fig2.META)["offset"])


PUBLISHED_ROWS = {
    fig6.AVERAGES["success"]: 171,
    fig6.AVERAGES["failure"]: 225,
    fig6.SHAPES: 1241,
    ext5.LINEARITY["BigGAN"]: 21_096,
    ext5.LINEARITY["DeePSim"]: 21_096,
}
"""Rows of the published tables whose length the format does not fix."""


def _published_rows(source: SourceData, folder: str) -> Iterator[Check]:
    if source.is_published_cohort(folder):
        for file, expected in PUBLISHED_ROWS.items():
            if file.folder == folder and source.path(file).is_file():
                n_rows = len(source.read(file))
                yield Check(f"{file.name}: {expected} rows", n_rows == expected, f"{n_rows} rows")


_COMPARISONS: dict[str, tuple[Callable[[SourceData], Iterator[Check]], ...]] = {
    fig2.FOLDER: (_fig2_offset,),
    fig3.FOLDER: (partial(_rates_vary, table=fig3.META),),
    fig4.FOLDER: (
        _fig4_masks,
        _fig4_maximum,
        _fig4_time_constants,
        partial(_rates_vary, table=fig4.TIME_CONSTANTS),
    ),
    fig5.FOLDER: (_fig5_masks, _fig5_psth, _fig5_windows),
    fig6.FOLDER: (partial(_published_rows, folder=fig6.FOLDER),),
    ext5.FOLDER: (partial(_published_rows, folder=ext5.FOLDER),),
    ext4.FOLDER: (
        _ext4_experiments,
        _ext4_windows,
        _ext4_attribution,
        partial(_rates_vary, table=ext4.META),
    ),
}


def _holds(name: str, rows: pd.Series | np.ndarray) -> Check:
    wrong = np.flatnonzero(~np.asarray(rows, dtype=bool))
    found = (
        "all rows" if wrong.size == 0 else f"not in {wrong.size} rows, first in row {wrong[0] + 1}"
    )
    return Check(name, wrong.size == 0, found)


def _close(name: str, found: np.ndarray, expected: np.ndarray | float) -> Check:
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    difference = np.abs(found - expected)
    scale = np.maximum(np.abs(expected), 1.0)
    both_empty = np.isnan(found) & np.isnan(np.broadcast_to(expected, found.shape))
    relative = np.where(both_empty, 0.0, difference / scale)
    worst = float(np.max(relative, initial=0.0)) if not np.isnan(relative).any() else np.nan
    passed = bool(worst <= RELATIVE_TOLERANCE)
    return Check(name, passed, f"largest difference {worst:.1e}")
