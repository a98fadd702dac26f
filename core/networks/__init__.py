"""Image networks by name, ready to run."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "caffenet": ["Caffenet"],
        "efficientnet_lite0": ["EfficientNetLite0"],
        "featnets": ["load_featnet"],
        "preprocessing": [
            "CAFFE",
            "IMAGENET",
            "LITE",
            "Preprocessing",
            "as_batch",
            "normalised",
            "resized",
        ],
        "zoo": ["ImageNetwork", "load_network"],
    },
)
