"""``python -m dualneuron COMMAND``: twins of visual neurons at work.

``fetch`` brings and verifies the published files. ``summary`` prints the layers of a network.
``screen`` shows it many images and orders them by response. ``poles`` makes the most and least
exciting images of neurons. ``axis`` finds what tells two sets of images apart in an embedding.
``paired`` evolves images for neurons with two generators in turn, as the paper did in animals;
``tuning`` shows them images along axes of a generator, ``maps`` measures tuning maps around what
evolved, ``beside`` sets what evolved beside the most exciting images. ``evolved`` shows neurons the
images that were evolved in animals.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from core.arguments import CommandParser, add_cluster_options, count, folder, seed
from core.errors import run
from core.project import EXPLORER_DATA

NETWORKS = ("v1", "v4", "v4g", "vgg16", "vgg16_bn", "resnet50", "vit_b_16")

WORK = {
    "fetch": ("twins", "fetch_files"),
    "summary": ("twins", "print_summary"),
    "screen": ("screening", "screen"),
    "poles": ("synthesis", "make_poles"),
    "axis": ("dream", "find_axis"),
    "paired": ("paired", "evolve_paired"),
    "tuning": ("landscape", "tuning_of_twins"),
    "maps": ("landscape", "maps_of_twins"),
    "beside": ("landscape", "poles_beside"),
    "evolved": ("evolved", "look_at_explorer"),
}
"""Room and function of every command."""


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = CommandParser(
        "python -m dualneuron poles -v1 0,7 -v4 0 --steps 10 --untrained",
        prog="python -m dualneuron",
        description=__doc__,
    )
    commands = made.add_subparsers(dest="command", required=True)
    _add_fetch(commands)
    _add_summary(commands)
    _add_screen(commands)
    _add_poles(commands)
    _add_axis(commands)
    _add_paired(commands)
    _add_tuning(commands)
    _add_maps(commands)
    _add_beside(commands)
    _add_evolved(commands)
    return made


def _add_fetch(commands: argparse._SubParsersAction) -> None:
    fetch = commands.add_parser("fetch", help="bring and verify the published files")
    fetch.add_argument(
        "--twin",
        choices=("v1", "v4", "v4g", "priors", "all"),
        default="all",
        help="whose files; priors are magnitude spectra of natural images (default: all)",
    )
    fetch.add_argument(
        "--verify",
        action="store_true",
        help="fetch nothing; say what is here and what is damaged",
    )
    _add_data_dir(fetch)


def _add_summary(commands: argparse._SubParsersAction) -> None:
    summary = commands.add_parser("summary", help="layers of a network, their shapes and units")
    summary.add_argument("model", choices=NETWORKS, help="which network")
    summary.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    _add_data_dir(summary)
    _add_device(summary)


def _add_screen(commands: argparse._SubParsersAction) -> None:
    screen = commands.add_parser(
        "screen",
        help="order many images by the response of every unit",
        description="Show a network many images, and order them by the response of every unit. An "
        "interrupted screen goes on by the same command.",
    )
    screen.add_argument(
        "images",
        nargs="?",
        help="folder, zip or npy file; for ImageNet the folder of the download (default: DATA_DIR)",
    )
    screen.add_argument(
        "--dataset",
        choices=("rendered", "imagenet", "images"),
        default="rendered",
        help="rendered: a folder of PNG files; images: any folder, zip or npy file (default: "
        "rendered)",
    )
    screen.add_argument("--split", default="train", help="of ImageNet (default: train)")
    screen.add_argument("--model", choices=NETWORKS, default="v4", help="default: v4")
    screen.add_argument("--layer", help="of the network instead of its output")
    screen.add_argument(
        "--location",
        default="center",
        help="in the layer: center, mean, row,column or the position of a token (default: center)",
    )
    screen.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    screen.add_argument("--untrained", action="store_true", help="random weights")
    screen.add_argument("--mask", type=Path, help="npy file (default: the published mask)")
    screen.add_argument("--crop-size", type=count, help="pixels (default: 167 for v1, else 236)")
    screen.add_argument(
        "--top-k", type=count, help="keep so many images of each end (default: all)"
    )
    screen.add_argument("--int32", action="store_true", help="indices in half the room")
    screen.add_argument(
        "--skip-corrupt", action="store_true", help="leave out images that cannot be decoded"
    )
    screen.add_argument("--batch-size", type=count, default=32, help="default: 32")
    screen.add_argument(
        "--num-workers", type=count, default=1, help="threads that read images (default: 1)"
    )
    screen.add_argument(
        "--cluster",
        action="store_true",
        help="show shards of the images to Dask workers, as the next three options have it",
    )
    add_cluster_options(screen)
    screen.add_argument("--out", type=folder, default=Path("screening"), help="folder")
    _add_data_dir(screen)
    _add_device(screen)


def _add_poles(commands: argparse._SubParsersAction) -> None:
    poles = commands.add_parser(
        "poles", help="most and least exciting images of neurons; goes on where it stopped"
    )
    poles.add_argument(
        "-o", "--output-dir", type=folder, default=Path("poles"), help="folder (default: poles)"
    )
    poles.add_argument(
        "-n", "--num-seeds", type=count, default=5, help="images of a neuron and pole (default: 5)"
    )
    for short, name, default in (("-v1", "v1", 458), ("-v4", "v4", 394), ("-v4g", "v4g", 0)):
        poles.add_argument(
            short,
            f"--{name}-neurons",
            type=_neurons,
            default=default,
            metavar="N",
            help=f"how many of the twin {name}, or ids with commas; 0: none (default: {default})",
        )
    poles.add_argument(
        "--poles",
        nargs="+",
        choices=("least", "most"),
        default=("least", "most"),
        help="which images are made",
    )
    poles.add_argument(
        "--preset",
        nargs="+",
        metavar="NAME",
        help="published settings in place of the batch script's: v1-notebook (learning rate 1, "
        "which converges), v4-notebook, v4-explore, v4-semantic, ...",
    )
    poles.add_argument("--steps", type=count, help="in place of the preset's")
    poles.add_argument("--random-state", type=seed, default=0, help="draws the seeds (default: 0)")
    poles.add_argument("--batch-size", type=count, help="images made together")
    poles.add_argument("--compat-rng", action="store_true", help="random numbers as published")
    poles.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    _add_data_dir(poles)
    _add_device(poles)


def _neurons(text: str) -> int | list[int]:
    """A number of neurons, or ids with commas between them; ``7,`` is the one neuron 7.

    Examples
    --------
    >>> _neurons("20"), _neurons("3,7"), _neurons("7,")
    (20, [3, 7], [7])
    """
    try:
        ids = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        ids = []
    if not ids or min(ids) < 0:
        raise argparse.ArgumentTypeError(f"expected a number, or ids as in 3,7, found {text!r}")
    return ids if "," in text else ids[0]


def _add_axis(commands: argparse._SubParsersAction) -> None:
    axis = commands.add_parser("axis", help="what tells high from low poles in DreamSim's space")
    axis.add_argument("--high", metavar="IMAGES", help="folder, zip or npy file: most exciting")
    axis.add_argument("--low", metavar="IMAGES", help="folder, zip or npy file: least exciting")
    axis.add_argument("--poles", type=Path, help="file of `poles`, in place of --high and --low")
    axis.add_argument("--neuron", type=int, help="whose poles, 0-based")
    axis.add_argument("--out", type=Path, default=Path("axis.npy"), help="file (default: axis.npy)")
    axis.add_argument(
        "--dreamsim-type",
        default="ensemble",
        help="ensemble (1792 numbers an image), dinov2_vitb14, ... (default: ensemble)",
    )
    axis.add_argument(
        "--cache-dir",
        type=Path,
        default=Path("models"),
        help="folder of DreamSim's weights (default: models)",
    )
    _add_device(axis)


def _add_paired(commands: argparse._SubParsersAction) -> None:
    paired = commands.add_parser(
        "paired",
        help="paired evolutions for neurons of a twin; goes on where it stopped",
        description="Evolve images for neurons of a twin with two generators in turn, all neurons "
        "together. An optimizer learns from counts of spikes at the rate that the twin predicts. "
        "`python -m neuro_data_analysis.session` makes recordings of what lies in the folder.",
    )
    paired.add_argument(
        "--area", choices=("v1", "v4", "v4g"), default="v1", help="whose neurons (default: v1)"
    )
    paired.add_argument(
        "--neurons",
        type=_neurons,
        default=40,
        metavar="N",
        help="how many, evenly among those that are predicted with a correlation above 0.4, or ids "
        "with commas (default: 40)",
    )
    paired.add_argument(
        "--generators",
        nargs=2,
        default=["fc6", "BigGAN"],
        metavar="NAME",
        help="of both threads; small needs no weights (default: fc6 BigGAN)",
    )
    paired.add_argument(
        "--random-weights", action="store_true", help="of the generators; a trial of the path"
    )
    paired.add_argument("--blocks", type=count, default=30, help="default: 30")
    paired.add_argument("--seed", type=seed, default=0, help="default: 0")
    paired.add_argument(
        "--out", type=folder, default=Path("paired"), help="folder (default: paired)"
    )
    paired.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    paired.add_argument(
        "--untrained", action="store_true", help="random weights of the twin; fetch none"
    )
    _add_data_dir(paired)
    _add_device(paired)


def _add_tuning(commands: argparse._SubParsersAction) -> None:
    tuning = commands.add_parser(
        "tuning",
        help="tuning along axes of a generator, as in Figure 6",
        description="Show neurons images along eigenvectors of a generator's metric, at equal "
        "distances from a centre, and classify their counts of spikes as Figure 6 does: are "
        "leading axes tuned more, bell-shaped, with the peak at the centre?",
    )
    tuning.add_argument(
        "--evolved",
        type=Path,
        metavar="FOLDER",
        help="of `paired`: its twin and generator, each neuron around the mean code of its best "
        "block (default: the same random code for all neurons)",
    )
    _add_thread(tuning)
    tuning.add_argument(
        "--area",
        choices=("v1", "v4", "v4g"),
        help="whose neurons (default: v1, or the folder's)",
    )
    tuning.add_argument(
        "--neurons",
        type=_neurons,
        metavar="N",
        help="how many, as of `paired`, or ids with commas (default: 40, or all of a folder)",
    )
    tuning.add_argument(
        "--generator",
        metavar="NAME",
        help="BigGAN, fc6, ..., module:factory, or small, which needs no weights (default: small, "
        "or the folder's)",
    )
    tuning.add_argument("--random-weights", action="store_true", help="of the generator")
    _add_distance(tuning, "MSE")
    tuning.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        help="axes from the top, 0 first (default: those of Figure 6; the classes' where a "
        "generator has no noise part)",
    )
    tuning.add_argument("--repeats", type=count, default=5, help="of an image (default: 5)")
    tuning.add_argument("--seed", type=seed, default=0, help="of all that is random (default: 0)")
    tuning.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    tuning.add_argument(
        "--untrained", action="store_true", help="random weights of the twin; fetch none"
    )
    tuning.add_argument(
        "--out", type=folder, default=Path("tuning"), help="folder (default: tuning)"
    )
    _add_data_dir(tuning)
    _add_device(tuning)


def _add_maps(commands: argparse._SubParsersAction) -> None:
    maps = commands.add_parser(
        "maps",
        help="level sets of tuning maps beside those of units and recordings",
        description="Measure tuning maps around what evolved for the neurons of a folder of "
        "`paired`, and compare their level sets with those of a network's units and, where given, "
        "of recorded maps.",
    )
    _add_evolved_folder(maps)
    _add_thread(maps)
    maps.add_argument(
        "--units",
        type=Path,
        default=Path("level_sets/units.parquet"),
        metavar="FILE",
        help="table that `python -m core.level_sets` wrote (default: level_sets/units.parquet)",
    )
    maps.add_argument(
        "--recorded",
        type=Path,
        metavar="FILE",
        help="maps.csv that `python -m neuro_data_analysis.tuning_maps` wrote (default: none)",
    )
    maps.add_argument("--seed", type=seed, default=0, help="of intervals (default: 0)")
    maps.add_argument("--out", type=folder, default=Path("maps"), help="folder (default: maps)")
    _add_data_dir(maps)
    _add_device(maps)


def _add_thread(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--thread", type=int, choices=(0, 1), default=0, help="of the evolutions (default: 0)"
    )


def _add_beside(commands: argparse._SubParsersAction) -> None:
    beside = commands.add_parser(
        "beside",
        help="most exciting images beside evolved ones",
        description="Make the most exciting image of every neuron of a folder of `paired`, and set "
        "it beside the best image that each generator evolved for it: responses of the twin to "
        "all three at equal norm, and their distances.",
    )
    _add_evolved_folder(beside)
    beside.add_argument(
        "--preset",
        metavar="NAME",
        help="how MEIs are made (default: the twin's notebook, as v1-notebook)",
    )
    beside.add_argument("--steps", type=count, help="in place of the preset's")
    beside.add_argument("--seed", type=seed, default=0, help="of the MEIs (default: 0)")
    _add_distance(beside, "efficientnet_lite0")
    beside.add_argument(
        "--out", type=folder, default=Path("beside"), help="folder (default: beside)"
    )
    _add_data_dir(beside)
    _add_device(beside)


def _add_evolved_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="of paired evolutions, as `paired` writes it")
    command.add_argument(
        "--neurons",
        type=_ids,
        metavar="IDS",
        help="ids with commas between them (default: all that are there)",
    )


def _add_distance(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument(
        "--distance",
        default=default,
        help=f"of images: MSE, L2, LPIPS or efficientnet_lite0 (default: {default})",
    )


def _ids(text: str) -> list[int]:
    """Ids with commas between them; a single number is an id too.

    Examples
    --------
    >>> _ids("20"), _ids("3,7")
    ([20], [3, 7])
    """
    return _neurons(f"{text},")


def _add_evolved(commands: argparse._SubParsersAction) -> None:
    evolved = commands.add_parser(
        "evolved",
        help="responses to the images that were evolved for real neurons (the authors' explorer)",
        description="Show neurons of a twin, or units of a network, the images that evolved for "
        "recorded neurons of V1, V4 and IT, with the contrast that was shown and at equal norm: do "
        "responses rise along the evolutions? `./reproduce download --from explorer --images` "
        "fetches the images.",
    )
    evolved.add_argument(
        "--twin", choices=("v1", "v4", "v4g"), default="v1", help="whose neurons (default: v1)"
    )
    evolved.add_argument(
        "--neurons",
        type=_neurons,
        default=40,
        metavar="N",
        help="how many, evenly among those that are predicted with a correlation above 0.4, or ids "
        "with commas; of a network, channels (default: 40)",
    )
    evolved.add_argument(
        "--network",
        metavar="NAME",
        help="units of an image network instead of a twin: efficientnet_lite0, resnet50, ..., or "
        "module:factory, a function of your own that makes one",
    )
    evolved.add_argument("--layer", help="of the network; its units at the centre are taken")
    evolved.add_argument(
        "--data",
        type=folder,
        default=EXPLORER_DATA,
        metavar="FOLDER",
        help="folder of averages and images (default: explorer_data/ of the project)",
    )
    evolved.add_argument(
        "--out", type=folder, default=Path("evolved"), help="folder (default: evolved)"
    )
    evolved.add_argument("--one-member", action="store_true", help="not the whole ensemble")
    evolved.add_argument("--untrained", action="store_true", help="random weights; fetch none")
    _add_data_dir(evolved)
    _add_device(evolved)


def _add_data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data-dir",
        type=Path,
        help="folder of the twins' files as published, looked at first "
        "(then DUALNEURON_DATA, then the cache)",
    )


def _add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")


def main(argv: list[str] | None = None) -> int:
    """Run one command and print what it found."""
    options = parser().parse_args(argv)

    from core.progress import answer

    room, name = WORK[options.command]
    work = getattr(import_module(f"dualneuron.{room}.commands"), name)
    for line in work(options):
        answer(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
