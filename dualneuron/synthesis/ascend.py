"""Images that maximise an objective, one at a time: the published functions.

Both take any function of images (n, C, H, W) that returns one number, as in
``lambda images: twin(images, [7]).mean()``, and return a dictionary. For many neurons of a twin at
once, with the same results, see `dualneuron.synthesis.batch.synthesize`.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import interpolate

from core.computing.devices import choose_device
from core.computing.random_source import Randomness, torch_generator
from core.errors import ImageError, SettingError
from dualneuron.synthesis.climb import Climb, Guide, Score, climb
from dualneuron.synthesis.draws import Draws
from dualneuron.synthesis.ops import EPS, buffer
from dualneuron.synthesis.parameters import Phases, Pixels
from dualneuron.synthesis.presets import FourierPreset, PixelPreset
from dualneuron.synthesis.spectrum import check_symmetric

Objective = Callable[[torch.Tensor], torch.Tensor]
"""Of images (n, C, H, W): one number."""

GUIDE_SIZE = 224
"""Side of the images that a simulation function gets, in pixels."""


def fourier_ascending(
    objective_function: Objective,
    magnitude_path: Any,
    image_size: int | None = None,
    init_image: Any = None,
    total_steps: int = 128,
    learning_rate: float = 1.0,
    lr_schedule: bool = True,
    eta_min: float = 0.0,
    noise: float = 0.01,
    values_range: tuple[float, float] = (-2.0, 2.0),
    range_fn: str = "linear",
    nb_crops: int = 6,
    box_size: tuple[float, float] = (0.20, 0.25),
    target_norm: float | None = None,
    tv_weight: float = 1e-4,
    jitter_std: float = 0.1,
    oversample: float = 1,
    reflect_pad_frac: float = 0.02,
    simulation_function: Callable[[torch.Tensor], torch.Tensor] | None = None,
    simulation_axis: Any = None,
    simulation_weight: float = 0.0,
    device: Any = None,
    verbose: bool = False,
    save_all_steps: bool = False,
    *,
    resize: str = "bilinear",
    hermitian: bool = False,
    clamp: str = "stretch",
    generator: Randomness = None,
) -> dict[str, Any]:
    """Maximise an objective over the phases of a fixed magnitude spectrum.

    Parameters
    ----------
    objective_function
        Of crops (n, C, H, W): one number, differentiable.
    magnitude_path
        Prior: ``"natural_gray"``, ``"natural_rgb"``, the path of an npy file, or an array (C, H, W)
        of unshifted |fft2|.
    image_size
        Side of the image in pixels; None is that of the prior.
    init_image
        Image (C, H, W) or (H, W, C) whose phases are the first; None draws them.
    total_steps, learning_rate, lr_schedule, eta_min
        Steps of Adam; its rate, which falls to `eta_min` along half a cosine if scheduled.
    noise
        Standard deviation of what is added to each crop.
    values_range, range_fn
        Darkest and brightest value; ``"linear"`` cuts there, ``"sigmoid"`` and ``"tanh"`` squash.
    nb_crops, box_size, jitter_std, oversample, reflect_pad_frac
        Crops of a step, as in `dualneuron.synthesis.ops.create_crops`. The published default of
        `box_size` makes crops of 20 pixels: use a preset for twins.
    target_norm
        L2 norm of every crop and of the final image; None leaves them.
    tv_weight
        Weight of the image's total variation, which is subtracted.
    simulation_function, simulation_axis, simulation_weight
        Guidance: an embedding of images (1, 3, 224, 224) in [0, 1], the direction (D,) in which the
        image's embedding is pushed, and how strongly; negative weights push away.
    device
        Where to compute; None is CUDA when present, else the CPU.
    verbose
        Whether a bar shows the steps, on a terminal.
    save_all_steps
        Whether `image`, `alpha` and `activation` are lists of the start and every step.
    resize
        How the prior gets `image_size`: ``"bilinear"`` (published) or ``"spectral"``, see
        `dualneuron.synthesis.spectrum.resized_magnitude`.
    hermitian
        Whether the image has exactly the prior's magnitudes before it is brought in range;
        published, they are upper bounds.
    clamp
        ``"stretch"`` (published) or ``"shift"``: crops that reach over the edge.
    generator
        Seed or torch generator on the CPU; None is torch's global one, as published.

    Returns
    -------
    dict
        `image` (C, H, W), `alpha` (C, H, W) and `activation` = abs(`objective`), as published;
        `objective` with its sign; `activations` and `objectives` (total_steps,), after each step;
        `initial_activation`. Tensors are on the CPU.

    Raises
    ------
    SettingError, ImageError, MissingFileError
        If an argument cannot be used.
    RunError
        If the objective becomes NaN or infinite.

    Examples
    --------
    The phases of a flat spectrum line up until the pixel in the middle is as bright as may be:

    >>> found = fourier_ascending(lambda images: images[..., 4, 4].mean(), torch.ones(1, 9, 9),
    ...     nb_crops=2, box_size=(1, 1), jitter_std=0, noise=0, generator=0, device="cpu")
    >>> found["image"].shape, found["activation"] > 0.99
    (torch.Size([1, 9, 9]), True)
    """
    preset = FourierPreset(
        magnitude_path=magnitude_path,
        image_size=image_size,
        total_steps=total_steps,
        learning_rate=learning_rate,
        lr_schedule=lr_schedule,
        eta_min=eta_min,
        noise=noise,
        values_range=values_range,
        range_fn=range_fn,
        nb_crops=nb_crops,
        box_size=box_size,
        target_norm=target_norm,
        tv_weight=tv_weight,
        jitter_std=jitter_std,
        oversample=oversample,
        reflect_pad_frac=reflect_pad_frac,
        resize=resize,
        hermitian=hermitian,
        clamp=clamp,
    )
    device, source = choose_device(device), _cpu_generator(generator)
    magnitude, phase = buffer(
        magnitude_path, init_image, image_size, resize=resize, generator=source
    )
    if hermitian:
        check_symmetric(magnitude)
    draws = Draws([source], tuple(magnitude.shape), device)
    made = climb(
        Phases(preset, magnitude, phase[None].to(device)),
        preset,
        draws,
        _score_of(objective_function),
        _guide(simulation_function, simulation_axis, simulation_weight, device),
        verbose=verbose,
        keep=save_all_steps,
    )
    return result_of(made, 0, save_all_steps)


def pixel_ascending(
    objective_function: Objective,
    image_size: int = 224,
    channels: int = 3,
    total_steps: int = 128,
    learning_rate: float = 0.05,
    lr_schedule: bool = True,
    noise: float = 0.01,
    values_range: tuple[float, float] = (-2.5, 2.5),
    nb_crops: int = 6,
    box_size: tuple[float, float] = (0.20, 0.25),
    target_norm: float | None = None,
    tv_weight: float = 1e-4,
    init_std: float = 0.01,
    jitter_std: float = 0.1,
    oversample: float = 1,
    reflect_pad_frac: float = 0.02,
    device: Any = None,
    verbose: bool = False,
    *,
    init_param: Any = None,
    eta_min: float = 0.0,
    simulation_function: Callable[[torch.Tensor], torch.Tensor] | None = None,
    simulation_axis: Any = None,
    simulation_weight: float = 0.0,
    save_all_steps: bool = False,
    clamp: str = "stretch",
    generator: Randomness = None,
) -> dict[str, Any]:
    """Maximise an objective over pixels: sigmoids of free numbers, by SGD with momentum 0.9.

    The gradient is blurred before each step (Gaussian, 5 x 5 pixels, sigma 1.5).

    Parameters
    ----------
    objective_function
        Of crops (n, C, H, W): one number, differentiable.
    image_size, channels
        Side of the image in pixels; its channels.
    total_steps, learning_rate, lr_schedule, eta_min
        Steps; rate, which falls to `eta_min` along half a cosine if scheduled. The published rate
        of 0.05 is far from converged for V1 after 128 steps; 1.0 is not.
    noise
        Standard deviation of what is added to each crop.
    values_range
        Darkest and brightest value.
    nb_crops, box_size, jitter_std, oversample, reflect_pad_frac
        Crops of a step, as in `dualneuron.synthesis.ops.create_crops`. The published default of
        `box_size` makes crops of a quarter of the image: use a preset for twins.
    target_norm
        L2 norm of every crop and of the final image; None leaves them.
    tv_weight
        Weight of the image's total variation, which is subtracted.
    init_std
        Standard deviation of the first numbers.
    device
        Where to compute; None is CUDA when present, else the CPU.
    verbose
        Whether a bar shows the steps, on a terminal.
    init_param
        First numbers (C, H, W), before the sigmoid; None draws them.
    simulation_function, simulation_axis, simulation_weight
        Guidance, as in `fourier_ascending`.
    save_all_steps
        Whether `image`, `alpha` and `activation` are lists of the start and every step.
    clamp
        ``"stretch"`` (published) or ``"shift"``: crops that reach over the edge.
    generator
        Seed or torch generator on the CPU; None is torch's global one, as published.

    Returns
    -------
    dict
        As of `fourier_ascending`.

    Raises
    ------
    SettingError, ImageError
        If an argument cannot be used.
    RunError
        If the objective becomes NaN or infinite.

    Examples
    --------
    The best image of a linear unit is its filter, here a blob:

    >>> across = torch.linspace(-2, 2, 17)
    >>> blob = torch.exp(-(across[:, None] ** 2 + across**2))
    >>> found = pixel_ascending(
    ...     lambda images: (images * blob).sum() / len(images), 17, 1, learning_rate=0.1,
    ...     values_range=(-1, 1), box_size=(1, 1), noise=0, jitter_std=0, reflect_pad_frac=0,
    ...     target_norm=3.0, init_std=0.1, generator=0, device="cpu")
    >>> bool(torch.cosine_similarity(found["image"].flatten(), blob.flatten(), dim=0) > 0.98)
    True
    """
    preset = PixelPreset(
        image_size=image_size,
        channels=channels,
        total_steps=total_steps,
        learning_rate=learning_rate,
        lr_schedule=lr_schedule,
        eta_min=eta_min,
        noise=noise,
        values_range=values_range,
        nb_crops=nb_crops,
        box_size=box_size,
        target_norm=target_norm,
        tv_weight=tv_weight,
        init_std=init_std,
        jitter_std=jitter_std,
        oversample=oversample,
        reflect_pad_frac=reflect_pad_frac,
        clamp=clamp,
    )
    device, source = choose_device(device), _cpu_generator(generator)
    shape = (channels, image_size, image_size)
    draws = Draws([source], shape, device)
    if init_param is None:
        start = draws.starts(torch.randn) * init_std
    else:
        start = torch.as_tensor(init_param, dtype=torch.float32).detach()[None]
        if tuple(start.shape[1:]) != shape:
            raise ImageError(
                path="init_param", expected=f"shape {shape}", found=tuple(start.shape[1:])
            )
    made = climb(
        Pixels(preset, start.to(device)),
        preset,
        draws,
        _score_of(objective_function),
        _guide(simulation_function, simulation_axis, simulation_weight, device),
        verbose=verbose,
        keep=save_all_steps,
    )
    return result_of(made, 0, save_all_steps)


def result_of(made: Climb, number: int, save_all_steps: bool = False) -> dict[str, Any]:
    """The published dictionary of one item of an ascent.

    Parameters
    ----------
    made
        Ascent of one or several items.
    number
        Which item.
    save_all_steps
        Whether `image`, `alpha` and `activation` are lists of the start and every step.

    Returns
    -------
    dict
        As of `fourier_ascending`.
    """
    objectives = made.objectives[:, number]
    sizes = objectives.abs()
    result = {
        "image": made.images[number],
        "alpha": made.alphas[number],
        "activation": float(sizes[-1]),
        "objective": float(objectives[-1]),
        "activations": sizes[1:].clone(),
        "objectives": objectives[1:].clone(),
        "initial_activation": float(sizes[0]),
    }
    if save_all_steps:
        result["image"] = [image[number] for image, _ in made.steps]
        result["alpha"] = [alpha[number] for _, alpha in made.steps]
        result["activation"] = sizes.tolist()
    return result


def _cpu_generator(generator: Randomness) -> torch.Generator | None:
    source = torch_generator(generator)
    if source is not None and source.device.type != "cpu":
        raise SettingError(
            path="generator", expected="a generator on the CPU", found=f"one on {source.device}"
        )
    return source


def _score_of(objective: Objective) -> Score:
    def score(images: torch.Tensor, nb_crops: int) -> torch.Tensor:
        value = objective(images)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            shape = tuple(getattr(value, "shape", ())) or type(value).__name__
            raise SettingError(
                path="objective_function", expected="a tensor with one number", found=shape
            )
        if images.requires_grad and not value.requires_grad:
            raise SettingError(
                path="objective_function",
                expected="a number that depends on the images",
                found="one without a gradient",
            )
        return value.reshape(1)

    return score


def _guide(
    function: Callable[[torch.Tensor], torch.Tensor] | None,
    axis: Any,
    weight: float,
    device: torch.device,
) -> Guide | None:
    if function is None:
        return None
    if axis is None:
        warnings.warn("simulation_function has no effect without a simulation_axis", stacklevel=3)
        return None
    axis = torch.as_tensor(axis, dtype=torch.float32, device=device).flatten()

    def guide(images: torch.Tensor) -> torch.Tensor:
        return torch.stack([weight * (_embedding(function, image) @ axis) for image in images])

    return guide


def _embedding(
    function: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor
) -> torch.Tensor:
    unit = (image - image.min()) / (image.max() - image.min() + EPS)
    unit = interpolate(unit[None], size=(GUIDE_SIZE, GUIDE_SIZE), mode="bilinear")
    return function(unit.expand(-1, 3, -1, -1) if unit.shape[1] == 1 else unit).flatten()
