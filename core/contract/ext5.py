"""Files of Extended Data Figure 5: alignment by RealNVP depth, linearity of latent codes."""

from core.contract.descriptions import Column, Pickle, Table

FOLDER = "ExtendedFig5"

N_HESSIAN = (512, 256, 128)
"""Numbers of eigenvectors that the top and the null part of a DeePSim code keep."""

_ALIGNMENT_STEMS = {
    "Adam": "FigureExt5C_Adam_optim_score_as_function_of_depth_and_dim_logscale_quad_case",
    "CMAES": "FigureExt5C_realnvp_layer_dim_cmaes_optim_result_logscale_quad_case",
}

_ALIGNMENT_COLUMNS = (
    Column("dimension", "int"),
    Column("stack_size", "int"),
    Column("seed", "int"),
    Column("gaussian_value", low=0, high=1),
)

ALIGNMENT = {
    optimizer: Table(
        f"{stem}.csv",
        FOLDER,
        f"score exp(-d^2 / 2) after 100 steps of {optimizer}, by dimension, RealNVP depth and seed",
        ("Ext. 5C",),
        columns=_ALIGNMENT_COLUMNS,
        rows=640,
        index=True,
    )
    for optimizer, stem in _ALIGNMENT_STEMS.items()
}

ALIGNMENT_PICKLES = tuple(
    Pickle(
        f"{stem}.pkl",
        FOLDER,
        f"twin of {stem}.csv with the end points",
        ("Ext. 5C",),
        keys=tuple(column.name for column in _ALIGNMENT_COLUMNS),
        required=False,
    )
    for stem in _ALIGNMENT_STEMS.values()
)


def _linearity(name: str, panel: str, target: str, code: str, spaces: tuple[str, ...]) -> Table:
    return Table(
        name,
        FOLDER,
        f"ridge regression of Caffenet units on the {code} code: R2 in training and test set",
        (panel,),
        columns=(
            Column("Layer", "str"),
            Column("Target", target),
            *(
                Column(f"{half}_R2{part}", high=1.0)
                for part in ("", *spaces)
                for half in ("Train", "Test")
            ),
            Column("Layer_index", "int"),
            Column("unit_index", "int"),
        ),
        index=True,
    )


LINEARITY = {
    "BigGAN": _linearity(
        "FigureExt6D_BigGAN_Caffenet_latent_code_linearity_results.csv",
        "Ext. 5D",
        "str",
        "BigGAN",
        ("_class", "_noise"),
    ),
    "DeePSim": _linearity(
        "FigureExt6E_DeePSim_FC6_Caffenet_latent_code_linearity_results.csv",
        "Ext. 5E",
        "int",
        "DeePSim fc6",
        tuple(f"_{half}_Hess{n}" for half in ("top", "null") for n in N_HESSIAN),
    ),
}

FILES = (*ALIGNMENT.values(), *LINEARITY.values(), *ALIGNMENT_PICKLES)
