"""Packages that only some functions need, imported when those are called."""

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
