import sys
from importlib import metadata

import pytest

import core.versions
from core.versions import accelerator, pins, versions


@pytest.fixture
def requirements(tmp_path):
    (tmp_path / "requirements-figures.txt").write_text("# a comment\nnumpy==2.4.6\n-e .\n")
    (tmp_path / "requirements.txt").write_text(
        "-r requirements-figures.txt\n"
        "dask[distributed]==2026.1.0\n"
        'cma==4.1.0 ; python_version > "3"\n'
    )
    return tmp_path


def test_pins_are_those_of_both_files(requirements):
    assert pins(requirements) == {"numpy": "2.4.6", "dask": "2026.1.0", "cma": "4.1.0"}


def test_every_required_package_is_listed_as_installed():
    found = versions()
    assert "torch" in pins()
    for name, pin in pins().items():
        assert found[name].split("+")[0] == pin


def test_another_version_and_a_missing_package_are_said(monkeypatch):
    def version(name):
        if name == "scipy":
            raise metadata.PackageNotFoundError(name)
        return {"numpy": "1.0"}.get(name, "2.13.0+cpu")

    monkeypatch.setattr(metadata, "version", version)
    found = versions()
    assert found["numpy"] == f"1.0 (required: {pins()['numpy']})"
    assert found["scipy"] == "not installed"
    assert found["torch"] == "2.13.0+cpu"


def test_the_accelerator_is_named(monkeypatch):
    import torch

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda i: f"GPU {i}")
    found = accelerator()
    assert found["CUDA of torch"] == "13.0"
    assert found["GPU"].startswith("GPU 0, GPU 1")


def test_without_torch_the_rest_is_listed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "numpy" in versions()
    assert accelerator() == {}


def test_without_the_sources_the_version_is_that_of_the_installed_package(tmp_path, monkeypatch):
    monkeypatch.setattr(core.versions, "SOURCES", tmp_path)
    monkeypatch.setattr(metadata, "version", {"dynamic-manifold-alignment": "7.8.9"}.get)
    assert versions()["this project"] == "7.8.9"
    assert pins(tmp_path) == {}
