"""A folder in the published form, with numbers that mean nothing."""

from functools import partial
from importlib import import_module

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from core.contract import ext5, fig3
from core.contract.source_data import SourceData
from core.experiments.alignment.data import BEST_SCORED, STAMP, VERSION
from core.experiments.alignment.ensemble_data import (
    ENSEMBLE_STAMP,
    ENSEMBLE_VERSION,
    ensemble_path,
)
from core.experiments.stamps import write_stamp
from core.figures import RECORDED
from figure_reproduction.script import draw_figure

N_EXPERIMENTS = 170

CAFFENET = {
    **{("conv1", 0): 96, ("relu1", 1): 96, ("pool1", 2): 96, ("norm1", 3): 96},
    **{("conv2", 4): 256, ("relu2", 5): 256, ("pool2", 6): 256, ("norm2", 7): 256},
    **{("conv3", 8): 384, ("relu3", 9): 384, ("conv4", 10): 384, ("relu4", 11): 384},
    **{("conv5", 12): 256, ("relu5", 13): 256, ("pool5", 14): 256, ("fc6", 16): 4096},
    **{("relu6", 17): 4096, ("fc7", 18): 4096, ("relu7", 19): 4096, ("fc8", 20): 1000},
}
"""Units of every layer, by name and place."""


@pytest.fixture(scope="session")
def drawn(simulation, computed_form, tmp_path_factory):
    """Every figure of the simulation: what the report gets of it, and its panels, marked."""
    mpl.use("Agg")
    out = tmp_path_factory.mktemp("figures")
    source = SourceData(simulation / "source_data")
    drawing = {word: import_module(figure.script).reproduce for word, figure in RECORDED.items()}
    drawing["ext5"] = partial(drawing["ext5"], computed=computed_form)
    results, panels = {}, {}

    def keeping(word, *arguments, **options):
        reproduction = drawing[word](*arguments, **options)
        panels[word] = reproduction.panels
        return reproduction

    for word in drawing:
        results[word] = draw_figure(word, partial(keeping, word), source, out)
    return results, panels


@pytest.fixture(scope="session")
def results(drawn):
    """What the report gets, by figure."""
    return drawn[0]


@pytest.fixture(scope="session")
def published_form(tmp_path_factory):
    """Source data of Figures 3 and ext5 that are not simulated, of the published sizes."""
    source = SourceData(tmp_path_factory.mktemp("published form"))
    rng = np.random.default_rng(1)
    meta = experiments(rng)
    source.write(fig3.META, meta.assign(valid=rng.random(N_EXPERIMENTS) < 0.9))
    source.write(fig3.SIMILARITY, similarities(meta, rng))
    for file in ext5.ALIGNMENT.values():
        source.write(file, alignment(rng))
    for generator, file in ext5.LINEARITY.items():
        source.write(file, linearity(generator, rng))
    assert not source.is_simulated
    return source


@pytest.fixture(scope="session")
def computed_form(published_form, tmp_path_factory):
    """Folder that passes for computed tables of Extended Data Figure 5C; read only."""
    folder = SourceData(tmp_path_factory.mktemp("computed form"))
    for file in ext5.ALIGNMENT.values():
        folder.write(file, published_form.read(file).assign(gaussian_value=0.25))
    (folder.root / BEST_SCORED).touch()
    files = [*map(folder.path, ext5.ALIGNMENT.values()), folder.root / BEST_SCORED]
    write_stamp(folder.root / STAMP, files, {"version": VERSION})
    path = ensemble_path(folder.root)
    ensemble().to_csv(path, index=False)
    write_stamp(folder.root / ENSEMBLE_STAMP, [path], {"version": ENSEMBLE_VERSION})
    return folder.root


def ensemble():
    """Runs of three cells: three on each network, and one of Adam from the published start."""
    scores = {
        ("Adam", 2, 8, "published"): [0.97],
        ("Adam", 2, 8, "other"): [0.5, 0.75, 1.0],
        ("CMAES", 64, 0, "other"): [0.8, 0.9, 1.0],
        ("CMAES", 2, 48, "published"): [0.0, 0.5, 1.0],
        ("CMAES", 2, 48, "other"): [0.0, 1.0, 1.0],
    }
    columns = ["optimizer", "dimension", "stack_size", "starts", "seed", "replicate"]
    return pd.DataFrame(
        [
            (*cell, seed, i, value)
            for cell, values in scores.items()
            for seed in range(40, 50)
            for i, value in enumerate(values)
        ],
        columns=[*columns, "gaussian_value"],
    )


def experiments(rng):
    """The metadata table."""
    texts = {"Animal": "Alfa", "expdate": "2020-11-25", "space1": "fc6", "space2": "BigGAN"}
    table = pd.DataFrame({"Expi": np.arange(1, N_EXPERIMENTS + 1)})
    for column in fig3.META.columns[1:-1]:
        kind = {"int": 20, "str": texts.get(column.name, "CMAES")}.get(column.kind)
        table[column.name] = rng.random(N_EXPERIMENTS) if kind is None else kind
    table["visual_area"] = rng.choice(["IT", "V4", "V1"], N_EXPERIMENTS, p=[0.7, 0.25, 0.05])
    table["ephysFN"] = [f"Alfa-25112020-{i:03d}" for i in table["Expi"]]
    for thread in (0, 1):
        table[f"p_maxinit_{thread}"] = 10 ** rng.uniform(-6, 0, N_EXPERIMENTS)
    return table


def similarities(meta, rng):
    """Similarities of which one goes with a difference of responses."""
    names = [c.name for c in fig3.SIMILARITY.columns if c.name not in meta]
    values = pd.DataFrame(rng.uniform(0.2, 1, (N_EXPERIMENTS, len(names))), columns=names)
    values["Expi_alt"] = 1
    values["psth_MAE"] = 1 - 0.5 * values["cosine_reevol_resnet_avgpool"] + 0.4 * values["act_MAE"]
    return pd.concat([meta, values], axis=1)


def alignment(rng):
    """Scores that fall with depth and dimension."""
    grid = pd.MultiIndex.from_product(
        [2 ** np.arange(1, 9), (0, 2, 4, 8, 16, 32, 48, 64), range(40, 50)],
        names=["dimension", "stack_size", "seed"],
    ).to_frame(index=False)
    hardness = grid["dimension"] * grid["stack_size"] / 60
    grid["gaussian_value"] = np.exp(-hardness * rng.uniform(0.5, 1.5, len(grid)))
    return grid


def linearity(generator, rng):
    """R2 that rises with the layer, and a few constant units."""
    (names, places), counts = zip(*CAFFENET, strict=True), list(CAFFENET.values())
    n_rows = sum(counts)
    place = np.repeat(places, counts)
    unit = np.concatenate([np.arange(n) for n in counts])
    table = pd.DataFrame({"Layer": np.repeat(names, counts)})
    table["Target"] = [f"({i},)" for i in unit] if generator == "BigGAN" else unit
    for column in ext5.LINEARITY[generator].columns:
        if "_R2" in column.name:
            table[column.name] = rng.normal(0.01 * place, 0.08, n_rows)
    table.loc[table.index[table["Layer"] == "relu6"][:50], "Test_R2"] = 1.0
    return table.assign(Layer_index=place, unit_index=unit)
