"""What ``python -m neuro_data_analysis.tuning_maps`` does."""

import argparse
from collections.abc import Iterator

from core.files import replacing, writable_folder
from core.progress import progress
from core.settings import whole
from neuro_data_analysis.tuning_maps.recorded import read_recorded_maps
from neuro_data_analysis.tuning_maps.signatures import area_trends, draw_areas, signature_table


def study_recordings(options: argparse.Namespace) -> Iterator[str]:
    """Signatures of all maps, trends from V1 to IT, tables and a figure.

    Parameters
    ----------
    options
        As the parser of the command gives them.

    Yields
    ------
    str
        What was found, and the files written.

    Raises
    ------
    MissingFileError
        If recordings of an animal are not there.
    RecordingError
        If a file is another one or damaged.
    """
    n_nulls = whole(options.nulls, "--nulls", 0)
    out = writable_folder(options.out)
    maps = [
        recorded
        for animal in options.animals
        for recorded in progress(
            read_recorded_maps(options.folder, animal, everything=options.all), None, animal
        )
    ]
    table, signatures = signature_table(progress(maps, len(maps), "maps"), n_nulls, options.seed)
    whole_maps = table[table["n_missing"] == 0]
    trends = area_trends(whole_maps)
    for name, frame in (("maps", table), ("trends", trends)):
        with replacing(out / f"{name}.csv") as path:
            frame.to_csv(path, index=name == "trends")
    with replacing(out / "progression.png") as path:
        draw_areas(signatures, list(whole_maps["area"])).savefig(path, format="png", dpi=150)
    yield f"{len(table)} maps, {len(table) - len(whole_maps)} of them with missing nodes, left out"
    if "map_is_reliable" in table:
        reliable = table[["map_is_reliable", "signature_is_reliable"]].sum()
        yield f"reliable: {reliable.iloc[0]} maps, {reliable.iloc[1]} signatures"
    yield trends.round(3).to_string()
    yield from (str(out / name) for name in ("maps.csv", "trends.csv", "progression.png"))
