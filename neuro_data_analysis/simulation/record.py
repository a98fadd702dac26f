"""A simulated evolution as an element of ``BFEStats``, field by field.

`make_record` draws what the loop does not need (order of trials, other units) and returns plain
arrays that are cheap to send between processes; `matlab_element` arranges them for the writer.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.contract.signs import sign
from core.matlab.writing import Cell
from core.statistics.windows import EVOKED, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.recordings.experiment import Blocks
from neuro_data_analysis.recordings.naming import evolved_image_name, reference_image_name
from neuro_data_analysis.simulation.descriptors import Descriptor
from neuro_data_analysis.simulation.evolution import ShownTrials, SimulatedEvolution

FIELDS = ("Animal", "color_seq", "evol", "imageName", "meta", "ref", "stim", "units")

RATE_PER_SPIKE = 998.976 / (EVOKED[1] - EVOKED[0])
"""events/s that one spike adds to the evoked mean."""

N_OTHER_CHANNELS = 4
MEDIAN_OTHER_RATE, LOG_SD_OTHER_RATE = 20.0, 1.0
"""events/s; spread of the other units' mean rates."""

WAVEFORM_SAMPLES = 32

SPECTRAL = np.array(
    [
        [158, 1, 66],
        [213, 62, 79],
        [244, 109, 67],
        [253, 174, 97],
        [254, 224, 139],
        [255, 255, 191],
        [230, 245, 152],
        [171, 221, 164],
        [102, 194, 165],
        [50, 136, 189],
        [94, 79, 162],
    ]
)
"""ColorBrewer's Spectral, 0-255."""


@dataclass(frozen=True)
class TrialRecord:
    """Trials of one experiment in order of presentation.

    ``parts["evol"]`` and ``parts["ref"]`` hold per thread and block the trial numbers (n,) from 1,
    the PSTHs (n, 200) float32, signed, and the evoked rates of all units (n_units, n); events/s.
    """

    descriptor: Descriptor
    image_names: list[str]
    trial_thread: np.ndarray
    trial_is_evolved: np.ndarray
    trial_block: np.ndarray
    parts: dict[str, dict[str, Blocks]]
    channels: np.ndarray
    units: np.ndarray
    preferred_row: int


@dataclass(frozen=True)
class Group:
    """Trials of one kind in a block: part (``evol`` or ``ref``), thread, image names, PSTHs."""

    part: str
    thread: int
    names: list[str]
    psth: np.ndarray


def make_record(evolution: SimulatedEvolution, rng: np.random.Generator) -> TrialRecord:
    """Interleave the trials of every block and add the other units.

    Parameters
    ----------
    evolution
        What was shown, block by block.
    rng
        Generator of the order of trials and of the other units.
    """
    descriptor = evolution.descriptor
    channels, units = draw_units(descriptor, rng)
    preferred = (channels == descriptor.channel) & (units == descriptor.unit)
    preferred_row = int(np.argmax(preferred))
    other_rates = MEDIAN_OTHER_RATE * np.exp(LOG_SD_OTHER_RATE * rng.standard_normal(len(units)))
    parts: dict[str, dict[str, Blocks]] = {
        part: {name: [[] for _ in range(N_THREADS)] for name in ("trials", "psth", "responses")}
        for part in ("evol", "ref")
    }
    trials: list[tuple[str, int, bool, int]] = []
    counter = 0
    for number, shown in enumerate(evolution.blocks, start=1):
        groups = _groups(shown, number, counter)
        counter += sum(of_thread.population for of_thread in shown)
        slots = rng.permutation(sum(len(group.names) for group in groups))
        block: list = [None] * len(slots)
        for group in groups:
            taken, slots = slots[: len(group.names)], slots[len(group.names) :]
            for slot, name in zip(taken, group.names, strict=True):
                block[slot] = (name, group.thread, group.part == "evol", number)
            order = np.argsort(taken)
            psth = sign(group.psth[order])
            of_part = parts[group.part]
            of_part["trials"][group.thread].append(len(trials) + 1 + taken[order])
            of_part["psth"][group.thread].append(psth)
            of_part["responses"][group.thread].append(
                draw_responses(psth, other_rates, units, preferred_row, rng)
            )
        trials += block
    names, threads, evolved, blocks = zip(*trials, strict=True)
    return TrialRecord(
        descriptor=descriptor,
        image_names=list(names),
        trial_thread=np.array(threads),
        trial_is_evolved=np.array(evolved),
        trial_block=np.array(blocks),
        parts=parts,
        channels=channels,
        units=units,
        preferred_row=preferred_row,
    )


