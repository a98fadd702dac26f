"""``python -m benchmarks``: all measurements that README states, in one run."""

import argparse
import tempfile
from pathlib import Path


def main() -> None:
    """Measure in a temporary folder and print."""
    argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args()

    import torch

    from benchmarks import networks, optimizers, reading, stages
    from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES

    with tempfile.TemporaryDirectory() as folder:
        simulated = Path(folder) / "simulated_data"
        costs = stages.stages(simulated)
        print(stages.report(costs, simulated), flush=True)
        file = simulated / "matroot" / EVOLUTION_FILES[0]
        print(reading.report(reading.compare(file)), flush=True)
    for line in optimizers.speed():
        print(line, flush=True)
    for line in networks.report(torch.device("cuda" if torch.cuda.is_available() else "cpu")):
        print(line)


if __name__ == "__main__":
    main()
