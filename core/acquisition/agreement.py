"""Do two folders of source data tell the same of every experiment?

One may come from recordings and the other from block averages of the same recordings, which are
rounded and have no single trials: what both hold is compared as far as rounding allows.
"""

import numpy as np
import pandas as pd

from core.contract import ext4, fig4, fig5
from core.contract.descriptions import SLICES
from core.contract.source_data import SourceData
from core.errors import ContractError

ROUNDING = 0.011
"""Most by which two rounded means of one block may differ, events/s."""

KNOWN = ("visual_area", "Animal", "prefchan", "prefunit", "space1", "space2", "blockN")
"""Columns that both must have alike."""

LABELS = ("valid", "FCsucc005", "BGsucc005", "FCsucc001", "BGsucc001")


def compare_sources(first: SourceData, second: SourceData) -> pd.DataFrame:
    """What differs between two folders, experiment by experiment.

    Parameters
    ----------
    first, second
        Folders with the files of Figures 4 and 5 and the metadata of Extended Data Figure 4.

    Returns
    -------
    DataFrame
        A row per difference: ``Expi``, ``what``, ``first``, ``second``. Rates are shares of the
        experiment's normaliser; of an array the largest difference is given.

    Raises
    ------
    MissingFileError, ContractError
        If a file is missing in one of them, or is not as described.
    """
    tables = [source.read(ext4.META).set_index("Expi") for source in (first, second)]
    rows = [
        (expi, "experiment", expi in tables[0].index, expi in tables[1].index)
        for expi in sorted(set(tables[0].index) ^ set(tables[1].index))
    ]
    both = tables[0].index.intersection(tables[1].index)
    at = [table.index.get_indexer(both) for table in tables]
    aligned = [table.loc[both] for table in tables]
    rows += _unlike(both, aligned, KNOWN)
    masks = [s.read(fig4.MASKS).iloc[i] for s, i in zip((first, second), at, strict=True)]
    rows += _unlike(both, masks, LABELS)
    largest = [f"maxrsp_{thread}_mean" for thread in (0, 1)]
    allowed = ROUNDING / aligned[1][largest].max(axis=1).to_numpy(float)
    for words, file in _compared_files().items():
        arrays = [s.read(file)[i] for s, i in zip((first, second), at, strict=True)]
        n = min(array.shape[1] for array in arrays)
        difference = np.abs(arrays[0][:, :n] - arrays[1][:, :n])
        worst = difference.argmax(axis=1)
        for row in np.flatnonzero(difference.max(axis=1) > allowed):
            values = [float(array[row, worst[row]]) for array in arrays]
            rows.append((both[row], f"{words}, largest difference", *values))
    table = pd.DataFrame(rows, columns=["Expi", "what", "first", "second"], dtype=object)
    return table.sort_values("Expi", kind="stable", ignore_index=True)


def _compared_files() -> dict[str, object]:
    blocks = {f"4B {name}": fig4.RESPONSES[name] for name in SLICES[:2]}
    psths = {f"5A {block} block, {name}": file for (block, name), file in fig5.PSTH.items()}
    return blocks | psths


def _unlike(
    both: pd.Index, tables: list[pd.DataFrame], columns: tuple[str, ...]
) -> list[tuple[int, str, object, object]]:
    rows = []
    for column in columns:
        if any(column not in table for table in tables):
            raise ContractError(path=column, expected="this column in both", found="it in one")
        first, second = (table[column].to_numpy() for table in tables)
        rows += [(both[i], column, first[i], second[i]) for i in np.flatnonzero(first != second)]
    return rows
