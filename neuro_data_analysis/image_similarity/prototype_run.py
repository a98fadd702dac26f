"""What ``python -m neuro_data_analysis.prototype_similarity`` does."""

import os
from argparse import Namespace
from pathlib import Path

from core.contract.signs import sign_content
from core.errors import MissingFileError, MissingPackageError, RunError, SettingError, WeightsError
from core.files import replacing
from core.progress import say
from neuro_data_analysis.image_similarity import networks
from neuro_data_analysis.image_similarity.practice import SIGN
from neuro_data_analysis.image_similarity.prototype_table import (
    joined_table,
    network_table,
    site_alternates,
)
from neuro_data_analysis.image_similarity.prototypes import find_prototypes
from neuro_data_analysis.recordings.dataset import matroot
from neuro_data_analysis.recordings.lab_tables import writable_table
from neuro_data_analysis.recordings.layout import PROTOTYPES_FOLDER, SIMILARITY_FILE

PRACTICE = (
    "`./reproduce simulate` makes some to practise on (--prototypes "
    "simulated_data/practice/prototypes)"
)
"""What to do where there are no montages."""


def write_similarities(options: Namespace) -> Path:
    """Compute the image columns of every network that can be had, and return the file.

    Raises
    ------
    MissingFileError
        If there are no montages.
    RunError
        If no network has its weights.
    """
    names = list(dict.fromkeys(options.network))
    networks.check_names(names)
    folder = options.prototypes or matroot(options.matroot) / PROTOTYPES_FOLDER
    try:
        files = find_prototypes(folder)
    except SettingError as error:
        raise (error if error.advice else error.advising(PRACTICE)) from None
    if not files:
        raise MissingFileError(
            path=folder,
            expected="montages Exp<NNN>....jpg or .png",
            found="none",
            advice=PRACTICE,
        )
    out = writable_table(options.out or folder / SIMILARITY_FILE)
    alternates = None
    if options.matroot or os.environ.get("MATROOT"):
        root = matroot(options.matroot)
        alternates = site_alternates(files, root, options.seed)
        unknown = [expi for expi in files if expi not in alternates]
        if unknown:
            say(
                f"{root}: no recording of Exp {unknown}; they are compared with no other experiment"
            )
    else:
        say("no recordings (--matroot): the ..alt columns are left out")
    tables = []
    for name in names:
        network = _load_or_say(name, device=options.device, trusted=options.trusted)
        if network is not None:
            tables.append(network_table(network, files, alternates))
    if not tables:
        raise RunError(
            expected="a network with weights",
            found="none",
            advice="--network efficientnet_lite0 needs no download",
        )
    table = joined_table(tables, alternates)
    if any(SIGN in path.name for path in files.values()):
        say(f"{SIGN}: these montages are no prototypes; the numbers are signed so")
        table = sign_content(table)
    with replacing(out) as temporary:
        table.to_csv(temporary, lineterminator="\n")
    return out


def _load_or_say(name: str, **options: object) -> networks.FeatureNetwork | None:
    """A network with its weights; if they cannot be had, one sentence on stderr and None."""
    try:
        return networks.load_feature_network(name, **options)
    except (WeightsError, MissingPackageError) as error:
        say(f"{name} is left out: {error}")
        return None
