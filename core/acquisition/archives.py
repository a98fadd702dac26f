"""Zip archives from elsewhere: their members are found by base name and never written by path.

An archive that tries to lead out of its folder is refused as a whole. What is read from it goes to
a place of the caller's choice and no further than the stated limits.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core import interrupt
from core.errors import ArchiveError

MAX_MEMBER_BYTES = 256_000_000
"""Largest single file that is read out of an archive; the published ones have 5 MB at most."""

MAX_TOTAL_BYTES = 2_000_000_000
"""Most that is read out of one archive."""

MAX_MEMBERS = 100_000

CHUNK = 1 << 18

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error,
    ValueError, OSError, OverflowError,
)  # fmt: skip
"""What zipfile raises about an archive that is damaged, encrypted or packed in another way."""


@dataclass(frozen=True)
class Member:
    """One file in an archive: base name, path inside, bytes once unpacked."""

    name: str
    path: str
    size: int


def members(path: Path) -> list[Member]:
    r"""Files in a zip, after the checks that make it safe to read.

    Raises
    ------
    ArchiveError
        If it is no whole zip, holds an absolute path, one that leads out, a link or one path twice,
        or more than `MAX_MEMBERS`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "data.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("Fig4/a.csv", "1,2\n")
    >>> members(path)
    [Member(name='a.csv', path='Fig4/a.csv', size=4)]
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except _DAMAGE as error:
        raise ArchiveError(
            path=path, expected="a whole zip archive", found=f"another file ({error})"
        ) from None
    if len(entries) > MAX_MEMBERS:
        raise ArchiveError(path=path, expected=f"at most {MAX_MEMBERS} members", found=len(entries))
    found, seen = [], set()
    for entry in entries:
        problem = _hostile(entry)
        if entry.filename in seen:
            problem = "stands there twice"
        seen.add(entry.filename)
        if problem:
            raise ArchiveError(
                path=path,
                expected="plain files below one folder",
                found=f"{entry.filename!r}, which {problem}",
                advice="nothing was taken from it",
            )
        if not entry.is_dir():
            found.append(Member(_base_name(entry.filename), entry.filename, entry.file_size))
    return found


def extract(
    archive: zipfile.ZipFile, wanted: Mapping[str, Path], limit: int = MAX_TOTAL_BYTES
) -> int:
    r"""Write members of a zip to places of the caller's choice.

    Parameters
    ----------
    archive
        An open archive, whose `members` were looked at.
    wanted
        Where each goes, by its path inside.
    limit
        Bytes that all of them may have together.

    Returns
    -------
    Bytes written.

    Raises
    ------
    ArchiveError
        If a member is damaged, or larger than it says or than the limits allow.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(folder / "data.zip", "w") as archive:
    ...     archive.writestr("Fig4/a.csv", "1,2\n")
    >>> with zipfile.ZipFile(folder / "data.zip") as archive:
    ...     extract(archive, {"Fig4/a.csv": folder / "taken"})
    4
    """
    total = 0
    for inside, target in wanted.items():
        interrupt.check()
        size = archive.getinfo(inside).file_size
        total += size
        if size > MAX_MEMBER_BYTES or total > limit:
            raise ArchiveError(
                path=archive.filename,
                expected=(
                    f"files of at most {MAX_MEMBER_BYTES / 1e6:.0f} MB, "
                    f"{MAX_TOTAL_BYTES / 1e9:.0f} GB in all"
                ),
                found=f"{inside!r} beyond that",
            )
        try:
            with archive.open(inside) as packed, target.open("wb") as file:
                # zipfile ends a member at the size and checksum that it states
                while chunk := packed.read(CHUNK):
                    file.write(chunk)
        except _DAMAGE as error:
            target.unlink(missing_ok=True)
            raise ArchiveError(
                path=archive.filename, expected=f"{inside!r} to be sound", found=f"damage ({error})"
            ) from None
    return total


def read(archive: zipfile.ZipFile, inside: str) -> bytes:
    r"""Content of one member.

    Parameters
    ----------
    archive
        An open archive, whose `members` were looked at.
    inside
        The member's path.

    Raises
    ------
    ArchiveError
        If it is damaged, or larger than the limit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "data.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("Fig4/a.csv", "1,2\n")
    >>> with zipfile.ZipFile(path) as archive:
    ...     read(archive, "Fig4/a.csv")
    b'1,2\n'
    """
    if archive.getinfo(inside).file_size > MAX_MEMBER_BYTES:
        raise ArchiveError(
            path=archive.filename,
            expected=f"files of at most {MAX_MEMBER_BYTES / 1e6:.0f} MB",
            found=f"{inside!r} beyond that",
        )
    try:
        return archive.read(inside)
    except _DAMAGE as error:
        raise ArchiveError(
            path=archive.filename, expected=f"{inside!r} to be sound", found=f"damage ({error})"
        ) from None


