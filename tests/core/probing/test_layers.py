"""Names of layers, tables, hooks and fetchers."""

import numpy as np
import pytest
import torch
from torch import nn

from core.computing.torchvision_compat import import_torchvision
from core.errors import LayerError, run
from core.probing.layers import find_layer, layer_names
from core.utils.layer_hook_utils import (
    featureFetcher,
    featureFetcher_module,
    featureFetcher_recurrent,
    get_layer_names,
    get_module_name_shapes,
    get_module_names,
    layername_dict,
    main,
    named_apply,
    print_specific_layer,
    recursive_named_apply_w_depth,
    recursive_print,
    register_hook_by_module_name,
    register_hook_by_module_names,
)

SIZES = {"tinynet": (3, 32, 32), "nestnet": (3, 16, 16), "seqroot": (3, 8, 8)}


@pytest.fixture
def any_network(network):
    def make(name):
        if name == "seqroot":
            return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        if name == "alexnet":
            return import_torchvision().models.alexnet()
        return network(name)

    return make


def n_hooks(model):
    return sum(len(module._forward_hooks) for module in model.modules())


@pytest.mark.parametrize("name", [*SIZES, "alexnet"])
def test_the_table_of_a_network(name, any_network, golden_networks):
    model = any_network(name)
    names, types, spec = get_module_names(model, SIZES.get(name, (3, 227, 227)), show=False)
    golden = {part: golden_networks[f"hooks.{name}.{part}"].tolist() for part in ("names", "types")}
    assert list(names) == [str(i) for i in range(len(golden["names"]))]
    assert list(names.values()) == golden["names"]
    assert list(types.values()) == golden["types"]
    for side in ("inshape", "outshape"):
        expected = golden_networks[f"hooks.{name}.{side}s"].tolist()
        assert [str(row[side]) for row in spec.values()] == expected
    assert set(names.values()) - {"Image"} <= set(layer_names(model))
    assert n_hooks(model) == 0


@pytest.mark.parametrize(("deepest", "suffix"), [(3, ""), (2, "_deepest2")])
def test_the_table_of_shapes(network, golden_networks, deepest, suffix):
    model = network("nestnet")
    image = torch.zeros(1, 3, 16, 16)
    names, _, spec = get_module_name_shapes(model, [image], deepest=deepest, show=False)
    assert list(names.values()) == golden_networks[f"hooks.nestnet.shapes_names{suffix}"].tolist()
    if not suffix:
        for side, key in (("inshape", "shapes_in"), ("outshape", "shapes_out")):
            found = [str(row[side]) for row in spec.values()]
            assert found == golden_networks[f"hooks.nestnet.{key}"].tolist()


def test_names_below_another_root(network):
    model = network("nestnet")
    names, _, spec = get_module_name_shapes(
        model,
        [torch.zeros(2, 3, 16, 16)],
        hook_root_module=model.stages[0],
        hook_root_prefix=".x",
        show=False,
        show_input=False,
    )
    assert list(names.values()) == [".x.conv1", ".x.relu", ".x.conv2", ".x.relu", "..x"]
    assert spec["4"] == {"inshape": [(2, 4, 8, 8)], "outshape": (2, 4, 8, 8)}


def test_a_table_leaves_the_network_and_the_random_state_as_they_were():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    model.train()
    model[1].eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    get_module_names(model, (3, 8, 8), show=False)
    torch.testing.assert_close(torch.rand(4), expected)
    assert [module.training for module in model] == [True, False, True]
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_a_failing_forward_pass_leaves_no_hook():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(7, 2))
    model.train()
    with pytest.raises(LayerError, match=r"Sequential: expected to take .* \(2, 3, 8, 8\), found"):
        get_module_names(model, (3, 8, 8), show=False)
    assert n_hooks(model) == 0
    assert model.training


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Bilinear(4, 5, 2)
        self.split = SplitInTwo()

    def forward(self, a, b):
        return self.split(x=self.both(a, b))


class SplitInTwo(nn.Module):
    def forward(self, x):
        return x[:, :1], x[:, 1:]


