"""The table says what was put into the cohort."""

import numpy as np
import pytest

from core.statistics.comparisons import benjamini_hochberg
from neuro_data_analysis.claims.catalogue import CLAIMS
from neuro_data_analysis.claims.drift import corrected
from neuro_data_analysis.claims.observations import Observations, observe_averages
from neuro_data_analysis.claims.rows import ADJUSTED, CONTROLS, CORRECTED, PUBLISHED, table_of
from neuro_data_analysis.claims.table import claim_rows, claims_table
from neuro_data_analysis.evolutions.cohort import Cohort
from tests.claims_cohort import cohort

TRUE = (
    *("end.V1", "end.V4", "success.V1", "end.areas", "end.IT", "start.IT", "start.V4", "speed.IT"),
    *("early.V1", "early.V4", "early.IT", "late.V1", "late.IT", "switch.IT", "rise.IT"),
    "readme.seen.IT",
)
"""Claims that hold in the synthetic cohort."""


def of(table, variant, column="verdict"):
    part = table[table["variant"] == variant]
    return dict(zip(part["name"], part[column], strict=True))


@pytest.mark.parametrize("variant", [PUBLISHED, CORRECTED])
def test_claims_that_are_true_of_a_cohort_hold(table, variant):
    verdicts = of(table, variant)
    assert {name for name in TRUE if verdicts[name] != "holds"} == set()
    assert verdicts["readme.between.IT"] == verdicts["speed.V4"] == "does not hold"


def test_they_hold_with_animal_and_era_held(table):
    verdicts = of(table, ADJUSTED)
    # all of V1's experiments succeed in one space and none in the other: nothing to fit
    assert "success.V1" not in verdicts
    rest = set(TRUE) - {"success.V1"}
    assert {name for name in rest if verdicts[name] != "holds"} == set()


def test_a_cohort_with_its_threads_exchanged_contradicts_the_directed_claims():
    swapped = observe_averages(cohort(np.random.default_rng(0), swap=True))
    verdicts = {row.name: row.verdict for row in claim_rows(swapped, PUBLISHED)}
    directed = {claim.name for claim in CLAIMS if claim.expected != "equal"} & set(TRUE)
    assert {name for name in directed if verdicts[name] != "does not hold"} == set()
    assert verdicts["end.IT"] == "holds"


def test_effects_are_those_of_the_courses(table):
    """DeePSim needs 1 / 0.15, BigGAN 1 / 0.45 blocks for a factor e; 80 % of what is reached."""
    values, n = of(table, PUBLISHED, "value"), of(table, PUBLISHED, "n")
    assert n["end.V1"] == 8
    assert n["end.V4"] == 12
    assert n["end.IT"] == 16
    assert values["success.V1"] == 1.0
    assert values["crossing.IT"] == pytest.approx(100, abs=1)
    assert values["crossing.V4"] == np.inf
    assert values["speed.V4"] == pytest.approx(6, abs=1)
    assert values["end.IT"] == pytest.approx(0, abs=0.05)


def test_q_is_that_of_all_tests_of_a_variant(table):
    for _, part in table.groupby("variant"):
        known = part[part["p"].notna()]
        np.testing.assert_allclose(known["q"], benjamini_hochberg(known["p"].to_numpy()))
        assert (part["tests"] == len(known)).all()
    assert of(table, PUBLISHED, "tests")["end.V1"] == len(CLAIMS)


def test_each_claim_stands_once_in_a_variant(table):
    assert not table.duplicated(["variant", "name"]).any()
    assert {claim.name for claim in CLAIMS} <= set(of(table, PUBLISHED))


def test_the_correction_for_drift_undoes_it():
    fall = 1.2 - 0.4 * np.linspace(0, 1, 20)
    effects = {}
    for words, drift in (("none", None), ("falling", fall)):
        seen = observe_averages(cohort(np.random.default_rng(0), drift=drift))
        effects[words] = {row.name: row.effect.value for row in claim_rows(seen, PUBLISHED)}
        rows = claim_rows(corrected(seen), CORRECTED)
        effects[f"{words}, corrected"] = {row.name: row.effect.value for row in rows}
    for name in ("end.V4", "early.IT", "start.IT"):
        truth = effects["none"][name]
        assert effects["falling, corrected"][name] == pytest.approx(truth, abs=0.02), name
        assert effects["none, corrected"][name] == pytest.approx(truth, abs=0.02), name
    assert abs(effects["falling"]["start.IT"] - effects["none"]["start.IT"]) > 0.02


def test_a_cohort_of_one_area_leaves_the_others_open(observations):
    kept = [i for i, s in enumerate(observations.cohort.summaries) if s.meta["visual_area"] == "V4"]
    part = Observations(
        "V4",
        False,
        Cohort(tuple(observations.cohort.summaries[i] for i in kept)),
        tuple(observations.beside[i] for i in kept),
    )
    table = claims_table(part)
    verdicts, n = of(table, PUBLISHED), of(table, PUBLISHED, "n")
    assert verdicts["end.V4"] == "holds"
    assert n["end.IT"] == 0
    assert verdicts["end.IT"] == "not decided"
    assert verdicts["crossing.IT"] == ""


def test_the_published_test_has_more_false_alarms_than_its_level(table):
    controls = table[table["variant"] == CONTROLS].set_index("claim")["value"]
    assert 0.01 < controls["Flat threads that pass"] < 0.05
    costly = controls["... flat, divided by a fit to flat references"]
    assert costly > controls["Flat threads that pass"]


def test_every_row_says_what_the_data_are(observations):
    rows = table_of(claim_rows(observations, PUBLISHED), "SIMULATED recordings")
    assert (rows["source"] == "SIMULATED recordings").all()
    assert list(rows)[-4:] == ["tests", "q", "verdict", "source"]
