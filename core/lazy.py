"""Rooms that hand on their public names; a module is imported when one of its names is asked for.

This is PEP 562 as `lazy_loader` does it, without that package, because the parsers of the commands
answer ``--help`` with Python's standard library alone.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


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
