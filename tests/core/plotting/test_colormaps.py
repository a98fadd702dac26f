"""The MATLAB colormap, and matplotlib's own under the same roof."""

import matplotlib as mpl
import numpy as np
import pytest

from core.plotting import colormaps as colormap_matlab
from core.plotting.colormaps import parula


def test_parula_is_matlabs(data_folder):
    with np.load(data_folder / "montage.npz", allow_pickle=False) as golden:
        np.testing.assert_array_equal(parula.colors, golden["plot.parula"])
    assert parula.N == 64
    np.testing.assert_allclose(parula(0.0)[:3], (0.2081, 0.1663, 0.5292))
    np.testing.assert_allclose(parula(1.0)[:3], (0.9763, 0.9831, 0.0538))


def test_parula_is_not_registered():
    assert parula.name == "parula"
    assert "parula" not in mpl.colormaps


@pytest.mark.parametrize("name", ["viridis", "plasma", "inferno", "magma"])
def test_the_others_are_matplotlibs(name):
    colormap = getattr(colormap_matlab, name)
    assert colormap == mpl.colormaps[name]
    assert colormap.N == 256
