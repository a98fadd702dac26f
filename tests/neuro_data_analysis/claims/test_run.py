"""The command, on averages and on recordings; the published numbers on the real averages."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.contract.signs import content_is_signed
from core.errors import MissingFileError, run
from core.explorer.averages import Rates
from core.explorer.store import FILE_NAME, load_averages, save_averages
from core.statistics.analysis import AnalysisSettings
from core.statistics.windows import EVOKED, window_rate
from neuro_data_analysis.claims.__main__ import main
from neuro_data_analysis.claims.observations import observe_averages, observe_recordings
from neuro_data_analysis.claims.run import observe
from neuro_data_analysis.claims.table import claims_table
from tests.claims_cohort import cohort

REAL = os.environ.get("EXPLORER_DATA")


def test_the_command_writes_table_and_picture_and_prints_the_table(tmp_path, capsys):
    save_averages(tmp_path / FILE_NAME, cohort(np.random.default_rng(0))[::3])
    out = tmp_path / "made" / "claims.csv"
    assert main(["--data", str(tmp_path), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    table = pd.read_csv(out)
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "V1 ends higher in the texture space" in printed
    assert f"{table['p'].count()} tests in all" in printed
    assert table["source"].unique().tolist() == [
        "block averages of the authors' explorer (numbers of trials: derived)"
    ]
    assert not content_is_signed(table)
    written = out.read_bytes()
    assert main(["--data", str(tmp_path), "--out", str(out)]) == 0
    assert out.read_bytes() == written


def test_a_table_must_be_a_csv_file(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--out", "claims.txt"])
    assert stopped.value.code == 2
    assert "expected a file that ends in .csv, found 'claims.txt'" in capsys.readouterr().err


def test_a_table_must_not_be_a_folder(tmp_path, capsys):
    (tmp_path / "claims.csv").mkdir()
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path / "claims.csv")])
    assert stopped.value.code == 2
    assert "expected a file to write, found the folder" in capsys.readouterr().err


def test_a_folder_without_averages_is_refused(tmp_path, capsys):
    assert run(lambda: main(["--data", str(tmp_path)])) == 2
    assert f"{tmp_path / FILE_NAME}: expected block averages" in capsys.readouterr().err


def test_where_nothing_is_at_hand_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.delenv("MATROOT", raising=False)
    for name in ("EXPLORER_DATA", "SIMULATED_DATA"):
        monkeypatch.setattr(f"neuro_data_analysis.claims.run.{name}", tmp_path / "none")
    with pytest.raises(MissingFileError, match="download --from explorer"):
        observe(None, None)


@pytest.mark.slow
def test_simulated_recordings_say_so_in_every_row(recordings, tmp_path):
    seen = observe_recordings(recordings)
    table = claims_table(seen)
    assert table["source"].str.startswith("SIMULATED").all()
    assert seen.cohort.meta.index.tolist() == recordings.usable()
    experiment, beside = recordings.experiment(155), seen.beside[-1]
    n_blocks = seen.cohort.meta.loc[155, "blockN"]
    assert beside.trials.shape == (n_blocks, 2)
    assert beside.trials[3].tolist() == [len(thread[3]) for thread in experiment.idx_seq]
    rates = window_rate(experiment.ref_psth[1][3], EVOKED)
    assert beside.reference.mean[3, 1] == pytest.approx(rates.mean())
    assert beside.reference.sem[3, 1] == pytest.approx(rates.std(ddof=1) / len(rates) ** 0.5)


@pytest.mark.slow
def test_other_settings_reach_every_number_and_stand_in_every_row(recordings):
    seen = observe_recordings(recordings, AnalysisSettings(evoked=(60, 180)))
    assert "evoked window 60-180 ms (published: 50-200 ms)" in seen.source
    experiment = recordings.experiment(155)
    reference = window_rate(experiment.ref_psth[1][3], (60, 180))
    assert seen.beside[-1].reference.mean[3, 1] == pytest.approx(reference.mean())
    shown = window_rate(experiment.psth[1][3], (60, 180))
    assert seen.cohort.responses.mean[-1, 3, 1] == pytest.approx(shown.mean())


def test_averages_have_no_other_settings(tmp_path, capsys):
    save_averages(tmp_path / FILE_NAME, cohort(np.random.default_rng(0))[:2])
    assert run(lambda: main(["--data", str(tmp_path), "--evoked", "60-180"])) == 2
    assert "expected recordings, which other settings" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_takes_recordings(simulation, tmp_path, capsys):
    out = tmp_path / "claims.csv"
    assert main(["--matroot", str(simulation / "matroot"), "--out", str(out)]) == 0
    assert "Source: SIMULATED recordings, no evidence" in capsys.readouterr().out
    assert content_is_signed(pd.read_csv(out))


def test_an_experiment_without_references_is_not_corrected():
    shown = cohort(np.random.default_rng(0))[:2]
    nothing = np.full_like(shown[0].reference.mean, np.nan)
    shown = [replace(of, reference=Rates(nothing, nothing)) for of in shown]
    table = claims_table(observe_averages(shown))
    values = table.pivot(index="name", columns="variant", values="value").loc["end.V1"]
    assert values["drift corrected"] == pytest.approx(values["published"], rel=1e-12)


@pytest.fixture(scope="module")
def real():
    if not REAL:
        pytest.skip("EXPLORER_DATA does not name the folder of the explorer's averages")
    return claims_table(observe_averages(load_averages(Path(REAL) / FILE_NAME)))


def of(table, name, variant="published"):
    return table[(table["variant"] == variant) & (table["name"] == name)].iloc[0]


@pytest.mark.parametrize(
    ("name", "value", "statistic", "n"),
    [
        ("end.V1", 0.199, "t(9) = 4.65", 10),
        ("end.V4", 0.162, "t(36) = 5.99", 37),
        ("start.V1", -0.133, "t(9) = -3.49", 10),
        ("start.V4", -0.076, "t(36) = -4.25", 37),
        ("start.IT", -0.095, "t(85) = -7.32", 86),
        ("early.IT", 0.100, "t(85) = 4.53", 86),
        ("late.IT", -0.109, "t(85) = -3.21", 86),
        ("success.V1", 1.0, "discordant 10:0", 10),
        ("success.V4", 0.447, "discordant 17:0", 38),
    ],
)
def test_real_averages_give_the_published_tests(real, name, value, statistic, n):
    row = of(real, name)
    assert (row["statistic"], row["n"]) == (statistic, n)
    assert row["value"] == pytest.approx(value, abs=5e-4)
    assert row["verdict"] == "holds"


def test_real_averages_say_what_holds_and_what_does_not(real):
    both = of(real, "end.IT.both")
    assert both["value"] == pytest.approx(0.002, abs=5e-4)
    assert both["n"] == 61
    assert both["verdict"] == "holds"
    # PIT: the object space overtakes near 100 ms, not at 80, and leads first at 110 to 120 ms
    crossing = of(real, "crossing.IT")
    assert 80 < crossing["low"] < 102 == crossing["value"] < crossing["high"] < 120
    assert of(real, "window.IT")["value"] == 110
    assert of(real, "readme.between.IT")["verdict"] == "does not hold"
    assert of(real, "readme.seen.IT")["verdict"] == "holds"
    # the head start is not particular to PIT
    assert of(real, "start.areas")["verdict"] == "does not hold"


def test_real_averages_differ_between_eras_and_animals(real):
    """Logits of success in PIT: BigGAN by era P 3e-5 and fc6 by animal P < 1e-6, fc6 by era .16."""
    assert of(real, "success.object.era", "factors")["p"] == pytest.approx(3.5e-5, rel=0.1)
    assert of(real, "success.texture.animal", "factors")["p"] < 1e-6
    assert of(real, "success.texture.era", "factors")["p"] == pytest.approx(0.16, abs=0.01)
    references = of(real, "control.4", "controls")
    assert (references["statistic"], references["n"]) == ("8 of 308", 308)


def test_with_the_inferred_number_of_trials_speeds_are_the_published_ones():
    if not REAL:
        pytest.skip("EXPLORER_DATA does not name the folder of the explorer's averages")
    seen = observe_averages(load_averages(Path(REAL) / FILE_NAME), published_labels=True)
    row = of(claims_table(seen), "speed.IT")
    assert (row["statistic"], row["n"]) == ("t(51) = 3.36", 52)
    assert row["p"] == pytest.approx(0.0015, abs=5e-5)
    assert row["value"] == pytest.approx(22.2 - 17.7, abs=0.1)
