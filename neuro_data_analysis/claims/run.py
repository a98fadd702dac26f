"""From a source to the table, the CSV and the figure."""

import os
from pathlib import Path

import pandas as pd

from core.contract.signs import sign_content
from core.errors import MissingFileError, SettingError
from core.explorer.store import FILE_NAME, load_averages
from core.files import replacing, writable_folder
from core.project import DRAWN_FIGURES, EXPLORER_DATA, SIMULATED_DATA
from neuro_data_analysis.claims.forest import draw
from neuro_data_analysis.claims.observations import (
    Observations,
    observe_averages,
    observe_recordings,
)
from neuro_data_analysis.claims.table import claims_table
from neuro_data_analysis.export.opening import choose_experiments, used_settings
from neuro_data_analysis.export.options import Settings
from neuro_data_analysis.recordings.dataset import evolution_file, matroot, open_recordings

DPI = 150
"""Resolution of the picture."""


def observe(
    data: Path | None,
    root: Path | None,
    published_labels: bool = False,
    settings: Settings | None = None,
) -> Observations:
    """Observations from what is named, else from what is at hand.

    Parameters
    ----------
    data
        Folder of the explorer's averages.
    root
        Folder of recordings. With neither: recordings under ``MATROOT``, else the averages of the
        project, else its simulated recordings.
    published_labels
        Whether averages take a number of trials that was inferred from published counts.
    settings
        Windows, thresholds, and what is left out; the published ones for None. Averages have no
        others.

    Raises
    ------
    MissingFileError, RecordingError, SettingError
        If there is nothing, or it is broken.
    """
    if data is None and root is None:
        simulated = SIMULATED_DATA / "matroot"
        if os.environ.get("MATROOT"):
            root = matroot()
        elif (EXPLORER_DATA / FILE_NAME).is_file():
            data = EXPLORER_DATA
        elif simulated.is_dir():
            root = simulated
        else:
            raise MissingFileError(
                path=EXPLORER_DATA,
                expected="recordings or block averages",
                found="none",
                advice="`./reproduce download --from explorer` fetches averages, "
                "`./reproduce simulate` makes recordings",
            )
    settings = settings or Settings()
    if data is not None:
        if settings != Settings():
            raise SettingError(
                path=data,
                expected="recordings, which other settings than the published ones need",
                found="block averages",
                advice="--matroot names a folder of recordings",
            )
        return observe_averages(load_averages(data / FILE_NAME), published_labels)
    with open_recordings(evolution_file(matroot(root))) as recordings:
        chosen = choose_experiments(recordings, settings)
        return observe_recordings(chosen, used_settings(chosen, settings.analysis))


def usual_file(observations: Observations) -> Path:
    """Where the table goes unless said otherwise: among the figures of its kind.

    Parameters
    ----------
    observations
        What the claims are tested on.
    """
    folder = DRAWN_FIGURES / "simulated" if observations.is_simulated else DRAWN_FIGURES
    return folder / "claims.csv"


def write_claims(observations: Observations, out: Path) -> pd.DataFrame:
    """Write the table, and the figure beside it; numbers of simulated recordings are signed.

    Parameters
    ----------
    observations
        What the claims are tested on.
    out
        CSV file; the picture has the same name, with ``.png``.

    Returns
    -------
    What `claims_table` gives.

    Raises
    ------
    SettingError
        If the folder cannot be written.
    """
    writable_folder(out.parent)
    table = claims_table(observations)
    written = sign_content(table) if observations.is_simulated else table
    with replacing(out) as temporary:
        written.to_csv(temporary, index=False, lineterminator="\n")
    with replacing(out.with_suffix(".png")) as temporary:
        draw(table, observations).savefig(temporary, dpi=DPI, format="png", bbox_inches="tight")
    return table
