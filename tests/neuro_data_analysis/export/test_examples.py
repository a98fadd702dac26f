"""Which recordings Figures 2 and 6C show: the paper's, in a simulation the first by a rule."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from core.contract import fig2, fig6
from core.contract.source_data import EXAMPLE_EXPI
from neuro_data_analysis.export.examples import example_experiment, example_unit
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.tuning.axes import Tuning
from neuro_data_analysis.tuning.synopsis import TunedUnit

PUBLISHED = fig6.SINGLE_TRIAL_EXAMPLE


def cohort(**changed):
    """Four experiments, all of which fit but for what is changed."""
    meta = {
        "visual_area": ["IT"] * 4,
        "Animal": ["Alfa"] * 4,
        "space1": ["fc6"] * 4,
        "space2": ["BigGAN"] * 4,
        "p_maxinit_0": [1e-4] * 4,
        "p_maxinit_1": [1e-4] * 4,
        "t_maxinit_0": [5.0] * 4,
        "t_maxinit_1": [5.0] * 4,
        "valid": [True] * 4,
    }
    return SimpleNamespace(meta=pd.DataFrame(meta | changed, index=[3, 26, EXAMPLE_EXPI, 160]))


def test_figure_2_shows_the_first_valid_it_experiment_with_two_successes():
    assert example_experiment(cohort()) == 3
    assert example_experiment(cohort(visual_area=["V4", "IT", "IT", "IT"])) == 26
    assert example_experiment(cohort(valid=[False, False, False, True])) == 160
    assert example_experiment(cohort(p_maxinit_1=[0.02, 0.02, 1e-3, 1e-3])) == EXAMPLE_EXPI
    assert example_experiment(cohort(p_maxinit_0=[0.02, 1e-3, 1e-3, 1e-3])) == 26


def test_where_no_experiment_fits_the_papers_is_shown_or_the_first():
    none = cohort(visual_area=["V1"] * 4)
    assert example_experiment(none) == EXAMPLE_EXPI
    assert example_experiment(SimpleNamespace(meta=none.meta.loc[[3, 26]])) == 3


def unit(name, evolved=True):
    trials = pd.DataFrame()
    return TunedUnit("Beto", f"Beto_{name}", evolved, Tuning(name, 5, 2, trials, 10.0, 1.0))


def axes(**p_of):
    """ANOVA of the axis of panel C by recording, and of another axis that is always tuned."""
    rows = [
        {"ephysFN": name, "space": space, "eig_id": rank, "anova_p_value": value}
        for name, p in p_of.items()
        for space, rank, value in ((*fig6.EXAMPLE_AXIS, p), ("noise", 0, 1e-6))
    ]
    return pd.DataFrame(rows)


def test_figure_6c_shows_a_simulated_recording_whose_first_axis_is_tuned():
    units = [unit("a-SIM", False), unit("b-SIM"), unit("c-SIM"), unit(f"{PUBLISHED}-SIM")]
    p_of = {"a-SIM": 1e-5, "b-SIM": 0.2, "c-SIM": 1e-3, f"{PUBLISHED}-SIM": 1e-5}
    assert example_unit(units, PUBLISHED, True, axes(**p_of)).tuning.name == "c-SIM"
    flat = axes(**dict.fromkeys(p_of, np.nan))
    assert example_unit(units, PUBLISHED, True, flat).tuning.name == f"{PUBLISHED}-SIM"
    assert example_unit(units, PUBLISHED, True).tuning.name == f"{PUBLISHED}-SIM"
    assert example_unit(units[1:3], PUBLISHED, True, flat).tuning.name == "b-SIM"


def test_figure_6c_shows_the_papers_recording_where_it_is_real():
    units = [unit("b"), unit(PUBLISHED)]
    tuned = axes(**{"b": 1e-5, PUBLISHED: 0.5})
    assert example_unit(units, PUBLISHED, True, tuned).tuning.name == PUBLISHED
    assert example_unit(units[:1], PUBLISHED, True, tuned).tuning.name == "b"
    assert example_unit(units, PUBLISHED, False, tuned) is None


def test_real_recordings_show_the_papers_experiment():
    real = SimpleNamespace(is_simulated=lambda: False, experiment=lambda expi: f"Exp {expi}")
    assert Inputs(real, None).example == f"Exp {EXAMPLE_EXPI}"
    assert Inputs(real, None, example_expi=11).example == "Exp 11"


def test_an_export_of_a_simulation_follows_the_rule(recordings, folders, source):
    inputs = Inputs(recordings, folders)
    assert source.read(fig2.META)["Expi"] == example_experiment(inputs.cohort)
    assert inputs.example.Expi == example_experiment(inputs.cohort)
