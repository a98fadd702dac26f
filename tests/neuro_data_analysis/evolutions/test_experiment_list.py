"""Which experiments are used, and why others are not; a bad one stops nothing; trials as arrays."""

import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.contract import ext4, fig2, fig4, fig5
from core.contract.source_data import SourceData
from core.errors import RecordingError, run
from core.matlab.writing import Cell, write_matfile
from core.statistics.windows import window_rate
from neuro_data_analysis import __main__ as listing
from neuro_data_analysis.evolutions.cohort import gather_all
from neuro_data_analysis.evolutions.experiment_list import broken, experiment_table, used_line
from neuro_data_analysis.export import __main__ as export
from neuro_data_analysis.recordings.arrays import trial_arrays
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from tests.small_recordings import N_REFERENCES, N_TRIALS, element, recordings

ROOT = Path(__file__).parents[3]


def without_psth(raw):
    return {**raw, "evol": {k: v for k, v in raw["evol"].items() if k != "psth"}}


ELEMENTS = [
    element(1),
    None,
    element(3, n_blocks=8),
    without_psth(element(4)),
    element(5, rises=False),
    None,
    element(7, ephysFN="Beto-18082020-002"),
]


@pytest.fixture
def matroot(tmp_path):
    """A lab's own data set, without Exp 155 and with a field missing in Exp 4."""
    (tmp_path / "mine").mkdir()
    content = [{"evol": None} if raw is None else raw for raw in ELEMENTS]
    (tmp_path / "mine" / EVOLUTION_FILES[1]).write_bytes(pickle.dumps(content))
    return tmp_path / "mine"


def test_broken_experiments_are_found_with_their_reason():
    found = broken(recordings(*ELEMENTS))
    assert list(found) == [4]
    assert found[4].startswith("field evol.psth: expected this field, found only block_n")


def test_experiments_without_spikes_or_with_less_trials_than_said_are_broken():
    silent, short = element(1), element(2)
    silent["evol"]["psth"] = [[0 * block for block in row] for row in silent["evol"]["psth"]]
    short["evol"]["psth"][0][3] = short["evol"]["psth"][0][3][:, :5]
    found = broken(recordings(silent, short, element(3)))
    assert found[1] == "expected evoked spikes, found none in any block"
    assert "expected 12 trials in block 4 of thread 0" in found[2]
    assert list(found) == [1, 2]


def test_a_line_says_how_many_are_used_and_why_others_are_not():
    data = recordings(*ELEMENTS)
    chosen = data.without({1: "excluded", 4: "no psth"})
    assert used_line(chosen) == (
        "3 used, 4 skipped: Exp 1, excluded; Exp 2, 6, no evolution is stored; Exp 4, no psth"
    )
    assert used_line(recordings(element(1))) == "1 used, 0 skipped"
    with pytest.raises(RecordingError, match=r"that it is left out \(excluded\)"):
        chosen.experiment(1)
    with pytest.raises(RecordingError, match="expected experiments 1 to 7, found Exp 9"):
        data.without({9: "excluded"})
    assert data.usable() == [1, 3, 4, 5, 7]


def test_the_table_has_a_row_for_every_experiment():
    data = recordings(*ELEMENTS).without({4: "no psth"})
    table = experiment_table(data, gather_all(data)).set_index("Expi")
    assert table.index.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert table["used"].tolist() == [True, False, True, False, True, False, True]
    assert table.loc[2, "why_not"] == "no evolution is stored"
    assert table.loc[4, "why_not"] == "no psth"
    assert table.loc[[1, 3, 5, 7], "valid"].tolist() == [True, False, True, False]
    assert table.loc[3, "why_not_valid"] == "fewer than 15 blocks"
    assert table.loc[7, "why_not_valid"] == "unstable baseline"
    assert table.loc[1, "why_not_valid"] == ""
    assert table.loc[[1, 5], "FC_success"].tolist() == [True, False]
    assert table.loc[1, "FC_t"] > 10
    assert table.loc[1, "FC_P"] < 1e-10
    assert table.loc[1, "n_trials_BG"] == 16 * N_TRIALS
    assert table.loc[1, "visual_area"] == "V4"
    masks = ["FCsucc001", "anysucc005", "V4msk", "ITmsk"]
    assert table.loc[1, masks].tolist() == [1, 1, 1, 0]


