"""What may lie under ``MATROOT`` beside the data set of paired evolutions."""

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

FORMATTED_FOLDER = "formatted"
RECORDS_FOLDER = "records"
PROTOTYPES_FOLDER = "prototypes"
STIMULI_FOLDER = "stimuli"
LINEARITY_FOLDER = "Latent_Linearity"

SIMILARITY_FILE = "similarity.csv"
COVARIANCE_FILE = "covariance.csv"
"""Files in the prototypes' folder: what image networks measured, one row per experiment."""

LINEARITY_FILES = {
    "BigGAN": "BigGAN_Caffenet_latent_code_linearity_results.csv",
    "DeePSim": "DeePSim_FC6_Caffenet_latent_code_linearity_results.csv",
}


@dataclass(frozen=True)
class Folders:
    """Where to look; any of them may be absent.

    `formatted` holds one file per recording, `records` the record tables, `prototypes` montages of
    prototype images and what was measured on them, `linearity` regressions of network units on
    latent codes.
    """

    formatted: Path
    records: Path
    prototypes: Path
    linearity: Path

    @classmethod
    def below(cls, root: Path, **chosen: Path | None) -> "Folders":
        """The usual folders, but for those that are chosen.

        Parameters
        ----------
        root
            Folder of the recordings.
        chosen
            Other folders by name; None for the usual one.

        Examples
        --------
        >>> folders = Folders.below(Path("matroot"), records=Path("elsewhere"))
        >>> folders.records.as_posix(), folders.formatted.as_posix()
        ('elsewhere', 'matroot/formatted')
        """
        usual = {
            "formatted": root / FORMATTED_FOLDER,
            "records": root / RECORDS_FOLDER,
            "prototypes": root / PROTOTYPES_FOLDER,
            "linearity": root / LINEARITY_FOLDER,
        }
        return cls(**{name: chosen.get(name) or folder for name, folder in usual.items()})


def local_folder(stimuli: str, root: str | Path) -> Path:
    """Folder of the acquisition machine, seen from here.

    Parameters
    ----------
    stimuli
        Folder as the acquisition machine named it, with its drive or share.
    root
        Folder that replaces the drive or share.

    Examples
    --------
    >>> local_folder(r"N:\\Stimuli\\2020-BigGAN", "/data").as_posix()
    '/data/Stimuli/2020-BigGAN'
    """
    path = PureWindowsPath(stimuli)
    return Path(root, *path.relative_to(path.anchor).parts)