def unpack(
    path: Path,
    names: Container[str],
    folder: Path,
    nested: bool = True,
    limit: int = MAX_TOTAL_BYTES,
) -> list[tuple[Member, Path]]:
    r"""Write the members of these base names into a folder of its own, under numbers.

    Parameters
    ----------
    path
        The archive.
    names
        Base names.
    folder
        Where they go; made here.
    nested
        Whether zips inside are looked into as well, though no further.
    limit
        Bytes that may be written, zips inside and what comes out of them included.

    Raises
    ------
    ArchiveError
        As `members` and `extract` do.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(folder / "data.zip", "w") as archive:
    ...     archive.writestr("Fig4/a.csv", "1,2\n")
    ...     archive.writestr("readme.txt", "not wanted")
    >>> taken = unpack(folder / "data.zip", {"a.csv"}, folder)
    >>> [(member.path, place.name) for member, place in taken]
    [('Fig4/a.csv', '0.member')]
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = members(path)
    wanted = [member for member in found if member.name in names]
    places = [(member, folder / f"{number}.member") for number, member in enumerate(wanted)]
    inner = [member for member in found if nested and member.name.lower().endswith(".zip")]
    zips = [(member, folder / f"{number}.zip") for number, member in enumerate(inner)]
    with zipfile.ZipFile(path) as archive:
        limit -= extract(archive, {m.path: place for m, place in (*places, *zips)}, limit)
    for outer, place in zips:
        inside = unpack(place, names, place.with_suffix(""), nested=False, limit=limit)
        limit -= sum(member.size for member, _ in inside)
        places += [(replace(m, path=f"{outer.path}: {m.path}"), content) for m, content in inside]
        place.unlink()
    return places


def salvage(path: Path, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    r"""Whole members of a zip that may be cut off, from its beginning up to the cut.

    A zip lists its members at its end, and a cut one has no list; but each member also has a header
    of its own before its bytes. Nothing is promised about the bytes: the caller compares their
    checksum.

    Parameters
    ----------
    path
        The beginning of a zip.
    sizes
        Bytes of the members to return, by base name.

    Yields
    ------
    base name, content

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cut.zip"
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("Fig4/a.csv", "1,2\n")
    >>> n_bytes = path.write_bytes(path.read_bytes()[:50])
    >>> list(salvage(path, {"a.csv": 4}))
    [('a.csv', b'1,2\n')]
    """
    with path.open("rb") as file:
        while (header := _local_header(file)) is not None:
            interrupt.check()
            name = _base_name(header.path)
            content = _content(file, header, sizes.get(name))
            if content is None:
                return
            if name in sizes:
                yield name, content
            if header.described_later and not _skip_description(file):
                return


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _hostile(entry: zipfile.ZipInfo) -> str | None:
    """Why a member is refused, None if it is not."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or (path.parts[:1] and path.parts[0].endswith(":")):
        return "is an absolute path"
    if ".." in path.parts:
        return "leads out of its folder"
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a special file"
    return None


@dataclass(frozen=True)
class _Header:
    """Local header of a member; `packed` is its size in the archive where that is known."""

    path: str
    method: int
    described_later: bool
    packed: int


_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIBED_LATER, _ENCRYPTED = 0x08, 0x01
_UNKNOWN = 0xFFFFFFFF
_NEXT = (b"PK\x03\x04", b"PK\x01\x02")


def _local_header(file: BinaryIO) -> _Header | None:
    fixed = file.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size or fixed[:4] != _NEXT[0]:
        return None
    _, _, flags, method, _, _, _, packed, _, n_name, n_extra = _LOCAL.unpack(fixed)
    name, extra = file.read(n_name), file.read(n_extra)
    if len(extra) < n_extra or flags & _ENCRYPTED:
        return None
    later = bool(flags & _DESCRIBED_LATER)
    if packed == _UNKNOWN and not later:
        return None
    return _Header(name.decode("utf-8", "replace"), method, later, packed)


def _content(file: BinaryIO, header: _Header, size: int | None) -> bytes | None:
    """A member's content (empty where `size` is None: it is only passed), None if it is cut off."""
    if header.method == zipfile.ZIP_DEFLATED:
        return _inflate(file, size)
    packed = size if header.described_later else header.packed
    if header.method != zipfile.ZIP_STORED or packed is None or packed > MAX_MEMBER_BYTES:
        return None
    content = file.read(packed)
    return content if len(content) == packed else None


def _inflate(file: BinaryIO, size: int | None) -> bytes | None:
    stream, parts, length = zlib.decompressobj(-zlib.MAX_WBITS), [], 0
    limit = MAX_TOTAL_BYTES if size is None else size
    packed = b""
    while not stream.eof:
        packed = stream.unconsumed_tail or file.read(CHUNK)
        if not packed:
            return None
        try:
            part = stream.decompress(packed, CHUNK)
        except zlib.error:
            return None
        length += len(part)
        if length > limit:
            return None
        if size is not None:
            parts.append(part)
    file.seek(-len(stream.unused_data), 1)
    return b"".join(parts)


def _skip_description(file: BinaryIO) -> bool:
    """Pass the checksum and sizes behind a member; False if no other member follows."""
    after = file.read(28)
    at = min((i for i in map(after.find, _NEXT) if i >= 0), default=-1)
    if at < 0:
        return False
    file.seek(at - len(after), 1)
    return True
