"""Neurons of a twin by number or id, as evolutions and all that looks at twins takes them."""

from pathlib import Path

import torch

from core.errors import SettingError
from dualneuron.files import load_correlations, load_mask, twin_files
from dualneuron.paired.responses import TwinResponses
from dualneuron.twins.nets import TWIN_MAKERS

PREDICTED = 0.4
"""Correlation that a neuron's prediction must pass to be chosen, the companion paper's."""


def open_neurons(
    area: str,
    neurons: int | list[int],
    *,
    ensemble: bool = True,
    untrained: bool = False,
    data_dir: Path | None = None,
    device: str | torch.device | None = None,
) -> TwinResponses:
    """Neurons of a twin, centred, with the mask that goes with its weights.

    Parameters
    ----------
    area
        Short name of the twin.
    neurons
        Ids, or how many; see `chosen_neurons`.
    ensemble
        All members instead of the first.
    untrained
        Random weights, and no mask; nothing is fetched.
    data_dir
        Folder of the twins' files as published, looked at first.
    device
        Where it computes; by default CUDA when present, else the CPU.

    Raises
    ------
    SettingError
        If there are no such neurons.
    WeightsError
        If a file cannot be had.

    Examples
    --------
    >>> open_neurons("v1", 3, ensemble=False, untrained=True, device="cpu").neurons
    array([  0, 152, 305])
    """
    ids = chosen_neurons(area, neurons, untrained=untrained, data_dir=data_dir)
    twin = TWIN_MAKERS[area](
        ensemble=ensemble, centered=True, untrained=untrained, data_dir=data_dir, device=device
    )
    return TwinResponses(twin, ids, None if untrained else load_mask(area, data_dir=data_dir))


def chosen_neurons(
    area: str, neurons: int | list[int], *, untrained: bool = False, data_dir: Path | None = None
) -> list[int]:
    """Ids that are named, or a number of them spread evenly over those that are predicted well.

    Parameters
    ----------
    area
        Short name of the twin.
    neurons
        A number or ids.
    untrained
        Whether the twin's weights are random, in which case all neurons count.
    data_dir
        Folder of the twins' files as published, looked at first.

    Raises
    ------
    SettingError
        If there are not so many.
    """
    if not isinstance(neurons, int):
        return list(neurons)
    known = list(range(twin_files(area).n_neurons))
    if not untrained:
        correlations = load_correlations(area, data_dir=data_dir)
        known = [n for n in known if correlations[n] > PREDICTED]
    if neurons < 1 or neurons > len(known):
        raise SettingError(path="--neurons", expected=f"1 to {len(known)} neurons", found=neurons)
    return [known[i * len(known) // neurons] for i in range(neurons)]
