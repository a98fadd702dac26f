"""The ascent itself, of B images at once: each step of the published loop, image by image the same.

Nothing but the score looks at several images, and a score treats them independently; so an image
of a batch is what it would have been alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from core import interrupt
from core.errors import RunError
from core.progress import progress
from dualneuron.synthesis.crops import cut, margin
from dualneuron.synthesis.draws import Draws
from dualneuron.synthesis.ops import EPS, change_norm, total_variation
from dualneuron.synthesis.presets import Preset

Score = Callable[[torch.Tensor, int], torch.Tensor]
"""Of images (B * n, C, H, W) and n, the number of crops of each item: what to maximise, (B,)."""

Guide = Callable[[torch.Tensor], torch.Tensor]
"""Of images (B, C, H, W): what to maximise besides, (B,)."""


class Adjustable(Protocol):
    """What is changed: `Pixels` or `Phases`."""

    def images(self) -> torch.Tensor:
        """Images (B, C, H, W) of the present values."""

    def step(self, learning_rate: float) -> None:
        """Change the values along their gradient."""


@dataclass
class Climb:
    """What came of an ascent of T steps.

    Parameters
    ----------
    images : (B, C, H, W)
        Final images without crops or noise, at the target norm; on the CPU.
    alphas : (B, C, H, W)
        Where the loss depended on the image: mean size of its gradient, largest 1.
    objectives : (T + 1, B)
        Scores of the images without crops or noise, before the first step and after each.
    steps
        If they were kept, images and alphas of all T + 1.
    """

    images: torch.Tensor
    alphas: torch.Tensor
    objectives: torch.Tensor
    steps: list[tuple[torch.Tensor, torch.Tensor]]


def climb(
    parameters: Adjustable,
    preset: Preset,
    draws: Draws,
    score: Score,
    guide: Guide | None = None,
    *,
    verbose: bool = False,
    keep: bool = False,
) -> Climb:
    """Ascend for the preset's number of steps.

    Parameters
    ----------
    parameters
        What is changed.
    preset
        Settings.
    draws
        Random numbers.
    score
        What is maximised, of crops.
    guide
        What is maximised besides, of whole images.
    verbose
        Whether a bar shows the steps, on a terminal.
    keep
        Whether images and alphas of all steps are kept, on the CPU.

    Returns
    -------
    Climb

    Raises
    ------
    RunError
        If a score is NaN or infinite.
    """
    images = _kept_gradient(parameters.images())
    clean = change_norm(images.detach(), preset.target_norm)
    trace, seen, gradient_sum = [_score_clean(score, clean)], [clean], torch.zeros_like(clean)
    alphas = []
    steps = range(preset.total_steps)
    for step in progress(steps, len(steps), "ascent") if verbose else steps:
        interrupt.check()
        loss = preset.tv_weight * total_variation(images) - _score_crops(
            score, images, preset, draws
        )
        if guide is not None:
            loss = loss - guide(images)
        loss.sum().backward()
        gradient_sum += images.grad.abs()
        parameters.step(preset.learning_rate_at(step))
        images = _kept_gradient(parameters.images())
        clean = change_norm(images.detach(), preset.target_norm)
        trace.append(_score_clean(score, clean))
        if keep:
            seen.append(clean)
            alphas.append(_alpha(gradient_sum).cpu())
    objectives = torch.stack(trace).cpu()
    _check_finite(objectives)
    kept = [image.cpu() for image in seen]
    both = list(zip(kept, [alphas[0], *alphas], strict=True)) if keep else []
    return Climb(clean.cpu(), _alpha(gradient_sum).cpu(), objectives, both)


def _kept_gradient(images: torch.Tensor) -> torch.Tensor:
    images.retain_grad()
    return images


def _score_crops(score: Score, images: torch.Tensor, preset: Preset, draws: Draws) -> torch.Tensor:
    boxes, noise = draws.step(preset)
    size = tuple(images.shape[-2:])
    frame = margin(size, preset.reflect_pad_frac)
    crops = cut(images, boxes, size[0], preset.oversample, frame) + preset.noise * noise
    return score(change_norm(crops.flatten(0, 1), preset.target_norm), preset.nb_crops)


def _score_clean(score: Score, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return score(images, 1)


def _alpha(total: torch.Tensor) -> torch.Tensor:
    return total / (total.amax(dim=(1, 2, 3), keepdim=True) + EPS)


def _check_finite(objectives: torch.Tensor) -> None:
    bad = (~objectives.isfinite()).any(dim=1).nonzero().flatten().tolist()
    if bad:
        raise RunError(
            path="objective",
            expected="finite numbers",
            found=f"NaN or infinity after step {bad[0]} of {len(objectives) - 1}",
        )
