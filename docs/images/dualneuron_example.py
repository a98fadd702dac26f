"""The worked example of docs/dualneuron.md: both poles of twenty V1 neurons.

``.venv/bin/python docs/images/dualneuron_example.py --out FOLDER`` makes the images with the
published twin (two seeds, learning rate 1), prints what is stated in the text, and writes
``dual_selectivity.csv`` and ``dual_selectivity.png``. Interrupted, it goes on where it stopped.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from core.errors import run
from core.files import replacing
from core.progress import answer
from dualneuron.files import load_correlations
from dualneuron.synthesis.generate import DualNeuronDataset, generate_poles
from dualneuron.synthesis.presets import V1_NOTEBOOK
from dualneuron.synthesis.selectivity import dual_selectivity, plot_dual_selectivity

N_NEURONS = 20

INCLUDED = 0.4
"""Correlation with held-out responses above which the paper includes a neuron."""


def main(argv: list[str] | None = None) -> None:
    """Make the images, the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("dualneuron"), help="folder")
    parser.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    parser.add_argument("--seeds", type=int, default=2, help="images of each pole (default: 2)")
    options = parser.parse_args(argv)
    included = np.flatnonzero(load_correlations("v1") > INCLUDED)
    evenly = np.linspace(0, len(included) - 1, N_NEURONS).round().astype(int)
    (path,) = generate_poles(
        options.out,
        v1_neurons=included[evenly].tolist(),
        v4_neurons=None,
        seeds=range(options.seeds),
        presets={"v1": V1_NOTEBOOK},
        device=options.device,
    )
    with DualNeuronDataset(path) as poles:
        found = dual_selectivity(poles)
    table = found.table
    with replacing(options.out / "dual_selectivity.csv") as temporary:
        table.to_csv(temporary, index=False, float_format="%.4f")
    plot_dual_selectivity(found, show=False, save=options.out / "dual_selectivity.png")
    answer(table.drop(columns="n_seeds").round(2).to_string(index=False))
    numbers = table.drop(columns=["neuron_id", "n_seeds", "has_room"])
    summary = numbers.describe(percentiles=[0.5]).loc[["min", "50%", "max"]]
    answer(summary.round(2).to_string())
    answer(f"below grey: {(table['lei'] < table['grey']).sum()} of {len(table)}")
    answer(f"below half of it: {(table['lei_share'] < 0.5).sum()}")
    answer(f"without room: {(~table['has_room']).sum()}")


if __name__ == "__main__":
    sys.exit(run(main))
