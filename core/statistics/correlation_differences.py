"""Does A correlate more with B than with C? Tests of the difference of two correlations.

The two correlations share A and are therefore dependent: Williams' t (Williams 1959; Steiger 1980)
takes that into account and is the default. The published test treats them as independent and
divides by sqrt(1 / (2 (N - 3))) instead of sqrt(2 / (N - 3)), so that its z is exactly twice too
large; it is kept under its name, `test_correlation_diff`, for comparison.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from core.errors import SampleError, SettingError
from core.progress import answer
from core.statistics.samples import Numbers, numbers, selected_columns


class WilliamsTest(NamedTuple):
    """Williams' t with df = N - 3, and its two-sided p."""

    t: float
    p: float
    df: int


class FisherZTest(NamedTuple):
    """A difference of Fisher-transformed correlations over its standard error; two-sided p."""

    z: float
    p: float


def correlation_diff_test(
    A: Numbers,  # noqa: N803 (published names)
    B: Numbers,  # noqa: N803
    C: Numbers,  # noqa: N803
    method: Literal["williams", "independent", "legacy"] = "williams",
) -> WilliamsTest | FisherZTest:
    """Test whether the correlation of A with B differs from that of A with C.

    Parameters
    ----------
    A, B, C : (n,)
        Positions where one of them is not finite are left out.
    method
        "williams": t for dependent correlations, the right one here; "independent": Fisher's z as
        if the two correlations came from different samples; "legacy": the published z, which is
        twice the latter.

    Returns
    -------
    (t, p, df) for "williams", (z, p) otherwise; t or z > 0 where B correlates more with A.

    Raises
    ------
    SettingError
        If there is no such method.
    SampleError
        If the samples differ in length, have fewer than four finite positions or do not vary, or
        B and C are the same up to offset and scale, so that nothing is left to compare.

    Examples
    --------
    >>> A = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    >>> B, C = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0], [2.0, 1.0, 3.0, 1.0, 4.0, 1.0]
    >>> t, p, df = correlation_diff_test(A, B, C)
    >>> print(f"t={t:.2f} p={p:.2f} df={df}")
    t=1.73 p=0.18 df=3
    """
    r_ab, r_ac, r_bc, n = correlations(A, B, C)
    if method == "williams":
        return _williams(r_ab, r_ac, r_bc, n)
    if method == "independent":
        return _fisher_z(r_ab, r_ac, np.sqrt((n - 3) / 2))
    if method == "legacy":
        return _legacy(r_ab, r_ac, n)
    raise SettingError(
        path="method", expected="'williams', 'independent' or 'legacy'", found=f"{method!r}"
    )


def correlations(*samples: Numbers) -> tuple[float, float, float, int]:
    """Pearson correlations of three samples over the positions where all are finite.

    Parameters
    ----------
    samples : (n,)
        Three of them.

    Returns
    -------
    r12, r13, r23, n
        Correlations of the first and second, first and third, second and third, and the number of
        positions.

    Raises
    ------
    SampleError
        If the samples differ in length, have fewer than four finite positions or do not vary.

    Examples
    --------
    >>> correlations([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0], [1.0, 3.0, np.nan, 5.0])
    Traceback (most recent call last):
    core.errors.SampleError: expected at least 4 positions with finite values, found 3.
    """
    values = [numbers(sample) for sample in samples]
    lengths = [len(sample) for sample in values]
    if len(set(lengths)) > 1:
        found = ", ".join(map(str, lengths))
        raise SampleError(expected="three samples of one length", found=f"{found} values")
    values = np.array(values)
    values = values[:, np.isfinite(values).all(axis=0)]
    n = values.shape[1]
    if n < 4:
        raise SampleError(expected="at least 4 positions with finite values", found=n)
    if (np.ptp(values, axis=1) == 0).any():
        raise SampleError(expected="samples that vary", found="one that holds a single value")
    r = np.corrcoef(values)
    return r[0, 1], r[0, 2], r[1, 2], n


