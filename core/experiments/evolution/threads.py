"""Threads of an evolution, and their turns: what they show next, and how they learn from scores.

Everything that evolves images goes through `Turns`: a unit of a network (`loop.evolve`) and a rig
with an electrode (`core.experiments.closed_loop`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from core.computing.array_backend import Array, to_host
from core.computing.checksums import checksum
from core.errors import CodeError, SettingError, StateError
from core.generators.validation import ImageGenerator
from core.optimizers.protocol import Optimizer

SAME_CODES = 1e-5
"""Relative difference up to which codes are those of a file, which are float32."""


@dataclass(frozen=True)
class Thread:
    """A generator, and the optimizer of its codes.

    Attributes
    ----------
    name
        Of the thread, for the record: "fc6".
    generator
        Makes the images of codes (n, *latent_shape), float32 as in the file; threads that share one
        are rendered together.
    optimizer
        Fresh: an interrupted evolution is resumed by showing it again what it has seen.
    start : (n, D), optional
        First codes; by default those of the optimizer.
    """

    name: str
    generator: ImageGenerator
    optimizer: Optimizer
    start: Array | None = None

    @property
    def n_code(self) -> int:
        """Values of a code."""
        return prod(self.generator.latent_shape)

    def check_lengths(self) -> None:
        """Refuse an optimizer of codes of another length than the generator's.

        Raises
        ------
        SettingError
            If they differ.
        """
        if self.optimizer.space_dimen != self.n_code:
            raise SettingError(
                path=f"thread {self.name}",
                expected=f"an optimizer of the generator's {self.n_code} values",
                found=f"one of {self.optimizer.space_dimen}",
            )


class Turns:
    """The populations that threads show next, and what they learnt so far.

    Parameters
    ----------
    threads
        One, or several that take turns.

    Attributes
    ----------
    populations
        For each thread the codes (n, D) that it shows next.
    generations
        For each thread how often it has learnt.

    Raises
    ------
    CodeError
        If a thread has no first codes, or codes of another length.
    """

    def __init__(self, threads: Sequence[Thread]):
        self.threads = threads
        self.populations = [_first_codes(thread) for thread in threads]
        self.generations = [0] * len(threads)

    def learn(self, scores: Sequence[np.ndarray | None]) -> None:
        """Let every optimizer learn from its population; with None it shows the same once more.

        Parameters
        ----------
        scores
            For each thread one score (n,) for each code of its population, or None.
        """
        for number, of_thread in enumerate(scores):
            if of_thread is not None:
                optimizer = self.threads[number].optimizer
                self.populations[number] = optimizer.step(of_thread, self.populations[number])
                self.generations[number] += 1

    def check_codes(self, recorded: Sequence[np.ndarray], block: int, path: Path) -> None:
        """Compare the populations with codes that a file says were shown.

        Parameters
        ----------
        recorded
            For each thread its codes (n, D) of the block.
        block
            Number of the block, 0-based, for the message.
        path
            File that says so, for the message.

        Raises
        ------
        StateError
            If they differ by more than the rounding to float32.
        """
        for codes, population in zip(recorded, map(to_host, self.populations), strict=True):
            same = codes.shape == population.shape and np.allclose(
                codes, population, rtol=0, atol=SAME_CODES * max(1e-30, np.abs(codes).max())
            )
            if not same:
                raise StateError(
                    path=path,
                    expected="the codes that these optimizers give from the recorded scores",
                    found=f"others in block {block}",
                    advice="go on with the seeds it was begun with",
                )


def thread_settings(thread: Thread, first_codes: Array) -> dict[str, object]:
    """What must be the same for an evolution's thread to go on, in types of JSON.

    Parameters
    ----------
    thread
        The thread, its optimizer fresh.
    first_codes : (n, D)
        Codes that it shows first.
    """
    return {
        "name": thread.name,
        "generator": type(thread.generator).__name__,
        "generator's weights": _identity(thread.generator),
        "first codes": array_sha256(first_codes),
        **thread.optimizer.settings(),
    }


def _first_codes(thread: Thread) -> Array:
    codes = thread.optimizer.get_init_pop() if thread.start is None else thread.start
    if codes is None:
        raise CodeError(
            path=f"thread {thread.name}",
            expected="first codes",
            found="that neither `start` nor the optimizer gives any",
        )
    if codes.ndim != 2 or codes.shape[1] != thread.n_code:
        raise CodeError(
            path=f"thread {thread.name}",
            expected=f"first codes (n, {thread.n_code})",
            found=f"shape {tuple(codes.shape)}",
        )
    return codes


def array_sha256(values: Array) -> str:
    """SHA-256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(to_host(values)).tobytes()).hexdigest()


def _identity(generator: ImageGenerator) -> Any:
    """Checksum of a generator's weights; what one without a module says of itself, if anything."""
    if isinstance(generator, nn.Module):
        return checksum(generator)
    return generator.identity() if hasattr(generator, "identity") else None
