"""The networks that the published scripts load as (features, network)."""

import torch
from torch import nn

from core.errors import UnknownNetworkError
from core.networks.zoo import load_network

FEATURES_ONLY = ("alexnet", "vgg16")
WHOLE = ("resnet50", "resnet50_linf8")


def load_featnet(
    netname: str, *, device: str | torch.device | None = None, **options: object
) -> tuple[nn.Module, nn.Module]:
    """Features and whole of alexnet, vgg16, resnet50 or resnet50_linf8, frozen, in eval mode.

    Parameters
    ----------
    netname
        Which one. The features of a ResNet-50 are the network itself.
    device
        Where it computes; by default CUDA when present, else the CPU.
    options
        Where weights come from: ``pretrained``, ``weights_dir``, ``trusted``, ``allow_download``
        of `core.networks.zoo.load_network`.

    Returns
    -------
    features, network : nn.Module

    Raises
    ------
    UnknownNetworkError
        If it is none of the four.
    """
    if netname not in (*FEATURES_ONLY, *WHOLE):
        known = ", ".join((*FEATURES_ONLY, *WHOLE))
        raise UnknownNetworkError(expected=f"one of {known}", found=f"{netname!r}")
    model = load_network(netname, device=device, **options).model
    return (model.features if netname in FEATURES_ONLY else model), model
