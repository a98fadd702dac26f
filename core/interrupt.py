"""Ctrl-C that is never lost, and short steps that it does not cut in two.

Python raises KeyboardInterrupt wherever it happens to be; inside the clean-up of an object (which
h5py does all the time) it is printed and forgotten. So the signal also leaves a mark, and long work
asks for it between two steps.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, the request to end that Docker and others send, and the end of the terminal."""

_pressed = threading.Event()
_held = threading.Event()


@contextmanager
def handled() -> Iterator[None]:
    """Turn these signals into a KeyboardInterrupt that `check` raises again if it was lost.

    Examples
    --------
    >>> with handled():
    ...     check()
    """
    before = sys.unraisablehook
    sys.unraisablehook = _unraisable
    try:
        with _handlers():
            yield
    finally:
        sys.unraisablehook = before
        _pressed.clear()


def keep_quiet() -> None:
    """In a process of its own: say nothing of an interrupt that a clean-up swallowed."""
    sys.unraisablehook = _unraisable


def check() -> None:
    """Raise KeyboardInterrupt if a signal came, even if its own exception was lost.

    Examples
    --------
    >>> check()  # no signal came
    """
    if _pressed.is_set():
        _pressed.clear()
        raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[None]:
    """Let a short step end before a signal takes effect; `check` afterwards makes it do so.

    Examples
    --------
    >>> with held_back():
    ...     pass  # a step that must not be cut in two
    >>> check()
    """
    _held.set()
    try:
        with _handlers():
            yield
    finally:
        _held.clear()


@contextmanager
def blocked() -> Iterator[None]:
    """Keep signals waiting; a process started meanwhile starts with them blocked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextmanager
def _handlers() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _on_signal) for number in SIGNALS if _is_heeded(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_heeded(number: signal.Signals) -> bool:
    """Whether a signal is to have an effect; under ``nohup`` the end of the terminal has none."""
    return number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN


def _on_signal(number: int, frame: FrameType | None) -> None:
    _pressed.set()
    if not _held.is_set():
        raise KeyboardInterrupt


def _unraisable(problem: "sys.UnraisableHookArgs") -> None:
    if problem.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(problem)
