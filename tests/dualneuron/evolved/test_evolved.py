"""Responses of untrained twins to small evolutions whose contrast and patterns are known."""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import LayerError, MissingFileError, SettingError
from core.explorer.images import image_path
from core.explorer.store import FILE_NAME, load_averages, save_averages
from core.explorer.valid import RECORDING_NAMES, valid_experiments
from core.networks.preprocessing import Preprocessing
from core.networks.zoo import ImageNetwork
from core.statistics.masks import UNSTABLE_BASELINE
from core.threads import THREADS
from dualneuron.__main__ import main
from dualneuron.evolved.commands import answers
from dualneuron.evolved.effects import (
    bootstrapped,
    effect_table,
    image_table,
    rises,
    share_left,
    standardised,
)
from dualneuron.evolved.looking import look_at_evolved
from dualneuron.evolved.pictures import draw_rises
from dualneuron.evolved.viewers import network_viewer, twin_viewer
from dualneuron.paired.neurons import open_neurons
from dualneuron.paired.responses import MEAN_GREY, TwinResponses
from dualneuron.twins.nets import V1GrayTaskDriven
from tests.explorer_examples import averaged, recorded

AREAS = {3: "V1", 4: "V1", 5: "V4", 7: "IT", 8: "IT", 9: "IT", 23: "V1"}
"""By number of the experiment; 9 is short, 23 unstable."""

N_BLOCKS = 16

SHOWN = (0, 4, 9, N_BLOCKS - 1)
"""Blocks with an image, but for the best one."""

GREY = 124.5
"""Mean grey of the viewer, between two levels, so that 8-bit patterns around it are exact."""


