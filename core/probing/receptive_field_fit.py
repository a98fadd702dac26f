"""The window that a gradient map fills, the Gaussian that fits it, and pictures of both."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import curve_fit

from core.errors import ImageError
from core.files import replacing
from core.plotting.style import saveallforms

Limits = tuple[int, int]

PARAMETERS = ("amplitude", "xo", "yo", "sigma_x", "sigma_y", "theta", "offset")
"""Of `twoD_Gaussian`, in its order."""


def gradmap2RF_square(  # noqa: N802
    gradAmpmap: np.ndarray,  # noqa: N803
    absthresh: float | None = None,
    relthresh: float = 0.01,
    square: bool = True,
) -> tuple[Limits, Limits]:
    """Bounding box of a gradient map's pixels above a threshold.

    Parameters
    ----------
    gradAmpmap
        (rows, columns).
    absthresh, relthresh
        A pixel counts if it is above both `absthresh` and `relthresh` times the maximum.
    square
        Make the shorter side as long as the longer one, then move the box back into the map.

    Returns
    -------
    Xlim, Ylim
        Columns and rows, 0-based and half-open. A square box may be wider than a map that is not
        square itself.

    Raises
    ------
    ImageError
        If no pixel is above the threshold, or values are not finite.

    Examples
    --------
    >>> gradient_map = np.zeros((9, 9))
    >>> gradient_map[2:5, 3:4] = 1
    >>> gradmap2RF_square(gradient_map)
    ((2, 5), (2, 5))
    """
    gradient_map = _checked(gradAmpmap)
    threshold = relthresh * gradient_map.max()
    if absthresh is not None:
        threshold = max(threshold, absthresh)
    rows, columns = np.nonzero(gradient_map > threshold)
    if len(rows) == 0:
        raise ImageError(
            expected=f"a gradient map with values above {threshold:g}",
            found=f"a maximum of {gradient_map.max():g}",
        )
    x, y = (columns.min(), columns.max() + 1), (rows.min(), rows.max() + 1)
    missing = (x[1] - x[0]) - (y[1] - y[0])
    n_rows, n_columns = gradient_map.shape
    if square and missing > 0:
        y = _grown(y, missing, n_rows)
    if square and missing < 0:
        x = _grown(x, -missing, n_columns)
    return (int(x[0]), int(x[1])), (int(y[0]), int(y[1]))


def _grown(limits: Limits, by: int, size: int) -> Limits:
    """Limits grown to both sides, then moved below `size` and, after that, above 0."""
    low, high = limits[0] - by // 2, limits[1] + by - by // 2
    excess = max(high - size, 0)
    low, high = low - excess, high - excess
    deficit = max(-low, 0)
    return low + deficit, high + deficit


def twoD_Gaussian(  # noqa: N802
    XYstack: tuple[np.ndarray, np.ndarray],  # noqa: N803
    amplitude: float,
    xo: float,
    yo: float,
    sigma_x: float,
    sigma_y: float,
    theta: float,
    offset: float,
) -> np.ndarray:
    """Rotated two-dimensional Gaussian on an offset, flattened.

    Parameters
    ----------
    XYstack
        Rows (x) and columns (y) of the pixels.
    amplitude, xo, yo, sigma_x, sigma_y, theta, offset
        Height, centre (row, column), SDs along the rotated axes, rotation in radians, and base.
    """
    x, y = XYstack
    a = np.cos(theta) ** 2 / (2 * sigma_x**2) + np.sin(theta) ** 2 / (2 * sigma_y**2)
    b = -np.sin(2 * theta) / (4 * sigma_x**2) + np.sin(2 * theta) / (4 * sigma_y**2)
    c = np.sin(theta) ** 2 / (2 * sigma_x**2) + np.cos(theta) ** 2 / (2 * sigma_y**2)
    dx, dy = np.asarray(x, float) - xo, np.asarray(y, float) - yo
    exponent = a * dx**2 + 2 * b * dx * dy + c * dy**2
    return (offset + amplitude * np.exp(-exponent)).ravel()


class GaussianFit(dict):
    """A Gaussian fitted to a gradient map; x is its row, y its column. Keys are attributes too.

    Attributes
    ----------
    popt
        (7,) the parameters in the order of `twoD_Gaussian`. Several sets of them describe the
        same Gaussian; compare `fitmap`.
    amplitude, xo, yo, sigma_x, sigma_y, theta, offset
        The same, one by one.
    gradAmpmap, fitmap
        (rows, columns) the map and its fit.
    """

    def __getattr__(self, name: str) -> np.ndarray | float:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"expected one of {', '.join(self)}, found {name!r}") from None


def fit_2dgauss(
    gradAmpmap_: np.ndarray,  # noqa: N803
    pop_str: str = "",
    outdir: str | Path | None = None,
    plot: bool = False,
) -> GaussianFit:
    """Least-squares fit of a rotated Gaussian to a gradient map of any shape.

    Parameters
    ----------
    gradAmpmap_
        (rows, columns).
    pop_str
        First part of the names of files.
    outdir
        Write ``<pop_str>_gradAmpMap_GaussianFit.npz`` there; None writes nothing.
    plot
        With `outdir`, also write figures of the fit, alone and beside the map.

    Raises
    ------
    ImageError
        If the map is empty, flat or not finite, or no fit is found.
    """
    gradient_map = _checked(gradAmpmap_)
    n_rows, n_columns = gradient_map.shape
    grid = np.meshgrid(np.arange(n_rows), np.arange(n_columns), indexing="ij")
    upper = [np.inf, n_rows, n_columns, 2 * n_rows, 2 * n_columns, 2 * np.pi, np.inf]
    lower = [0, 0, 0, 0, 0, -2 * np.pi, -np.inf]
    pixels = np.stack([axis.ravel() for axis in grid])
    try:
        popt, _ = curve_fit(
            twoD_Gaussian,
            pixels,
            gradient_map.ravel(),
            p0=_moments(gradient_map, grid),
            bounds=(lower, upper),
            maxfev=10_000,
        )
    except RuntimeError as error:
        raise ImageError(
            expected="a gradient map that a Gaussian fits", found=f"none ({error})"
        ) from None
    fitmap = twoD_Gaussian(pixels, *popt).reshape(gradient_map.shape)
    values = dict(zip(PARAMETERS, map(float, popt), strict=True))
    fit = GaussianFit(popt=popt, **values, gradAmpmap=gradient_map, fitmap=fitmap)
    if outdir is not None:
        _save_fit(fit, pop_str, Path(outdir), plot)
    return fit


def _moments(gradient_map: np.ndarray, grid: Sequence[np.ndarray]) -> list[float]:
    """First guess: height, centroid and a quarter of the spread along rows and columns."""
    weights = np.clip(gradient_map, 0, None)
    weights = weights / weights.sum()
    centres = [(axis * weights).sum() for axis in grid]
    spreads = [
        np.sqrt(((axis - centre) ** 2 * weights).sum()) / 4
        for axis, centre in zip(grid, centres, strict=True)
    ]
    return [gradient_map.max(), *centres, *(max(spread, 0.1) for spread in spreads), 0.0, 0.0]


def _checked(gradient_map: np.ndarray) -> np.ndarray:
    gradient_map = np.asarray(gradient_map, dtype=float)
    if gradient_map.ndim != 2 or gradient_map.size == 0:
        raise ImageError(
            expected="a gradient map (rows, columns)", found=f"shape {gradient_map.shape}"
        )
    if not np.isfinite(gradient_map).all() or gradient_map.max() <= 0:
        raise ImageError(
            expected="a gradient map of finite values that are not all 0",
            found=f"values from {gradient_map.min():g} to {gradient_map.max():g}",
        )
    return gradient_map


def _save_fit(fit: GaussianFit, name: str, folder: Path, plot: bool) -> None:
    stem = f"{name}_gradAmpMap_GaussianFit"
    with replacing(folder / f"{stem}.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, **fit)
    if plot:
        for suffix, maps in (
            ("", {"Gaussian fit": fit.fitmap}),
            ("_cmp", {"gradient map": fit.gradAmpmap, "Gaussian fit": fit.fitmap}),
        ):
            figure = _draw(maps, half_height=fit)
            saveallforms(folder, stem + suffix, figure)
            plt.close(figure)


def show_gradmap(gradAmpmap: np.ndarray) -> Figure | None:  # noqa: N803 (published name)
    """Show a map in an interactive session; without one, nothing is drawn and None returned."""
    if mpl.get_backend().lower() in {"agg", "pdf", "ps", "svg", "cairo", "template"}:
        return None
    figure = _draw({"gradient map": gradAmpmap})
    plt.show(block=False)
    return figure


def save_gradmap_figures(gradient_map: np.ndarray, label: str, folder: str | Path) -> None:
    """Write ``<label>_rawgradAmpMap.png`` and the histogram ``<label>_gradAmp_loghist.png``.

    Parameters
    ----------
    gradient_map : (rows, columns)
        Map to draw.
    label
        First part of the names.
    folder
        Where the files go.
    """
    figures = {"rawgradAmpMap": _draw({"gradient map": gradient_map})}
    histogram, ax = plt.subplots(layout="constrained")
    pixels = gradient_map.ravel()
    ax.hist(np.log10(pixels[pixels > 0]), bins=100)
    ax.set(
        xlabel="log10 of the gradient amplitude",
        ylabel="pixels",
        title=f"{label}  ({np.sum(pixels <= 0)} pixels at 0 not shown)".strip(),
    )
    figures["gradAmp_loghist"] = histogram
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        saveallforms(folder, f"{label}_{name}", figure, fmts=("png",))
        plt.close(figure)


def _draw(maps: dict[str, np.ndarray], half_height: GaussianFit | None = None) -> Figure:
    """Maps on one colour scale, with the line at half the height of a fit."""
    figure, axes = plt.subplots(
        1, len(maps), figsize=(4.2 * len(maps) + 0.6, 3.6), layout="constrained", squeeze=False
    )
    low, high = min(m.min() for m in maps.values()), max(m.max() for m in maps.values())
    for ax, (title, values) in zip(axes[0], maps.items(), strict=True):
        image = ax.imshow(values, vmin=low, vmax=high)
        ax.set(title=title, xlabel="column (pixels)", ylabel="row (pixels)")
        if half_height is not None:
            level = half_height.offset + half_height.amplitude / 2
            if half_height.fitmap.min() < level < half_height.fitmap.max():
                ax.contour(half_height.fitmap, levels=[level], colors="white")
    figure.colorbar(image, ax=axes[0].tolist(), label="mean |d a / d x|")
    return figure
