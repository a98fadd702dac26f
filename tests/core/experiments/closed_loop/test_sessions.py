"""Sessions of the controller: what lies in the folder, going on, mistakes, stopping."""

import csv
import errno
import json
import shutil
import threading
import time
import urllib.request
from dataclasses import replace
from itertools import pairwise
from urllib.error import HTTPError

import h5py
import numpy as np
import pytest
from PIL import Image

from core.errors import FullDiskError, SettingError, StateError
from core.experiments.closed_loop import images as block_images
from core.experiments.closed_loop.answers import read_answer
from core.experiments.closed_loop.controller import RigSession, run_session
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_codes, read_references, show_block
from core.experiments.closed_loop.manifest import read_manifest
from core.experiments.closed_loop.record import kept_blocks
from core.experiments.closed_loop.server import served
from core.experiments.closed_loop.settings import Scores, SessionSettings, Stop
from core.experiments.closed_loop.start_run import with_whole_first
from core.experiments.evolution.threads import Thread, Turns
from core.files import sha256
from core.generators.small import SmallGenerator
from core.optimizers.cholesky import CholeskyCMAES
from core.optimizers.genetic import Genetic
from core.optimizers.mirrored import MirroredES
from tests.closed_loop_rig import rig_for, run_with_rig, session, wait_until

N_BLOCKS = 5