def pattern(seed, contrast):
    """Two levels, `contrast` apart, around mean grey in squares of 4 pixels, (32, 32, 3)."""
    signs = np.random.default_rng(seed).choice([-1, 1], (8, 8))
    grey = GREY + contrast / 2 * np.kron(signs, np.ones((4, 4)))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def shown_image(experiment, block, thread):
    """V1: one pattern, its contrast grows; elsewhere: another pattern in every block."""
    if experiment.area == "V1":
        return pattern(experiment.expi, 21 + 10 * block if thread == 0 else 101)
    return pattern([experiment.expi, block, thread], 101)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Averages of `AREAS`, and images of some and of the best blocks."""
    folder = tmp_path_factory.mktemp("explorer ü")
    given = [
        averaged(
            *recorded(np.random.default_rng(expi), 9 if expi == 9 else N_BLOCKS),
            expi=expi,
            area=area,
        )
        for expi, area in AREAS.items()
    ]
    save_averages(folder / FILE_NAME, given)
    for experiment in given:
        for thread in range(len(THREADS)):
            for block in {*SHOWN, experiment.best_blocks[thread]}:
                path = image_path(folder, experiment, block, thread)
                path.parent.mkdir(parents=True, exist_ok=True)
                image = Image.fromarray(shown_image(experiment, block, thread))
                image.save(path, lossless=True)
    return folder


def energies(presented):
    """Squared projections on two random patterns, and the whole power, (n, 3)."""
    patterns = torch.from_numpy(np.random.default_rng(1).choice([-1.0, 1.0], (2, 1, 8, 8))).float()
    patterns = torch.nn.functional.interpolate(patterns, size=presented.shape[2:])
    projections = torch.einsum("nchw,pchw->np", presented, patterns)
    power = presented.square().sum((1, 2, 3))
    return torch.cat([projections.square(), power[:, None]], dim=1)


@pytest.fixture(scope="module")
def viewer():
    """Sees what the twin of V1 sees, but for its mean grey, `GREY`, and responds with energies."""
    neurons = open_neurons("v1", [3, 150, 271], ensemble=False, untrained=True, device="cpu")
    twin = twin_viewer(neurons, untrained=True)
    return replace(
        twin,
        seen=lambda images: twin.seen(images) + MEAN_GREY["v1"] - GREY / 255,
        respond=energies,
    )


@pytest.fixture(scope="module")
def observed(folder, viewer):
    return look_at_evolved(folder, valid_experiments(load_averages(folder / FILE_NAME)), viewer)


def test_valid_experiments_are_long_and_stable(folder):
    experiments = load_averages(folder / FILE_NAME)
    assert [e.expi for e in valid_experiments(experiments)] == [3, 4, 5, 7, 8]
    other = [replace(e, spaces=("BigGAN", "BigGAN_class")) for e in experiments]
    assert valid_experiments(other) == valid_experiments([]) == []
    assert sorted(RECORDING_NAMES.values()) == sorted(UNSTABLE_BASELINE)


def test_there_is_a_row_for_each_image_of_a_valid_experiment(observed):
    images = observed.images
    assert sorted(set(images["expi"])) == [3, 4, 5, 7, 8]
    one = images[(images["expi"] == 5) & (images["thread"] == "BigGAN")]
    assert {1, 5, 10, 16} <= set(one["block"])
    assert one["best"].sum() == 1
    assert {name: r.shape for name, r in observed.responses.items()} == {
        "shown": (len(images), 3),
        "equal": (len(images), 3),
    }


def test_contrast_is_the_sd_of_luminance_and_norm_that_of_what_is_shown(observed):
    images = observed.images.set_index(["expi", "thread", "block"])
    # squares of 4 of 32 pixels become 11.6 of 93, whose edges are smoothed
    first, last = (images.loc[(3, "DeePSim", block)] for block in (1, 16))
    assert 0.8 < first["contrast"] / (10.5 / 255) < 1
    assert last["contrast"] / first["contrast"] == pytest.approx(171 / 21, rel=1e-4)
    assert last["norm"] / first["norm"] == pytest.approx(171 / 21, rel=1e-4)
    power = first["contrast"] ** 2 + first["light"] ** 2
    assert first["norm"] == pytest.approx(93 * power**0.5 / (70.28 / 255), rel=1e-5)


def test_a_rise_of_contrast_alone_is_nothing_at_equal_norm(observed):
    rise = rises(image_table(observed)).set_index(["area", "thread", "block"]).sort_index()
    grown = rise.loc[("V1", "DeePSim", "last")]
    np.testing.assert_allclose(grown["contrast"], np.log(171 / 21), rtol=1e-4)
    assert (grown["shown"] > 0.5).all()
    assert (grown["equal"].abs() < 1e-4).all()
    same = rise.loc[("V1", "BigGAN", "last")]
    assert (same[["shown", "equal", "contrast"]].abs() < 1e-4).all(axis=None)
    other = rise.loc[("IT", "DeePSim", "last")]
    assert other["equal"].abs().max() > 0.1


def test_responses_follow_what_is_presented(observed):
    norm = observed.images["norm"].to_numpy()
    np.testing.assert_allclose(observed.responses["shown"][:, 2], norm**2, rtol=1e-4)
    np.testing.assert_allclose(observed.responses["equal"][:, 2], 12**2, rtol=1e-4)
    left, equal = observed.responses["shown"][:, 0], observed.responses["equal"][:, 0]
    np.testing.assert_allclose(equal, left * (12 / norm) ** 2, rtol=1e-4)


def test_a_twin_responds_as_it_does_in_evolutions():
    neurons = open_neurons("v1", [3, 150], ensemble=False, untrained=True, device="cpu")
    twin = twin_viewer(neurons, untrained=True)
    images = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    responses = twin.respond(twin.presented(twin.seen(images))["equal"])
    alone = TwinResponses(V1GrayTaskDriven(centered=True, untrained=True, device="cpu"), [3, 150])
    for unit in (0, 1):
        torch.testing.assert_close(responses[:, unit], alone.neuron(unit)(images))


def test_the_mask_fades_images_to_mean_grey_in_both_presentations(viewer):
    mask = torch.zeros(93, 93)
    mask[40:60, 40:60] = 1
    masked = replace(viewer, mask=mask)
    images = torch.full((1, 3, 93, 93), 0.9)
    images[..., 45:55, 45:55] = 0.1
    seen = masked.seen(images)
    for name, presented in masked.presented(seen).items():
        assert presented[..., :40, :].abs().max() == 0, name
    assert masked.presented(seen)["equal"].norm() == pytest.approx(12, rel=1e-5)
    mean, contrast = masked.light(seen)  # a quarter of what is seen is dark
    assert mean[0] == pytest.approx(0.7 - GREY / 255, abs=1e-5)
    assert contrast[0] == pytest.approx(0.8 * (0.25 * 0.75) ** 0.5, rel=1e-5)


def test_a_neuron_that_does_not_vary_counts_as_0():
    responses = np.array([[1.0, 5.0], [2.0, 5.0 + 1e-7], [3.0, 5.0]])
    np.testing.assert_allclose(standardised(responses), np.array([-1, 0, 1]) * 1.5**0.5 / 2)


def table_of(values):
    """A table of rises from {(area, thread, block): (shown, equal)}, lists over experiments."""
    return pd.concat(
        [
            pd.DataFrame({"shown": shown, "equal": equal, "contrast": 0.0}).assign(
                area=area, thread=thread, block=block
            )
            for (area, thread, block), (shown, equal) in values.items()
        ]
    )


def test_effects_are_means_differences_and_shares():
    values = {
        ("V1", "DeePSim", "last"): ([1.0, 3.0], [0.5, 1.5]),
        ("IT", "DeePSim", "last"): ([0.5, 0.5, 0.5], [-1.0, 0.0, 1.0]),
        ("IT", "BigGAN", "best"): ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]),
        ("V4", "DeePSim", "last"): ([2.0], [1.0]),
    }
    effects = effect_table(table_of(values)).set_index(["quantity", "thread", "block", "area"])
    effects = effects.sort_index()
    last = {quantity: effects.loc[(quantity, "DeePSim", "last")] for quantity in ("shown", "left")}
    assert last["shown"]["estimate"].to_dict() == {
        "V1": 2.0, "V4": 2.0, "IT": 0.5, "V1 - IT": 1.5, "V4 - IT": 1.5,
    }  # fmt: skip
    assert last["shown"].loc["V1 - IT", ["n", "n_minus"]].tolist() == [2, 3]
    assert last["shown"].loc["V1", ["low", "high"]].tolist() == [1.0, 3.0]
    assert last["shown"].loc["V4", ["low", "high"]].isna().all()
    assert last["left"].loc["V1", ["estimate", "low", "high"]].tolist() == [0.5, 0.5, 0.5]
    assert last["left"].loc["V4", ["estimate"]].isna().all()
    best = effects.loc[("left", "BigGAN", "best", "IT")]
    assert np.isnan(best["estimate"])  # of a rise that may be 0 no share is left
    assert ("shown", "BigGAN", "best", "V1") not in effects.index


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(5)
    ends = [bootstrapped([rng.normal(1, 2, 40)], np.mean)[1:] for _ in range(60)]
    assert 50 <= sum(low < 1 < high for low, high in ends) <= 60
    width = np.mean([high - low for low, high in ends])
    assert width == pytest.approx(2 * 1.96 * 2 / 40**0.5, rel=0.08)


def test_a_share_is_drawn_from_the_same_experiments():
    shown = np.array([1.0, 2.0, 5.0, 9.0])
    assert share_left(0.3 * shown, shown) == pytest.approx((0.3, 0.3, 0.3))


def test_words_say_what_is_left():
    rise = table_of({("V1", "DeePSim", "last"): ([1.0, 3.0], [0.5, 1.5])})
    assert list(answers(effect_table(rise)))[:3] == [
        "DeePSim, contrast as shown, last block against first: V1 2.00 [1.00, 3.00]",
        "DeePSim, equal norm, last block against first: V1 1.00 [0.50, 1.50]",
        "DeePSim, share left at equal norm, last block against first: V1 0.50 [0.50, 0.50]",
    ]


def run(folder, out, *words):
    main(["evolved", "--data", str(folder), "--out", str(out), "--device=cpu", *words])


def test_one_command_writes_images_effects_and_figure(folder, tmp_path, capsys):
    run(folder, tmp_path, "--untrained", "--one-member", "--neurons=3,7")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "UNTRAINED twin, random weights: nothing follows for neurons"
    names = ["responses", "effects", "evolved"]
    stem = "V1GrayTaskDriven_one_member_untrained"
    files = [f"{name}_{stem}.{end}" for name, end in zip(names, ("csv", "csv", "png"), strict=True)]
    assert said[-3:] == [str(tmp_path / name) for name in files]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    images = pd.read_csv(tmp_path / files[0])
    assert list(images)[-4:] == ["shown_3", "shown_7", "equal_3", "equal_7"]
    z = (images["shown_3"] - images["shown_3"].mean()) / images["shown_3"].std(ddof=0)
    z += (images["shown_7"] - images["shown_7"].mean()) / images["shown_7"].std(ddof=0)
    np.testing.assert_allclose(images["shown"], z / 2, atol=1e-3)
    effects = pd.read_csv(tmp_path / files[1])
    assert {"V1", "V4", "IT", "V1 - IT", "V4 - IT"} == set(effects["area"])
    with Image.open(tmp_path / files[2]) as picture:
        assert picture.size[0] == 2080


def test_the_figure_names_who_responds_and_shows_points_or_curves(observed):
    table = image_table(observed)
    effects = effect_table(rises(table))
    curves = draw_rises(table, effects, "three neurons", notice="UNTRAINED")
    assert "three neurons" in curves.get_suptitle()
    assert "UNTRAINED" in [text.get_text() for text in curves.texts]
    assert curves.axes[0].get_xlabel() == "share of the evolution"
    labels = [text.get_text() for text in curves.legends[0].get_texts()]
    assert labels == ["V1 (n = 2)", "V4 (n = 1)", "IT (n = 2)"]
    few = table[table["block"].isin([1, 16]) | table["best"]]
    points = draw_rises(few, effects, "three neurons")
    labels = [label.get_text() for label in points.axes[0].get_xticklabels()]
    assert labels == ["first", "best", "last"]
    assert [label.get_text() for label in points.axes[6].get_xticklabels()] == [
        "V1", "V4", "IT", "V1\n– IT", "V4\n– IT",
    ]  # fmt: skip


class Contrast(nn.Module):
    """Mean, and mean square around mean grey, as two units without positions."""

    def forward(self, images):
        return torch.stack([images.mean((1, 2, 3)), images.square().mean((1, 2, 3))], dim=1)


def contrast_network():
    return ImageNetwork(Contrast(), Preprocessing((0.449,) * 3, (0.226,) * 3), 32)


def test_units_of_an_own_network_see_the_same_images():
    viewer = network_viewer(f"{__name__}:contrast_network", ".Contrast", [1], device="cpu")
    noise = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = viewer.seen(noise)
    grey = 0.299 * noise[:, 0] + 0.587 * noise[:, 1] + 0.114 * noise[:, 2]
    np.testing.assert_allclose(viewer.light(seen)[1], grey.flatten(1).std(1, correction=0), 1e-5)
    presented = viewer.presented(seen)
    original = contrast_network().model((noise - 0.449) / 0.226)[:, 1]
    torch.testing.assert_close(viewer.respond(presented["shown"])[:, 0], original)
    equal = viewer.respond(presented["equal"])[:, 0]  # of the contrast of photographs, 1
    assert (equal - 1).abs().max() < 0.1 < (original - 1).abs().max()


def test_random_weights_of_a_network_are_told_and_the_same_every_time():
    one, same = (
        network_viewer("efficientnet_lite0", "stem", 3, untrained=True, device="cpu")
        for _ in range(2)
    )
    assert one.notice.startswith("UNTRAINED network")
    assert (one.name, one.kind, one.ids) == ("efficientnet_lite0 stem", "units", (0, 10, 21))
    image = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(*(v.respond(v.seen(image)) for v in (one, same)), rtol=0, atol=0)


class Unused(Contrast):
    """Has a layer that never runs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Identity()


