"""Files of Figure 5: PSTHs of the first and last block, responses in 10-ms windows."""

from core.contract.descriptions import SLICES, Column, Matrix, Table, moment
from core.threads import SUCCESS_WORDS

FOLDER = "Fig5"

MASKS = Table(
    "Figure5_src_exp_masks_and_succ_labels.csv",
    FOLDER,
    "the columns of Figure 4's mask table, in another order",
    ("5A", "5C"),
    columns=tuple(
        Column(name, "flag")
        for name in (
            "valid",
            *(f"{area}msk" for area in ("V1", "V4", "IT")),
            *(f"{who}succ{p}" for p in ("005", "001") for who in SUCCESS_WORDS),
        )
    ),
    rows="experiments",
)

BLOCKS = {"first": "00", "last": "55"}
"""File-name part of the first block and of the last padded block."""

PSTH = {
    (block, name): Matrix(
        f"Figure5A_src_all_exps_maxnorm_mean_psth_per_block{number}_{name}.csv",
        FOLDER,
        f"experiment x ms: mean PSTH of the {block} block (padded), divided by the experiment's "
        "largest block mean of the 50-200 ms rate of either thread",
        ("5A",),
        rows="experiments",
        columns=200,
    )
    for block, number in BLOCKS.items()
    for name in SLICES[:2]
}

WINDOWS = tuple((start, start + 10) for start in range(0, 200, 10))


def window_files(
    prefix: str, folder: str, panel: str, windows: tuple[tuple[int, int], ...]
) -> dict[tuple[tuple[int, int], str], Matrix]:
    """Descriptions of windowed responses, keyed by ((start, stop) in ms, slice).

    Parameters
    ----------
    prefix
        Beginning of the files' names.
    folder
        Folder of the figure.
    panel
        The panel that they are drawn in.
    windows
        (start, stop) in ms from image onset, half-open.

    Examples
    --------
    >>> files = window_files("Figure5C_src_normresp_wdw", "Fig5", "5C", ((0, 10),))
    >>> files[(0, 10), "BigGAN_sem"].name
    'Figure5C_src_normresp_wdw_0-10_BigGAN_sem.csv'
    """
    return {
        (window, name): Matrix(
            f"{prefix}_{window[0]}-{window[1]}_{name}.csv",
            folder,
            f"experiment x block: {moment(name)} of the rate in the window, padded, divided by "
            "Figure 4's normaliser of the experiment",
            (panel,),
            rows="experiments",
            columns="blocks",
            missing="cell" if name.endswith("sem") else "",
        )
        for window in windows
        for name in SLICES
    }


WINDOW_RESPONSES = window_files("Figure5C_src_normresp_wdw", FOLDER, "5C", WINDOWS)

FILES = (MASKS, *PSTH.values(), *WINDOW_RESPONSES.values())
