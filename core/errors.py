"""The project's exceptions, and the one place where they become a line on the terminal.

Every error names the file or setting that it is about, what was expected, what was found and what
to do, in fields of their own; as text it is one sentence. Whoever catches an error and knows more
changes a field (`ReproductionError.about`, `inside`, `advising`) and raises what that returns.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self, TextIO

from core import interrupt, processes


class ReproductionError(Exception):
    """Base of all errors that the project raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in a sentence of its own, where it is not of the form "expected, found".
    path
        File, folder, setting or experiment that it is about.
    expected
        What should have been there.
    found
        What was there instead.
    advice
        What to do about it; a sentence of its own if it begins with a capital letter.

    Examples
    --------
    >>> error = ReproductionError(path="a.csv", expected="3 rows", found=2, advice="fetch it again")
    >>> print(error)
    a.csv: expected 3 rows, found 2; fetch it again.
    >>> error.found
    '2'
    >>> print(error.about("b.csv"))
    b.csv: expected 3 rows, found 2; fetch it again.
    """

    exit_code = 2

    def __init__(
        self,
        message: str = "",
        *,
        path: object = "",
        expected: object = "",
        found: object = "",
        advice: str = "",
    ) -> None:
        super().__init__()  # first, since ImportError sets a path itself
        self.message = message
        self.path, self.expected, self.found = str(path), str(expected), str(found)
        self.advice = advice
        self.outer: tuple[str, ...] = ()
        self.args = (_with_stop(self.clause),)

    @property
    def clause(self) -> str:
        """The sentence without its full stop, for a longer one."""
        where = f"{', '.join((*self.outer, self.path))}: " if self.path else ""
        what = self.message or f"expected {self.expected}, found {self.found}"
        between = ". " if self.advice[:1].isupper() else "; "
        advice = f"{between}{self.advice}" if self.advice else ""
        return f"{where}{what}{advice}".removesuffix(".")

    def about(self, path: object) -> Self:
        """The same error about something else: a file by its final name, say."""
        return self._with(self.outer, path=path)

    def inside(self, where: object) -> Self:
        """The same error, with `where` (a file, an experiment) named before its path, once.

        Examples
        --------
        >>> error = ReproductionError(path="evol.psth", expected="rates", found="none")
        >>> print(error.inside("Exp 1").inside("a.mat").inside("a.mat"))
        a.mat, Exp 1, evol.psth: expected rates, found none.
        """
        where = str(where)
        if not self.path:
            return self.about(where)
        if where in (*self.outer, self.path):
            return self
        return self._with((where, *self.outer))

    def advising(self, advice: str) -> Self:
        """The same error with other advice."""
        return self._with(self.outer, advice=advice)

    def _with(self, outer: tuple[str, ...], **changes: object) -> Self:
        names = ("message", "path", "expected", "found", "advice")
        error = type(self)(**{name: getattr(self, name) for name in names} | changes)
        error.outer = outer
        error.args = (_with_stop(error.clause),)
        return error

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def _with_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


class SettingError(ReproductionError, ValueError):
    """An option, an environment variable or an output folder cannot be used."""


class MissingFileError(ReproductionError, FileNotFoundError):
    """A file that is needed is not there."""


class ContractError(ReproductionError, ValueError):
    """A file of ``source_data/`` is not what the contract describes."""


class RecordingError(ReproductionError, ValueError):
    """A recording cannot be read, or what it holds contradicts itself."""


class UnsafePickleError(ReproductionError, ValueError):
    """A pickle names something outside the allow-list, or is larger than allowed."""


class ArchiveError(ReproductionError, ValueError):
    """An archive cannot be read, or holds what no archive of source data would."""


class MissingPackageError(ReproductionError, ImportError):
    """A package that the wanted function needs is not installed."""


class DownloadError(ReproductionError, ConnectionError):
    """A file cannot be fetched, or what came is not what it should be."""

    exit_code = 1


class WrongFileError(DownloadError):
    """A whole file came, and its size or checksum is not the one that was announced."""


class WeightsError(ReproductionError, RuntimeError):
    """Weights of a network cannot be fetched, or the file is not what it should be."""


class UnknownNetworkError(SettingError, NotImplementedError):
    """A function knows no network of this name."""


class LayerError(ReproductionError, ValueError):
    """A network has no such layer or unit, or the layer's output cannot be recorded."""


class UnknownLayerError(LayerError, KeyError):
    """A network has no layer of this name."""

    __str__ = Exception.__str__


class SampleError(ReproductionError, ValueError):
    """Samples or tables cannot be compared or summarised."""


class CodeError(ReproductionError, ValueError):
    """Latent codes do not have the shape or values that a generator takes."""


class ScoreError(ReproductionError, ValueError):
    """Scores do not fit the codes, or cannot be ranked."""


class StateError(ReproductionError, ValueError):
    """A saved state is damaged, or belongs to something else than what is to go on."""


class ImageError(ReproductionError, ValueError):
    """Images do not have the shape, range or number that is expected."""


class PromiseError(ReproductionError, TypeError):
    """An object does not keep a promise of the protocol that it is used through."""


class RunError(ReproductionError, RuntimeError):
    """The input was sound and the work failed all the same."""

    exit_code = 1


class FullDiskError(RunError):
    """There is no room for a file: on the disk, in a quota, or within a limit."""


def run(main: Callable[[], int | None]) -> int:
    """Call `main` and turn what it raises into one line on stderr and an exit code.

    Parameters
    ----------
    main
        A command without arguments; returns its exit code, or None for 0.

    Returns
    -------
    0 on success, 2 for a user's mistake, 1 for a failure, 130 when interrupted. Errors that the
    project does not raise on purpose keep their traceback.

    Examples
    --------
    >>> run(lambda: None), run(lambda: 1)
    (0, 1)
    """
    try:
        with interrupt.handled(), _unbroken_output():
            processes.end_with_parent()
            return main() or 0
    except ReproductionError as error:
        _say(f"error: {error}")
        return error.exit_code
    except OSError as error:
        _say(f"error: {_told(error)}.")
        return RunError.exit_code
    except MemoryError as error:
        _say(f"error: expected memory for the work, found: {str(error) or 'no more'}.")
        return RunError.exit_code
    except KeyboardInterrupt:
        # One that came while a library ran source text, as dataclasses do, is remembered by Python
        # as unhandled and would end the process by the signal; running other text forgets it.
        exec("")
        _say("interrupted: no file was left half-written")
        return 130


def _told(error: OSError) -> str:
    """What went wrong with which file, as far as the system says so."""
    found = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"expected to read and write files, found an error that names none: {found}"
    return f"{error.filename}: expected to read or write it, found an error: {found}"


@contextmanager
def _unbroken_output() -> Iterator[None]:
    """Let the work go on when whoever read the output has had enough, as in ``... | head``."""
    stream = sys.stdout
    sys.stdout = _Output(stream)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = stream


class _Output:
    """A stream that throws away what nobody reads any more."""

    def __init__(self, output: TextIO):
        self._output = output

    def __getattr__(self, name: str) -> Any:
        return getattr(self._output, name)

    def write(self, text: str) -> int:
        with self._unbroken():
            self._output.write(text)
        return len(text)

    def flush(self) -> None:
        with self._unbroken():
            self._output.flush()

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())
        except OSError as error:
            error.filename = error.filename or "standard output"
            raise


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{clear}{line}", file=sys.stderr)  # noqa: T201
