"""Commands in processes of their own, which end with this one however it ends.

The parent holds one end of a pipe and says nothing. The system closes that end when the parent
ends, by SIGKILL too; the child, which waits at the other one, is then interrupted as by Ctrl-C.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from core import interrupt

PIPE = "REPRODUCE_PARENT"
"""Variable that tells a child the number of its end of the pipe."""

PATIENCE = 8.0
"""Seconds that an interrupted process has to clean up; Docker gives 10 in all."""


def run_child(command: Sequence[str]) -> int:
    """Run a command, and end it with this process.

    It runs in a session of its own, so that Ctrl-C reaches it once: from here. Its `main` goes
    through `core.errors.run`, which calls `end_with_parent`.

    Returns
    -------
    Exit code; that of a command which a signal ended is the signal's number, negative.

    Examples
    --------
    >>> import sys
    >>> run_child([sys.executable, "-c", "raise SystemExit(3)"])
    3
    """
    theirs, ours = os.pipe()
    process = None
    try:
        process = subprocess.Popen(
            command,
            start_new_session=True,
            pass_fds=[theirs],
            env={**os.environ, PIPE: str(theirs)},
        )
        return process.wait()
    except KeyboardInterrupt:
        if process is not None:
            with interrupt.held_back():
                _interrupt(process)
        raise
    finally:
        os.close(theirs)
        os.close(ours)


def _interrupt(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
        return
    process.kill()
    process.wait()


def end_with_parent() -> None:
    """In a process that `run_child` started: be interrupted when its parent ends, then end."""
    number = os.environ.pop(PIPE, "")
    if number:
        threading.Thread(target=_wait_for_end, args=(int(number),), daemon=True).start()


def _wait_for_end(number: int) -> None:
    os.read(number, 1)  # nothing is ever sent, so this returns when the other end is closed
    signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(130)
