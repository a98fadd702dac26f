"""Evolutions: what is shown and recorded, many at once, and going on after an interruption."""

import errno
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CodeError, MissingFileError, RunError, ScoreError, SettingError, StateError
from core.experiments.evolution import record as evolution_file
from core.experiments.evolution.experiment_evolution import ExperimentEvolution
from core.experiments.evolution.figures import best_of_blocks, block_means, save_figures
from core.experiments.evolution.loop import Evolution, Thread, evolve, with_noise
from core.experiments.evolution.record import read_evolution
from core.experiments.evolve import main
from core.generators import Generator, validate_generator
from core.optimizers.external import PycmaOptimizer
from core.probing.unit_responses import UnitResponses
from core.utils.CNN_scorers import TorchScorer
from core.utils.Optimizers import CholeskyCMAES, Genetic, SphereCMA

N_BLOCKS = 6


class Blobs(Generator):
    """Images that are smooth functions of codes of `n` values."""

    def __init__(self, n=10, seed=0):
        super().__init__()
        self.latent_shape, self.batch_size = (n,), 8
        source = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(n, 3 * 8 * 8, generator=source) / 3)
        self.rendered = []

    def sample(self, n=1, *, rng=None):
        return torch.zeros(n, *self.latent_shape)

    def visualize(self, code, *, scale=1.0):
        self.rendered.append(len(code))
        return scale * torch.sigmoid(code @ self.weight).reshape(-1, 3, 8, 8)


@pytest.fixture
def network():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    source = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=source))
    return net


@pytest.fixture
def respond(network):
    units = [(".Conv2d2", channel, 1, 1) for channel in range(3)]
    return UnitResponses(TorchScorer(network, 8), units)


def cholesky(n=10, seed=0):
    return CholeskyCMAES(n, 6, 1.0, np.zeros(n), Aupdate_freq=1, random_seed=seed)


OPTIMIZERS = {
    "cholesky": cholesky,
    "cholesky, torch": lambda: CholeskyCMAES(10, 6, 1.0, np.zeros(10), random_seed=0, device="cpu"),
    "sphere": lambda: SphereCMA(10, 6, 3, sphere_norm=4, random_seed=0),
    "genetic": lambda: Genetic(10, 6, 0.25, 0.75, 2, 0.75, 2, random_seed=0),
    "pycma": lambda: PycmaOptimizer(10, 6, random_seed=0),
}


def single(path, optimizer=None, generator=None, **options):
    options = {"noise": 0.3, "seed": 4} | options
    thread = Thread("blobs", generator or Blobs(), optimizer or cholesky())
    return Evolution(path, "unit 0", [thread], **options)


def paired(path, seed=0, **options):
    threads = [
        Thread("object", Blobs(10, 0), cholesky(10, [seed, 0][0])),
        Thread("texture", Blobs(14, 1), cholesky(14, seed + 1), np.ones((5, 14))),
    ]
    references = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    return Evolution(path, "unit 0", threads, references=references, **options)


def assert_same_records(found, expected, tolerance=0.0):
    assert found.n_done == expected.n_done
    np.testing.assert_array_equal(found.reference_scores, expected.reference_scores)
    for thread, other in zip(found.threads, expected.threads, strict=True):
        for name in ("codes", "scores", "scores_clean", "generations", "positions"):
            np.testing.assert_allclose(
                getattr(thread, name), getattr(other, name), rtol=tolerance, atol=tolerance
            )


def test_everything_shown_is_recorded(tmp_path, respond, network):
    generator = Blobs()
    (record,) = evolve([single(tmp_path / "a.h5", generator=generator)], respond, N_BLOCKS)
    (thread,) = record.threads
    assert np.bincount(thread.generations).tolist() == [1, 6, 6, 6, 6, 6]
    images = generator.visualize(torch.from_numpy(thread.codes))
    with torch.no_grad():
        expected = respond(images, np.zeros(len(images), dtype=int))
    np.testing.assert_allclose(thread.scores_clean, expected, rtol=1e-5)
    assert record.versions["torch"] == version("torch")
    assert record.settings["threads"][0]["population_size"] == 6
    assert record.settings["seed"] == 4


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_scores_rise(tmp_path, respond, name):
    evolution = single(tmp_path / "a.h5", OPTIMIZERS[name](), noise=0.0)
    (record,) = evolve([evolution], respond, 20)
    means = block_means(record.threads[0])
    assert means[-3:].mean() > means[:2].mean()
    np.testing.assert_array_equal(record.threads[0].scores, record.threads[0].scores_clean)


