"""A user's own generator or network on the command line: ``module:factory``."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from core.errors import SettingError

HOW = "run the command in the folder that holds the module, or name that folder in PYTHONPATH"
"""What is said where a module is not found."""


def is_own(name: str) -> bool:
    """Whether a name is that of a user's own function, ``module:factory``.

    Examples
    --------
    >>> is_own("my_parts:stripes"), is_own("resnet50")
    (True, False)
    """
    return ":" in name


def own_part(name: str) -> Any:
    """What a user's function makes; it is called without arguments.

    Parameters
    ----------
    name
        ``module:factory``: a module that can be imported, and a function or class in it.

    Raises
    ------
    SettingError
        If there is no such module or function. What the module or the function raises is not
        touched.

    Examples
    --------
    >>> own_part("collections:OrderedDict")
    OrderedDict()
    >>> own_part("collections:stripes")
    Traceback (most recent call last):
    core.errors.SettingError: collections:stripes: expected a function `stripes` in collections, \
found none.
    """
    return _factory(name)()


def _factory(name: str) -> Callable[[], Any]:
    module_name, _, factory = name.partition(":")
    if not factory.isidentifier() or not all(map(str.isidentifier, module_name.split("."))):
        raise SettingError(path=name, expected="module:factory, as in my_parts:make", found="other")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise  # of a module that this one imports
        raise SettingError(
            path=name, expected=f"a module {module_name}", found="none", advice=HOW
        ) from None
    made_by = getattr(module, factory, None)
    if not callable(made_by):
        raise SettingError(
            path=name, expected=f"a function `{factory}` in {module_name}", found="none"
        )
    return made_by
