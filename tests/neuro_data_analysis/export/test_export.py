"""Source data from recordings: identities that must hold, and when the exporters refuse."""

import itertools
import json
import os
import shutil
import signal

import numpy as np
import pandas as pd
import pytest

from core.contract import ext4, ext5, fig2, fig3, fig4, fig5, fig6
from core.contract.descriptions import SLICES
from core.contract.signs import content_is_signed
from core.contract.source_data import SourceData
from core.errors import SettingError, run
from core.statistics.windows import window_rate
from neuro_data_analysis.evolutions.cohort import gather
from neuro_data_analysis.evolutions.evolution_tests import evolution_tests
from neuro_data_analysis.evolutions.trajectories import complete_blocks, n_complete_blocks
from neuro_data_analysis.export import __main__ as command
from neuro_data_analysis.export import output as export_output
from neuro_data_analysis.export.ext4 import attribution
from neuro_data_analysis.export.run import export_all
from neuro_data_analysis.recordings.experiment import Experiment


@pytest.fixture
def experiment(recordings):
    return recordings.experiment(155)


@pytest.fixture
def row(source):
    return int(np.flatnonzero(source.experiment_order["Expi"] == 155)[0])


def test_every_file_is_written_and_listed(source):
    for figure in (fig2, fig3, fig4, fig5, fig6, ext4):
        assert source.missing(figure.FOLDER) == []
    absent = source.missing(ext5.FOLDER)
    assert absent == [] or {file.name for file in absent} == {
        f.name for f in ext5.ALIGNMENT.values()
    }
    assert len(source.provenance) == 294
    assert {record.source for record in source.provenance.values()} == {"export"}


def test_normalised_responses_follow_from_trials(source, experiment, row):
    psth = complete_blocks(experiment.psth)
    means = np.array([[window_rate(block).mean() for block in thread] for thread in psth])
    for thread, name in enumerate(SLICES[:2]):
        found = source.read(fig4.RESPONSES[name])[row, : means.shape[1]]
        np.testing.assert_allclose(found, means[thread] / means.max())
    real = source.read(fig4.REAL_BLOCKS)[row]
    assert real.sum() == means.shape[1] == 23


def test_tests_in_the_tables_follow_from_trials(source, experiment, row):
    psth = complete_blocks(experiment.psth)
    expected = evolution_tests([[window_rate(block) for block in thread] for thread in psth])
    table = source.read(fig4.TIME_CONSTANTS).iloc[row]
    for name, value in expected.items():
        assert table[name] == pytest.approx(value)
    assert table["visual_area"] == "IT"
    assert table["ephysFN"] == "Alfa-25112020-003-SIM"


def test_figure_2_holds_the_example_trial_by_trial(source, recordings):
    experiment = recordings.experiment(source.read(fig2.META)["Expi"])
    n_blocks = n_complete_blocks(*experiment.psth)
    trials = source.read(fig2.RESPONSE_CSV["BigGAN_thread_evol"])
    assert len(trials) == sum(block.shape[1] for block in experiment.psth[1])
    np.testing.assert_allclose(
        trials.loc[trials["gen"] == 3, "resp"], window_rate(experiment.psth[1][2])
    )
    natref = source.read(fig2.RESPONSE_CSV["DeePSim_thread_natref"])
    shown = [block.shape[1] for block in experiment.ref_psth[0]]
    assert len(natref) == sum(shown)
    assert natref["gen"].max() == np.flatnonzero(shown)[-1] + 1
    pickled = source.read(fig2.PSTH_PICKLE)
    assert pickled["psth_arr"].shape == (n_blocks, 4, 200)
    assert isinstance(pickled["offset"], np.float64)
    assert pickled["offset"] == np.ceil(pickled["psth_arr"][:, :2].max() / 2.2 / 10) * 10
    np.testing.assert_allclose(source.read(fig2.PSTH_CSV["BigGAN_mean"]), pickled["psth_arr"][:, 2])
    assert list(source.read(fig2.RESPONSE_PICKLE)) == list(fig2.TRIALS)


def test_success_rates_count_valid_experiments(source):
    rates = source.read(fig4.SUCCESS_RATE).set_index("label")
    masks = source.read(fig4.MASKS)
    for area in ("V1", "V4", "IT"):
        inside = masks[(masks["valid"] == 1) & (masks[f"{area}msk"] == 1)]
        meta = source.read(fig4.TIME_CONSTANTS).loc[inside.index]
        assert rates.loc[area, "total"] == len(inside)
        for thread, name in enumerate(("FC", "BG")):
            success = inside[f"{name}succ001"].eq(1) & meta[f"t_maxinit_{thread}"].gt(0)
            assert rates.loc[area, f"{name}_suc"] == success.sum()


def test_attribution_shares_the_rise():
    means = np.zeros((3, 200))
    means[1, 60:70] = 2.0
    means[1, 100:110] = 6.0
    means[2] = 0.1
    share = attribution(means, 10)
    assert share[6] == pytest.approx(0.25)
    assert share[10] == pytest.approx(0.75)
    assert np.isnan(attribution(means[[1, 0, 2]], 10)).all()
    assert attribution(means, 50).sum() == pytest.approx(1)


def test_undefined_attribution_is_an_empty_row(source):
    masks = source.read(fig4.RESPONSES["BigGAN_mean"])
    best_first = masks.argmax(axis=1) == 0
    share = source.read(ext4.ATTRIBUTION["BigGAN", 50])
    np.testing.assert_array_equal(np.isnan(share).all(axis=1), best_first)


