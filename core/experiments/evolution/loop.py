"""Evolution of images for units: any generators, any scorer, any optimizers, many units at once.

An evolution has one unit and one or more threads, each a generator with an optimizer of its codes.
In every block all threads show their populations, mixed with reference images in random order, to
the unit; then each optimizer learns from its own images. Single evolutions have one thread, paired
ones two (DeePSim and BigGAN), as in the recordings.

Noise is drawn for every image alone; `core.experiments.evolution.noise` has its kinds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import numpy as np
import torch

from core import interrupt
from core.computing.array_backend import Array, to_host
from core.errors import ScoreError, SettingError, StateError
from core.experiments.evolution.noise import Noise, checked_noise, noise_settings, with_noise
from core.experiments.evolution.record import (
    Block,
    EvolutionRecord,
    ThreadShape,
    create,
    extend,
    read_evolution,
    write_block,
)
from core.experiments.evolution.threads import Thread, Turns, array_sha256, thread_settings
from core.generators.protocol import render
from core.generators.validation import ImageGenerator
from core.settings import check_same, whole

Place = Callable[[torch.Tensor], torch.Tensor]
"""What is done to images (n, 3, H, W) before they are scored."""

AT_A_TIME = 512
"""Images that are in memory at the same time."""


class Respond(Protocol):
    """Clean scores of images, each by the unit whose number stands beside it.

    Any function of the two will do. Of a function nothing is known, so that it is for the caller to
    go on with the same one; an object with the method `identity` as well is compared with that of
    the file, and another scorer is refused. `core.probing.UnitResponses` has it.
    """

    def __call__(self, images: torch.Tensor, units: np.ndarray) -> np.ndarray:
        """Scores of images.

        Parameters
        ----------
        images : (n, 3, H, W) float32
            RGB in [0, 1].
        units : (n,) int
            Number of the unit that each is scored by, 0-based, in the order of the evolutions.

        Returns
        -------
        (n,)
            Finite; a tensor will do.
        """

    def identity(self, unit: int) -> dict[str, Any]:
        """What makes a unit's scores what they are, and must be the same when it goes on; optional.

        Parameters
        ----------
        unit
            Number of the unit, 0-based.

        Returns
        -------
        dict
            In types of JSON, by name: the `core.computing.checksums.checksum` of a network's
            weights, the layer, the size of images, ...
        """


@dataclass(frozen=True)
class Evolution:
    """One unit with its threads.

    Attributes
    ----------
    path
        HDF5 file that records it, and from which it goes on if it is there.
    unit
        Name of the unit, for the record.
    threads
        One, or several that take turns.
    noise
        Level of noise that is proportional to the score, 0 is none; ``"poisson"`` or a
        `PoissonNoise` for counts of spikes. The file keeps clean scores beside the noisy ones.
    references : (n, 3, H, W), optional
        Images in [0, 1] that are shown in every block.
    seed
        Of noise and order, which differ between units all the same.
    notes
        What else should be the same when it goes on, such as what `place` does to images.
    """

    path: Path
    unit: str
    threads: Sequence[Thread]
    noise: Noise = 0.0
    references: torch.Tensor | None = None
    seed: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.threads:
            raise SettingError(path=self.unit, expected="at least one thread", found="none")
        object.__setattr__(self, "noise", checked_noise(self.noise))
        whole(self.seed, "seed", at_least=0)
        for thread in self.threads:
            thread.check_lengths()


def evolve(
    evolutions: Sequence[Evolution],
    respond: Respond,
    n_blocks: int = 100,
    *,
    place: Place = lambda images: images,
    after_block: Callable[[], None] = lambda: None,
) -> list[EvolutionRecord]:
    """Run evolutions side by side, block by block, and record them.

    All images of a generator are rendered and scored together, whatever the number of units. What
    lies in an evolution's file is not run again.

    Parameters
    ----------
    evolutions
        One for each unit, numbered from 0 for `respond`.
    respond
        See `Respond`; `core.probing.unit_responses` has one for units of a network.
    n_blocks
        Generations, the first codes counted. May be more than a file was begun with; it then gets
        room for them.
    place
        What is done to images before they are scored, such as fitting them into a receptive field.
    after_block
        Called after every block, of all evolutions together.

    Returns
    -------
    list of EvolutionRecord
        One for each evolution.

    Raises
    ------
    StateError
        If a file belongs to another evolution; names the difference.
    ScoreError
        If `respond` gives no finite score for each image.
    RunError
        If a file cannot be written. What was recorded is kept, and the same call goes on from it.
    """
    whole(n_blocks, "n_blocks", at_least=1)
    runs = [
        _Run(evolution, number, respond, n_blocks, place)
        for number, evolution in enumerate(evolutions)
    ]
    while active := [run for run in runs if run.n_done < n_blocks]:
        interrupt.check()
        clean = _clean_scores(active, respond, place)
        for run, scores in zip(active, clean, strict=True):
            run.finish_block(scores)
        after_block()
    return [read_evolution(evolution.path) for evolution in evolutions]


def blocks_to_do(evolutions: Sequence[Evolution], n_blocks: int) -> int:
    """Blocks that `evolve` will run, of all evolutions together.

    Parameters
    ----------
    evolutions
        Evolutions that may have files already.
    n_blocks
        Generations, the first codes counted.

    Returns
    -------
    int
    """
    done = [read_evolution(e.path).n_done if e.path.is_file() else 0 for e in evolutions]
    return max((n_blocks - n for n in done), default=0)


class _Run:
    """An evolution under way: the populations to show next, and its file."""

    def __init__(
        self,
        evolution: Evolution,
        number: int,
        respond: Respond,
        n_blocks: int,
        place: Place,
    ):
        self.evolution, self.number = evolution, number
        self.turns = Turns(evolution.threads)
        settings = _settings(evolution, self.populations, n_blocks) | _scorer(respond, number)
        if evolution.path.is_file():
            record = read_evolution(evolution.path)
            is_longer = n_blocks > record.n_blocks
            known = settings | ({"n_blocks": record.n_blocks} if is_longer else {})
            _check_settings(evolution, known, record)
            self.reference_clean = record.reference_clean
            self.n_done = record.n_done
            self._show_again(record)
            if is_longer:
                extend(evolution.path, settings, n_blocks)
        else:
            self.n_done = 0
            self.reference_clean = self._reference_scores(respond, place)
            shapes = [
                ThreadShape(t.name, t.n_code, len(codes), t.optimizer.lambda_)
                for t, codes in zip(evolution.threads, self.populations, strict=True)
            ]
            create(evolution.path, settings, shapes, n_blocks, self.reference_clean)

    @property
    def populations(self) -> list[Array]:
        """Codes that the threads show next."""
        return self.turns.populations

    def finish_block(self, clean: Sequence[np.ndarray]) -> None:
        """Add noise and order, record, and let the optimizers learn."""
        unit = crc32(self.evolution.unit.encode())
        rng = np.random.default_rng([self.evolution.seed, unit, self.n_done])
        sizes = [len(scores) for scores in (*clean, self.reference_clean)]
        order = rng.permutation(sum(sizes))
        noisy = np.empty(sum(sizes))
        noisy[order] = with_noise(
            np.concatenate([*clean, self.reference_clean])[order], self.evolution.noise, rng
        )
        parts = np.cumsum(sizes)[:-1]
        *scores, reference_scores = np.split(noisy, parts)
        *positions, reference_positions = np.split(np.argsort(order), parts)
        codes = [to_host(population) for population in self.populations]
        block = Block(codes, clean, scores, positions, reference_scores, reference_positions)
        write_block(self.evolution.path, self.n_done, block)
        self._learn(scores)

    def _learn(self, scores: Sequence[np.ndarray]) -> None:
        self.turns.learn(scores)
        self.n_done += 1

    def _show_again(self, record: EvolutionRecord) -> None:
        """Bring the optimizers to where the file ends."""
        self.n_done = 0
        for block in range(record.n_done):
            shown = [thread.generations == block for thread in record.threads]
            codes = [t.codes[rows] for t, rows in zip(record.threads, shown, strict=True)]
            self.turns.check_codes(codes, block, self.evolution.path)
            self._learn([t.scores[rows] for t, rows in zip(record.threads, shown, strict=True)])

    def _reference_scores(self, respond: Respond, place: Place) -> np.ndarray:
        images = self.evolution.references
        if images is None or len(images) == 0:
            return np.empty(0)
        units = np.full(len(images), self.number)
        return _checked(respond(place(images), units), len(images))


def _clean_scores(runs: Sequence[_Run], respond: Respond, place: Place) -> list[list[np.ndarray]]:
    """Scores of every run's populations, thread by thread; one batch for each generator."""
    scores = [[np.empty(0)] * len(run.populations) for run in runs]
    generators = {id(t.generator): t.generator for run in runs for t in run.evolution.threads}
    for key, generator in generators.items():
        places = [
            (i, j)
            for i, run in enumerate(runs)
            for j, thread in enumerate(run.evolution.threads)
            if id(thread.generator) == key
        ]
        codes = [torch.as_tensor(runs[i].populations[j]) for i, j in places]
        sizes = [len(some) for some in codes]
        units = np.repeat([runs[i].number for i, _ in places], sizes)
        together = _render_and_score(generator, torch.cat(codes), units, respond, place)
        for (i, j), part in zip(places, np.split(together, np.cumsum(sizes)[:-1]), strict=True):
            scores[i][j] = part
    return scores


