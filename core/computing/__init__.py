"""Where and with which random numbers the project computes, and paths between codes."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "array_backend": ["Array", "Backend", "NUMPY", "backend_of", "is_elsewhere", "to_host"],
        "devices": ["choose_device", "device_of", "dtype_of"],
        "paths": [
            "ExpMap",
            "LERP",
            "LERP_torch",
            "LExpMap",
            "SExpMap",
            "SLERP",
            "SLERP_torch",
            "VecTransport",
            "ang_dist",
            "orthogonalize",
            "radial_proj",
            "renormalize",
        ],
        "random_source": ["Draw", "RandomSource", "Randomness"],
        "torchvision_compat": ["import_torchvision"],
    },
)
