"""The project's exceptions, and the one place where they become a line on the terminal.

Every message is one sentence that names the file or setting, what was expected and what was found.
"""

import os
import sys
from collections.abc import Callable

from core import interrupt


class ReproductionError(Exception):
    """Base of all errors that the project raises on purpose."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class SettingError(ReproductionError, ValueError):
    """An option, an environment variable or an output folder cannot be used."""


class MissingFileError(ReproductionError, FileNotFoundError):
    """A file that is needed is not there."""


class ContractError(ReproductionError, ValueError):
    """A file of ``source_data/`` is not what the contract describes."""


class RecordingError(ReproductionError, ValueError):
    """A recording cannot be read, or what it holds contradicts itself."""

    def naming(self, where: str) -> str:
        """The message with `where` (a file, an experiment) in front, unless it says so already."""
        message = str(self)
        return message if message.startswith(where) else f"{where}: {message}"


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


def run(main: Callable[[], int | None]) -> int:
    """Call `main` and turn what it raises into one line on stderr and an exit code.

    Returns
    -------
    0 on success, 2 for a user's mistake, 1 for a failure, 130 when interrupted. Errors that the
    project does not raise on purpose keep their traceback.
    """
    try:
        with interrupt.handled():
            return main() or 0
    except ReproductionError as error:
        _say(f"error: {error}")
        return error.exit_code
    except BrokenPipeError:
        # whoever read the output has had enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return RunError.exit_code
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"error: {where}expected to read or write, found: {error.strerror or error}.")
        return RunError.exit_code
    except KeyboardInterrupt:
        _say("interrupted: no file was left half-written")
        return 130


def _say(line: str) -> None:
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{clear}{line}", file=sys.stderr)  # noqa: T201