def test_an_experiment_with_three_blocks_is_summarised(recordings, tmp_path):
    raw = dict(recordings.elements[154])
    evol, ref = dict(raw["evol"]), dict(raw["ref"])
    for part in (evol, ref):
        for name in ("psth", "idx_seq", "rspmat"):
            part[name] = [row[:3] for row in part[name]]
    evol["block_n"] = np.float64(3)
    cohort = gather([Experiment(155, {**raw, "evol": evol, "ref": ref})])
    assert cohort.meta.loc[155, "blockN"] == 3
    assert not cohort.meta.loc[155, "valid"]
    assert np.isfinite(cohort.meta.loc[155, "t_maxinit_0"])


def test_an_interruption_leaves_the_folder_as_it_was(
    recordings, folders, simulation, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    export_all(recordings, out, folders)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    written = itertools.count()
    original = SourceData.write

    def interrupted(self, file, value):
        if next(written) == 20:
            raise KeyboardInterrupt
        return original(self, file, value)

    monkeypatch.setattr(SourceData, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_all(recordings, out, folders)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_an_interruption_while_files_are_moved_waits_for_the_last_one(
    recordings, folders, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    moved = itertools.count()
    original = shutil.move

    def interrupted(*arguments):
        if next(moved) == 100:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(shutil, "move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_all(recordings, out, folders)
    source = SourceData(out)
    assert len(source.provenance) == 294
    assert all((out / name).is_file() for name in source.provenance)


def test_simulated_and_real_data_are_never_mixed(recordings, folders, tmp_path, monkeypatch):
    out = tmp_path / "source_data"
    monkeypatch.setattr(export_output, "SOURCE_DATA", out)
    with pytest.raises(SettingError, match="found simulated ones; give another folder"):
        export_all(recordings, out, folders)
    assert not out.exists()
    other = tmp_path / "other"
    (other / "Fig4").mkdir(parents=True)
    (other / fig4.MASKS.path).write_text("valid\n1\n")
    with pytest.raises(SettingError, match="never mixed"):
        export_all(recordings, other, folders, force=True)


def test_files_of_another_origin_are_kept(recordings, folders, source, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(source.root, out)
    shutil.copy(source.root.parent / "SIMULATED.json", out)
    export_all(recordings, out, folders)
    path = out / fig4.MASKS.path
    path.write_text(path.read_text() + "\n")
    with pytest.raises(SettingError, match="changes since its export; --force replaces it"):
        export_all(recordings, out, folders)
    (out / "provenance.json").unlink()
    with pytest.raises(SettingError, match="no known origin"):
        export_all(recordings, out, folders)
    export_all(recordings, out, folders, force=True)


def test_without_the_example_the_other_figures_are_made(recordings, folders, source, tmp_path):
    export = export_all(recordings, tmp_path / "out", folders, example_expi=11)
    (error,) = export.refused
    assert str(error).startswith("Figure 2, ")
    assert "a recording of Exp 11, found none; --example N names another" in str(error)
    found = SourceData(tmp_path / "out")
    assert found.missing(fig2.FOLDER) != []
    for figure in (fig3, fig4, fig5, fig6, ext4):
        assert found.missing(figure.FOLDER) == []
    np.testing.assert_array_equal(found.read(fig4.REAL_BLOCKS), source.read(fig4.REAL_BLOCKS))
    table = pd.read_csv(tmp_path / "out" / "experiments.csv")
    assert len(table) == 190
    assert content_is_signed(table["FC_t"].to_numpy())


def test_the_command_says_in_one_line_what_is_wrong(simulation, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MATROOT", raising=False)
    assert run(lambda: command.main([])) == 2
    assert run(lambda: command.main(["--matroot", str(tmp_path)])) == 2
    overrides = tmp_path / "o.json"
    overrides.write_text("[]")
    (tmp_path / "Both_BigGAN_FC6_Evol_Stats.mat").write_text("text")
    arguments = ["--matroot", str(tmp_path), "--overrides", str(overrides)]
    assert run(lambda: command.main(arguments)) == 2
    assert run(lambda: command.main(arguments[:2])) == 2
    (tmp_path / "Both_BigGAN_FC6_Evol_Stats.mat").unlink()
    for content in (
        '{"155": {"optim_names": 5}}',
        '{"155": {"name": "x"}}',
        '{"3": {"stimuli": 5}}',
    ):
        overrides.write_text(content)
        arguments = ["--matroot", str(simulation / "matroot"), "--overrides", str(overrides)]
        assert run(lambda arguments=arguments: command.main(arguments)) == 2
    overrides.write_text('{"999": {"stimuli": "x"}}')
    assert run(lambda: command.main(arguments)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 8
    assert all(line.startswith("error: ") and "expected" in line for line in lines)


def test_overrides_reach_the_tables(simulation, tmp_path, capsys):
    overrides = tmp_path / "o.json"
    overrides.write_text(json.dumps({"155": {"optim_names": ["CMAES_Hessian", "CMAES"]}}))
    out = tmp_path / "out"
    command.main(
        ["--matroot", str(simulation / "matroot"), "--out", str(out), "--overrides", str(overrides)]
    )
    table = SourceData(out).read(ext4.META).set_index("Expi")
    assert table.loc[155, "optim_names1"] == "CMAES_Hessian"
    assert table.loc[3, "optim_names1"] == "CMAES"
    assert SourceData(out).is_simulated
