"""What ``source_data/`` holds: one description per file, used to write, read and check it.

``descriptions`` says what a file can be, ``fig2`` to ``ext5`` format_of the files of each published
folder, ``manifest`` collects them, ``source_data`` reads and writes a folder through them, and
``checks`` compares files with one another.
"""

from core.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "manifest": ["MANIFEST", "format_of"],
        "provenance": ["Record", "read_provenance"],
        "source_data": ["SourceData", "validate"],
        "unpickling": ["load_pickle"],
    },
)
