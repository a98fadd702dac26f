"""Work in several processes, results in order, and a prompt and clean stop when interrupted.

`core.sweep` runs tasks on Dask workers, of this machine or of a cluster, and keeps each result in a
file. Here results go back to the caller as they are needed, and the workers start in a fraction of
the time, with the standard library alone: `./reproduce --light` installs no Dask.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from core import interrupt
from core.environment import ONE_THREAD, environment
from core.errors import RunError

PATIENCE = 4.0
"""Seconds that an interrupted process has to clean up."""


def ordered_map(function: Callable[[Any], Any], items: Iterable[Any], n_jobs: int) -> Iterator[Any]:
    """Results of ``function(item)`` in the order of the items, computed in `n_jobs` processes.

    Each process runs linear algebra in one thread, so that results do not depend on `n_jobs` and
    processes do not compete. At most ``2 n_jobs`` results wait at a time. When the caller stops
    early, by an error or Ctrl-C, the work under way is interrupted, so that it can clean up, and
    the processes end; they end by themselves if this one is killed.

    Parameters
    ----------
    function
        Can be pickled, and is importable by name in a fresh process.
    items
        What it is called with, one after the other; they can be pickled.
    n_jobs
        Number of processes.

    Raises
    ------
    RunError
        If a process is killed, for want of memory say.
    """
    waiting: deque[Future] = deque()
    with environment(ONE_THREAD):
        pool = ProcessPoolExecutor(
            n_jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
        )
        try:
            for item in items:
                with interrupt.blocked():
                    waiting.append(pool.submit(partial(_interruptible, function), item))
                if len(waiting) >= 2 * n_jobs:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        except BaseException as error:
            with interrupt.held_back():
                _end(pool)
            if isinstance(error, BrokenProcessPool):
                raise RunError(
                    path="parallel work",
                    expected="processes that live until it is done",
                    found="that one was killed",
                    advice="is there enough memory and disk?",
                ) from None
            raise
        pool.shutdown()


def _result(future: Future) -> Any:
    interrupt.check()
    return future.result()


def _end(pool: ProcessPoolExecutor) -> None:
    """Interrupt all processes, and kill those that have not cleaned up after a while."""
    processes = list((pool._processes or {}).values())
    killing = threading.Timer(PATIENCE, _kill, [processes])
    killing.start()
    for process in processes:
        with suppress(OSError):
            os.kill(process.pid, signal.SIGINT)
    pool.shutdown(cancel_futures=True)
    killing.cancel()


def _kill(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.kill()


_stopping = threading.Event()
"""In a worker: whether it was interrupted."""

_working = threading.Event()
"""In a worker: whether a task is under way."""


def _prepare() -> None:
    """In a new process: heed interrupts during tasks alone, and end with the parent."""
    for number in interrupt.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, _on_interrupt)
    interrupt.keep_quiet()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupt.SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _on_interrupt(number: int, frame: FrameType | None) -> None:
    _stopping.set()
    if _working.is_set():
        raise KeyboardInterrupt


def _interruptible(function: Callable[[Any], Any], item: Any) -> Any:
    """In a worker: the task itself can be interrupted; the exception travels to the parent."""
    _working.set()
    try:
        if _stopping.is_set():
            raise KeyboardInterrupt
        return function(item)
    finally:
        _working.clear()
