"""Work in several processes, results in order, and a prompt stop when interrupted."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

_BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def ordered_map(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    n_jobs: int,
    initializer: Callable[..., None] | None = None,
    initargs: tuple = (),
) -> Iterator[Any]:
    """Results of ``function(item)`` in the order of the items, computed in `n_jobs` processes.

    Each process runs linear algebra in one thread, so that results do not depend on `n_jobs` and
    processes do not compete. At most ``2 n_jobs`` results wait at a time. When the caller stops
    early, by an error or Ctrl-C, the processes are ended.

    Parameters
    ----------
    function, initializer
        Importable by name in a fresh process.
    """
    waiting: deque[Future] = deque()
    with _one_blas_thread():
        pool = ProcessPoolExecutor(
            n_jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
            initargs=(initializer, initargs),
        )
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * n_jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            raise
        pool.shutdown()


def _prepare(initializer: Callable[..., None] | None, initargs: tuple) -> None:
    """In a new process: leave Ctrl-C to the parent, then the caller's own preparation."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if initializer is not None:
        initializer(*initargs)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _BLAS_VARIABLES}
    os.environ.update(dict.fromkeys(_BLAS_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
