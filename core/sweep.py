"""Sweeps: many independent tasks on Dask workers, every result a Parquet file that is written once.

A task is a function of plain arguments that returns a row. The client writes each row as it comes,
so workers need no folder in common. What has a file is not run again, so that an interrupted or
killed sweep goes on by the same call. A task whose worker dies is run again on another one.
"""

import json
import logging
import os
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core import interrupt
from core.environment import ONE_THREAD, environment
from core.errors import ReproductionError, RunError, SettingError, StateError
from core.files import alone_in, replacing, scratch
from core.progress import progress
from core.settings import check_same

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

logger = logging.getLogger(__name__)

Row = dict[str, Any]
"""Numbers, texts and lists of numbers, by name."""

ARGUMENTS = "task"
"""Column that says, as JSON, what a row was made from."""

CONNECT_SECONDS = 10

LEAST_MEMORY = 100_000_000
"""Bytes that a worker needs to start."""

DEATHS = 3
"""Workers that a task may lose before it is given up."""

LOST = "expected a worker that survives it, found that all died; has each enough memory?"
"""What is said of a task whose workers all died."""

REVIVAL_SECONDS = 3.0
"""Time between two looks at whether workers are gone for good."""

GIVEN_UP = ("failed", "closed")
"""States of the keeper of a worker that it no longer restarts."""

KEPT = "the results before it are kept, and the same call goes on from them"
"""What is said of a result that cannot be written."""

HOPELESS = 10
"""A sweep whose first tasks all fail stops after so many."""

ENVIRONMENT = {
    **ONE_THREAD,
    "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
}
"""Environment of local workers: one thread, and glibc keeps the memory of arrays for the next step.

Dask's own setting has it ask the system for every array anew, which takes most of the time of small
networks.
"""


def sweep(
    function: Callable[..., Row],
    tasks: Mapping[str, Mapping[str, Any]],
    folder: Path,
    client: "Client",
) -> pd.DataFrame:
    """Run the tasks that have no result yet, and return the results of all.

    Waits until another sweep into the same folder has ended.

    Parameters
    ----------
    function
        Importable by name on the workers.
    tasks
        Keyword arguments of each, in types of JSON, by a name that can be part of a file's.
    folder
        Of the results, ``{name}.parquet``.
    client
        See `workers`.

    Returns
    -------
    DataFrame
        One row for each task in their order: what it returned, its `name`, and its arguments as
        JSON in the column `task`.

    Raises
    ------
    StateError
        If a result was made from other arguments; names the difference.
    RunError
        If tasks failed, once all others are done, or once the first 10 have failed; if a result
        cannot be written; or if results were removed meanwhile, which are named. The results that
        are there are kept, and the same call goes on from them.
    """
    run_tasks(function, tasks, folder, client)
    return finished(tasks, folder)


def run_tasks(
    function: Callable[..., Row],
    tasks: Mapping[str, Mapping[str, Any]],
    folder: Path,
    client: "Client",
) -> None:
    """Run the tasks that have no result yet, where all results together are too large for a table.

    Parameters, files and errors are those of `sweep`; `finished` reads the results of some tasks.

    Parameters
    ----------
    function
        Importable by name on the workers.
    tasks
        Keyword arguments of each, by name.
    folder
        Of the results.
    client
        See `workers`.
    """
    with alone_in(folder, logger.warning):
        missing = {name: task for name, task in tasks.items() if not _is_done(folder, name, task)}
        failures = _run(function, missing, folder, client) if missing else {}
        if len(failures) < HOPELESS:
            # a worker takes its innocent neighbours with it, so those are tried once more, alone
            for name in [name for name, why in failures.items() if why == LOST]:
                del failures[name]
                failures |= _run(function, {name: missing[name]}, folder, client)
    gone = [name for name in tasks if not _path(folder, name).is_file()]
    if gone or failures:
        removed = f"removed meanwhile: {_some(gone)}; the same call makes them anew"
        raise RunError(
            path=folder,
            expected=f"{len(tasks)} results",
            found=f"{len(tasks) - len(gone)}, which are kept",
            advice=next((f"{name} failed: {why}" for name, why in failures.items()), removed),
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def finished(tasks: Mapping[str, Mapping[str, Any]], folder: Path) -> pd.DataFrame:
    """The results that are there, in the order of the tasks.

    Parameters
    ----------
    tasks
        Arguments of each task by its name; only the names matter here.
    folder
        Folder of the results.
    """
    rows = [pd.read_parquet(path) for name in tasks if (path := _path(folder, name)).is_file()]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


@contextmanager
def workers(
    scheduler: str | None = None, n_workers: int = 2, memory: str = "4GB"
) -> Iterator["Client"]:
    """Workers of a cluster of this machine, or of a running one.

    Parameters
    ----------
    scheduler
        Address of a running scheduler, as in ``tcp://node7:8786``. Its workers need this project,
        and have the threads and memory that they were started with.
    n_workers, memory
        Of a local cluster: processes, with one thread each, and what each may use, as in "4GB". A
        worker beyond 95 % of it is ended, and its task is run again: at most three times, and
        after all others as often alone.

    Raises
    ------
    SettingError
        If no scheduler answers, or the amount of memory cannot be read or is too small.
    """
    from distributed.utils import silence_logging_cmgr

    with silence_logging_cmgr(logging.CRITICAL):
        if scheduler is None:
            with _local_cluster(n_workers, memory) as client:
                yield client
        else:
            with _connected(scheduler) as client:
                yield client


def _connected(scheduler: str) -> "Client":
    from distributed import Client

    try:
        return Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise SettingError(
            path="scheduler",
            expected=f"a Dask scheduler that answers at {scheduler}",
            found=f"none ({_words(error)})",
        ) from None


@contextmanager
def _local_cluster(n_workers: int, memory: str) -> Iterator["Client"]:
    import dask
    from dask.utils import parse_bytes
    from distributed import Client, LocalCluster

    try:
        limit = parse_bytes(memory)
    except ValueError:
        limit = 0
    if limit < LEAST_MEMORY:
        least = f"{LEAST_MEMORY // 1_000_000}MB"
        raise SettingError(
            path="memory",
            expected=f"an amount such as 4GB, at least {least}",
            found=f"{memory!r}",
        )
    with (
        scratch() as folder,
        environment(ENVIRONMENT),
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS - 1}),
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            memory_limit=limit,
            local_directory=str(folder),
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
        _kept_alive(cluster, n_workers),
    ):
        yield client


