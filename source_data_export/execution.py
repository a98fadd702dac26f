"""Executing a notebook in a fresh kernel of this very Python, cell by cell.

The kernel takes nothing from the user's own Jupyter or IPython: neither its kernels nor its
start-up files.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import zmq
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbclient.util import run_sync
from traitlets import default

from core.environment import environment
from core.errors import RunError
from core.files import scratch, write_text
from core.progress import progress
from source_data_export.notebooks import REPORT_TYPE

CONFIGURATION = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
"""Variables that name the folders of a user's set-up."""

STARTUP_SECONDS = 120

CLEAN_UP_SECONDS = 10
"""Seconds that a cell has to clean up when it is interrupted."""


class ThisPython(AsyncKernelManager):
    """Starts kernels of the Python that runs this, whatever kernels are installed."""

    @default("transport_encryption")
    def _encrypted_if_possible(self) -> str:
        return "auto" if zmq.has("curve") else "disabled"

    @default("connection_file")
    def _in_the_folder_of_this_run(self) -> str:
        folder = Path(os.environ["JUPYTER_RUNTIME_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / "kernel.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        """How to start one."""
        return KernelSpec(**get_kernel_dict())


@dataclass(frozen=True)
class Execution:
    """How a notebook went.

    `n_files` it wrote; `unavailable` is a sentence for each output whose input was not there;
    `problem` is cell and error in one line, empty where all went well.
    """

    n_files: int = 0
    unavailable: tuple[str, ...] = ()
    problem: str = ""


def execute(notebook: Path, copy: Path, environment: Mapping[str, str]) -> Execution:
    """Execute a notebook in its own folder, up to the first error.

    Parameters
    ----------
    notebook
        File to execute; it is not changed.
    copy
        Where the executed copy goes, with what was done up to the error; it replaces an earlier
        one when the run ends.
    environment
        Variables for the kernel beside those of this process.
    """
    content = nbformat.read(notebook, as_version=4)
    with _own_configuration():
        problem = _execute_cells(content, notebook, dict(os.environ) | dict(environment))
    write_text(copy, nbformat.writes(content))
    return Execution(**_report(content), problem=problem)


def _execute_cells(content: nbformat.NotebookNode, notebook: Path, environment: dict) -> str:
    """Fill in the outputs; returns what went wrong, if anything.

    What the kernel itself says, outside of cells, is read only where it does not work.
    """
    client = NotebookClient(
        content,
        kernel_manager_class=ThisPython,
        record_timing=False,
        startup_timeout=STARTUP_SECONDS,
        timeout=None,
    )
    number = 0
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        started = client.setup_kernel(cwd=str(notebook.parent), env=environment, stderr=said)
        try:
            with started, _stopped(client):
                for index, cell in enumerate(progress(content.cells, len(content.cells), "cells")):
                    number += cell.cell_type == "code"
                    client.execute_cell(cell, index)
        except CellExecutionError as error:
            words = " ".join(error.evalue.split())
            return f"cell {number}: {error.ename}: {words}"
        except RuntimeError as error:
            said.seek(0)
            last = said.read().strip().rpartition("\n")[2]
            found = f"an error: {error} {last}".strip()
            return str(RunError(path=f"cell {number}", expected="a working kernel", found=found))
    return ""


@contextmanager
def _stopped(client: NotebookClient) -> Iterator[None]:
    """Interrupt the kernel where this process is interrupted, so that its cell can clean up."""
    try:
        yield
    except KeyboardInterrupt:
        run_sync(_interrupt)(client)
        raise


async def _interrupt(client: NotebookClient) -> None:
    """Interrupt the kernel, and wait until its cell has ended."""
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    await client.km.interrupt_kernel()
    ended = asyncio.gather(*waiting, return_exceptions=True)
    with suppress(TimeoutError):
        await asyncio.wait_for(ended, CLEAN_UP_SECONDS)


@contextmanager
def _own_configuration() -> Iterator[None]:
    with scratch() as folder:
        names = {name: str(folder / name.lower()) for name in CONFIGURATION}
        with environment(names):
            yield


def _report(content: nbformat.NotebookNode) -> dict:
    """What the last cell of an executed notebook says that it wrote."""
    for cell in reversed(content.cells):
        for output in cell.get("outputs", ()):
            report = output.get("data", {}).get(REPORT_TYPE)
            if report is not None:
                return {"n_files": report["n_files"], "unavailable": tuple(report["unavailable"])}
    return {}
