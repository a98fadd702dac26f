"""Environment variables for a while, for the processes that are started meanwhile."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment of a process whose linear algebra has one thread."""


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables, and leave them as they were.

    Examples
    --------
    >>> with environment({"OF_THIS_EXAMPLE": "1"}):
    ...     os.environ["OF_THIS_EXAMPLE"]
    '1'
    >>> "OF_THIS_EXAMPLE" in os.environ
    False
    """
    before = {name: os.environ[name] for name in values if name in os.environ}
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
        os.environ.update(before)
