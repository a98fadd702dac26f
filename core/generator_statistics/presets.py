"""Counts and models of each preset; standard library only."""

from dataclasses import dataclass, field

Units = dict[str, int]
"""Numbers of units by layer."""

Methods = dict[str, tuple[tuple[str, bool], ...]]
"""Labels of optimizers by generator, each with whether its rate follows the codes' scale."""


@dataclass(frozen=True)
class Preset:
    """What is computed.

    Attributes
    ----------
    name
        What ``--preset`` takes.
    generators
        The one in DeePSim's place, and the one in BigGAN's.
    substitutes
        What stands in for what, in words; empty for the paper's own models and images.
    n_images, n_crops, kinds
        Panel A: images of each set, sets of crops of photographs, and kinds of codes.
    noise_pixels
        Size of images of noise.
    n_resamples
        Of a bootstrap.
    network, pixels, layer, n_units, n_blocks, population
        Panel B: the units and their evolutions; ``pixels`` is the size at which the network sees
        images (also in panel D), None its own.
    n_targets, n_iterations, target_pixels
        Panel C.
    networks, layers, field_layers, methods, n_codes, n_reps, n_steps
        Panel D; units in ``field_layers`` see images shrunk into their receptive field.
    weights
        Files of weights that are needed.
    hours
        Estimates by panel on one H200 GPU: DeePSim and the networks as measured there, BigGAN by
        its cost beside DeePSim's on a CPU (34 times).
    """

    name: str
    generators: tuple[str, str]
    substitutes: str
    n_images: int
    n_crops: int
    kinds: tuple[str, ...]
    noise_pixels: int
    n_resamples: int
    network: str
    pixels: int | None
    layer: str
    n_units: int
    n_blocks: int
    population: int
    n_targets: int
    n_iterations: int
    target_pixels: int
    networks: tuple[str, ...]
    layers: Units
    field_layers: Units
    methods: Methods
    n_codes: dict[str, int]
    n_reps: int
    n_steps: int
    weights: tuple[str, ...] = ()
    hours: dict[str, float] = field(default_factory=dict)

    def counts(self, panel: str) -> str:
        """Numbers of a panel in words, for the figure.

        Parameters
        ----------
        panel
            Its letter.

        Examples
        --------
        >>> PRESETS["offline"].counts("B")
        '4 units, 10 generations of 40, the last one shown'
        """
        n_units = sum(self.layers.values()) + sum(self.field_layers.values())
        return {
            "A": f"{self.n_images} images a set",
            "B": f"{self.n_units} units, {self.n_blocks} generations of {self.population}, "
            "the last one shown",
            "C": f"{self.n_targets} targets, {self.n_iterations} steps of Adam",
            "D": f"{n_units} units, {self.n_reps} repetitions, {self.n_steps} steps",
        }[panel]


LITE0_LAYERS = (
    *(f".blocks.InvertedResidual{number}" for number in (2, 4, 7, 10, 14)),
    ".Linearfc",
)
"""Layers of EfficientNet-Lite0, the lowest first."""

LABELS = ("Adam001", "Adam0003", "Adam0001", "SGD001", "SGD0003", "SGD0001")
"""Published optimizers of BigGAN's codes, each also along the axes of its Hessian."""

OFFLINE = Preset(
    name="offline",
    generators=("small", "random CNN"),
    substitutes="offline substitutes: generators without weights (small, random CNN) for DeePSim "
    "and BigGAN, EfficientNet-Lite0 for Inception, YOLO, AlexNet and ResNet-50, "
    "crops of bundled photographs",
    n_images=256,
    n_crops=2,
    kinds=("small_4std", "random_CNN_std1"),
    noise_pixels=112,
    n_resamples=50,
    network="efficientnet_lite0",
    pixels=112,
    layer=".blocks.InvertedResidual7",
    n_units=4,
    n_blocks=10,
    population=40,
    n_targets=24,
    n_iterations=401,
    target_pixels=64,
    networks=("efficientnet_lite0",),
    layers=dict.fromkeys(LITE0_LAYERS, 2),
    field_layers={},
    methods={
        "small": (("Adam01", False), ("Adam001", True)),
        "random CNN": (("Adam001", False), ("SGD001", False), ("Adam001", True)),
    },
    n_codes={"small": 2, "random CNN": 2},
    n_reps=2,
    n_steps=30,
)

OFFLINE_FULL = Preset(
    **{
        **vars(OFFLINE),
        "name": "offline-full",
        "n_images": 2000,
        "n_units": 20,
        "n_blocks": 30,
        "layers": dict.fromkeys(LITE0_LAYERS, 5),
        "n_reps": 5,
    }
)

PUBLISHED = Preset(
    name="published",
    generators=("DeePSim", "BigGAN"),
    substitutes="",
    n_images=50_000,
    n_crops=0,
    kinds=("DeePSim_4std", "BigGAN_trunc07", "BigGAN_std_008"),
    noise_pixels=256,
    n_resamples=20,
    network="alexnet",
    pixels=227,
    layer=".features.Conv2d10",
    n_units=91,
    n_blocks=100,
    population=40,
    n_targets=101,
    n_iterations=401,
    target_pixels=256,
    networks=("resnet50", "resnet50_linf8"),
    layers={".layer2.Bottleneck3": 25, ".layer4.Bottleneck2": 25, ".Linearfc": 25},
    field_layers={
        ".layer1.Bottleneck1": 25,
        ".layer2.Bottleneck3": 25,
        ".layer3.Bottleneck5": 25,
    },
    methods={
        "DeePSim": (("Adam01", False), ("Adam01Hess", False), ("Adam001", True)),
        "BigGAN": (
            *((label + suffix, False) for label in LABELS for suffix in ("", "Hess")),
            ("Adam001", True),
        ),
    },
    n_codes={"DeePSim": 10, "BigGAN": 4},
    n_reps=10,
    n_steps=100,
    weights=(
        "DeePSim fc6 (upconvGAN_fc6.pt)",
        "BigGAN-deep-256 (biggan-deep-256-pytorch_model.bin)",
        "Inception-v3 of the FID (pt_inception-2015-12-05-6726825d.pth)",
        "fasterrcnn_resnet50_fpn_v2 of torchvision, unless --yolo names saved results",
        "AlexNet and ResNet-50 of torchvision (IMAGENET1K_V1)",
        "ResNet-50 L-inf 8/255 (imagenet_linf_8_pure.pt), which has no public home",
        "average Hessians (Evolution_Avg_Hess.npz, H_avg_1000cls.npz), which have none either",
    ),
    hours={"A": 3, "B": 0.3, "C": 0.1, "D": 15},
)

PRESETS = {preset.name: preset for preset in (OFFLINE, OFFLINE_FULL, PUBLISHED)}
"""By name."""