def test_noise_is_proportional_and_never_changes_a_sign():
    clean = np.repeat([0.0, 1.0, 10.0], 20_000)
    noisy = with_noise(clean, 0.5, np.random.default_rng(0)).reshape(3, -1)
    assert (noisy >= 0).all()
    assert (noisy[0] == 0).all()
    # mean and SD of max(0, 1 + N(0, 1) / 2)
    np.testing.assert_allclose(noisy.mean(axis=1)[1:], [1.0042, 10.042], rtol=0.02)
    np.testing.assert_allclose(noisy.std(axis=1)[1:], [0.4893, 4.893], rtol=0.02)


def test_the_optimizer_sees_noisy_scores_only(tmp_path, respond):
    seen = []

    class Spy(CholeskyCMAES):
        def step(self, scores, codes):
            seen.append(scores)
            return super().step(scores, codes)

    spy = Spy(10, 6, 1.0, np.zeros(10), random_seed=0)
    (record,) = evolve([single(tmp_path / "a.h5", spy)], respond, N_BLOCKS)
    (thread,) = record.threads
    np.testing.assert_array_equal(np.concatenate(seen), thread.scores)
    assert (thread.scores != thread.scores_clean).mean() > 0.9


def test_a_paired_evolution_mixes_threads_and_references(tmp_path, respond):
    (record,) = evolve([paired(tmp_path / "a.h5", noise=0.2)], respond, N_BLOCKS)
    first, second = record.threads
    assert np.bincount(second.generations).tolist() == [5, 6, 6, 6, 6, 6]
    assert record.reference_scores.shape == (N_BLOCKS, 3)
    for block in range(N_BLOCKS):
        places = [thread.positions[thread.generations == block] for thread in (first, second)]
        places = np.concatenate([*places, record.reference_positions[block]])
        assert sorted(places) == list(range(len(places)))
        assert block == 0 or list(places) != sorted(places)
    ratios = record.reference_scores / record.reference_clean
    assert 0.1 < ratios.std() < 0.3


def test_evolutions_at_once_are_those_one_after_another(tmp_path, respond):
    generator = Blobs()

    def make(folder, number):
        thread = Thread("blobs", generator, cholesky(seed=number))
        return Evolution(tmp_path / folder / f"{number}.h5", f"unit {number}", [thread], 0.2)

    generator.rendered.clear()
    together = evolve([make("together", i) for i in range(3)], respond, N_BLOCKS)
    assert sum(generator.rendered) == 3 * (1 + 5 * 6)
    for number, record in enumerate(together):
        alone_path = make("alone", number)
        one_unit = [alone_path]
        (alone,) = evolve(
            one_unit, lambda images, units, n=number: respond(images, units + n), N_BLOCKS
        )
        assert_same_records(record, alone, tolerance=1e-4)
    assert not np.allclose(together[0].threads[0].codes, together[1].threads[0].codes)


class EnoughError(Exception):
    """Ends a test's evolution."""


def stopped_after(n):
    count = iter(range(n - 1))

    def after_block():
        if next(count, None) is None:
            raise EnoughError

    return after_block


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("n", [1, 3])
def test_an_interrupted_evolution_resumes_to_the_same_result(tmp_path, respond, name, n):
    make = OPTIMIZERS[name]
    (expected,) = evolve([single(tmp_path / "whole.h5", make())], respond, N_BLOCKS)
    with pytest.raises(EnoughError):
        evolve([single(tmp_path / "a.h5", make())], respond, N_BLOCKS, after_block=stopped_after(n))
    half = read_evolution(tmp_path / "a.h5")
    assert half.n_done == n
    assert half.threads[0].generations.max() == n - 1
    (resumed,) = evolve([single(tmp_path / "a.h5", make())], respond, N_BLOCKS)
    assert_same_records(resumed, expected)