def test_trials_stand_in_the_order_of_presentation():
    (experiment,) = recordings(element(1, n_blocks=3)).experiments()
    rates, trials = trial_arrays(experiment)
    n = 3 * 2 * (N_TRIALS + N_REFERENCES)
    assert rates.shape == (n, 200)
    assert trials["trial"].tolist() == list(range(1, n + 1))
    third = trials[(trials["kind"] == "evolved") & (trials["thread"] == 1) & (trials["block"] == 3)]
    np.testing.assert_array_equal(rates[third.index], experiment.psth[1][2].T)
    np.testing.assert_allclose(third["evoked"], window_rate(experiment.psth[1][2]))
    np.testing.assert_allclose(third["baseline"], rates[third.index][:, :45].mean(axis=1))
    assert third["image"].tolist() == [f"block002_thread001_{k}" for k in range(N_TRIALS)]
    assert set(third["generator"]) == {"BigGAN"}
    assert trials[trials["kind"] == "reference"]["image"].str.startswith("natref").all()


# From the command line, as the lab met it


def test_one_bad_experiment_and_no_example_do_not_stop_the_export(matroot, tmp_path, capsys):
    out = tmp_path / "out"
    words = [f"--matroot={matroot}", f"--out={out}"]
    assert run(lambda: export.main(words)) == 2
    told = capsys.readouterr()
    assert told.out.startswith("5 used, 2 skipped: Exp 2, 6, no evolution is stored\n")
    assert "Exp 4" in told.err
    assert "--skip-bad leaves such experiments out" in told.err

    assert run(lambda: export.main([*words, "--skip-bad"])) == 2  # there is no Exp 155
    told = capsys.readouterr()
    first = told.out.splitlines()[0]
    assert first.startswith("4 used, 3 skipped: Exp 2, 6, no evolution is stored; Exp 4, field evo")
    assert told.err.count("error: ") == 1
    assert "error: Figure 2, " in told.err
    assert "--example N names another for Figure 2" in told.err
    source = SourceData(out)
    assert source.experiment_order["Expi"].tolist() == [1, 3, 5, 7]
    for figure in (fig4, fig5, ext4):
        assert source.missing(figure.FOLDER) == []
    assert source.missing(fig2.FOLDER) != []
    table = pd.read_csv(out / "experiments.csv").set_index("Expi")
    assert table["used"].tolist() == [True, False, True, False, True, False, True]

    assert run(lambda: export.main([*words, "--exclude", "4", "7", "--example", "3"])) == 0
    told = capsys.readouterr()
    assert "Exp 4, 7, excluded" in told.out
    assert told.err == ""
    assert SourceData(out).read(fig2.META)["Expi"] == 3
    assert SourceData(out).missing(fig2.FOLDER) == []
    assert SourceData(out).experiment_order["Expi"].tolist() == [1, 3, 5]


def test_an_experiment_that_is_none_cannot_be_excluded(matroot, tmp_path, capsys):
    words = [f"--matroot={matroot}", f"--out={tmp_path / 'out'}", "--exclude", "99"]
    assert run(lambda: export.main(words)) == 2
    assert "expected experiments 1 to 7, found Exp 99" in capsys.readouterr().err


