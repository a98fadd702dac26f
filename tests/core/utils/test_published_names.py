"""Published names: each is at its door, takes what the published one takes, and returns as much."""

import ast
import csv
from importlib import import_module
from inspect import Parameter, signature
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from scipy.io import savemat

TABLE = Path(__file__).parents[2] / "data" / "published_names.csv"

OTHER_DEFAULTS = {
    "device": None,
    "optim_params": None,
    "TorchScorer.imgpix": None,
    "featureFetcher.store_device": None,
    "get_module_names.input_size": None,
    "fit_2dgauss.pop_str": "",
    "fit_2dgauss.outdir": None,
    "fit_2dgauss.plot": False,
    "color_framed_montages.cmap": "summer",
}
"""Defaults that differ on purpose (docs/published_names.md), by parameter or name and parameter."""

REQUIRED = Parameter.empty


class Published(NamedTuple):
    """A published name; `parameters` in the words of Python, "-" where they are not compared."""

    door: str
    name: str
    parameters: str
    returns: str

    def __str__(self):
        return f"{self.door.split('.')[-1]}.{self.name}"

    @property
    def offered(self):
        return attrgetter(self.name)(import_module(self.door))

    @property
    def defaults(self):
        """Default of every parameter by name; those of `*args` and `**kwargs` left out."""
        arguments = ast.parse(f"def function({self.parameters}): ...").body[0].args
        names = [argument.arg for argument in arguments.args]
        values = [_value(default) for default in arguments.defaults]
        return dict(zip(names, [REQUIRED] * (len(names) - len(values)) + values, strict=True))


def _value(default):
    return eval(ast.unparse(default), {"range": range, "plt": mpl.pyplot, "tuple": tuple})


with TABLE.open(newline="", encoding="utf-8") as file:
    PUBLISHED = [Published(**row) for row in csv.DictReader(file)]

WITH_PARAMETERS = [published for published in PUBLISHED if published.parameters != "-"]

SEVERAL = [published for published in PUBLISHED if ", " in published.returns]


@pytest.mark.parametrize("published", PUBLISHED, ids=str)
def test_a_published_name_is_at_its_door(published):
    assert published.offered is not None


@pytest.mark.parametrize("published", WITH_PARAMETERS, ids=str)
def test_a_published_function_takes_the_published_parameters_first(published):
    taken = signature(published.offered).parameters.values()
    taken = [parameter for parameter in taken if parameter.name != "self"]
    expected = published.defaults
    assert [parameter.name for parameter in taken][: len(expected)] == list(expected)
    for parameter, default in zip(taken, expected.values(), strict=False):
        assert parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        default = OTHER_DEFAULTS.get(parameter.name, default)
        default = OTHER_DEFAULTS.get(f"{published.name}.{parameter.name}", default)
        default = tuple(default) if isinstance(default, list) else default
        assert parameter.default == default


def test_further_parameters_have_defaults():
    for published in WITH_PARAMETERS:
        parameters = signature(published.offered).parameters
        for parameter in list(parameters.values())[len(published.defaults) :]:
            if parameter.name == "self" or parameter.name in published.defaults:
                continue
            variable = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
            assert variable or parameter.default is not REQUIRED, f"{published}: {parameter}"


def test_the_differences_are_documented():
    text = (Path(__file__).parents[3] / "docs" / "published_names.md").read_text(encoding="utf-8")
    for name in OTHER_DEFAULTS:
        assert f"`{name.split('.')[-1]}`" in text, name


# What is returned


def blocks(n_blocks=3, n_trials=12):
    """Two threads of blocks of PSTHs as mat73 gives them, and their trial numbers."""
    rng = np.random.default_rng(1)
    rates = [[rng.gamma(2, 20, (200, n_trials)) for _ in range(n_blocks)] for _ in range(2)]
    numbers = np.arange(2 * n_blocks * n_trials).reshape(2, n_blocks, n_trials) + 1.0
    return rates, [list(thread) for thread in numbers]


def experiment(number):
    """An element of a published pickle."""
    psth, idx_seq = blocks()
    evol = {
        **{"psth": psth, "idx_seq": idx_seq, "block_n": np.array(3.0)},
        **{"pref_chan": np.array([5.0, 5.0]), "unit_in_pref_chan": np.array([1.0, 1.0])},
        **{"space_names": [["fc6"], ["BigGAN"]], "imgsize": np.array([3.0, 3.0])},
        **{"imgpos": np.zeros((2, 2)), "optim_names": None},
    }
    meta = {"ephysFN": f"Beto-28072020-{number:03d}", "expControlFN": "", "stimuli": "N:\\\\S\\a"}
    names = [[f"image{n}"] for n in range(72)]
    return {
        **{"evol": evol, "ref": {"psth": psth, "idx_seq": idx_seq}},
        **{"meta": meta, "imageName": names},
    }


