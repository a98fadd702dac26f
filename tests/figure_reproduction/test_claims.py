"""Numbers that the authors printed elsewhere: the list, how they are computed, compared, shown."""

import csv
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.contract import ext5, fig2, fig3, fig6
from core.contract.checks import Check
from core.contract.descriptions import Sizes
from core.contract.provenance import Origin
from core.contract.source_data import SourceData
from core.figures import FIGURES
from core.threads import THREADS
from figure_reproduction.claims import covariances, shapes
from figure_reproduction.claims.cohort import cohort, printed_rows
from figure_reproduction.claims.comparing import compare_claims
from figure_reproduction.claims.compute import FAMILIES, claim_numbers
from figure_reproduction.claims.listed import LISTED, claims, left_out
from figure_reproduction.claims.time_course import later
from figure_reproduction.comparison import (
    AGREES,
    AGREES_UNKNOWN,
    AVERAGED,
    DIFFERS,
    INFORMATIVE,
    SIMULATED,
    UNAVAILABLE,
    WITHHELD,
    explorer_tolerances,
    published_numbers,
)
from figure_reproduction.population import compare_window
from figure_reproduction.report import further, load_run, write_page, write_report
from figure_reproduction.results import ClaimNumbers, FigureResult

CLAIMS = {claim.id: claim for claim in claims()}

FULL_TABLE = ("pc.fig6.recordings", "pc.fig6.max")
"""Beginnings of ids that need the full table of shape fits, which no export holds."""

OF_THE_COHORT = ("pc.fig6d.success.", "fig6c_all.", "pc.fig2")
"""Beginnings of ids that name blocks and axes of the published examples."""


def ids(*figures):
    folders = {FIGURES[figure].folder for figure in figures}
    return {claim.id for claim in CLAIMS.values() if claim.figure in folders}


@pytest.fixture(scope="module")
def of_published_form(published_form):
    """Numbers of Figures 3 and ext5 from the folder of published sizes."""
    return {figure: claim_numbers(figure, published_form, 0) for figure in ("3", "ext5")}


def test_the_list_is_whole_and_says_why_numbers_are_left_out():
    assert len(CLAIMS) == len(claims()) == 1265
    assert sum(name.startswith("fig6c_all.") for name in CLAIMS) == 337
    assert left_out().total() == 83
    assert set(CLAIMS) & {number.id for number in published_numbers()} == set()
    assert {c.panel_number for c in claims()} - {n.id for n in published_numbers()} <= {
        *("", "cohort.total_experiments", "cohort.max_blocks", "cohort.excluded.short"),
    }


def test_every_family_has_its_own_ids_and_every_id_a_family():
    beginnings = [
        b for families in FAMILIES.values() for family in families.values() for b in family
    ]
    for name in CLAIMS:
        assert sum(name.startswith(beginning) for beginning in beginnings) == 1, name


def test_a_tolerance_is_half_a_unit_of_the_last_digit_or_says_otherwise():
    with LISTED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["left_out"]]
    plain = 0
    for row in rows:
        mantissa, _, power = row["value"].partition("e")
        n_decimals = len(mantissa.partition(".")[2])
        exact = not power and "." not in mantissa
        half = 0.0 if exact else 0.5 * 10.0 ** (int(power or 0) - n_decimals)
        if float(row["tolerance"]) == pytest.approx(half, rel=1e-9, abs=0):
            plain += 1
        else:
            assert row["note"] or row["claim"].endswith("2 decimals"), row["id"]
    assert plain > 750


def test_every_number_of_figures_3_and_ext5_is_computed_under_its_id(of_published_form):
    for figure, found in of_published_form.items():
        spaces = {name for name in ids(figure) if name.startswith("pc.cohort.spaces.")}
        rows = {name for name in ids(figure) if name.startswith("pc.metarow.")}
        assert ids(figure) - set(found.values) - spaces == set()
        assert found.unavailable == {}
        assert len(rows) == (74 if figure == "3" else 0)


