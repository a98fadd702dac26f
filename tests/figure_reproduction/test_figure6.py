"""Figure 6 drawn from tables that hold the published counts and cells, and from broken ones."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from core.contract import fig6
from core.contract.provenance import Origin, record, write_provenance
from core.contract.source_data import SourceData
from core.errors import ContractError
from core.statistics.tuning_axes import fit_axis
from figure_reproduction import Figure6_reproduction as figure6
from figure_reproduction import tuning_statistics as numbers_of
from figure_reproduction.comparison import DIFFERS, published_numbers, verdict
from figure_reproduction.script import draw_figure
from figure_reproduction.tuning_panels import FAILURE_AXES, axis_title, draw_failed_map

mpl.use("Agg")

PUBLISHED = {number.id: number for number in published_numbers() if number.figure == "Fig6"}
DISTANCES = np.array(numbers_of.PEAK_BINS)


def level(text):
    return float(text.replace("m", "-").replace("p", "."))


def trials():
    """Two axes that are Gaussian along the distance, one without trials at 0, and other images."""
    rng = np.random.default_rng(0)
    rows = []
    for space, eig_id, distances in (
        ("class", 0, DISTANCES),
        ("noise", 0, DISTANCES),
        ("class", 3, DISTANCES[DISTANCES != 0]),
    ):
        for x in np.repeat(distances, 5):
            rate = 60 + 140 * np.exp(-((x - 0.05) ** 2) / 0.08) + rng.normal(0, 20)
            rows.append((f"{space}_eig{eig_id}_lin{x:g}", rate, space, eig_id, x, True))
    rows += [("natural.png", 80.0, None, np.nan, np.nan, False)] * 4
    names = ["img_name", "pref_unit_resp", "space_name", "eig_id", "lin_dist", "hessian_img"]
    return pd.DataFrame(rows, columns=names)


def averages(word, recording, unit, n_repeats):
    """The published cells of one map; `n_repeats` trials in all."""
    prefix, rows = f"fig6d.{word}.", []
    for name, number in PUBLISHED.items():
        axis, _, distance = name.removeprefix(prefix).partition(".lin")
        if name.startswith(prefix) and distance:
            rows.append((axis[:5], int(axis[5:]), level(distance), number.value))
    table = pd.DataFrame(rows, columns=["space_name", "eig_id", "lin_dist", "pref_unit_resp"])
    share, rest = divmod(n_repeats, len(table))
    return table.assign(
        ephysFN=recording,
        prefchan=int(unit[:-1]),
        prefunit=1,
        prefchan_str=unit,
        bsl_mean=27.715117,
        bsl_sem=0.854681,
        n_repeats=share + (np.arange(len(table)) < rest),
    )


def shapes():
    """A table with every published count: (rows, significant, common, success, ids)."""
    groups = (
        (342, True, True, True, 30),
        (103, True, True, False, 17),
        (400, False, True, True, 30),
        (243, False, True, False, 17),
        (48, True, False, True, 32),
        (105, False, False, False, 20),
    )
    rows = []
    for n, significant, common, success, n_ids in groups:
        counts = (178, 41, 217) if success else (26, 37, 63)
        for i in range(n):
            animal = "Alfa" if success else "Beto"
            p = 0.001 if significant else 0.5
            flags = (i < counts[0], counts[0] - 2 <= i < counts[0] - 2 + counts[1], i < counts[2])
            rows.append((animal, f"{animal}_{i % n_ids}", p, common, success, *flags))
    names = ["Animal", "Exp_id", "anova_p_value", "is_common_axis", "is_BigGAN_evol_success"]
    table = pd.DataFrame(rows, columns=[*names, *(f"gpr_y_is_{s}" for s in numbers_of.SHAPES)])
    numbers = [column.name for column in fig6.SHAPES.columns if column.name not in table]
    return table.assign(**{**dict.fromkeys(numbers, 0.5), "space": "class"})


def peaks():
    rows = [
        (0.001, distance, success)
        for group, success in numbers_of.GROUPS.items()
        for distance in DISTANCES
        for _ in range(int(PUBLISHED[f"fig6e.peak.{group}.bin{name_of(distance)}.count"].value))
    ]
    rows += [(0.02, 0.0, True), (np.nan, 0.0, False)]
    names = ["p_value", "max_resp_lin_dist_bin", "is_BigGAN_evol_success"]
    return pd.DataFrame(rows, columns=names).assign(is_common_axis=True)


def name_of(distance):
    return f"{distance:.2g}".replace("-", "m").replace(".", "p") if distance else "0p0"


TABLES = {
    fig6.SINGLE_TRIALS: trials(),
    fig6.AVERAGES["success"]: averages("success", "Caos-12102024-003", "68B", 1402),
    fig6.AVERAGES["failure"]: averages("fail", "Alfa-08092020-004", "57A", 2000),
    fig6.SHAPES: shapes(),
    fig6.PEAKS: peaks(),
}


def write(root, **changed):
    """Source data in `root`; `changed` replaces tables by name."""
    source = SourceData(root)
    for file, table in TABLES.items():
        source.write(file, changed.get(file.name, table))
    return source


def changed(tmp_path, file, table):
    return write(tmp_path, **{file.name: table})


def numbers(source):
    """The figure's numbers, without its pictures."""
    data, rng = figure6.read(source), np.random.default_rng(0)
    fits = fit_axis(data.example.axis.distance, data.example.axis.rate, rng)
    return {
        **numbers_of.axis_statistics(fits),
        **numbers_of.map_statistics(data.averages),
        **numbers_of.shape_statistics(data.shapes, numbers_of.shape_shares(data.shapes, rng)),
        **numbers_of.peak_statistics(numbers_of.peak_shares(data.peaks)),
    }


