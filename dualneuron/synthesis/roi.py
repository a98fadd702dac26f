"""RoI-align as two matrices a crop, in plain torch (He et al. 2017; torchvision's aligned form).

Each output cell averages ``n = ceil(width / n_out)`` bilinear samples along either axis, so a crop
is ``rows @ image @ columns.T``: the mean over a grid of samples is a product of two weighted sums.
"""

import torch


def roi_align(images: torch.Tensor, boxes: torch.Tensor, n_out: int) -> torch.Tensor:
    """Cut boxes out of images and resample each to ``n_out x n_out``; differentiable in images.

    Parameters
    ----------
    images : (B, C, H, W)
        Images, float32 or float64.
    boxes : (B, n, 4)
        ``x1, y1, x2, y2`` of n boxes of every image, in pixels from the outer corner of the upper
        left pixel; on the CPU, so that nothing waits for a GPU.
    n_out
        Side of a crop, in pixels.

    Returns
    -------
    Tensor (B, n, C, n_out, n_out)

    Examples
    --------
    >>> image = torch.arange(9.0).view(1, 1, 3, 3)
    >>> torch.equal(roi_align(image, torch.tensor([[[0.0, 0.0, 3.0, 3.0]]]), 3)[0], image)
    True
    >>> roi_align(image, torch.tensor([[[0.0, 0.0, 2.0, 2.0]]]), 1)
    tensor([[[[[2.]]]]])
    """
    height, width = images.shape[-2:]
    columns = sampling_matrix(boxes[..., 0], boxes[..., 2], n_out, width, images.device)
    rows = sampling_matrix(boxes[..., 1], boxes[..., 3], n_out, height, images.device)
    cut = torch.einsum("bnih,bchw->bnciw", rows.to(images.dtype), images)
    return torch.einsum("bnciw,bnjw->bncij", cut, columns.to(images.dtype))


def sampling_matrix(
    low: torch.Tensor,
    high: torch.Tensor,
    n_out: int,
    size: int,
    device: torch.device | None = None,
) -> torch.Tensor:
    """Weights with which RoI-align reads the pixels of one axis.

    Parameters
    ----------
    low, high : (...)
        Ends of the boxes along the axis, in pixels; on the CPU.
    n_out
        Number of output cells.
    size
        Number of pixels of the axis.
    device
        Where the weights are wanted.

    Returns
    -------
    Tensor (..., n_out, size)
        Rows sum to 1, less what lies more than a pixel outside.

    Examples
    --------
    >>> sampling_matrix(torch.tensor(0.0), torch.tensor(4.0), 2, 4)
    tensor([[0.5000, 0.5000, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.5000, 0.5000]])
    """
    start = low - 0.5
    width = (high - 0.5) - start
    n_samples = torch.ceil(width / n_out)
    sample = torch.arange(max(1, int(n_samples.max())), device=device)
    start, cell, n_samples = (
        numbers[..., None, None].to(device, non_blocking=True)
        for numbers in (start, width / n_out, n_samples)
    )
    number = n_samples.clamp(min=1)
    place = start + torch.arange(n_out, device=device)[:, None] * cell
    place = place + (sample + 0.5) * cell / number
    weight = ((sample < n_samples) & (place >= -1) & (place <= size)) / number
    place = place.clamp(0, size - 1)  # from the last pixel on, all weight is on it
    below = place.floor()
    above = (place - below) * weight
    below = below.long()
    matrix = torch.zeros(*weight.shape[:-1], size, dtype=place.dtype, device=device)
    matrix.scatter_add_(-1, below, weight - above)
    return matrix.scatter_add_(-1, (below + 1).clamp(max=size - 1), above)