def test_a_paired_evolution_resumes_to_the_same_result(tmp_path, respond):
    (expected,) = evolve([paired(tmp_path / "whole.h5", noise=0.2)], respond, N_BLOCKS)
    with pytest.raises(EnoughError):
        evolve(
            [paired(tmp_path / "a.h5", noise=0.2)], respond, N_BLOCKS, after_block=stopped_after(3)
        )
    (resumed,) = evolve([paired(tmp_path / "a.h5", noise=0.2)], respond, N_BLOCKS)
    assert_same_records(resumed, expected)


def test_what_is_finished_is_not_run_again(tmp_path, respond):
    (expected,) = evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    before = (tmp_path / "a.h5").read_bytes()
    generator = Blobs()
    (found,) = evolve([single(tmp_path / "a.h5", generator=generator)], respond, N_BLOCKS)
    assert generator.rendered == []
    assert_same_records(found, expected)
    assert (tmp_path / "a.h5").read_bytes() == before


def test_a_block_that_was_not_finished_does_not_count(tmp_path, respond, monkeypatch):
    def killed(path, number, block):
        if number == 3:
            with h5py.File(path, "r+") as file:
                file["threads/0/codes"][-5:] = 7
            raise EnoughError
        return write(path, number, block)

    write = evolution_file.write_block
    monkeypatch.setattr("core.experiments.evolution.loop.write_block", killed)
    with pytest.raises(EnoughError):
        evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    monkeypatch.undo()
    assert read_evolution(tmp_path / "a.h5").n_done == 3
    (resumed,) = evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    (expected,) = evolve([single(tmp_path / "b.h5")], respond, N_BLOCKS)
    assert_same_records(resumed, expected)


@pytest.mark.parametrize(("other", "message"), [
    ({"noise": 0.5}, "noise 0.5, found noise 0.3"),
    ({"seed": 5}, "seed 5, found seed 4"),
    ({"optimizer": CholeskyCMAES(10, 7, init_code=np.zeros(10))}, "population_size 7"),
    ({"optimizer": CholeskyCMAES(10, 6, 2.0, np.zeros(10))}, "init_sigma 2.0, found init_sigma 1"),
    ({"generator": Blobs(seed=3)}, "generator's weights"),
    ({"notes": {"network": "other"}}, "network other, found network None"),
    ({"optimizer": cholesky(seed=9)}, "codes that these optimizers give .* found others"),
])  # fmt: skip
def test_a_file_of_another_evolution_is_refused(tmp_path, respond, other, message):
    with pytest.raises(EnoughError):
        evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS, after_block=stopped_after(2))
    with pytest.raises(StateError, match=rf"a\.h5: .*{message}"):
        evolve([single(tmp_path / "a.h5", **other)], respond, N_BLOCKS)


@pytest.mark.parametrize(("layer", "channel", "size", "factor", "message"), [
    (".Conv2d2", 1, 8, 2.0, "scorer's weights [0-9a-f]{64}, found scorer's weights [0-9a-f]{64}"),
    (".Conv2d2", 2, 8, 1.0, "scorer's unit .*2, 1, 1.*, found .*1, 1, 1"),
    (".Conv2d0", 1, 8, 1.0, "scorer's unit"),
    (".Conv2d2", 1, 9, 1.0, r"scorer's size of images \[9, 9\], found .*\[8, 8\]"),
])  # fmt: skip
def test_another_scorer_is_refused(tmp_path, network, layer, channel, size, factor, message):
    def scorer_of(layer, channel, size):
        return UnitResponses(TorchScorer(network, size), [(layer, channel, 1, 1)])

    path = tmp_path / "a.h5"
    with pytest.raises(EnoughError):
        evolve([single(path)], scorer_of(".Conv2d2", 1, 8), N_BLOCKS, after_block=stopped_after(2))
    before = path.read_bytes()
    with torch.no_grad():
        network[0].weight.mul_(factor)
    with pytest.raises(StateError, match=rf"a\.h5: .*{message}"):
        evolve([single(path)], scorer_of(layer, channel, size), N_BLOCKS)
    assert path.read_bytes() == before


