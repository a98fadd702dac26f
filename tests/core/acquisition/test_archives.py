"""Archives are read by name, write nowhere else, and a cut one gives its whole members."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.acquisition import archives
from core.acquisition.archives import members, salvage, unpack
from core.acquisition.local_import import import_source_data
from core.errors import ArchiveError
from tests.hostile import ARCHIVES, CONTENT, NAME, archive


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_hostile_archive_is_refused_and_writes_nowhere(tmp_path, kind):
    path = tmp_path / "there" / "hostile.zip"
    path.parent.mkdir()
    ARCHIVES[kind](path)
    out = tmp_path / "out" / "source_data"
    with pytest.raises(ArchiveError, match=r"hostile\.zip: expected"):
        import_source_data(path, out)
    left = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()]
    assert sorted(left) == ["out/source_data/.lock", "there/hostile.zip"]


def test_a_bomb_inside_an_archive_ends_at_the_limit(tmp_path, monkeypatch):
    inner = io.BytesIO()
    archive(inner, (NAME, b"0" * 600_000))
    zips = [(f"{number}.zip", inner.getvalue()) for number in range(4)]
    path = archive(tmp_path / "outer.zip", *zips)
    assert len(unpack(path, {NAME}, tmp_path / "in", limit=2_500_000)) == 4
    with pytest.raises(ArchiveError, match=r"2 GB in all, found 'Fig4A_sucs_labels\.txt' beyond"):
        unpack(path, {NAME}, tmp_path / "out", limit=1_300_000)
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) < 1_300_000


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
