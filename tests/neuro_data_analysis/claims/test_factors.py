import numpy as np
import pandas as pd
import pytest

from neuro_data_analysis.claims.factors import common, fit_effect


def table(animals, eras, channels=None):
    n = len(animals)
    return pd.DataFrame(
        {"animal": animals, "era": eras, "channel": channels or [f"c{i}" for i in range(n)]}
    )


def test_the_effect_is_the_mean_of_animals_however_many_experiments_each_gave():
    rng = np.random.default_rng(0)
    animals = ["Alfa"] * 40 + ["Beto"] * 8
    values = np.where(np.array(animals) == "Alfa", 0.3, 0.1) + rng.normal(0, 0.01, 48)
    fit, places, n = fit_effect(values, table(animals, ["coloured"] * 48))
    assert n == 48
    assert values.mean() > 0.26
    assert fit.coefficients[0] == pytest.approx(0.2, abs=0.005)
    assert places == {"animal": [1]}
    assert fit.coefficients[1] == pytest.approx(0.1, abs=0.005)


def test_experiments_of_a_rare_era_are_left_out():
    eras = ["coloured"] * 6 + ["grey/40"] * 2 + ["grey/30"] * 4
    kept = common(table(["Alfa", "Beto"] * 6, eras))
    assert kept.tolist() == [era != "grey/40" for era in eras]


def test_days_of_one_channel_are_no_independent_experiments():
    rng = np.random.default_rng(1)
    sites = rng.normal(0.1, 0.2, 8)
    values = np.repeat(sites, 6) + rng.normal(0, 0.02, 48)
    animals = ["Alfa"] * 24 + ["Beto"] * 24
    alone, _, _ = fit_effect(values, table(animals, ["coloured"] * 48))
    clustered, _, _ = fit_effect(
        values, table(animals, ["coloured"] * 48, [f"c{i // 6}" for i in range(48)])
    )
    ratio = np.sqrt(clustered.covariance[0, 0] / alone.covariance[0, 0])
    assert 2 < ratio < 3
    assert clustered.freedom == 6


def test_what_does_not_vary_is_not_fitted():
    assert fit_effect(np.ones(12), table(["Alfa"] * 12, ["coloured"] * 12)) is None
    assert fit_effect(np.ones(0), table([], [])) is None
