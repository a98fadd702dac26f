"""What a reader downloaded in a browser goes into source_data/ by name, checked, or is named."""

import shutil
import threading
import zipfile

import pytest

from core.acquisition import placement
from core.acquisition.local_import import import_source_data
from core.contract import __main__ as command
from core.contract import fig4
from core.contract.manifest import MANIFEST
from core.contract.provenance import read_provenance, record, write_provenance
from core.errors import MissingFileError, SettingError, run
from core.files import STAGING_PREFIX, alone_in, staging_in
from tests.osf_server import files_below

MASKS = f"Fig4/{fig4.MASKS.name}"
RATE = f"Fig4/{fig4.SUCCESS_RATE.name}"


def data(folder):
    """Files of the data in a folder by path."""
    files = files_below(folder)
    return {path: content for path, content in files.items() if path.rsplit("/", 1)[-1] in MANIFEST}


def write(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def zipped(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def figure4(published):
    return {p: c for p, c in published.items() if p.startswith(("Fig4/", "exp_order"))}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "source_data"


def test_a_folder_in_the_authors_layout_is_taken(published, tmp_path, out):
    there = {p.replace("/", "_Source_data/", 1): c for p, c in published.items()}
    there |= {"Fig4_Source_data/notes.docx": b"x", "Fig6_Source_data/map.png": b"y"}
    done = import_source_data(write(tmp_path / "SourceData", there), out)
    assert data(out) == published
    assert (len(done.placed), done.refused) == (len(published), [])
    known = read_provenance(out)[MASKS]
    assert (known.source, known.bytes) == ("import", len(published[MASKS]))
    assert known.details["path"].endswith(f"SourceData/Fig4_Source_data/{fig4.MASKS.name}")
    again = import_source_data(tmp_path / "SourceData", out)
    assert (again.placed, again.n_known) == ([], len(published))
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == [".lock"]


def test_zips_are_taken_alone_and_in_folders(figure4, tmp_path, out):
    import_source_data(zipped(tmp_path / "osfstorage-archive.zip", figure4), out)
    assert data(out) == figure4
    zipped(tmp_path / "downloads" / "Fig4.zip", figure4)
    import_source_data(tmp_path / "downloads", out.with_name("other"))
    assert data(out.with_name("other")) == figure4


def test_a_file_that_is_not_as_described_is_named_and_left_out(figure4, tmp_path, out, capsys):
    figure4[MASKS] = figure4[MASKS][: len(figure4[MASKS]) // 2]
    path = write(tmp_path / "there", figure4)
    code = run(lambda: command.main(["import", str(path), "--out", str(out)]))
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[1] == "1 are not taken:"
    assert [cell.strip() for cell in lines[3].split("  ") if cell][:2] == [MASKS, "whole lines"]
    assert data(out) == {p: c for p, c in figure4.items() if p != MASKS}


def test_two_files_of_one_name(figure4, tmp_path, out):
    there = write(tmp_path / "there", figure4)
    write(there / "copy", {MASKS: figure4[MASKS], RATE: figure4[RATE][:40]})
    assert import_source_data(there, out).refused == []
    assert data(out) == figure4
    other = figure4[RATE].replace(b"0.", b"0.0")
    write(there / "copy", {RATE: other})
    (row,) = import_source_data(there, out.with_name("other")).refused
    assert row.file == RATE
    assert "there/Fig4/" in row.found
    assert "there/copy/Fig4/" in row.found


def test_files_of_another_origin_are_not_replaced_unasked(figure4, tmp_path, out):
    there = write(tmp_path / "there", figure4)
    write(out, {MASKS: figure4[MASKS].replace(b"0", b"1", 1)})
    with pytest.raises(SettingError, match="found one of unknown origin; --force"):
        import_source_data(there, out)
    write_provenance(out, {MASKS: record(out / MASKS, "OSF pre96")})
    with pytest.raises(SettingError, match="found one of another origin; --force"):
        import_source_data(there, out)
    import_source_data(there, out, force=True)
    assert data(out) == figure4
    assert (out / f"{MASKS}.replaced").exists()


def test_files_that_are_there_already_keep_their_record(figure4, tmp_path, out):
    write(out, figure4)
    write_provenance(out, {MASKS: record(out / MASKS, "OSF pre96")})
    done = import_source_data(write(tmp_path / "there", figure4), out)
    assert done.n_known == len(figure4)
    assert read_provenance(out)[MASKS].source == "OSF pre96"


def test_where_there_is_nothing_to_take(tmp_path, out):
    with pytest.raises(MissingFileError, match="expected a folder or a zip, found nothing such"):
        import_source_data(tmp_path / "nowhere", out)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="under their published names, found none"):
        import_source_data(tmp_path / "empty", out)


def test_simulated_data_do_not_enter_the_projects_folder(
    figure4, source, tmp_path, out, monkeypatch
):
    monkeypatch.setattr(placement, "SOURCE_DATA", out)
    simulated = {path: content for path, content in data(source.root).items() if path in figure4}
    there = write(tmp_path / "there", simulated)
    with pytest.raises(SettingError, match="found simulated recordings"):
        import_source_data(there, out)
    # what has neither sign nor names is known by the mark above it, or in its archive
    there = write(tmp_path / "unsigned", figure4)
    (there / "SIMULATED.json").write_text("{}")
    mark = {MASKS: figure4[MASKS], "SIMULATED.json": b"{}"}
    for path in (there / "Fig4", there, zipped(tmp_path / "a.zip", mark)):
        with pytest.raises(SettingError, match=r"found simulated recordings \(SIMULATED\.json"):
            import_source_data(path, out)
    assert data(out) == {}
    import_source_data(there / "Fig4", tmp_path / "other")
    assert (tmp_path / "other" / "SIMULATED.json").exists()
    real = write(tmp_path / "real", {RATE: figure4[RATE]})
    with pytest.raises(SettingError, match="expected an empty folder for simulated data"):
        import_source_data(there / "Fig4", real)
    assert not (real / "SIMULATED.json").exists()


def test_what_stands_there_is_not_lost_when_it_is_replaced_again(figure4, tmp_path, out):
    there = write(tmp_path / "there", figure4)
    for content in (b"first\n", b"second\n"):
        write(out, {MASKS: content})
        import_source_data(there, out, force=True)
    kept = [out / f"{MASKS}.replaced", out / f"{MASKS}.replaced2"]
    assert [path.read_bytes() for path in kept] == [b"first\n", b"second\n"]


def test_what_a_killed_run_was_working_in_is_removed_by_the_next_one_that_is_alone(
    figure4, tmp_path, out
):
    there = write(tmp_path / "there", figure4)
    out.mkdir()
    with alone_in(out, print), staging_in(out) as staging:
        (staging / "half.csv").write_text("1,")
        waits = threading.Event()
        other = threading.Thread(
            target=import_source_data, args=(there, out), kwargs={"say": lambda _: waits.set()}
        )
        other.start()
        assert waits.wait(60)
        assert (staging / "half.csv").exists()
        shutil.copytree(staging, out / f"{STAGING_PREFIX}killed")
    other.join(60)
    assert data(out) == figure4
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == [".lock"]


def test_a_folder_in_the_place_of_a_file_is_refused(figure4, tmp_path, out):
    (out / MASKS).mkdir(parents=True)
    with pytest.raises(SettingError, match="expected a file or none, found a folder"):
        import_source_data(write(tmp_path / "there", figure4), out)


def test_names_with_backslashes_are_found(figure4, tmp_path, out):
    windows = {path.replace("/", "\\"): content for path, content in figure4.items()}
    import_source_data(zipped(tmp_path / "a.zip", windows), out)
    assert data(out) == figure4
