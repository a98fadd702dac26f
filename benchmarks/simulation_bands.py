"""How the simulated data set comes out for several seeds, one line per seed.

``python -m benchmarks.simulation_bands`` prints the table of docs/simulation.md.
"""

import argparse
import tempfile
from pathlib import Path

from core.contract import ext4, fig4
from core.contract.source_data import SourceData
from core.statistics.comparisons import paired
from core.statistics.masks import AREAS
from core.threads import PREFIXES
from neuro_data_analysis.export.inputs import Folders
from neuro_data_analysis.export.run import export_all
from neuro_data_analysis.recordings.dataset import open_recordings
from neuro_data_analysis.simulation.run import simulate_recordings

LATE_AND_EARLY = ((50, 75), (75, 100), (125, 150), (175, 200))
"""Windows after image onset, ms, half-open."""


def summary(source: SourceData) -> str:
    """Success counts, paired t of DeePSim minus BigGAN, blocks to 80 % of the rise."""
    masks = source.read(fig4.MASKS).astype(bool)
    rates = source.read(fig4.SUCCESS_RATE).set_index("label")
    responses = [source.read(fig4.RESPONSES[f"{t}_mean"]) for t in ("DeePSim", "BigGAN")]
    speed = source.read(fig4.TIME_CONSTANTS)
    cells = []
    for area in AREAS:
        inside = masks["valid"] & masks[f"{area}msk"]
        any_ = (inside & masks["anysucc005"]).to_numpy()
        first, last = (paired(*(r[any_, b] for r in responses)).t for b in (0, -1))
        blocks = [
            speed.loc[inside & masks[f"{thread}succ001"], f"{thread}_tc0_bslinit"].mean()
            for thread in PREFIXES
        ]
        row = rates.loc[area]
        cells.append(
            f"{area} {row['FC_suc']:.0f}/{row['BG_suc']:.0f} of {row['total']:.0f}, "
            f"t {first:+.1f} {last:+.1f}, blocks {blocks[0]:.0f} {blocks[1]:.0f}"
        )
    both = (masks["valid"] & masks["ITmsk"] & masks["bothsucc005"]).to_numpy()
    windows = []
    for window in LATE_AND_EARLY:
        pair = [
            source.read(ext4.WINDOW_RESPONSES[window, f"{t}_mean"])[both, -1]
            for t in ("DeePSim", "BigGAN")
        ]
        windows.append(f"{window[0]}-{window[1]} ms {paired(*pair).t:+.1f}")
    return " | ".join([*cells, "IT last block: " + ", ".join(windows)])


def main() -> None:
    """Print one line per seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="*", default=[20260101, 1, 2, 3])
    for seed in parser.parse_args().seeds:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "simulated"
            simulate_recordings(out, seed)
            with open_recordings(out / "matroot") as recordings:
                # no tuning recordings, whose curves take longer than all the rest
                export_all(recordings, out / "source_data", Folders.below(out / "evolutions"))
            print(f"{seed}: {summary(SourceData(out / 'source_data'))}", flush=True)


if __name__ == "__main__":
    main()
