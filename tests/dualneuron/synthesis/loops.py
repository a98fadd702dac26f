"""The published ascent, written out slowly: loops, torch's own optimizers and scheduler."""

import math

import numpy as np
import torch
from torch.nn import functional


def roi_align(image, box, n_out):
    """RoI-align of one box as its definition says, sample by sample."""
    n_channels = image.shape[0]
    half = np.float32(0.5)
    x1, y1, x2, y2 = box.detach().numpy()
    x0, y0 = x1 - half, y1 - half
    wide, high = (x2 - half) - x0, (y2 - half) - y0
    nx, ny = math.ceil(wide / n_out), math.ceil(high / n_out)
    out = image.new_zeros(n_channels, n_out, n_out)
    for i in range(n_out):
        for j in range(n_out):
            for ky in range(ny):
                for kx in range(nx):
                    y = y0 + i * high / n_out + (ky + 0.5) * high / n_out / ny
                    x = x0 + j * wide / n_out + (kx + 0.5) * wide / n_out / nx
                    out[:, i, j] += _bilinear(image, y, x) / (nx * ny)
    return out


def _bilinear(image, y, x):
    _, height, width = image.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0
    (top, bottom, v), (left, right, h) = _neighbours(y, height), _neighbours(x, width)
    upper = image[:, top, left] * (1 - h) + image[:, top, right] * h
    lower = image[:, bottom, left] * (1 - h) + image[:, bottom, right] * h
    return upper * (1 - v) + lower * v


def _neighbours(place, size):
    place = max(place, 0.0)
    low = int(place)
    if low >= size - 1:
        return size - 1, size - 1, 0.0
    return low, low + 1, place - low


def ascend(objective, make_image, parameter, optimizer, blur, preset):
    """Images, alphas and objectives after every step, drawing from torch's global stream."""
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, preset.total_steps, preset.eta_min
    )
    alpha, seen = 0, []
    for _ in range(preset.total_steps):
        optimizer.zero_grad()
        image = make_image(parameter)
        image.retain_grad()
        crops = _crops(image, preset)
        crops = crops + preset.noise * torch.randn(crops.shape)
        crops = torch.stack([_normed(crop, preset.target_norm) for crop in crops])
        dx, dy = image[:, :, 1:] - image[:, :, :-1], image[:, 1:] - image[:, :-1]
        variation = ((dx**2).sum() + (dy**2).sum() + 1e-8) ** 0.5
        (preset.tv_weight * variation - objective(crops)).backward()
        alpha = alpha + image.grad.abs()
        if blur:
            parameter.grad = _blurred(parameter.grad)
        optimizer.step()
        scheduler.step()
        clean = _normed(make_image(parameter).detach(), preset.target_norm)
        seen.append((clean, alpha / (alpha.max() + 1e-8), float(objective(clean[None]))))
    return seen


def _normed(image, target):
    return image if target is None else image * (target / (image.norm() + 1e-8))


def _crops(image, preset):
    size, pad = image.shape[-1], int(preset.reflect_pad_frac * image.shape[-1])
    padded = functional.pad(image[None], (pad,) * 4, mode="reflect")[0] if pad else image
    low, high = preset.box_size
    cx = 0.5 + torch.randn(preset.nb_crops) * preset.jitter_std
    cy = 0.5 + torch.randn(preset.nb_crops) * preset.jitter_std
    sides = (torch.rand(preset.nb_crops) * (high - low) + low) * size
    crops = []
    for x, y, side in zip(cx * size + pad, cy * size + pad, sides, strict=True):
        ends = torch.stack((x - side / 2, y - side / 2, x + side / 2, y + side / 2))
        crops.append(roi_align(padded, ends.clamp(0, size + 2 * pad), size))
    return torch.stack(crops)


def _blurred(image):
    weights = torch.exp(-0.5 * ((torch.arange(5) - 2.0) / 1.5) ** 2)
    weights = weights / weights.sum()
    padded = functional.pad(image[None], (2, 2, 2, 2), mode="reflect")[0]
    out = torch.zeros_like(image)
    for i in range(5):
        for j in range(5):
            window = padded[:, i : i + image.shape[1], j : j + image.shape[2]]
            out += weights[i] * weights[j] * window
    return out
