"""What the published export notebooks got wrong, held for what is written here.

They treated the mask of measured blocks as one of padded blocks, divided windows by their own
maximum, wrote means over experiments, joined tables by position or by a column that is the index,
and repeated or skipped windows (docs/analyses.md).
"""

import numpy as np
import pandas as pd
import pytest

from core.contract import ext4, fig3, fig4, fig5
from core.contract.descriptions import SLICES
from core.statistics.masks import mask_table
from core.statistics.windows import window_rate
from core.threads import THREADS
from neuro_data_analysis.evolutions.trajectories import complete_blocks
from neuro_data_analysis.export import fig3 as export_fig3
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.recordings.layout import Folders

ROWS = 9
"""Experiments of the simulation."""


@pytest.fixture
def measured(source):
    return source.read(fig4.REAL_BLOCKS).astype(bool)


@pytest.fixture
def expi(source):
    return source.experiment_order["Expi"].tolist()


def test_the_padding_mask_is_1_where_a_block_was_measured(source, measured):
    n_blocks = source.experiment_order["n_blocks"].to_numpy()
    np.testing.assert_array_equal(measured, np.arange(measured.shape[1]) < n_blocks[:, None])
    assert 0 < (~measured).sum() < measured.sum()


def test_padded_blocks_hold_the_mean_of_the_last_two_measured_ones(source, measured):
    for name in SLICES:
        values = source.read(fig4.RESPONSES[name])
        for row, real in zip(values, measured, strict=True):
            tail = row[real][-2:].mean()
            np.testing.assert_allclose(row[~real], np.full((~real).sum(), tail))


def test_one_normaliser_of_both_threads_divides_every_response(source):
    means = np.stack([source.read(fig4.RESPONSES[f"{thread}_mean"]) for thread in THREADS])
    np.testing.assert_allclose(means.max(axis=(0, 2)), 1)
    assert (means.max(axis=2) < 0.999).any(), "each thread was divided by its own maximum"


def test_windows_are_divided_by_the_universal_normaliser_not_by_their_own_maximum(source):
    for thread in THREADS:
        evoked = [
            source.read(fig5.WINDOW_RESPONSES[window, f"{thread}_mean"])
            for window in fig5.WINDOWS
            if window[0] >= 50
        ]
        expected = source.read(fig4.RESPONSES[f"{thread}_mean"])
        np.testing.assert_allclose(np.mean(evoked, axis=0), expected, atol=1e-9)
    peaks = [
        source.read(fig5.WINDOW_RESPONSES[window, "DeePSim_mean"]).max() for window in fig5.WINDOWS
    ]
    assert len({round(float(peak), 6) for peak in peaks}) == len(peaks)


def test_psths_are_divided_by_the_universal_normaliser(source):
    for block, column in (("first", 0), ("last", -1)):
        for thread in THREADS:
            psth = source.read(fig5.PSTH[block, f"{thread}_mean"])
            expected = source.read(fig4.RESPONSES[f"{thread}_mean"])[:, column]
            np.testing.assert_allclose(psth[:, 50:200].mean(axis=1), expected, atol=1e-9)


def test_matrices_have_a_row_per_experiment_short_and_invalid_ones_too(source):
    matrices = [
        *fig4.RESPONSES.values(),
        fig4.REAL_BLOCKS,
        *fig5.PSTH.values(),
        *fig5.WINDOW_RESPONSES.values(),
        *ext4.ATTRIBUTION.values(),
        *ext4.WINDOW_RESPONSES.values(),
    ]
    assert all(matrix.rows == "experiments" for matrix in matrices)
    assert {len(source.read(matrix)) for matrix in matrices} == {ROWS}
    masks = source.read(fig4.MASKS)
    assert len(masks) == ROWS
    assert masks["valid"].sum() < ROWS


def test_a_row_is_the_trials_mean_of_that_experiment(source, recordings, expi):
    values = source.read(fig4.RESPONSES["BigGAN_mean"])
    for row, number in zip(values, expi, strict=True):
        threads = complete_blocks(recordings.experiment(number).psth)
        means = np.array([[window_rate(block).mean() for block in thread] for thread in threads])
        np.testing.assert_allclose(row[: means.shape[1]], means[1] / means.max())


def test_tables_carry_expi_as_a_column_in_the_order_of_all_rows(source, expi):
    for file in (fig3.META, fig3.SIMILARITY, fig4.TIME_CONSTANTS, ext4.META):
        assert source.read(file)["Expi"].tolist() == expi
    assert expi == sorted(expi)


def test_masks_agree_with_the_tables_row_by_row(source):
    expected = mask_table(source.read(ext4.META))
    for file in (fig4.MASKS, fig5.MASKS):
        pd.testing.assert_frame_equal(source.read(file)[list(expected)], expected)


def test_time_constants_are_joined_without_suffixed_columns(source):
    columns = list(source.read(fig4.TIME_CONSTANTS))
    assert {"visual_area", "p_maxinit_0", "FC_tc0_bslinit"} <= set(columns)
    assert not [name for name in columns if name.endswith(("_fit", "_meta", "_x", "_y"))]


def test_similarities_are_joined_on_expi_whatever_the_order_of_their_rows(recordings, tmp_path):
    table = pd.DataFrame({"Expi": [155, 3, 25, 4], "cosine_reevol_vit_cls": [0.9, 0.1, 0.5, 0.2]})
    table.to_csv(tmp_path / "similarity.csv", index=False)
    inputs = Inputs(recordings, Folders.below(tmp_path, prototypes=tmp_path))
    contents = export_fig3.contents(inputs)
    joined = contents.files[fig3.SIMILARITY].set_index("Expi")["cosine_reevol_vit_cls"]
    assert joined.dropna().to_dict() == {3: 0.1, 4: 0.2, 25: 0.5, 155: 0.9}


@pytest.mark.parametrize("number", [3, 28])
def test_every_window_is_there_once_and_holds_its_own_trials(source, recordings, expi, number):
    row = expi.index(number)
    threads = complete_blocks(recordings.experiment(number).psth)
    means = np.array([[window_rate(block).mean() for block in thread] for thread in threads])
    files = {**fig5.WINDOW_RESPONSES, **ext4.WINDOW_RESPONSES}
    assert len(fig5.WINDOW_RESPONSES) == 20 * 4
    assert len(ext4.WINDOW_RESPONSES) == (20 + 10 + 8 + 4) * 4
    assert len({file.name for file in (*fig5.FILES, *ext4.FILES)}) == len(fig5.FILES + ext4.FILES)
    for (window, name), file in files.items():
        if name.endswith("mean"):
            blocks = threads[SLICES.index(name)]
            expected = [window_rate(block, window).mean() for block in blocks] / means.max()
            np.testing.assert_allclose(source.read(file)[row, : len(blocks)], expected, atol=1e-9)


def test_windows_of_10_ms_are_the_same_in_both_figures(source):
    for key, file in fig5.WINDOW_RESPONSES.items():
        np.testing.assert_array_equal(source.read(ext4.WINDOW_RESPONSES[key]), source.read(file))