def test_every_number_of_the_other_figures_is_computed_from_simulated_recordings(source):
    found = {figure: claim_numbers(figure, source, 0) for figure in ("2", "5", "6", "ext4")}
    for figure, numbers in found.items():
        missing = ids(figure) - set(numbers.values)
        assert not [n for n in missing if not n.startswith((*FULL_TABLE, *OF_THE_COHORT))], figure
    assert set(found["6"].unavailable) == set(FULL_TABLE)
    assert "no file" in found["6"].unavailable["pc.fig6.recordings"]
    assert {"pc.fig2.expi", "pc.fig2b.DeePSim.max"} <= set(found["2"].values)


def test_the_example_has_the_means_of_its_trials(source):
    found = claim_numbers("2", source, 0).values
    assert found["pc.fig2.expi"] == 155
    for thread in THREADS:
        for kind, word in (("evol", "evoked"), ("natref", "natref")):
            trials = source.read(fig2.RESPONSE_CSV[f"{thread}_thread_{kind}"])
            first = [row.resp for row in trials.itertuples() if row.gen == 1]
            name = f"pc.fig2b.{thread}.{word}.gen1"
            assert found[f"{name}.mean"] == pytest.approx(sum(first) / len(first))
            assert found[f"{name}.sem"] == pytest.approx(np.std(first, ddof=1) / len(first) ** 0.5)
            if kind == "evol":
                means = [
                    trials.loc[trials["gen"] == block, "resp"].mean()
                    for block in set(trials["gen"])
                ]
                assert found[f"pc.fig2b.{thread}.max"] == pytest.approx(max(means))


def test_groups_of_experiments_are_compared_as_scipy_does(published_form, tmp_path):
    rng = np.random.default_rng(3)
    table, meta = (published_form.read(file) for file in (fig3.SIMILARITY, fig3.META))
    for column in table.filter(like="_crop_q9"):
        table.loc[rng.random(len(table)) < 0.2, column] = np.nan
    source = SourceData(tmp_path, Sizes())
    source.write(fig3.SIMILARITY, table.sample(frac=1, random_state=1))
    source.write(fig3.META, meta)
    found = covariances.numbers(source, rng).values

    def member(row, words):
        low = [row.p_maxinit_0 < 0.001, row.p_maxinit_1 < 0.001]
        succeeded = {
            "": True,
            "any_p_0_001": any(low),
            "both_p_0_001": all(low),
            "not_any_p_0_001": not any(low),
            "not_both_p_0_001": not all(low),
        }
        rest, _, name = words.rpartition("_")
        return row.valid and row.visual_area == name and succeeded[rest]

    checked = 0
    for claim in CLAIMS.values():
        if not claim.id.startswith("pc.covtsr.layer"):
            continue
        _, _, column, pair, word = claim.id.split(".")
        value = dict(zip(table["Expi"], table[column], strict=True))
        samples = [
            [value[row.Expi] for row in meta.itertuples() if member(row, words)]
            for words in pair.split("_vs_")
        ]
        t, p = stats.ttest_ind(*samples, nan_policy="omit")
        expected = {"t": t, "p": p}
        for number, sample in enumerate(samples, 1):
            expected[f"mean_{number}"] = np.nanmean(sample)
            expected[f"sd_{number}"] = np.nanstd(sample, ddof=1)
        assert found[claim.id] == pytest.approx(expected[word], rel=1e-9), claim.id
        checked += 1
    assert checked == 240
    sizes = [
        sum(member(row, f"any_p_0_001_{name}") for row in meta.itertuples())
        for name in ("V4", "IT")
    ]
    assert [found[f"pc.covtsr.n.{name}.any"] for name in ("V4", "IT")] == sizes


