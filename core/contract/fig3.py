"""Files of Figure 3: similarity of prototype images against difference of PSTHs."""

from core.contract.descriptions import Column, Table
from core.contract.metadata import EXPERIMENT, META_ACTIVATION

FOLDER = "Fig3"

_PROTOTYPES = ("reevol_G", "reevol_pix", "maxblk")

_COSINES = tuple(
    f"cosine_{prototype}_{feature}"
    for prototype in ("reevol", "maxblk")
    for feature in (
        "resnet_L3_m",
        "resnet_L4_m",
        "resnet_avgpool",
        "alexnet_fc6",
        "alexnet_fc7",
        "vit_cls",
        "vit_token_m",
    )
)


def _masked_resnet(prototype: str) -> tuple[Column, ...]:
    own = [Column(f"{prototype}_resnet_{layer}", missing=True) for layer in ("L3", "L4")]
    if prototype == "reevol_G":
        own.append(Column("Expi_alt", "int", missing=True))
    swapped = [
        Column(f"{prototype}_resnet_{layer}_{partner}", missing=True)
        for partner in ("BGalt", "FCalt")
        for layer in ("L3", "L4")
    ]
    return (*own, *swapped)


_PSTH_DIFFERENCES = (
    "normalizer",
    "psth_corr",
    "psth_MAE",
    "psth_MSE",
    "psth_corr_smooth",
    "psth_MAE_smooth",
    "psth_MSE_smooth",
    "act_MAE",
)

_COVARIANCES = tuple(
    f"layer{layer}_{name}"
    for layer in (1, 2, 3, 4)
    for name in (
        "cov_corr",
        *(
            f"{kind}{statistic}"
            for kind in (
                "",
                "crop_",
                "cos_",
                "cos_crop_",
                "thr_",
                "thr_crop_",
                "cos_thr_",
                "cos_thr_crop_",
            )
            for statistic in ("mean", "max", "q9")
        ),
    )
)

_MASKED_FEATURES = tuple(
    f"{prototype}_{feature}"
    for prototype in _PROTOTYPES
    for feature in (
        *(f"RNrobust_{layer}{mask}" for mask in ("focus", "cent", "all") for layer in ("L3", "L4")),
        *(
            f"{network}_{layer}{mask}"
            for network in ("alex", "vgg")
            for mask in ("cent", "focus", "all")
            for layer in ("conv4", "conv5")
        ),
    )
)

SIMILARITY = Table(
    "Fig3G_proto_imdist_psth_covstr_sim_df.csv",
    FOLDER,
    "similarity of the two threads' prototype images (all columns are similarities), difference of "
    "their best blocks' PSTHs, metadata",
    ("3G",),
    columns=(
        EXPERIMENT,
        *(Column(name, missing=True) for name in _COSINES),
        *(column for prototype in _PROTOTYPES for column in _masked_resnet(prototype)),
        *(Column(name) for name in _PSTH_DIFFERENCES),
        *(Column(name, missing=True) for name in _COVARIANCES),
        *META_ACTIVATION,
        *(Column(name, missing=True) for name in _MASKED_FEATURES),
    ),
    rows="experiments",
    index=True,
)

META = Table(
    "Fig3_meta_df.csv",
    FOLDER,
    "metadata of all experiments, with the validity mask",
    ("3G",),
    columns=(EXPERIMENT, *META_ACTIVATION, Column("valid", "bool")),
    rows="experiments",
    index=True,
)

FILES = (SIMILARITY, META)
