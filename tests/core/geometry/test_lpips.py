"""LPIPS with the package's own channel weights; its trunk is random, so that nothing is fetched."""

import numpy as np
import pytest
import torch

from core.computing.random_source import torch_draws_from
from core.computing.torchvision_compat import import_torchvision
from core.geometry import lpips_distance, metric_tensor

import_torchvision()
lpips = pytest.importorskip("lpips")


@pytest.fixture(params=["unit", "pm1"])
def pair(request):
    """Our distance and the package's, with the same weights."""
    with torch_draws_from(0):
        ours = lpips_distance("squeeze", request.param, pretrained=False, device="cpu")
    theirs = lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False).eval()
    theirs.net.load_state_dict(ours.layers.trunk.state_dict())
    return ours, lambda x, y: theirs(x, y, normalize=request.param == "pm1").flatten()


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_distance_and_metric_are_those_of_the_package(pair):
    ours, theirs = pair
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(*images.split(1)), theirs(*images.split(1)))
    basis = torch.rand(4, 3 * 32 * 32, generator=torch.Generator().manual_seed(1)) - 0.5
    generator = lambda codes: torch.sigmoid(codes @ basis).reshape(-1, 3, 32, 32)  # noqa: E731
    found = metric_tensor(generator, torch.ones(4), ours)
    check = metric_tensor(generator, torch.ones(4), theirs, method="backprop")
    np.testing.assert_allclose(
        found.matrix, check.matrix, rtol=1e-3, atol=1e-5 * found.matrix.max()
    )
