"""The command that turns montages of prototypes into similarity columns."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from skimage import data, transform
from torch import nn

from core import errors
from core.contract import fig3
from core.errors import ImageError, SettingError, WeightsError
from neuro_data_analysis import prototype_similarity as command
from neuro_data_analysis.image_similarity import networks, prototype_table
from neuro_data_analysis.image_similarity.features import FEATURES
from neuro_data_analysis.image_similarity.networks import FeatureNetwork
from neuro_data_analysis.image_similarity.prototypes import COLUMNS, find_prototypes
from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from neuro_data_analysis.recordings.lab_tables import writable_table

EXPERIMENTS = {3: (5, "Alfa"), 25: (5, "Alfa"), 26: (7, "Beto")}


def write_montage(folder, expi, fc, bg):
    """Tiles of thread 0 and thread 1, each a colour or an image by prototype."""
    tiles = np.zeros((3, 4, 224, 224, 3), dtype=np.uint8)
    for row, thread in enumerate((fc, bg)):
        for column, name in enumerate(COLUMNS):
            tiles[row, column] = thread[name]
    montage = tiles.transpose(0, 2, 1, 3, 4).reshape(672, 896, 3)
    Image.fromarray(montage).save(folder / f"Exp{expi:03d}_prototypes.png")


def noise_tiles(seed):
    rng = np.random.default_rng(seed)
    return {name: rng.integers(0, 256, (224, 224, 3), dtype=np.uint8) for name in COLUMNS}


@pytest.fixture
def folder(tmp_path):
    """Montages of three experiments; the threads of Exp 26 are equal."""
    path = tmp_path / "prototypes ü"
    path.mkdir()
    for expi in EXPERIMENTS:
        fc = noise_tiles(expi)
        write_montage(path, expi, fc, fc if expi == 26 else noise_tiles(100 + expi))
    return path


@pytest.fixture
def matroot(tmp_path):
    """Recordings of the same experiments that say where they were made."""
    content = [{"evol": None} for _ in range(30)]
    for expi, (channel, animal) in EXPERIMENTS.items():
        content[expi - 1] = {
            "evol": {"pref_chan": np.array([channel, channel], dtype=float)},
            "meta": {
                "ephysFN": f"{animal}-25112020-{expi:03d}",
                "expControlFN": f"201125_{animal}_generate_BigGAN",
            },
        }
    path = tmp_path / "matroot"
    path.mkdir()
    with (path / EVOLUTION_FILES[1]).open("wb") as file:
        pickle.dump(content, file)
    return path


class Small(nn.Module):
    """A module for every path of a network's features, with maps of the sizes of their masks."""

    def __init__(self, name):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.stem = nn.Conv2d(3, 8, 1)
        self.sizes = {}
        for feature in FEATURES[name].of_images:
            for size in (7, 13, 14, 28):
                try:
                    feature.to_vectors(torch.zeros(1, 8, size, size))
                except networks.LayerError:
                    continue
                self._add(feature.layer, size)
                break

    def _add(self, path, size):
        *parents, last = path.split(".")
        module = self
        for name in parents:
            if not hasattr(module, name):
                module.add_module(name, nn.Module())
            module = getattr(module, name)
        if not hasattr(module, last):
            module.add_module(last, nn.Identity())
        self.sizes[path] = max(size, self.sizes.get(path, 0))

    def forward(self, x):
        x = self.stem(x)
        for path, size in self.sizes.items():
            self.get_submodule(path)(nn.functional.adaptive_avg_pool2d(x, size))
        return x


@pytest.fixture
def small_networks(monkeypatch):
    """Small networks in place of those with features of maps and vectors; DINO has no weights."""

    def load(name, **_options):
        if name == "dino":
            raise WeightsError("dino.safetensors: expected in /nowhere, found nowhere.")
        return FeatureNetwork(name, Small(name), FEATURES[name], size=56)

    monkeypatch.setattr(networks, "load_feature_network", load)
    monkeypatch.delenv("MATROOT", raising=False)


def run(*arguments):
    return errors.run(lambda: command.main([str(argument) for argument in arguments]))


def test_columns_of_the_published_table_in_its_order(folder, matroot, small_networks, capsys):
    assert run("--prototypes", folder, "--matroot", matroot) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(folder / "similarity.csv")
    assert printed.err.splitlines() == [
        "dino is left out: dino.safetensors: expected in /nowhere, found nowhere."
    ]
    table = pd.read_csv(folder / "similarity.csv")
    contract = [column.name for column in fig3.SIMILARITY.columns]
    assert list(table) == [name for name in contract if name in table]
    missing = [name for name in contract if name.startswith("cosine_") and name not in table]
    assert missing == [
        f"cosine_{w}_vit_{f}" for w in ("reevol", "maxblk") for f in ("cls", "token_m")
    ]
    assert len(list(table)) == 1 + 10 + 19 + 54
    assert table["Expi"].tolist() == [3, 25, 26]
    assert table["Expi_alt"].tolist()[:2] == [26, 26]
    own = table.drop(columns=[name for name in table if "alt" in name or name == "Expi"])
    assert own.iloc[2].eq(1).all()
    assert own.iloc[:2].lt(1).all(axis=None)
    assert table.notna().all(axis=None)


