"""Files of Figure 4: success rates, normalised responses, time constants of all experiments."""

from core.contract.descriptions import SLICES, Column, Json, Matrix, Table, moment
from core.contract.metadata import EXPERIMENT, META
from core.threads import PREFIXES, SUCCESS_WORDS

FOLDER = "Fig4"

SUCCESS_RATE = Table(
    "Fig4A_SuccessRate_maxinit.csv",
    FOLDER,
    "valid experiments per area: successes (p < 0.01 and t > 0), rate, 5 % and 95 % Beta quantiles",
    ("4A",),
    columns=(
        Column("label", "str"),
        *(Column(name, "int") for name in ("FC_suc", "BG_suc", "total")),
        *(Column(name, missing=True) for name in ("FC_rate", "BG_rate")),
        *(Column(name) for name in ("FC_CI_1", "FC_CI_2", "BG_CI_1", "BG_CI_2")),
    ),
    rows=3,
)

SUCCESS_CRITERION = Json(
    "Fig4A_sucs_labels.txt",
    FOLDER,
    "the success criterion in words",
    ("4A",),
    fields=(("sucs_criterion_label", str), ("sucs_label", str)),
)

RESPONSES = {
    name: Matrix(
        f"Figure4_src_maxnorm_resp_stats_all_exps_{name}_data.csv",
        FOLDER,
        f"experiment x block: {moment(name)} of the 50-200 ms rate, padded, divided by the "
        "experiment's largest block mean of either thread",
        ("4B", "4C") if name.endswith("mean") else ("4B",),
        rows="experiments",
        columns="blocks",
        missing="cell" if name.endswith("sem") else "",
    )
    for name in SLICES
}

MASK_COLUMNS = tuple(
    Column(name, "flag")
    for name in (
        "valid",
        *(f"{who}succ005" for who in SUCCESS_WORDS),
        *(f"{area}msk" for area in ("V1", "V4", "IT")),
        *(f"{who}succ001" for who in SUCCESS_WORDS),
    )
)

MASKS = Table(
    "Figure4_src_exp_masks_and_succ_labels.csv",
    FOLDER,
    "which experiments are valid, in which area, and succeed at p < 0.05 and p < 0.01",
    ("4B", "4C", "4D"),
    columns=MASK_COLUMNS,
    rows="experiments",
)

REAL_BLOCKS = Matrix(
    "Figure4_src_extrapolation_mask_arr.csv",
    FOLDER,
    "experiment x block: 1 where the block was measured, 0 where it is padded (the name says the "
    "opposite)",
    ("4C",),
    rows="experiments",
    columns="blocks",
    header=False,
    flag=True,
)

TIME_CONSTANT_COLUMNS = tuple(
    f"{thread}_{measure}{baseline}"
    for baseline in ("", "_bsl0", "_bslinit")
    for thread in PREFIXES
    for measure in ("tc0", "tc_cnt")
)

TIME_CONSTANTS = Table(
    "Figure4_src_evol_traj_time_constant_w_meta.csv",
    FOLDER,
    "metadata, and the first block above 80 % of the rise (tc0) and the number of blocks below "
    "(tc_cnt), for three baselines",
    ("4D",),
    columns=(EXPERIMENT, *META, *(Column(name, "int") for name in TIME_CONSTANT_COLUMNS)),
    rows="experiments",
)

FILES = (
    SUCCESS_RATE,
    SUCCESS_CRITERION,
    *RESPONSES.values(),
    MASKS,
    REAL_BLOCKS,
    TIME_CONSTANTS,
)