def test_correlation_diff(
    A: Numbers,  # noqa: N803 (published names)
    B: Numbers,  # noqa: N803
    C: Numbers,  # noqa: N803
    verbose: bool = False,  # noqa: PT028 (pytest does not run it)
) -> FisherZTest:
    """The published test, whose z is twice too large: ``correlation_diff_test(method="legacy")``.

    Parameters
    ----------
    A, B, C : (n,)
        Positions where one of them is not finite are left out.
    verbose
        Print the correlations, z and p.

    Returns
    -------
    z, p

    Examples
    --------
    >>> A = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    >>> B, C = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0], [2.0, 1.0, 3.0, 1.0, 4.0, 1.0]
    >>> round(test_correlation_diff(A, B, C).z, 2)
    3.23
    """
    r_ab, r_ac, _, n = correlations(A, B, C)
    result = _legacy(r_ab, r_ac, n)
    if verbose:
        _say_legacy(result, r_ab, r_ac, n)
    return result


def test_correlation_diff_df(
    df: pd.DataFrame,
    colA: str,  # noqa: N803 (published names)
    colB: str,  # noqa: N803
    colC: str,  # noqa: N803
    verbose: bool = False,  # noqa: PT028 (pytest does not run it)
    *,
    msk: np.ndarray | None = None,  # noqa: PT028
) -> FisherZTest:
    """The published test of three columns of a table, whose z is twice too large.

    Parameters
    ----------
    df : (n_rows, n_columns)
        Table.
    colA, colB, colC
        Columns of numbers; rows where one of them is not finite are left out.
    verbose
        Print the correlations, z and p.
    msk : (n_rows,)
        Rows to use, bool; None for all.

    Returns
    -------
    z, p
    """
    return test_correlation_diff(*selected_columns(df, msk, colA, colB, colC), verbose=verbose)


# their published names begin with "test", and pytest would run them
test_correlation_diff.__test__ = False
test_correlation_diff_df.__test__ = False


def _williams(r_ab: float, r_ac: float, r_bc: float, n: int) -> WilliamsTest:
    """Williams (1959); equation 7 of Steiger (1980)."""
    if 1 - abs(r_bc) < 1e-12:
        raise SampleError(
            expected="B and C to differ",
            found=(
                f"them the same up to offset and scale (their correlation is {r_bc:.0f}): "
                "their correlations with A cannot be compared"
            ),
        )
    determinant = 1 - r_ab**2 - r_ac**2 - r_bc**2 + 2 * r_ab * r_ac * r_bc
    mean = (r_ab + r_ac) / 2
    variance = 2 * (n - 1) / (n - 3) * max(determinant, 0) + mean**2 * (1 - r_bc) ** 3
    t = (r_ab - r_ac) * np.sqrt((n - 1) * (1 + r_bc) / variance)
    return WilliamsTest(float(t), float(2 * stats.t.sf(abs(t), n - 3)), n - 3)


def _fisher_z(r_ab: float, r_ac: float, scale: float) -> FisherZTest:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.arctanh(r_ab) - np.arctanh(r_ac)) * scale
    return FisherZTest(float(z), float(2 * stats.norm.sf(abs(z))))


def _legacy(r_ab: float, r_ac: float, n: int) -> FisherZTest:
    return _fisher_z(r_ab, r_ac, _legacy_scale(n))


def _legacy_scale(n: int) -> float:
    return np.sqrt(2 * (n - 3))


def _say_legacy(result: FisherZTest, r_ab: float, r_ac: float, n: int) -> None:
    with np.errstate(divide="ignore"):
        z_ab, z_ac = np.arctanh([r_ab, r_ac]) * _legacy_scale(n)
    answer(f"r_AB={r_ab:.3f}, r_AC={r_ac:.3f}, z_AB={z_ab:.3f}, z_AC={z_ac:.3f}")
    p = result.p
    answer(f"z={result.z:.3f}, p={p:.1e} (2 side), p={p / 2:.1e} (1 side) N={n}")
