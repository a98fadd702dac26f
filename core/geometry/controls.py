"""Control generators: the same network with its weights shuffled."""

import copy
from itertools import chain

import torch
from torch import nn

from core.computing.random_source import Randomness, torch_generator
from core.generators.biggan import settle_spectral_norms

N_ITERATIONS = 50
"""Power iterations after which spectral norms are right again."""

STAY = ("weight_u", "weight_v")
"""Ends of the names of tensors that belong to a spectral norm and are found anew."""


def shuffle_weights(
    model: nn.Module, *, rng: Randomness, include_buffers: bool = True
) -> nn.Module:
    """A copy of a network, every tensor of which has its values in a random order.

    One uniform permutation a tensor, biases and embeddings included (Wang & Ponce 2021). Weights
    under spectral norm are permuted before normalisation, and their norms found anew: without that
    BigGAN's images are NaN.

    Parameters
    ----------
    model
        Is left as it is.
    rng
        Source of the permutations.
    include_buffers
        Permute buffers of floating-point numbers too, such as statistics of batch norm, as
        published.

    Returns
    -------
    Module

    Examples
    --------
    >>> model = nn.Linear(3, 2)
    >>> shuffled = shuffle_weights(model, rng=0)
    >>> bool((shuffled.weight.sort().values.sum() - model.weight.sum()).abs() < 1e-6)
    True
    """
    for module in model.modules():
        if hasattr(module, "weight_orig"):
            # of a pass with gradients, and not to be copied; every pass makes it anew
            module.weight = module.weight.detach()
    model = copy.deepcopy(model)
    rng = torch_generator(rng)
    tensors = chain(model.named_parameters(), model.named_buffers() if include_buffers else ())
    with torch.no_grad():
        for name, tensor in tensors:
            if tensor.is_floating_point() and not name.endswith(STAY):
                order = torch.randperm(tensor.numel(), generator=rng).to(tensor.device)
                tensor.copy_(tensor.flatten()[order].reshape(tensor.shape))
    settle_spectral_norms(model, N_ITERATIONS)
    return model
