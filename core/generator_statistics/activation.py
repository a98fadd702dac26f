"""Gradient ascents of units of a network through generators: many units of a layer at once.

A task is one layer, generator, optimizer and repetition; all of its units, several codes each,
climb in one batch. Each code follows the unit that it belongs to, so a trajectory is the one that
it would be alone. Tasks run on workers (`core.sweep`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import torch

from core.contract import ext1
from core.errors import LayerError, SettingError
from core.generator_statistics.codes import class_embeddings, started_codes
from core.generator_statistics.surrogates import LOADED_AS, generator_by_name
from core.generators import Generator
from core.geometry.averages import load_average
from core.images import resize_and_pad_canvas
from core.optimizers.gradient import Hessian, gradient_ascent, label2method
from core.probing import Scorer
from core.probing.layers import find_layer
from core.probing.receptive_field import central_field, noise_images
from core.probing.recording import Hooks, recording_hook, some_units
from core.spaces import HESSIAN_FILES, N_NOISE, TRUNCATION
from core.sweep import Row
from core.weights import WeightFile, locate

AT_A_TIME = 16
"""Images that pass through the network together, with what their gradients need."""

FIELD_PROBES = 20
"""Images of noise by which a receptive field is found."""

Score = Callable[[torch.Tensor], torch.Tensor]

PER_TRAJECTORY = ("unitid", "batchi", "score", "maxscore", "maxstep")
"""What a task gives for each trajectory, as lists."""


def ascents(
    *,
    network: str,
    layer: str,
    units: Sequence[int],
    generator: str,
    method: str,
    n_steps: int,
    n_codes: int,
    rep: int,
    seed: int,
    scaled_rate: bool = False,
    in_field: bool = False,
    pixels: int | None = None,
    device: str | None = None,
    weights_dir: str | None = None,
) -> Row:
    """Climb for several units of a layer at once.

    Parameters
    ----------
    network, layer
        The network and one of its layers; of a layer with rows and columns the units in the middle.
    units
        Channels, 0-based.
    generator
        Name of a generator, see `core.generator_statistics.generator_by_name`.
    method
        Label of an optimizer, see `core.optimizers.gradient.label2method`.
    n_steps
        Times that codes are scored.
    n_codes
        Codes of each unit.
    rep, seed
        Repetition, and seed; all methods of a repetition start from the same codes.
    scaled_rate
        Let the rate follow the scale of the generator's codes, so that generators compare.
    in_field
        Shrink images into the receptive field, on grey.
    pixels
        Size at which the network sees images; None is its own.
    device
        By default CUDA when present, else the CPU.
    weights_dir
        Folder with weight files, looked at first.

    Returns
    -------
    dict
        Settings, and lists with an entry for each trajectory, see `PER_TRAJECTORY`; `batchi` ranks
        the trajectories of a unit by their last score.
    """
    made = _generator(generator, device, weights_dir)
    scorer = _scorer(network, pixels, device, weights_dir)
    place, position = _placement(scorer, layer, in_field)
    scale = code_scale(generator, made) if scaled_rate else torch.ones(1)
    start = unit_starts(made, generator, units, n_codes, rep, seed)
    scale = scale.to(start)
    numbers = torch.arange(len(units), device=start.device).repeat_interleave(n_codes)
    how = label2method(method)
    with UnitScores(scorer, layer, units, position) as scores:

        def score(moving: torch.Tensor) -> torch.Tensor:
            return scores(place(made.visualize(moving * scale)), numbers)

        fresh = np.random.default_rng([seed, rep, crc32(generator.encode())])
        found = gradient_ascent(
            score,
            start.flatten(1) / scale,
            how,
            n_steps,
            hessian=_hessian(generator, weights_dir) if how.basis != "code" else None,
            sample=lambda n: made.sample(n, rng=fresh).flatten(1).to(start) / scale,
        )
    unit_of = numbers[found.order].cpu().numpy()
    ranks = pd.Series(unit_of).groupby(unit_of).cumcount()
    row, column = position or (None, None)
    settings = {"netname": network, "layer": layer, "x": column, "y": row, "RFresize": in_field}
    settings |= {"optimmethod": method, "lr": how.lr, "hess": how.basis == "hessian"}
    settings |= {"GANname": generator, "matched": scaled_rate, "rep": rep, "seed": seed}
    return {
        **settings,
        "unitid": [int(units[number]) for number in unit_of],
        "batchi": ranks.tolist(),
        "score": found.scores[-1].double().cpu().tolist(),
        "maxscore": found.max_scores.double().cpu().tolist(),
        "maxstep": found.max_steps.cpu().tolist(),
    }


class UnitScores:
    """Differentiable activations of images, each by a unit of its own.

    Parameters
    ----------
    scorer
        Of the network, for what is done to images.
    layer
        Name of the layer.
    units
        Channels, 0-based.
    position
        Row and column, None for a layer without.

    Raises
    ------
    LayerError
        If there is no such layer or unit.
    """

    def __init__(
        self,
        scorer: Scorer,
        layer: str,
        units: Sequence[int],
        position: tuple[int, int] | None,
    ):
        shape = scorer.layer_shape(layer)
        bad = [unit for unit in units if not 0 <= unit < shape[0]]
        if bad:
            raise LayerError(
                path=layer, expected=f"units from 0 to {shape[0] - 1}", found=f"unit {bad[0]}"
            )
        where = [np.ravel_multi_index((unit, *(position or ())), shape) for unit in units]
        self._scorer, self._seen, self._hooks = scorer, {}, Hooks()
        hook = recording_hook(
            self._seen, "units", some_units(where, layer), layer=layer, ingraph=True
        )
        self._hooks.add("units", find_layer(scorer.model, layer), hook)

    def __enter__(self) -> "UnitScores":
        return self

    def __exit__(self, *_error: object) -> None:
        self._hooks.close()

    def __call__(self, images: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Activation (n,) of images (n, 3, H, W) by the units whose numbers (n,) stand beside."""
        found = []
        for start in range(0, len(images), AT_A_TIME):
            some = slice(start, start + AT_A_TIME)
            self._scorer.model(self._scorer.preprocess(images[some], 1.0))
            found.append(self._seen["units"].gather(1, numbers[some, None])[:, 0])
        return torch.cat(found)