def test_several_inputs_keywords_and_tuples():
    names, _, spec = get_module_names(TwoInputs(), [(4,), (5,)], show=False)
    assert list(names.values()) == ["Image", ".Bilinearboth", ".SplitInTwosplit", ".TwoInputs"]
    assert spec["2"] == {"inshape": (None,), "outshape": (None,)}
    inputs = [torch.zeros(3, 4), torch.zeros(3, 5)]
    _, _, spec = get_module_name_shapes(TwoInputs(), inputs, show=False)
    assert spec["1"] == {"inshape": [(3, 4), (3, 5)], "outshape": (3, 2)}
    assert spec["2"]["inshape"] == [(3, 2)]


def test_the_size_that_a_network_states_itself():
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    _, _, spec = get_module_names(model, show=False)
    assert spec["0"]["inshape"] == (3, 224, 224)
    model.default_cfg = {"input_size": (3, 32, 32)}
    _, _, spec = get_module_names(model, show=False)
    assert spec["0"]["inshape"] == (3, 32, 32)


def test_a_layer_is_found_by_its_dotted_name_and_by_its_path(network):
    model = network("nestnet")
    expected = model.stages[1].conv2
    assert find_layer(model, ".stages.1.Conv2dconv2") is expected
    assert find_layer(model, "stages.1.conv2") is expected
    assert find_layer(model, ".NestNet") is model
    with pytest.raises(LayerError, match=r"NestNet has no layer '.stages.1.Conv2dconv3'; similar"):
        find_layer(model, ".stages.1.Conv2dconv3")
    with pytest.raises(LayerError, match=r"similar ones are head"):
        find_layer(model, "haed")
    with pytest.raises(LayerError, match=r"its layers are \.NestNet, \.stem"):
        find_layer(model, "")


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ReLU()
        self.b = self.a
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.b(self.c(self.a(x)))


def test_a_layer_with_two_names_is_listed_under_the_first():
    model = Shared()
    names, _, _ = get_module_names(model, (3, 8, 8), show=False)
    assert list(names.values()) == ["Image", ".ReLUa", ".Conv2dc", ".ReLUa", ".Shared"]
    assert find_layer(model, ".ReLUb") is model.a
    handles, _, _ = register_hook_by_module_names(".ReLUb", print, model, np.array([3, 8, 8]))
    assert len(handles) == 2


def test_hooks_by_name_as_published(network, golden_networks, capsys):
    model = network("nestnet")
    seen = []
    handles, names, types = register_hook_by_module_names(
        ".stages.0.ReLUrelu", lambda *_: seen.append(1), model, (3, 16, 16)
    )
    assert len(handles) == golden_networks["hooks.nestnet.n_hooks_shared_relu"]
    assert names["0"] == "Image"
    assert types["0"] == "Input"
    for handle in handles:
        handle.remove()
    assert n_hooks(model) == 0
    with pytest.raises(LayerError, match="similar"):
        register_hook_by_module_names(".stages.0.ReLUrelo", print, model, (3, 16, 16))
    assert capsys.readouterr().out == ""


def test_a_layer_that_never_runs(network):
    model = network("nestnet")
    with pytest.raises(LayerError, match="expected a layer that runs"):
        register_hook_by_module_names(".stages", print, model, (3, 16, 16))


def test_one_hook_by_name(network):
    model = network("nestnet")
    seen = []
    handle = register_hook_by_module_name(model, ".stages.0.ReLUrelu", lambda *_: seen.append(1))
    model(torch.zeros(1, 3, 16, 16))
    assert len(seen) == 2
    handle.remove()
    record = register_hook_by_module_name(model, ".Linearhead")
    assert record.activation is None
    expected = model(torch.ones(2, 3, 16, 16))
    torch.testing.assert_close(record.activation, expected)
    record.close()
    record.close()
    assert n_hooks(model) == 0


def test_a_fetcher_records_copies_and_takes_off_its_hooks(network, hashed_unit):
    model = network("tinynet")
    images = torch.tensor(hashed_unit(3000, 7 * 3 * 32 * 32).reshape(7, 3, 32, 32)).float()
    with featureFetcher(model, (3, 32, 32), print_module=False) as fetcher:
        fetcher.record(".features.Conv2d2", "conv")
        fetcher.record(".Linearfc", "input", return_input=True)
        fetcher.record(".features.Conv2d4", ingraph=True)
        images.requires_grad_(True)
        out = model(images)
        assert not fetcher["conv"].requires_grad
        assert fetcher[".features.Conv2d4"].requires_grad
        torch.testing.assert_close(model.fc(fetcher["input"][0]), out)
        with pytest.raises(LayerError, match=r"conv, input, .features.Conv2d4.*found 'fc'"):
            fetcher["fc"]
    assert n_hooks(model) == 0
    assert fetcher.activations == {}


