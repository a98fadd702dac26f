"""The command ``evolved``."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from core.errors import MissingFileError, SettingError
from core.explorer.images import IMAGES_FOLDER, check_images
from core.explorer.store import FILE_NAME, load_averages, stated_origin
from core.explorer.valid import valid_experiments
from core.files import replacing, writable_folder
from core.plotting.style import saveallforms
from core.progress import say
from core.statistics.analysis import AREAS
from core.threads import THREADS
from dualneuron.arguments import twin_options
from dualneuron.evolved.effects import effect_table, image_table, rises
from dualneuron.evolved.looking import Observed, look_at_evolved
from dualneuron.evolved.pictures import draw_rises
from dualneuron.evolved.viewers import PRESENTATIONS, Viewer, network_viewer, twin_viewer
from dualneuron.paired.neurons import open_neurons

DOTS_PER_INCH = 130


def look_at_explorer(options: argparse.Namespace) -> Iterator[str]:
    """Show the explorer's images to neurons, and write responses, effects and the figure.

    Parameters
    ----------
    options
        Of the command line.

    Yields
    ------
    str
        Rises by thread and presentation, and paths.
    """
    experiments = valid_experiments(load_averages(options.data / FILE_NAME))
    check_images(options.data)
    viewer = chosen_viewer(options)
    out = writable_folder(options.out)
    observed = look_at_evolved(options.data, experiments, viewer)
    table = image_table(observed)
    effects = effect_table(rises(table))
    if effects.empty:
        raise MissingFileError(
            path=options.data / IMAGES_FOLDER,
            expected="images of a first and a later block",
            found="of others only",
            advice="`./reproduce download --from explorer --images` fetches all",
        )
    for area in AREAS:
        if area not in set(effects["area"]):
            say(f"{area}: no valid experiment with images of a first and a later block; left out")
    stem = file_stem(viewer)
    origin = stated_origin(options.data)
    figure = draw_rises(table, effects, _title(viewer, table, origin), viewer.notice)
    if viewer.notice:
        yield viewer.notice
    yield from answers(effects)
    yield str(_write(out / f"responses_{stem}.csv", _with_neurons(table, observed, viewer)))
    yield str(_write(out / f"effects_{stem}.csv", effects))
    (path,) = saveallforms(
        out, f"evolved_{stem}", figure, ("png",), bbox_inches=None, dpi=DOTS_PER_INCH
    )
    yield str(path)


def chosen_viewer(options: argparse.Namespace) -> Viewer:
    """Neurons of a twin, or units of a network where one is named.

    Parameters
    ----------
    options
        Of the command line.

    Raises
    ------
    SettingError
        If a network is named without a layer, or a layer without a network.
    """
    if (options.network is None) != (options.layer is None):
        raise SettingError(
            expected="--network and --layer together",
            found="--layer alone" if options.network is None else "--network alone",
        )
    untrained = options.untrained
    if options.network is not None:
        return network_viewer(
            options.network,
            options.layer,
            options.neurons,
            untrained=untrained,
            device=options.device,
        )
    responses = open_neurons(options.twin, options.neurons, **twin_options(options))
    return twin_viewer(responses, untrained=untrained)


def answers(effects: pd.DataFrame) -> Iterator[str]:
    """Rises to the last block in words, a line for each thread and quantity.

    Parameters
    ----------
    effects
        Of `effect_table`.
    """
    names = {
        **PRESENTATIONS,
        "left": "share left at equal norm",
        "contrast": "log ratio of contrast",
    }
    last = effects[effects["block"] == "last"]
    for thread in THREADS:
        for quantity, words in names.items():
            some = last[(last["thread"] == thread) & (last["quantity"] == quantity)].dropna()
            parts = [
                f"{row.area} {row.estimate:z.2f} [{row.low:z.2f}, {row.high:z.2f}]"
                for row in some.itertuples()
            ]
            if parts:
                yield f"{thread}, {words}, last block against first: {', '.join(parts)}"


def file_stem(viewer: Viewer) -> str:
    """What the names of a viewer's files end with.

    Parameters
    ----------
    viewer
        Who responds.
    """
    name = re.sub(r"[^\w.]+", "_", viewer.name)
    return f"{name}_untrained" if viewer.notice else name


def _with_neurons(table: pd.DataFrame, observed: Observed, viewer: Viewer) -> pd.DataFrame:
    """The table of images with the response of every neuron, columns ``shown_7`` and so on."""
    of_neurons = [
        pd.DataFrame(observed.responses[name], columns=[f"{name}_{n}" for n in viewer.ids])
        for name in PRESENTATIONS
    ]
    return pd.concat([table, *of_neurons], axis=1)


def _title(viewer: Viewer, table: pd.DataFrame, origin: str) -> str:
    n_experiments = table["expi"].nunique()
    return (
        f"Do responses rise along real evolutions? {len(viewer.ids)} {viewer.kind} of "
        f"{viewer.name}{', UNTRAINED' * bool(viewer.notice)}\n{len(table)} images that "
        f"{n_experiments} valid experiments evolved for recorded neurons; {origin}"
    )


def _write(path: Path, table: pd.DataFrame) -> Path:
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    return path
