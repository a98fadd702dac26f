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
from contextlib import suppress
from functools import partial
from multiprocessing import connection
from typing import Any

from core import interrupt
from core.environment import ONE_THREAD, environment


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
        except BaseException:
            with interrupt.held_back():
                _interrupt_all(pool)
                pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()


def _result(future: Future) -> Any:
    interrupt.check()
    return future.result()


def _interrupt_all(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        with suppress(OSError):
            os.kill(process.pid, signal.SIGINT)


def _prepare() -> None:
    """In a new process: no signals between tasks, and an end with the parent."""
    for number in interrupt.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    interrupt.keep_quiet()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupt.SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _interruptible(function: Callable[[Any], Any], item: Any) -> Any:
    """In a worker: the task itself can be interrupted; the exception travels to the parent."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return function(item)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