def test_an_in_place_layer_does_not_rewrite_what_was_fetched():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    with featureFetcher(model, print_module=False) as fetcher:
        fetcher.record(".Conv2d0", "conv")
        rectified = model(torch.randn(2, 3, 8, 8))
        assert fetcher["conv"].min() < 0
        torch.testing.assert_close(fetcher["conv"].relu(), rectified)


def test_a_fetcher_of_modules(network):
    model = network("tinynet")
    with featureFetcher_module() as fetcher:
        fetcher.record_module(model.fc, "fc")
        out = model(torch.zeros(1, 3, 32, 32))
        torch.testing.assert_close(fetcher["fc"], out)
    assert n_hooks(model) == 0


def test_a_recurrent_fetcher_keeps_every_call(network):
    model = network("nestnet")
    with featureFetcher_recurrent(model, print_module=False) as fetcher:
        fetcher.record("stages.0", "relu", key="score")
        model(torch.zeros(1, 3, 16, 16))
        assert [tuple(step.shape) for step in fetcher["score"]] == [(1, 4, 8, 8)] * 2
        model(torch.zeros(1, 3, 16, 16))
        assert len(fetcher["score"]) == 4
        fetcher.activations["score"] = []
        model(torch.zeros(1, 3, 16, 16))
        assert len(fetcher["score"]) == 2
        fetcher.remove_hook()
        assert n_hooks(model) == 0


def test_short_names_of_torchvision_networks():
    models = import_torchvision().models
    assert get_layer_names(models.vgg16()) == layername_dict["vgg16"]
    counted = get_layer_names(models.alexnet())
    assert counted[:3] == layername_dict["alexnet"][:3]
    assert counted[-3:] == ["fc2", "fc2_relu", "fc3"]
    assert [len(layername_dict[n]) for n in ("alexnet", "vgg16", "densenet121")] == [20, 38, 13]


def test_functions_are_applied_to_children_first(network):
    seen = []
    named_apply(network("nestnet"), "net", lambda m, name, prefix: seen.append((prefix, name)))
    assert seen[0] == ("net.stem", "conv")
    assert seen[-1] == ("", "net")
    down_to = {
        deepest: [
            call[1] for call in applied(recursive_named_apply_w_depth, network, deepest=deepest)
        ]
        for deepest in (1, 2, 3, 4)
    }
    assert down_to[1] == ["net"]
    assert down_to[2] == ["stem", "stages", "head", "net"]
    assert "0" in down_to[3]
    assert "conv1" not in down_to[3]
    assert down_to[4] == [name for _, name in seen]


def applied(apply, network, **depth):
    calls = []
    apply(network("nestnet"), "net", lambda *call: calls.append(call), **depth)
    return calls


def test_printed_tables(network, capsys):
    model = network("nestnet")
    names, types, spec = get_module_names(model, (3, 16, 16))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(names)
    assert lines[-1].split() == ["15", ".NestNet", "NestNet", "(3,", "16,", "16)", "(3,)"]
    print_specific_layer([".Linearhead"], names, types, spec)
    assert ".Linearhead  Linear  (4,)  (3,)" in capsys.readouterr().out
    recursive_print(model, deepest=1)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "NestNet",
        "  (stem): Sequential",
        "  (stages): ModuleList",
        "  (head): Linear",
    ]


def test_the_table_from_the_command_line(capsys):
    assert main(["alexnet", "--size", "224"]) == 0
    assert ".features.Conv2d0" in capsys.readouterr().out
    assert run(lambda: main(["alexnet", "--size", "8"])) == 2
    assert "to take an input of shape (2, 3, 8, 8)" in capsys.readouterr().err
    assert run(lambda: main(["alexnett"])) == 2
    assert "similar ones are alexnet" in capsys.readouterr().err


def test_every_name_of_the_grammar():
    model = nn.Module()
    model.block = nn.Sequential(nn.ModuleList([nn.ReLU()]), SimpleModule())
    names = list(layer_names(model))
    assert names == [".Module", ".block", ".block.0", ".block.0.ReLU0", ".block.SimpleModule1"]


class SimpleModule(nn.Module):
    pass
