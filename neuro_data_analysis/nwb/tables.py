"""One experiment as the tables of its NWB file, with a description of every column.

One row per image shown in place of one cell per thread and block: what belongs to a row is in it,
so that a reader needs no trial numbers.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from core.errors import RecordingError
from core.threads import N_THREADS
from neuro_data_analysis.nwb.recorded import recorded_fields
from neuro_data_analysis.recordings.conversion import N_BINS, as_integers, as_numbers, as_text
from neuro_data_analysis.recordings.experiment import Experiment
from neuro_data_analysis.recordings.nwb_fields import (
    BLOCKS,
    EXPERIMENT,
    LAYOUT_VERSION,
    PRESENTATIONS,
    RECORDED,
    UNITS,
)

RATE = (
    "smoothed rate of the preferred unit, events/s: {} bins of 1 ms, the first beginning at image "
    "onset; each spike adds a Gaussian of 2 ms s.d., cut off at 6 ms"
)
IN_WINDOW = "mean rate of every unit from 50 ms to 200 ms after image onset, events/s"


class NwbColumn(NamedTuple):
    """Values, one per row (an array, or a list of texts), and what they are."""

    values: Any
    description: str


class NwbTable(NamedTuple):
    """Columns by name, and what a row is."""

    description: str
    columns: dict[str, NwbColumn]


def tables_of(
    experiment: Experiment,
    raw: Mapping[str, Any],
    made_from: str,
    data_set_size: int,
    *,
    simulated: bool,
) -> dict[str, NwbTable]:
    """All tables of an experiment by name.

    Parameters
    ----------
    experiment
        The experiment.
    raw
        The element that it was read from.
    made_from
        Digest of what the file is made from.
    data_set_size
        Number of elements of the data set, used or not.
    simulated
        Whether the recording is simulated.

    Raises
    ------
    RecordingError
        If the recording contradicts itself.
    """
    tables = {
        PRESENTATIONS: _presentations(experiment, raw),
        UNITS: _units(experiment, raw),
        BLOCKS: _blocks(experiment),
        EXPERIMENT: _experiment(experiment, raw, made_from, data_set_size, simulated),
    }
    recorded = recorded_fields(raw, lambda table, name: tables[table].columns[name].values)
    tables[RECORDED] = NwbTable(
        "Fields of the recording that do not follow from the other tables, as they were.",
        {
            "field": NwbColumn(list(recorded), "path of the field in BFEStats, as in meta.sdf"),
            "value": NwbColumn(
                list(recorded.values()),
                "JSON: a text, a number, null, or a list that begins with what it is: cell and its "
                "entries; struct and pairs of name and value; array, type, shape and numbers, row "
                "by row",
            ),
        },
    )
    return tables


def _presentations(experiment: Experiment, raw: Mapping[str, Any]) -> NwbTable:
    names = experiment.imageName
    n, n_units = len(names), len(experiment.spikeID)
    assigned, second, reference = (np.zeros(n, dtype=bool) for _ in range(3))
    block = _stated_blocks(raw, n)
    psth, rates = np.full((n, N_BINS), np.nan), np.full((n, n_units), np.nan)
    for of_thread, part in ((e, p) for p in ("evol", "ref") for e in _trials(experiment, part=p)):
        thread, number, rows, of_psth, of_rates = of_thread
        if rows.size and not (rows.min() >= 0 and rows.max() < n):
            _refuse(experiment, part, f"trial numbers from 1 to {n}", rows.max() + 1)
        if assigned[rows].any() or (np.diff(rows) <= 0).any():
            _refuse(
                experiment, part, "ascending trial numbers, each once", f"others in block {number}"
            )
        assigned[rows], second[rows] = True, bool(thread)
        reference[rows], block[rows] = part == "ref", number
        psth[rows], rates[rows] = of_psth.T, of_rates.T
    return NwbTable(
        "Images shown, in order of presentation. When each was shown is not known.",
        {
            "image_name": NwbColumn(names, "name of the image"),
            "block": NwbColumn(block, "1-based block of the experiment"),
            "is_thread1": NwbColumn(
                second, "whether the image belongs to thread 1 (its generator: table experiment)"
            ),
            "is_reference": NwbColumn(
                reference, "whether it is a natural reference image, not one that was evolved"
            ),
            "is_assigned": NwbColumn(
                assigned, "whether the recording names its thread; if not, rates are NaN"
            ),
            "psth": NwbColumn(single(psth), RATE.format(N_BINS)),
            "unit_rates": NwbColumn(single(rates), f"{IN_WINDOW}, in order of the table {UNITS}"),
        },
    )


def _stated_blocks(raw: Mapping[str, Any], n: int) -> np.ndarray:
    """Block of every trial as the recording names it, 0 where it does not."""
    stated = as_integers(raw["evol"].get("block_arr"), "evol.block_arr")
    return stated if len(stated) == n else np.zeros(n, dtype=np.int64)


def _trials(experiment: Experiment, part: str) -> list[tuple]:
    """Thread, 1-based block, 0-based rows, PSTHs (200, n) and rates of units (n_units, n)."""
    evolved = part == "evol"
    trials = experiment.idx_seq if evolved else experiment.ref_idx_seq
    psth = experiment.psth if evolved else experiment.ref_psth
    rates = experiment.rspmat if evolved else experiment.ref_rspmat
    return [
        (thread, block + 1, trials[thread][block] - 1, psth[thread][block], rates[thread][block])
        for thread in range(N_THREADS)
        for block in range(experiment.n_blocks)
    ]


def _refuse(experiment: Experiment, part: str, expected: str, found: object) -> None:
    raise RecordingError(
        path=f"Exp {experiment.Expi}, field {part}.idx_seq", expected=expected, found=found
    )


def _units(experiment: Experiment, raw: Mapping[str, Any]) -> NwbTable:
    channel, unit = experiment.spikeID, experiment.unitID
    preferred = (channel == experiment.pref_chan) & (unit == experiment.unit_in_pref_chan)
    columns = {
        "channel": NwbColumn(channel, "1-based channel of the array"),
        "unit_on_channel": NwbColumn(unit, "1 (A), 2 (B) and so on; 0 is unsorted activity"),
        "is_preferred": NwbColumn(preferred, "whether the images were evolved for this unit"),
    }
    waveform = raw["meta"].get("wvfms")
    if isinstance(waveform, np.ndarray) and waveform.ndim == 2 and len(waveform) == len(channel):
        words = "mean waveform of the spikes, as the acquisition software stored it"
        columns["waveform"] = NwbColumn(single(waveform), words)
    return NwbTable("Units recorded at once; one channel may have several.", columns)


def _blocks(experiment: Experiment) -> NwbTable:
    rows = [(block, thread) for block in range(experiment.n_blocks) for thread in range(N_THREADS)]
    n_trials = [experiment.psth[thread][block].shape[1] for block, thread in rows]
    mean = [
        experiment.psth[thread][block].mean(axis=1) if n else np.full(N_BINS, np.nan)
        for (block, thread), n in zip(rows, n_trials, strict=True)
    ]
    return NwbTable(
        "Blocks of both threads: what the table presentations gives, averaged.",
        {
            "block": NwbColumn(np.array([block + 1 for block, _ in rows]), "1-based block"),
            "is_thread1": NwbColumn(np.array([thread == 1 for _, thread in rows]), "of thread 1"),
            "n_trials": NwbColumn(np.array(n_trials), "number of evolved images shown"),
            "mean_psth": NwbColumn(
                np.array(mean, dtype=np.float32),
                f"mean over evolved images of the {RATE.format(N_BINS)}; NaN where there is none",
            ),
        },
    )


def _experiment(
    experiment: Experiment,
    raw: Mapping[str, Any],
    made_from: str,
    data_set_size: int,
    simulated: bool,
) -> NwbTable:
    evol = raw["evol"]
    position = as_numbers(evol["imgpos"], "evol.imgpos").reshape(1, N_THREADS, 2)
    optimizers = [name or "" for name in experiment.optim_names]
    return NwbTable(
        "What holds for the whole experiment; one row.",
        {
            "data_set_size": NwbColumn(
                np.array([data_set_size]), "number of elements of the data set, used or not"
            ),
            "expi": NwbColumn(
                np.array([experiment.Expi]), "number of the experiment in the data set"
            ),
            "recording": NwbColumn([experiment.ephysFN], "file of the electrophysiology"),
            "control_file": NwbColumn([experiment.expControlFN], "file of the behaviour"),
            "generators": NwbColumn(
                [list(experiment.space_names)],
                "generator of thread 0 and of thread 1: fc6 (DeePSim), BigGAN, BigGAN_class",
            ),
            "optimizers": NwbColumn([optimizers], "optimizer of each thread; empty if not known"),
            "preferred_channel": NwbColumn(
                np.array([experiment.pref_chan]), "channel of the unit that images evolved for"
            ),
            "preferred_unit": NwbColumn(
                np.array([experiment.unit_in_pref_chan]), "its number on that channel"
            ),
            "image_size": NwbColumn(
                experiment.imgsize[None], "of each thread, degrees of visual angle"
            ),
            "image_position": NwbColumn(
                position, "centre of the images of each thread: x, y, degrees of visual angle"
            ),
            "stimulus_folder": NwbColumn(
                [experiment.stimuli], "folder of the images on the machine that showed them"
            ),
            "comments": NwbColumn([_comments(raw)], "what the experimenter noted"),
            "is_simulated": NwbColumn(
                np.array([simulated]), "whether the recording is SIMULATED: no animal"
            ),
            "layout_version": NwbColumn(np.array([LAYOUT_VERSION]), "of these tables"),
            "made_from": NwbColumn([made_from], "SHA-256 of what this file was made from"),
        },
    )


def _comments(raw: Mapping[str, Any]) -> str:
    try:
        return as_text(raw["meta"].get("comments"), "meta.comments")
    except RecordingError:  # no text: kept among the recorded fields
        return ""


def single(values: np.ndarray) -> np.ndarray:
    """Numbers in single precision where that loses nothing, else as they are.

    Examples
    --------
    >>> single(np.array([0.5, np.nan])).dtype, single(np.array([0.1])).dtype
    (dtype('float32'), dtype('float64'))
    """
    with np.errstate(over="ignore"):
        halved = values.astype(np.float32)
    return halved if np.array_equal(halved, values, equal_nan=True) else values
