"""``python -m neuro_data_analysis.session SESSION``: a closed-loop session as a recording.

The session becomes an element of ``Both_BigGAN_FC6_Evol_Stats.mat``: appended to the file in the
folder ``--out`` if there is one, else alone in a new one, so that ``./reproduce export`` reads it;
its codes lie beside it. ``--nwb`` writes the recordings there as NWB files too, with the codes.
Every neuron in a folder of ``python -m dualneuron paired`` becomes such an element too.
"""

import argparse
import sys
from pathlib import Path

from core import arguments
from core.errors import SettingError, run
from core.progress import answer
from core.statistics.analysis import AREAS

EXAMPLE = "python -m neuro_data_analysis.session monday --animal Otto --area IT --out matroot"


def parser() -> argparse.ArgumentParser:
    """Command line; standard library only."""
    made = arguments.CommandParser(
        EXAMPLE, prog="python -m neuro_data_analysis.session", description=__doc__
    )
    made.add_argument("session", type=arguments.folder, metavar="SESSION")
    made.add_argument("--animal", required=True, help="name of the animal, letters only")
    made.add_argument("--area", required=True, choices=AREAS, help="visual area of the site")
    made.add_argument(
        "--number",
        type=arguments.count,
        default=1,
        help="of the recording on its day, of a twin's neuron 0 on that day (the others follow)",
    )
    made.add_argument(
        "--out",
        type=arguments.folder,
        metavar="FOLDER",
        default=Path("matroot"),
        help="folder of the recordings (default: matroot)",
    )
    made.add_argument(
        "--nwb",
        type=arguments.folder,
        metavar="FOLDER",
        help="folder of NWB files, as `./reproduce nwb` writes them; not of twins (default: none "
        "are written)",
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Convert, and say where it is."""
    options = parser().parse_args(argv)

    from core.experiments.evolution.paired import is_paired
    from neuro_data_analysis.paired_element import add_paired
    from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
    from neuro_data_analysis.session_recordings import add_session

    words = (options.session, options.out, options.animal, options.area, options.number)
    if is_paired(options.session):
        if options.nwb:
            raise SettingError(
                path="--nwb", expected="a session with a rig", found="evolutions of twins"
            )
        added = add_paired(*words)
        answer(f"{options.out / EVOLUTION_FILES[0]}: Exp {added[0]} to {added[-1]}")
    else:
        path, expi = add_session(*words)
        answer(f"{path}: Exp {expi}")
    if options.nwb:
        from neuro_data_analysis.nwb.run import write_all

        written = write_all(options.out, options.nwb, n_jobs=1)
        answer(f"{written.n_written} NWB files written, {written.n_kept} kept: {written.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
