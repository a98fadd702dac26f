"""Files are compared with one another; what does not agree is found."""

import shutil

import pytest

from core.contract import ext4, fig2, fig4, fig5
from core.contract.checks import check, published_counts
from core.contract.source_data import SourceData, validate
from core.errors import ContractError

FOLDERS = (fig2.FOLDER, fig4.FOLDER, fig5.FOLDER, ext4.FOLDER)


@pytest.fixture
def copy(source, tmp_path):
    shutil.copytree(source.root, tmp_path / "copy")
    return SourceData(tmp_path / "copy")


def failures(source, folder):
    return [item for item in check(source, folder) if not item.passed]


def swap(source, first, second):
    a, b = source.path(first), source.path(second)
    text = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(text)


@pytest.mark.parametrize("folder", FOLDERS)
def test_exported_data_pass(source, folder):
    assert validate(source, folder) == []
    assert check(source, folder)
    assert failures(source, folder) == []


def test_sizes_come_from_the_experiment_order(source):
    assert source.sizes.experiments == 9
    assert source.sizes.example_blocks == 23
    assert source.is_simulated
    assert not source.is_published_cohort


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


def test_swapped_windows_are_found(copy):
    swap(
        copy,
        fig5.WINDOW_RESPONSES[(40, 50), "DeePSim_mean"],
        fig5.WINDOW_RESPONSES[(60, 70), "DeePSim_mean"],
    )
    assert failures(copy, fig5.FOLDER)
    assert failures(copy, ext4.FOLDER)


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
    assert all("expected" in problem and "found" in problem for problem in problems)
    assert validate(copy, fig2.FOLDER) == []
    assert [file.name for file in copy.missing(fig4.FOLDER)] == [fig4.MASKS.name]


def test_published_counts_are_required_of_published_data(source):
    assert not all(item.passed for item in published_counts(source.read(fig4.MASKS)))
    assert not any("valid: V1" in item.name for item in check(source, fig4.FOLDER))


def test_both_namings_of_the_psth_slices_are_understood(copy):
    files = {name: copy.read(file) for name, file in fig2.PSTH_CSV.items()}
    psth, historical = fig2.psth_array(files)
    assert historical
    repaired = {**files, "DeePSim_sem": files["BigGAN_mean"], "BigGAN_mean": files["DeePSim_sem"]}
    again, historical = fig2.psth_array(repaired)
    assert not historical
    assert (again == psth).all()
    assert (fig2.psth_files(psth)["DeePSim_sem"] == psth[:, 1]).all()


def test_a_file_of_other_sizes_is_refused(copy):
    copy.path(fig4.RESPONSES["DeePSim_mean"]).write_text("0,1\n1.0,2.0\n")
    with pytest.raises(ContractError, match=r"9 rows x .* found 1 x 2"):
        copy.read(fig4.RESPONSES["DeePSim_mean"])