def notes_on_peaks(source):
    data = figure6.read(source)
    return figure6.peak_notes(data, numbers_of.peak_shares(data.peaks))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write(tmp_path_factory.mktemp("source data"))


@pytest.fixture(scope="module")
def result(source, tmp_path_factory):
    return draw_figure("6", figure6.reproduce, source, tmp_path_factory.mktemp("figures"))


def test_every_published_number_is_computed_under_its_id(result):
    assert result.problem == ""
    assert set(PUBLISHED) - set(result.statistics) == set()


def test_published_counts_and_cells_give_the_published_numbers(result):
    given = [name for name in PUBLISHED if name.startswith(("fig6d.", "fig6e."))]
    assert len(given) > 450
    differing = [
        name
        for name in given
        if verdict(PUBLISHED[name], result.statistics[name], Origin.RECORDED) == DIFFERS
    ]
    assert differing == []


def test_five_pictures_are_saved_and_the_files_agree(result):
    names = ["6C", "6D_success", "6D_failure", "6E_shape", "6E_peak"]
    assert [panel.png.stem for panel in result.panels] == [f"Figure{name}" for name in names]
    assert all(item.passed for item in result.checks)


def test_what_is_there_is_drawn_where_a_file_is_missing(tmp_path):
    source = write(tmp_path / "source data")
    source.path(fig6.PEAKS).unlink()
    source.path(fig6.AVERAGES["failure"]).unlink()
    found = draw_figure("6", figure6.reproduce, source, tmp_path / "figures")
    names = ["6C", "6D_success", "6E_shape"]
    assert [panel.png.stem for panel in found.panels] == [f"Figure{name}" for name in names]
    assert set(found.unavailable) == {"6D", "6E"}
    assert fig6.PEAKS.name in found.unavailable["6E"]
    assert "fig6e.shape.success.n" in found.statistics
    assert "fig6e.peak.success.n" not in found.statistics


def test_a_figure_without_any_file_is_not_drawn(tmp_path):
    found = draw_figure("6", figure6.reproduce, SourceData(tmp_path), tmp_path / "figures")
    assert "Fig6: expected files, found none" in found.problem


