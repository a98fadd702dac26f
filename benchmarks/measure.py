"""Running a piece of work in a process of its own, and measuring its time and peak memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Wall time in seconds and peak resident memory in MB of one process."""

    seconds: float
    megabytes: float


def cost_of(code: str, *arguments: str, clock: str = "perf_counter") -> Cost:
    """Cost of a Python program given as text; its `sys.argv[1:]` are the arguments.

    Time is that of the program's own statements after its imports, which it reports itself by
    calling `start()`; memory is the process's peak.

    Parameters
    ----------
    code
        Statements; one of them calls ``start()``.
    arguments
        Arguments of the program.
    clock
        Function of `time`: ``"process_time"`` is the processor's, whatever else the machine does.

    Returns
    -------
    Cost

    Raises
    ------
    subprocess.CalledProcessError
        If the program fails.

    Examples
    --------
    >>> cost_of("start()").seconds < 1
    True
    """
    program = f"{_PRELUDE}\n{code}\n{_CODA}".replace("CLOCK", clock)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    seconds, kilobytes = done.stdout.split()[-2:]
    return Cost(float(seconds), float(kilobytes) / 1024)


def cost_of_command(*command: str) -> Cost:
    """Wall time of a command; memory is the largest peak of the process or one of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Cost(time.perf_counter() - start, usage.ru_maxrss / _UNIT / 1024)


def seconds_to_first_line(*command: str) -> float:
    """Time until a command prints its first line; the command then runs to its end."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdout.read()
    return seconds


_UNIT = 1024 if sys.platform == "darwin" else 1
"""What the system's memory counts are divided by to be kilobytes."""

# Linux hands the peak of the starting process down to getrusage of the new one, not to VmHWM
_PRELUDE = """
import pathlib, resource, sys, time
def start():
    global _started
    _started = time.CLOCK()
def _peak_kilobytes(unit):
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        fields = status.read_text().split()
        return float(fields[fields.index("VmHWM:") + 1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
"""

_CODA = f"""
print(time.CLOCK() - _started, _peak_kilobytes({_UNIT}))
"""
