"""Recordings small enough to be written as NWB files many times, with everything odd in them."""

import pickle
from pathlib import Path

import numpy as np

from neuro_data_analysis.recordings.dataset import EVOLUTION_FILES
from neuro_data_analysis.recordings.latent_codes import write_latent_codes

METADATA = """\
time_zone: America/New_York
experimenter: ["Doe, Jane"]
institution: Institute of Examples
related_publications: ["doi:10.1000/182"]
subjects:
  Alfa: {species: Macaca mulatta, sex: M, age: P9Y}
  Beto: {species: Macaca mulatta, sex: U, age: P8Y/}
"""


def element(name="Beto-22072020-002", *, exact=True):
    """A recording of 3 blocks: the last holds one image of thread 0 and none of thread 1; trial 3
    belongs to no thread; rates are exact in single precision, or not."""
    rng = np.random.default_rng(len(name))
    sizes = {"evol": [[3, 2, 1], [2, 3, 0]], "ref": [[1, 1, 0], [1, 1, 1]]}
    places = [
        (part, thread, block)
        for block in range(3)
        for part in sizes
        for thread in range(2)
        for _ in range(sizes[part][thread][block])
    ]
    places.insert(2, None)
    trials = {part: [[[] for _ in range(3)] for _ in range(2)] for part in sizes}
    for number, place in enumerate(places, start=1):
        if place:
            part, thread, block = place
            trials[part][thread][block].append(number)
    n_units = 3

    def rates(*shape):
        drawn = rng.gamma(2.0, 20.0, shape)
        return drawn.astype(np.float32).astype(float) if exact else drawn

    def cells(part, make):
        return [[make(len(t)) for t in thread] for thread in trials[part]]

    def of(part):
        return {
            "idx_seq": [[np.array([t], dtype=float) for t in row] for row in trials[part]],
            "psth": cells(part, lambda n: np.asfortranarray(rates(1, 200, n))),
            "rspmat": cells(part, lambda n: np.asfortranarray(rates(n_units, n))),
        }

    def is_in(thread):
        return np.array([[p is not None and p[1] == thread] for p in places])

    is_evolved = np.array([[p is not None and p[0] == "evol"] for p in places])
    both = np.ones((2, 1))
    return {
        "Animal": None,
        "color_seq": rng.random((3, 3)),
        "evol": {
            "block_arr": np.array([[1.0 if p is None else p[2] + 1] for p in places]),
            "block_n": np.array([[3.0]]),
            "imgpos": np.array([[-0.7, 1.0], [-0.7, 1.5]]),
            "imgsize": both * 3,
            "optim_names": None,
            "pref_chan": both * 5,
            "space_cfg": [["fc6", None], ["BigGAN", {"fixed": np.zeros((0, 0))}]],
            "space_names": ["fc6", "BigGAN"],
            "thread_num": np.array([[2.0]]),
            "unit_in_pref_chan": both,
            **of("evol"),
        },
        "imageName": [[f"image {number} ü" if p else "[lost] "] for number, p in enumerate(places)],
        "meta": {
            "comments": "first line\nsecond line",
            "ephysFN": name,
            "expControlFN": "",
            "rasterWindow": np.array([[0.0, 200.0]]),
            "spikeID": np.array([[5.0], [5.0], [40.0]]),
            "stimuli": "N:\\Stimuli\\2020",
            "unitID": np.array([[0.0], [1.0], [1.0]]),
            "wvfms": rng.random((3, 32)),
        },
        "ref": of("ref"),
        "stim": {
            "gen_msk": is_evolved,
            "nat_msk": np.array([[p is not None and p[0] == "ref"] for p in places]),
            "thread_msks": [[is_in(0), is_in(1)]],
        },
        "units": {
            "activ_msk": np.array([[False], [True], [True]]),
            "pref_chan": both * 5,
            "pref_chan_id": both * 2,
            "spikeID": np.array([[5.0], [5.0], [40.0]]),
            "unit_in_pref_chan": both,
            "unit_num_arr": np.array([[0.0], [1.0], [1.0]]),
        },
        "lab_note": np.array([[np.nan, -0.0, 1e300]]),
    }


def write_matroot(folder: Path, elements: list) -> Path:
    """A folder of recordings in the form of the published pickle."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EVOLUTION_FILES[1]).write_bytes(pickle.dumps(elements, protocol=4))
    return folder


def with_metadata(folder: Path, text: str = METADATA) -> Path:
    """A folder to write NWB files into, with what they need beside the recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.yaml").write_text(text, encoding="utf-8")
    return folder


def code_files(matroot: Path) -> np.ndarray:
    """Code files of thread 0: those (4, 6) of three founders and of one image more, and one of an
    image that was never shown."""
    codes = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    folder = matroot / "stimuli" / "Stimuli" / "2020"
    write_latent_codes(folder, 0, 0, codes[:3], ["founder_001", "founder_002", "founder_003"])
    write_latent_codes(folder, 1, 0, codes[3:], [f"{SECOND}.bmp", "never shown.bmp"])
    return codes[:4]


FIRST = [f"block001_thread000_gen_gen000_{number:06d}" for number in range(3)]
SECOND = "block002_thread000_gen_gen001_000003"


def with_image_names(raw: dict) -> dict:
    """An `element` whose images have the names of `code_files`."""
    names = [[FIRST[2]], [FIRST[0]], [FIRST[1]], [SECOND]]
    return raw | {"imageName": names + raw["imageName"][len(names) :]}