def test_correlations_over_all_units_are_scipys(published_form, of_published_form):
    found = of_published_form["ext5"].values
    for generator, metric in (("BigGAN", "Test_R2_noise"), ("DeePSim", "Train_R2_null_Hess256")):
        table = published_form.read(ext5.LINEARITY[generator])
        rectified = np.array([name.startswith("relu") for name in table["Layer"]])
        for group, rows in (("NonReLU", ~rectified), ("ReLU", rectified)):
            x, y = table.loc[rows, "Layer_index"], table.loc[rows, metric]
            name = f"pc.ext5.{generator}.{group}.all.{metric}"
            r, p = stats.spearmanr(x, y)
            assert found[f"{name}.spearman_r"] == pytest.approx(r)
            assert found[f"{name}.spearman_p"] == pytest.approx(p, rel=1e-6)


def test_draws_scatter_around_their_mean(of_published_form):
    found = of_published_form["ext5"].values
    for group in ("NonReLU", "ReLU"):
        name = f"pc.ext5.DeePSim.{group}"
        mean, spread = (found[f"{name}.mean_draws.Test_R2.{word}_r"] for word in ("mean", "sd"))
        assert 0.001 < spread < 0.05
        assert abs(found[f"{name}.draw.Test_R2.spearman_r"] - mean) < 4 * spread


def test_axes_are_counted_by_shape_space_and_rank():
    rng = np.random.default_rng(5)
    n = 400
    table = pd.DataFrame(
        {
            "space": rng.choice(["class", "noise"], n),
            "eig_id": rng.choice([0.0, 3.0, 80.0], n),
            "anova_p_value": 10 ** rng.uniform(-4, -1.5, n),
            "is_common_axis": rng.random(n) < 0.8,
            "is_BigGAN_evol_success": rng.random(n) < 0.6,
            **{f"gpr_y_is_{shape}": rng.random(n) < 0.5 for shape in ("unimodal", "monotonic")},
            "gpr_y_is_bellshaped": rng.random(n) < 0.3,
        }
    )
    found = shapes.by_group(table) | shapes.by_eigenvector(table)

    def count(level, rank=None, space=None, success=None, shape=None):
        return sum(
            row.anova_p_value < level
            and (success is None or (row.is_common_axis and row.is_BigGAN_evol_success == success))
            and (rank is None or row.eig_id == rank)
            and (space is None or row.space == space)
            and (shape is None or getattr(row, f"gpr_y_is_{shape}"))
            for row in table.itertuples()
        )

    begin = "pc.fig6.shape_"
    n_class = count(0.01, space="class", success=True)
    assert found[f"{begin}p0p01.success.class.n_axes"] == n_class
    bell = count(0.01, space="class", success=True, shape="bellshaped")
    assert found[f"{begin}p0p01.success.class.bellshaped_count"] == bell
    assert found[f"{begin}p0p01.success.class.bellshaped_fraction"] == bell / n_class
    of_rank = count(0.005, rank=80, success=False, shape="monotonic")
    assert found[f"{begin}p0p005.nonsuccess.eig80.monotonic_count"] == of_rank
    assert found[f"{begin}p0p005.nonsuccess.both.n_axes"] == count(0.005, success=False)
    every = count(0.001, rank=3)
    assert found[f"{begin}p001.eig3.n_axes"] == every
    assert (
        found[f"{begin}p001.eig3.unimodal_fraction"]
        == count(0.001, rank=3, shape="unimodal") / every
    )
    assert found[f"{begin}p001.eig21.n_axes"] == 0
    assert np.isnan(found[f"{begin}p001.eig21.unimodal_fraction"])


