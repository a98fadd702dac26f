"""The numbers of the world, the sites and the closed loop.

Lengths of experiments stand in `descriptors`, the other units in `record`, the recordings'
smoothing in `time_course`; a change there, too, raises `VERSION`.
"""

from dataclasses import asdict, dataclass, field

VERSION = 3
"""Raised whenever the same seed gives other recordings."""

DEFAULT_SEED = 20260101

N_GROUP = 12
"""Numbers in each feature group: texture, object, other."""

N_LATENT = 24
"""Effective latents of a generator."""


@dataclass(frozen=True)
class Space:
    """A latent space: code length, step sizes, and how much code makes one unit of latent."""

    n_code: int
    init_sigma: float
    origin_sd: float
    jitter_sd: float
    latent_scale: float


@dataclass(frozen=True)
class SmoothMap:
    """RealNVP of some depth, bounded at `limit`."""

    depth: int
    limit: float


@dataclass(frozen=True)
class RuggedMap:
    """Random Fourier features of frequency `gamma` and size `limit`."""

    gamma: float
    limit: float


@dataclass(frozen=True)
class Area:
    """Distributions from which a site of one visual area is drawn.

    Pairs are (texture, object) for `distance2` and `offset2`, in units of the squared tuning width;
    (mean, sd) for the weights of objects in the drive; (median in events/s, log-sd) for `response`.
    """

    n_tuned: int
    width: float
    distance2: tuple[float, float]
    offset2: tuple[float, float]
    early_object_weight: tuple[float, float]
    late_object_weight: tuple[float, float]
    early_share: float
    response: tuple[float, float]
    p_other: float
    trial_cv: float


@dataclass(frozen=True)
class Kernel:
    """Time course of a response component, ms from image onset; `floor` is its late level."""

    onset: float
    slope: float
    peak: float
    decay: float
    floor: float


@dataclass(frozen=True)
class Parameters:
    """All constants; written to ``SIMULATED.json``.

    `tuning_range` scales the distances along the axes of the tuning recordings, in latent scales.
    """

    texture_space: Space = Space(4096, 3.0, 1.0, 0.5, 3.2 * 3.0)
    object_space: Space = Space(256, 0.2, 0.05, 0.03, 2.0 * 0.2)
    noise_share: float = 0.2
    n_founders: int = 30
    n_references: int = 10
    maps: dict[str, SmoothMap | RuggedMap] = field(
        hash=False,
        default_factory=lambda: {
            "texture_to_texture": SmoothMap(1, 4.0),
            "texture_to_object": SmoothMap(5, 1.2),
            "object_to_object": SmoothMap(1, 4.0),
            "object_to_texture": RuggedMap(1.8, 0.30),
            "texture_to_other": RuggedMap(3.0, 0.60),
            "object_to_other": RuggedMap(3.0, 0.60),
        },
    )
    areas: dict[str, Area] = field(
        hash=False,
        default_factory=lambda: {
            "V1": Area(
                n_tuned=4,
                width=1.41,
                distance2=(1.0, 1.0),
                offset2=(0.9, 0.6),
                early_object_weight=(0.0, 0.0),
                late_object_weight=(0.0, 0.0),
                early_share=0.65,
                response=(170, 0.30),
                p_other=0.0,
                trial_cv=0.12,
            ),
            "V4": Area(
                n_tuned=6,
                width=1.73,
                distance2=(1.6, 1.9),
                offset2=(0.65, 0.4),
                early_object_weight=(0.25, 0.15),
                late_object_weight=(0.48, 0.15),
                early_share=0.62,
                response=(140, 0.50),
                p_other=0.0,
                trial_cv=0.15,
            ),
            "IT": Area(
                n_tuned=10,
                width=2.1,
                distance2=(2.3, 2.1),
                offset2=(0.2, 0.8),
                early_object_weight=(0.05, 0.18),
                late_object_weight=(0.90, 0.18),
                early_share=0.40,
                response=(110, 0.50),
                p_other=0.24,
                trial_cv=0.15,
            ),
        },
    )
    kernels: dict[str, tuple[Kernel, Kernel]] = field(
        hash=False,
        default_factory=lambda: {
            "V1": (Kernel(52, 4, 85, 45, 0.30), Kernel(70, 10, 130, 60, 0.35)),
            "V4": (Kernel(57, 5, 85, 45, 0.30), Kernel(85, 12, 150, 60, 0.50)),
            "IT": (Kernel(64, 6, 90, 40, 0.30), Kernel(98, 9, 135, 90, 0.60)),
        },
    )
    distance_shape: float = 8.0
    other_distance2: float = 1.0
    baseline_share: tuple[float, float] = (0.18, 0.34)
    reference_sd: float = 0.55
    drift_persistence: float = 0.9
    drift_sd: float = 0.008
    trial_cv_log_sd: float = 0.2
    unstable_jump: tuple[float, float] = (1.6, 2.5)
    p_partial: float = 0.30
    p_truncated: float = 0.50
    p_repeated_founders: float = 0.15
    p_repeated_image: float = 0.05
    p_missing_image: float = 0.05
    update_every: int = 10
    tuning_range: float = 14.0

    def as_dict(self) -> dict:
        """Plain nested dict."""
        return asdict(self)
