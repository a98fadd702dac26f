"""Options that several commands share; standard library only."""

import argparse
from pathlib import Path
from typing import Any

TWINS = ("v1", "v4", "v4g")
"""Short names of the twins."""

NETWORKS = (*TWINS, "vgg16", "vgg16_bn", "resnet50", "vit_b_16")
"""Networks by name: the twins, and networks of images."""


def neurons(text: str) -> int | list[int]:
    """A number of neurons, or ids with commas between them; ``7,`` is the one neuron 7.

    Examples
    --------
    >>> neurons("20"), neurons("3,7"), neurons("7,")
    (20, [3, 7], [7])
    """
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 0:
        raise argparse.ArgumentTypeError(f"expected a number, or ids as in 3,7, found {text!r}")
    return numbers if "," in text else numbers[0]


def ids(text: str) -> list[int]:
    """Ids with commas between them; a single number is an id too.

    Examples
    --------
    >>> ids("20"), ids("3,7")
    ([20], [3, 7])
    """
    return neurons(f"{text},")


def add_twin_options(command: argparse.ArgumentParser) -> None:
    """Add which weights a twin has, where its files are and where it computes."""
    command.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    command.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    add_data_dir(command)
    add_device(command)


def twin_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_twin_options` added, as `dualneuron.paired.neurons.open_neurons` takes it.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_twin_options(parser)
    >>> twin_options(parser.parse_args(["--one-member", "--device=cpu"]))
    {'ensemble': False, 'untrained': False, 'data_dir': None, 'device': 'cpu'}
    """
    return {
        "ensemble": not options.one_member,
        "untrained": options.untrained,
        "data_dir": options.data_dir,
        "device": options.device,
    }


def add_data_dir(command: argparse.ArgumentParser) -> None:
    """Add ``--data-dir``, where the twins' files are."""
    command.add_argument(
        "--data-dir",
        type=Path,
        help="folder of the twins' files as published, looked at first "
        "(then DUALNEURON_DATA, then the cache)",
    )


def add_device(command: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    command.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
