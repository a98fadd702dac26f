"""Other windows, areas and thresholds reach everything that is exported, and are never compared."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contract import ext4, fig2, fig3, fig4, fig5
from core.contract.checks import check_folder
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.errors import ContractError, SettingError, run
from core.statistics.analysis import PUBLISHED, AnalysisSettings
from core.statistics.comparisons import two_sample
from core.statistics.windows import window_rate
from figure_reproduction.comparison import OTHER_SETTINGS, compare, csv_row
from figure_reproduction.results import FigureResult
from neuro_data_analysis import __main__ as listing
from neuro_data_analysis.export import __main__ as export
from neuro_data_analysis.export.options import Settings
from neuro_data_analysis.export.output import Output
from neuro_data_analysis.neural_data_lib import (
    extract_all_evol_trajectory,
    extract_all_evol_trajectory_dyna,
)
from neuro_data_analysis.neural_data_utils import get_meta_df
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from tests.small_recordings import element

OTHER = AnalysisSettings(evoked=(60, 180), baseline=(0, 30))


def in_it(raw):
    return {**raw, "evol": {**raw["evol"], "pref_chan": 12.0}}


def late(raw):
    """The same evolution, whose rates rise from 180 ms on only."""
    psth = [[block.copy() for block in row] for row in raw["evol"]["psth"]]
    for row in psth:
        for block in row[1:]:
            block[:180] = row[0][:180]
    return {**raw, "evol": {**raw["evol"], "psth": psth}}


@pytest.fixture(scope="module")
def matroot(tmp_path_factory):
    """Two experiments in V4, one of which rises after 180 ms, and one in IT."""
    folder = tmp_path_factory.mktemp("mine")
    content = [element(1), {"evol": None}, in_it(element(3)), late(element(4, n_blocks=15))]
    (folder / EVOLUTION_FILES[1]).write_bytes(pickle.dumps(content))
    return folder


@pytest.fixture(scope="module")
def exported(matroot, tmp_path_factory):
    """Export with other words on the command line; the folder, each made once."""
    made = {}

    def of(*words):
        if words not in made:
            made[words] = tmp_path_factory.mktemp("out") / "source_data"
            given = [f"--matroot={matroot}", f"--out={made[words]}", "--example=1", *words]
            assert run(lambda: export.main(given)) == 0
        return made[words]

    return of


@pytest.fixture
def experiments(matroot):
    with open_recordings(matroot) as recordings:
        yield list(recordings.experiments())


def block_rates(experiment, window):
    """Single-trial rates of DeePSim's thread by block."""
    return [window_rate(block, window) for block in experiment.psth[0]]


def test_p_values_and_trajectories_follow_the_window_together(exported, experiments):
    source = SourceData(exported("--evoked=60-180", "--baseline=0-30"))
    table = source.read(fig4.TIME_CONSTANTS).set_index("Expi")
    responses = source.read(fig4.RESPONSES["DeePSim_mean"])
    for row, experiment in enumerate(experiments):
        rates = block_rates(experiment, (60, 180))
        means = np.array([rate.mean() for rate in rates])
        other = [window_rate(block, (60, 180)).mean() for block in experiment.psth[1]]
        expected = means / max(means.max(), *other)
        np.testing.assert_allclose(responses[row, : len(means)], expected)
        best = int(np.argmax(means[:-2] + means[1:-1]))
        test = two_sample(np.concatenate(rates[best : best + 2]), np.concatenate(rates[:2]))
        assert table.loc[experiment.Expi, "p_maxinit_0"] == pytest.approx(test.p)
        assert table.loc[experiment.Expi, "t_maxinit_0"] == pytest.approx(test.t)
    # what rises after 180 ms alone does so in the published window only
    published = SourceData(exported()).read(fig4.TIME_CONSTANTS).set_index("Expi")
    assert published.loc[4, "p_maxinit_0"] < 1e-6 < 0.05 < table.loc[4, "p_maxinit_0"]


