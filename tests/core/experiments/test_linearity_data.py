"""Tables of the linearity of network units: written with a stamp, or refused in one sentence."""

import json

import numpy as np
import pandas as pd
import pytest

from core.contract import ext5
from core.contract.source_data import SourceData
from core.errors import (
    CodeError,
    ContractError,
    MissingFileError,
    SettingError,
    StateError,
    WeightsError,
    run,
)
from core.experiments.linearity import data
from core.experiments.linearity.data import compute, read_eigenvectors, stamp, table_is_computed
from core.experiments.linearity_data import main


def command(words):
    return run(lambda: main(words))


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("NETWORK_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("PYTORCH_PRETRAINED_BIGGAN_CACHE", str(tmp_path))


@pytest.mark.usefixtures("no_weights")
def test_weights_that_cannot_be_had_are_one_sentence(tmp_path, capsys):
    assert command(["BigGAN", "--out", str(tmp_path / "out"), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: biggan-deep-256-pytorch_model.bin: expected in")
    assert error.count("\n") == 1
    np.save(tmp_path / "eye.npy", np.eye(8))
    with pytest.raises(WeightsError, match=r"upconvGAN_fc6\.pt: expected in"):
        compute("DeePSim", tmp_path / "out", eigenvectors=tmp_path / "eye.npy")


def test_deepsim_needs_eigenvectors_and_biggan_takes_none(tmp_path, capsys):
    assert command(["DeePSim", "--out", str(tmp_path)]) == 2
    assert "--eigenvectors: expected a file for DeePSim" in capsys.readouterr().err
    with pytest.raises(SettingError, match=r"none for BigGAN, found x\.npy for BigGAN"):
        compute("BigGAN", tmp_path, eigenvectors="x.npy")
    with pytest.raises(SettingError, match="expected BigGAN or DeePSim, found 'StyleGAN'"):
        compute("StyleGAN", tmp_path)


def published_rows(generator):
    rows = pd.DataFrame({"Layer": ["conv1", "relu1"], "Layer_index": [0, 1], "unit_index": [3, 4]})
    for column in ext5.LINEARITY[generator].columns:
        if "_R2" in column.name:
            rows[column.name] = 0.5
    rows["Target"] = ["(3, 27, 27)", "(4, 27, 27)"] if generator == "BigGAN" else [3, 4]
    return rows


@pytest.mark.parametrize("generator", ext5.LINEARITY)
def test_a_table_is_written_with_its_stamp(generator, tmp_path, monkeypatch, capsys):
    asked = []

    def computed(*settings):
        asked.append(settings)
        return published_rows(generator), {generator: "1f", "caffenet": "2e"}

    monkeypatch.setattr(data, "_table", computed)
    words = [generator, "--out", str(tmp_path / "out"), "--codes", "50", "--seed", "3"]
    if generator == "DeePSim":
        np.savez(tmp_path / "hessian.npz", eigvect_avg=np.eye(6), eigv_avg=np.arange(6.0))
        words += ["--eigenvectors", str(tmp_path / "hessian.npz")]
    assert command(words) == 0
    file = ext5.LINEARITY[generator]
    source = SourceData(tmp_path / "out")
    assert capsys.readouterr().out.strip() == str(source.path(file))
    assert source.read(file).unit_index.tolist() == [3, 4]
    record = json.loads((tmp_path / "out" / stamp(generator)).read_text())
    assert (record["n_codes"], record["seed"]) == (50, 3)
    assert (record["eigenvectors_sha256"] is None) == (generator == "BigGAN")
    assert asked[0][:4] == (generator, 50, 3, None)
    assert record["networks"]["caffenet"] == "2e"
    assert table_is_computed(generator, source.root)


def test_a_table_that_does_not_match_its_stamp_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_table", lambda *_: (published_rows("BigGAN"), {}))
    assert not table_is_computed("BigGAN", tmp_path)
    path = compute("BigGAN", tmp_path)
    assert table_is_computed("BigGAN", tmp_path)
    words = rf"{path.name}: expected the table that LINEARITY_BigGAN\.json describes.*found another"
    content = path.read_text()
    path.write_text(content.replace("0.5", "0.6"))
    with pytest.raises(ContractError, match=words):
        table_is_computed("BigGAN", tmp_path)
    path.write_text(content)
    monkeypatch.setattr(data, "VERSION", data.VERSION + 1)
    with pytest.raises(ContractError, match=words):
        table_is_computed("BigGAN", tmp_path)
    monkeypatch.undo()
    (tmp_path / stamp("BigGAN")).unlink()
    with pytest.raises(ContractError, match=words):
        table_is_computed("BigGAN", tmp_path)


def test_eigenvectors_are_read_from_either_format(tmp_path):
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]
    np.save(tmp_path / "a.npy", basis)
    values = np.arange(6.0)
    np.savez(tmp_path / "b.npz", H_avg=(basis * values) @ basis.T, eigvec=basis, eigval=values)
    np.savez(tmp_path / "c.npz", eigv_avg=values[::-1], eigvect_avg=basis[:, ::-1])
    for name in ("a.npy", "b.npz", "c.npz"):
        np.testing.assert_array_equal(read_eigenvectors(tmp_path / name), basis)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones((3, 4)), r"found an array \(3, 4\) of float64"),
        (np.eye(3, dtype=int), "found an array"),
        (np.full((3, 3), np.nan), "found an array"),
        (np.ones((3, 3)), "expected orthonormal columns"),
        (np.array([{}]), "Object arrays cannot be loaded"),
    ],
)
def test_other_content_is_refused(content, message, tmp_path):
    np.save(tmp_path / "x.npy", content, allow_pickle=True)
    with pytest.raises(CodeError, match=message):
        read_eigenvectors(tmp_path / "x.npy")


def test_what_is_no_array_is_refused(tmp_path):
    for name, error in (("x.npz", StateError), ("x.npy", CodeError)):
        path = tmp_path / name
        with pytest.raises(MissingFileError, match=rf"{name}: expected"):
            read_eigenvectors(path)
        for content in (b"", b"PK\x03\x04 half", b"text"):
            path.write_bytes(content)
            with pytest.raises(error, match=rf"{name}: expected an (npz|array)"):
                read_eigenvectors(path)
    np.savez(tmp_path / "x.npz", a=np.eye(3), eigvec=np.eye(3))
    with pytest.raises(StateError, match=r"expected eva, evc or .*, found a, eigvec"):
        read_eigenvectors(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", eigval=np.arange(3.0), eigvec=2 * np.eye(3))
    with pytest.raises(CodeError, match="expected orthonormal columns"):
        read_eigenvectors(tmp_path / "x.npz")
