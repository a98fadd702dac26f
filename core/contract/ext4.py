"""Files of Extended Data Figure 4: temporal attribution, responses in windows of four lengths."""

from core.contract.descriptions import Column, Matrix, Table
from core.contract.fig5 import window_files
from core.contract.metadata import EXPERIMENT, META_ACTIVATION
from core.threads import THREADS

FOLDER = "ExtendedFig4"

META = Table(
    "FigureExt4_meta_df.csv",
    FOLDER,
    "metadata of all experiments, with the validity mask",
    ("Ext. 4B", "Ext. 4C"),
    columns=(EXPERIMENT, *META_ACTIVATION, Column("valid", "bool")),
    rows="experiments",
)

BINS = (5, 10, 20, 25, 50)
"""Bin lengths of the attribution, ms."""

ATTRIBUTION = {
    (thread, width): Matrix(
        f"FigureExt4B_{thread}_diff_attrib_norm_bin_tsr_{width}ms.csv",
        FOLDER,
        "experiment x bin: share of the difference between best and first block that falls into "
        "the bin; rows sum to 1, and are empty where the best block is the first",
        ("Ext. 4B",),
        rows="experiments",
        columns=200 // width,
        index=True,
        missing="row",
    )
    for width in BINS
    for thread in THREADS
}

WINDOW_LENGTHS = (10, 20, 25, 50)

WINDOWS = {
    length: tuple((start, start + length) for start in range(0, 200, length))
    for length in WINDOW_LENGTHS
}

WINDOW_RESPONSES = window_files(
    "FigureExtended4C_src_normresp_wdw",
    FOLDER,
    "Ext. 4C",
    tuple(window for windows in WINDOWS.values() for window in windows),
)

FILES = (META, *ATTRIBUTION.values(), *WINDOW_RESPONSES.values())
