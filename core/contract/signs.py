"""The sign that simulated numbers carry in their own digits, wherever they are copied to.

The last two of a signed number's fifteen significant digits are a checksum of the thirteen before
them, as the last digit of an ISBN is of the others. It survives whatever keeps fifteen digits:
copying, renaming, choosing rows, another format. The change is below 1e-12 of the number. Numbers
of up to six digits stay as they are: they are counts, settings and flags.

In single precision the three lowest bits of the mantissa are a checksum of the other bits, a change
below 1e-6.

By chance one number in a hundred has the right checksum, in single precision one in eight. Numbers
count as signed where more distinct ones have it than chance allows: 5 of 5, 9 of 30, 37 of 1000 (in
single precision 10 of 10, 19 of 30). Chernoff's bound on chance doing so is 1e-9.
"""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.contract.unpickling import load_pickle
from core.errors import ReproductionError

SIMULATED = 0x53494D
"""Key of the checksums of simulated numbers, 24 bits; numbers of another kind take another key."""

N_DIGITS, N_CHECK, N_SHORT = 15, 2, 6
"""Significant digits that are kept; how many of them are the checksum; those of a short number."""

N_CHECK_BITS = 3
"""Bits of the checksum in single precision."""

FALSE_ALARM = 1e-9
"""Chernoff's bound on the probability that unsigned numbers count as signed."""

SMALLEST, LARGEST = 1e-30, 1e30
"""Magnitudes that are signed: the powers of ten that scale them are exact in two steps."""

N_READ = 4096
"""Numbers that are looked at in an array, a table or a file."""

CHUNK, N_CHUNKS = 1024, 4
"""Bytes of a text that are looked at, and in how many places of it."""

MARK = re.compile(rb'"simulated"\s*:\s*true')
"""What JSON of a simulation says of itself."""

_POWERS = np.array([float(10**power) for power in range(23)])
_NUMBER = re.compile(rb"\d*\.\d+(?:[eE][-+]?\d+)?")


