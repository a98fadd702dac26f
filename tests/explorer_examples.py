"""Experiments as the explorer has them, from spikes whose number of trials is known."""

import datetime

import numpy as np

from core.explorer.averages import BlockAverages, Rates
from core.statistics.windows import window_rate

N_MS = 200
OFFSETS = np.arange(-6, 7)
KERNEL = 1000 * np.exp(-0.5 * (OFFSETS / 2) ** 2) / (2 * np.sqrt(2 * np.pi))
"""One smoothed spike, events/s."""


def trials(rng, n, rate):
    """Smoothed single-trial rates (200, n) of Poisson spikes; `rate` (200,) in events/s."""
    around = np.pad(rate, 6, mode="edge")
    spikes = (rng.random((N_MS + 12, n)) < around[:, None] / 1000).astype(float)
    return np.stack([np.convolve(s, KERNEL, mode="valid") for s in spikes.T], axis=1)


def recorded(rng, n_blocks=16, spaces=("fc6", "BigGAN_class"), counts=None, gain=(0.03, 0.0)):
    """Trials of both threads and of the references, ``[thread][block]`` each."""
    usual = counts or (40, {"BigGAN_class": 25, "BigGAN": 28}[spaces[1]])
    course = np.where(np.arange(N_MS) < 60, 12.0, 60.0)
    evolved = [
        [
            trials(rng, 31 if block == 0 else usual[thread], course * (1 + gain[thread] * block))
            for block in range(n_blocks)
        ]
        for thread in (0, 1)
    ]
    references = [[trials(rng, 10, course) for _ in range(n_blocks)] for _ in (0, 1)]
    return evolved, references


def averaged(evolved, references, expi=3, spaces=("fc6", "BigGAN_class"), animal="Beto", area="IT"):
    """What the explorer keeps of trials, not rounded."""

    def moments(blocks):
        means = np.stack([[b.mean(axis=-1) for b in thread] for thread in blocks], axis=1)
        sems = np.stack(
            [[b.std(axis=-1, ddof=1) / np.sqrt(b.shape[-1]) for b in thread] for thread in blocks],
            axis=1,
        )
        return Rates(means, sems)

    def rates(blocks):
        return moments([[window_rate(block) for block in thread] for thread in blocks])

    return BlockAverages(
        expi=expi,
        animal=animal,
        date=datetime.date(2020, 7, 22) + datetime.timedelta(days=expi),
        pref_chan={"IT": 5, "V1": 40, "V4": 60}[area],
        unit=1,
        area=area,
        spaces=spaces,
        imgsize=(3.0, 3.0),
        imgpos=((0.0, -0.8), (0.0, -0.8)),
        evoked=rates(evolved),
        reference=rates(references),
        psth=moments(evolved),
    )


def experiments(n=4, seed=0, n_blocks=16):
    """Some experiments of Beto in IT, one of them in V4 and one in V1."""
    areas = ["IT", "V4", "V1"]
    result = []
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        evolved, references = recorded(rng, n_blocks + i)
        result.append(averaged(evolved, references, expi=3 + i, area=areas[i % 3]))
    return result