def unit_starts(
    generator: Generator,
    name: str,
    units: Sequence[int],
    n_codes: int,
    rep: int,
    seed: int,
) -> torch.Tensor:
    """Codes from which the units of a repetition start, (n_units * n_codes, dim), unit by unit.

    Parameters
    ----------
    generator
        The generator.
    name
        Its name.
    units
        Channels; the codes of each are its own.
    n_codes
        Of each unit.
    rep, seed
        Repetition and seed.
    """
    seeds = [int(np.random.SeedSequence([seed, rep, unit]).generate_state(1)[0]) for unit in units]
    return torch.cat([started_codes(name, n_codes, generator, of_unit) for of_unit in seeds])


def code_scale(name: str, generator: Generator) -> torch.Tensor:
    """Standard deviation of each value of a generator's codes, (dim,).

    Parameters
    ----------
    name
        Name of the generator: BigGAN's noise has 0.7 and its class that of the embeddings, the
        values of others have 1.
    generator
        The generator.

    Examples
    --------
    >>> from core.generators import SmallGenerator
    >>> code_scale("small", SmallGenerator()).unique()
    tensor([1.])
    """
    scale = torch.ones(generator.latent_dim)
    if name == "BigGAN":
        scale[:N_NOISE] = TRUNCATION
        scale[N_NOISE:] = float(class_embeddings(generator).std())
    return scale


