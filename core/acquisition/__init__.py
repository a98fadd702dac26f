"""Bringing source data in: from OSF, or from a zip or folder."""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "archives": ["extract", "members", "salvage", "unpack"],
        "local_import": ["import_source_data"],
        "osf": ["OsfSession"],
        "osf_download": ["fetch_missing", "fetch_source_data"],
    },
)
