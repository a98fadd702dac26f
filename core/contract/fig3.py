"""Files of Figure 3: similarity of prototype images against difference of PSTHs."""

from core.contract.descriptions import Column, Table
from core.contract.metadata import EXPERIMENT, META_ACTIVATION

FOLDER = "Fig3"

PROTOTYPES = ("reevol_G", "reevol_pix", "maxblk")
"""Images that stand for a thread: its re-evolved ones and the best of its best block."""

COSINE_PROTOTYPES = {"reevol": "reevol_G", "maxblk": "maxblk"}
"""The prototypes whose whole images are compared, by the word that their columns use."""

COSINE_FEATURES = (
    "resnet_L3_m",
    "resnet_L4_m",
    "resnet_avgpool",
    "alexnet_fc6",
    "alexnet_fc7",
    "vit_cls",
    "vit_token_m",
)

CENTRED_FEATURES = ("resnet_L3", "resnet_L4")

PARTNERS = ("BGalt", "FCalt")
"""Which thread's image is taken from another experiment."""

MASKED_FEATURES = (
    *(f"RNrobust_{layer}{mask}" for mask in ("focus", "cent", "all") for layer in ("L3", "L4")),
    *(
        f"{network}_{layer}{mask}"
        for network in ("alex", "vgg")
        for mask in ("cent", "focus", "all")
        for layer in ("conv4", "conv5")
    ),
)

COVARIANCE_LAYERS = ("layer1", "layer2", "layer3", "layer4")

COVARIANCE_MAPS = (
    "",
    "crop_",
    "cos_",
    "cos_crop_",
    "thr_",
    "thr_crop_",
    "cos_thr_",
    "cos_thr_crop_",
)
"""Maps of the similarity of two covariance tensors, which three numbers summarise each."""

COVARIANCE_SUMMARIES = ("mean", "max", "q9")

COVARIANCE_STATISTICS = (
    "cov_corr",
    *(f"{kind}{summary}" for kind in COVARIANCE_MAPS for summary in COVARIANCE_SUMMARIES),
)

_COSINES = tuple(
    f"cosine_{prototype}_{feature}"
    for prototype in COSINE_PROTOTYPES
    for feature in COSINE_FEATURES
)


def _masked_resnet(prototype: str) -> tuple[Column, ...]:
    own = [Column(f"{prototype}_{feature}", missing=True) for feature in CENTRED_FEATURES]
    if prototype == "reevol_G":
        own.append(Column("Expi_alt", "int", missing=True))
    swapped = [
        Column(f"{prototype}_{feature}_{partner}", missing=True)
        for partner in PARTNERS
        for feature in CENTRED_FEATURES
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
    f"{layer}_{statistic}" for layer in COVARIANCE_LAYERS for statistic in COVARIANCE_STATISTICS
)

_MASKED = tuple(f"{prototype}_{feature}" for prototype in PROTOTYPES for feature in MASKED_FEATURES)

SIMILARITY = Table(
    "Fig3G_proto_imdist_psth_covstr_sim_df.csv",
    FOLDER,
    "similarity of the two threads' prototype images (all columns are similarities), difference of "
    "their best blocks' PSTHs, metadata",
    ("3G",),
    columns=(
        EXPERIMENT,
        *(Column(name, missing=True) for name in _COSINES),
        *(column for prototype in PROTOTYPES for column in _masked_resnet(prototype)),
        *(Column(name, missing=name != "normalizer") for name in _PSTH_DIFFERENCES),
        *(Column(name, missing=True) for name in _COVARIANCES),
        *META_ACTIVATION,
        *(Column(name, missing=True) for name in _MASKED),
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