def test_networks_take_their_units_from_a_layer(folder, tmp_path, capsys):
    own = f"{__name__}:contrast_network"
    run(folder, tmp_path, "--network", own, "--layer=.Contrast", "--neurons=2")
    assert "V1" in capsys.readouterr().out
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".csv", ".png"]
    assert all("contrast_network_.Contrast" in path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(("words", "error", "said"), [
    (["--layer=.Contrast"], SettingError, "--network and --layer together, found --layer alone"),
    (["--network=resnet50"], SettingError, "found --network alone"),
    (["--network", f"{__name__}:contrast_network", "--layer=.Contrast"], SettingError,
     "--neurons: expected 1 to 2 units, found 40"),
    (["--network", f"{__name__}:contrast_network", "--layer=.Contrast", "--neurons=2,"],
     LayerError, "neurons: expected units and places"),
    (["--network", f"{__name__}:Unused", "--layer=layer"], LayerError, "a layer that runs"),
    (["--network", f"{__name__}:contrast_network", "--layer=conv9"], LayerError, "no layer"),
    (["--untrained", "--neurons=900"], SettingError, "expected 1 to 458 neurons, found 900"),
])  # fmt: skip
def test_a_wrong_option_is_told_in_one_sentence(folder, tmp_path, words, error, said):
    with pytest.raises(error, match=said):
        run(folder, tmp_path / "out", *words)
    assert not list(tmp_path.iterdir())


QUICK = ("--untrained", "--one-member", "--neurons=3,7")


def copied(folder, to, *experiments):
    """A folder with the averages of all and links to the images of some experiments."""
    to.mkdir()
    (to / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
    for name in experiments:
        (to / "images").mkdir(exist_ok=True)
        (to / "images" / name).symlink_to(folder / "images" / name)
    return to


def test_without_images_the_command_that_fetches_them_is_named(folder, tmp_path):
    none = copied(folder, tmp_path / "none")
    with pytest.raises(MissingFileError, match=r"`\./reproduce download --from explorer --images`"):
        run(none, tmp_path / "out", *QUICK)
    with pytest.raises(MissingFileError, match=r"`\./reproduce download --from explorer`"):
        run(tmp_path / "nowhere", tmp_path / "out", *QUICK)
    invalid = copied(folder, tmp_path / "invalid", "Exp009-B", "Exp023-B")
    with pytest.raises(MissingFileError, match="expected images of valid experiments, found none"):
        run(invalid, tmp_path / "out", *QUICK)


def test_an_area_without_images_is_left_out_and_named(folder, tmp_path, capsys):
    part = copied(folder, tmp_path / "part", "Exp003-B", "Exp007-B", "Exp008-B")
    run(part, tmp_path / "out", *QUICK)
    assert "V4: no valid experiment with images of a first and a later block; left out" in (
        capsys.readouterr().err
    )
    effects = pd.read_csv(tmp_path / "out" / "effects_V1GrayTaskDriven_one_member_untrained.csv")
    assert set(effects["area"]) == {"V1", "IT", "V1 - IT"}


def test_images_of_inner_blocks_alone_are_too_few(folder, tmp_path):
    part = copied(folder, tmp_path / "part")
    target = part / "images" / "Exp003-B" / "gen_05"
    target.parent.mkdir(parents=True)
    target.symlink_to(folder / "images" / "Exp003-B" / "gen_05")
    with pytest.raises(MissingFileError, match="expected images of a first and a later block"):
        run(part, tmp_path / "out", *QUICK)


def test_a_file_that_is_no_image_is_named_and_nothing_is_written(folder, tmp_path):
    part = copied(folder, tmp_path / "part", "Exp003-B")
    broken = part / "images" / "Exp007-B" / "gen_01" / "deepsim_img.webp"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no image")
    with pytest.raises(Exception, match=r"Exp007-B.*deepsim_img\.webp: expected a WebP image"):
        run(part, tmp_path / "out", *QUICK)
    assert not list((tmp_path / "out").iterdir())


def test_the_command_line_has_the_defaults_of_the_question():
    from dualneuron.__main__ import parser

    options = parser().parse_args(["evolved"])
    assert isinstance(options, argparse.Namespace)
    assert (options.twin, options.neurons, options.data.name) == ("v1", 40, "explorer_data")