def test_swapped_columns_take_the_images_of_the_other_experiment(folder, matroot, small_networks):
    run("--prototypes", folder, "--matroot", matroot, "--network", "resnet50_linf8")
    before = pd.read_csv(folder / "similarity.csv", index_col="Expi")
    fc, bg = noise_tiles(3), noise_tiles(26)  # what the alternate of Exp 3 shows BigGAN
    write_montage(folder, 3, fc, bg)
    run("--prototypes", folder, "--matroot", matroot, "--network", "resnet50_linf8")
    after = pd.read_csv(folder / "similarity.csv", index_col="Expi")
    column = "maxblk_resnet_L4"
    assert after.loc[3, column] == before.loc[3, f"{column}_BGalt"]
    assert after.loc[3, f"{column}_BGalt"] == before.loc[3, f"{column}_BGalt"]
    assert after.loc[3, f"{column}_FCalt"] == 1  # equal images in the two experiments


def test_without_recordings_there_are_no_alternates(folder, small_networks, tmp_path, capsys):
    out = tmp_path / "new" / "mine.csv"
    assert run("--prototypes", folder, "--network", "resnet50_linf8", "--out", out) == 0
    assert "the ..alt columns are left out" in capsys.readouterr().err
    assert not [name for name in pd.read_csv(out) if "alt" in name]


def test_experiments_of_one_site_have_no_alternate(folder, matroot, small_networks, capsys):
    (folder / "Exp026_prototypes.png").rename(folder / "Exp027.png")
    assert run("--prototypes", folder, "--matroot", matroot, "--network", "resnet50_linf8") == 0
    assert "no recording of Exp [27]" in capsys.readouterr().err
    table = pd.read_csv(folder / "similarity.csv")
    alternates = [name for name in table if "alt" in name]
    assert table[alternates].isna().all(axis=None)
    assert table.drop(columns=alternates).notna().all(axis=None)


def test_the_seed_repeats_the_draw(matroot):
    files = dict.fromkeys([3, 25, 26])
    draws = [prototype_table.site_alternates(files, matroot, seed) for seed in (1, 1, 2, 3, 4)]
    assert draws[0] == draws[1]
    assert len({draw[26] for draw in draws}) == 2


def test_nothing_is_written_where_nothing_can_be_computed(folder, small_networks, capsys):
    assert run("--prototypes", folder, "--network", "dino") == 1
    assert "expected a network with weights, found none" in capsys.readouterr().err
    assert run("--prototypes", folder, "--network", "alexnet", "--network", "alexnot") == 2
    assert "expected one of resnet50_linf8" in capsys.readouterr().err
    assert run("--prototypes", folder, "--out", folder) == 2
    assert "expected a file that can be written" in capsys.readouterr().err
    assert run("--prototypes", folder.parent) == 2
    assert "expected montages Exp<NNN>" in capsys.readouterr().err
    assert run("--prototypes", folder / "none") == 2
    assert "expected a folder of prototype images" in capsys.readouterr().err
    (folder / "Exp025_prototypes.png").write_bytes(b"half")
    assert run("--prototypes", folder, "--network", "resnet50_linf8") == 2
    assert "Exp025_prototypes.png: expected an image" in capsys.readouterr().err
    assert sorted(path.suffix for path in folder.iterdir()) == [".png"] * 3


def test_a_table_of_one_network_by_call(folder, small_networks):
    network = networks.load_feature_network("alexnet")
    table = prototype_table.network_table(network, find_prototypes(folder))
    assert table.index.tolist() == [3, 25, 26]
    assert table.shape == (3, 2 * 2 + 3 * 6)
    (folder / "Exp003_prototypes.png").write_bytes(b"")
    with pytest.raises(ImageError, match="Exp003"):
        prototype_table.network_table(network, find_prototypes(folder))


def photograph(name):
    image = getattr(data, name)()
    side = min(image.shape[:2])
    return (transform.resize(image[:side, :side], (224, 224)) * 255).astype(np.uint8)


def test_efficientnet_works_without_a_download(tmp_path, matroot, monkeypatch):
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    cat, woman = photograph("chelsea"), photograph("astronaut")
    write_montage(tmp_path, 3, dict.fromkeys(COLUMNS, cat), dict.fromkeys(COLUMNS, woman))
    write_montage(tmp_path, 26, dict.fromkeys(COLUMNS, cat), dict.fromkeys(COLUMNS, cat))
    arguments = ("--prototypes", tmp_path, "--matroot", matroot, "--device", "cpu")
    assert run(*arguments, "--network", "efficientnet_lite0") == 0
    table = pd.read_csv(tmp_path / "similarity.csv", index_col="Expi")
    assert table["Expi_alt"].to_dict() == {3: 26, 26: 3}
    columns = table.drop(columns="Expi_alt")
    assert all("effnet_" in name for name in columns)
    own = [name for name in columns if "alt" not in name]
    assert (columns.loc[26, own] == 1).all()
    assert (columns.loc[3, own] < 0.95).all()
    assert columns.loc[3, "maxblk_effnet_b15_BGalt"] == 1
    assert columns.loc[3, "maxblk_effnet_b15_FCalt"] == columns.loc[3, "maxblk_effnet_b15"]


def test_a_file_of_another_kind_is_not_replaced(tmp_path):
    montage = tmp_path / "Exp001.png"
    montage.write_bytes(b"\x89PNG")
    with pytest.raises(SettingError, match="found a file of another kind"):
        writable_table(montage)
    table = tmp_path / "similarity.csv"
    table.write_text("Expi,effnet_pool\n1,0.5\n")
    assert writable_table(table) == table