def ascent_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Results of tasks as a table with a row for each trajectory.

    Parameters
    ----------
    rows
        Rows of `ascents`, as `core.sweep.sweep` returns them.

    Returns
    -------
    DataFrame
        Columns of `core.contract.ext1.ACTIVATION`.
    """
    table = rows.explode(list(PER_TRAJECTORY), ignore_index=True)
    table = table[[column.name for column in ext1.ACTIVATION.columns]]
    whole = {"unitid": int, "batchi": int, "maxstep": int, "score": float, "maxscore": float}
    return table.astype(whole)


def ascent_tasks(
    layers: Mapping[str, Sequence[int]] | Mapping[tuple[str, bool], Sequence[int]],
    methods: Mapping[str, Sequence[tuple[str, bool]]],
    n_codes: Mapping[str, int],
    n_reps: int,
    **settings: Any,
) -> dict[str, dict[str, Any]]:
    """Tasks of a design by name.

    Parameters
    ----------
    layers
        Units by layer, or by layer and whether images are shrunk into the receptive field.
    methods
        Labels of optimizers by generator, each with whether its rate follows the codes' scale.
    n_codes
        Codes of a unit by generator.
    n_reps
        Repetitions.
    settings
        Other arguments of `ascents`.

    Examples
    --------
    >>> tasks = ascent_tasks({"fc": [0, 1]}, {"small": [("Adam01", False)]}, {"small": 4}, 2)
    >>> list(tasks)
    ['small_Adam01_0_fc', 'small_Adam01_1_fc']
    """
    tasks = {}
    for generator, labels in methods.items():
        for method, scaled in labels:
            for rep in range(n_reps):
                for key, units in layers.items():
                    layer, in_field = key if isinstance(key, tuple) else (key, False)
                    words = [generator.replace(" ", "_"), method + "_matched" * scaled, str(rep)]
                    words += [layer.strip("."), "field"][: 1 + in_field]
                    tasks["_".join(words)] = {
                        "layer": layer,
                        "units": list(units),
                        "generator": generator,
                        "method": method,
                        "scaled_rate": scaled,
                        "n_codes": n_codes[generator],
                        "rep": rep,
                        "in_field": in_field,
                        **settings,
                    }
    return tasks


@lru_cache(maxsize=2)
def _generator(name: str, device: str | None, weights_dir: str | None) -> Generator:
    return generator_by_name(name, device=device, weights_dir=weights_dir)


@lru_cache(maxsize=1)
def _scorer(
    network: str, pixels: int | None, device: str | None, weights_dir: str | None
) -> Scorer:
    return Scorer(network, size=pixels, device=device, weights_dir=weights_dir)


def _placement(
    scorer: Scorer, layer: str, in_field: bool
) -> tuple[Callable[[torch.Tensor], torch.Tensor], tuple[int, int] | None]:
    """How images are placed for a layer, and row and column of its unit in the middle."""
    shape = scorer.layer_shape(layer)
    position = (shape[1] // 2, shape[2] // 2) if len(shape) == 3 else None
    if not in_field or position is None:
        return (lambda images: images), position
    probes = noise_images(scorer.model, scorer.inputsize, FIELD_PROBES, rng=0)
    field = central_field(scorer.model, layer, probes, scorer.inputsize)
    place = partial(
        resize_and_pad_canvas,
        corner=field.offset,
        size=field.size,
        input_size=scorer.inputsize,
    )
    return place, position


@lru_cache(maxsize=2)
def _hessian(generator: str, weights_dir: str | None) -> Hessian:
    """Average Hessian of a generator, from its file in a folder of weights."""
    space = LOADED_AS.get(generator, generator)
    if space not in HESSIAN_FILES:
        raise SettingError(
            path="method", expected=f"one without Hess for {generator}", found="one with it"
        )
    file = WeightFile(HESSIAN_FILES[space])
    path = locate(file, folder=weights_dir, allow_download=False)
    metric = load_average(path.parent, space)
    return Hessian(torch.from_numpy(metric.eigenvalues), torch.from_numpy(metric.eigenvectors))
