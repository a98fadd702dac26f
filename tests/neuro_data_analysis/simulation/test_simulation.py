"""The simulator: identity of the data set, the recordings' format, seeds, the model's parts."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from core.errors import RunError, SettingError
from neuro_data_analysis.evolutions.trajectories import n_complete_blocks
from neuro_data_analysis.recordings.naming import block_and_thread
from neuro_data_analysis.simulation import run as simulation_run
from neuro_data_analysis.simulation.descriptors import (
    FIXED_LENGTHS,
    SHORT,
    descriptors,
    draw_n_blocks,
    fc6_population,
)
from neuro_data_analysis.simulation.drift import draw_drift
from neuro_data_analysis.simulation.evolution import draw_images, mean_scores
from neuro_data_analysis.simulation.parameters import Drifts, Era, Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles
from neuro_data_analysis.simulation.run import (
    export_simulated,
    is_current,
    is_exported,
    planned_files,
    refuse_gaps,
    resolve_subset,
    simulate_recordings,
)
from neuro_data_analysis.simulation.site import draw_site, response_at, response_kernels
from neuro_data_analysis.simulation.world import make_world

PARAMETERS = Parameters()


def anywhere(rng):
    """Quantiles of a site that is drawn independently."""
    return SiteQuantiles(*rng.random(len(SiteQuantiles._fields)))


@pytest.fixture(scope="module")
def world():
    return make_world(0, PARAMETERS)


def test_the_experiments_are_the_real_ones():
    table = descriptors()
    assert len(table) == 170
    assert Counter((d.animal, d.area) for d in table.values()) == {
        ("Alfa", "IT"): 72,
        ("Alfa", "V4"): 21,
        ("Alfa", "V1"): 4,
        ("Beto", "IT"): 44,
        ("Beto", "V4"): 22,
        ("Beto", "V1"): 7,
    }
    assert Counter(d.spaces for d in table.values())["fc6", "BigGAN_class"] == 130
    assert table[155].scheduled_name == "Alfa-25112020-003"
    assert (table[155].channel, table[155].unit, table[155].position) == (12, 1, (0.0, -0.8))


def test_lengths_follow_the_law():
    rng = np.random.default_rng(0)
    lengths = {expi: draw_n_blocks(expi, rng) for expi in descriptors()}
    assert {expi: lengths[expi] for expi in FIXED_LENGTHS} == FIXED_LENGTHS
    assert all(10 <= lengths[expi] <= 14 for expi in SHORT)
    assert min(n for expi, n in lengths.items() if expi not in SHORT) >= 15
    assert max(lengths.values()) == 56
    assert 23 <= np.median(list(lengths.values())) <= 29


def test_kernels_have_mean_one_in_the_evoked_window_and_are_silent_at_onset():
    for pair in PARAMETERS.kernels.values():
        courses = response_kernels(pair)
        np.testing.assert_allclose(courses[:, 56:206].mean(axis=1), 1)
        assert (courses[:, :36] < 0.02 * courses.max()).all()
        moved = response_kernels(pair, delay=5)
        assert (moved.argmax(axis=1) == courses.argmax(axis=1) + 5).all()


def test_the_origin_of_each_generator_has_no_smooth_features(world):
    features = world.texture.features(world.texture.origin[None])
    np.testing.assert_allclose(features["texture"], 0, atol=1e-12)
    np.testing.assert_allclose(features["object"], 0, atol=1e-12)
    codes = np.random.default_rng(0).normal(0, 1, (50, 256))
    assert np.abs(world.object.features(codes)["texture"]).max() <= 0.30 * np.sqrt(2)
    assert np.abs(world.object.features(codes)["object"]).max() <= 4.0


def test_projections_are_isometries(world):
    rng = np.random.default_rng(0)
    for generator in (world.texture, world.object):
        basis = generator._projection * generator.space.latent_scale
        np.testing.assert_allclose(basis.T @ basis, np.eye(24), atol=1e-10)
        assert generator.latents(rng.normal(size=(3, generator.space.n_code))).shape == (3, 24)


@pytest.mark.parametrize(("expi", "area"), [(50, "V1"), (26, "V4"), (155, "IT")])
def test_the_preferred_image_drives_a_site_fully(world, expi, area):
    rng = np.random.default_rng(1)
    for _ in range(5):
        site = draw_site(descriptors()[expi], world, PARAMETERS, anywhere(rng), rng)
        best = {g: (site.frames[g] @ site.preferred[g])[None] for g in site.frames}
        np.testing.assert_allclose(site.drives(best, from_texture_generator=False), 1)
        evoked = site.evoked(np.ones((1, 2)))[0]
        assert evoked[56:206].mean() == pytest.approx(site.response - site.baseline)
        assert evoked[:6].max() < 0.02 * evoked.max()
        assert 0 < site.baseline < site.response < PARAMETERS.response_limit
    assert area != "V1" or (site.object_weights == 0).all()


def test_animals_differ_in_it_only():
    def median(expi):
        return response_at(descriptors()[expi], PARAMETERS, 0.5)

    by_animal = {(d.area, d.animal): expi for expi, d in descriptors().items()}
    assert median(by_animal["IT", "Beto"]) > 1.5 * median(by_animal["IT", "Alfa"])
    assert median(by_animal["V4", "Beto"]) == median(by_animal["V4", "Alfa"])


def test_scores_average_repeats_and_leave_missing_images_out():
    from neuro_data_analysis.simulation.evolution import ShownTrials

    psth = np.zeros((3, 200), dtype=np.float32)
    psth[:, 50:] = [[10.0], [20.0], [60.0]]
    none = np.array([])
    shown = ShownTrials(4, none, {}, np.array([0, 2, 2]), psth, none, np.zeros((0, 200)))
    np.testing.assert_allclose(mean_scores(shown), [10, np.nan, 40, np.nan])


def test_a_block_after_the_last_holds_at_most_nine_images():
    rng = np.random.default_rng(0)
    sizes = {len(draw_images(40, 20, 20, 3, PARAMETERS, rng)[0]) for _ in range(300)}
    assert sizes == set(range(10))
    last = [len(draw_images(40, 19, 20, 3, PARAMETERS, rng)[0]) for _ in range(300)]
    assert min(last) >= 10
    assert min(last) < 39
    founders = {len(draw_images(30, 0, 20, 3, PARAMETERS, rng)[0]) for _ in range(300)}
    assert founders == set(range(29, 36))


def test_recordings_look_like_recordings(recordings):
    for expi in recordings.usable():
        experiment = recordings.experiment(expi)
        assert experiment.is_simulated
        assert experiment.Animal == descriptors()[expi].animal
        trials = np.sort(
            np.concatenate(
                [
                    block
                    for part in (experiment.idx_seq, experiment.ref_idx_seq)
                    for thread in part
                    for block in thread
                ]
            )
        )
        assert trials.tolist() == list(range(1, len(experiment.imageName) + 1))
        assert all((np.diff(block) > 0).all() for t in experiment.idx_seq for block in t)
        evolved = [block_and_thread(name) is not None for name in experiment.imageName]
        for thread in (0, 1):
            for block, numbers in enumerate(experiment.idx_seq[thread], start=1):
                for number in numbers:
                    name = experiment.imageName[number - 1]
                    assert name.startswith(f"block{block:03d}_thread{thread:03d}_gen_")
                    assert evolved[number - 1]
            for numbers in experiment.ref_idx_seq[thread]:
                assert not any(evolved[number - 1] for number in numbers)


def test_the_preferred_row_of_responses_is_the_mean_of_the_psth(recordings):
    experiment = recordings.experiment(155)
    preferred = (experiment.spikeID == experiment.pref_chan) & (
        experiment.unitID == experiment.unit_in_pref_chan
    )
    (row,) = np.flatnonzero(preferred)
    inactive = experiment.unitID == 0
    assert inactive.any()
    for thread in (0, 1):
        for psth, responses in zip(experiment.psth[thread], experiment.rspmat[thread], strict=True):
            np.testing.assert_allclose(responses[row], psth[50:200].mean(axis=0))
            assert (responses[inactive] == 0).all()
            assert (psth == psth.astype(np.float32)).all()


def test_populations_are_those_of_the_spaces(recordings):
    typical = {"BigGAN": 28, "BigGAN_class": 25}
    for expi in recordings.usable():
        experiment = recordings.experiment(expi)
        n_blocks = n_complete_blocks(*experiment.psth)
        for thread, space in enumerate(experiment.space_names):
            sizes = [block.shape[1] for block in experiment.psth[thread][1 : n_blocks - 1]]
            expected = typical.get(space) or fc6_population(descriptors()[expi], PARAMETERS)
            assert Counter(sizes).most_common(1)[0][0] == expected
            assert 29 <= experiment.psth[thread][0].shape[1] <= 35


def test_counters_run_over_both_threads(recordings):
    names = [name for name in recordings.experiment(155).imageName if block_and_thread(name)]
    counters = {}
    for name in names:
        block, thread, counter = re.match(r"block(\d+)_thread(\d+)_.*_(\d+)$", name).groups()
        counters.setdefault((int(block), int(thread)), set()).add(int(counter))
    keys = sorted(counters)
    assert min(counters[1, 0]) in (0, 1)
    for earlier, later in pairwise(keys):
        assert max(counters[earlier]) < min(counters[later])


def test_the_baseline_jumps_in_the_unstable_recordings_only():
    def largest_step(expi):
        drift = draw_drift(descriptors()[expi], 30, PARAMETERS, anywhere(rng), rng)
        return np.exp(np.abs(np.diff(np.log(drift.baseline))).max())

    rng = np.random.default_rng(0)
    low, high = PARAMETERS.drift.unstable_jump
    for expi in (50, 137):
        steps = [largest_step(expi) for _ in range(50)]
        assert 0.9 * low < min(steps) < max(steps) < 1.1 * high
    assert max(largest_step(155) for _ in range(50)) < 1.35


@pytest.mark.slow
def test_same_seed_same_bytes_whatever_the_processes_and_the_subset(simulation, tmp_path):
    expected = json.loads((simulation / "SIMULATED.json").read_text())
    again = simulate_recordings(tmp_path / "a", 26, expected["experiments"], n_jobs=1)
    assert again["files"] == expected["files"]
    differing = {key for key in expected if expected[key] != again[key]}
    assert differing <= {"created"}
    part = simulate_recordings(tmp_path / "b", 26, [155], n_jobs=1)
    other = simulate_recordings(tmp_path / "c", 8, [155], n_jobs=1)
    assert part["files"] != other["files"]
    from neuro_data_analysis.recordings.dataset import open_recordings

    with (
        open_recordings(simulation / "matroot") as all_,
        open_recordings(tmp_path / "b" / "matroot") as one,
    ):
        assert one.usable() == [155]
        np.testing.assert_array_equal(
            one.experiment(155).psth[0][3], all_.experiment(155).psth[0][3]
        )


def test_a_simulation_of_an_older_version_is_made_anew(simulation, tmp_path):
    record = json.loads((simulation / "SIMULATED.json").read_text())
    shutil.copytree(simulation, tmp_path / "old")
    path = tmp_path / "old" / "SIMULATED.json"
    assert is_current(tmp_path / "old", 26, record["experiments"])
    path.write_text(json.dumps(record | {"simulator_version": record["simulator_version"] - 1}))
    assert not is_current(tmp_path / "old", 26, record["experiments"])


def test_populations_of_fc6_follow_the_eras_of_the_recordings():
    populations = {expi: fc6_population(d, PARAMETERS) for expi, d in descriptors().items()}
    small = {expi for expi, population in populations.items() if population == 30}
    assert set(populations.values()) == {30, 40}
    assert {48, 135, 144, 145, 146, 156} <= small
    assert len(small) == 38
    assert all(populations[expi] == 40 for expi in (3, 100, 155))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dead_time": -0.1}, "dead_time: expected at least 0, found -0.1"),
        ({"p_truncated": 1.5}, "p_truncated: expected a probability from 0 to 1, found 1.5"),
        ({"baseline_share": (0.5, 0.2)}, "baseline_share: expected 0 < low <= high < 1"),
        ({"drift": Drifts(trend_freedom=0)}, "drift.trend_freedom: expected a number above 0"),
        ({"eras": (Era("Alfa", "2020-01-01", "2020-12-31", 1),)}, "a population of at least 2"),
        ({"eras": (Era("Alfa", "2021-01-01", "2020-12-31", 40),)}, "a later last day"),
        ({"eras": (Era("Alfa", "soon", "2020-12-31", 40),)}, "a later last day, YYYY-MM-DD"),
        (
            {
                "eras": (
                    Era("Beto", "2020-06-01", "2021-06-01", 40),
                    Era("Beto", "2021-06-01", "2022-01-01", 30),
                )
            },
            "eras of Beto: expected none that begins before 2021-06-01 has passed",
        ),
    ],
)
def test_parameters_that_mean_nothing_are_refused(wrong, words):
    with pytest.raises(SettingError, match=re.escape(words)):
        Parameters(**wrong)


def test_gain_and_baseline_share_the_first_blocks_and_drift_down():
    rng = np.random.default_rng(0)
    drifts = [
        draw_drift(descriptors()[155], 30, PARAMETERS, anywhere(rng), rng) for _ in range(600)
    ]
    for name in ("response", "baseline"):
        logs = np.log([getattr(drift, name) for drift in drifts])
        first = (logs[:, 0] - logs[:, 4:10].mean(axis=1)).mean()
        assert np.log(PARAMETERS.areas["IT"].first_block) < first < 0.17
        assert np.median(logs[:, -10:].mean(axis=1) - logs[:, :10].mean(axis=1)) < -0.03
    steps = (
        [np.diff(np.log(d.response)) for d in drifts],
        [np.diff(np.log(d.baseline)) for d in drifts],
    )
    assert np.corrcoef(np.ravel(steps[0]), np.ravel(steps[1]))[0, 1] > 0.9


def test_what_is_there_is_reused_only_if_it_was_made_the_same_way(simulation):
    subset = json.loads((simulation / "SIMULATED.json").read_text())["experiments"]
    assert is_current(simulation, 26, subset)
    assert is_exported(simulation)
    assert not is_current(simulation, 8, subset)
    assert not is_current(simulation, 26, subset[:-1])
    assert not is_current(simulation, 26, subset, Parameters(dead_time=0.5))
    assert not is_current(simulation / "none", 26, subset)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match=r"notes\.txt, which no simulation wrote"):
        simulate_recordings(tmp_path, subset=[155])
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("subset", [[1], [0], [191], []])
def test_experiments_that_do_not_exist_are_refused(subset):
    with pytest.raises(SettingError, match="usable experiments"):
        resolve_subset(subset)


def test_an_interrupted_simulation_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation_run, "ordered_map", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate_recordings(tmp_path / "out", subset=[155])
    assert not list((tmp_path / "out" / "matroot").iterdir())
    monkeypatch.undo()
    simulate_recordings(tmp_path / "out", subset=[155])
    assert is_current(tmp_path / "out", simulation_run.DEFAULT_SEED, [155])
    export_simulated(tmp_path / "out")
    assert is_exported(tmp_path / "out")


def test_a_simulation_that_lost_files_is_not_called_complete(simulation, tmp_path):
    """As one that recorded whatever lay there when it ended."""
    out = tmp_path / "out"
    shutil.copytree(simulation, out)
    record = json.loads((out / "SIMULATED.json").read_text())
    subset, files = record["experiments"], record["files"]
    assert is_current(out, 26, subset)
    assert sorted(files) == planned_files(subset)
    lost = next(name for name in files if "/formatted/" in name)
    (out / lost).unlink()
    with pytest.raises(RunError, match=rf"expected the file that .* and 1 of {len(files)} files"):
        refuse_gaps(out, planned_files(subset))
    del files[lost]
    (out / "SIMULATED.json").write_text(json.dumps(record))
    assert not is_current(out, 26, subset)


@pytest.mark.slow
def test_a_second_simulation_of_a_folder_waits_for_the_first(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "neuro_data_analysis.simulation", "--out", out]
    first, second = (
        subprocess.Popen(
            [*command, f"--subset={expi}", "--jobs=1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for expi in (155, 3)
    )
    said = [process.communicate()[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert sorted(said) == ["", f"waiting for another run that writes {out}\n"]
    last = 3 if said[1] else 155
    assert is_current(out, simulation_run.DEFAULT_SEED, [last])
    assert is_exported(out)
