"""Recordings small enough to be made and broken many times, as mat73 returns them."""

import numpy as np

from neuro_data_analysis.recordings.dataset import recordings_from

N_TRIALS = 12
"""Trials of a thread in a block."""

N_REFERENCES = 2


def element(expi, n_blocks=16, rises=True, **meta):
    """A paired evolution of a V4 unit; the rates of both threads rise from block to block."""
    rng = np.random.default_rng(expi)
    threads, references, indices, reference_indices = [[], []], [[], []], [[], []], [[], []]
    names, trial = [], 0
    for block in range(n_blocks):
        level = 20 + 5 * block * rises
        for thread in range(2):
            kinds = (
                (threads, indices, N_TRIALS, level, "block"),
                (references, reference_indices, N_REFERENCES, 20, "natref"),
            )
            for rates, numbers, n, mean, word in kinds:
                rates[thread].append(rng.gamma(20, mean / 20, (200, n)))
                numbers[thread].append(np.arange(trial + 1, trial + n + 1, dtype=float))
                names += [f"{word}{block:03d}_thread{thread:03d}_{k}" for k in range(n)]
                trial += n
    return {
        "evol": {
            "block_n": float(n_blocks),
            "psth": threads,
            "idx_seq": indices,
            "space_names": ["fc6", "BigGAN"],
            "optim_names": ["CMAES", "CMAES"],
            "pref_chan": 60.0,
            "unit_in_pref_chan": 1.0,
            "imgsize": np.array([3.0, 3.0]),
            "imgpos": np.array([[0.0, 0.0], [0.0, 0.0]]),
        },
        "ref": {"psth": references, "idx_seq": reference_indices},
        "imageName": names,
        "meta": {
            "ephysFN": f"Beto-28072020-{expi:03d}",
            "expControlFN": "",
            "stimuli": "N:\\Stimuli",
        }
        | meta,
    }


def recordings(*elements):
    """The data set of these elements; None is one without a recording."""
    return recordings_from([{"evol": None} if raw is None else raw for raw in elements])
