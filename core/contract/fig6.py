"""Files of Figure 6: tuning along the Hessian eigenvectors of BigGAN."""

from core.contract.descriptions import Column, Pickle, Table
from core.contract.metadata import P_VALUE

FOLDER = "Fig6"

EXAMPLE_AXIS = ("class", 0)
"""Space and rank of the eigenvector of panel C."""

SINGLE_TRIAL_EXAMPLE = "Beto-07092020-003"
"""Published recording of panel C."""

AVERAGE_EXAMPLES = {"success": "Caos-12102024-003", "failure": "Alfa-08092020-004"}
"""Published recordings of panel D, by the outcome of the evolution before them."""

SINGLE_TRIALS = Table(
    "Figure6C_src_B07092020_sgtr_resp_df.csv",
    FOLDER,
    "one row per trial of the example recording: image, rate of the preferred unit (events/s), "
    "axis and distance",
    ("6C",),
    columns=(
        Column("img_name", "str"),
        Column("pref_unit_resp"),
        Column("trial_id", "int", optional=True),
        Column("space_name", "str", missing=True),
        Column("eig_id", missing=True),
        Column("lin_dist", missing=True),
        Column("hessian_img", "bool"),
        Column("exp_value", missing=True, optional=True),
    ),
    index=True,
)

_AVERAGE_COLUMNS = (
    Column("ephysFN", "str"),
    Column("prefchan", "int"),
    Column("prefunit", "int"),
    Column("prefchan_str", "str"),
    Column("bsl_mean"),
    Column("bsl_sem", missing=True),
    Column("eig_id", "int"),
    Column("space_name", "str"),
    Column("lin_dist"),
    Column("pref_unit_resp"),
    Column("n_repeats", "int"),
)

AVERAGES = {
    outcome: Table(
        f"Figure6D_src_prefchan_avgresp_df{suffix}.csv",
        FOLDER,
        f"mean rate (events/s) per axis and distance of a unit whose evolution {words}",
        ("6D",),
        columns=_AVERAGE_COLUMNS,
        index=True,
    )
    for outcome, suffix, words in (
        ("success", "", "succeeded"),
        ("failure", "_failevol", "failed"),
    )
}

SHAPES = Table(
    "Figure6E_src_tuning_shape_fitting_stats_synopsis_selcolumn.csv",
    FOLDER,
    "one row per tuning axis: ANOVA, OLS, Gaussian and GPR fits, shape flags, evolution success",
    ("6E",),
    columns=(
        Column("Animal", "str"),
        Column("Exp_id", "str"),
        Column("space", "str"),
        *(
            Column(name, missing=True, **P_VALUE if name == "anova_p_value" else {})
            for name in (
                "eig_id",
                "anova_F_value",
                "anova_p_value",
                "anova_R2",
                "ols_R2",
                "ols_slope",
                "ols_intercept",
                "gauss_R2",
                "gauss_fit_amplitude",
                "gauss_fit_center",
                "gauss_fit_sigma",
                "gauss_fit_offset",
                "gpr_R2",
            )
        ),
        *(
            Column(name, "bool")
            for name in (
                "is_BigGAN_evol_success",
                "is_common_axis",
                "gpr_y_is_unimodal",
                "gpr_y_is_monotonic",
                "gpr_y_is_bellshaped",
            )
        ),
    ),
    index=True,
)

PEAKS = Table(
    "Figure6E_src_tuning_stats_synopsis_selcolumn.csv",
    FOLDER,
    "one row per common tuning axis: ANOVA p and the distance of the largest mean response",
    ("6E",),
    columns=(
        *(Column(name, "str", optional=True) for name in ("Animal", "Exp_id", "ephysFN")),
        Column("space_name", "str", optional=True),
        Column("eig_id", missing=True, optional=True),
        Column("F_value", missing=True, optional=True),
        Column("p_value", missing=True, **P_VALUE),
        *(Column(name, optional=True) for name in ("lin_dist_num", "max_resp_lin_dist")),
        Column("max_resp_lin_dist_bin"),
        Column("max_resp_val", optional=True),
        Column("is_BigGAN_evol_success", "bool"),
        Column("is_common_axis", "bool", optional=True),
    ),
    index=True,
)

_TWINS = tuple(
    Pickle(
        table.name.replace(".csv", ".pkl"),
        FOLDER,
        f"twin of {table.name}",
        table.panels,
        keys=tuple(column.name for column in table.columns if not column.optional),
        required=False,
    )
    for table in (SINGLE_TRIALS, *AVERAGES.values())
)

SHAPES_PICKLE = Pickle(
    "Figure6E_src_tuning_shape_fitting_stats_synopsis_sel.pkl",
    FOLDER,
    "the full table of shape fits, with the fitted curves",
    ("6E",),
    keys=tuple(column.name for column in SHAPES.columns),
    required=False,
)

FILES = (SINGLE_TRIALS, *AVERAGES.values(), SHAPES, PEAKS, *_TWINS, SHAPES_PICKLE)