def test_experiments_are_counted_and_two_rows_are_read():
    meta = pd.DataFrame(
        {
            "Expi": [6, 7, 149],
            "Animal": ["Alfa", "Beto", "Alfa"],
            "visual_area": ["IT", "V4", "IT"],
            "space1": "fc6",
            "space2": ["BigGAN", "BigGAN_class", "BigGAN"],
            "blockN": [14, 20, 29],
            "expdate": ["2020-07-22", "2021-01-05", "2020-12-31"],
            "prefchan": [26, 26, 26],
            "prefunit": [1, 1, 2],
        }
    )
    found = cohort(meta)
    assert found["pc.cohort.animal_area.A.IT"] == 2
    assert found["pc.cohort.animal_area.B.IT"] == found["pc.cohort.area.V1"] == 0
    assert (found["pc.cohort.spaces.fc6.BigGAN"], found["pc.cohort.gen.short"]) == (2, 1)
    assert (found["pc.cohort.gen.median"], found["pc.cohort.gen.mean"]) == (20, 21)
    assert found["pc.cohort.date.first"] == 20200722
    assert found["pc.cohort.date.last"] == 20210105
    assert (found["pc.cohort.units.distinct"], found["pc.cohort.channels.distinct"]) == (3, 2)
    rows = printed_rows(meta)
    assert (rows["pc.metarow.Exp149.prefunit"], rows["pc.metarow.Exp6.blockN"]) == (2, 14)
    assert not any("Exp7" in name for name in rows)


def test_the_strongest_image_of_an_experiment_is_that_of_all_its_axes(tmp_path):
    def axis(experiment, success, common, distances, rates):
        row = dict.fromkeys(fig6.SHAPES_PICKLE.keys, 0.0)
        row |= {"Exp_id": experiment, "ephysFN": f"{experiment} session", "Animal": "Alfa"}
        row |= {"is_BigGAN_evol_success": success, "is_common_axis": common}
        return row | {"x_values": np.array(distances), "y_values": np.array(rates)}

    table = pd.DataFrame(
        [
            axis("Alfa_1", True, True, [0.0, 0.0, 0.4], [90.0, 10.0, 40.0]),  # mean 50 at 0
            axis("Alfa_1", True, True, [-0.24, 0.24], [60.0, 20.0]),  # 60 at -0.24
            axis("Alfa_2", True, True, [0.0, 0.4], [5.0, 1.0]),
            axis("Alfa_3", False, True, [0.0, 0.4], [5.0, 7.0]),
            axis("Alfa_4", False, True, [0.0, 0.16], [5.0, 7.0]),
            axis("Alfa_5", False, False, [0.0, 0.16], [9.0, 7.0]),
        ]
    ).astype(dict.fromkeys(("Exp_id", "ephysFN", "Animal"), object))
    source = SourceData(tmp_path, Sizes())
    source.write(fig6.SHAPES_PICKLE, table)
    found = claim_numbers("6", source, 0)
    assert found.values["pc.fig6.recordings"] == 5
    at_origin = [
        found.values[f"pc.fig6.max_at_origin.{word}"] for word in ("all", "fail", "success")
    ]
    assert at_origin == [2, 1, 1]
    t, p = stats.ttest_ind([0.4, 0.16], [0.24, 0.0])
    assert found.values["pc.fig6.maxdist.t"] == pytest.approx(t)
    assert found.values["pc.fig6.maxdist.p"] == pytest.approx(p)
    assert {"fig6c_all.", "pc.fig6d.", "pc.fig6.shape_"} <= set(found.unavailable)
    source.write(fig6.SHAPES_PICKLE, table.drop(columns="x_values"))
    assert "no x_values" in claim_numbers("6", source, 0).unavailable["pc.fig6.max"]


def test_an_object_advantage_begins_with_the_first_window_that_has_more_blocks():
    rng = np.random.default_rng(0)
    low, high = rng.normal(0.5, 0.1, (20, 6)), rng.normal(0.9, 0.1, (20, 6))
    fewer = np.hstack([low[:, :4], high[:, :2]]), np.hstack([high[:, :4], low[:, :2]])
    windows = {
        ((0, 10), "IT"): compare_window(high, low),
        ((10, 20), "V4"): compare_window(low, high),
        ((20, 30), "IT"): compare_window(*fewer[::-1]),
        ((30, 40), "IT"): compare_window(*fewer),
        ((40, 50), "IT"): compare_window(low, high),
    }
    assert later(windows) == 30
    assert np.isnan(later({((0, 10), "IT"): windows[(0, 10), "IT"]}))


