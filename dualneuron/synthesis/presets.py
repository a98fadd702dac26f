"""Settings of an ascent, and the published presets.

A preset holds every argument of one of the two functions but the objective:
``pixel_ascending(objective, **V1_NOTEBOOK.arguments())``. Change one with `dataclasses.replace`.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

from core.errors import SettingError
from core.settings import positive_number, whole

RANGE_FUNCTIONS = ("linear", "sigmoid", "tanh")

CLAMPS = ("stretch", "shift")
"""What happens to a crop that reaches over the edge: only the edge moves in (published), so that
the crop is stretched; or the whole box does."""

RESIZES = ("bilinear", "spectral")
"""How a magnitude spectrum gets another size; see `dualneuron.synthesis.spectrum`."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What both methods share; the defaults are the published ones.

    Parameters
    ----------
    image_size
        Side of the image in pixels; None is that of the prior.
    total_steps, learning_rate, lr_schedule, eta_min
        Number of steps; rate, which falls to `eta_min` along half a cosine if scheduled.
    noise
        Standard deviation of what is added to each crop.
    values_range
        Darkest and brightest value of the image, in units of z-scored grey levels.
    nb_crops, box_size
        Crops a step; range of their sides as a share of the image's.
    jitter_std
        Standard deviation of a crop's centre, as a share of the image's side.
    oversample
        Crops are cut at this multiple of the image's size, then resized.
    reflect_pad_frac
        Margin of mirrored pixels around the image before it is cut, as a share of its side.
    clamp
        ``"stretch"`` or ``"shift"``, see `CLAMPS`.
    target_norm
        L2 norm that every crop and the final image are scaled to; None leaves them.
    tv_weight
        Weight of the image's total variation, which is subtracted.

    Raises
    ------
    SettingError
        If a number is out of range or a choice is unknown.

    Examples
    --------
    >>> V1_BATCH.learning_rate, V1_NOTEBOOK.learning_rate
    (0.05, 1.0)
    >>> from dataclasses import replace
    >>> replace(V1_BATCH, total_steps=-1)
    Traceback (most recent call last):
    core.errors.SettingError: total_steps: expected a whole number of at least 1, found -1.
    """

    image_size: int | None = None
    total_steps: int = 128
    learning_rate: float = 1.0
    lr_schedule: bool = True
    eta_min: float = 0.0
    noise: float = 0.01
    values_range: tuple[float, float] = (-2.0, 2.0)
    nb_crops: int = 6
    box_size: tuple[float, float] = (0.20, 0.25)
    jitter_std: float = 0.1
    oversample: float = 1
    reflect_pad_frac: float = 0.02
    clamp: str = "stretch"
    target_norm: float | None = None
    tv_weight: float = 1e-4

    def __post_init__(self) -> None:
        if self.image_size is not None:
            whole(self.image_size, "image_size", at_least=2)
        whole(self.total_steps, "total_steps", at_least=1)
        whole(self.nb_crops, "nb_crops", at_least=1)
        positive_number(self.learning_rate, "learning_rate")
        positive_number(self.oversample, "oversample")
        for name in ("eta_min", "noise", "jitter_std", "tv_weight"):
            _not_negative(getattr(self, name), name)
        if self.target_norm is not None:
            positive_number(self.target_norm, "target_norm")
        _not_negative(self.reflect_pad_frac, "reflect_pad_frac")
        if self.reflect_pad_frac >= 1:
            raise SettingError(
                path="reflect_pad_frac", expected="a share below 1", found=self.reflect_pad_frac
            )
        _two_numbers(self, "values_range", "two numbers, the lower first")
        _two_numbers(self, "box_size", "two shares above 0, the smaller first", allow_equal=True)
        positive_number(self.box_size[0], "box_size")
        _choice(self.clamp, "clamp", CLAMPS)

    def arguments(self) -> dict[str, Any]:
        """Arguments of the function that this is a preset of, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, 0 for the first.

        Examples
        --------
        >>> V1_NOTEBOOK.learning_rate_at(0), V1_NOTEBOOK.learning_rate_at(64)
        (1.0, 0.5)
        """
        if not self.lr_schedule:
            return self.learning_rate
        share = (1 + math.cos(math.pi * step / self.total_steps)) / 2
        return self.eta_min + (self.learning_rate - self.eta_min) * share


@dataclass(frozen=True, kw_only=True)
class PixelPreset(Preset):
    """Arguments of `pixel_ascending`.

    Parameters
    ----------
    channels
        Of the image.
    init_std
        Standard deviation of the first parameters.
    """

    image_size: int = 224
    channels: int = 3
    learning_rate: float = 0.05
    values_range: tuple[float, float] = (-2.5, 2.5)
    init_std: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self.image_size, "image_size", at_least=2)
        whole(self.channels, "channels", at_least=1)
        _not_negative(self.init_std, "init_std")


@dataclass(frozen=True, kw_only=True)
class FourierPreset(Preset):
    """Arguments of `fourier_ascending`.

    Parameters
    ----------
    magnitude_path
        Prior: a name, or the path of an npy file.
    range_fn
        How values get into `values_range`: ``"linear"`` (cut), ``"sigmoid"`` or ``"tanh"``.
    resize
        ``"bilinear"`` (published) or ``"spectral"``.
    hermitian
        Whether every magnitude is held, where the published method has it as an upper bound.
    """

    magnitude_path: Any
    range_fn: str = "linear"
    resize: str = "bilinear"
    hermitian: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _choice(self.range_fn, "range_fn", RANGE_FUNCTIONS)
        _choice(self.resize, "resize", RESIZES)


def _not_negative(value: float, name: str) -> None:
    if not 0 <= value < math.inf:
        raise SettingError(path=name, expected="a number of at least 0", found=f"{value!r}")


def _two_numbers(preset: Preset, name: str, expected: str, allow_equal: bool = False) -> None:
    value = getattr(preset, name)
    try:
        low, high = (float(number) for number in value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (low < high or (low == high and allow_equal)) or math.isinf(high - low):
        raise SettingError(path=name, expected=expected, found=f"{value!r}")
    object.__setattr__(preset, name, (low, high))


def _choice(value: str, name: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingError(path=name, expected=" or ".join(known), found=f"{value!r}")


V1_BATCH = PixelPreset(
    image_size=93,
    channels=1,
    learning_rate=0.05,
    noise=0.05,
    values_range=(-1, 1),
    nb_crops=4,
    box_size=(1, 1),
    target_norm=12.0,
    init_std=0.05,
    jitter_std=0.05,
    reflect_pad_frac=0.05,
)
"""V1, published batch script. Far from converged after its 128 steps: prefer `V1_NOTEBOOK`."""

V1_NOTEBOOK = PixelPreset(**V1_BATCH.arguments() | {"learning_rate": 1.0})
"""V1, published notebook: the same at a learning rate of 1."""

V4_BATCH = FourierPreset(
    magnitude_path="natural_rgb",
    range_fn="sigmoid",
    noise=0.08,
    nb_crops=4,
    box_size=(1, 1),
    target_norm=40.0,
    jitter_std=0.05,
    reflect_pad_frac=0.05,
)
"""V4 colour, published batch script."""

V4_NOTEBOOK = FourierPreset(**V4_BATCH.arguments() | {"noise": 0.05, "nb_crops": 6})
"""V4 colour, first published notebook."""

V4_GRAY_NOTEBOOK = FourierPreset(
    **V4_NOTEBOOK.arguments()
    | {"magnitude_path": "natural_gray", "image_size": 100, "target_norm": 20.0}
)
"""V4 grey, published notebook, at the size of the twin's images."""

V4_EXPLORE = FourierPreset(
    magnitude_path="natural_rgb",
    range_fn="tanh",
    learning_rate=0.5,
    noise=0.1,
    nb_crops=16,
    box_size=(0.1, 1),
    jitter_std=0.15,
    reflect_pad_frac=0.15,
    tv_weight=0,
)
"""V4 colour, latest published notebook: crops of all sizes, and no norm."""

V4_SEMANTIC = FourierPreset(
    magnitude_path="natural_rgb",
    range_fn="sigmoid",
    noise=0,
    nb_crops=16,
    box_size=(1, 1),
    target_norm=40.0,
    jitter_std=0.2,
    reflect_pad_frac=0.2,
    tv_weight=0,
)
"""V4 colour, published notebook with semantic guidance."""

PRESETS: dict[str, Preset] = {
    "v1-batch": V1_BATCH,
    "v1-notebook": V1_NOTEBOOK,
    "v4-batch": V4_BATCH,
    "v4-notebook": V4_NOTEBOOK,
    "v4g-notebook": V4_GRAY_NOTEBOOK,
    "v4-explore": V4_EXPLORE,
    "v4-semantic": V4_SEMANTIC,
}
"""Published presets by name."""
