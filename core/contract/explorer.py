"""Files that only source data made from the explorer's block averages have.

They stand in for single trials, and say which labels of success the averages leave open.
"""

from core.contract.descriptions import Column, Table

UNDECIDED = Table(
    "undecided_labels.csv",
    "",
    "labels of success that depend on numbers of trials which the explorer's files leave open: "
    "thread, level, p by the best numbers, and the range of p",
    ("4A", "4B", "4C", "4D", "5A", "5C", "Ext. 4B", "Ext. 4C"),
    columns=(
        Column("Expi", "int"),
        Column("thread", "int", low=0, high=1),
        Column("label", "str"),
        *(Column(name, low=0.0, high=1.0) for name in ("p", "p_low", "p_high")),
    ),
)

BLOCK_RATES = Table(
    "Figure2B_src_resp_Exp155_blocks.csv",
    "Fig2",
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

FILES = (UNDECIDED, BLOCK_RATES)