def _groups(shown: tuple[ShownTrials, ShownTrials], block: int, counter: int) -> list[Group]:
    """The four kinds of trial of a block; `counter` is the number of its first image."""
    groups = []
    for thread, of_thread in enumerate(shown):
        images = [evolved_image_name(block, thread, counter + image) for image in of_thread.images]
        groups.append(Group("evol", thread, images, of_thread.psth))
        counter += of_thread.population
    for thread, of_thread in enumerate(shown):
        stems = [f"SIMref{reference + 1:02d}" for reference in of_thread.references]
        names = [reference_image_name(stem, thread) for stem in stems]
        groups.append(Group("ref", thread, names, of_thread.ref_psth))
    return groups


def draw_units(descriptor: Descriptor, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Channel and unit number of every row, sorted; unit 0 is inactive.

    The preferred channel has an inactive row and units up to the preferred one; four other channels
    have one unit each, two of them an inactive row as well.

    Parameters
    ----------
    descriptor
        Experiment, with its preferred channel and unit.
    rng
        Generator of the draw.

    Returns
    -------
    channels, units : (n_rows,)
    """
    others = np.setdiff1d(np.arange(1, 65), descriptor.channel)
    others = rng.choice(others, N_OTHER_CHANNELS, replace=False)
    rows = [(descriptor.channel, unit) for unit in range(descriptor.unit + 1)]
    rows += [(channel, 1) for channel in others] + [(channel, 0) for channel in others[:2]]
    table = np.array(sorted(rows))
    return table[:, 0], table[:, 1]


def draw_responses(
    psth: np.ndarray,
    other_rates: np.ndarray,
    units: np.ndarray,
    preferred_row: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Evoked rates of all units, (n_units, n_trials), events/s.

    The preferred row is the mean of its PSTH; others are Poisson counts that follow the preferred
    unit weakly; inactive rows are 0.

    Parameters
    ----------
    psth : (n_trials, 200)
        Single trials of the preferred unit, events/s.
    other_rates : (n_units,)
        Mean rates of the other units, events/s.
    units : (n_units,)
        Unit numbers; 0 is inactive.
    preferred_row
        0-based row of the preferred unit.
    rng
        Generator of the counts.
    """
    preferred = window_rate(psth, axis=1)
    relative = (
        preferred / preferred.mean() if preferred.size and preferred.mean() > 0 else preferred
    )
    expected = np.outer(other_rates, 0.8 + 0.2 * relative) / RATE_PER_SPIKE
    responses = rng.poisson(expected) * RATE_PER_SPIKE
    responses[units == 0] = 0
    responses[preferred_row] = preferred
    return responses


def matlab_element(record: TrialRecord) -> dict:
    """The fields of one simulated ``BFEStats`` element, ready for `matfile.write_matfile`."""
    parts = {
        part: content
        | {"responses": [[sign(block) for block in thread] for thread in content["responses"]]}
        for part, content in record.parts.items()
    }
    return element_of(replace(record, parts=parts), meta_fields(record))


def element_of(record: TrialRecord, meta: dict) -> dict:
    """The fields of one ``BFEStats`` element of trials with some ``meta``.

    Parameters
    ----------
    record
        The trials.
    meta
        Fields of ``meta``.
    """
    descriptor = record.descriptor
    n_blocks = int(record.trial_block[-1])
    both = np.ones((N_THREADS, 1))
    preferred_channel, preferred_unit = both * descriptor.channel, both * descriptor.unit
    return {
        "Animal": descriptor.animal,
        "color_seq": block_colors(n_blocks),
        "evol": {
            "block_arr": _column(record.trial_block),
            "block_n": np.float64(n_blocks),
            "idx_seq": _trial_cells(record, "evol"),
            "imgpos": np.tile(descriptor.position, (N_THREADS, 1)),
            "imgsize": both * descriptor.size,
            "optim_names": Cell.column(["CMAES", "CMAES"]),
            "pref_chan": preferred_channel,
            "psth": _psth_cells(record, "evol"),
            "rspmat": _response_cells(record, "evol"),
            "space_cfg": Cell([[name, None] for name in descriptor.spaces]),
            "space_names": Cell.column(descriptor.spaces),
            "thread_num": np.float64(N_THREADS),
            "unit_in_pref_chan": preferred_unit,
        },
        "imageName": Cell.column(record.image_names),
        "meta": meta,
        "ref": {
            "idx_seq": _trial_cells(record, "ref"),
            "psth": _psth_cells(record, "ref"),
            "rspmat": _response_cells(record, "ref"),
        },
        "stim": {
            "gen_msk": record.trial_is_evolved[:, None],
            "nat_msk": ~record.trial_is_evolved[:, None],
            "thread_msks": Cell.row(
                [(record.trial_thread == thread)[:, None] for thread in range(N_THREADS)]
            ),
        },
        "units": {
            "activ_msk": (record.units > 0)[:, None],
            "pref_chan": preferred_channel,
            "pref_chan_id": both * (record.preferred_row + 1),
            "spikeID": _column(record.channels),
            "unit_in_pref_chan": preferred_unit,
            "unit_num_arr": _column(record.units),
        },
    }


def meta_fields(record: TrialRecord, **own: object) -> dict:
    """The fields of ``meta``, of a simulated recording unless said otherwise.

    Parameters
    ----------
    record
        The recording.
    own
        Fields that are others than a simulation's.
    """
    descriptor = record.descriptor
    return {
        "baselineWindowLength": np.float64(90),
        "comments": "SIMULATED DATA: no animal was recorded; see SIMULATED.json.",
        "ephysFN": descriptor.ephysFN,
        "equipment": "SIMULATION",
        "expControl": "ML",
        "expControlFN": descriptor.expControlFN,
        "imList": "",
        "pathBHV": "",
        "pathIMList": "",
        "pathMat": "",
        "pathRAW": "",
        "rasterWindow": np.array([[0.0, 200.0]]),
        "sdf": "sdf",
        "spikeID": _column(record.channels),
        "stimuli": f"SIMULATED/{descriptor.ephysFN}",
        "unitID": _column(record.units),
        "wvfms": np.zeros((len(record.units), WAVEFORM_SAMPLES)),
    } | own


def _psth_cells(record: TrialRecord, part: str) -> Cell:
    """1 x 200 x n arrays in double precision that carry single-precision values."""
    return Cell(
        [[block.T[None].astype(float) for block in thread] for thread in record.parts[part]["psth"]]
    )


def _response_cells(record: TrialRecord, part: str) -> Cell:
    return Cell(record.parts[part]["responses"])


def _trial_cells(record: TrialRecord, part: str) -> Cell:
    return Cell(
        [
            [trials[None].astype(float) for trials in thread]
            for thread in record.parts[part]["trials"]
        ]
    )


def _column(values: np.ndarray) -> np.ndarray:
    return values.astype(float)[:, None]


def block_colors(n_blocks: int) -> np.ndarray:
    """RGB of every block, dark red to violet, (n_blocks, 3), 0 to 1.

    Examples
    --------
    >>> block_colors(30).shape
    (30, 3)
    """
    at = np.linspace(0, len(SPECTRAL) - 1, n_blocks)
    anchors = np.arange(len(SPECTRAL))
    return np.stack([np.interp(at, anchors, channel) for channel in SPECTRAL.T], axis=1) / 255