def assert_same_session(found, expected):
    """The same images were shown, the same was learnt."""
    assert len(found) == len(expected)
    for block, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.concatenate(block.scores), np.concatenate(other.scores))
        assert block.notes == other.notes
        manifests = [read_manifest(b.raw.parents[2] / "blocks" / f"block{b.number:03d}")
                     for b in (block, other)]  # fmt: skip
        assert manifests[0] == manifests[1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A session that ran to its end, with what its rig was."""
    root = tmp_path_factory.mktemp("finished") / "session"
    kept, said = run_with_rig(session(root), N_BLOCKS, rig_for(root))
    return Folder.at(root), kept, said


def test_a_block_is_a_folder_of_images_with_a_manifest(finished):
    folder, _, _ = finished
    rows = read_manifest(folder.block(2))
    assert [row.file for row in rows] == sorted(p.name for p in folder.block(2).glob("*.png"))
    assert all(sha256(folder.block(2) / row.file) == row.sha256 for row in rows)
    of_threads = [[row for row in rows if row.thread == thread] for thread in (0, 1)]
    assert [sum(row.code >= 0 for row in some) for some in of_threads] == [8, 6]
    assert [row.reference for row in of_threads[1] if row.code < 0] == ["ref 0", "ref 1"]
    assert {row.generation for row in rows} == {2}
    assert {(row.size, row.x, row.y) for row in rows} == {(3.0, 0.0, 0.0)}
    with (folder.block(2) / "manifest.csv").open(newline="") as file:
        assert next(csv.reader(file))[:6] == [
            *("file", "thread", "code", "generation", "reference", "sha256")
        ]  # fmt: skip


def test_images_are_those_of_the_codes(finished, tmp_path):
    folder, _, _ = finished
    made = session(tmp_path / "other")
    codes = read_codes(folder, 3)
    expected = made.threads[1].generator.images(codes[1][4:5])[0].permute(1, 2, 0).numpy()
    row = next(r for r in read_manifest(folder.block(3)) if (r.thread, r.code) == (1, 4))
    with Image.open(folder.block(3) / row.file) as image:
        found = np.asarray(image, dtype=float) / 255
    np.testing.assert_allclose(found, expected, atol=0.5 / 255 + 1e-6)


def test_the_raw_answer_is_kept_as_it_came(finished):
    folder, kept, _ = finished
    for block in kept:
        assert block.raw.read_bytes() == (folder.answers / block.raw_name).read_bytes()
        assert block.is_simulated


def test_scores_are_the_answers_and_the_optimizer_learns_from_them(finished, tmp_path):
    folder, kept, _ = finished
    rows = read_manifest(folder.block(1))
    answer = read_answer(kept[1].raw, [])
    code = next(row for row in rows if (row.thread, row.code) == (0, 5))
    times = answer.values[answer.images.index(code.name), 0]
    expected = ((times >= 50) & (times < 200)).sum() / 0.15
    np.testing.assert_allclose(kept[1].scores[0][5], expected)
    turns = Turns(session(tmp_path / "other").threads)
    for block in kept:
        np.testing.assert_array_equal(turns.populations[0], read_codes(folder, block.number)[0])
        turns.learn(block.scores)


def test_scores_rise_over_a_longer_session(tmp_path):
    root = tmp_path / "session"
    made = session(root, populations=(20, 20))
    kept, _ = run_with_rig(made, 20, rig_for(root))
    means = np.array([[np.mean(of_one) for of_one in block.scores] for block in kept])
    assert (means[-4:].mean(axis=0) > 1.3 * means[:2].mean(axis=0)).all()


def test_what_a_rig_does_not_answer_within_a_session_is_told_by_the_page(finished):
    folder, _, said = finished
    page = folder.page.read_text()
    assert "SIMULATED: a model neuron answers" in page
    assert "Finished after 5 blocks" in page
    assert "http-equiv" not in page  # nothing more to come
    assert page.count("data:image/png;base64") == 6 + 6
    assert page.count("<polyline") == 4
    assert 'class="mark">SIMULATED</text>' in page
    assert said[-1].startswith("finished after 5 blocks")
    assert said[0].startswith("block 0 SIMULATED: small-0 ")


def test_a_session_goes_on_with_more_blocks(finished, tmp_path):
    folder, kept, _ = finished
    root = tmp_path / "session"
    shutil.copytree(folder.root, root)
    longer, _ = run_with_rig(session(root), N_BLOCKS + 2, rig_for(root))
    assert_same_session(longer[:N_BLOCKS], kept)
    whole, _ = run_with_rig(session(tmp_path / "whole"), N_BLOCKS + 2, rig_for(tmp_path / "whole"))
    assert_same_session(longer, whole)


@pytest.mark.parametrize(("change", "found"), [
    ({"seed": 1}, "expected the state of this session with seed 1, found seed 0"),
    ({"populations": (8, 7)}, "thread small-1 with population_size 7, found population_size 6"),
    ({"populations": (8,)}, "a session of one thread, found one of 2"),
    ({"settings": SessionSettings(scores=Scores(window=(50, 150)))}, r"window \[50, 150\], found"),
    ({"settings": SessionSettings(repeats=3)}, "with repeats 3, found repeats 1"),
])  # fmt: skip
def test_a_folder_of_other_settings_is_refused_and_the_difference_named(finished, change, found):
    folder, _, _ = finished
    before = folder.page.stat().st_mtime_ns
    with pytest.raises(StateError, match=found) as caught:
        run_session(session(folder.root, **change), Stop(N_BLOCKS))
    assert "session.json" in str(caught.value)
    assert folder.page.stat().st_mtime_ns == before


def test_other_references_are_refused(finished, tmp_path):
    folder, _, _ = finished
    made = session(tmp_path / "x")
    other = replace(made.references[1], pixels=255 - made.references[1].pixels)
    with pytest.raises(StateError, match="the state of the references with ref 1"):
        run_session(
            replace(made, folder=folder, references=[made.references[0], other]), Stop(N_BLOCKS)
        )


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "thesis.tex").touch()
    with pytest.raises(SettingError, match=r"a session, or an empty folder, found thesis\.tex"):
        run_session(session(tmp_path / "session"), Stop(1))


def test_a_damaged_description_is_refused(tmp_path, finished):
    shutil.copytree(finished[0].root, tmp_path / "session")
    (tmp_path / "session" / "session.json").write_text("{")
    with pytest.raises(StateError, match=r"session\.json: expected the description of a session"):
        run_session(session(tmp_path / "session"), Stop(1))


def test_codes_that_were_changed_are_noticed(tmp_path, finished):
    shutil.copytree(finished[0].root, tmp_path / "session")
    path = tmp_path / "session" / "blocks" / "block002" / "codes.npz"
    with np.load(path) as arrays:
        np.savez(path, **{name: value + 1 for name, value in arrays.items()})
    with pytest.raises(StateError, match="expected the codes that these optimizers give"):
        run_session(session(tmp_path / "session"), Stop(N_BLOCKS + 1))


@pytest.mark.parametrize(("file", "found"), [
    ("blocks/block002/codes.npz", "expected the codes of a block"),
    ("record/block001/scores.npz", "expected the scores of a block"),
    ("record/block001/notes.json", "expected what is kept of a block"),
])  # fmt: skip
def test_damaged_files_of_a_session_are_named(tmp_path, finished, file, found):
    shutil.copytree(finished[0].root, tmp_path / "session")
    path = tmp_path / "session" / file
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(StateError, match=found):
        run_session(session(tmp_path / "session"), Stop(N_BLOCKS + 1))


def test_a_second_controller_is_refused(tmp_path):
    root = tmp_path / "session"
    made = session(root)
    with made.folder.alone(), pytest.raises(SettingError, match="another process controls"):
        run_session(session(root), Stop(1))


def test_an_optimizer_that_weighs_by_scores_is_refused(tmp_path):
    made = session(tmp_path / "session")
    genetic = Genetic(16, 8, 0.25, 0.75, 2, 0.75, 2, random_seed=0)
    with pytest.raises(SettingError, match="takes images which were not shown, found Genetic"):
        replace(made, threads=[replace(made.threads[0], optimizer=genetic)])


def test_a_full_disk_leaves_no_part_of_a_block(tmp_path, monkeypatch):
    made = session(tmp_path / "session")
    write, n_written = block_images._write_image, []

    def fills_up(*arguments):
        n_written.append(1)
        if len(n_written) == 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(block_images, "_write_image", fills_up)
        with pytest.raises(FullDiskError, match="block000: expected room to write it"):
            run_session(made, Stop(1))
    assert list(made.folder.blocks.iterdir()) == []
    kept, _ = run_with_rig(session(made.folder.root), 1, rig_for(made.folder.root))
    assert len(kept) == 1


@pytest.mark.parametrize("suffix", ["csv", "mat"])
def test_the_form_of_the_answers_does_not_matter(tmp_path, finished, suffix):
    _, expected, _ = finished
    root = tmp_path / "session"
    kept, _ = run_with_rig(session(root), 2, rig_for(root, suffix=suffix))
    assert_same_session(kept, expected[:2])


def test_lost_presentations_are_told_and_the_session_goes_on(tmp_path):
    root = tmp_path / "session"
    rig = rig_for(root, lost=0.15)
    kept, said = run_with_rig(session(root), 6, rig)
    assert len(kept) == 6
    n_lost = sum(np.isnan(np.concatenate(block.scores)).sum() for block in kept)
    assert n_lost > 0
    assert any("never shown" in note for block in kept for note in block.notes)
    assert any("never shown" in words for words in said)


def test_one_folder_as_xdream_has_it(tmp_path, finished):
    root, flat = tmp_path / "session", tmp_path / "stimuli"
    made = session(root, flat=flat)
    said = []
    controller = threading.Thread(
        target=lambda: said.append(run_session(made, Stop(2), patience=0.2))
    )
    controller.start()
    for block in range(2):
        wait_until((flat / f"block{block:03d}.csv").is_file)
        names = sorted(path.name for path in flat.glob(f"*block{block:03d}*.png"))
        assert names == [row.file for row in read_manifest(made.folder.block(block))]
        with h5py.File(tmp_path / "scores.h5", "w") as file:
            file["scores"] = np.arange(float(len(names)))[:, None]
        shutil.move(tmp_path / "scores.h5", made.folder.answers / f"block{block:03d}.h5")
    controller.join(20)
    (kept,) = said
    np.testing.assert_array_equal(kept[0].scores[0], np.arange(8))
    np.testing.assert_array_equal(kept[0].references[0], [8, 9])
    np.testing.assert_array_equal(kept[0].scores[1], np.arange(10, 16))


class Rig:
    """Answers of one session by hand, while its controller runs in a thread."""

    def __init__(self, root, n_blocks, **options):
        self.made, self.said, self.kept = session(root), [], []
        self.folder = self.made.folder

        def control():
            options_here = {"patience": 0.3} | options
            self.kept += run_session(
                self.made, Stop(n_blocks), say=self.said.append, **options_here
            )

        self.thread = threading.Thread(target=control, daemon=True)
        self.thread.start()

    def rows(self, block):
        wait_until(self.folder.block(block).is_dir)
        return [row.name for row in read_manifest(self.folder.block(block))]

    def lines(self, names, first=10):
        return "".join(f"{name},{first + i}\n" for i, name in enumerate(names))

    def write(self, block, content, suffix="csv"):
        path = self.folder.answers / f"block{block:03d}.{suffix}"
        path.write_text(content)
        return path

    def wait_for_page(self, words):
        page = self.folder.page
        wait_until(lambda: page.is_file() and words in page.read_text())

    def end(self):
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.kept


def test_an_answer_that_is_written_slowly_is_read_when_it_is_whole(tmp_path):
    rig = Rig(tmp_path / "session", 1, patience=5)
    names = rig.rows(0)
    with rig.write(0, "image,rate\n").open("a") as file:
        for line in rig.lines(names).splitlines(keepends=True):
            file.write(line[:-3])
            file.flush()
            time.sleep(0.03)
            file.write(line[-3:])
            file.flush()
    (block,) = rig.end()
    assert block.notes == []
    np.testing.assert_array_equal(block.scores[0], np.arange(10, 18))


def test_a_short_block_counts_once_it_does_not_grow(tmp_path):
    rig = Rig(tmp_path / "session", 2)
    names = rig.rows(0)
    rig.write(0, "image,rate\n" + rig.lines(names[:7]))  # a part of thread 0 alone
    shown = rig.rows(1)
    rig.write(1, "image,rate\n" + rig.lines(shown))
    first, second = rig.end()
    assert first.learns == [True, False]
    assert any(note.startswith("thread 1: 0 of 6 images were shown") for note in first.notes)
    assert second.notes == []
    # thread 1 shows its first population once more, under names of the new block
    codes = [read_codes(rig.folder, block) for block in (0, 1)]
    np.testing.assert_array_equal(codes[0][1], codes[1][1])
    assert (codes[0][0] != codes[1][0]).any()
    rows = read_manifest(rig.folder.block(1))
    assert {row.generation for row in rows if row.thread == 1} == {0}


def test_an_answer_to_another_block_and_one_that_is_none_are_told_and_waited_out(tmp_path):
    rig = Rig(tmp_path / "session", 2)
    names = rig.rows(0)
    rig.write(3, "image,rate\nx,1\n")
    others = [name.replace("block000", "block007") for name in names]
    rig.write(0, "image,rate\n" + rig.lines(others))
    rig.wait_for_page("block003.csv: an answer to another block than the one that is waited for")
    rig.wait_for_page("expected images of the block, as block000_thread000_gen000_000000")
    rig.write(0, "image,rate\nnonsense\n")
    rig.wait_for_page("found no presentation at all")
    rig.write(0, "image,rate\n" + rig.lines(names))
    rig.write(1, "image,rate\n" + rig.lines(rig.rows(1)))
    assert [block.notes for block in rig.end()] == [[], []]


def test_other_channels_than_before_are_told_and_waited_out(tmp_path):
    rig = Rig(tmp_path / "session", 2)
    rig.write(0, "image,rate\n" + rig.lines(rig.rows(0)))
    two = "".join(f"{name},1,2\n" for name in rig.rows(1))
    rig.write(1, "image,rate:5A,rate:6A\n" + two)
    wait_until(lambda: any("the 1 channel of the block before" in words for words in rig.said))
    rig.write(1, "image,rate\n" + rig.lines(rig.rows(1)))
    assert len(rig.end()) == 2


def test_the_first_answer_counts_and_a_second_one_is_refused(tmp_path):
    rig = Rig(tmp_path / "session", 3)
    first = rig.lines(rig.rows(0))
    rig.write(0, "image,rate\n" + first)
    names = rig.rows(1)
    raw = rig.folder.kept(0) / "answer.csv"
    content = raw.read_text()
    rig.write(0, "image,rate\n" + rig.lines(rig.rows(0), first=500))
    rig.write(1, "image,rate\n" + rig.lines(names))
    rig.wait_for_page("a second answer to block000, other than the first; refused")
    rig.write(2, "image,rate\n" + rig.lines(rig.rows(2)))
    kept = rig.end()
    assert raw.read_text() == content
    np.testing.assert_array_equal(kept[0].scores[0], np.arange(10, 18))
    assert sum("a second answer" in words for words in rig.said) == 1


def test_silent_blocks_end_nothing(tmp_path):
    rig = Rig(tmp_path / "session", 3)
    for block in range(3):
        rig.write(block, "image,rate\n" + "".join(f"{name},0\n" for name in rig.rows(block)))
    kept = rig.end()
    assert all("there is no rank to follow" in block.notes[0] for block in kept)
    assert all(np.isfinite(of_one).all() for b in range(3) for of_one in read_codes(rig.folder, b))


def test_a_session_stops_on_a_plateau_and_after_a_time(tmp_path):
    rig = Rig(tmp_path / "session", 1)
    rig.write(0, "image,rate\n" + rig.lines(rig.rows(0)))
    rig.end()
    said = []
    run_session(session(rig.folder.root), Stop(9, minutes=0.005), say=said.append)
    assert said[-1].startswith("finished after 0.005 minutes, as it should: 1 blocks")
    root = tmp_path / "flat"
    flat = rig_for(root)
    flat.respond = lambda images: np.zeros(len(images))
    said = []
    thread = threading.Thread(target=flat.run, daemon=True)
    thread.start()
    kept = run_session(session(root), Stop(40, plateau=4), say=said.append, patience=0.2)
    assert 10 <= len(kept) < 40
    assert "since no thread rose over the last 4 blocks" in said[-1]
    thread.join(10)


def test_the_page_is_served_on_the_loopback_alone(finished):
    folder, _, _ = finished
    with served(folder.page, 0) as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == folder.page.read_bytes()
        for path, host in (("session.json", ""), ("", "rebound.example:80")):
            request = urllib.request.Request(
                f"{address}{path}", headers={"Host": host} if host else {}
            )
            with pytest.raises(HTTPError, match="404"):
                urllib.request.urlopen(request)
        port = int(address.rstrip("/").rpartition(":")[2])
        with pytest.raises(SettingError, match="a port that is free"), served(folder.page, port):
            pass


def test_references_are_brought_to_the_images_size_and_need_a_folder_with_some(tmp_path):
    made = session(tmp_path / "session", settings=SessionSettings(pixels=24))
    references = read_references(tmp_path / "references", 24)
    assert {reference.pixels.shape for reference in references} == {(24, 24, 3)}
    made.folder.open({"settings": {}})
    show_block(made.folder, 0, Turns(made.threads), references, made.settings)
    for path in made.folder.block(0).glob("*.png"):
        with Image.open(path) as image:
            assert image.size == (24, 24)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="expected images"):
        read_references(tmp_path / "empty", None)


def test_a_session_says_what_it_is_made_of(finished):
    description = json.loads((finished[0].root / "session.json").read_text())
    assert description["settings"]["scores"]["window"] == [50, 200]
    assert [thread["population_size"] for thread in description["threads"]] == [8, 6]
    assert sorted(description["references"]) == ["ref 0", "ref 1"]
    assert len(kept_blocks(finished[0])) == N_BLOCKS
    assert isinstance(session(finished[0].root), RigSession)


@pytest.mark.parametrize("make", [CholeskyCMAES, MirroredES])
def test_the_first_block_is_a_whole_population_around_the_start(make):
    start = np.full((1, 16), 3.0)
    optimizer = make(16, 8, init_sigma=0.1, init_code=start, random_seed=0)
    thread = with_whole_first(Thread("a", SmallGenerator(16, 16), optimizer, start))
    assert thread.start.shape == (8, 16)
    np.testing.assert_allclose(thread.start.mean(), 3, atol=0.05)
    following = optimizer.step(np.arange(8.0), thread.start)
    assert following.shape == (8, 16)


def test_the_optimizer_for_spikes_goes_on_from_short_and_silent_blocks(tmp_path):
    made = session(tmp_path / "session")
    threads = [
        with_whole_first(
            replace(thread, optimizer=MirroredES(16, 8, 0.3, np.zeros(16), random_seed=seed))
        )
        for seed, thread in enumerate(made.threads)
    ]
    made = replace(made, threads=[replace(thread, start=None) for thread in threads])
    kept, _ = run_with_rig(made, 4, rig_for(tmp_path / "session", lost=0.2))
    assert len(kept) == 4
    codes = [read_codes(made.folder, block)[0] for block in range(4)]
    assert all((one != two).any() for one, two in pairwise(codes))