def result(figure="2", origin=Origin.RECORDED, **changes):
    """A figure whose numbers printed elsewhere are those of the list."""
    values = {name: CLAIMS[name].value for name in ids(figure)}
    numbers = {"claims": ClaimNumbers(values), **changes}
    return FigureResult(figure, None, origin, **numbers)


def verdicts(result):
    return {c.published.id: c.verdict for c in compare_claims(result)}


MEAN, SEM = "pc.fig2b.BigGAN.evoked.gen1.mean", "pc.fig2b.BigGAN.evoked.gen1.sem"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {AGREES}),
        ({"origin": Origin.UNKNOWN}, {AGREES_UNKNOWN}),
        ({"origin": Origin.SIMULATED}, {SIMULATED}),
        ({"checks": (Check("rows agree", False, "not in 3"),)}, {WITHHELD}),
        ({"claims": ClaimNumbers()}, {UNAVAILABLE}),
        ({"problem": "no data"}, set()),
    ],
)
def test_verdicts_follow_the_rules_of_the_panels(changes, expected):
    assert set(verdicts(result(**changes)).values()) == expected


def test_half_a_unit_decides_and_one_draw_does_not():
    close = CLAIMS[MEAN].value + 0.0049
    values = ClaimNumbers({MEAN: close, SEM: 11.61, "pc.fig2.expi": 156.0})
    found = verdicts(result(claims=values))
    assert [found[name] for name in (MEAN, SEM, "pc.fig2.expi")] == [AGREES, DIFFERS, DIFFERS]
    draw = "pc.ext5.DeePSim.ReLU.draw.Test_R2.spearman"
    found = verdicts(result("ext5", claims=ClaimNumbers({f"{draw}_r": 0.5, f"{draw}_p": 0.5})))
    assert (found[f"{draw}_r"], found[f"{draw}_p"]) == (DIFFERS, INFORMATIVE)


def test_block_averages_widen_the_tolerance_where_it_is_known_how_far():
    n, p = "pc.ext4b.n.IT.BigGAN", "pc.ext4b.p_min"
    within = CLAIMS[n].value + explorer_tolerances()[CLAIMS[n].panel_number]
    values = ClaimNumbers({n: within, p: CLAIMS[p].value})
    found = verdicts(result("ext4", Origin.EXPLORER, claims=values))
    assert (found[n], found[p]) == (AGREES, AVERAGED)
    assert verdicts(result("ext4", claims=values))[n] == DIFFERS
    outside = ClaimNumbers({n: within + 1})
    assert verdicts(result("ext4", Origin.EXPLORER, claims=outside))[n] == DIFFERS
    compared = compare_claims(result("ext4", Origin.EXPLORER, claims=values))
    assert {c.published.id: c.difference for c in compared}[p] is None


def test_numbers_of_computed_tables_are_compared_though_the_folder_is_simulated():
    name = "pc.ext5.BigGAN.NonReLU.all.Test_R2.spearman_r"
    numbers = ClaimNumbers(regenerated={name: CLAIMS[name].value})
    (compared,) = [
        c
        for c in compare_claims(result("ext5", Origin.SIMULATED, claims=numbers))
        if c.published.id == name
    ]
    assert (compared.verdict, compared.regenerated) == (AGREES, True)


def test_a_family_that_fails_says_why_and_the_others_are_computed(published_form, tmp_path):
    source = SourceData(tmp_path, Sizes())
    source.write(fig3.META, published_form.read(fig3.META))
    found = claim_numbers("3", source, 0)
    assert found.values["pc.cohort.n"] == 170
    assert set(found.unavailable) == {"pc.covtsr"}
    compared = compare_claims(result("3", claims=found))
    reasons = {c.why for c in compared if c.published.id.startswith("pc.covtsr")}
    assert len(reasons) == 1
    assert "Fig3G_proto_imdist" in reasons.pop()


def page_of(results, out):
    return write_report(results, out, 7, 1.0).read_text(encoding="utf-8")


