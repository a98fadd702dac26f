"""Files of Figure 2: the example experiment (Exp 155 in the published data)."""

import numpy as np

from core.contract.descriptions import SLICES, Column, Json, Matrix, Pickle, Table

FOLDER = "Fig2"

NAMES_AS_WRITTEN = ("DeePSim_mean", "DeePSim_sem", "BigGAN_mean", "BigGAN_sem")
"""Suffix under which slice 0, 1, 2, 3 of the PSTH array was published.

The slices are mean 0, mean 1, SEM 0, SEM 1, so two of the names lie: ``DeePSim_sem`` holds BigGAN's
mean and ``BigGAN_mean`` DeePSim's SEM (docs/panel_map.md).
"""

_TRUE_CONTENT = {
    "DeePSim_mean": "DeePSim mean",
    "DeePSim_sem": "BigGAN mean (the name lies)",
    "BigGAN_mean": "DeePSim SEM over trials (the name lies)",
    "BigGAN_sem": "BigGAN SEM over trials",
}

PSTH_CSV = {
    name: Matrix(
        f"Figure2D_src_psth_Exp155_{name}.csv",
        FOLDER,
        f"{_TRUE_CONTENT[name]} of the PSTH: block x ms after image onset",
        ("2D",),
        rows="example_blocks",
        columns=200,
        unit="events/s",
        missing="cell" if name in NAMES_AS_WRITTEN[2:] else "",
    )
    for name in NAMES_AS_WRITTEN
}

PSTH_PICKLE = Pickle(
    "Figure2D_src_psth_Exp155.pkl",
    FOLDER,
    "Expi, expstr, offset and psth_arr: block x [mean 0, mean 1, SEM 0, SEM 1] x ms, events/s",
    ("2D",),
    keys=("Expi", "expstr", "psth_arr", "offset"),
    arrays=(("psth_arr", ("example_blocks", 4, 200)),),
    max_bytes=10_000_000,
    required=False,
)

META = Json(
    "Figure2D_src_psth_Exp155_meta.txt",
    FOLDER,
    "experiment number, its three-line title, and the spacing of the stacked PSTHs in events/s",
    ("2B", "2D"),
    fields=(("Expi", int), ("offset", float), ("expstr", str)),
)

TRIALS = ("thread0_resp_df", "thread1_resp_df", "thread0_natref_resp_df", "thread1_natref_resp_df")
"""Keys of the pickled frames, in the order of `RESPONSE_CSV`."""

RESPONSE_CSV = {
    name: Table(
        f"Figure2B_src_resp_Exp155_{name}.csv",
        FOLDER,
        "one row per trial: evoked rate (50-200 ms), baseline rate (0-45 ms) and 1-based block",
        ("2B",),
        columns=(Column("resp"), Column("bsl"), Column("gen", "int")),
    )
    for name in (
        "DeePSim_thread_evol",
        "BigGAN_thread_evol",
        "DeePSim_thread_natref",
        "BigGAN_thread_natref",
    )
}

RESPONSE_PICKLE = Pickle(
    "Figure2B_src_resp_Exp155.pkl",
    FOLDER,
    "the four trial tables",
    ("2B",),
    keys=TRIALS,
    frames=tuple((key, ("resp", "bsl", "gen")) for key in TRIALS),
    max_bytes=10_000_000,
    required=False,
)

BLOCK_RATES = Table(
    "Figure2B_src_resp_Exp155_blocks.csv",
    FOLDER,
    "one row per thread, kind of image and 1-based block: mean and SEM of the evoked rate "
    "(50-200 ms), and mean of the baseline (0-45 ms; none for reference images), events/s",
    ("2B",),
    columns=(
        Column("thread", "str"),
        Column("kind", "str"),
        Column("gen", "int"),
        Column("resp_mean"),
        Column("resp_sem"),
        Column("bsl_mean", missing=True),
    ),
)
"""Stands in for `RESPONSE_CSV` in source data made from block averages; not in the manifest."""

FILES = (PSTH_PICKLE, *PSTH_CSV.values(), META, RESPONSE_PICKLE, *RESPONSE_CSV.values())


def psth_files(psth: np.ndarray) -> dict[str, np.ndarray]:
    """The PSTH array cut into the published files, under their historical names.

    Parameters
    ----------
    psth : (n_blocks, 4, 200)
        events/s; axis 1 is mean 0, mean 1, SEM 0, SEM 1.

    Examples
    --------
    >>> files = psth_files(np.zeros((23, 4, 200)))
    >>> sorted(files), files["DeePSim_mean"].shape
    (['BigGAN_mean', 'BigGAN_sem', 'DeePSim_mean', 'DeePSim_sem'], (23, 200))
    """
    return {name: psth[:, slice_] for slice_, name in enumerate(NAMES_AS_WRITTEN)}


def stacking_offset(psth: np.ndarray) -> np.float64:
    """Vertical spacing of the stacked PSTHs: ceil(largest mean / 2.2 / 10) * 10, events/s.

    `psth` is (n_blocks, 4, 200), means first.

    Examples
    --------
    >>> float(stacking_offset(np.full((23, 4, 200), 100.0)))
    50.0
    """
    return np.float64(np.ceil(psth[:, :2].max() / 2.2 / 10) * 10)


def psth_array(files: dict[str, np.ndarray]) -> tuple[np.ndarray, bool]:
    """The PSTH array behind the four files, whether their names are historical or repaired.

    Decided by content: a SEM is smaller than a mean, so the file ``DeePSim_sem`` holds a mean, and
    the names are the historical ones, where its median exceeds that of ``BigGAN_mean``.

    Parameters
    ----------
    files
        Arrays (n_blocks, 200), events/s, by the label in the file's name.

    Returns
    -------
    psth : (n_blocks, 4, 200)
        events/s; axis 1 is mean 0, mean 1, SEM 0, SEM 1.
    historical : bool

    Examples
    --------
    >>> psth = np.ones((2, 4, 200)) * [[[50.0], [40.0], [3.0], [2.0]]]
    >>> again, historical = psth_array(psth_files(psth))
    >>> bool((again == psth).all()), historical
    (True, True)
    """
    historical = bool(np.nanmedian(files["DeePSim_sem"]) > np.nanmedian(files["BigGAN_mean"]))
    order = NAMES_AS_WRITTEN if historical else SLICES
    return np.stack([files[name] for name in order], axis=1), historical