EXPERIMENTS = [experiment(1), {"evol": None}, experiment(3)]

RATES = pd.DataFrame({"a": [3.0, 5, 4, 8], "b": [6.0, 7, 9, 6], "c": [1.0, 4, 2, 7]})

NET = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())


def of_door(name):
    return next(published for published in PUBLISHED if published.name == name).offered


CALLS = {
    "load_featnet": lambda f, _: f("alexnet", device="cpu", pretrained=False),
    "subsample_mask": lambda f, _: f(),
    "gradmap2RF_square": lambda f, _: f(np.eye(9)),
    "get_center_pos_and_rf": lambda f, _: f(NET, ".Conv2d0", (3, 9, 9), reps=1),
    "GAN_invert": lambda f, _: f(
        of_door("upconvGAN")("norm1", pretrained=False, device="cpu"),
        torch.rand(1, 3, 240, 240),
        max_iter=1,
    ),
    "get_module_names": lambda f, _: f(NET, (3, 9, 9)),
    "get_module_name_shapes": lambda f, _: f(NET, [torch.rand(1, 3, 9, 9)]),
    "register_hook_by_module_names": lambda f, _: f(".ReLU1", print, NET, (3, 9, 9)),
    "get_first_non_none_image_size": lambda f, _: f([[None, Image.new("RGB", (6, 5))]]),
    "summary_by_block": lambda f, _: f([2.0, 4, 7, 5], [0, 0, 1, 1]),
    "ttest_rel_df": lambda f, _: f(RATES, None, "a", "b"),
    "ttest_ind_df": lambda f, _: f(RATES, RATES.a > 4, RATES.a <= 4, "b"),
    "ttest_1samp_print": lambda f, _: f(RATES.a, 4),
    "ttest_rel_print": lambda f, _: f(RATES.a, RATES.b),
    "ttest_ind_print": lambda f, _: f(RATES.a, RATES.b),
    "ttest_rel_print_df": lambda f, _: f(RATES, None, "a", "b"),
    "ttest_ind_print_df": lambda f, _: f(RATES, RATES.a > 4, RATES.a <= 4, "b"),
    "scatter_corr": lambda f, _: f(RATES, "a", "b", Figure().add_subplot()),
    "test_correlation_diff": lambda f, _: f(*RATES.to_numpy().T),
    "test_correlation_diff_df": lambda f, _: f(RATES, "a", "b", "c"),
    "compare_imgs_LPIPS": lambda f, _: f(torch.rand(3, 8, 8), torch.rand(3, 8, 8), torch.sub),
    "compare_imgs_vit": lambda f, _: tokens_compared(f),
    "naive_featmsk": lambda f, _: f(),
    "load_img_resp_pairs": lambda f, _: f(EXPERIMENTS, 1, "Evol", 1),
    "load_img_resp_pairs_multiwindow": lambda f, _: f(EXPERIMENTS, 3, "Evol"),
    "load_resp_multiwindow": lambda f, _: f(EXPERIMENTS, 3, "natref"),
    "extract_evol_activation_array": lambda f, _: f(EXPERIMENTS[0], 0),
    "extract_natref_activation_array": lambda f, _: f(EXPERIMENTS[0], 0),
    "extract_evol_psth_array": lambda f, _: f(EXPERIMENTS[0], 0),
    "extract_all_evol_trajectory": lambda f, _: f(EXPERIMENTS),
    "extract_all_evol_trajectory_dyna": lambda f, _: f(EXPERIMENTS),
    "extract_all_evol_trajectory_dyna_multiwindow_nostats": lambda f, _: f(EXPERIMENTS),
    "extract_all_evol_trajectory_psth": lambda f, _: f(EXPERIMENTS),
    "pad_resp_traj": lambda f, _: f({1: np.ones((3, 6)), 3: np.ones((2, 6))}),
    "pad_psth_traj": lambda f, _: f({1: np.ones((3, 4, 200)), 3: np.ones((2, 4, 200))}),
    "load_latent_codes": lambda f, folder: f(codes(folder), 1),
    "parse_meta": lambda f, _: f(EXPERIMENTS[0]),
    "get_Animal_expdate": lambda f, _: f("Beto-28072020-006", ""),
    "get_all_masks": lambda f, _: f(of_door("get_meta_df")(EXPERIMENTS)),
    "load_space_images": lambda f, folder: space_images(f, folder),
}
"""A call of every function that returns several values, with the function and a folder."""