def test_the_second_table_stands_apart_and_is_counted_nowhere_else(tmp_path):
    plain = page_of([result(claims=ClaimNumbers())], tmp_path / "a")
    text = page_of(
        [result(claims=ClaimNumbers({MEAN: CLAIMS[MEAN].value, SEM: 0.0}))], tmp_path / "b"
    )
    before = [part.split('id="further"')[0].split('id="main"')[1] for part in (plain, text)]
    assert before[0] == before[1]
    tables = [(tmp_path / folder / "report.csv").read_bytes() for folder in "ab"]
    assert tables[0] == tables[1]
    place = text.split('id="further-fig-2-b"')[1].split("</section>")[0]
    assert 'data-v="agrees"' in place
    assert "1 agrees</span>" in place
    assert "1 differs</span>" in place
    assert f"<code>{MEAN}</code>" in place
    assert "Printed in: github.com/Animadversio/NeuralEvolutionExplorer (4a8fb31): Exp155" in place
    assert "83 more are listed" in text
    with (tmp_path / "b" / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert set(rows) == ids("2")
    assert (rows[SEM]["verdict"], rows[SEM]["printed"], rows[SEM]["value"]) == (
        DIFFERS,
        "11.59",
        "0.0",
    )
    assert rows[MEAN]["source"].startswith("github.com/Animadversio/NeuralEvolutionExplorer")


def test_where_nothing_real_was_drawn_the_table_is_one_line(tmp_path):
    text = page_of([result(origin=Origin.SIMULATED), result("3", Origin.SIMULATED)], tmp_path)
    section = text.split('id="further"')[1].split("</section>")[0]
    n = len(ids("2", "3"))
    assert f"{n} numbers at 8 places were computed from simulated recordings" in section
    assert "<table" not in section
    with (tmp_path / "claims.csv").open(encoding="utf-8", newline="") as file:
        assert {row["verdict"] for row in csv.DictReader(file)} == {SIMULATED}


def test_every_place_of_a_run_on_real_data_has_a_table_of_readable_rows(tmp_path):
    results = [result(figure) for figure in FIGURES]
    text = page_of(results, tmp_path)
    anchors = re.findall(r'<section class="panel further" id="([\w-]+)"', text)
    assert len(anchors) == len(set(anchors)) == len(further.places(results)) == 22
    rows = re.findall(r"<code>(pc\.[\w.]+|fig6c_all\.[\w.]+)</code>", text)
    assert sorted(rows) == sorted(CLAIMS)
    assert "nan" not in text.split('id="further"')[1].split("<code>")[1]
    for compared in (c for place in further.places(results) for c in place.numbers):
        claim = compared.published
        assert further.like_printed(compared).lstrip("−-")[:1].isdigit()
        value = float(further.like_printed(compared).replace("−", "-"))
        shown = 0 if "e" in claim.printed else 10.0**-further.MAX_DECIMALS / 2
        assert abs(value - claim.value) <= max(claim.tolerance, shown) * (1 + 1e-9), claim.id


def test_further_numbers_are_kept_with_the_run(tmp_path):
    numbers = ClaimNumbers({MEAN: 1.5}, {SEM: 2.5}, {"pc.fig2.": "It is gone."})
    drawn = result(claims=numbers)
    page = page_of([drawn], tmp_path)
    (again,), run, seed = load_run(tmp_path)
    assert again.claims == numbers
    assert again == replace(drawn, about=again.about)
    assert write_page([again], run, seed, tmp_path).read_text(encoding="utf-8") == page


def test_the_docs_have_the_counts_of_the_list():
    root = LISTED.parents[1]
    words = f"{len(CLAIMS):,}"
    assert f"{words} such numbers" in (root / "docs" / "errata.md").read_text(encoding="utf-8")
    assert f"{left_out().total()} more are listed" in " ".join(
        (root / "docs" / "errata.md").read_text(encoding="utf-8").split()
    )
    assert f"{words} further numbers" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
