"""Options that several commands share; standard library only."""

import argparse
from pathlib import Path

NETWORKS = ("v1", "v4", "v4g", "vgg16", "vgg16_bn", "resnet50", "vit_b_16")
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