class Darkness:
    """A scorer as a user writes one: a callable that says what it is."""

    def __init__(self, power):
        self.power = power

    def __call__(self, images, units):
        return ((1 - images) ** self.power).mean((1, 2, 3))

    def identity(self, unit):
        return {"kind": "darkness", "power": self.power, "unit": unit}


def test_a_scorer_of_the_users_says_what_must_be_the_same(tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(EnoughError):
        evolve([single(path)], Darkness(2), N_BLOCKS, after_block=stopped_after(2))
    with pytest.raises(StateError, match="scorer's power 3, found scorer's power 2"):
        evolve([single(path)], Darkness(3), N_BLOCKS)
    with pytest.raises(StateError, match="scorer's kind None, found scorer's kind darkness"):
        evolve([single(path)], lambda images, units: images.mean((1, 2, 3)), N_BLOCKS)
    (record,) = evolve([single(path)], Darkness(2), N_BLOCKS)
    assert record.n_done == N_BLOCKS
    assert record.settings["scorer's power"] == 2


class Plain:
    """A generator that is no module; codes have two axes."""

    latent_shape = (5, 2)

    def __init__(self, version=1):
        self.version, self.seen = version, []

    def sample(self, n=1, *, rng=None):
        return torch.from_numpy(np.random.default_rng(rng).standard_normal((n, 5, 2)))

    def visualize(self, codes, *, scale=1.0):
        return scale * torch.sigmoid(codes[:, :3, :, None]).expand(-1, 3, 2, 4)

    def images(self, codes, *, scale=1.0):
        self.seen.append(codes)
        return self.visualize(codes, scale=scale)

    def identity(self):
        return {"version": self.version}


def test_codes_reach_a_generator_as_the_file_records_them(tmp_path):
    generator = Plain()
    validate_generator(generator)
    generator.seen.clear()
    evolution = single(tmp_path / "a.h5", generator=generator)
    (record,) = evolve([evolution], Darkness(1), N_BLOCKS)
    assert {codes.dtype for codes in generator.seen} == {torch.float32}
    shown = torch.cat(generator.seen)
    assert shown.shape == (1 + 5 * 6, 5, 2)
    np.testing.assert_array_equal(shown.flatten(1).numpy(), record.threads[0].codes)
    save_figures(record, {"blobs": generator}, evolution.path)
    with pytest.raises(StateError, match=r"generator's weights .*2.*, found .*1"):
        evolve([single(tmp_path / "a.h5", generator=Plain(2))], Darkness(1), N_BLOCKS)


def test_a_generator_in_double_precision_shows_what_the_file_records(tmp_path):
    generator = Blobs().double()
    (record,) = evolve([single(tmp_path / "a.h5", generator=generator)], Darkness(1), N_BLOCKS)
    (thread,) = record.threads
    images = generator.images(thread.codes)
    expected = Darkness(1)(images, None)
    np.testing.assert_array_equal(thread.scores_clean, expected.numpy())


def test_a_full_disk_loses_no_finished_block(tmp_path, respond, monkeypatch):
    class Full(h5py.File):
        def flush(self):
            raise OSError(errno.ENOSPC, f"errno = {errno.ENOSPC}")

    with pytest.raises(EnoughError):
        evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS, after_block=stopped_after(2))
    monkeypatch.setattr(evolution_file.h5py, "File", Full)
    with pytest.raises(RunError, match=r"a\.h5: expected room to write it, found .* \(No space"):
        evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    monkeypatch.undo()
    assert read_evolution(tmp_path / "a.h5").n_done == 2
    (resumed,) = evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    assert resumed.n_done == N_BLOCKS


