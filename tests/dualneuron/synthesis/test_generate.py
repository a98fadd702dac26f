"""Poles of a population: the file, going on, what is refused, and the command."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch

from core.errors import SettingError, StateError
from dualneuron.__main__ import main, parser
from dualneuron.synthesis.batch import Item, synthesize
from dualneuron.synthesis.generate import DualNeuronDataset, generate_poles
from dualneuron.synthesis.poles_file import PolesFile
from dualneuron.synthesis.presets import V1_NOTEBOOK
from dualneuron.twins import V1GrayTaskDriven

FEW = replace(V1_NOTEBOOK, total_steps=2, nb_crops=2)


@pytest.fixture(scope="module")
def twin():
    return V1GrayTaskDriven(centered=True, untrained=True, device="cpu")


def poles_of(twin, folder, **changes):
    arguments = {"v1_neurons": [5, 9], "v4_neurons": None, "seeds": [30, 4], "batch_size": 2}
    arguments |= {"presets": {"v1": FEW}, "twins": {"v1": twin}}
    (path,) = generate_poles(folder, **arguments | changes)
    return path


def contents(path):
    """All arrays and attributes of a file, by path."""
    found = {}

    def visit(name, thing):
        found[name] = dict(thing.attrs)
        if isinstance(thing, h5py.Dataset):
            found[name] = thing[()].tobytes()

    with h5py.File(path) as file:
        file.visititems(visit)
        return found | {"": {name: repr(value) for name, value in file.attrs.items()}}


@pytest.fixture(scope="module")
def made(twin, tmp_path_factory):
    return poles_of(twin, tmp_path_factory.mktemp("poles"))


def test_the_file_has_the_published_layout(made, twin):
    assert made.name == "v1graytaskdriven_results.h5"
    with h5py.File(made) as file:
        assert sorted(file) == ["neuron_0005", "neuron_0009"]
        assert sorted(file["neuron_0005"]) == ["seed_30", "seed_4"]
        pole = file["neuron_0005/seed_30/least"]
        assert pole["image"].shape == pole["alpha"].shape == (1, 93, 93)
        assert (pole["image"].compression, pole["image"].compression_opts) == ("gzip", 4)
        assert pole["activations"].shape == (2,)
        known = {"model": "V1GrayTaskDriven", "neuron_id": 5, "seed": 30, "weight": -1.0}
        attributes = dict(pole.attrs)
        assert {name: attributes[name] for name in known} == known
        assert attributes["type"] == "least"
        assert attributes["complete"]
        assert attributes["grey_baseline"] == pytest.approx(float(twin.grey_baseline()[5]))
        preset = json.loads(file.attrs["preset"])
        assert (preset["learning_rate"], preset["total_steps"]) == (1.0, 2)
        assert len(json.loads(file.attrs["settings"])["weights"]) == 64
        assert "torch" in json.loads(file.attrs["versions"])


def test_images_are_those_of_a_single_item(made, twin):
    (alone,) = synthesize(twin, [Item(9, "least", 4)], FEW)
    with DualNeuronDataset(made) as poles:
        found = poles.get_neuron_results(9, 4, "least")
    np.testing.assert_allclose(found["image"], alone["image"], atol=2e-5)
    np.testing.assert_allclose(found["activations"], alone["activations"], atol=1e-5)
    np.testing.assert_allclose(found["objectives"], -found["activations"])


def test_the_reader_sorts_seeds_as_numbers(made):
    with DualNeuronDataset(made) as poles:
        assert poles.neurons == [5, 9]
        assert poles.seeds(5) == [4, 30]
        assert [result["seed"] for result in poles.get_neuron_results(5)] == [4, 30]
        assert poles.get_neuron_results(5, 30)["weight"] == 1.0
        assert poles.poles(5, 30) == ["least", "most"]


def test_neurons_without_room_below_grey_are_flagged(made, twin):
    flags = twin.without_room().numpy()
    assert 0 < flags.sum() < 458
    with DualNeuronDataset(made) as poles:
        np.testing.assert_array_equal(poles.without_room(), flags)
        assert [poles.get_neuron_results(n, 4)["no_room"] for n in (5, 9)] == flags[[5, 9]].tolist()


def test_an_interrupted_run_goes_on_to_the_same_file(made, twin, tmp_path):
    interrupted_at(14, twin, tmp_path)
    path = tmp_path / made.name
    with DualNeuronDataset(path) as poles:
        assert poles.neurons == [5]
    before = contents(path)
    assert poles_of(twin, tmp_path) == path
    after = contents(path)
    assert after == contents(made)
    assert before.items() <= after.items()


def interrupted_at(call, twin, folder):
    """Make poles until a layer was called so often."""
    calls = []

    def count(*_):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt

    hook = twin.members[0].core.blocks[0].dwconv.register_forward_pre_hook(count)
    try:
        with pytest.raises(KeyboardInterrupt):
            poles_of(twin, folder)
    finally:
        hook.remove()


def test_a_complete_file_is_left_alone(made, twin):
    before = made.read_bytes()
    poles_of(twin, made.parent)
    assert made.read_bytes() == before


def test_a_pole_that_was_not_finished_is_refused_by_the_reader_and_made_anew(twin, tmp_path):
    path = poles_of(twin, tmp_path, v1_neurons=[5], seeds=[4])
    whole = contents(path)
    with h5py.File(path, "r+") as file:
        del file["neuron_0005/seed_4/most"].attrs["complete"]
        del file["neuron_0005/seed_4/most/alpha"]
    words = "complete pole of neuron 5 with seed 4, most exciting, found one of an interrupted run"
    with DualNeuronDataset(path) as poles:
        assert poles.poles(5, 4) == ["least"]
        with pytest.raises(StateError, match=words):
            poles.get_neuron_results(5, 4)
    poles_of(twin, tmp_path, v1_neurons=[5], seeds=[4])
    for name, value in contents(path).items():
        if name.endswith("image"):
            found = np.frombuffer(value, np.float32)
            np.testing.assert_allclose(found, np.frombuffer(whole[name], np.float32), atol=2e-5)
        assert name in whole


def test_a_file_of_other_settings_is_refused(made, twin):
    other = {"v1": replace(FEW, learning_rate=0.05)}
    words = f"{made.name}: expected the state of the poles with learning_rate 0.05, found.*1.0"
    with pytest.raises(StateError, match=words):
        poles_of(twin, made.parent, presets=other)


def test_a_file_of_other_weights_is_refused(made):
    other = V1GrayTaskDriven(ensemble=True, centered=True, untrained=True, device="cpu")
    with pytest.raises(StateError, match=f"{made.name}: expected the state of the poles with weig"):
        poles_of(other, made.parent)


def test_a_damaged_file_is_refused(twin, tmp_path):
    path = tmp_path / "v1graytaskdriven_results.h5"
    path.write_text("not HDF5 at all")
    words = f"{path.name}: expected a whole file of poles .HDF5., found a damaged one.*move it away"
    with pytest.raises(StateError, match=words):
        poles_of(twin, tmp_path)
    with pytest.raises(StateError, match=words):
        DualNeuronDataset(path)


def test_a_cut_file_and_one_with_damaged_values_are_told_apart(made, tmp_path):
    path, content = tmp_path / made.name, bytearray(made.read_bytes())
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StateError, match="found one that is cut off; copy it again"):
        DualNeuronDataset(path)
    with h5py.File(made) as file:
        start = file["neuron_0009/seed_4/most/image"].id.get_chunk_info(0).byte_offset
    content[start : start + 64] = bytes(64)
    path.write_bytes(content)
    with DualNeuronDataset(path) as poles:
        assert poles.get_neuron_results(9, 4, "least")["seed"] == 4
        with pytest.raises(StateError, match=f"{made.name}: expected a whole file.*a damaged one"):
            poles.get_neuron_results(9, 4, "most")


@pytest.mark.parametrize("settings", [None, "no JSON", "[1]", [1, 2]])
def test_hdf5_files_of_other_programs_are_refused(twin, tmp_path, settings):
    path = tmp_path / "v1graytaskdriven_results.h5"
    with h5py.File(path, "w") as file:
        file["weights"] = np.ones(3)
        if settings is not None:
            file.attrs["settings"] = settings
    before = path.read_bytes()
    words = f"{path.name}: expected a file of poles, found an HDF5 file of another program"
    with pytest.raises(StateError, match=words):
        DualNeuronDataset(path)
    with pytest.raises(StateError, match=words):
        poles_of(twin, tmp_path)
    assert path.read_bytes() == before


def test_what_is_no_pole_is_not_taken_for_one(made, tmp_path):
    path = tmp_path / made.name
    path.write_bytes(made.read_bytes())
    with h5py.File(path, "r+") as file:
        file["a note"] = 1
        file["neuron_0007"] = np.ones(3)
        file["neuron_0009/seed_x"] = 1
    with DualNeuronDataset(path) as poles:
        assert poles.neurons == [5, 7, 9]
        assert poles.seeds(9) == [4, 30]
        with pytest.raises(SettingError, match="expected poles of a neuron 7, found none"):
            poles.seeds(7)


def test_the_file_stays_as_it_was_until_a_batch_is_written(made, twin, tmp_path, monkeypatch):
    """Whatever kills a run while it writes, and whoever reads meanwhile, finds a whole file."""
    path, meanwhile, write = tmp_path / made.name, [], PolesFile._write

    def write_and_look(*arguments):
        before = path.read_bytes()
        write(*arguments)
        meanwhile.append(path.read_bytes() == before)

    monkeypatch.setattr(PolesFile, "_write", write_and_look)
    poles_of(twin, tmp_path, v1_neurons=[5])
    with DualNeuronDataset(path) as poles:
        poles_of(twin, tmp_path)
        assert poles.neurons == [5]
    assert meanwhile == [True] * 8
    assert contents(path) == contents(made)


def test_published_files_are_read(tmp_path, twin):
    """With a scalar in place of a trace, as some have it, and nothing that says it is complete."""
    path = tmp_path / "v1graytaskdriven_results.h5"
    with h5py.File(path, "w") as file:
        pole = file.create_group("neuron_0003/seed_77/most")
        pole["image"], pole["alpha"] = np.ones((1, 4, 4)), np.zeros((1, 4, 4))
        pole["activations"] = 2.5
        pole.attrs["weight"] = 1
    with DualNeuronDataset(path) as poles:
        (found,) = poles.get_neuron_results(3)
        assert found["activations"].tolist() == [2.5]
        assert found["image"].shape == (1, 4, 4)
        with pytest.raises(StateError, match="expected responses to mean grey"):
            poles.without_room()
    with pytest.raises(StateError, match="expected a file of poles that says its settings"):
        poles_of(twin, tmp_path)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((7,), "expected poles of a neuron 7, found none"),
        ((5, 31), "expected poles of neuron 5 with seed 31, most exciting, found none"),
        ((5, 30, "best"), "activation_type: expected least or most, found 'best'"),
    ],
)
def test_what_is_not_in_the_file_is_told(made, asked, words):
    with DualNeuronDataset(made) as poles, pytest.raises(SettingError, match=words):
        poles.get_neuron_results(*asked)


def test_published_random_numbers_go_on_from_the_least_to_the_most(twin, tmp_path):
    path = poles_of(twin, tmp_path, v1_neurons=[5], seeds=[4], compat_rng=True)
    stream = torch.Generator().manual_seed(4)
    with DualNeuronDataset(path) as poles:
        for pole in ("least", "most"):
            (alone,) = synthesize(twin, [Item(5, pole, 4)], FEW, generators=[stream])
            found = poles.get_neuron_results(5, 4, pole)
            np.testing.assert_allclose(found["image"], alone["image"], atol=2e-5)
    with pytest.raises(SettingError, match="poles: expected both, whose random numbers are one"):
        poles_of(twin, tmp_path, compat_rng=True, poles="most")


def test_seeds_are_those_of_the_random_state(twin, tmp_path):
    arguments = {"seeds": None, "num_seeds": 2, "random_state": 8, "poles": "most"}
    path = poles_of(twin, tmp_path, v1_neurons=1, **arguments)
    expected = np.random.RandomState(8).choice(10000, 2, replace=False)
    with DualNeuronDataset(path) as poles:
        assert poles.neurons == [0]
        assert poles.seeds(0) == sorted(expected)
        assert poles.poles(0, poles.seeds(0)[0]) == ["most"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"v1_neurons": [3, 458]}, r"v1_neurons: expected different ids from 0 to 457, found"),
        ({"v1_neurons": [3, 3]}, "v1_neurons: expected different ids"),
        ({"v1_neurons": 459}, "v1_neurons: expected different ids from 0 to 457, found 459"),
        ({"v1_neurons": -1}, "v1_neurons: expected a whole number of at least 0, found -1"),
        ({"v4g_neurons": [1244]}, "v4g_neurons: expected different ids from 0 to 1243"),
        ({"seeds": [1, 1]}, "seeds: expected different seeds"),
        ({"seeds": [-1]}, "seeds: expected a whole number of at least 0"),
        ({"seeds": None, "num_seeds": 0}, "num_seeds: expected a whole number of at least 1"),
        ({"poles": ("most", "best")}, "poles: expected least, most or both"),
        ({"batch_size": 0}, "batch_size: expected a whole number of at least 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(twin, tmp_path, changes, words):
    with pytest.raises(SettingError, match=words):
        poles_of(twin, tmp_path / "new", **changes)
    assert not (tmp_path / "new").exists()


def test_the_command_makes_poles_and_flags_low_ones(tmp_path, capsys):
    arguments = ["poles", "-o", str(tmp_path), "-n", "1", "-v1", "0,", "-v4", "0", "--steps", "1"]
    arguments += ["--untrained", "--device", "cpu", "--preset", "v1-notebook", "--poles", "least"]
    assert main(arguments) == 0
    path = tmp_path / "v1graytaskdriven_results.h5"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: 1 images of 1 neurons"
    with DualNeuronDataset(path) as poles:
        assert poles.settings["learning_rate"] == 1.0
        no_room = poles.without_room()[0]
        assert any("no room for a low pole: 0" in line for line in lines[1:]) == no_room


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-v1", "0", "-v4", "0"], "expected neurons of a twin, as in -v1 10, found none of any"),
        (
            ["-v1", "2", "-v4", "0", "--preset", "v4-batch"],
            "--preset: expected one of v1-batch, v1",
        ),
    ],
)
def test_the_command_refuses(tmp_path, arguments, words):
    with pytest.raises(SettingError, match=words):
        main(["poles", "-o", str(tmp_path), "--untrained", *arguments])


@pytest.mark.parametrize("text", ["-3", "a", "1,b", ","])
def test_what_is_no_choice_of_neurons_is_refused_by_the_parser(text, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["poles", f"-v1={text}"])
    assert "expected a number, or ids as in 3,7" in capsys.readouterr().err
