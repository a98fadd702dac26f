"""The numbers of the world, the sites and the closed loop.

Lengths of experiments stand in `descriptors`, the other units in `record`, the recordings'
smoothing in `spikes`; a change there, too, raises `VERSION`. Where each number comes from:
docs/simulation.md.
"""

from dataclasses import asdict, dataclass, field

from neuro_data_analysis.simulation.parameter_checks import check_parameters

VERSION = 5
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
    (mean, sd) for the weights of objects in the drive and the share of the early component; (median
    in events/s, log-sd) for `response`, before it saturates; (median, log-sd) for the `exponent` of
    the drive. `onset_sd` is in ms; `first_block` is the gain of block 1 over blocks 5 to 10.
    """

    n_tuned: int
    width: float
    distance2: tuple[float, float]
    offset2: tuple[float, float]
    early_object_weight: tuple[float, float]
    late_object_weight: tuple[float, float]
    early_share: tuple[float, float]
    response: tuple[float, float]
    p_other: float
    trial_cv: float
    exponent: tuple[float, float]
    onset_sd: float
    first_block: float


@dataclass(frozen=True)
class Kernel:
    """Time course of a response component, ms from image onset; `floor` is its late level."""

    onset: float
    slope: float
    peak: float
    decay: float
    floor: float


@dataclass(frozen=True)
class Era:
    """Population of the fc6 thread of one animal from one day to another, ISO dates, both in it."""

    animal: str
    first: str
    last: str
    population: int


@dataclass(frozen=True)
class Drifts:
    """How gain and baseline change over blocks; logs, from the first to the last third.

    `transient` is the share of the first block's extra log gain that is left in each block;
    trends are Student's t of `trend_freedom`; the baseline has `baseline_transient` of the gain's
    transient, its noise, and a trend of its own.
    """

    transient: tuple[float, ...] = (1.0, 0.42, 0.24, 0.07)
    trend_mean: float = -0.047
    trend_scale: float = 0.085
    trend_freedom: float = 3.0
    block_sd: float = 0.027
    block_persistence: float = 0.65
    thread_sd: float = 0.026
    baseline_transient: float = 1.1
    baseline_mean: float = -0.022
    baseline_scale: float = 0.08
    unstable_jump: tuple[float, float] = (1.6, 2.5)


@dataclass(frozen=True)
class Parameters:
    """All constants; written to ``SIMULATED.json``.

    `tuning_range` scales the distances along the axes of the tuning recordings, in latent scales;
    `dead_time` is in ms; evoked rates saturate at `response_limit`, events/s; `animal_factors` of
    the rates are by area and animal; `small_populations` are experiments (Expi) that had the small
    population of their animal before its era. Parameters that mean nothing are refused with a
    SettingError.
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
                early_share=(0.65, 0.15),
                response=(270, 0.9),
                p_other=0.0,
                trial_cv=0.14,
                exponent=(0.6, 0.5),
                onset_sd=3.0,
                first_block=1.11,
            ),
            "V4": Area(
                n_tuned=6,
                width=1.73,
                distance2=(1.6, 1.9),
                offset2=(0.65, 0.4),
                early_object_weight=(0.25, 0.15),
                late_object_weight=(0.48, 0.15),
                early_share=(0.62, 0.20),
                response=(480, 1.4),
                p_other=0.0,
                trial_cv=0.11,
                exponent=(1.0, 0.6),
                onset_sd=6.0,
                first_block=1.10,
            ),
            "IT": Area(
                n_tuned=10,
                width=2.1,
                distance2=(2.3, 2.1),
                offset2=(0.2, 0.8),
                early_object_weight=(0.05, 0.18),
                late_object_weight=(0.70, 0.18),
                early_share=(0.59, 0.20),
                response=(205, 1.15),
                p_other=0.24,
                trial_cv=0.08,
                exponent=(1.2, 0.8),
                onset_sd=12.0,
                first_block=1.11,
            ),
        },
    )
    kernels: dict[str, tuple[Kernel, Kernel]] = field(
        hash=False,
        default_factory=lambda: {
            "V1": (Kernel(58, 4, 74, 40, 0.18), Kernel(69, 7, 92, 50, 0.22)),
            "V4": (Kernel(59, 4, 74, 38, 0.16), Kernel(74, 8, 101, 50, 0.25)),
            "IT": (Kernel(67, 6, 96, 22, 0.18), Kernel(107, 12, 152, 60, 0.58)),
        },
    )
    distance_shape: float = 4.0
    other_distance2: float = 1.0
    baseline_share: tuple[float, float] = (0.045, 0.60)
    reference_sd: float = 0.55
    dead_time: float = 0.78
    response_limit: float = 450.0
    animal_factors: dict[str, float] = field(
        hash=False,
        default_factory=lambda: {"IT Alfa": 1.05, "IT Beto": 2.6},
    )
    drift: Drifts = Drifts()
    eras: tuple[Era, ...] = (
        Era("Alfa", "2020-07-01", "2021-02-17", 40),
        Era("Alfa", "2021-02-18", "2022-12-31", 30),
        Era("Beto", "2020-07-01", "2021-12-19", 40),
        Era("Beto", "2021-12-20", "2022-12-31", 30),
    )
    small_populations: tuple[int, ...] = (48, 135, 144, 145, 146, 156)
    trial_cv_log_sd: float = 0.2
    p_partial: float = 0.30
    p_truncated: float = 0.17
    p_repeated_founders: float = 0.35
    max_repeated_founders: int = 5
    p_repeated_image: float = 0.05
    p_missing_image: float = 0.05
    update_every: int = 10
    tuning_range: float = 14.0

    def __post_init__(self) -> None:
        check_parameters(self)

    def as_dict(self) -> dict:
        """Plain nested dict."""
        return asdict(self)
