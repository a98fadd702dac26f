"""Extended Data Figure 5D and E: regressions of network units on latent codes.

They need no recordings; where a table lies under ``MATROOT`` it is checked and taken over.
Extended Data Figure 5C is computed by `core.experiments.alignment.data`.
"""

from core.contract import ext5, tables
from core.contract.descriptions import Sizes
from core.errors import MissingFileError
from neuro_data_analysis.export.contents import Contents
from neuro_data_analysis.export.inputs import Inputs
from neuro_data_analysis.recordings.layout import LINEARITY_FILES


def contents(inputs: Inputs) -> Contents:
    """The tables of linearity that lie beside the recordings, checked.

    Raises
    ------
    ContractError
        If a table is not what the contract describes.
    """
    files, unavailable = {}, []
    for generator, name in LINEARITY_FILES.items():
        path = inputs.folders.linearity / name
        if not path.is_file():
            unavailable.append(
                MissingFileError(
                    path=path,
                    expected=f"the regressions of {generator}",
                    found="no file",
                    advice="`python -m core.experiments.linearity_data` computes it "
                    "(docs/networks.md)",
                ).inside("Extended Data Figure 5")
            )
            continue
        file = ext5.LINEARITY[generator]
        files[file] = tables.read(path, file, Sizes())
    return Contents(files, tuple(unavailable))
