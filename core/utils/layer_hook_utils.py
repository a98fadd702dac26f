"""Layers of a network by name, hooks on them and feature fetchers, under their published names.

``python -m core.utils.layer_hook_utils resnet50`` prints the table of layers of any network that
`TorchScorer` takes by name, with random weights.
"""

import sys

from core.arguments import CommandParser, count
from core.errors import run
from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    "core.probing",
    {
        "fetchers": ["featureFetcher", "featureFetcher_module", "featureFetcher_recurrent"],
        "layer_table": [
            "get_module_name_shapes",
            "get_module_names",
            "named_apply",
            "print_specific_layer",
            "recursive_named_apply",
            "recursive_named_apply_w_depth",
            "recursive_print",
            "register_hook_by_module_name",
            "register_hook_by_module_names",
        ],
        "short_layer_names": ["get_layer_names", "layername_dict"],
    },
)


def main(argv: list[str] | None = None) -> int:
    """Print the table of a network's layers."""
    parser = CommandParser(
        "python -m core.utils.layer_hook_utils efficientnet_lite0",
        prog="python -m core.utils.layer_hook_utils",
        description="Print name, class, input and output shape of every layer of a network "
        "(made with random weights).",
    )
    parser.add_argument(
        "network",
        help="resnet50, caffenet, efficientnet_lite0, any of timm's ...; or module:factory, a "
        "function of your own that makes one (docs/own_parts.md)",
    )
    parser.add_argument(
        "--size",
        type=count,
        help="rows and columns of the image (default: the network's own)",
    )
    arguments = parser.parse_args(argv)
    return _print_layers(arguments.network, arguments.size)


def _print_layers(name: str, size: int | None) -> int:
    from core.networks.zoo import load_network
    from core.probing.layer_table import get_module_names

    network = load_network(name, pretrained=False, device="cpu")
    pixels = size or network.size
    get_module_names(network.model, (3, pixels, pixels))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
