"""The project's exceptions, and the one place where they become a line on the terminal.

Every message is one sentence that names the file or setting, what was expected and what was found.
"""

import sys
from collections.abc import Callable


class ReproductionError(Exception):
    """Base of all errors that the project raises on purpose."""

    exit_code = 2


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
        return main() or 0
    except ReproductionError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted: no file was left half-written", file=sys.stderr)  # noqa: T201
        return 130
