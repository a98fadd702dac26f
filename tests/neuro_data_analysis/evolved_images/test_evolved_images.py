"""Sheets, galleries and similarities of evolved images, from a small explorer folder."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image
from scipy import stats
from torch import nn

from core.acquisition.explorer import import_explorer
from core.errors import ImageError, MissingFileError, RunError, SettingError
from core.explorer.store import FILE_NAME, load_averages
from core.explorer.writing import write_explorer
from core.networks.preprocessing import Preprocessing
from figure_reproduction.comparison import published_numbers
from neuro_data_analysis.evolutions.from_explorer import cohort_from_explorer
from neuro_data_analysis.evolutions.psth_similarity import psth_differences
from neuro_data_analysis.evolved_images.__main__ import main
from neuro_data_analysis.evolved_images.galleries import draw_gallery, gallery_pairs
from neuro_data_analysis.evolved_images.sheets import contact_sheet
from neuro_data_analysis.evolved_images.similarities import (
    PUBLISHED_R,
    best_block_images,
    correlate_rows,
    difference_columns,
    draw_similarities,
    image_columns,
    pearson_table,
    shown_experiments,
)
from neuro_data_analysis.image_similarity.features import Feature, FeatureSet, one_vector
from neuro_data_analysis.image_similarity.networks import FeatureNetwork
from tests.explorer_examples import averaged, recorded

GAINS = {3: (0.05, 0.03), 4: (0.03, 0.05), 5: (0.05, 0.0), 6: (0.04, 0.06), 7: (0.06, 0.03)}
"""Growth of the rate by block of each thread, by Expi: BigGAN does not succeed in 5."""

AREAS = {3: "IT", 4: "IT", 5: "V1", 6: "IT", 7: "IT", 8: "IT"}

COLORS = {
    3: ((255, 0, 0), (255, 0, 0)),
    4: ((255, 0, 0), (0, 255, 0)),
    5: ((0, 0, 255), (0, 255, 0)),
    6: ((255, 0, 0), (255, 255, 0)),
    7: ((9, 0, 0), (200, 0, 0)),
    8: ((0, 0, 255), (0, 0, 255)),
}
"""Colours of the best blocks' images of each thread, by Expi."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five valid experiments and a short one (8), with images of first and best blocks.

    Exp 7 has none of BigGAN's.
    """
    root = tmp_path_factory.mktemp("evolved images ü")
    given = []
    for expi, area in AREAS.items():
        trials = recorded(
            np.random.default_rng([7, expi]), 9 if expi == 8 else 16, gain=GAINS.get(expi, (0, 0))
        )
        given.append(averaged(*trials, expi=expi, area=area))
    write_explorer(root / "public", given)
    for experiment in given:
        for thread, word in enumerate(("deepsim", "biggan")):
            for block in {0, experiment.best_blocks[thread]}:
                path = root / "public" / experiment.name / f"gen_{block + 1:02d}"
                color = COLORS[experiment.expi][thread] if block else (90, 90, 90)
                if (experiment.expi, thread) != (7, 1):
                    image = Image.new("RGB", (32, 32), color)
                    image.save(path / f"{word}_img.webp", lossless=True)
    import_explorer(root / "public", root / "data", images=True)
    return root / "data"


@pytest.fixture(scope="module")
def averages(folder):
    return {experiment.expi: experiment for experiment in load_averages(folder / FILE_NAME)}


@pytest.fixture(scope="module")
def meta(averages):
    return cohort_from_explorer(averages.values()).meta


def texts(ax):
    return [text.get_text() for text in ax.texts]


def frames(ax):
    return [(to_hex(patch.get_edgecolor()), patch.get_linewidth()) for patch in ax.patches]


def mean_color(n=224):
    """A network whose only feature is the mean colour of an image."""
    pool = nn.Sequential(nn.AvgPool2d(n), nn.Flatten())
    feature = Feature("mean", "0", one_vector)
    as_it_is = Preprocessing((0.0,) * 3, (1.0,) * 3)
    return FeatureNetwork("mean", pool, FeatureSet(whole=(feature,)), as_it_is, n)


def test_a_sheet_has_the_blocks_with_images_and_their_rates(averages):
    experiment = averages[3]
    (fc, bg), mean, sem = experiment.best_blocks, *experiment.evoked
    images = {key: np.zeros((8, 8, 3), np.uint8) for key in [(0, 0), (0, 1), (fc, 0), (bg, 1)]}
    figure = contact_sheet(experiment, images, "somewhere")
    page, rates = figure.axes
    assert len(page.images) == 4
    blocks = sorted({0, fc, bg})
    assert [words for words in texts(page) if words.startswith("block ")] == [
        f"block {block + 1}" for block in blocks
    ]
    stated = [text for text in page.texts if "±" in text.get_text()][: 2 * len(blocks)]
    assert [text.get_text() for text in stated] == [
        f"{mean[block, thread]:.1f} ± {sem[block, thread]:.1f}"
        for block in blocks
        for thread in (0, 1)
    ]
    bold = [text.get_text() for text in stated if text.get_weight() == "bold"]
    assert sorted(bold) == sorted(
        f"{mean[block, thread]:.1f} ± {sem[block, thread]:.1f}"
        for thread, block in enumerate((fc, bg))
    )
    assert sorted(width for _, width in frames(page))[-2:] == [2.5, 2.5]
    assert "DeePSim" in texts(page)
    assert "BigGAN (class)" in texts(page)
    assert texts(page)[-1].endswith("Rates and images: somewhere.")
    np.testing.assert_array_equal(rates.lines[0].get_ydata(), mean[:, 0])
    assert rates.lines[0].get_xdata().tolist() == list(range(1, 17))


def test_a_sheet_breaks_into_rows_of_ten_blocks(averages):
    images = {(block, 1): np.zeros((8, 8, 3), np.uint8) for block in range(12)}
    page = contact_sheet(averages[4], images).axes[0]
    places = {text.get_text(): text.get_position() for text in page.texts}
    assert places["block 1"][1] == places["block 10"][1] < places["block 11"][1]
    assert places["block 1"][0] == places["block 11"][0]
    assert texts(page).count("no image") == 12


def test_a_sheet_without_an_image_is_refused(averages):
    with pytest.raises(ImageError, match="Exp003-B: expected at least one image, found none"):
        contact_sheet(averages[3], {})


def test_a_gallery_holds_valid_experiments_by_what_drives_the_unit_more(folder, averages, meta):
    areas = gallery_pairs(folder, list(averages.values()), meta)
    assert {area: len(pairs) for area, pairs in areas.items()} == {"IT": 4, "V1": 1}
    pairs = areas["IT"]
    best = {f"{expi} B": averages[expi].evoked.mean.max(axis=0) for expi in (3, 4, 6, 7)}
    for pair in pairs:
        assert pair.rates == pytest.approx(tuple(best[pair.experiment]))
    preferences = [pair.preference for pair in pairs]
    assert preferences == sorted(preferences, reverse=True)
    assert {pair.experiment for pair in pairs[:2]} == {"3 B", "7 B"}
    by_name = {pair.experiment: pair for pair in pairs}
    assert by_name["4 B"].images[1][0, 0].tolist() == [0, 255, 0]
    assert by_name["7 B"].images[1] is None


def test_a_gallery_of_last_blocks_shows_these(folder, averages, meta):
    (pair,) = gallery_pairs(folder, list(averages.values()), meta, "last")["V1"]
    assert pair.rates == pytest.approx(tuple(averages[5].evoked.mean[-1]))


def test_a_gallery_frames_in_colour_what_succeeded(folder, averages, meta):
    (pair,) = gallery_pairs(folder, list(averages.values()), meta)["V1"]
    assert pair.succeeded == (True, False)
    page = draw_gallery("V1", [pair]).axes[0]
    assert [color for color, _ in frames(page)] == ["#0000ff", "#bfbfbf"]
    assert texts(page)[:3] == ["5 B", *(f"{rate:.0f}" for rate in pair.rates)]


def test_a_gallery_of_nothing_is_refused():
    with pytest.raises(ImageError, match="V4: expected at least one pair"):
        draw_gallery("V4", [])


def test_similarity_is_asked_of_valid_experiments_in_which_both_threads_succeed(meta):
    assert meta["valid"].tolist() == [True] * 5 + [False]
    assert shown_experiments(meta).tolist() == [3, 4, 6, 7]


def test_the_best_blocks_images_are_compared(folder, averages):
    pairs = best_block_images(folder, list(averages.values()))
    assert list(pairs) == [3, 4, 5, 6, 8]
    assert pairs[4].shape == (2, 224, 224, 3)
    columns = image_columns(mean_color(), pairs)
    assert list(columns) == ["cosine_maxblk_mean"]
    expected = {3: 1.0, 4: 0.0, 5: 0.0, 6: np.sqrt(0.5), 8: 1.0}
    for expi, value in expected.items():
        assert columns.at[expi, "cosine_maxblk_mean"] == pytest.approx(value, abs=1e-6)


def test_differences_are_those_of_figure_3g(averages):
    table = difference_columns(list(averages.values()))
    expected = psth_differences(averages[4].psth.mean)
    assert table.loc[4, list(expected)].to_dict() == expected
    best = tuple(table.loc[4, ["best_block_0", "best_block_1"]])
    assert best == tuple(block + 1 for block in averages[4].best_blocks)


def test_a_correlation_states_its_interval_and_leaves_out_what_is_not_there():
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 40))
    y = x + noise
    found = correlate_rows(pd.Series([*x, np.nan]), pd.Series([*y, 1.0]))
    r = np.corrcoef(x, y)[0, 1]
    assert (found.r, found.n) == (pytest.approx(r), 40)
    ends = np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.959964 / np.sqrt(37))
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-6)
    t = r * np.sqrt(38 / (1 - r**2))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 38))
    assert np.isnan(
        correlate_rows(pd.Series([1.0, 1.0, 1.0, 1.0]), pd.Series([1.0, 2.0, 3.0, 4.0])).r
    )


def test_every_similarity_is_set_against_both_differences():
    table = pd.DataFrame(
        {
            "visual_area": ["IT"] * 4,
            "psth_MAE": [0.1, 0.2, 0.3, 0.4],
            "act_MAE": [0.4, 0.3, 0.2, 0.1],
            "cosine_maxblk_effnet_pool": [0.9, 0.8, 0.7, 0.6],
            "maxblk_effnet_b15all": [0.5, 0.4, 0.6, 0.5],
            "maxblk_effnet_b15focus": [0.5, 0.5, 0.5, 0.5],
        }
    )
    found = pearson_table(table).set_index(["similarity", "difference"])["r"]
    assert len(found) == 6
    assert found["cosine_maxblk_effnet_pool", "psth_MAE"] == pytest.approx(-1)
    assert found["cosine_maxblk_effnet_pool", "act_MAE"] == pytest.approx(1)
    assert np.isnan(found["maxblk_effnet_b15focus", "act_MAE"])
    figure = draw_similarities(table, "efficientnet_lite0", "somewhere")
    assert figure.get_suptitle().startswith("NOT Figure 3G")
    assert figure.axes[0].get_title().startswith("r = -1.00 [")
    assert figure.axes[0].get_title().endswith("n = 4")
    assert "Rates and images: somewhere." in figure.get_supxlabel()


def test_the_published_correlations_are_those_of_the_paper():
    published = {number.id: number.value for number in published_numbers()}
    for name, r in PUBLISHED_R.items():
        assert published[f"fig3g.{name}.psth_MAE.r"] == r


def draw(folder, out, *words):
    return main([*words, "--data", str(folder), "--out", str(out)])


def test_the_command_draws_sheets_and_galleries(folder, tmp_path, capsys):
    assert draw(folder, tmp_path, "sheet", "4", "3", "4") == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / name) for name in ("Exp004-B.png", "Exp003-B.png")
    ]
    assert draw(folder, tmp_path, "gallery", "--block", "last") == 0
    names = {"Exp003-B.png", "Exp004-B.png", "gallery_IT_last.png", "gallery_V1_last.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    with Image.open(tmp_path / "Exp003-B.png") as picture:
        assert picture.width == 1125


@pytest.mark.slow
def test_the_command_computes_similarities_offline(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no weights"))
    monkeypatch.delenv("NETWORK_WEIGHTS", raising=False)
    networks = ("--network", "alexnet", "--network", "efficientnet_lite0")
    out = tmp_path / "out"
    assert draw(folder, out, "similarity", *networks, "--device", "cpu") == 0
    said = capsys.readouterr().err
    assert "lacking an image of a best block, and left out: Exp 7\n" in said
    assert "left out: alexnet" in said
    assert {path.name for path in out.iterdir()} == {
        *("similarity.csv", "correlations.csv", "similarity_efficientnet_lite0.png"),
    }
    table = pd.read_csv(out / "similarity.csv").set_index("Expi")
    assert table.index.tolist() == [3, 4, 6, 7]
    for column in ("cosine_maxblk_effnet_pool", "maxblk_effnet_b15all"):
        assert table.at[3, column] == pytest.approx(1)
        assert table.at[4, column] < 0.99
        assert np.isnan(table.at[7, column])
    with pytest.raises(RunError, match="expected a network with weights, found none"):
        draw(folder, out, "similarity", *networks[:2], "--device", "cpu")


def test_what_cannot_be_drawn_is_said_in_a_sentence(folder, tmp_path):
    with pytest.raises(SettingError, match="EXPI: expected one of 6 experiments from 3 to 8"):
        draw(folder, tmp_path, "sheet", "2")
    with pytest.raises(MissingFileError, match=r"averages\.npz: .*download --from explorer"):
        draw(tmp_path, tmp_path, "gallery")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
    for words in (["sheet"], ["gallery"], ["similarity"]):
        with pytest.raises(MissingFileError, match="--from explorer --images` fetches them"):
            draw(bare, tmp_path, *words)


REAL = os.environ.get("EXPLORER_DATA")


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL or not (Path(REAL) / "images").is_dir(), reason="EXPLORER_DATA names no real images"
)
def test_the_real_images_have_the_published_sign_and_no_more(tmp_path):
    assert draw(REAL, tmp_path, "similarity", "--network", "efficientnet_lite0") == 0
    table = pd.read_csv(tmp_path / "correlations.csv")
    found = table[table["difference"] == "psth_MAE"].set_index("similarity")
    expected = {
        "cosine_maxblk_effnet_pool": (-0.10, 0.37),
        "maxblk_effnet_b15all": (-0.18, 0.10),
    }
    for name, (r, p) in expected.items():
        assert found.at[name, "n"] == 87
        assert found.at[name, "r"] == pytest.approx(r, abs=0.006)
        assert found.at[name, "p"] == pytest.approx(p, abs=0.006)
