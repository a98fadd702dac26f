"""Archives are read by name, write nowhere else, and a cut one gives its whole members."""

import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contract import archives
from core.contract.archives import members, salvage, unpack
from core.contract.local_import import import_source_data
from core.errors import ArchiveError

NAME = "Fig4A_sucs_labels.txt"
CONTENT = b'{"sucs_criterion_label": "max > init, P<0.01", "sucs_label": "maxinit"}\n'


def archive(path, *entries, **options):
    """A zip of (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def link(name, target):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, target


def device(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFIFO | 0o666) << 16
    return entry, b""


def patched(path, offset, value):
    """Overwrite bytes behind the (only) central header's start."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02") + offset
    content[at : at + len(value)] = value
    path.write_bytes(content)
    return path


def overlapping(path):
    """Two names for the same bytes, as in a bomb of overlapping members."""
    archive(path, ("x.txt", CONTENT), (NAME, CONTENT))
    return patched(path, 42, struct.pack("<L", 0))


HOSTILE = {
    "absolute": lambda p: archive(p, (f"/{NAME}", CONTENT)),
    "absolute elsewhere": lambda p: archive(p, ("/etc/cron.d/job", b"x"), (NAME, CONTENT)),
    "upwards": lambda p: archive(p, (f"../../{NAME}", CONTENT)),
    "upwards in between": lambda p: archive(p, (f"a/../../{NAME}", CONTENT)),
    "backslashes": lambda p: archive(p, (f"..\\..\\{NAME}", CONTENT)),
    "drive": lambda p: archive(p, (f"C:\\{NAME}", CONTENT)),
    "link": lambda p: archive(p, link(NAME, "/etc/passwd")),
    "link to a folder": lambda p: archive(p, link("Fig4", "/tmp"), (f"Fig4/{NAME}", CONTENT)),
    "device": lambda p: archive(p, device(NAME)),
    "one path twice": lambda p: archive(p, (NAME, CONTENT), (NAME, CONTENT + b" ")),
    "claims to be huge": lambda p: patched(
        archive(p, (NAME, CONTENT)), 24, struct.pack("<L", archives.MAX_MEMBER_BYTES + 1)
    ),
    "longer than it says": lambda p: patched(
        archive(p, (NAME, b"0" * 10_000)), 24, struct.pack("<L", 10)
    ),
    "wrong checksum": lambda p: patched(archive(p, (NAME, CONTENT)), 16, b"\0\0\0\1"),
    "encrypted": lambda p: patched(archive(p, (NAME, CONTENT)), 8, b"\1\0"),
    "unknown packing": lambda p: patched(archive(p, (NAME, CONTENT)), 10, b"\x63\0"),
    "overlapping": overlapping,
    "no zip": lambda p: p.write_bytes(b"PK\x03\x04 and so on"),
    "cut": lambda p: p.write_bytes(archive(p, (NAME, CONTENT * 9)).read_bytes()[:-30]),
}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_and_writes_nowhere(tmp_path, kind):
    path = tmp_path / "there" / "hostile.zip"
    path.parent.mkdir()
    HOSTILE[kind](path)
    out = tmp_path / "out" / "source_data"
    with pytest.raises(ArchiveError, match=r"hostile\.zip: expected"):
        import_source_data(path, out)
    left = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()]
    assert sorted(left) == ["out/source_data/.lock", "there/hostile.zip"]


def test_a_bomb_inside_an_archive_ends_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 1_000_000)
    inner = io.BytesIO()
    archive(inner, (NAME, b"0" * 2_000_000))
    path = archive(tmp_path / "outer.zip", ("inner.zip", inner.getvalue()))
    with pytest.raises(ArchiveError, match=r"0 GB together, found 'Fig4A_sucs_labels\.txt' beyond"):
        unpack(path, {NAME}, tmp_path / "out")


def test_an_archive_of_too_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    path = archive(tmp_path / "many.zip", *((str(i), b"") for i in range(3)))
    with pytest.raises(ArchiveError, match="expected at most 2 members, found 3"):
        members(path)


def test_members_are_found_by_name_also_one_archive_deeper(tmp_path):
    innermost = io.BytesIO()
    archive(innermost, (NAME, b"too deep"))
    inner = io.BytesIO()
    archive(inner, (f"Fig4/{NAME}", CONTENT), ("deep.zip", innermost.getvalue()))
    path = archive(
        tmp_path / "outer.zip", ("folder/inner.ZIP", inner.getvalue()), (f"__MACOSX/._{NAME}", b"x")
    )
    ((member, place),) = unpack(path, {NAME}, tmp_path / "out")
    assert member.path == f"folder/inner.ZIP: Fig4/{NAME}"
    assert place.read_bytes() == CONTENT


class Unseekable(io.BytesIO):
    """zipfile writes sizes behind the members of such a stream, as a server does."""

    def seekable(self):
        return False

    def tell(self):
        raise OSError


def streamed(contents, method):
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in contents.items():
            file.writestr(f"folder/{name}", content)
    return stream.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@settings(max_examples=60, deadline=None)
@given(
    contents=st.lists(st.binary(max_size=3000), min_size=1, max_size=5),
    cut=st.floats(0, 1),
    skipped=st.integers(0, 4),
)
def test_a_cut_archive_gives_its_whole_members_and_no_other(
    tmp_path_factory, method, contents, cut, skipped
):
    files = {f"{i}.csv": content for i, content in enumerate(contents)}
    whole = streamed(files, method)
    path = tmp_path_factory.mktemp("cut") / "cut.zip"
    path.write_bytes(whole[: round(cut * len(whole))])
    sizes = {name: len(content) for name, content in files.items()}
    if method == zipfile.ZIP_DEFLATED:  # what is not asked for is passed over
        sizes.pop(f"{skipped}.csv", None)
    found = list(salvage(path, sizes))
    assert all(files[name] == content for name, content in found)
    names = [name for name, _ in found]
    assert names == list(sizes)[: len(names)]
    if cut == 1:
        assert names == list(sizes)


@settings(max_examples=100, deadline=None)
@given(garbage=st.binary(max_size=400))
def test_nothing_is_salvaged_from_garbage(tmp_path_factory, garbage):
    path = tmp_path_factory.mktemp("garbage") / "garbage.zip"
    path.write_bytes(b"PK\x03\x04" + garbage)
    for name, content in salvage(path, {NAME: 10}):
        assert name == NAME
        assert len(content) == 10
