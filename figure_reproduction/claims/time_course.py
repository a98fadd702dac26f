"""Figure 5: blocks and windows that are drawn, and from when BigGAN drives PIT the more."""

import numpy as np

from core.contract import fig5
from core.contract.source_data import SourceData
from figure_reproduction.Figure5_reproduction import compare_late_windows, read
from figure_reproduction.population import WindowComparison
from figure_reproduction.results import ClaimNumbers

AREA = "IT"


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Numbers of the time course by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    data = read(source)
    n_blocks = max(responses.shape[1] for responses in data.windows.values())
    lengths = {end - start for (start, end), _ in data.windows}
    return ClaimNumbers(
        {
            "pc.fig5a.block_first": min(map(int, fig5.BLOCKS.values())),
            "pc.fig5a.block_last": n_blocks - 1,
            "pc.fig5c.bin": max(lengths),
            "pc.results.late_ms": later(compare_late_windows(data)),
        }
    )


def later(comparisons: dict[tuple[tuple[int, int], str], WindowComparison]) -> float:
    """Start, ms, of the first window with more blocks in which BigGAN is larger than DeePSim.

    NaN where there is none.
    """
    starts = [
        window[0]
        for (window, area), found in comparisons.items()
        if area == AREA and found.n_significant(1) > found.n_significant(0)
    ]
    return float(min(starts, default=np.nan))
