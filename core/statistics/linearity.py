"""How well units follow from a linear function of other numbers, by ridge regression.

Every column gets a penalty of its own, chosen by generalised cross-validation on the training set;
R2 is reported for the training and for a held-out test set (Extended Data Figure 5D and 5E).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.errors import SettingError
from core.optional import import_package

ALPHAS = np.logspace(-3, 12, 100)
"""Ridge penalties: those of the same authors' regressions on neurons, as these are unpublished."""

TEST_SHARE, SPLIT_SEED = 0.2, 42


def ridge_r2(
    x: np.ndarray, y: np.ndarray, alphas: Sequence[float] | np.ndarray = ALPHAS
) -> tuple[np.ndarray, np.ndarray]:
    """R2 of every column of y from x, in the training and in the test set, (n_units,) each.

    One ridge regression of all columns, with a penalty of its own for each, chosen by generalised
    cross-validation on the training set.

    Parameters
    ----------
    x : (n, k)
    y : (n, n_units)
        A column that is constant has R2 = 1, as published.
    alphas
        Penalties to choose from.

    Raises
    ------
    SettingError
        If there are fewer than ten rows.
    MissingPackageError
        If scikit-learn is not installed.

    Examples
    --------
    >>> codes = np.random.default_rng(0).standard_normal((50, 3))
    >>> train, test = ridge_r2(codes, codes @ np.array([[1.0], [2.0], [0.0]]))
    >>> bool(train[0] > 0.99), bool(test[0] > 0.99)
    (True, True)
    """
    linear_model = import_package("sklearn.linear_model", "ridge regression")
    selection = import_package("sklearn.model_selection", "ridge regression")
    metrics = import_package("sklearn.metrics", "ridge regression")
    if len(x) < 10:
        raise SettingError(expected="at least 10 codes", found=len(x))
    halves = selection.train_test_split(
        x, y.astype(float), test_size=TEST_SHARE, random_state=SPLIT_SEED
    )
    x_train, x_test, y_train, y_test = halves
    ridge = linear_model.RidgeCV(alphas, alpha_per_target=y.shape[1] > 1).fit(x_train, y_train)
    train, test = (
        metrics.r2_score(truth, ridge.predict(codes).reshape(truth.shape), multioutput="raw_values")
        for codes, truth in ((x_train, y_train), (x_test, y_test))
    )
    # rounding of the prediction would make it 0
    constant = np.ptp(y, axis=0) == 0
    return np.where(constant, 1.0, train), np.where(constant, 1.0, test)


def linearity_table(
    parts: Mapping[str, np.ndarray],
    features: Mapping[str, np.ndarray],
    alphas: Sequence[float] | np.ndarray = ALPHAS,
) -> pd.DataFrame:
    """R2 of every unit from the code and from its parts.

    Units that are constant, as rectified ones can be, have R2 = 1 in every column: they are kept,
    as in the published tables.

    Parameters
    ----------
    parts
        By suffix of the columns, ``(n, k)``: the code (suffix ``""``) and parts of it.
    features
        By layer, ``(n, n_units)``, in the order of the network.
    alphas
        Ridge penalties to choose from.

    Returns
    -------
    DataFrame with ``Layer``, ``unit_index``, ``Layer_index`` (position among `features`), and
    ``Train_R2<suffix>`` and ``Test_R2<suffix>`` for each part.

    Examples
    --------
    >>> codes = np.random.default_rng(0).standard_normal((50, 3))
    >>> list(linearity_table({"": codes}, {"conv1": codes[:, :2]}))
    ['Layer', 'unit_index', 'Layer_index', 'Train_R2', 'Test_R2']
    """
    tables = []
    for index, (layer, values) in enumerate(features.items()):
        columns = {"Layer": layer, "unit_index": np.arange(values.shape[1]), "Layer_index": index}
        for suffix, x in parts.items():
            train, test = ridge_r2(x, values, alphas)
            columns |= {f"Train_R2{suffix}": train, f"Test_R2{suffix}": test}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
