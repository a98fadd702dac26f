"""Ridge regression of units on codes."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from core.errors import SettingError
from core.statistics.linearity import ALPHAS, linearity_table, ridge_r2


def test_all_units_at_once_are_each_by_itself():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 10))
    y = x @ rng.standard_normal((10, 3)) + rng.standard_normal((120, 3)) * [0.1, 3, 30]
    train, test = ridge_r2(x, y)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=42)
    for unit in range(3):
        best = min(ALPHAS, key=lambda alpha, unit=unit: _loo(x_train, y_train[:, unit], alpha))
        ridge = Ridge(best).fit(x_train, y_train[:, unit])
        assert train[unit] == pytest.approx(r2_score(y_train[:, unit], ridge.predict(x_train)))
        assert test[unit] == pytest.approx(r2_score(y_test[:, unit], ridge.predict(x_test)))
    assert test[0] > test[1] > test[2]


def _loo(x, y, alpha):
    """Leave-one-out squared error of ridge regression of centred data."""
    centred = x - x.mean(0)
    hat = centred @ np.linalg.solve(centred.T @ centred + alpha * np.eye(x.shape[1]), centred.T)
    hat += 1 / len(x)
    return np.square((y - hat @ y) / (1 - np.diag(hat))).sum()


def test_a_constant_unit_has_r2_of_one():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3))
    y = np.column_stack([np.full(50, 0.1), x[:, 0]])
    assert ridge_r2(x, y)[0][0] == ridge_r2(x, y)[1][0] == 1
    assert ridge_r2(x, y[:, :1])[1].tolist() == [1]


def test_penalties_can_be_chosen():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3))
    y = x @ rng.standard_normal((3, 2))
    table = linearity_table({"": x, "_half": x[:, :1]}, {"conv1": y, "fc6": y[:, :1]}, [1e9])
    assert list(table) == [
        *("Layer", "unit_index", "Layer_index"),
        *("Train_R2", "Test_R2", "Train_R2_half", "Test_R2_half"),
    ]
    assert table.Layer.tolist() == ["conv1", "conv1", "fc6"]
    assert table.Train_R2.abs().max() < 1e-6
    assert ridge_r2(x, y)[1].min() > 0.99


def test_too_few_codes():
    with pytest.raises(SettingError, match="expected at least 10 codes, found 5"):
        ridge_r2(np.zeros((5, 2)), np.zeros((5, 2)))


def test_torch_is_not_needed():
    script = (
        "import sys; import numpy as np; from core.statistics.linearity import ridge_r2;"
        "ridge_r2(np.eye(20), np.eye(20)); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
