"""Recordings as NWB files, as the archive DANDI takes them."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "metadata": ["Metadata", "Subject", "read_metadata"],
        "run": ["write_all"],
    },
)
