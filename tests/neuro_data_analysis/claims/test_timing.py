import numpy as np

from neuro_data_analysis.claims.timing import NEVER, crossing, crossing_time

TIME = np.arange(200)


def test_a_lead_that_ends_at_120_ms_crosses_there():
    early = np.where(TIME < 120, 1.0, -1.0) * (TIME >= 50)
    assert crossing(early) == 120


def test_what_lies_before_the_largest_lead_is_no_crossing():
    late = np.where(TIME < 120, -1.0, 1.0) * (TIME >= 50)
    assert crossing(late) == NEVER


def test_the_interval_of_a_crossing_covers_it():
    rng = np.random.default_rng(2)
    ends = rng.normal(110, 12, 60)
    psth = np.zeros((60, 2, 200))
    psth[:, 0] = np.where(ends[:, None] > TIME, 1.0, -1.0) * (TIME >= 50)
    effect = crossing_time(psth, np.random.default_rng(0))
    assert effect.low <= 110 <= effect.high
    assert 2 <= effect.high - effect.low <= 14
    assert effect.statistic == "100.0% of resamples cross"


def test_a_lead_that_lasts_has_no_crossing():
    psth = np.ones((20, 2, 200)) * [[[2.0], [1.0]]]
    effect = crossing_time(psth, np.random.default_rng(0))
    assert (effect.value, effect.low, effect.high) == (NEVER, NEVER, NEVER)
