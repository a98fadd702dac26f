"""Extended Data Figure 4: bins, windows, experiments, and the range of significant P values."""

import numpy as np

from core.contract.source_data import SourceData
from core.threads import THREADS
from figure_reproduction.FigureExt4_reproduction import LEVEL, attributions, read
from figure_reproduction.results import ClaimNumbers, Statistics

RESPONSE_MS = 200
"""Length of the response that the bins cover."""


def numbers(source: SourceData, rng: np.random.Generator) -> ClaimNumbers:
    """Numbers of panels B and C by id.

    Parameters
    ----------
    source
        Folder of source data.
    rng
        Not used: nothing of this family is random.
    """
    data = read(source)
    shares = attributions(data)
    bins = [RESPONSE_MS / values.shape[1] for values in data.attribution.values()]
    p = np.concatenate([np.atleast_1d(found.test.p) for found in shares.values()])
    significant = p[p < LEVEL]
    results: Statistics = {
        "pc.ext4b.bin_min": min(bins),
        "pc.ext4b.bin_max": max(bins),
        "pc.ext4b.p_min": significant.min() if len(significant) else np.nan,
        "pc.ext4b.p_max": significant.max() if len(significant) else np.nan,
    }
    for (_, area), found in shares.items():
        results |= {f"pc.ext4b.n.{area}.{thread}": found.n[thread] for thread in THREADS}
    lengths = {end - start for (start, end), _ in data.windows}
    return ClaimNumbers(results | {f"pc.ext4c.window_{length}": length for length in lengths})
