"""Time courses of the two components of a response.

Bins are 1 ms; they begin 6 ms before image onset and end 6 ms after the recorded window, because
smoothing needs the spikes there.
"""

import numpy as np

from core.statistics.windows import EVOKED
from neuro_data_analysis.simulation.parameters import Kernel
from neuro_data_analysis.simulation.spikes import N_DRAWN, SMOOTHING_REACH


def response_kernels(kernels: tuple[Kernel, Kernel], delay: float = 0.0) -> np.ndarray:
    """Early and late time course, (2, 212), each with mean 1 in the evoked window.

    Parameters
    ----------
    kernels
        Early and late component.
    delay
        By how much both are later, ms.

    Examples
    --------
    >>> kernels = (Kernel(52, 4, 85, 45, 0.3), Kernel(70, 10, 130, 60, 0.35))
    >>> response_kernels(kernels)[:, 56:206].mean(axis=1).round(9).tolist()
    [1.0, 1.0]
    """
    time = np.arange(N_DRAWN) - SMOOTHING_REACH - delay
    courses = []
    for kernel in kernels:
        rise = 1 / (1 + np.exp(-(time - kernel.onset) / kernel.slope))
        fall = np.exp(-np.maximum(time - kernel.peak, 0) / kernel.decay)
        course = rise * (kernel.floor + (1 - kernel.floor) * fall)
        start, stop = (edge + SMOOTHING_REACH for edge in EVOKED)
        courses.append(course / course[start:stop].mean())
    return np.stack(courses)
