"""What is exported from beside the paired evolutions: similarities, tuning, linearity."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contract import ext5, fig3, fig6
from core.contract.source_data import SourceData
from core.errors import ContractError, RecordingError, SettingError
from neuro_data_analysis.evolutions.psth_similarity import psth_differences
from neuro_data_analysis.export import __main__ as command
from neuro_data_analysis.export import ext5 as export_ext5
from neuro_data_analysis.export import fig3 as export_fig3
from neuro_data_analysis.export import fig6 as export_fig6
from neuro_data_analysis.export.examples import example_unit
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.export.run import export_all
from neuro_data_analysis.recordings.dataset import Recordings, open_recordings
from neuro_data_analysis.recordings.layout import LINEARITY_FILES, Folders


@pytest.fixture(scope="module")
def inputs(simulation):
    """Three experiments, gathered, with nothing beside them."""
    with open_recordings(simulation / "matroot") as recordings:
        elements = enumerate(recordings.elements, start=1)
        chosen = [raw if expi in (3, 25, 155) else None for expi, raw in elements]
        inputs = Inputs(Recordings(chosen), Folders.below(simulation / "none"))
        assert inputs.cohort.meta.index.tolist() == [3, 25, 155]
        return inputs


def beside(inputs, **folders):
    """The same experiments with other folders beside them."""
    changed = replace(inputs, folders=replace(inputs.folders, **folders))
    vars(changed)["cohort"] = inputs.cohort
    return changed


@pytest.fixture
def target(source, tmp_path):
    return SourceData(tmp_path / "out", replace(source.sizes, experiments=3))


def write(contents, target):
    """Write contents through the contract; what is not available."""
    for file, value in contents.files.items():
        target.write(file, value)
    return contents.unavailable


def write_prototypes(folder, name="similarity.csv", **columns):
    folder.mkdir(exist_ok=True)
    pd.DataFrame(columns).to_csv(folder / name, index=False)
    return folder


def test_psth_differences_need_the_evolutions_only(inputs, target):
    unavailable = write(export_fig3.contents(inputs), target)
    assert [error.outer for error in unavailable] == [("Figure 3G",), ("Figure 3G",)]
    table = target.read(fig3.SIMILARITY).set_index("Expi")
    for summary in inputs.cohort.summaries:
        for name, value in psth_differences(summary.psth.mean).items():
            assert table.loc[summary.expi, name] == pytest.approx(value)
    assert table["cosine_reevol_resnet_avgpool"].isna().all()
    assert list(target.read(fig3.META)["Expi"]) == [3, 25, 155]


def test_measured_columns_are_joined_by_experiment_and_keep_their_names(inputs, target, tmp_path):
    folder = write_prototypes(
        tmp_path / "prototypes",
        Expi=[155, 99, 3],
        cosine_reevol_resnet_avgpool=[0.1, 0.9, 0.3],
        Expi_alt=[3, 155, None],
        effnet_pool=[0.5, 0.6, 0.7],
    )
    write_prototypes(folder, "covariance.csv", Expi=[25], layer1_cov_corr=[0.25])
    assert write(export_fig3.contents(beside(inputs, prototypes=folder)), target) == ()
    table = target.read(fig3.SIMILARITY).set_index("Expi")
    expected = [0.3, np.nan, 0.1]
    np.testing.assert_array_equal(table["cosine_reevol_resnet_avgpool"], expected)
    np.testing.assert_array_equal(table["Expi_alt"], [np.nan, np.nan, 3])
    np.testing.assert_array_equal(table["layer1_cov_corr"], [np.nan, 0.25, np.nan])
    published = [column.name for column in fig3.SIMILARITY.columns]
    assert len(published) == 241
    header = target.path(fig3.SIMILARITY).read_text().splitlines()[0].split(",")
    assert header == ["", *published, "effnet_pool"]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"Exp": [3]}, "a table of numbers with a column Expi"),
        (
            {"Expi": [3.5]},
            "a table of numbers with a column Expi, found another .infinity",
        ),
        ({"Expi": [3], "Expi_alt": [1.5]}, "a table of numbers"),
        ({"Expi": [3], "effnet_pool": [np.inf]}, "a table of numbers"),
        ({"Expi": [3, 3]}, "every Expi once"),
        ({"Expi": [3], "effnet_pool": ["high"]}, "a table of numbers with a column Expi"),
    ],
)
def test_measured_tables_that_cannot_be_joined_are_refused(inputs, tmp_path, columns, sentence):
    folder = write_prototypes(tmp_path / "prototypes", **columns)
    with pytest.raises(RecordingError, match=rf"similarity\.csv: expected {sentence}"):
        export_fig3.contents(beside(inputs, prototypes=folder))


def test_measured_tables_of_other_experiments_are_said(inputs, tmp_path):
    folder = write_prototypes(tmp_path / "prototypes", Expi=[99, 100], effnet_pool=[0.1, 0.2])
    unavailable = export_fig3.contents(beside(inputs, prototypes=folder)).unavailable
    assert unavailable[0].expected == "experiments of these recordings"


def test_a_thread_without_variation_leaves_its_cells_empty(inputs):
    first, *others = inputs.cohort.summaries
    silent = first.psth.mean.copy()
    silent[:, 1] = 0
    first = replace(first, psth=first.psth._replace(mean=silent))
    table = export_fig3.similarity_table(replace(inputs.cohort, summaries=(first, *others)), [])
    assert table["psth_corr"].isna().tolist() == [True, False, False]
    assert table["psth_MAE"].notna().all()


def test_an_export_leaves_no_file_of_an_earlier_one_in_its_figures(simulation, folders, tmp_path):
    out = tmp_path / "out"
    words = [f"--matroot={simulation / 'matroot'}", f"--out={out}"]
    assert command.main(words) == 0
    record = tmp_path / "records"
    shutil.copytree(folders.records, record)
    for path in record.glob("*.csv"):
        table = pd.read_csv(path)
        table[table["Expi"] == 9].to_csv(path, index=False)
    assert command.main([*words, f"--records={record}"]) == 0
    source = SourceData(out)
    assert not source.path(fig6.SINGLE_TRIALS).exists()
    assert fig6.SINGLE_TRIALS.path not in source.provenance
    assert source.path(fig6.AVERAGES["failure"]).exists()
    (record / "ExpRecord_BigGAN_Hessian_Evol_ABCD.csv").write_text("nothing\n")
    assert command.main([*words, f"--records={record}"]) == 2
    assert source.path(fig6.AVERAGES["failure"]).exists()
    with pytest.raises(SettingError, match="--formatted: expected a folder"):
        command.main([*words, "--formatted=/none/such"])


def test_the_tables_of_tuning_agree_with_one_another(source):
    shapes, peaks = source.read(fig6.SHAPES), source.read(fig6.PEAKS)
    assert len(shapes) == len(peaks) == 50
    np.testing.assert_allclose(shapes["anova_p_value"], peaks["p_value"])
    averages = source.read(fig6.AVERAGES["failure"])
    assert set(averages["ephysFN"]) == {"Beto-24082020-003-SIM"}
    of_unit = peaks[peaks["Exp_id"] == "Beto_9"].set_index(["space_name", "eig_id"])
    best = averages.loc[averages.groupby(["space_name", "eig_id"])["pref_unit_resp"].idxmax()]
    best = best.set_index(["space_name", "eig_id"]).loc[of_unit.index]
    np.testing.assert_allclose(best["pref_unit_resp"], of_unit["max_resp_val"])
    np.testing.assert_allclose(best["lin_dist"], of_unit["max_resp_lin_dist"])


def test_examples_are_the_published_ones_where_they_fit(recordings, folders):
    success, failure = Inputs(recordings, folders).tuned_units

    def named(unit, name):
        return replace(unit, tuning=replace(unit.tuning, name=name))

    choose = example_unit
    assert choose((success, failure), "none such", evolved=True) is success
    assert choose([failure], "none such", evolved=True) is None
    published = named(success, "Beto-07092020-003-SIM")
    assert choose([success, published], "Beto-07092020-003", evolved=True) is published
    units = [failure, named(success, "x")]
    assert choose(units, failure.tuning.name, evolved=True) is units[1]


def test_example_files_say_whom_they_show(source):
    records = source.provenance
    assert records[fig6.SINGLE_TRIALS.path].details["recording"] == "Beto-20082020-004-SIM"
    assert records[fig6.SINGLE_TRIALS.path].details["unit"] == "49A"
    assert records[fig6.AVERAGES["failure"].path].details["unit"] == "52A"
    assert "unit" not in records[fig6.SHAPES.path].details


def test_linearity_is_checked_and_taken_over(inputs, folders, target, tmp_path):
    given = beside(inputs, linearity=folders.linearity)
    assert write(export_ext5.contents(given), target) == ()
    given = pd.read_csv(folders.linearity / LINEARITY_FILES["BigGAN"])
    pd.testing.assert_frame_equal(target.read(ext5.LINEARITY["BigGAN"]), given, check_dtype=False)
    name = LINEARITY_FILES["DeePSim"]
    shutil.copytree(folders.linearity, tmp_path / "linearity")
    table = pd.read_csv(folders.linearity / name).drop(columns="Test_R2")
    table.to_csv(tmp_path / "linearity" / name, index=False)
    with pytest.raises(ContractError, match=f"{name}: expected the columns Test_R2"):
        export_ext5.contents(beside(inputs, linearity=tmp_path / "linearity"))


def test_what_is_absent_is_said_and_the_rest_is_exported(simulation, folders, tmp_path, capsys):
    out, empty = tmp_path / "out", tmp_path / "empty"
    empty.mkdir()
    options = [f"--{name}={empty}" for name in ("records", "prototypes", "linearity")]
    code = command.main([f"--matroot={simulation / 'matroot'}", f"--out={out}", *options])
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split(",")[0] for line in lines if line.startswith("not avail")] == [
        "not available: Figure 6",
        "not available: Figure 3G",
        "not available: Figure 3G",
        "not available: Extended Data Figure 5",
        "not available: Extended Data Figure 5",
    ]
    assert not (out / "Fig6").exists()
    assert (out / "Fig4").is_dir()
    assert json.loads((out / "SIMULATED.json").read_text())["simulated"]


def test_a_broken_tuning_recording_leaves_the_rest(recordings, folders, tmp_path):
    formatted = shutil.copytree(folders.formatted, tmp_path / "formatted")
    path = formatted / "Beto-24082020-003-SIM_formatted.mat"
    path.write_bytes(path.read_bytes()[:2000])
    export = export_all(recordings, tmp_path / "out", replace(folders, formatted=formatted))
    (error,) = export.refused
    assert str(error).startswith(f"Figure 6, {path}: expected to read a MATLAB v7.3 file")
    assert {path.parent.name for path in export.paths} >= {"Fig2", "Fig5", "ExtendedFig5"}
    assert not (tmp_path / "out" / "Fig6").exists()


def test_examples_that_no_recording_fits_are_said(recordings, folders, target, tmp_path):
    records = shutil.copytree(folders.records, tmp_path / "records")
    for path in records.glob("*.csv"):
        table = pd.read_csv(path)
        table[table["Expi"] == 9].to_csv(path, index=False)
    contents = export_fig6.contents(Inputs(recordings, replace(folders, records=records), n_jobs=1))
    unavailable = write(contents, target)
    assert list(contents.details) == [fig6.AVERAGES["failure"].path]
    assert [error.path for error in unavailable] == ["Figure 6C", "Figure 6D"]
    assert not target.path(fig6.SINGLE_TRIALS).exists()
    assert len(target.read(fig6.SHAPES)) == 25
