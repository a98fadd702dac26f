"""Paired evolutions of a twin's neurons as elements of the data set of paired evolutions.

An evolution's file holds for every image the rate that the twin predicted and the count of spikes
that its optimizer learnt from. A recording needs the times of the spikes: those that were counted
are spread over the window by the time course of `closed_loop.neuron`, as they would have come if
the rate had followed it; those outside of the window are drawn at the rate there. So the rates in
the window are those that were learnt from, and the PSTHs are the time course's.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.contract.provenance import SIMULATED_SUFFIX, simulation_record
from core.contract.signs import sign
from core.errors import RecordingError, SettingError
from core.experiments.closed_loop.neuron import BEFORE, DURATION, response_course
from core.experiments.evolution.paired import PairedDescription, neuron_files, read_paired
from core.experiments.evolution.record import EvolutionRecord, read_evolution
from core.files import alone_in
from core.matlab.writing import Cell
from core.progress import say
from core.statistics.windows import EVOKED, window_rate
from core.threads import N_THREADS
from neuro_data_analysis.recordings.conversion import N_BINS
from neuro_data_analysis.recordings.naming import evolved_image_name, reference_image_name
from neuro_data_analysis.session_adding import add_elements
from neuro_data_analysis.session_trials import SessionDescriptor, ShownBlock, trial_record
from neuro_data_analysis.simulation.record import TrialRecord, element_of, meta_fields
from neuro_data_analysis.simulation.spikes import SMOOTHING_REACH, smoothed

PURPOSE = 7
"""What tells the random numbers of spike times from those of the evolution."""

WORDS = "DIGITAL TWIN: no animal was recorded; see SIMULATED.json. Channel: the neuron's id plus 1."


def add_paired(root: Path, out: Path, animal: str, area: str, number: int = 1) -> list[int]:
    """Append every neuron of a folder of paired evolutions to the recordings in a folder.

    Parameters
    ----------
    root
        Folder of `python -m dualneuron paired`.
    out
        Folder of the recordings.
    animal, area
        Name that stands for the animal, and visual area, which must be the twin's.
    number
        Number, on its day, of the recording of neuron 0; the others follow.

    Returns
    -------
    list of int
        Experiment number of each neuron, 1-based.

    Raises
    ------
    RecordingError
        If no neuron has a block yet.
    SettingError
        If the area is another, or the recordings there are none of such twins.
    """
    known = read_paired(root)
    if area != known.area:
        raise SettingError(path="--area", expected=f"{known.area}, the twin's", found=area)
    if not re.fullmatch("[A-Za-z]+", animal):
        raise SettingError(path="--animal", expected="a name of letters", found=f"{animal!r}")
    elements = list(_elements(root, known, animal, number))
    if not elements:
        raise RecordingError(path=root, expected="evolutions with blocks", found="none")
    with alone_in(out, say):
        return add_elements(elements, out, simulation_record(root) or {})


def _elements(root: Path, known: PairedDescription, animal: str, number: int) -> Iterator[dict]:
    for path in neuron_files(root):
        evolution = read_evolution(path)
        if not {"neuron", "grey rate", "noise"} <= evolution.settings.keys():
            raise RecordingError(
                path=path, expected="an evolution of a twin's neuron", found="another"
            )
        if evolution.n_done:
            yield paired_element(evolution, known, animal, number)


def paired_element(
    evolution: EvolutionRecord, known: PairedDescription, animal: str, number: int
) -> dict:
    """The fields of the element of one neuron.

    Parameters
    ----------
    evolution
        Its evolution, with at least one block.
    known
        What the neurons of its folder are.
    animal, number
        See `add_paired`.
    """
    neuron = evolution.settings["neuron"]
    day = datetime.datetime.fromisoformat(known.created)
    descriptor = SessionDescriptor(
        ephysFN=f"{animal}-{day:%d%m%Y}-{number + neuron:03d}{SIMULATED_SUFFIX}",
        expControlFN=f"{day:%y%m%d}_{animal}_twin",
        animal=animal,
        channel=neuron + 1,
        spaces=known.spaces,
    )
    record = _record(descriptor, evolution)
    meta = meta_fields(
        record,
        comments=WORDS,
        expControl=f"{known.twin}: {known.notice}",
        visual_area=known.area,
    )
    element = element_of(record, meta)
    names = [thread["optimizer"] for thread in evolution.settings["threads"]]
    element["evol"]["optim_names"] = Cell.column(names)
    return element


def _record(descriptor: SessionDescriptor, evolution: EvolutionRecord) -> TrialRecord:
    blocks, counter = [], 0
    for number in range(evolution.n_done):
        blocks.append(_shown(evolution, number, counter))
        counter += int(blocks[-1].is_evolved.sum())
    return trial_record(descriptor, blocks, [(descriptor.channel, descriptor.unit)], 0)


def _shown(evolution: EvolutionRecord, block: int, counter: int) -> ShownBlock:
    """One block in its order; references are shared out between the threads, alternately."""
    names, threads, clean, noisy, positions = [], [], [], [], []
    for number, thread in enumerate(evolution.threads):
        rows = thread.generations == block
        n = int(rows.sum())
        names += [evolved_image_name(block + 1, number, counter + i) for i in range(n)]
        counter += n
        threads.append(np.full(n, number))
        clean.append(thread.scores_clean[rows])
        noisy.append(thread.scores[rows])
        positions.append(thread.positions[rows])
    n_references = len(evolution.reference_clean)
    of_thread = np.arange(n_references) % N_THREADS
    names += [reference_image_name(f"small{i:02d}", t) for i, t in enumerate(of_thread)]
    clean.append(evolution.reference_clean)
    noisy.append(evolution.reference_scores[block])
    positions.append(evolution.reference_positions[block])
    is_evolved = np.arange(len(names)) < len(names) - n_references
    order = np.argsort(np.concatenate(positions))
    seeds = [evolution.settings["seed"], evolution.settings["neuron"], block, PURPOSE]
    psth = spread_spikes(
        np.concatenate(clean)[order],
        np.concatenate(noisy)[order],
        evolution.settings,
        np.random.default_rng(seeds),
    )
    return ShownBlock(
        names=[names[i] for i in order],
        thread=np.concatenate([*threads, of_thread])[order],
        is_evolved=is_evolved[order],
        psth=sign(psth),
        responses=sign(window_rate(psth.astype(float), axis=1)[None]),
    )


def spread_spikes(
    clean: np.ndarray, scores: np.ndarray, settings: dict, rng: np.random.Generator
) -> np.ndarray:
    """Smoothed PSTHs of trials whose spikes in the window were counted.

    Parameters
    ----------
    clean, scores : (n,)
        Scores as the evolution's file has them: predicted, and counted.
    settings
        Of the evolution: ``noise`` of counts, and ``grey rate``, events/s.
    rng
        Source of the times.

    Returns
    -------
    (n, 200) float32
        Events/s in 1-ms bins from image onset.
    """
    noise, grey = settings["noise"], settings["grey rate"]
    start, stop = EVOKED
    counts = np.rint(scores * noise["scale"] * noise["window"] / 1000).astype(int)
    drawn = np.arange(-SMOOTHING_REACH, N_BINS + SMOOTHING_REACH)
    course = response_course()[BEFORE + np.minimum(drawn, DURATION - 1)]
    rates = np.maximum(0, grey + np.outer(clean * noise["scale"] - grey, course))
    spikes = rng.poisson(rates / 1000)
    inside = slice(start + SMOOTHING_REACH, stop + SMOOTHING_REACH)
    shares = rates[:, inside] + 1e-9  # where nothing was expected, spikes come at any time
    shares /= shares.sum(axis=1, keepdims=True)
    spikes[:, inside] = rng.multinomial(counts, shares)
    return smoothed(spikes)