def test_the_window_reaches_every_figure(exported, experiments):
    folder = exported("--evoked=60-180", "--baseline=0-30")
    source = SourceData(folder)
    trials = source.read(fig2.RESPONSE_CSV["DeePSim_thread_evol"])
    np.testing.assert_allclose(
        trials["resp"], np.concatenate(block_rates(experiments[0], (60, 180)))
    )
    np.testing.assert_allclose(trials["bsl"], np.concatenate(block_rates(experiments[0], (0, 30))))
    psth = source.read(fig5.PSTH["first", "DeePSim_mean"])
    np.testing.assert_allclose(
        window_rate(psth, (60, 180), axis=1), source.read(fig4.RESPONSES["DeePSim_mean"])[:, 0]
    )
    similarity = source.read(fig3.SIMILARITY).set_index("Expi")
    highest = [
        max(window_rate(block.mean(1), (60, 180)) for row in e.psth for block in row)
        for e in experiments
    ]
    np.testing.assert_allclose(similarity["normalizer"], highest)
    meta = source.read(ext4.META).set_index("Expi")
    times = source.read(fig4.TIME_CONSTANTS).set_index("Expi")
    np.testing.assert_array_equal(meta["p_maxinit_1"], times["p_maxinit_1"])
    listed = pd.read_csv(folder / "experiments.csv").set_index("Expi")
    np.testing.assert_allclose(listed.loc[meta.index, "FC_P"], meta["p_maxinit_0"])
    assert listed.loc[[1, 3, 4], "FC_success"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    "words", [(), ("--evoked=60-180", "--baseline=0-30"), ("--evoked=55-180",)]
)
def test_checks_of_the_files_know_the_window(exported, words):
    source = SourceData(exported(*words))
    for folder in (fig4.FOLDER, fig5.FOLDER, ext4.FOLDER):
        assert [c.name for c in check_folder(source, folder) if not c.passed] == []
    names = [check.name for check in check_folder(source, fig5.FOLDER)]
    window = words[0].removeprefix("--evoked=") if words else "50-200"
    assert f"5A, first block, DeePSim_mean: {window} ms mean is Figure 4's" in names
    # 55-180 ms is not made of windows of 10 ms
    assert any("mean of the windows" in name for name in names) == (window != "55-180")


def test_one_area_leaves_its_experiments_alone(exported, capsys):
    source = SourceData(exported("--area=V4"))
    assert source.experiment_order["Expi"].tolist() == [1, 4]
    rates = source.read(fig4.SUCCESS_RATE).set_index("label")
    assert rates["total"].to_dict() == {"V1": 0, "V4": 2, "IT": 0}
    assert source.settings(fig4.FOLDER) == AnalysisSettings(areas=("V4",))
    listed = pd.read_csv(source.root / "experiments.csv").set_index("Expi")
    assert listed.loc[3, "why_not"] == "of an area that was not asked for"


def test_defaults_add_nothing_and_change_nothing(exported, tmp_path):
    file = tmp_path / "published.toml"
    file.write_text('evoked = [50, 200]\nbaseline = [0, 45]\nareas = ["V1", "V4", "IT"]\n')
    plain, named = exported(), exported(f"--settings={file}")
    paths = sorted(path.relative_to(plain) for path in plain.rglob("*") if path.is_file())
    assert len(paths) > 250
    for path in paths:
        if path.name != "provenance.json":
            assert (plain / path).read_bytes() == (named / path).read_bytes(), path
    records = SourceData(plain).provenance
    assert {tuple(record.details) for record in records.values()} == {("recordings", "bytes")}
    assert SourceData(plain).settings(fig4.FOLDER) == PUBLISHED


def test_settings_stand_in_the_provenance_and_come_back(exported):
    source = SourceData(exported("--evoked=60-180", "--baseline=0-30"))
    details = source.provenance[fig4.MASKS.path].details
    assert details["settings"] == {"evoked": [60, 180], "baseline": [0, 30]}
    assert source.settings(fig4.FOLDER) == OTHER
    assert not source.is_published_cohort(fig4.FOLDER)