HOLD_OPEN = """
import sys, h5py
file = h5py.File(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_reader_does_not_stop_it(tmp_path, respond):
    path, seen = tmp_path / "a.h5", []
    with pytest.raises(EnoughError):
        evolve([single(path)], respond, N_BLOCKS, after_block=stopped_after(2))
    command = [sys.executable, "-c", HOLD_OPEN, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout.readline().strip() == b"open"
        evolve(
            [single(path)],
            respond,
            N_BLOCKS,
            after_block=lambda: seen.append(read_evolution(path).n_done),
        )
        reader.stdin.close()
    assert seen == [3, 4, 5, 6]


def test_the_file_has_its_size_from_the_start(tmp_path, respond):
    with pytest.raises(EnoughError):
        evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS, after_block=stopped_after(1))
    size = (tmp_path / "a.h5").stat().st_size
    evolve([single(tmp_path / "a.h5")], respond, N_BLOCKS)
    assert (tmp_path / "a.h5").stat().st_size == size


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"threads": []}, SettingError, "at least one thread"),
    ({"noise": -0.1}, SettingError, "noise: expected a level"),
    ({"seed": -1}, SettingError, "seed: expected"),
    ({"threads": [Thread("a", Blobs(9), cholesky())]}, SettingError, "the generator's 9"),
])  # fmt: skip
def test_evolutions_that_cannot_be_are_refused(tmp_path, change, error, message):
    arguments = {"threads": [Thread("blobs", Blobs(), cholesky())]} | change
    with pytest.raises(error, match=message):
        Evolution(tmp_path / "a.h5", "unit 0", **arguments)


@pytest.mark.parametrize("start", [np.zeros(10), np.zeros((2, 9))])
def test_first_codes_of_the_wrong_shape_are_refused(tmp_path, respond, start):
    evolution = Evolution(tmp_path / "a.h5", "unit 0", [Thread("a", Blobs(), cholesky(), start)])
    with pytest.raises(CodeError, match="thread a: expected first codes"):
        evolve([evolution], respond, N_BLOCKS)


def test_scores_that_are_none_are_refused(tmp_path):
    for scores, message in ((np.nan, "1 not finite"), (np.zeros(2), r"found shape \(2,\)")):
        with pytest.raises(ScoreError, match=message):
            evolve([single(tmp_path / "a.h5")], lambda i, u, s=scores: np.atleast_1d(s), N_BLOCKS)


def test_files_that_are_no_evolutions_are_said_to_be_so(tmp_path):
    with pytest.raises(MissingFileError, match="found no file"):
        read_evolution(tmp_path / "a.h5")
    (tmp_path / "a.h5").write_bytes(b"text")
    with pytest.raises(StateError, match="found a file that is damaged"):
        read_evolution(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(StateError, match="another HDF5 file"):
        read_evolution(tmp_path / "a.h5")


def test_figures_lie_beside_the_file(tmp_path, respond):
    evolution = paired(tmp_path / "a.h5", noise=0.2)
    (record,) = evolve([evolution], respond, N_BLOCKS)
    generators = {thread.name: thread.generator for thread in evolution.threads}
    names = [path.name for path in save_figures(record, generators, evolution.path)]
    assert names == ["a_trajectory.png", "a_object_best.png", "a_texture_best.png"]
    assert all((tmp_path / name).stat().st_size > 1000 for name in names)
    best = best_of_blocks(record.threads[0])
    scores = record.threads[0].scores
    expected = [scores[record.threads[0].generations == block].max() for block in range(N_BLOCKS)]
    np.testing.assert_array_equal(scores[best], expected)


def test_units_answer_for_their_own_images(network):
    images = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    units = [(".Conv2d2", 1, 0, 2), (".Conv2d0", 3, 1, 1)]
    respond = UnitResponses(TorchScorer(network, 8), units, batch_size=4)
    found = respond(images, np.array([0, 1, 0, 1, 1, 0]))
    for rows, (layer, *position) in (([0, 2, 5], units[0]), ([1, 3, 4], units[1])):
        scorer = TorchScorer(network, 8, layer=layer, unit=position)
        np.testing.assert_allclose(found[rows], scorer.score_tsr(images[rows]), rtol=1e-6)


# The published class


@pytest.fixture
def experiment(tmp_path, network):
    return lambda **options: ExperimentEvolution(
        (network, ".Conv2d2", 2, 1, 1),
        max_step=N_BLOCKS,
        savedir=tmp_path,
        explabel="test",
        GAN=Blobs(),
        device="cpu",
        **({"imgsize": (100, 120), "corner": (20, 30)} | options),
    )


def test_the_published_class_evolves_from_zero_and_writes_its_files(tmp_path, experiment):
    made = experiment(optimizer=cholesky())
    made.run()
    assert made.codes_all.shape == (1 + 5 * 6, 10)
    np.testing.assert_array_equal(made.codes_all[0], 0)
    with np.load(made.save_last_gen(), allow_pickle=False) as saved:
        best = np.argmax(made.scores_all)
        np.testing.assert_array_equal(saved["best_code"], made.codes_all[[best]])
        assert saved["best_score"] == made.scores_all.max()
        last = made.generations == N_BLOCKS - 1
        np.testing.assert_allclose(saved["lastgen_codes"][0], made.codes_all[last].mean(axis=0))
        np.testing.assert_allclose(saved["lastgen_score"], made.scores_all[last].mean())
    made.visualize_best()
    made.visualize_trajectory()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "Best_Img_test.png",
        "Evolution_codes_test.npz",
        "Evolution_test.h5",
        "Evolv_Traj_test.png",
    ]


def test_a_trajectory_is_loaded_and_analysed(experiment):
    made, again = experiment(optimizer=cholesky()), experiment(optimizer=cholesky())
    made.run()
    again.load_traj()
    np.testing.assert_array_equal(again.codes_all, made.codes_all)
    found = again.analyze_traj()
    assert found["coordinates"][-1, 0] > 0
    assert found["explained_variance_ratio"].sum() <= 1
    last = np.linalg.norm(made.codes_all[-6:].astype(float), axis=1)
    assert found["sphere_norm"] == pytest.approx(last.mean())


def test_images_stand_on_the_canvas_where_they_should(experiment):
    made = experiment(optimizer=cholesky())
    canvas = made._on_canvas(torch.zeros(1, 3, 8, 8))
    assert canvas.shape == (1, 3, 227, 227)
    dark = (canvas[0, 0] == 0).nonzero()
    assert dark.min(dim=0).values.tolist() == [20, 30]
    assert dark.max(dim=0).values.tolist() == [119, 149]


def test_nothing_is_drawn_before_it_was_run(experiment):
    with pytest.raises(ValueError, match="`run` it first"):
        experiment(optimizer=cholesky()).visualize_best()
    with pytest.raises(SettingError, match=r"expected one of BigGAN, .*found .fc9"):
        ExperimentEvolution((nn.Sequential(nn.Conv2d(3, 1, 3)), ".Conv2d0", 0, 1, 1), GAN="fc9")


# The command line


@pytest.mark.slow
def test_the_command_evolves_draws_and_goes_on(tmp_path, capsys):
    arguments = [
        *("--unit", ".blocks.InvertedResidual3,5,7,7", "--random-weights", "--noise", "0.2"),
        *("--blocks", "2", "--device", "cpu", "--out", str(tmp_path)),
    ]
    assert main(arguments) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.suffix for path in files] == [".h5", ".png", ".png"]
    assert all(path.is_file() for path in files)
    record = read_evolution(files[0])
    assert np.bincount(record.threads[0].generations).tolist() == [1, 40]
    before = files[0].read_bytes()
    assert main(arguments) == 0
    assert files[0].read_bytes() == before
    assert "_noise0.2_" in files[0].name


@pytest.mark.parametrize(("arguments", "message"), [
    (["--unit", "layer"], "--unit: expected a layer and a channel"),
    (["--unit", "layer,1", "--optimizer", "CholCMA", "--optimizer", "CholCMA"], "for each of 1"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(arguments, message):
    with pytest.raises(SettingError, match=message):
        main(arguments)


def test_help_of_the_command_needs_the_standard_library_alone():
    root = Path(__file__).parents[3]
    command = [sys.executable, "-S", "-m", "core.experiments.evolve", "--help"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": str(root)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--generator" in done.stdout