def sign(values: np.ndarray, key: int = SIMULATED) -> np.ndarray:
    """The same numbers with a checksum as their last digits; a signed number stays as it is.

    Parameters
    ----------
    values
        Array of float64 or float32, any shape; NaN and infinity stay.
    key
        Of the checksums.

    Examples
    --------
    >>> signed = sign(np.array([np.pi, 3.0, 0.25, np.nan]))
    >>> print(signed[0], signed[1:])
    3.14159265358983 [3.   0.25  nan]
    >>> bool((sign(signed)[0] == signed[0]).all())
    True
    """
    values = np.asarray(values)
    result = values.copy()
    if values.dtype == np.float32:
        chosen = _measured(values)
        bits = values[chosen].view(np.uint32)
        result[chosen] = (
            (_with_checksum(bits >> N_CHECK_BITS, 2**N_CHECK_BITS, key))
            .astype(np.uint32)
            .view(np.float32)
        )
    elif values.dtype == np.float64:
        chosen = np.flatnonzero(_measured(values))
        numbers = values.flat[chosen]
        digits, exponent = _digits(np.abs(numbers))
        long = ~_is_short(digits)
        signed = _with_checksum(digits // 10**N_CHECK, 10**N_CHECK, key).astype(float)
        signed = np.copysign(_scaled(signed, exponent - N_DIGITS + 1), numbers)
        result.flat[chosen[long]] = signed[long]
    else:
        raise TypeError(f"expected float64 or float32, found {values.dtype}")
    return result


def is_signed(values: np.ndarray, key: int = SIMULATED) -> bool:
    """Whether more of the numbers are signed than chance allows, in double or single precision.

    Parameters
    ----------
    values
        Floats, any shape.
    key
        Of the checksums.

    Examples
    --------
    >>> numbers = np.random.default_rng(0).random(30)
    >>> is_signed(numbers), is_signed(sign(numbers)), is_signed(sign(numbers), key=1)
    (False, True, False)
    >>> is_signed(sign(numbers.astype(np.float32)).astype(float))
    True
    """
    values = np.asarray(values)
    values = values[_measured(values)]
    if values.dtype != np.float32 and _beyond_chance(*_signed(values, key), 10**N_CHECK):
        return True
    return _beyond_chance(*_signed(values.astype(np.float32), key), 2**N_CHECK_BITS)


def signed_share(values: np.ndarray, key: int = SIMULATED) -> float:
    """Share of the distinct numbers that are signed, in their own precision; 0 where none counts.

    Parameters
    ----------
    values
        Array of float64 or float32, any shape.
    key
        Of the checksums.

    Examples
    --------
    >>> signed_share(sign(np.sqrt(np.arange(2, 9)))), signed_share(np.arange(9.0))
    (1.0, 0.0)
    """
    n_signed, n = _signed(values[_measured(values)], key)
    return n_signed / n if n else 0.0


def sign_content(content: Any) -> Any:
    """What is written to a file, with its numbers signed: an array, a table, or a dict of these.

    Examples
    --------
    >>> sign_content({"rates": np.array([1 / 3]), "n": 3})
    {'rates': array([0.33333333]), 'n': 3}
    """
    match content:
        case np.ndarray() if content.dtype in (np.float64, np.float32):
            return sign(content)
        case pd.DataFrame():
            floats = [name for name, dtype in content.dtypes.items() if dtype == np.float64]
            return content.assign(**{name: sign(content[name].to_numpy()) for name in floats})
        case Mapping():
            return {name: sign_content(value) for name, value in content.items()}
    return content


def content_is_signed(content: Any) -> bool:
    """Whether the numbers of an array, a table or a dict of these are signed.

    Examples
    --------
    >>> table = pd.DataFrame({"unit": ["a", "b", "c", "d", "e"], "rate": np.sqrt([2, 3, 5, 6, 7])})
    >>> content_is_signed({"table": table}), content_is_signed({"table": sign_content(table)})
    (False, True)
    """
    parts = list(_numbers(content))
    return bool(parts) and is_signed(np.concatenate(parts))


def file_is_signed(path: Path) -> bool:
    """Whether a file's numbers are signed, or it is JSON that says so; it may be no readable file.

    A text is looked at in four places, whatever its form; a pickle is read as others are, through
    the allow-list.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> pd.DataFrame(sign(np.random.default_rng(0).random((9, 9)))).to_csv(path)
    >>> file_is_signed(path)
    True
    """
    if path.suffix == ".pkl":
        try:
            return content_is_signed(load_pickle(path, max_bytes=2**30))
        except ReproductionError:
            return False
    text = _sample(path)
    found = [number for number in _NUMBER.findall(text) if len(number) > N_SHORT]
    return is_signed(np.array(found, dtype=float)) or bool(MARK.search(text))


def _sample(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= CHUNK * N_CHUNKS:
            return file.read()
        parts = []
        for place in range(N_CHUNKS):
            file.seek(place * (size - CHUNK) // (N_CHUNKS - 1))
            parts.append(file.read(CHUNK))
        return b"\n".join(parts)


def _numbers(content: Any) -> Iterator[np.ndarray]:
    """Floats of a content, one-dimensional, at most about `N_READ` of each array and table."""
    match content:
        case np.ndarray() if content.dtype.kind == "f":
            yield content.ravel()[:: 1 + content.size // N_READ].astype(float)
        case pd.DataFrame():
            rows = content.iloc[:: 1 + content.size // N_READ]
            for _, column in rows.items():
                yield from _numbers(column.to_numpy())
        case np.ndarray() if content.dtype.kind == "O":
            floats = [value for value in content.flat if isinstance(value, float)]
            yield np.array(floats, dtype=float)
            for value in content.flat[:N_READ]:
                if isinstance(value, np.ndarray):
                    yield from _numbers(value)
        case Mapping():
            for value in content.values():
                yield from _numbers(value)
        case list() | tuple():
            yield from _numbers(np.array([v for v in content if isinstance(v, float)]))


def _measured(values: np.ndarray) -> np.ndarray:
    """Which numbers may be signed: finite, not whole, of a usual magnitude."""
    magnitude = np.abs(values)
    # NaN compares false
    usual = (magnitude >= SMALLEST) & (magnitude <= LARGEST)
    return usual & (values != np.rint(values))


def _digits(magnitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The fifteen significant digits as a whole number, and the exponent of the first."""
    exponent = np.floor(np.log10(magnitude)).astype(int)
    digits = np.rint(_scaled(magnitude, N_DIGITS - 1 - exponent))
    # the logarithm of a number next to a power of ten is rounded to that of the power
    exponent += (digits >= 10**N_DIGITS).astype(int) - (digits < 10 ** (N_DIGITS - 1))
    digits = np.rint(_scaled(magnitude, N_DIGITS - 1 - exponent))
    return digits.astype(np.uint64), exponent


def _scaled(values: np.ndarray, power: np.ndarray) -> np.ndarray:
    """``values * 10**power`` for powers up to 44, rounded twice at most."""
    first = np.clip(power, -22, 22)
    for part in (first, power - first):
        values = values * _POWERS[np.maximum(part, 0)] / _POWERS[np.maximum(-part, 0)]
    return values


def _is_short(digits: np.ndarray) -> np.ndarray:
    return digits % np.uint64(10 ** (N_DIGITS - N_SHORT)) == 0


def _with_checksum(upper: np.ndarray, n_checksums: int, key: int) -> np.ndarray:
    """Whole numbers followed by their checksum, a digit in base `n_checksums`."""
    upper = upper.astype(np.uint64)
    # the finalizer of SplitMix64, which spreads every bit over all others
    mixed = upper ^ np.uint64(key << 40)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return upper * np.uint64(n_checksums) + mixed % np.uint64(n_checksums)


def _signed(values: np.ndarray, key: int) -> tuple[int, int]:
    """How many distinct numbers are signed, and how many there are."""
    if values.dtype == np.float32:
        bits = np.unique(values[_measured(values)].view(np.uint32))
        expected = _with_checksum(bits >> N_CHECK_BITS, 2**N_CHECK_BITS, key)
        return int((bits == expected).sum()), len(bits)
    digits = np.unique(_digits(np.abs(values))[0])
    digits = digits[~_is_short(digits)]
    expected = _with_checksum(digits // np.uint64(10**N_CHECK), 10**N_CHECK, key)
    return int((digits == expected).sum()), len(digits)


def _beyond_chance(n_signed: int, n: int, n_checksums: int) -> bool:
    """Whether chance, one in `n_checksums`, gives so many with less than the probability allowed.

    Chernoff: ``P(k of n) <= exp(-n D(k/n || p))``, D the relative entropy.
    """
    chance = 1 / n_checksums
    if n_signed <= n * chance:
        return False
    share = n_signed / n
    entropy = share * math.log(share / chance)
    if share < 1:
        entropy += (1 - share) * math.log((1 - share) / (1 - chance))
    return n * entropy > -math.log(FALSE_ALARM)
