"""``python -m neuro_data_analysis.prototype_similarity``: image columns of Figure 3G's table.

Prototype images (see `prototypes`) in, ``similarity.csv`` out: one row per experiment that has a
montage, ascending, and the columns

- ``Expi`` (int),
- those of the networks that were asked for, under the names of the published table and in its
  order; then those of other networks, under names of their own. Every cell is a similarity, or
  empty where there is none,
- among them ``Expi_alt`` (int, or empty): the experiment whose images the ``..._BGalt`` and
  ``..._FCalt`` columns take. These are there only if recordings say which experiments share a site.

The file is written when everything is computed, in place of an older one. It is merged with other
columns on ``Expi``.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from core import arguments
from core.contract.fig3 import SIMILARITY
from core.errors import (
    MissingFileError,
    MissingPackageError,
    RunError,
    SettingError,
    WeightsError,
    run,
)
from core.files import replacing, writable_folder
from core.progress import progress
from neuro_data_analysis.image_similarity.prototypes import find_prototypes, read_montage
from neuro_data_analysis.recordings.dataset import matroot, open_recordings
from neuro_data_analysis.recordings.layout import PROTOTYPES_FOLDER, SIMILARITY_FILE

if TYPE_CHECKING:
    from neuro_data_analysis.image_similarity.networks import FeatureNetwork

PUBLISHED = ("resnet50_linf8", "alexnet", "vgg16", "dino")
"""Networks of the published table."""

OFFLINE = "efficientnet_lite0"
DEFAULT_SEED = 20260101

Alternates = Mapping[int, int | None]
"""Expi of another site's experiment by Expi; None where there is none."""


def network_table(
    network: "FeatureNetwork", files: Mapping[int, Path], alternates: Alternates | None = None
) -> pd.DataFrame:
    """Similarity columns of one network.

    Parameters
    ----------
    network
        The network.
    files
        Montages by Expi.
    alternates
        Which other experiment each is compared with; without them the columns that need one are
        left out.

    Returns
    -------
    DataFrame
        float64, one row per montage, indexed by ``Expi``.

    Raises
    ------
    ImageError
        If a montage cannot be read.
    """
    from neuro_data_analysis.image_similarity import columns as images

    features = network.features
    rows, pairs = {}, {}
    for expi, path in progress(files.items(), len(files), network.name):
        pair = images.prototype_vectors(network, read_montage(path))
        rows[expi] = {
            **images.cosine_columns(features.whole, pair),
            **images.masked_columns((*features.centred, *features.masked), pair),
        }
        # vectors under masks are small, those at all positions are not
        pairs[expi] = tuple({f.name: thread[f.name] for f in features.centred} for thread in pair)
    if alternates is not None:
        for expi, pair in pairs.items():
            other = pairs.get(alternates.get(expi))
            rows[expi] |= images.swapped_columns(features.centred, pair, other)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Expi")


def similarity_table(
    tables: Sequence[pd.DataFrame], alternates: Alternates | None = None
) -> pd.DataFrame:
    """Columns of several networks side by side, in the order of the published table."""
    table = pd.concat(tables, axis=1)
    if alternates is not None:
        other = [alternates.get(expi) for expi in table.index]
        table["Expi_alt"] = pd.array(other, dtype="Int64")
    published = [column.name for column in SIMILARITY.columns if column.name in table]
    return table[[*published, *(name for name in table if name not in published)]]


def site_alternates(files: Mapping[int, Path], folder: Path, seed: int) -> Alternates:
    """Another experiment for each one that has a montage and a recording under `folder`."""
    from neuro_data_analysis.image_similarity.columns import draw_alternates

    with open_recordings(folder) as recordings:
        sites = {
            experiment.Expi: (experiment.pref_chan, experiment.Animal)
            for experiment in recordings.experiments()
            if experiment.Expi in files
        }
    unknown = [expi for expi in files if expi not in sites]
    if unknown:
        _say(f"{folder}: no recording of Exp {unknown}; they are compared with no other experiment")
    return draw_alternates(sites, seed)


def parser() -> argparse.ArgumentParser:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m neuro_data_analysis.prototype_similarity",
        description="Similarity of the two threads' prototype images in image networks: the image "
        "columns of Figure 3G's table.",
    )
    parser.add_argument(
        "--prototypes",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of the montages Exp<NNN>....jpg or .png (default: "
        f"{PROTOTYPES_FOLDER} in the folder of the recordings)",
    )
    parser.add_argument(
        "--matroot",
        metavar="FOLDER",
        help="folder of the recordings, which say where experiments share a site (default: the "
        "environment variable MATROOT; without it there are no ..alt columns)",
    )
    parser.add_argument(
        "--network",
        action="append",
        metavar="NAME",
        help=f"repeatable; {', '.join(PUBLISHED)} (default: these) or {OFFLINE}, which needs no "
        "download",
    )
    parser.add_argument("--device", help="cpu, cuda, ... (default: CUDA when present)")
    parser.add_argument(
        "--trusted",
        action="store_true",
        help="read weight files that hold more than tensors, as the robust ResNet's may; they can "
        "run any code",
    )
    parser.add_argument(
        "--seed",
        type=arguments.seed,
        default=DEFAULT_SEED,
        help=f"of the draw of other experiments (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FILE",
        help=f"file to write (default: {SIMILARITY_FILE} in the folder of the prototypes)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Compute the columns and write them; returns the exit code."""
    options = parser().parse_args(argv)
    return run(lambda: _work(options))


def _work(options: argparse.Namespace) -> None:
    from neuro_data_analysis.image_similarity.networks import check_names

    names = list(dict.fromkeys(options.network or PUBLISHED))
    check_names(names)
    folder = options.prototypes or matroot(options.matroot) / PROTOTYPES_FOLDER
    files = find_prototypes(folder)
    if not files:
        raise MissingFileError(
            path=folder, expected="montages Exp<NNN>....jpg or .png", found="none"
        )
    out = writable_file(options.out or folder / SIMILARITY_FILE)
    alternates = None
    if options.matroot or os.environ.get("MATROOT"):
        alternates = site_alternates(files, matroot(options.matroot), options.seed)
    else:
        _say("no recordings (--matroot): the ..alt columns are left out")
    tables = []
    for name in names:
        network = load_or_say(name, device=options.device, trusted=options.trusted)
        if network is not None:
            tables.append(network_table(network, files, alternates))
    if not tables:
        raise RunError(
            expected="a network with weights",
            found="none",
            advice=f"--network {OFFLINE} needs no download",
        )
    with replacing(out) as temporary:
        similarity_table(tables, alternates).to_csv(temporary, lineterminator="\n")
    print(out)  # noqa: T201


def writable_file(path: Path) -> Path:
    """`path` if a table by experiment can be written there.

    Raises
    ------
    SettingError
        If it is a folder or a file of another kind, or its folder cannot be written.
    """
    if path.is_dir():
        raise SettingError(path=path, expected="a file that can be written", found="a folder")
    if path.is_file() and not path.read_bytes().startswith(b"Expi"):
        raise SettingError(
            path=path,
            expected="no file or a table by Expi to replace",
            found="a file of another kind",
        )
    writable_folder(path.parent)
    return path


def load_or_say(name: str, **options: object) -> "FeatureNetwork | None":
    """A network with its weights; if they cannot be had, one sentence on stderr and None."""
    from neuro_data_analysis.image_similarity.networks import load_feature_network

    try:
        return load_feature_network(name, **options)
    except (WeightsError, MissingPackageError) as error:
        _say(f"{name} is left out: {error}")
        return None


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