@contextmanager
def _kept_alive(cluster: "LocalCluster", n_workers: int) -> Iterator[None]:
    """Meanwhile workers are started anew that Dask has given up.

    Dask restarts a worker that dies, but not one that dies before it is known to be there; a sweep
    would then wait for ever.
    """
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(REVIVAL_SECONDS):
            cluster.loop.add_callback(revive)

    def revive() -> None:
        lost = [n for n, nanny in cluster.workers.items() if nanny.status.name in GIVEN_UP]
        for name in lost:
            del cluster.workers[name]
        if len(cluster.workers) < n_workers:
            cluster.scale(n_workers)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def worker_count(options: Namespace, device: str) -> int:
    """Processes to start for the options that `core.arguments.add_cluster_options` adds.

    Parameters
    ----------
    options
        As parsed.
    device
        Kind of the device that the tasks compute on: ``cpu``, ``cuda``.

    Returns
    -------
    0 where a cluster runs already; without a wish one a core, or one in all on a GPU.

    Examples
    --------
    >>> worker_count(Namespace(scheduler=None, workers=None), "cuda")
    1
    """
    if options.scheduler is not None:
        return 0
    return options.workers or (os.cpu_count() if device == "cpu" else 1)


def described(client: "Client") -> str:
    """How many workers there are: "2 workers, 1 thread and at most 4.0 GB each"."""
    found = client.scheduler_info(n_workers=-1)["workers"].values()
    kinds = {
        f"{w['nthreads']} thread{'s' * (w['nthreads'] > 1)} and "
        + (f"at most {w['memory_limit'] / 1e9:.1f} GB" if w["memory_limit"] else "any memory")
        for w in found
    }
    workers = f"{len(found)} worker{'s' * (len(found) != 1)}"
    return f"{workers}, {' or '.join(sorted(kinds)) or 'none yet'} each"


def _run(
    function: Callable[..., Row],
    tasks: Mapping[str, Mapping[str, Any]],
    folder: Path,
    client: "Client",
) -> dict[str, str]:
    """Run tasks and write their results; returns what went wrong, by task."""
    from distributed import as_completed

    futures = {
        client.submit(_call, function, dict(task), pure=False): name for name, task in tasks.items()
    }
    failures = {}
    try:
        for future in progress(as_completed(futures), len(futures), "tasks"):
            name = futures.pop(future)
            if future.status == "finished":
                _write(folder, name, tasks[name], future.result())
            else:
                failures[name] = _failure(future)
            future.release()
            if len(failures) == HOPELESS == len(tasks) - len(futures):
                break
    finally:
        client.cancel(list(futures))
    return failures


def _call(function: Callable[..., Row], task: dict[str, Any]) -> Row:
    return function(**task)


def _failure(future: "Future") -> str:
    from distributed import KilledWorker

    if future.status != "error":
        return f"expected a scheduler that stays, found that it has {future.status} the task."
    error = future.exception()
    if isinstance(error, KilledWorker):
        return LOST
    if isinstance(error, ReproductionError):
        return str(error)
    return _words(error)


def _write(folder: Path, name: str, task: Mapping[str, Any], row: Row) -> None:
    path = _path(folder, name)
    table = pd.DataFrame([{"name": name, **row, ARGUMENTS: json.dumps(dict(task))}])
    try:
        with interrupt.held_back(), replacing(path) as temporary:
            table.to_parquet(temporary, index=False)
    except RunError as error:
        raise error.advising(KEPT) from None
    except OSError as error:
        found = f"an error: {error.strerror or error}"
        raise RunError(path=path, expected="to write a result", found=found, advice=KEPT) from None


def _is_done(folder: Path, name: str, task: Mapping[str, Any]) -> bool:
    path = _path(folder, name)
    if not path.is_file():
        return False
    try:
        table = pd.read_parquet(path, columns=[ARGUMENTS])
        found = json.loads(table[ARGUMENTS].item())
    except (OSError, ValueError) as error:
        raise StateError(
            path=path,
            expected="the result of a task",
            found=f"a file that cannot be read ({_words(error)})",
            advice="remove it to run the task again",
        ) from None
    try:
        check_same(dict(task), found, name)
    except StateError as error:
        raise error.inside(path) from None
    return True


def _path(folder: Path, name: str) -> Path:
    return Path(folder) / f"{name}.parquet"


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
