"""Tables of how linear Caffenet's units are in the latent code, in the layout of ``source_data/``.

Extended Data Figure 5D (BigGAN) and 5E (DeePSim). The published number of DeePSim codes, their
distribution, the penalties and the split are not known; those used stand in
`core.statistics.linearity` and `core.experiments.linearity.regressions`.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from core.contract import ext5
from core.contract.descriptions import Sizes
from core.contract.source_data import SourceData
from core.errors import CodeError, ContractError, MissingFileError, SettingError
from core.experiments.stamps import matches_stamp, write_stamp
from core.files import sha256, writable_folder
from core.geometry.saved import load_metric
from core.optional import import_package
from core.project import COMPUTED_DATA

VERSION = 1
"""Raised by a change that changes the numbers."""

N_CODES = 5000
"""As published for BigGAN."""

DEFAULT_SEED = 0


def stamp(generator: str) -> str:
    """Name of the file that says how a table was computed.

    Examples
    --------
    >>> stamp("BigGAN")
    'LINEARITY_BigGAN.json'
    """
    return f"LINEARITY_{generator}.json"


def read_eigenvectors(path: Path) -> np.ndarray:
    """Eigenvectors ``(d, d)`` as columns, by rising eigenvalue.

    Raises
    ------
    MissingFileError
        If there is no such file.
    StateError, CodeError
        If it is neither a metric in a ``.npz`` file, as published or of `core.geometry`, nor one
        square array of finite numbers in a ``.npy`` file, or its columns are not orthonormal.
    """
    content = _array(path) if path.suffix == ".npy" else load_metric(path).eigenvectors
    square = content.ndim == 2 and content.shape[0] == content.shape[1]
    if not square or content.dtype.kind != "f" or not np.isfinite(content).all():
        raise CodeError(
            path=path,
            expected="eigenvectors (d, d) as columns",
            found=f"an array {content.shape} of {content.dtype}",
        )
    if not np.allclose(content.T @ content, np.eye(len(content)), atol=1e-3):
        raise CodeError(path=path, expected="orthonormal columns", found="others")
    return content


def _array(path: Path) -> np.ndarray:
    if not path.is_file():
        raise MissingFileError(path=path, expected="eigenvectors (.npy or .npz)", found="no file")
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise CodeError(path=path, expected="an array of eigenvectors", found=error) from None


def compute(
    generator: str,
    root: Path = COMPUTED_DATA,
    n_codes: int = N_CODES,
    seed: int = DEFAULT_SEED,
    device: str | None = None,
    eigenvectors: Path | None = None,
) -> Path:
    """Compute a table and write it and its stamp; returns the table's path.

    Parameters
    ----------
    generator
        "BigGAN" (256 pixels) or "DeePSim" (fc6).
    root
        Folder for the table.
    n_codes, seed
        Number of random codes, and their seed.
    device
        Where networks compute; by default CUDA when present, else the CPU.
    eigenvectors
        File with those of DeePSim's mean metric; see `read_eigenvectors`.

    Raises
    ------
    SettingError
        If there is no such generator or device, or DeePSim (and only DeePSim) does not come with
        eigenvectors.
    MissingPackageError, WeightsError
        If a package or the weights of a network cannot be had.
    """
    if generator not in ext5.LINEARITY:
        raise SettingError(expected=" or ".join(ext5.LINEARITY), found=f"{generator!r}")
    if (generator == "DeePSim") != (eigenvectors is not None):
        raise SettingError(
            path="--eigenvectors",
            expected=(
                "a file for DeePSim, whose table has columns for the first and last "
                "eigenvectors, and none for BigGAN"
            ),
            found=f"{eigenvectors} for {generator}",
        )
    basis = None if eigenvectors is None else read_eigenvectors(eigenvectors)
    source = SourceData(writable_folder(root), Sizes())
    start = time.perf_counter()
    table, networks = _table(generator, n_codes, seed, device, basis)
    (root / stamp(generator)).unlink(missing_ok=True)
    path = source.write(ext5.LINEARITY[generator], table)
    record = {
        "version": VERSION,
        "generator": generator,
        "n_codes": n_codes,
        "seed": seed,
        "eigenvectors_sha256": sha256(eigenvectors) if basis is not None else None,
        "networks": networks,
        "seconds": round(time.perf_counter() - start, 1),
    }
    write_stamp(root / stamp(generator), [path], record)
    return path


def table_is_computed(generator: str, root: Path = COMPUTED_DATA) -> bool:
    """Whether a folder holds the table that its stamp describes, of this version.

    Parameters
    ----------
    generator
        "BigGAN" or "DeePSim".
    root
        Folder of computed tables.

    Raises
    ------
    ContractError
        If there is a table, and it is another one: nobody knows what it is.
    """
    path = SourceData(root, Sizes()).path(ext5.LINEARITY[generator])
    if not path.is_file():
        return False
    if not matches_stamp(root / stamp(generator), [path], {"version": VERSION}):
        raise ContractError(
            path=path,
            expected=f"the table that {stamp(generator)} describes, of version {VERSION}",
            found="another",
            advice="remove it, or compute it again with "
            f"`python -m core.experiments.linearity_data {generator}`",
        )
    return True


def _table(
    generator: str, n_codes: int, seed: int, device: str | None, basis: np.ndarray | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table, and the checksums of both networks."""
    import_package("torch", "the linearity of network units")
    from core.computing.checksums import checksum
    from core.experiments.linearity.regressions import (
        caffenet_layers,
        linearity_results,
        sample_codes,
    )
    from core.generators.by_name import load_generator
    from core.probing.scorer import Scorer

    network = load_generator("fc6" if generator == "DeePSim" else generator, device=device)
    with Scorer("caffenet", device=device) as scorer:
        networks = {generator: checksum(network), "caffenet": checksum(scorer.model)}
        codes = sample_codes(network, n_codes, rng=seed)
        table = linearity_results(network, scorer, caffenet_layers(scorer), codes, basis)
        return table, networks