def test_the_example_axis_is_fitted(result):
    found = result.statistics
    assert found["fig6c.gauss.mean"] == pytest.approx(0.05, abs=0.02)
    assert found["fig6c.gauss.std"] == pytest.approx(0.2, abs=0.04)
    assert found["fig6c.gauss.R2"] == pytest.approx(found["fig6c.gpr.R2"], abs=0.05)
    assert found["fig6c.anova.p"] < 1e-10


def test_borrowed_trials_are_known(source, tmp_path):
    own_origin = TABLES[fig6.SINGLE_TRIALS].eval("space_name == 'class' and lin_dist == 0")
    axis = figure6.read(source).example.axis
    assert (len(axis.rate), axis.borrows_origin) == (45, False)
    table = TABLES[fig6.SINGLE_TRIALS][~own_origin]
    axis = figure6.read(changed(tmp_path, fig6.SINGLE_TRIALS, table)).example.axis
    assert (len(axis.rate), axis.borrows_origin) == (45, True)


def test_the_title_names_the_published_recording_unless_the_record_names_another(tmp_path):
    source = write(tmp_path)
    example = figure6.read(source).example
    assert (example.recording, example.unit) == ("B-07092020-003", "5B")
    path = source.path(fig6.SINGLE_TRIALS)
    details = {"recording": "Caos-12102024-003-SIM", "unit": "68B"}
    write_provenance(tmp_path, {fig6.SINGLE_TRIALS.path: record(path, "simulation", details)})
    example = figure6.read(source).example
    fits = fit_axis(example.axis.distance, example.axis.rate, np.random.default_rng(0))
    title = axis_title(example.recording, example.unit, example.axis, fits).splitlines()
    assert title[0] == "Caos-12102024-003-SIM | Pref Chan 68B | class 0 axis"
    assert len(title) == 5


def test_the_failed_map_shows_ten_axes_in_square_cells_on_the_scale_of_all():
    table = TABLES[fig6.AVERAGES["failure"]]
    ax = draw_failure(table)
    assert ax.images[0].get_array().shape == (10, 9)
    assert ax.images[0].get_clim() == numbers_of.color_limits(table)
    assert ax.get_aspect() == 1


def test_other_axes_are_shown_where_the_published_ones_are_missing():
    table = TABLES[fig6.AVERAGES["failure"]]
    ax = draw_failure(table[~table["eig_id"].isin(FAILURE_AXES)])
    assert ax.images[0].get_array().shape == (3, 9)


def draw_failure(table):
    figure, ax = plt.subplots()
    draw_failed_map(ax, table)
    plt.close(figure)
    return ax


def test_a_missing_cell_is_undefined(tmp_path):
    file = fig6.AVERAGES["success"]
    found = numbers(changed(tmp_path, file, TABLES[file].iloc[1:]))
    assert np.isnan(found["fig6d.success.class0.linm0p4"])
    assert found["fig6d.success.n_rows"] == 170


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        (fig6.SINGLE_TRIALS, lambda t: t[t["eig_id"] != 0], "expected trials on class axis 0"),
        (
            fig6.AVERAGES["success"],
            lambda t: t[t["space_name"] == "noise"],
            "expected axes of the class space, found none",
        ),
        (
            fig6.AVERAGES["failure"],
            lambda t: pd.concat([t, t.iloc[:1]]),
            "found two for class axis 0 at -0.4",
        ),
        (
            fig6.AVERAGES["failure"],
            lambda t: t.assign(ephysFN=["A"] * 100 + ["B"] * 125),
            "expected one recording and unit, found A, B in column ephysFN",
        ),
    ],
)
def test_tables_that_cannot_be_drawn_are_named(tmp_path, file, change, sentence):
    source = changed(tmp_path, file, change(TABLES[file]))
    with pytest.raises(ContractError, match=sentence) as raised:
        figure6.read(source)
    assert str(raised.value).startswith(str(source.path(file)))


