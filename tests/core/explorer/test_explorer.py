"""The explorer's format: what is written is read, what is broken is named."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from core.errors import MissingFileError, RecordingError
from core.explorer.files import files_in_folder
from core.explorer.git_objects import blob_id, tree_id
from core.explorer.reading import read_explorer
from core.explorer.store import load_averages, save_averages
from core.explorer.writing import write_explorer
from tests.explorer_examples import experiments


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer") / "public" / "data"
    given = experiments(2)
    write_explorer(folder, given)
    return given, folder


@pytest.fixture
def copy(written, tmp_path):
    shutil.copytree(written[1], tmp_path / "data")
    return tmp_path / "data"


def test_what_is_written_is_read_up_to_rounding(written):
    given, folder = written
    found = read_explorer(files_in_folder(folder.parent))
    assert [e.expi for e in found] == [3, 4]
    for a, b in zip(given, found, strict=True):
        assert (a.name, a.date, a.spaces, a.imgpos, a.area, a.unit) == (
            (b.name, b.date, b.spaces, b.imgpos, b.area, b.unit)
        )
        assert np.abs(a.psth.mean - b.psth.mean).max() <= 0.0050001
        assert np.abs(a.psth.sem - b.psth.sem).max() <= 0.0050001
        assert np.abs(a.evoked.sem - b.evoked.sem).max() <= 0.0050001
        assert np.abs(a.reference.mean - b.reference.mean).max() <= 0.0050001
        # the mean of 150 rounded bins is more precise than the stated mean
        assert np.abs(a.evoked.mean - b.evoked.mean).max() < 0.002


def test_a_folder_beyond_the_last_block_is_no_block(copy):
    extra = copy / "Exp003-B" / "gen_17"
    extra.mkdir()
    (extra / "deepsim_img.webp").write_bytes(b"RIFF")
    assert read_explorer(files_in_folder(copy))[0].n_blocks == 16


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def set_rate(value):
    return lambda content: content["mean_rate"].__setitem__(77, value)


PSTH = "Exp003-B/gen_02/biggan_psth.json"
TRAJECTORY = "Exp003-B/evol_traj.json"
META = "Exp003-B/meta.json"

BROKEN = {
    "no block": (PSTH, lambda path: path.unlink(), "expected this file, found none"),
    "cut": (PSTH, lambda path: path.write_text(path.read_text()[:100]), "expected JSON"),
    "NaN": (PSTH, lambda p: edit(p, set_rate(float("nan"))), "expected rates"),
    "text": (PSTH, lambda p: edit(p, set_rate("12.0")), "expected numbers, found '12.0'"),
    "true": (PSTH, lambda p: edit(p, set_rate(True)), "expected numbers, found True"),
    "null": (PSTH, lambda p: edit(p, set_rate(None)), "expected numbers, found None"),
    "negative": (PSTH, lambda p: edit(p, set_rate(-3.0)), "expected rates"),
    "bins": (PSTH, lambda p: edit(p, lambda c: c["sem"].pop()), "expected 200 numbers in sem"),
    "other": (PSTH, lambda p: edit(p, set_rate(1e4)), "a difference of"),
    "key": (PSTH, lambda p: edit(p, lambda c: c.pop("sem")), "expected the key sem"),
    "gap": (TRAJECTORY, lambda p: edit(p, lambda c: c[2].update(gen=9)), "the blocks 1 to 16"),
    "short": (TRAJECTORY, lambda p: edit(p, lambda c: c.pop()), "expected 16 blocks"),
    "no mean": (TRAJECTORY, lambda p: edit(p, lambda c: c[1].pop("deepsim")), "expected numbers"),
    "area": (META, lambda p: edit(p, lambda c: c.update(area="MT")), "one of V1, V4, IT"),
    "space": (META, lambda p: edit(p, lambda c: c.update(thread1_space="x")), "one of fc6"),
    "date": (META, lambda p: edit(p, lambda c: c.update(date="22.7.20")), "expected a date"),
    "unit": (META, lambda p: edit(p, lambda c: c.update(unit="5A")), "a unit like Ch12U1"),
    "animal": (META, lambda p: edit(p, lambda c: c.update(animal="A")), "expected animal B"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(copy, case):
    name, break_it, words = BROKEN[case]
    break_it(copy / name)
    with pytest.raises(RecordingError, match=words) as error:
        read_explorer(files_in_folder(copy))
    assert "Exp003-B" in str(error.value)


def test_an_experiment_of_another_animal_is_refused_by_name(copy):
    (copy / "Exp003-B").rename(copy / "Exp003-C")
    edit(copy / "experiments.json", lambda c: c[0].update(id="Exp003-C", animal="C"))
    with pytest.raises(RecordingError, match="Exp003-C: expected a folder ExpNNN-A or ExpNNN-B"):
        read_explorer(files_in_folder(copy))


def test_a_block_without_references_has_none(copy):
    def without(content):
        for key in [key for key in content[0] if key.startswith("ref_")]:
            del content[0][key]

    edit(copy / TRAJECTORY, without)
    reference = read_explorer(files_in_folder(copy))[0].reference
    assert np.isnan(reference.mean[0]).all()
    assert np.isfinite(reference.mean[1:]).all()


def test_a_folder_of_something_else_is_no_copy(tmp_path):
    (tmp_path / "experiments.json").write_text("[]")
    with pytest.raises(MissingFileError, match=r"folders Exp\*, found neither"):
        files_in_folder(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_clone_names_its_commit(copy, packed):
    git = copy.parent / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    place = git / "packed-refs" if packed else git / "refs/heads/main"
    place.write_text(f"{'1' * 40} refs/heads/main\n" if packed else f"{'1' * 40}\n")
    assert files_in_folder(copy.parent).commit == "1" * 40
    (git / "HEAD").write_text("2" * 40)
    assert files_in_folder(copy.parent).commit == "2" * 40


def test_one_file_holds_what_ten_thousand_did(written, tmp_path):
    given, _ = written
    for name in ("a.npz", "b.npz"):
        save_averages(tmp_path / name, given)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    for a, b in zip(given, load_averages(tmp_path / "a.npz"), strict=True):
        assert (a.name, a.title, a.date, a.spaces, a.imgpos) == (
            (b.name, b.title, b.date, b.spaces, b.imgpos)
        )
        for part in ("evoked", "reference", "psth"):
            for moment in ("mean", "sem"):
                assert np.array_equal(
                    getattr(getattr(a, part), moment), getattr(getattr(b, part), moment)
                )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", None])
def test_another_file_in_its_place_is_refused(tmp_path, content):
    path = tmp_path / "averages.npz"
    if content is None:
        np.savez(path, psth_mean=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match="expected block averages of the explorer"):
        load_averages(path)
    path.unlink()
    with pytest.raises(MissingFileError, match="download --from explorer"):
        load_averages(path)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_names_are_those_of_git(written, tmp_path):
    _, folder = written
    for name in ("a.json", "a/b.json", "a.b/c.json", "a0/d e.json"):  # git sorts a/ after a.b
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    shutil.copytree(folder / "Exp003-B", tmp_path / "Exp003-B")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "-c", "core.autocrlf=false", "add", "."], check=True)
    tree = subprocess.run(
        ["git", "-C", tmp_path, "write-tree"], check=True, capture_output=True, text=True
    )
    files = [p for p in tmp_path.rglob("*") if p.is_file() and ".git" not in p.parts]
    named = [(p.relative_to(tmp_path).as_posix(), blob_id(p.read_bytes())) for p in files]
    assert tree_id(named) == tree.stdout.strip()
