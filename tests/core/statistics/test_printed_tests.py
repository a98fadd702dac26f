"""Summaries, tests that print, and their plots."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from scipy import stats

from core.errors import SampleError, SettingError
from core.utils import stats_utils
from core.utils.stats_utils import (
    correlation_diff_test,
    latexify_tststs,
    paired_strip_plot,
    scatter_corr,
    shaded_errorbar,
    shaded_errorbar_arr,
    summary_by_block,
    trivariate_corr,
    ttest_1samp_print,
    ttest_ind_df,
    ttest_ind_print,
    ttest_ind_print_df,
    ttest_rel_df,
    ttest_rel_print,
    ttest_rel_print_df,
)


@pytest.fixture(scope="module")
def golden(data_folder):
    with np.load(data_folder / "stats_geometry_fourier.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file if name.startswith(("stats.", "meta."))}


@pytest.fixture(scope="module")
def samples(golden):
    return [golden[f"stats.{name}"] for name in "abc"]


@pytest.fixture
def table(samples):
    return pd.DataFrame(dict(zip("abc", samples, strict=True)))


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_the_inputs_come_from_the_stored_hash(golden, hashed_unit, hashed_signed):
    np.testing.assert_array_equal(hashed_unit(0, 8), golden["meta.hash_first8"])
    np.testing.assert_array_equal(hashed_unit(5, 2**24)[-4:], golden["meta.hash_t5_far"])
    np.testing.assert_array_equal(hashed_signed(3, 5), 2 * hashed_unit(3, 5) - 1)


def rel_nan_series(table):
    table.loc[2, "a"] = np.nan
    return ttest_rel_print(table.a, table.b, output_dof=True, legacy_dof=True)


PRINTING = {
    "rel_np": lambda t: ttest_rel_print(t.a.values, t.b.values),
    "rel_np_sem_latex_dof": lambda t: ttest_rel_print(
        t.a.values, t.b.values, True, True, "omit", True
    ),
    "ind_np": lambda t: ttest_ind_print(t.a.values, t.c.values[:12], output_dof=True),
    "ind_np_sem_latex": lambda t: ttest_ind_print(t.a.values, t.c.values[:12], True, True),
    "rel_df": lambda t: ttest_rel_print_df(t, None, "a", "b", output_dof=True),
    "rel_df_msk_sem": lambda t: ttest_rel_print_df(t, t.a > 0, "a", "b", True),
    "ind_df": lambda t: ttest_ind_print_df(t, t.a > 0, ~(t.a > 0), "c", False, True, True),
    "rel_nan_series": rel_nan_series,
}


@pytest.mark.parametrize("name", PRINTING)
def test_stored_t_tests(name, golden, table, capsys):
    *numbers, text = PRINTING[name](table)
    np.testing.assert_allclose(numbers, golden[f"stats.{name}.num"], rtol=1e-9)
    assert text == golden[f"stats.{name}.str"]
    assert capsys.readouterr().out == golden[f"stats.{name}.print"]


def test_stored_one_sample_test(golden, samples, capsys):
    result = ttest_1samp_print(samples[0], 0.25)
    np.testing.assert_allclose(result, golden["stats.onesamp.num"], rtol=1e-9)
    assert capsys.readouterr().out == golden["stats.onesamp.print"]


def test_stored_latex(golden):
    cases = [(-3.2, 1.23e-5, 11), (0.1, 0.5, 3), (50, 0, 3), (5, 3e-10, 100), (5, 3e-123, 100)]
    assert [latexify_tststs(*case) for case in [*cases, (5, 1, 7)]] == golden[
        "stats.latex"
    ].tolist()


def test_latex_of_what_is_undetermined_is_nan_without_a_power():
    assert latexify_tststs(np.nan, np.nan, 4) == "t_{4}=nan p=nan"


def test_n_and_df_count_the_pairs_that_were_tested(golden, table):
    table.loc[2, "a"] = np.nan
    t, p, df, text = ttest_rel_print(table.a, table.b, output_dof=True)
    np.testing.assert_allclose((t, p), golden["stats.rel_nan_series.num"][:2], rtol=1e-9)
    assert df == golden["stats.rel_nan_true_dof"]
    complete = ttest_rel_print(table.a.drop(2), table.b.drop(2), output_dof=True)
    assert text == complete[-1]


def test_the_line_s_front_counts_the_same_values(table, capsys):
    table.loc[[2, 4], "a"] = np.nan
    is_first = np.arange(15) < 5
    ttest_rel_print_df(table, None, "a", "b")
    ttest_ind_print_df(table, is_first, ~is_first, "a")
    ttest_ind_print_df(table, is_first, ~is_first, "a", legacy_dof=True)
    paired, unpaired, published = capsys.readouterr().out.splitlines()
    assert paired.startswith("a ~ b (N=13) ")
    assert " (N=13) t=" in paired
    assert unpaired.startswith("a (N=3) ~ (N=10) ")
    assert unpaired.endswith(" df=11")
    assert published.startswith("a (N=5) ~ (N=10) ")
    assert published.endswith(" df=13")


def test_nan_that_is_not_omitted_reaches_the_result(table):
    table.loc[2, "a"] = np.nan
    values = table.a.values, table.b.values
    assert np.isnan(ttest_rel_print(*values, nan_policy="propagate")[:2]).all()
    assert np.isnan(ttest_rel_df(table, None, "a", "b")).all()
    assert np.isnan(ttest_ind_df(table, table.b > 0, table.b <= 0, "a")).any()
    with pytest.raises(ValueError, match="nan"):
        ttest_ind_print(*values, nan_policy="raise")


@pytest.mark.parametrize(
    ("n", "means"), [(0, "nan+-nan ~ nan+-nan (N=0)"), (1, "2.000+-0.000 ~ 3.000+-0.000 (N=1)")]
)
def test_too_few_pairs_are_undetermined(n, means):
    t, p, text = ttest_rel_print(np.array([2.0])[:n], np.array([3.0])[:n])
    assert np.isnan([t, p]).all()
    assert text == f"{means} t=nan, p=nan df={n - 1}"


@pytest.mark.parametrize(("n1", "n2", "known"), [(0, 5, False), (1, 1, False), (1, 2, True)])
def test_two_samples_need_three_values(n1, n2, known, samples):
    t, p, df, _ = ttest_ind_print(samples[0][:n1], samples[1][:n2], output_dof=True)
    assert np.isfinite([t, p]).all() == known
    assert df == n1 + n2 - 2


def test_published_line_of_an_array_with_nan_has_nan_means(samples):
    a, b, _ = samples
    a = np.where(np.arange(15) == 2, np.nan, a)
    text = ttest_rel_print(a, b, legacy_dof=True)[-1]
    assert text.startswith("nan+-nan ~ 0.618+-1.030 (N=15) t=-3.05")


def test_spread_follows_the_type_unless_it_is_said(table):
    array, series = table.a.values, table.a
    default = [ttest_rel_print(sample, table.b)[-1] for sample in (array, series)]
    assert default[0] != default[1]
    assert ttest_rel_print(array, table.b, ddof=1)[-1] == default[1]
    assert ttest_rel_print(series, table.b.values, ddof=0) == ttest_rel_print(array, table.b.values)


def test_missing_values_of_nullable_columns_are_nan(table):
    missing = table.astype("Float64")
    missing.loc[2, "a"] = pd.NA
    table.loc[2, "a"] = np.nan
    assert ttest_rel_print_df(missing, None, "a", "b") == ttest_rel_print_df(table, None, "a", "b")


seeds = st.integers(0, 10**6)


@given(seed=seeds, n=st.integers(2, 30), shift=st.floats(-3, 3), n_missing=st.integers(0, 5))
def test_t_tests_agree_with_scipy(seed, n, shift, n_missing):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal([0, shift], [1, 2], (n + n_missing, 2)), columns=["x", "y"])
    table.iloc[rng.permutation(n + n_missing)[:n_missing], rng.integers(2)] = np.nan
    complete = table.dropna()
    expected = stats.ttest_rel(complete.x, complete.y)
    t, p, df, _ = ttest_rel_print_df(table, None, "x", "y", output_dof=True)
    np.testing.assert_allclose((t, p), expected, rtol=1e-9)
    assert df == expected.df
    np.testing.assert_allclose(ttest_rel_df(complete, None, "x", "y"), expected, rtol=1e-9)
    expected = stats.ttest_ind(table.x.dropna(), table.y.dropna())
    t, p, df, _ = ttest_ind_print(table.x, table.y, output_dof=True)
    np.testing.assert_allclose((t, p), expected, rtol=1e-9)
    assert df == expected.df


@given(seed=seeds, first=st.booleans())
def test_masked_columns_are_those_rows(seed, first):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.standard_normal((20, 2)), columns=["x", "y"], index=range(50, 70))
    mask = rng.permutation(20) < 8
    one, other = table.x.values[mask], table.x.values[~mask]
    expected = stats.ttest_ind(one, other) if first else stats.ttest_ind(other, one)
    masks = (mask, ~mask) if first else (~mask, mask)
    np.testing.assert_allclose(ttest_ind_df(table, *masks, "x"), expected)
    as_series = [pd.Series(mask, index=table.index) for mask in masks]
    np.testing.assert_allclose(ttest_ind_df(table, *as_series, "x"), expected)
    shuffled = [mask.sample(frac=1, random_state=seed % 1000) for mask in as_series]
    np.testing.assert_allclose(ttest_ind_df(table, *shuffled, "x"), expected)


@pytest.mark.parametrize(
    "test",
    [
        lambda table, mask: ttest_ind_df(table, mask, ~mask, "x"),
        lambda table, mask: ttest_ind_print_df(table, mask, ~mask, "x"),
        lambda table, mask: ttest_rel_df(table, mask, "x", "y"),
        lambda table, mask: ttest_rel_print_df(table, mask, "x", "y"),
        lambda table, mask: stats_utils.test_correlation_diff_df(table, *"xyz", msk=mask),
        lambda table, mask: paired_strip_plot(table, mask, "x", "y", ax=Figure().add_subplot()),
    ],
)
def test_a_mask_with_other_labels_is_refused_where_a_reordered_one_is_aligned(test):
    values = np.random.default_rng(3).standard_normal((8, 3))
    table = pd.DataFrame(values, columns=list("xyz"), index=list("abcdefgh"))
    mask = pd.Series([True, True, True, True, True, False, False, False], index=table.index)
    drawn = [
        result.axes[0].get_title() if isinstance(result, Figure) else tuple(result)
        for result in (test(table, mask), test(table, mask[::-1]))
    ]
    assert drawn[0] == drawn[1]
    with pytest.raises(SampleError, match="a mask with the labels of the table's rows, found a S"):
        test(table, mask.set_axis(range(8)))
    with pytest.raises(SampleError, match="an array is taken in the order of the rows"):
        test(table.set_axis(list("aabcdefg")), mask.set_axis(list("abacdefg")))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: ttest_rel_print(t.a, t.b[:9]), "found 15 and 9 values"),
        (lambda t: ttest_rel_print(t.to_numpy(), t.b), r"shape \(n,\), found shape \(15, 3\)"),
        (lambda t: ttest_rel_df(t, None, "a", "z"), "the column 'z', found a, b, c"),
        (lambda t: ttest_rel_df(t, [True, False], "a", "b"), "each of the 15 rows"),
        (lambda t: ttest_ind_df(t, t.a, t.b > 0, "a"), "truth value .* found float64"),
        (lambda t: correlation_diff_test(t.a, t.b, t.c[:9]), "found 15, 15, 9 values"),
        (lambda t: correlation_diff_test(t.a[:3], t.b[:3], t.c[:3]), "at least 4 .* found 3"),
        (lambda t: correlation_diff_test(t.a, t.b, 0 * t.c), "a single value"),
        (lambda t: correlation_diff_test(t.a, t.b, 2 * t.b + 1), "cannot be compared"),
        (lambda t: correlation_diff_test(t.a, t.b, -t.b), "cannot be compared"),
        (lambda t: correlation_diff_test(t.a, t.b, t.c, "fisher"), "method: .* found 'fisher'"),
        (lambda t: scatter_corr(t[:2], "a", "b"), "at least 3 rows .* found 2"),
        (lambda t: scatter_corr(t, "a", "b", corrtype="kendall"), "corrtype: .* 'kendall'"),
        (lambda t: shaded_errorbar_arr(t.a), r"rows and columns, found shape \(15,\)"),
        (lambda t: shaded_errorbar_arr(t, errtype="ci"), "errtype: .* 'ci'"),
        (lambda t: summary_by_block([], []), r"shapes \(0,\) and \(0,\)"),
        (lambda t: summary_by_block(t.a, [1, 2]), r"shapes \(15,\) and \(2,\)"),
        (lambda t: summary_by_block(t.a, t.b), "whole numbers"),
        (lambda t: summary_by_block([1.0, 2.0], [0, np.nan]), "whole numbers"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, message, table):
    with pytest.raises(ValueError, match=message):
        call(table)


def test_bad_options_are_setting_errors(table):
    with pytest.raises(SettingError):
        correlation_diff_test(table.a, table.b, table.c, method="steiger")


class TestSummaryByBlock:
    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("block_sem", {}),
            ("block_std_max3", {"maxgen": 3, "sem": False}),
            ("block_nomax", {"maxgen": None}),
        ],
    )
    def test_stored_summaries(self, name, options, golden, samples):
        summary = summary_by_block(samples[0], golden["stats.gens"], **options)
        np.testing.assert_allclose(summary, golden[f"stats.{name}"], rtol=1e-9)

    @given(seed=seeds, n_scores=st.integers(1, 60), maxgen=st.none() | st.integers(-3, 9))
    def test_every_block_is_summarised_by_itself(self, seed, n_scores, maxgen):
        rng = np.random.default_rng(seed)
        scores, gens = rng.normal(50, 9, n_scores), rng.integers(-2, 9, n_scores)
        mean, sem, block = summary_by_block(scores, gens, maxgen)
        last = gens.max() if maxgen is None else min(gens.max(), maxgen)
        expected = [b for b in range(gens.min(), last + 1) if np.sum(gens == b) != 1]
        np.testing.assert_array_equal(block, expected)
        for row, number in enumerate(expected):
            chosen = scores[gens == number]
            if len(chosen) == 0:
                assert np.isnan([mean[row], sem[row]]).all()
            else:
                assert mean[row] == pytest.approx(chosen.mean())
                assert sem[row] == pytest.approx(chosen.std() / np.sqrt(len(chosen)))

    def test_a_limit_before_the_first_block_leaves_nothing(self):
        assert [len(part) for part in summary_by_block([1.0, 2.0], [5, 5], maxgen=4)] == [0, 0, 0]

    def test_blocks_as_floats_are_taken(self):
        mean, _, block = summary_by_block(pd.Series([1.0, 3.0]), pd.Series([2.0, 2.0]))
        assert (mean.tolist(), block.tolist()) == ([2.0], [2])


class TestCorrelationDifference:
    def test_stored_values(self, golden, samples, capsys):
        legacy = stats_utils.test_correlation_diff(*samples, verbose=True)
        np.testing.assert_allclose(legacy, golden["stats.corrdiff_legacy.num"], rtol=1e-9)
        assert capsys.readouterr().out == golden["stats.corrdiff_legacy.print"]
        for method in ("independent", "williams"):
            result = correlation_diff_test(*samples, method=method)
            np.testing.assert_allclose(result, golden[f"stats.corrdiff_{method}"], rtol=1e-9)

    def test_the_published_name_is_the_legacy_method_and_says_nothing(self, table, capsys):
        expected = correlation_diff_test(table.a, table.b, table.c, method="legacy")
        assert stats_utils.test_correlation_diff(table.a, table.b, table.c) == expected
        assert stats_utils.test_correlation_diff_df(table, "a", "b", "c") == expected
        assert capsys.readouterr().out == ""

    def test_rows_can_be_chosen(self, table):
        chosen = table.c < 1
        expected = stats_utils.test_correlation_diff_df(table[chosen], "a", "b", "c")
        assert stats_utils.test_correlation_diff_df(table, "a", "b", "c", msk=chosen) == expected

    def test_pytest_does_not_take_the_published_names_for_tests(self):
        assert not stats_utils.test_correlation_diff.__test__
        assert not stats_utils.test_correlation_diff_df.__test__

    @given(seed=seeds, n=st.integers(4, 40))
    @pytest.mark.parametrize("method", ["williams", "independent", "legacy"])
    def test_swapping_b_and_c_turns_the_sign(self, method, seed, n):
        a, b, c = np.random.default_rng(seed).standard_normal((3, n))
        there, back = correlation_diff_test(a, b, c, method), correlation_diff_test(a, c, b, method)
        assert there[0] == pytest.approx(-back[0])
        assert there.p == pytest.approx(back.p)
        assert 0 <= there.p <= 1

    @given(seed=seeds, scales=st.tuples(*[st.floats(0.1, 10)] * 3), shift=st.floats(-5, 5))
    def test_units_do_not_matter(self, seed, scales, shift):
        samples = np.random.default_rng(seed).standard_normal((3, 12))
        changed = (row * scale + shift for row, scale in zip(samples, scales, strict=True))
        expected = correlation_diff_test(*samples)
        np.testing.assert_allclose(correlation_diff_test(*changed), expected, rtol=1e-6, atol=1e-9)

    def test_williams_keeps_its_error_rate_where_b_and_c_are_alike(self):
        rng = np.random.default_rng(3)
        p = {"williams": [], "independent": [], "legacy": []}
        for _ in range(1000):
            shared, *own = rng.standard_normal((4, 25))
            samples = [0.6 * shared + 0.8 * one for one in own]
            for method, collected in p.items():
                collected.append(correlation_diff_test(*samples, method=method).p)
        rate = {method: np.mean(np.array(values) < 0.05) for method, values in p.items()}
        assert rate["williams"] == pytest.approx(0.05, abs=0.02)
        assert rate["legacy"] > 0.2

    def test_rows_that_are_not_complete_are_left_out(self, samples):
        a, b, c = (sample.copy() for sample in samples)
        a[1], c[4] = np.nan, np.inf
        kept = np.isfinite(a) & np.isfinite(c)
        result = correlation_diff_test(a, b, c)
        assert result == correlation_diff_test(a[kept], b[kept], c[kept])
        assert result.df == 10

    def test_a_perfect_correlation_is_infinitely_far_from_another(self, samples):
        a, b, _ = samples
        z, p = correlation_diff_test(a, a, b, method="independent")
        assert z > 10
        assert p < 1e-20


def test_trivariate_correlation_is_deprecated(golden, samples):
    with pytest.warns(DeprecationWarning, match="not a recognised statistic"):
        value = trivariate_corr(*samples)
    assert value == pytest.approx(golden["stats.trivariate_legacy"], rel=1e-9)


class TestScatterCorr:
    @pytest.mark.parametrize("corrtype", ["pearson", "spearman"])
    def test_stored_correlations(self, corrtype, golden, table, ax):
        table.loc[3, "b"], table.loc[5, "a"] = np.inf, np.nan
        returned, rho, p = scatter_corr(table, "a", "b", ax, corrtype)
        np.testing.assert_allclose((rho, p), golden[f"stats.scatter_{corrtype}"], rtol=1e-9)
        assert returned is ax
        assert ax.get_title() == golden[f"stats.scatter_{corrtype}_title"]
        assert len(ax.collections[0].get_offsets()) == 13
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")

    def test_it_draws_into_the_current_axes_and_passes_options_on(self, table, ax):
        returned, _, _ = scatter_corr(table, "a", "b", color="red")
        assert returned is ax
        assert to_rgba("red") == tuple(ax.collections[0].get_facecolor()[0])


class TestErrorbars:
    @staticmethod
    def band(ax):
        vertices = ax.collections[0].get_paths()[0].vertices
        return vertices[:, 1].min(), vertices[:, 1].max()

    def test_band_is_one_error_to_both_sides(self, ax):
        line = shaded_errorbar([0, 1], [2, 2], [0.5, 0.5], "b", ax=ax, label="mean")
        assert self.band(ax) == (1.5, 2.5)
        assert line in ax.lines
        assert (line.get_label(), line.get_color()) == ("mean", "b")
        assert ax.collections[0].get_alpha() == 0.3

    @pytest.mark.parametrize(("errtype", "error"), [("sem", 1 / np.sqrt(3)), ("std", 1)])
    def test_error_of_an_array_divides_by_all_rows(self, errtype, error, ax):
        rows = [[1, 5, np.nan], [3, 7, np.nan], [np.nan, np.nan, np.nan]]
        line = shaded_errorbar_arr(rows, errtype=errtype, ax=ax)
        np.testing.assert_array_equal(line.get_xydata(), [[0, 2], [1, 6], [2, np.nan]])
        np.testing.assert_allclose(self.band(ax), (2 - error, 6 + error))

    @given(seed=seeds, n_rows=st.integers(1, 6))
    def test_array_form_agrees_with_numpy(self, seed, n_rows):
        rows = np.random.default_rng(seed).standard_normal((n_rows, 1))
        figure, ax = plt.subplots()
        line = shaded_errorbar_arr(np.hstack([rows, rows]), ax=ax)
        half = rows.std() / np.sqrt(n_rows)
        np.testing.assert_allclose(line.get_ydata(), rows.mean(), atol=1e-12)
        np.testing.assert_allclose(np.diff(self.band(ax)), 2 * half, atol=1e-12)
        plt.close(figure)


class TestPairedStripPlot:
    def test_points_lie_at_their_values_near_0_and_1(self, table, ax):
        figure = paired_strip_plot(table, None, "a", "b", rng=1, ax=ax)
        assert figure is ax.figure
        for place, (dots, column) in enumerate(zip(ax.collections[:2], "ab", strict=True)):
            x, y = dots.get_offsets().T
            np.testing.assert_array_equal(y, table[column])
            assert np.abs(x - place).max() < 0.5
        assert len(ax.lines) == 15
        assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]
        assert ax.get_title() == "t=-3.20, p=6.4e-03 df=14 (N=15)"

    def test_jitter_comes_from_the_generator_alone(self, table):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        figures = [
            paired_strip_plot(table, None, "a", "b", np.random.default_rng(7)) for _ in range(2)
        ]
        first, second = (figure.axes[0].collections[0].get_offsets() for figure in figures)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
        for figure in figures:
            plt.close(figure)

    def test_only_complete_pairs_of_the_mask_are_shown(self, table, ax):
        table.loc[4, "a"] = np.nan
        paired_strip_plot(table, table.b > 0, "a", "b", rng=0, ax=ax)
        n = int(((table.b > 0) & table.a.notna()).sum())
        assert ax.get_title().endswith(f"df={n - 1} (N={n})")
        assert len(ax.lines) == n
