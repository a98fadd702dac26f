"""Montages and images to practise on, and a network of one's own: both commands run at once."""

import pickle
import sys

import pandas as pd
import pytest

from core.contract.fig3 import COVARIANCE_STATISTICS
from core.contract.signs import content_is_signed
from core.errors import PromiseError, UnknownNetworkError, run
from neuro_data_analysis import covariance_tensors, prototype_similarity
from neuro_data_analysis.image_similarity.networks import check_names, load_feature_network
from neuro_data_analysis.image_similarity.practice import write_practice
from neuro_data_analysis.image_similarity.prototypes import find_prototypes, read_montage
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES, open_recordings
from tests.small_recordings import N_TRIALS, element

N_BLOCKS = 3

MINE = """
import torch

from neuro_data_analysis.image_similarity.features import (
    Feature, FeatureSet, at_positions, one_vector,
)
from neuro_data_analysis.image_similarity.networks import FeatureNetwork


def features():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 5, stride=4), torch.nn.ReLU())
    whole = (Feature("relu_m", ".ReLU1", at_positions), Feature("relu", ".ReLU1", one_vector))
    return FeatureNetwork("mine", net, FeatureSet(whole, covariance={"relu": ".ReLU1"}), size=32)


def no_covariance():
    return FeatureNetwork("mine", features().module, FeatureSet())


def images():
    return "none"
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of one's own on the path of imports."""
    (tmp_path / "my_similarity_parts.py").write_text(MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("my_similarity_parts", None)


@pytest.fixture
def practice(tmp_path):
    """Pictures of two experiments, beside their recordings."""
    matroot = tmp_path / "matroot"
    matroot.mkdir()
    content = [element(k, n, stimuli=f"SIMULATED/{k}") for k, n in ((1, 4), (2, N_BLOCKS))]
    (matroot / EVOLUTION_FILES[1]).write_bytes(pickle.dumps(content))
    with open_recordings(matroot) as recordings:
        folder = write_practice(recordings, tmp_path)
        times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.jpg")}
        assert write_practice(recordings, tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.jpg")} == times
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matroot", "practice"]
    return folder


def test_montages_and_the_images_of_the_shortest_experiment_are_written(practice):
    files = find_prototypes(practice / "prototypes")
    assert [path.name for path in files.values()] == [f"Exp00{k}_SIMULATED.jpg" for k in (1, 2)]
    tiles = read_montage(files[1])
    assert tiles["maxblk", 0].std() > 0.2
    images = list((practice / "stimuli" / "SIMULATED").rglob("*.bmp"))
    assert len(images) == 2 * N_BLOCKS * N_TRIALS
    assert {path.parent.name for path in images} == {"2"}


def test_similarities_of_the_practice_montages_are_computed_and_signed(practice, mine, capsys):
    folder = practice / "prototypes"
    words = [f"--prototypes={folder}", "--network=my_similarity_parts:features", "--device=cpu"]
    assert run(lambda: prototype_similarity.main(words)) == 0
    assert "SIMULATED: these montages are no prototypes" in capsys.readouterr().err
    table = pd.read_csv(folder / "similarity.csv").set_index("Expi")
    assert table.index.tolist() == [1, 2]
    assert {"cosine_reevol_relu_m", "cosine_maxblk_relu"} <= set(table)
    assert table.abs().le(1).all(axis=None)
    assert content_is_signed(table)


def test_covariances_of_the_practice_images_are_computed(practice, mine, tmp_path):
    out = tmp_path / "covariance.csv"
    network = "--network=my_similarity_parts:features"
    words = [network, f"--matroot={tmp_path / 'matroot'}", f"--stimuli={practice / 'stimuli'}"]
    assert run(lambda: covariance_tensors.main([*words, f"--out={out}", "--device=cpu"])) == 0
    table = pd.read_csv(out).set_index("Expi")
    assert table.index.tolist() == [2]
    assert list(table) == [f"relu_{name}" for name in COVARIANCE_STATISTICS]
    assert table["relu_cov_corr"].between(-1, 1).all()


def test_a_network_of_ones_own_must_be_a_feature_network(mine):
    check_names(["my_similarity_parts:features", "alexnet"])
    with pytest.raises(UnknownNetworkError, match=r"dino, efficientnet_lite0, module:factory"):
        check_names(["mine"])
    with pytest.raises(PromiseError, match=r"expected a FeatureNetwork .*, found str"):
        load_feature_network("my_similarity_parts:images", device="cpu")


def test_a_network_without_covariance_is_refused(practice, mine, tmp_path, capsys):
    words = [f"--matroot={tmp_path / 'matroot'}", f"--stimuli={practice / 'stimuli'}"]
    words += ["--network=my_similarity_parts:no_covariance", f"--out={tmp_path / 'c.csv'}"]
    assert run(lambda: covariance_tensors.main(words)) == 2
    assert "expected one whose covariance is compared, found" in capsys.readouterr().err


def test_without_data_the_commands_name_the_one_that_makes_them(practice, mine, tmp_path, capsys):
    network, none = "--network=my_similarity_parts:features", tmp_path / "none"
    assert run(lambda: prototype_similarity.main([network, f"--prototypes={none}"])) == 2
    assert "`./reproduce simulate` makes some to practise on" in capsys.readouterr().err
    words = [network, f"--matroot={tmp_path / 'matroot'}"]
    assert run(lambda: covariance_tensors.main(words)) == 2
    assert "--stimuli simulated_data/practice/stimuli" in capsys.readouterr().err
