"""Files are compared with one another; what does not agree is found."""

import shutil

import numpy as np
import pytest

from core.contract import ext4, fig2, fig3, fig4, fig5, fig6
from core.contract.checks import check_folder, published_counts
from core.contract.source_data import SourceData, validate
from core.errors import ContractError
from figure_reproduction.report.inputs import simulation_words

FOLDERS = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)


@pytest.fixture
def copy(source, tmp_path):
    shutil.copytree(source.root, tmp_path / "copy")
    return SourceData(tmp_path / "copy")


def failures(source, folder):
    return [item for item in check_folder(source, folder) if not item.passed]


def swap(source, first, second):
    a, b = source.path(first), source.path(second)
    text = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(text)


@pytest.mark.parametrize("folder", FOLDERS)
def test_exported_data_pass(source, folder):
    assert validate(source, folder) == []
    assert check_folder(source, folder)
    assert failures(source, folder) == []


def test_sizes_come_from_the_experiment_order(source):
    assert source.sizes.experiments == 9
    assert source.sizes.example_blocks == 23
    assert source.is_simulated
    assert not source.is_published_cohort(fig4.FOLDER)


def test_rows_in_another_order_are_found(copy):
    masks = copy.read(fig4.MASKS)
    copy.write(fig4.MASKS, masks.iloc[::-1])
    assert any("row by row" in item.name for item in failures(copy, fig4.FOLDER))


def test_masks_that_contradict_themselves_are_found(copy):
    masks = copy.read(fig5.MASKS)
    masks["bothsucc005"] = 1 - masks["bothsucc005"]
    masks["V1msk"] = 1
    copy.write(fig5.MASKS, masks)
    names = [item.name for item in failures(copy, fig5.FOLDER)]
    assert "every experiment lies in one area" in names
    assert "both, any and none follow from the threads at 005" in names


def test_metadata_in_another_order_are_found(copy):
    meta = copy.read(ext4.META)
    copy.write(ext4.META, meta.iloc[::-1])
    names = [item.name for item in failures(copy, ext4.FOLDER)]
    assert "rows are in ascending order of Expi" in names
    assert "rows are the experiments of exp_order.csv" in names


def test_successes_that_rest_on_rates_that_do_not_vary_are_counted_and_named(copy):
    names = ("DeePSim", "BigGAN")
    passed = [f"{name}: no success at 0.05 rests on rates that do not vary" for name in names]
    for table in (fig3.META, fig4.TIME_CONSTANTS, ext4.META):
        found = {item.name: item for item in check_folder(copy, table.folder)}
        assert [found[name].found for name in passed] == ["in all 9 experiments"] * 2
        meta = copy.read(table)
        meta.loc[[1, 4], "t_maxinit_1"], meta.loc[[1, 4], "p_maxinit_1"] = np.inf, 0.0
        meta.loc[2, "t_maxinit_0"], meta.loc[2, "p_maxinit_0"] = -np.inf, 0.0
        copy.write(table, meta)
        found = {item.name: item for item in check_folder(copy, table.folder)}
        assert [found[name].passed for name in passed] == [False, False]
        first, second, third = meta["Expi"].iloc[[1, 4, 2]]
        words = f"not in 2 of 9 experiments: Exp {first}, Exp {second}"
        assert found[passed[1]].found == words
        assert found[passed[0]].found == f"not in 1 of 9 experiments: Exp {third}"


def test_a_file_that_is_not_drawn_is_checked_too(copy):
    path = copy.path(fig5.WINDOW_RESPONSES[(100, 110), "DeePSim_sem"])
    path.write_text(path.read_text().replace("0.", "O.", 1))
    found = [item.found for item in failures(SourceData(copy.root), fig5.FOLDER)]
    assert len(found) == 1
    assert "expected numbers, found 'O." in found[0]


@pytest.mark.parametrize(
    ("file", "folder"),
    [(fig4.TIME_CONSTANTS, "Fig4"), (ext4.META, "ExtendedFig4"), (fig2.META, "Fig2")],
)
def test_one_file_with_a_simulated_name_is_enough_to_mark_a_folder(source, tmp_path, file, folder):
    root = tmp_path / "source_data"
    (root / folder).mkdir(parents=True)
    assert not SourceData(root).is_simulated
    shutil.copy(source.path(file), root / folder)
    assert SourceData(root).is_simulated


def test_the_provenance_of_simulated_data_marks_a_folder(source, tmp_path):
    shutil.copytree(source.root / "Fig5", tmp_path / "source_data" / "Fig5")
    shutil.copy(source.root / "provenance.json", tmp_path / "source_data")
    assert SourceData(tmp_path / "source_data").is_simulated


def test_pickles_of_another_shape_are_refused(copy):
    pickled = copy.read(fig2.PSTH_PICKLE)
    for wrong in (np.zeros(3), pickled["psth_arr"][:, :2], "x", None):
        with pytest.raises(ContractError, match="expected psth_arr to be an array of floats"):
            copy.write(fig2.PSTH_PICKLE, {**pickled, "psth_arr": wrong})
    huge = pickled["psth_arr"].copy()
    huge[0, 0, 0] = -1e300
    with pytest.raises(ContractError, match=r"psth_arr to hold numbers up to .*, found 1e\+300"):
        copy.write(fig2.PSTH_PICKLE, {**pickled, "psth_arr": huge})
    frames = copy.read(fig2.RESPONSE_PICKLE)
    renamed = frames["thread1_resp_df"].rename(columns={"bsl": "base"})
    for wrong in (renamed, 3, frames["thread1_resp_df"].astype(str)):
        with pytest.raises(ContractError, match="expected thread1_resp_df to be a table"):
            copy.write(fig2.RESPONSE_PICKLE, {**frames, "thread1_resp_df": wrong})


