"""A screen on Dask workers gives the files of one process."""

import numpy as np
import pytest
from PIL import Image

from core.errors import SettingError
from core.sweep import workers
from dualneuron.screening import screen_activations, shards
from dualneuron.screening.sets import CorruptImageError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client():
    with workers(n_workers=2, memory="2GB") as started:
        yield started


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number in range(13):
        values = np.random.default_rng(number).integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(values).save(folder / f"{number:02d}.png")
    (folder / "05.png").write_bytes(b"\x89PNG cut off")
    np.save(tmp_path / "mask.npy", np.eye(93) + 0.5)
    return {
        **{"data_dir": folder, "mask": tmp_path / "mask.npy", "crop_size": 24, "model": "v1"},
        **{"untrained": True, "ensemble": False, "batch_size": 2, "device": "cpu"},
    }


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}


@pytest.mark.parametrize("top_k", [None, 3])
def test_shards_give_the_files_of_one_process(client, options, tmp_path, monkeypatch, top_k):
    monkeypatch.setattr(shards, "SHARD_IMAGES", 4)
    options |= {"top_k": top_k, "skip_corrupt": True}
    screen_activations(output_dir=tmp_path / "one", **options)
    screen_activations(output_dir=tmp_path / "many", client=client, **options)
    one = files(tmp_path / "one")
    assert len(one) == 2 * 458 + 3
    assert files(tmp_path / "many") == one


def test_a_corrupt_image_stops_a_cluster_after_all_others_were_shown(client, options, tmp_path):
    options |= {"output_dir": tmp_path / "out", "client": client, "top_k": 2}
    with pytest.raises(CorruptImageError, match=r"05\.png: expected an image that can be decoded"):
        screen_activations(**options)
    (shard,) = (tmp_path / "out").rglob("*.parquet")
    before = shard.stat().st_mtime_ns
    with pytest.raises(CorruptImageError):
        screen_activations(**options)
    assert shard.stat().st_mtime_ns == before
    screen_activations(**options, skip_corrupt=True)
    assert not shard.exists()


def test_workers_must_be_able_to_open_the_images(client, options, tmp_path):
    options |= {"data_dir": np.zeros((3, 24, 24), np.uint8), "dataset": "images"}
    with pytest.raises(SettingError, match="data_dir: expected a path that workers can open"):
        screen_activations(**options, output_dir=tmp_path / "out", client=client)