def test_a_file_sets_everything_and_options_go_before_it(exported, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'evoked = [70, 150]\nareas = ["V4"]\nexclude = [4]\nmin_blocks = 17\n'
        "success_level = 0.001\nrise_share = 0.5\n"
    )
    source = SourceData(exported(f"--settings={file}", "--evoked=60-180"))
    assert source.settings(fig4.FOLDER) == AnalysisSettings(
        (60, 180), areas=("V4",), exclude=(4,), min_blocks=17, success_level=0.001, rise_share=0.5
    )
    assert source.experiment_order["Expi"].tolist() == [1]
    assert source.read(fig4.MASKS)["valid"].tolist() == [0]  # it has 16 blocks
    label = source.read(fig4.SUCCESS_CRITERION)["sucs_criterion_label"]
    assert label == "max > init, P<0.001"
    half = source.read(fig4.TIME_CONSTANTS)["FC_tc0_bslinit"][0]
    assert half < SourceData(exported()).read(fig4.TIME_CONSTANTS)["FC_tc0_bslinit"][0]
    assert [c for c in check_folder(source, fig4.FOLDER) if not c.passed] == []


BAD = [
    ("--evoked=60-250", "--evoked: expected a window inside 0-200 ms, found 60-250."),
    ("--evoked=180-60", "--evoked: expected a window inside 0-200 ms, found 180-60."),
    ("--baseline=early", "--baseline: expected a window in ms, as in 60-180, found 'early'."),
    ("--settings=none.toml", "none.toml: expected settings as TOML, found No such file"),
    ("evoked_window = [60, 180]", "expected evoked, baseline, .*, found evoked_window."),
    ("evoked = 60", r"evoked: expected start and stop in ms, as in \[60, 180\], found 60."),
    ("evoked = [60, 180.5]", "evoked: expected start and stop in ms"),
    ("baseline = [0, 201]", "baseline: expected a window inside 0-200 ms, found 0-201."),
    ('areas = ["V2"]', "areas: expected some of V1, V4, IT, found V2."),
    ("areas = []", "areas: expected some of V1, V4, IT, found none."),
    ('areas = "V4"', "areas: expected a list of some of V1, V4, IT, found 'V4'."),
    ("exclude = [0]", "exclude: expected numbers of experiments, from 1, found 0."),
    ("min_blocks = 0", "min_blocks: expected a whole number of at least 1, found 0."),
    ("success_level = 1", "success_level: expected a number between 0 and 1, found 1."),
    ("rise_share = true", "rise_share: expected a number between 0 and 1, found True."),
    ("evoked = [60,", "expected settings as TOML, found "),
]


@pytest.mark.parametrize(("given", "sentence"), BAD)
def test_bad_settings_are_one_sentence_and_write_nothing(
    matroot, tmp_path, capsys, given, sentence
):
    if not given.startswith("--"):
        (tmp_path / "mine.toml").write_text(given)
        given = f"--settings={tmp_path / 'mine.toml'}"
    out = tmp_path / "out"
    assert run(lambda: export.main([f"--matroot={matroot}", f"--out={out}", given])) == 2
    (line,) = capsys.readouterr().err.splitlines()
    with pytest.raises(SettingError, match=sentence):
        raise SettingError(line)
    assert not out.exists()


def test_an_unknown_area_is_refused_with_those_that_there_are(matroot, capsys):
    with pytest.raises(SystemExit, match="2"):
        export.main([f"--matroot={matroot}", "--area=V2"])
    assert "invalid choice: 'V2' (choose from" in capsys.readouterr().err


def test_an_area_without_experiments_is_refused(matroot, tmp_path, capsys):
    words = [f"--matroot={matroot}", f"--out={tmp_path / 'out'}", "--area=V1"]
    assert run(lambda: export.main(words)) == 2
    assert "expected experiments in V1 that can be used, found none." in capsys.readouterr().err