def _render_and_score(
    generator: ImageGenerator,
    codes: torch.Tensor,
    units: np.ndarray,
    respond: Respond,
    place: Place,
) -> np.ndarray:
    scores = []
    for start in range(0, len(codes), AT_A_TIME):
        some = slice(start, start + AT_A_TIME)
        images = place(render(generator, codes[some]))
        scores.append(_checked(respond(images, units[some]), len(images)))
    return np.concatenate(scores)


def _checked(scores: np.ndarray, n: int) -> np.ndarray:
    scores = np.asarray(to_host(scores), dtype=float)
    if scores.shape != (n,) or not np.isfinite(scores).all():
        bad = "" if scores.shape != (n,) else f", {int((~np.isfinite(scores)).sum())} not finite"
        raise ScoreError(
            expected=f"one finite score for each of {n} images", found=f"shape {scores.shape}{bad}"
        )
    return scores


def _settings(
    evolution: Evolution,
    populations: Sequence[Array],
    n_blocks: int,
) -> dict[str, Any]:
    references = evolution.references
    return {
        "unit": evolution.unit,
        "n_blocks": n_blocks,
        "noise": noise_settings(evolution.noise),
        "seed": evolution.seed,
        "references": None if references is None else array_sha256(references),
        **evolution.notes,
        "threads": [
            thread_settings(thread, codes)
            for thread, codes in zip(evolution.threads, populations, strict=True)
        ],
    }


def _scorer(respond: Respond, unit: int) -> dict[str, Any]:
    """What a scorer says of a unit, as settings of the evolution; nothing of a plain function."""
    known = respond.identity(unit) if hasattr(respond, "identity") else {}
    return {f"scorer's {name}": value for name, value in known.items()}


def _check_settings(
    evolution: Evolution, settings: dict[str, Any], record: EvolutionRecord
) -> None:
    found = record.settings
    try:
        expected_threads, found_threads = settings["threads"], found["threads"]
        for expected, there in zip(expected_threads, found_threads, strict=False):
            check_same(expected, there, f"thread {expected['name']}")
        check_same(settings, found, evolution.unit)
    except StateError as error:
        raise error.inside(evolution.path) from None