def test_the_list_is_printed_and_written(matroot, tmp_path, capsys):
    file = tmp_path / "mine.csv"
    words = ["list", f"--matroot={matroot}", "--skip-bad", f"--csv={file}"]
    assert run(lambda: listing.main(words)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["Expi", "recording", "area", "blocks"]
    assert lines[2].split()[:4] == ["3", "Beto-28072020-003", "V4", "8"]
    assert "fewer than 15 blocks" in lines[2]
    assert lines[-2].startswith("4 used, 3 skipped: ")
    assert pd.read_csv(file)["Expi"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert run(lambda: listing.main(words[:2])) == 2
    assert "Exp 4, field evol.psth" in capsys.readouterr().err


def test_trials_are_written_as_tables(matroot, tmp_path, capsys):
    words = ["trials", "3", f"--matroot={matroot}", f"--out={tmp_path / 'trials'}"]
    assert run(lambda: listing.main(words)) == 0
    paths = capsys.readouterr().out.splitlines()
    trials, psth = (pd.read_csv(path) for path in paths)
    assert paths[0].endswith("Exp003_trials.csv")
    with open_recordings(matroot) as data:
        rates, expected = trial_arrays(data.experiment(3))
    pd.testing.assert_frame_equal(trials, expected, check_dtype=False)
    np.testing.assert_allclose(psth.to_numpy()[:, 1:], rates)
    assert list(psth)[:3] == ["trial", "ms_0", "ms_1"]
    assert run(lambda: listing.main(["trials", "2", words[2]])) == 2


def test_the_example_of_the_page_runs(tmp_path, monkeypatch):
    (tmp_path / "simulated_data" / "matroot").mkdir(parents=True)
    content = [{"evol": None}] * 154 + [element(155)]
    path = tmp_path / "simulated_data" / "matroot" / EVOLUTION_FILES[1]
    path.write_bytes(pickle.dumps(content))
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n([^`]*trial_arrays.*?)```", page, re.S)
    names = {}
    exec(example, names)
    assert names["rates"].shape == (16 * 2 * (N_TRIALS + N_REFERENCES), 200)
    means = names["evolved"].groupby("block")["evoked"].mean()
    assert (means.diff().dropna() > 0).all()


def as_matlab(raw):
    """An element as MATLAB holds it: cells of 2 rows, arrays of two axes at least."""
    if isinstance(raw, dict):
        return {name: as_matlab(value) for name, value in raw.items()}
    if isinstance(raw, list) and isinstance(raw[0], list):
        return Cell([[as_matlab(value) for value in row] for row in raw])
    if isinstance(raw, list):
        return Cell.row(raw)
    if isinstance(raw, np.ndarray) and raw.ndim == 1:
        return raw[None]
    return raw[None] if isinstance(raw, np.ndarray) and raw.shape[0] == 200 else raw


def test_rates_are_read_without_the_numbers_of_the_trials_but_held_against_them(tmp_path):
    good, short = element(1), element(2)
    short["evol"]["idx_seq"][1][3] = short["evol"]["idx_seq"][1][3][:7]
    path = tmp_path / EVOLUTION_FILES[0]
    elements = [as_matlab(raw) for raw in (good, short)]
    write_matfile(path, "BFEStats", iter(elements), list(good))
    with open_recordings(path) as data:
        first, second = data.experiments()
        np.testing.assert_array_equal(first.psth[1][2], good["evol"]["psth"][1][2])
        assert "idx_seq" not in vars(first)
        with pytest.raises(RecordingError, match=r"7 trials in block 4 of thread 1.*found 12"):
            second.psth  # noqa: B018
        assert first.idx_seq[1][2].tolist() == good["evol"]["idx_seq"][1][2].tolist()


def test_figure_4_is_gathered_without_what_it_does_not_need():
    data = recordings(element(1), element(2))
    cohort = gather_all(data, with_psth=False)
    assert cohort.summaries[0].psth is None
    assert cohort.summaries[0].windows == {}
    whole = gather_all(data, ((50, 60),))
    np.testing.assert_array_equal(cohort.responses.mean, whole.responses.mean)
    pd.testing.assert_frame_equal(cohort.meta, whole.meta)