def test_only_common_axes_are_counted_where_the_table_tells(source, tmp_path):
    assert notes_on_peaks(source) == ()
    table = TABLES[fig6.PEAKS]
    table = table.assign(is_common_axis=np.arange(len(table)) % 2 == 0)
    source = changed(tmp_path, fig6.PEAKS, table)
    assert numbers(source)["fig6e.peak.success.n"] == 171
    (note,) = notes_on_peaks(source)
    assert "DISAGREE: 171 successful and" in note
    assert "342 and 103 in the table of shapes" in note


def test_a_table_that_does_not_tell_is_taken_whole(tmp_path):
    table = TABLES[fig6.PEAKS].drop(columns="is_common_axis")
    source = changed(tmp_path, fig6.PEAKS, table)
    assert numbers(source)["fig6e.peak.success.n"] == 342
    (note,) = notes_on_peaks(source)
    assert "does not say which axes are common" in note


def test_a_peak_outside_the_bins_is_noted_and_stays_in_the_total(tmp_path):
    table = TABLES[fig6.PEAKS].copy()
    table.loc[0, "max_resp_lin_dist_bin"] = 0.5
    source = changed(tmp_path, fig6.PEAKS, table)
    found = numbers(source)
    assert found["fig6e.peak.success.n"] == 342
    assert found["fig6e.peak.success.binm0p4.count"] == 8
    assert notes_on_peaks(source) == ("1 axes peak outside the nine bins, at 0.5.",)


@pytest.fixture(scope="module")
def barren(tmp_path_factory):
    """No noise axis, no significant axis of a failed evolution, an example axis without a rate."""
    success = fig6.AVERAGES["success"]
    source = write(
        tmp_path_factory.mktemp("barren"),
        **{
            fig6.SINGLE_TRIALS.name: TABLES[fig6.SINGLE_TRIALS].assign(pref_unit_resp=0.0),
            success.name: TABLES[success].query("space_name == 'class'"),
            fig6.SHAPES.name: TABLES[fig6.SHAPES].query("is_BigGAN_evol_success"),
            fig6.PEAKS.name: TABLES[fig6.PEAKS].query("is_BigGAN_evol_success"),
        },
    )
    return draw_figure("6", figure6.reproduce, source, tmp_path_factory.mktemp("figures"))


def test_what_the_data_cannot_say_is_drawn_empty_and_undefined(barren):
    assert barren.problem == ""
    found = barren.statistics
    missing = set(PUBLISHED) - set(found)
    assert all(name.startswith("fig6d.success.noise") for name in missing)
    assert found["fig6d.success.n_noise_axes"] == 0
    assert found["fig6e.shape.nonsuccess.n"] == found["fig6e.peak.nonsuccess.n"] == 0
    assert found["fig6e.peak.nonsuccess.bin0p0.count"] == 0
    undefined = {name for name, value in found.items() if np.isnan(value)}
    fits = {n for n in PUBLISHED if n.startswith(("fig6c.gauss", "fig6c.ols", "fig6c.gpr"))}
    tests = {n for n in PUBLISHED if n.startswith(("fig6c.anova", "fig6e.shape.ztest"))}
    assert fits | tests < undefined
    others = undefined - fits - tests
    assert all("nonsuccess" in name and "count" not in name for name in others)


def test_a_space_without_axes_is_noted(barren):
    panel = next(panel for panel in barren.panels if panel.png.stem == "Figure6D_success")
    assert panel.notes[-1] == "The recording has no axis in noise space."


def test_numbers_do_not_depend_on_the_seed_beyond_rounding(source, result):
    again = pd.Series(numbers(source), dtype=float)
    pd.testing.assert_series_equal(again, pd.Series(result.statistics), rtol=1e-3)


def test_bootstrap_intervals_are_seeded_and_as_wide_as_they_should_be():
    shares = [numbers_of.shape_shares(TABLES[fig6.SHAPES], np.random.default_rng(3)) for _ in "ab"]
    assert shares[0] == shares[1]
    share = shares[0]["success", "bellshaped"]
    assert share.low < share.fraction < share.high
    assert share.high - share.low == pytest.approx(4 * np.sqrt(0.25 / 342), rel=0.15)
