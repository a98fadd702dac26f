"""Where sites stand in the distributions they are drawn from: one in every part, for every seed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_data_analysis.simulation.descriptors import descriptors
from neuro_data_analysis.simulation.drift import draw_drift
from neuro_data_analysis.simulation.parameters import Drifts, Parameters
from neuro_data_analysis.simulation.quantiles import SiteQuantiles, site_quantiles, stratified
from neuro_data_analysis.simulation.simulator import Simulator
from neuro_data_analysis.simulation.site import response_at

PARAMETERS = Parameters()

seeds = st.integers(0, 2**32)


def quantiles_of(seed):
    return site_quantiles(descriptors().values(), np.random.default_rng(seed))


@given(n=st.integers(1, 200), seed=seeds)
def test_every_part_holds_one_number_and_the_mean_is_close_to_a_half(n, seed):
    numbers = stratified(n, 3, np.random.default_rng(seed))
    assert numbers.shape == (n, 3)
    assert (np.sort(np.floor(n * numbers), axis=0) == np.arange(n)[:, None]).all()
    assert (np.abs(numbers.mean(axis=0) - 0.5) < 1 / (2 * n)).all()


@given(seed=seeds)
def test_each_area_and_animal_fills_every_part_once(seed):
    quantiles = quantiles_of(seed)
    assert len(quantiles) == 170
    sizes = Counter((site.area, site.animal) for site in descriptors().values())
    for group, n in sizes.items():
        rows = [
            quantiles[site.scheduled_name]
            for site in descriptors().values()
            if (site.area, site.animal) == group
        ]
        assert (np.sort(np.floor(n * np.array(rows)), axis=0) == np.arange(n)[:, None]).all()


@given(seed=seeds)
def test_the_median_rate_of_an_animal_is_the_distributions_for_every_seed(seed):
    """Of 72 sites the 36th and 37th lie between the quantiles 35/72 and 37/72."""
    sites = [d for d in descriptors().values() if (d.area, d.animal) == ("IT", "Alfa")]
    quantiles = quantiles_of(seed)
    rates = [
        response_at(site, PARAMETERS, quantiles[site.scheduled_name].response) for site in sites
    ]
    low, high = (response_at(sites[0], PARAMETERS, k / 72) for k in (35, 37))
    assert low < np.median(rates) < high


def test_orders_of_two_quantiles_are_independent():
    rng = np.random.default_rng(0)
    r = [np.corrcoef(stratified(40, 2, rng).T)[0, 1] for _ in range(1000)]
    assert abs(np.mean(r)) < 3 / np.sqrt(39 * 1000)
    assert np.std(r) == pytest.approx(1 / np.sqrt(39), rel=0.1)


def test_seeds_differ_in_the_order():
    one, other = (quantiles_of(seed)["Alfa-25112020-003"] for seed in (1, 2))
    assert one != other
    assert one == quantiles_of(1)["Alfa-25112020-003"]


def test_the_trend_of_a_drift_is_the_one_at_its_quantile():
    still = Drifts(transient=(0.0,), block_sd=0, thread_sd=0)
    parameters = replace(PARAMETERS, drift=still)
    # Student's t with 3 degrees of freedom at 0.975, as tables print it
    for quantile, t in ((0.5, 0.0), (0.975, 3.182446), (0.025, -3.182446)):
        place = SiteQuantiles(*[0.5] * 8)._replace(gain_trend=quantile, baseline_trend=1 - quantile)
        rng = np.random.default_rng(0)
        drift = draw_drift(descriptors()[155], 31, parameters, place, rng)
        for factor, mean, scale, at in (
            (drift.response, still.trend_mean, still.trend_scale, t),
            (drift.baseline, still.baseline_mean, still.baseline_scale, -t),
        ):
            # from the middle of the first third to that of the last: 2/3 of the way
            assert np.log(factor[-1] / factor[0]) == pytest.approx(1.5 * (mean + scale * at))


def test_an_experiment_alone_is_the_one_among_others(recordings, tmp_path):
    """The fixture's experiments were simulated together, in other processes."""
    alone = Simulator(26, PARAMETERS, tmp_path).evolution(155)
    together = recordings.experiment(155).psth[0]
    for number in (0, 5):
        # in single precision the sign of simulated numbers changes the last digits
        found = np.sort(together[number], axis=1)
        expected = np.sort(alone.blocks[number][0].psth.T, axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
