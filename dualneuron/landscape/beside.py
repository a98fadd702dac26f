"""Most exciting images beside those that evolved for the same neurons, all at one contrast.

A neuron's MEI is climbed to by gradient; its evolved images were found from spikes alone. All are
faded outside of the twin's mask and brought to its norm, as evolutions show them, so that responses
and distances compare what images show, not their contrast.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from core.geometry.distances import FeatureDistance
from dualneuron.figures import AMBER, CYAN, draw_image, finish, house_style
from dualneuron.landscape.paired_folder import EvolvedNeurons, best_code, images_of
from dualneuron.paired.responses import TRAINING_SD
from dualneuron.synthesis.batch import Item, synthesize
from dualneuron.synthesis.presets import FourierPreset, PixelPreset

MEI = "MEI"

GREY_SD = TRAINING_SD["v1"]
"""Grey levels, of 1, that a z-scored 1 is drawn as."""

N_DRAWN = 12
"""Neurons in the figure, spread evenly over all."""

SHADES = (0.2, 0.8)
"""Levels of a grey image that are drawn black and white."""


@dataclass(frozen=True)
class PolesBeside:
    """Images of some neurons, and what is known of them.

    Attributes
    ----------
    table
        A row for each neuron and image; see `poles_beside_evolved`.
    pictures : (n_neurons, 3, 3, H, W)
        MEI and the best image of both threads, RGB in [0, 1].
    """

    table: pd.DataFrame
    pictures: np.ndarray


def poles_beside_evolved(
    evolved: EvolvedNeurons,
    preset: PixelPreset | FourierPreset,
    distance: FeatureDistance,
    seed: int = 0,
) -> PolesBeside:
    """Make the MEI of every neuron, and compare it with the best images of its evolutions.

    Parameters
    ----------
    evolved
        Neurons with their evolutions.
    preset
        How MEIs are made.
    distance
        Of images in [0, 1], on the twin's device.
    seed
        Of the MEIs.

    Returns
    -------
    PolesBeside
        Columns of its table: ``neuron``; ``image``, MEI or the thread's space; ``grey``, response
        to mean grey; ``response``; ``share``, of the MEI's; ``distance`` from the neuron's MEI, 0
        for that itself; ``distance_to_others``, mean over the MEIs of the other neurons, NaN for
        one neuron alone.
    """
    with torch.no_grad():
        shown = torch.stack([_meis(evolved, preset, seed), *_evolved_images(evolved)], dim=1)
        n_neurons, n_images = shown.shape[:2]
        ids = torch.as_tensor(evolved.neurons, device=shown.device).repeat_interleave(n_images)
        responses = evolved.respond.twin.one_each(shown.flatten(0, 1), ids)
        responses = responses.view(n_neurons, n_images).double().cpu().numpy()
        pictures = as_picture(shown.flatten(0, 1))
        features = distance.features(pictures).double().cpu().numpy()
    pictures = pictures.cpu().numpy().reshape(n_neurons, n_images, *pictures.shape[1:])
    features = features.reshape(n_neurons, n_images, -1)
    return PolesBeside(pd.DataFrame(_rows(evolved, responses, features)), pictures)


def as_picture(shown: torch.Tensor) -> torch.Tensor:
    """Images (n, 1 or 3, H, W) around 0 as pictures (n, 3, H, W) in [0, 1], cut there.

    Examples
    --------
    >>> as_picture(torch.tensor([-9.0, 0.0, 1.0]).reshape(1, 1, 1, 3))[0, 0]
    tensor([[0.0000, 0.5000, 0.7756]])
    """
    return (0.5 + GREY_SD * shown).clamp(0, 1).expand(-1, 3, -1, -1)


def _meis(evolved: EvolvedNeurons, preset: PixelPreset | FourierPreset, seed: int) -> torch.Tensor:
    items = [Item(neuron, "most", seed) for neuron in evolved.neurons]
    with torch.enable_grad():
        made = synthesize(evolved.respond.twin, items, preset, verbose=True)
    images = torch.stack([torch.as_tensor(result["image"]) for result in made])
    return evolved.respond.faded(images.to(evolved.respond.device, evolved.respond.dtype))


def _evolved_images(evolved: EvolvedNeurons) -> Iterator[torch.Tensor]:
    for number, generator in enumerate(evolved.generators):
        codes = np.stack([best_code(record.threads[number]) for record in evolved.records])
        yield evolved.respond.shown(images_of(generator, codes))


def _rows(
    evolved: EvolvedNeurons, responses: np.ndarray, features: np.ndarray
) -> Iterator[dict[str, object]]:
    names = (MEI, *evolved.described.spaces)
    for unit, neuron in enumerate(evolved.neurons):
        # from all MEIs, (n_neurons, n_images)
        squared = ((features[unit][None] - features[:, :1]) ** 2).sum(-1)
        others = np.delete(squared, unit, axis=0)
        for number, name in enumerate(names):
            yield {
                "neuron": neuron,
                "image": name,
                "grey": evolved.respond.grey(unit),
                "response": responses[unit, number],
                "share": responses[unit, number] / (responses[unit, 0] or np.nan),
                "distance": squared[unit, number],
                "distance_to_others": others[:, number].mean() if len(others) else np.nan,
            }


def beside_in_words(table: pd.DataFrame) -> Iterator[str]:
    """What a table says, in lines.

    Parameters
    ----------
    table
        Of `poles_beside_evolved`.

    Yields
    ------
    str
    """
    for name, rows in table[table["image"] != MEI].groupby("image", sort=False):
        low, median, high = rows["share"].quantile([0, 0.5, 1])
        nearer = (rows["distance"] < rows["distance_to_others"]).sum()
        yield (
            f"{name}: {median:.2f} of the MEI's response (median; {low:.2f} to {high:.2f}); "
            f"{nearer} of {len(rows)} nearer to the neuron's own MEI than to those of others"
        )


def beside_figure(
    found: PolesBeside, notice: str, distance: str, *, show: bool = True, save: Path | None = None
) -> Figure:
    """Rows of neurons: MEI and both evolved images, with responses and distances.

    Parameters
    ----------
    found
        Of `poles_beside_evolved`.
    notice
        What stands above: what the neurons and generators are.
    distance
        Name of the distance.
    show, save
        Open the figure; file to save it to.
    """
    rows = list(found.table.groupby("neuron", sort=False))
    n_drawn = min(N_DRAWN, len(rows))
    drawn = [i * len(rows) // n_drawn for i in range(n_drawn)]
    n_across = 1 if n_drawn <= 3 else 2
    n_down = -(-n_drawn // n_across)
    with house_style():
        figure = plt.figure(figsize=(4.6 * n_across + 0.6, 1.75 * n_down + 0.9))
        figure.suptitle(
            f"{notice}\nresponse in the twin at equal norm; d: {distance} from the MEI",
            color=AMBER,
            fontsize=8,
        )
        cells = figure.subplots(n_down, 3 * n_across, squeeze=False)
        for ax in cells.flat:
            ax.axis("off")
        for axes, number in zip(cells.reshape(-1, 3), drawn, strict=False):
            _draw_neuron(axes, rows[number][1], found.pictures[number])
        return finish(figure, show, save)


def _draw_neuron(axes: np.ndarray, rows: pd.DataFrame, pictures: np.ndarray) -> None:
    for ax, row, image in zip(axes, rows.itertuples(), pictures, strict=True):
        ax.axis("on")
        is_grey = np.ptp(image, axis=0).max() == 0
        draw_image(ax, image[:1] if is_grey else image, *SHADES)
        is_mei = row.image == MEI
        words = f"{row.response:.2f}" + ("" if is_mei else f"   d {row.distance:#.3g}")
        ax.set_title(words, color=CYAN if is_mei else "white", fontsize=8, pad=2)
        ax.set_xlabel(row.image, fontsize=7, labelpad=2)
    first = next(rows.itertuples())
    axes[0].set_ylabel(f"neuron {first.neuron}\ngrey {first.grey:.2f}", fontsize=7, labelpad=2)