def test_published_tables_have_the_published_number_of_rows(tmp_path, monkeypatch):
    source = SourceData(tmp_path)
    monkeypatch.setattr(source, "read", lambda file: [0] * 171)
    for file in (fig6.AVERAGES["success"], fig6.AVERAGES["failure"]):
        source.path(file).parent.mkdir(exist_ok=True)
        source.path(file).touch()
    results = {item.name: item.passed for item in check_folder(source, fig6.FOLDER)}
    assert results[f"{fig6.AVERAGES['success'].name}: 171 rows"]
    assert not results[f"{fig6.AVERAGES['failure'].name}: 225 rows"]


def test_swapped_windows_are_found(copy):
    swap(
        copy,
        fig5.WINDOW_RESPONSES[(40, 50), "DeePSim_mean"],
        fig5.WINDOW_RESPONSES[(60, 70), "DeePSim_mean"],
    )
    assert failures(copy, fig5.FOLDER)
    assert failures(copy, ext4.FOLDER)


def test_a_broken_file_of_another_figure_is_named_and_hides_no_other_result(copy):
    copy.path(ext4.META).write_text("nothing\n")
    results = check_folder(SourceData(copy.root), fig4.FOLDER)
    assert [item.name for item in results if not item.passed] == [
        "file of another figure as described"
    ]
    assert "every experiment lies in one area" in [item.name for item in results]


def test_an_experiment_without_measured_blocks_is_found(copy):
    real = copy.read(fig4.REAL_BLOCKS)
    real[2] = 0
    copy.write(fig4.REAL_BLOCKS, real)
    names = [item.name for item in failures(copy, fig4.FOLDER)]
    assert names == ["every experiment has a measured first block"]


def test_swapped_threads_are_found(copy):
    swap(copy, ext4.ATTRIBUTION["DeePSim", 5], ext4.ATTRIBUTION["BigGAN", 5])
    assert any("bins are sums" in item.name for item in failures(copy, ext4.FOLDER))
    swap(copy, fig4.RESPONSES["DeePSim_mean"], fig4.RESPONSES["BigGAN_mean"])
    assert any("tc0" in item.name for item in failures(copy, fig4.FOLDER))


def test_a_wrong_offset_is_found(copy):
    meta = copy.read(fig2.META)
    copy.write(fig2.META, {**meta, "offset": meta["offset"] + 10})
    assert [item.name for item in failures(copy, fig2.FOLDER)] == [
        "2D: the offset follows from the means"
    ]


def test_missing_and_broken_files_are_listed(copy):
    copy.path(fig4.MASKS).unlink()
    copy.path(fig4.SUCCESS_CRITERION).write_text("no json\n")
    copy.path(fig2.PSTH_PICKLE).unlink()
    problems = validate(copy, fig4.FOLDER)
    assert len(problems) == 2
    assert all(problem.expected and problem.found for problem in problems)
    assert validate(copy, fig2.FOLDER) == []
    assert [file.name for file in copy.missing(fig4.FOLDER)] == [fig4.MASKS.name]


def test_published_counts_are_required_of_published_data(source):
    assert not all(item.passed for item in published_counts(source.read(fig4.MASKS)))
    assert not any("valid: V1" in item.name for item in check_folder(source, fig4.FOLDER))


def test_both_namings_of_the_psth_slices_are_understood(copy):
    files = {name: copy.read(file) for name, file in fig2.PSTH_CSV.items()}
    psth, historical = fig2.psth_array(files)
    assert historical
    repaired = {**files, "DeePSim_sem": files["BigGAN_mean"], "BigGAN_mean": files["DeePSim_sem"]}
    again, historical = fig2.psth_array(repaired)
    assert not historical
    assert (again == psth).all()
    assert (fig2.psth_files(psth)["DeePSim_sem"] == psth[:, 1]).all()


@pytest.mark.parametrize("n_blocks", ["-29", "99999999999999999999", "0"])
def test_numbers_of_blocks_that_cannot_be_are_refused(copy, n_blocks):
    path = copy.root / "exp_order.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + f",{n_blocks}"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ContractError, match=r"exp_order\.csv: expected"):
        SourceData(copy.root).read(fig4.MASKS)


@pytest.mark.parametrize("content", ["[1, 2]", "5", "null", "{", '{"files": 3}', "[" * 100_000])
def test_whatever_it_holds_the_file_marks_the_folder(tmp_path, content):
    root = tmp_path / "source_data"
    root.mkdir()
    (root / "SIMULATED.json").write_text(content)
    assert SourceData(root).is_simulated
    assert simulation_words(root)


def test_a_file_of_other_sizes_is_refused(copy):
    copy.path(fig4.RESPONSES["DeePSim_mean"]).write_text("0,1\n1.0,2.0\n")
    with pytest.raises(ContractError, match=r"9 rows x .* found 1 x 2"):
        copy.read(fig4.RESPONSES["DeePSim_mean"])
