"""A cohort of block averages whose effects are known."""

import datetime

import numpy as np

from core.explorer.averages import BlockAverages, Rates

N_BLOCKS = 20
BASELINE = 5.0

SEM = 1.5
"""Of every block mean, events/s."""

FIRST = 60
"""Number of the first experiment; some below are known for an unstable baseline."""

LEVELS = {
    "V1": ((3.0, 1.5), (0.75, 0.75)),
    "V4": ((2.6, 1.5), (1.2, 1.2)),
    "IT": ((1.8, 1.2), (1.2, 1.5)),
}
"""Rates early, [50, 100) ms, and late, [100, 200) ms, that DeePSim's and BigGAN's thread end at,
over the reference's. BigGAN's thread of V1 does not evolve; IT's end equally high."""

SPEED = (0.15, 0.45)
"""Rate per block at which DeePSim's and BigGAN's thread approach their last level."""

START = (0.5, 0.75)
"""First block over the reference, of both threads."""


def experiment(expi, area, rng, swap=False, drift=None, **changes):
    """A paired evolution whose block means vary by their SEM about known courses.

    `swap` gives each thread the courses of the other; `drift` (n_blocks,) multiplies all rates.
    """
    blocks = np.arange(N_BLOCKS)
    scale = rng.uniform(60, 120)
    psth = np.full((N_BLOCKS, 2, 200), BASELINE)
    for thread in range(2):
        source = 1 - thread if swap else thread
        approach = (1 - np.exp(-SPEED[source] * blocks))[:, None]
        for window, level in zip(((50, 100), (100, 200)), LEVELS[area][source], strict=True):
            gain = (level - START[source]) * rng.uniform(0.85, 1.15)
            rates = START[source] + gain * approach
            psth[:, thread, slice(*window)] = scale * rates
    drift = np.ones(N_BLOCKS) if drift is None else drift
    psth = psth * drift[:, None, None]
    psth += rng.normal(0, SEM, (N_BLOCKS, 2, 1)) * (np.arange(200) >= 50)
    evoked = psth[:, :, 50:].mean(axis=2)
    reference = scale * drift[:, None] + rng.normal(0, 2, (N_BLOCKS, 2))
    known = {
        "expi": expi,
        "animal": "Alfa",
        "date": datetime.date(2020, 10, 1),
        "pref_chan": expi,
        "unit": 1,
        "area": area,
        "spaces": ("fc6", "BigGAN"),
        "imgsize": (3.0, 3.0),
        "imgpos": ((0.0, 0.0), (0.0, 0.0)),
        "evoked": Rates(evoked, np.full_like(evoked, SEM)),
        "reference": Rates(reference, np.full_like(reference, 2.0)),
        # errors of independent spikes in 40 and 28 trials
        "psth": Rates(psth, np.sqrt(141 * psth / [[[40], [28]]])),
    }
    return BlockAverages(**known | changes)


def cohort(rng, **changes):
    """Eight experiments of V1, twelve of V4, sixteen of IT, of both animals and three eras."""
    areas = ["V1"] * 8 + ["V4"] * 12 + ["IT"] * 16
    dates = [datetime.date(2020, 8, 1), datetime.date(2020, 10, 1), datetime.date(2021, 3, 1)]
    result = []
    for place, area in enumerate(areas):
        day = dates[place // 2 % 3] if area == "IT" else dates[1]
        known = {"animal": ("Alfa", "Beto")[place % 2], "date": day} | changes
        result.append(experiment(FIRST + place, area, rng, **known))
    return result
