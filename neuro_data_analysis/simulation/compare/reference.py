"""The real recordings' numbers, stored: the comparison needs no data.

They are this comparison's own numbers of the explorer's block averages; made again by
``python -m neuro_data_analysis.simulation.compare.reference FOLDER``, the folder of the averages.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from core import arguments
from core.errors import run
from core.explorer.averages import COMMIT, REPOSITORY
from core.explorer.store import FILE_NAME, load_averages
from core.files import replacing
from core.progress import answer
from neuro_data_analysis.simulation.compare.features import features
from neuro_data_analysis.simulation.compare.rows import measure
from neuro_data_analysis.simulation.compare.samples import real_sample

PATH = Path(__file__).with_name("reference.csv")


def stored_reference() -> pd.DataFrame:
    """Stored rows of the real recordings, as `rows.measure` gives them, and ``source``.

    Examples
    --------
    >>> stored_reference()["source"].unique().tolist()
    ['Animadversio/NeuralEvolutionExplorer at 4a8fb317f3c7, block averages of 170 experiments']
    """
    return pd.read_csv(PATH)


def write_reference(folder: Path) -> None:
    """Compute the stored rows from the explorer's averages.

    Parameters
    ----------
    folder
        Folder of the averages.

    Raises
    ------
    MissingFileError, RecordingError
        If they are not there, or are broken.
    """
    experiments = load_averages(folder / FILE_NAME)
    table = measure(features(real_sample(experiments)))
    n = len(experiments)
    table["source"] = f"{REPOSITORY} at {COMMIT[:12]}, block averages of {n} experiments"
    with replacing(PATH) as temporary:
        table.to_csv(temporary, index=False, float_format="%.5g", lineterminator="\n")


def main(argv: list[str] | None = None) -> int:
    """Store the numbers of the averages in a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=arguments.folder, help="folder of the explorer's averages")
    write_reference(parser.parse_args(argv).folder)
    answer(f"Written: {PATH.name}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
