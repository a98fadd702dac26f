"""The work of ``python -m core.experiments.closed_loop start``: from its options to a session."""

import argparse
from dataclasses import replace

import numpy as np

from core.errors import SettingError
from core.experiments.closed_loop.controller import RigSession, run_session
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_references
from core.experiments.closed_loop.server import served
from core.experiments.closed_loop.settings import Scores, SessionSettings, Stop
from core.experiments.evolution.named_threads import named_thread
from core.experiments.evolution.record import GENERATOR_WEIGHTS
from core.experiments.evolution.threads import Thread
from core.generators.by_name import load_generator
from core.generators.validation import ImageGenerator
from core.progress import say

UNIT = "rig"
"""What stands for the unit in the seeds of a session's threads."""


def start(options: argparse.Namespace) -> None:
    """Run a session with the page served beside it.

    Parameters
    ----------
    options
        As `core.experiments.closed_loop.__main__.parser` gives them.
    """
    session = made_session(options)
    stop = Stop(options.blocks, options.plateau, options.minutes)
    with served(session.folder.page, options.port) as address:
        say(f"the session is shown at {address} and in {session.folder.page}")
        run_session(session, stop, patience=options.patience, say=say)


def made_session(options: argparse.Namespace) -> RigSession:
    """A session from options, its optimizers fresh.

    Parameters
    ----------
    options
        As the parser gives them.

    Raises
    ------
    SettingError
        If they do not fit each other.
    """
    scores = Scores(
        channels=tuple(options.channel or ()),
        window=tuple(options.window),
        baseline=tuple(options.baseline) if options.baseline else None,
    )
    settings = SessionSettings(
        scores=scores,
        repeats=options.repeats,
        pixels=options.pixels,
        size=options.size,
        position=tuple(options.position),
        seed=options.seed,
    )
    generators = [_generator(kind, options) for kind in options.generator]
    return RigSession(
        folder=Folder.at(options.session, options.answers, options.images),
        threads=[
            with_whole_first(_thread(number, generators, options))
            for number in range(len(generators))
        ],
        references=read_references(options.references, options.pixels),
        settings=settings,
        notes={GENERATOR_WEIGHTS: "random" if options.random_weights else "published"},
    )


def _generator(kind: str, options: argparse.Namespace) -> ImageGenerator:
    return load_generator(
        kind,
        pretrained=not options.random_weights,
        device=options.device,
        rng=0,  # random weights are the same in every run, so that it can go on
    )


def _thread(number: int, generators: list[ImageGenerator], options: argparse.Namespace) -> Thread:
    return named_thread(
        options.generator,
        number,
        generators,
        options.optimizer[number],
        unit=UNIT,
        seed=options.seed,
        n_blocks=options.blocks,
        population_size=options.population[number],
        hessians=options.hessians,
    )


def with_whole_first(thread: Thread) -> Thread:
    """A thread whose first block is a whole population around its start, not the start alone.

    A presentation costs a rig the same whatever it shows, and one image has no rank.

    Raises
    ------
    SettingError
        If the thread has no first codes.
    """
    optimizer = thread.optimizer
    own = optimizer.get_init_pop()
    first = own if thread.start is None or (own is not None and len(own) > 1) else thread.start
    if first is None:
        raise SettingError(path=f"thread {thread.name}", expected="first codes", found="none")
    if len(first) == 1:
        first = optimizer.step(np.zeros(1), first)
    return replace(thread, start=first)
