"""Fetching and importing the explorer: whole, of the commit, and nothing lost on the way."""

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.acquisition import explorer
from core.contract.__main__ import main
from core.errors import (
    ArchiveError,
    DownloadError,
    MissingFileError,
    RecordingError,
    WrongFileError,
)
from core.explorer.averages import COMMIT
from core.explorer.git_objects import blob_id, tree_id
from core.explorer.store import FILE_NAME, load_averages
from core.explorer.writing import write_explorer
from tests.explorer_examples import experiments
from tests.misbehaving_server import server  # noqa: F401 (a fixture)

PREFIX = f"NeuralEvolutionExplorer-{COMMIT}/neural-evolution-explorer/public/data/"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A copy with images of three blocks."""
    folder = tmp_path_factory.mktemp("clone") / "public" / "data"
    write_explorer(folder, experiments(2))
    for block in (1, 2, 17):
        place = folder / "Exp003-B" / f"gen_{block:02d}"
        place.mkdir(exist_ok=True)
        (place / "deepsim_img.webp").write_bytes(b"RIFF....WEBP%d" % block)
    return folder


def pack(folder, path, prefix=PREFIX, comment=COMMIT, names="*"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.encode()
        for file in sorted(folder.rglob(names)):
            if file.is_file():
                archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


@pytest.fixture
def pinned(data, monkeypatch, tmp_path):
    """The copy passes for that of the commit."""
    files = [p for p in data.rglob("*") if p.is_file()]
    ids = [(p.relative_to(data).as_posix(), blob_id(p.read_bytes())) for p in files]
    monkeypatch.setattr(explorer, "TREE", tree_id(ids))
    lines = ["folder,git_id"]
    for folder in ("Exp003-B", "Exp004-B"):
        inside = [
            (name.partition("/")[2], blob)
            for name, blob in ids
            if name.startswith(f"{folder}/") and name.endswith(".json")
        ]
        lines.append(f"{folder},{tree_id(inside)}")
    lines.append(f"experiments.json,{dict(ids)['experiments.json']}")
    monkeypatch.setattr(explorer, "IDS", tmp_path / "ids.csv")
    (tmp_path / "ids.csv").write_text("\n".join(lines) + "\n")


def record(root):
    return json.loads((root / explorer.RECORD_NAME).read_text())


@pytest.mark.usefixtures("pinned")
@pytest.mark.parametrize("form", ["clone", "data", "archive", "zip of data"])
def test_every_form_of_a_copy_is_taken_and_verified(data, tmp_path, form):
    path = {
        "clone": lambda: data.parent.parent,
        "data": lambda: data,
        "archive": lambda: pack(data, tmp_path / "a.zip"),
        "zip of data": lambda: pack(data, tmp_path / "b.zip", "data/", ""),
    }[form]()
    done = explorer.import_explorer(path, tmp_path / "out")
    assert (done.n_experiments, done.n_images, done.verified) == (2, 0, explorer.WHOLE)
    assert [e.name for e in load_averages(tmp_path / "out" / FILE_NAME)] == ["Exp003-B", "Exp004-B"]
    assert record(tmp_path / "out")["commit"] == COMMIT
    kept = [p.name for p in (tmp_path / "out").iterdir() if p.name[0] != "."]
    assert sorted(kept) == [explorer.RECORD_NAME, FILE_NAME]


@pytest.mark.usefixtures("pinned")
def test_numbers_without_images_are_verified_by_their_ids(data, tmp_path):
    path = pack(data, tmp_path / "a.zip", names="*.json")
    assert explorer.import_explorer(path, tmp_path / "out").verified == explorer.NUMBERS


@pytest.mark.usefixtures("pinned")
def test_a_copy_of_another_commit_is_used_and_named(data, tmp_path, capsys):
    shutil.copytree(data, tmp_path / "data")
    psth = tmp_path / "data" / "Exp004-B" / "gen_03" / "deepsim_psth.json"
    psth.write_text(psth.read_text() + " ")
    path = pack(tmp_path / "data", tmp_path / "a.zip", comment="9" * 40)
    assert main(["import", str(path), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "NOT those of commit 4a8fb317" in said
    assert "1 folders differ (first: Exp004-B)" in said
    assert record(tmp_path / "out")["commit"] == "9" * 40
    assert record(tmp_path / "out")["differing"] == ["Exp004-B"]


@pytest.mark.usefixtures("pinned")
def test_what_was_there_stays_when_an_import_fails(data, tmp_path):
    out = tmp_path / "out"
    explorer.import_explorer(data, out)
    before = (out / FILE_NAME).read_bytes()
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "Exp003-B" / "gen_02" / "biggan_psth.json").unlink()
    with pytest.raises(RecordingError, match=r"gen_02/biggan_psth.json: expected this file"):
        explorer.import_explorer(tmp_path / "data", out)
    assert (out / FILE_NAME).read_bytes() == before
    whole = pack(data, tmp_path / "a.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="expected a whole zip archive"):
        explorer.import_explorer(tmp_path / "cut.zip", out)
    assert (out / FILE_NAME).read_bytes() == before


def test_every_file_is_read_once(data, tmp_path):
    with explorer.open_copy(data) as files:
        reads = []
        noted = replace(files, read=lambda name: reads.append(name) or files.read(name))
        explorer._keep(noted, tmp_path, True, "here")
    assert sorted(reads) == sorted(files.names)


def test_images_are_kept_on_request_and_added_alone(data, tmp_path):
    out = tmp_path / "out"
    assert explorer.import_explorer(data, out, images=True).n_images == 3
    assert (out / "images/Exp003-B/gen_17/deepsim_img.webp").read_bytes() == b"RIFF....WEBP17"
    images = pack(data, tmp_path / "images.zip", "data/", "", "*.webp")
    other = tmp_path / "other"
    done = explorer.import_explorer(images, other, images=True)
    assert (done.n_experiments, done.n_images) == (0, 3)
    with pytest.raises(MissingFileError, match="--images takes them"):
        explorer.import_explorer(images, tmp_path / "third")


def test_something_else_is_imported_as_source_data(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    assert not explorer.holds_explorer(tmp_path)
    with pytest.raises(MissingFileError, match="files of source data under their published names"):
        main(["import", str(tmp_path), "--out", str(tmp_path / "out")])


def whole(body):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def cut(body):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return answer


@pytest.mark.usefixtures("pinned")
def test_a_download_that_breaks_off_begins_again(data, tmp_path, server, monkeypatch):  # noqa: F811
    body = pack(data, tmp_path / "a.zip").read_bytes()
    server.answers = [cut(body), whole(body)]
    monkeypatch.setenv(explorer.ADDRESS, server.url)
    out = tmp_path / "out"
    assert main(["download", "--from", "explorer", "--out", str(out)]) == 0
    assert len(server.requests) == 2
    assert record(out)["verified"] == explorer.WHOLE
    assert record(out)["from"] == server.url
    assert not list(out.glob("*.zip"))
    assert explorer.fetch_explorer(out) is None
    assert len(server.requests) == 2


def test_another_archive_than_the_commit_s_is_refused(data, tmp_path, server, monkeypatch):  # noqa: F811
    server.answers = [whole(pack(data, tmp_path / "a.zip").read_bytes())]
    monkeypatch.setenv(explorer.ADDRESS, server.url)
    with pytest.raises(WrongFileError, match="nothing was kept"):
        explorer.fetch_explorer(tmp_path / "out")
    left = [p.name for p in (tmp_path / "out").iterdir() if p.name[0] != "."]
    assert left == []


def test_no_network_is_said(tmp_path):
    with pytest.raises(DownloadError, match=r"archive\.zip: expected the file"):
        explorer.fetch_explorer(tmp_path / "out", attempts=1)


REAL = os.environ.get("EXPLORER_DATA")


@pytest.mark.skipif(not REAL, reason="EXPLORER_DATA names no folder of real averages")
def test_the_real_numbers_are_those_of_the_commit():
    known = record(Path(REAL))
    assert known["verified"] in (explorer.WHOLE, explorer.NUMBERS)
    assert sum(e.n_blocks for e in load_averages(Path(REAL) / FILE_NAME)) == 4893
    assert np.isfinite(load_averages(Path(REAL) / FILE_NAME)[0].evoked.mean).all()
