"""Reading every PSTH of the simulated data set: this project's reader against mat73."""

from pathlib import Path

from benchmarks.measure import Cost, cost_of

MAT73 = """
import mat73
start()
content = mat73.loadmat(sys.argv[1])["BFEStats"]
psth = [evol["psth"] for evol in content["evol"] if evol is not None]
"""

ALL_AT_ONCE = """
from neuro_data_analysis.recordings.dataset import open_recordings
start()
with open_recordings(sys.argv[1]) as recordings:
    psth = [experiment.psth for experiment in recordings.experiments()]
"""

STREAMING = """
from neuro_data_analysis.recordings.dataset import open_recordings
start()
with open_recordings(sys.argv[1]) as recordings:
    n_trials = sum(
        block.shape[1] for e in recordings.experiments() for thread in e.psth for block in thread
    )
"""


def compare(file: Path) -> dict[str, Cost]:
    """Cost of each way to read all PSTHs of a v7.3 file."""
    programs = {"mat73": MAT73, "all at once": ALL_AT_ONCE, "one experiment at a time": STREAMING}
    return {name: cost_of(program, str(file)) for name, program in programs.items()}


def report(costs: dict[str, Cost]) -> str:
    """Table of costs and ratios against mat73."""
    peer = costs["mat73"]
    lines = ["reading all psth            seconds    MB   faster   memory"]
    for name, cost in costs.items():
        faster, share = peer.seconds / cost.seconds, cost.megabytes / peer.megabytes
        lines.append(
            f"  {name:24} {cost.seconds:8.2f} {cost.megabytes:6.0f} {faster:7.1f}x {share:7.0%}"
        )
    return "\n".join(lines)
