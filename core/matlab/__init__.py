"""MATLAB v7.3 files, read lazily and written."""

from core.optional import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "kinds": ["Unread"],
        "reading": ["Struct", "StructArray", "StructElement", "open_matfile", "plain_value"],
        "writing": ["Cell", "append_element", "write_matfile", "write_variables"],
    },
)