NEED_RECORDINGS = {"load_neural_data", "load_neural_data_and_save_pkl", "add_entry2neural_data"}
"""Called in tests/neuro_data_analysis/test_neural_data_lib.py."""


class Tokens(torch.nn.Module):
    """Images as five tokens of their pixels' means."""

    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.Linear(3, 4)

    def forward(self, x):
        return self.blocks(x.mean(3)[:, :, :5].transpose(1, 2))


def tokens_compared(compare):
    with of_door("featureFetcher")(Tokens(), print_module=False) as fetcher:
        fetcher.record("blocks", "blocks")
        return compare(torch.rand(3, 8, 8), torch.rand(3, 8, 8), fetcher)


def codes(folder):
    content = {"codes": np.ones((2, 3)), "ids": np.array(["a", "b"], dtype=object)}
    savemat(folder / "block000_thread001_code.mat", content)
    return folder


def space_images(load, folder):
    Image.new("RGB", (4, 4)).save(folder / "class_eig0_lin0.40.png")
    stimuli = of_door("parse_stim_info")(["class_eig0_lin0.40"])
    paths = of_door("find_full_image_paths")(folder, stimuli["img_name"])
    return load("class", stimuli, paths)


def test_every_function_that_returns_several_values_is_called():
    assert {published.name for published in SEVERAL} == CALLS.keys() | NEED_RECORDINGS


@pytest.mark.parametrize("published", [p for p in SEVERAL if p.name in CALLS], ids=str)
def test_as_many_values_are_returned_as_published(published, tmp_path):
    returned = CALLS[published.name](published.offered, tmp_path)
    assert len(tuple(returned)) == len(published.returns.split(", "))


@pytest.mark.parametrize("output_dof", [True, False])
def test_degrees_of_freedom_come_before_the_text(output_dof):
    for name in ("ttest_rel_print", "ttest_ind_print"):
        returned = of_door(name)(RATES.a, RATES.b, output_dof=output_dof)
        assert len(returned) == 3 + output_dof
        assert isinstance(returned[-1], str)


def test_masks_come_by_name_too():
    masks = of_door("get_all_masks")(of_door("get_meta_df")(EXPERIMENTS), return_type=dict)
    published = next(p for p in PUBLISHED if p.name == "get_all_masks")
    assert ", ".join(masks) == published.returns


def test_hooks_of_the_published_kind_write_where_the_object_keeps_them():
    fetcher = of_door("featureFetcher_module")()
    recurrent = of_door("featureFetcher_recurrent")(NET, print_module=False)
    with of_door("TorchScorer")(NET, 9) as scorer, fetcher, recurrent:
        hooks = [
            scorer.get_activation("some", unitmask=[0, 5]),
            fetcher.get_activation("conv"),
            recurrent.get_activation("conv"),
        ]
        handles = [NET[0].register_forward_hook(hook) for hook in hooks]
        output = NET[0](torch.rand(2, 3, 9, 9))
        NET[0](torch.rand(2, 3, 9, 9))
        for handle in handles:
            handle.remove()
        assert scorer.activation["some"].shape == (2, 2)
        assert fetcher["conv"].shape == output.shape
        assert torch.equal(recurrent["conv"][0], output)
        assert len(recurrent["conv"]) == 2


def test_colormaps_come_by_name():
    assert list(of_door("cmaps")) == ["magma", "inferno", "plasma", "viridis", "parula"]
    assert of_door("cmaps")["parula"] is of_door("parula")


def test_weights_have_a_folder_and_may_be_fetched(monkeypatch, tmp_path, server):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert of_door("torchhome") == str(tmp_path / "checkpoints")
    monkeypatch.setenv("NETWORK_WEIGHTS_OFFLINE", "1")
    assert of_door("load_urls") is False
    monkeypatch.delenv("NETWORK_WEIGHTS_OFFLINE")
    assert of_door("load_urls") is True

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"some")

    server.answers = [answer]
    assert of_door("download_file")(server.url, tmp_path / "file") is None
    assert (tmp_path / "file").read_bytes() == b"some"
