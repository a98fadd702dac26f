"""Git's names of files and folders, which tell whether a copy is that of a commit."""

import hashlib
from collections.abc import Iterable


def blob_id(content: bytes) -> str:
    """Git's name of a file's content, 40 hexadecimal digits.

    Examples
    --------
    >>> blob_id(b"1,2")[:8]
    '0e88c499'
    """
    return _object_id("blob", content)


def tree_id(files: Iterable[tuple[str, str]]) -> str:
    """Git's name of a folder of plain files.

    Parameters
    ----------
    files
        Name with slashes below the folder, and `blob_id`, of every file.

    Returns
    -------
    40 hexadecimal digits.

    Examples
    --------
    >>> tree_id([("b/c.json", blob_id(b"{}")), ("a.json", blob_id(b"[]"))])[:8]
    'cbe81f5d'
    """
    entries: dict[str, list[tuple[str, str]] | str] = {}
    for name, blob in files:
        top, slash, rest = name.partition("/")
        if slash:
            inside = entries.setdefault(f"{top}/", [])
            inside.append((rest, blob))
        else:
            entries[top] = blob
    content = b""
    # git sorts a folder as if its name ended in a slash
    for name in sorted(entries, key=str.encode):
        entry = entries[name]
        mode, of = ("100644", entry) if isinstance(entry, str) else ("40000", tree_id(entry))
        content += f"{mode} {name.rstrip('/')}\0".encode() + bytes.fromhex(of)
    return _object_id("tree", content)


def _object_id(kind: str, content: bytes) -> str:
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
