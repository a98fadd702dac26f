"""What several figures share: who was recorded, the tests of its evolution, open labels."""

from core.contract.descriptions import Column, Table

EXPERIMENT = Column("Expi", "int")

P_VALUE = {"low": 0.0, "high": 1.0}
"""Bounds of a column of p values."""

T_VALUE = {"infinite": True}
"""A column of t values, which are infinite where the samples do not vary."""

TESTS = tuple(
    Column(f"{statistic}_{name}", missing=True, **P_VALUE if statistic == "p" else T_VALUE)
    for name in (
        *(f"{pair}_{thread}" for pair in ("endinit", "maxinit", "maxend") for thread in (0, 1)),
        "FCBG_end_01",
        "FCBG_max_01",
    )
    for statistic in ("t", "p")
)

META = (
    *(Column(name, "str") for name in ("Animal", "expdate", "ephysFN")),
    *(Column(name, "int") for name in ("prefchan", "prefunit")),
    *(Column(name, "str") for name in ("visual_area", "space1", "space2")),
    *(Column(name, "str", missing=True) for name in ("optim_names1", "optim_names2")),
    Column("blockN", "int"),
    *TESTS,
)
"""The 27 columns of ``meta_stats``."""

RESPONSES = tuple(
    Column(f"{block}rsp_{thread}_{statistic}", missing=statistic == "sem")
    for block in ("max", "end", "init")
    for thread in (0, 1)
    for statistic in ("mean", "std", "sem")
)
"""Best, last and first block of each thread, events/s; std ddof 0, sem ddof 1."""

META_ACTIVATION = (*META, *RESPONSES)
"""The 45 columns of ``meta_activation_stats``."""

UNDECIDED_LABELS = Table(
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
"""Only in source data made from block averages; not in the manifest."""
