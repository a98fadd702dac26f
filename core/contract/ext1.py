"""Files of Extended Data Figure 1: what the generators can and cannot make.

None of them was published; all are computed (``python -m core.generator_statistics``). Those of
``EXPLORER`` ask panels A and B of the images that the animals' neurons evolved.
"""

from core.contract.descriptions import Column, Table

FOLDER = "ExtendedFig1"

STANDS_FOR = {
    "DeePSim": "DeePSim",
    "BigGAN": "BigGAN",
    "small": "DeePSim",
    "random CNN": "BigGAN",
}
"""Generators, and in whose place each stands; the last two need no weights."""

STATISTICS = (
    *("luminance_mean", "luminance_std", "rms_contrast"),
    *("psd_slope", "psd_intercept", "psd_slope_logbin", "hf_fraction"),
    *(f"orient_energy_{sector:02d}" for sector in range(18)),
    *("orient_anisotropy", "edge_density", "saturation_mean", "colorfulness"),
)
"""Columns of the low-level statistics of an image."""

_UNDEFINED = ("psd_slope", "psd_intercept", "psd_slope_logbin", "hf_fraction", "orient_")
"""Statistics that a constant image does not have."""


def _frechet(suffix: str, required_words: str) -> Table:
    return Table(
        f"ExtFig1A_frechet{suffix}.csv",
        FOLDER,
        f"Fréchet distance of two sets of images, by the features named ({required_words})",
        ("Ext. 1A",),
        columns=(
            *(Column(name, "str") for name in ("set1", "set2", "kind1", "kind2", "extractor")),
            *(Column(name, "int", low=1) for name in ("dim", "n1", "n2")),
            *(Column(name, "str") for name in ("preproc1", "preproc2")),
            Column("frechet_distance", low=0),
            Column("frechet_se", low=0),
            Column("n_resamples", "int", low=1),
            Column("seed", "int"),
        ),
        required=False,
    )


def _objectness(suffix: str) -> Table:
    return Table(
        f"ExtFig1A_objectness{suffix}.csv",
        FOLDER,
        "objects that a detector finds in each image, and the largest confidence",
        ("Ext. 1A",),
        columns=(
            *(Column(name, "str") for name in ("set", "kind", "image_id")),
            Column("n_objs", "int", low=0),
            Column("confidence", missing=True, low=0, high=1),
            Column("class_id", "int", missing=True),
            Column("class_name", "str", missing=True),
            Column("detector", "str"),
            Column("conf_thr", low=0, high=1),
            Column("iou_thr", missing=True, low=0, high=1),
            Column("imgsz", "int", low=1),
        ),
        required=False,
    )


def _lowlevel(suffix: str, keys: tuple[Column, ...]) -> Table:
    return Table(
        f"ExtFig1B_lowlevel{suffix}.csv",
        FOLDER,
        "low-level statistics of each image",
        ("Ext. 1B",),
        columns=(
            *keys,
            *(Column(name, missing=name.startswith(_UNDEFINED)) for name in STATISTICS),
        ),
        required=False,
    )


def _spectra(suffix: str) -> Table:
    return Table(
        f"ExtFig1B_psd{suffix}.csv",
        FOLDER,
        "radial power spectrum, power per ring over all power, mean and SEM (ddof 0) over images",
        ("Ext. 1B",),
        columns=(
            Column("generator", "str"),
            Column("k", "int", low=1),
            Column("psd_norm_mean", low=0),
            Column("psd_norm_sem", low=0),
            Column("n", "int", low=1),
        ),
        required=False,
    )


FRECHET = _frechet("", "ddof 1, SE by bootstrap")
OBJECTNESS = _objectness("")
LOWLEVEL = _lowlevel(
    "", (Column("generator", "str"), Column("unit_id", "int"), Column("image_in_gen", "int"))
)
SPECTRA = _spectra("")

INVERSION = Table(
    "ExtFig1C_inversion.csv",
    FOLDER,
    "photographs and the images that a generator makes of them: error and Pearson's r of pixels",
    ("Ext. 1C",),
    columns=(
        *(Column(name, "str") for name in ("image_id", "category", "generator")),
        Column("seed", "int"),
        Column("lr", low=0),
        Column("n_iter", "int", low=1),
        Column("mse_init", low=0),
        Column("mse_final", low=0),
        Column("pearson_r", missing=True, low=-1, high=1),
    ),
    required=False,
)

ACTIVATION = Table(
    "ExtFig1D_gradact.csv",
    FOLDER,
    "gradient ascents of units of a network, a row for each trajectory",
    ("Ext. 1D",),
    columns=(
        *(Column(name, "str") for name in ("netname", "layer")),
        Column("unitid", "int"),
        *(Column(name, "int", missing=True) for name in ("x", "y")),
        Column("RFresize", "bool"),
        Column("optimmethod", "str"),
        Column("lr", low=0),
        Column("hess", "bool"),
        Column("GANname", "str"),
        Column("matched", "bool"),
        *(Column(name, "int", low=0) for name in ("rep", "batchi", "seed")),
        *(Column(name) for name in ("score", "maxscore")),
        Column("maxstep", "int", low=0),
    ),
    required=False,
)

PUBLISHED = (FRECHET, OBJECTNESS, LOWLEVEL, SPECTRA, INVERSION, ACTIVATION)
"""Tables of the four panels."""

FRECHET_EXPLORER = _frechet("_explorer", "images that neurons evolved")
OBJECTNESS_EXPLORER = _objectness("_explorer")
LOWLEVEL_EXPLORER = _lowlevel(
    "_explorer",
    (
        *(Column(name, "str") for name in ("generator", "area", "block")),
        Column("Expi", "int", low=1),
    ),
)
SPECTRA_EXPLORER = _spectra("_explorer")

EXPLORER = (FRECHET_EXPLORER, OBJECTNESS_EXPLORER, LOWLEVEL_EXPLORER, SPECTRA_EXPLORER)
"""Tables of panels A and B asked of evolved images."""

FILES = (*PUBLISHED, *EXPLORER)

PANELS = {
    "A": (FRECHET, OBJECTNESS),
    "B": (LOWLEVEL, SPECTRA),
    "C": (INVERSION,),
    "D": (ACTIVATION,),
    "explorer": EXPLORER,
}
"""Tables by panel; the last are panels A and B of evolved images."""

PICTURES = {"A": "ExtFig1A_samples.png", "C": "ExtFig1C_examples.png"}
"""Pictures that lie beside the tables of a panel."""

VERSION = 1
"""Of the computation; raised by a change that changes the numbers."""


def stamp_name(panel: str) -> str:
    """File beside the tables of a panel that says how they were computed.

    Examples
    --------
    >>> stamp_name("A")
    'ExtFig1A.json'
    """
    return f"ExtFig1{'_' if len(panel) > 1 else ''}{panel}.json"