def test_settings_travel_to_the_notebooks():
    settings = Settings(analysis=replace(OTHER, areas=("V4",), exclude=(7,)))
    assert Settings.from_environment(settings.to_environment()).analysis == settings.analysis
    assert Settings.from_environment({}).analysis == PUBLISHED


def test_figures_of_other_settings_are_not_put_beside_those_that_stay(exported, tmp_path, matroot):
    source = SourceData(exported())
    output = Output(source.root, (fig4.FOLDER,), False, "mine", settings=OTHER)
    with pytest.raises(SettingError, match=r"expected the settings of this export \(evoked window"):
        output.refuse()
    replace(output, force=True).refuse()
    replace(output, settings=PUBLISHED).refuse()
    everything = [f.FOLDER for f in (fig2, fig3, fig4, fig5, ext4)]
    replace(output, folders=tuple(everything)).refuse()


def test_a_provenance_with_settings_that_there_are_not_is_refused(exported, tmp_path):
    path = tmp_path / "provenance.json"
    content = json.loads((exported() / "provenance.json").read_text())
    content[fig4.MASKS.path]["details"]["settings"] = {"evoked": [0, 300]}
    path.write_text(json.dumps(content))
    copied = tmp_path / fig4.MASKS.path
    copied.parent.mkdir()
    copied.write_bytes((exported() / fig4.MASKS.path).read_bytes())
    with pytest.raises(ContractError, match="expected settings of an analysis for Fig4"):
        SourceData(tmp_path).settings(fig4.FOLDER)


def test_numbers_of_other_settings_are_not_compared():
    found = {"fig4a.IT.BigGAN.total": 106.0}
    result = FigureResult("4", None, Origin.RECORDED, statistics=found, settings=OTHER.words())
    compared = next(c for c in compare(result) if c.value is not None)
    assert compared.verdict == OTHER_SETTINGS == "not comparable: other settings"
    assert compared.difference is None
    assert "evoked window 60-180 ms (published: 50-200 ms)" in csv_row(compared)["note"]
    simulated = replace(result, origin=Origin.SIMULATED)
    (verdict,) = {c.verdict for c in compare(simulated) if c.value is not None}
    assert verdict == "not comparable: simulated"


def test_the_published_functions_test_in_the_window_of_the_trajectories(experiments):
    trajectories, table = extract_all_evol_trajectory_dyna(experiments, range(60, 180), range(30))
    rates = block_rates(experiments[0], (60, 180))
    np.testing.assert_allclose(trajectories[1][:, 0], [rate.mean() for rate in rates])
    before = [rate.mean() for rate in block_rates(experiments[0], (0, 30))]
    np.testing.assert_allclose(trajectories[1][:, 4], before)
    pd.testing.assert_frame_equal(table, get_meta_df(experiments, range(60, 180)))
    _, published = extract_all_evol_trajectory(experiments)
    pd.testing.assert_frame_equal(published, get_meta_df(experiments))
    assert published.loc[4, "p_maxinit_0"] < 1e-6 < 0.05 < table.loc[4, "p_maxinit_0"]


def test_the_list_and_the_trials_take_the_windows(matroot, tmp_path, capsys):
    words = ["--evoked=60-180", f"--matroot={matroot}"]
    assert run(lambda: listing.main(["list", "--area=V4", *words])) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("2 used, 2 skipped")
    assert lines[-1] == (
        "Settings: evoked window 60-180 ms (published: 50-200 ms); areas V4 (published: V1, V4, IT)"
    )
    assert run(lambda: listing.main(["trials", "1", f"--out={tmp_path}", *words])) == 0
    trials = pd.read_csv(tmp_path / "Exp001_trials.csv")
    psth = pd.read_csv(tmp_path / "Exp001_psth.csv").iloc[:, 1:]
    np.testing.assert_allclose(trials["evoked"], psth.iloc[:, 60:180].mean(axis=1))
