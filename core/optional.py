"""What is imported only when it is asked for: packages that some functions need, names of rooms.

A room hands on its names as PEP 562 has it and `lazy_loader` does, without that package, because
the parsers of the commands answer ``--help`` with Python's standard library alone.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType

from core.errors import MissingPackageError

IN_REQUIREMENTS = "`pip install -r requirements.txt` installs everything"


def import_package(name: str, purpose: str, how: str = IN_REQUIREMENTS) -> ModuleType:
    """Import a package or say in one sentence what it is for and how to install it.

    Parameters
    ----------
    name
        Name of the module, dotted where it lies in a package.
    purpose
        What needs it, for the message.
    how
        How it is installed, for the message.

    Raises
    ------
    MissingPackageError
        If the package, or something that it needs itself, is not installed.

    Examples
    --------
    >>> import_package("a_package_of_no_one", "dreaming")
    Traceback (most recent call last):
    core.errors.MissingPackageError: dreaming needs the package a_package_of_no_one, which could \
not be imported (No module named 'a_package_of_no_one'); `pip install -r requirements.txt` \
installs everything.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs the package {name.split('.')[0]}, which could not be imported "
            f"({error}); {how}."
        ) from error


def hand_on(
    room: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """What a room's ``__init__`` needs to hand on names of its modules.

    Parameters
    ----------
    room
        ``__name__`` of the room.
    names
        Public names by module of the room.

    Returns
    -------
    ``__getattr__``, ``__dir__`` and ``__all__`` of the room.

    Examples
    --------
    >>> get, listed, _ = hand_on("core", {"files": ["sha256"]})
    >>> listed(), get("sha256").__module__
    (['sha256'], 'core.files')
    >>> get("sha257")
    Traceback (most recent call last):
    AttributeError: module 'core' has no attribute 'sha257'
    """
    home = {name: module for module, some in names.items() for name in some}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{home[name]}"), name)

    return get, lambda: sorted(home), sorted(home)
