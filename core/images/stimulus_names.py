"""Names of the images along Hessian eigenvectors of BigGAN, and where on which axis they lie."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.errors import ImageError

_AXIS = r"(?P<space>noise|class)_eig(?P<eig>\d+)_"
_DISTANCE = r"lin(?P<lin>[+-]?\d+(?:\.\d+)?)"

MAIN_FORM = re.compile(_AXIS + _DISTANCE)
"""Form of ``class_eig0_lin-0.24``: space, number of the eigenvector, distance."""

OLDER_FORM = re.compile(_AXIS + r"exp(?P<exp>[+-]?\d+(?:\.\d+)?)_" + _DISTANCE)
"""Form of ``class_eig0_exp2.5_lin4.0``, which states an exponent, too."""


def parse_stimulus_names(names: Sequence[str]) -> pd.DataFrame:
    """Axis and distance of every image of a recording.

    The older form, which adds a column ``exp_value``, is tried only where no name has the main one.
    Text behind the distance is ignored.

    Parameters
    ----------
    names
        Image names, one per trial.

    Returns
    -------
    DataFrame
        ``img_name``; ``space_name`` (class, noise, or None for any other image); ``eig_id`` (rank
        of the eigenvector from 0) and ``lin_dist`` (signed distance in the code), float, NaN for
        any other image; ``hessian_img`` bool.

    Examples
    --------
    >>> parse_stimulus_names(["class_eig0_lin-0.24", "reference"])[["space_name", "lin_dist"]]
      space_name  lin_dist
    0      class     -0.24
    1       None       NaN
    """
    matches = [MAIN_FORM.match(name) for name in names]
    older = not any(matches)
    if older:
        matches = [OLDER_FORM.match(name) for name in names]
    table = pd.DataFrame(
        {
            "img_name": pd.Series(list(names), dtype=object),
            "space_name": pd.Series([match and match["space"] for match in matches], dtype=object),
            "eig_id": [_number(match, "eig") for match in matches],
            "lin_dist": [_number(match, "lin") for match in matches],
            "hessian_img": [match is not None for match in matches],
        }
    )
    if older and table["hessian_img"].any():
        table["exp_value"] = [_number(match, "exp") for match in matches]
    return table


def stimulus_name(space: str, rank: int, distance: float) -> str:
    """Name of an image along an eigenvector, in the main form.

    Parameters
    ----------
    space
        ``class`` or ``noise``.
    rank
        Of the eigenvector from the top, 0-based.
    distance
        Signed; 0 is the centre.

    Raises
    ------
    ImageError
        If there is no such space.

    Examples
    --------
    >>> stimulus_name("class", 13, -0.32), stimulus_name("noise", 0, 0)
    ('class_eig13_lin-0.32', 'noise_eig0_lin0.00')
    """
    if space not in ("class", "noise"):
        raise ImageError(path="space", expected="class or noise", found=repr(space))
    return f"{space}_eig{rank:d}_lin{distance + 0.0:.2f}"


def _number(match: re.Match | None, group: str) -> float:
    """A group of a match as a number; NaN without a match."""
    return np.nan if match is None else float(match[group])
