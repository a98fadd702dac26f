"""``python -m core.experiments.evolve``: evolve images for units of a network, and draw them.

One ``--generator`` makes single evolutions, two make paired ones. Every unit gets an HDF5 file and
figures in the folder ``--out``; what is there already is not run again.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from core.arguments import folder, positive, seed
from core.errors import SettingError, run

if TYPE_CHECKING:
    import torch

    from core.experiments.evolution.loop import Evolution, Thread
    from core.generators.protocol import Generator

GENERATORS = ("fc6", "BigGAN")

IMAGE_TYPES = (".png", ".jpg", ".jpeg", ".bmp")


def parser() -> argparse.ArgumentParser:
    """Of the command line; standard library only."""
    made = argparse.ArgumentParser(prog="python -m core.experiments.evolve", description=__doc__)
    made.add_argument("--network", default="efficientnet_lite0", help="name of a network")
    made.add_argument(
        "--unit",
        required=True,
        action="append",
        metavar="LAYER,CHANNEL[,ROW,COLUMN]",
        help="unit to evolve for, 0-based; may be repeated, and all evolve at once",
    )
    made.add_argument(
        "--generator", action="append", choices=GENERATORS, help="default: fc6; twice: paired"
    )
    made.add_argument(
        "--optimizer",
        action="append",
        help="label of docs/optimizers.md, one for each generator; default: CholCMA",
    )
    made.add_argument("--blocks", type=positive, default=75, help="generations (default: 75)")
    made.add_argument("--noise", type=float, default=0.0, help="level of noise (default: 0)")
    made.add_argument("--seed", type=seed, default=0)
    made.add_argument("--references", type=folder, help="folder of images shown in every block")
    made.add_argument("--hessians", type=folder, help="folder of Hessian archives, for Hess labels")
    made.add_argument("--random-weights", action="store_true", help="of the generators")
    made.add_argument("--device", help="default: a GPU where there is one")
    made.add_argument("--out", type=folder, default=Path("evolutions"))
    return made


def main(argv: list[str] | None = None) -> int:
    """Evolve, draw, and say where it is."""
    options = parser().parse_args(argv)
    units = [parse_unit(text) for text in options.unit]
    options.generator = options.generator or ["fc6"]
    options.optimizer = options.optimizer or ["CholCMA"] * len(options.generator)
    if len(options.optimizer) != len(options.generator):
        raise SettingError(
            path="--optimizer",
            expected=f"one for each of {len(options.generator)} generators",
            found=len(options.optimizer),
        )
    for path in _evolve(options, units):
        print(path)  # noqa: T201
    return 0


def parse_unit(text: str) -> tuple:
    """Layer and position of a unit.

    Examples
    --------
    >>> parse_unit(".blocks.InvertedResidual10,5,7,7")
    ('.blocks.InvertedResidual10', 5, 7, 7)
    """
    layer, *position = text.split(",")
    if not layer or len(position) not in (1, 3) or not all(part.isdigit() for part in position):
        raise SettingError(
            path="--unit",
            expected="a layer and a channel, or channel, row and column, as in .layer3,5,7,7",
            found=f"{text!r}",
        )
    return layer, *map(int, position)


def _evolve(options: argparse.Namespace, units: list[tuple]) -> list[Path]:
    from tqdm import tqdm

    from core.experiments.evolution.figures import GENERATOR_WEIGHTS, save_figures
    from core.experiments.evolution.loop import blocks_to_do, checksum, evolve
    from core.files import writable_folder
    from core.generators.by_name import load_generator
    from core.probing.scorer import Scorer
    from core.probing.unit_responses import UnitResponses

    out = writable_folder(options.out)
    scorer = Scorer(options.network, device=options.device)
    generators = [
        load_generator(
            name,
            pretrained=not options.random_weights,
            device=options.device,
            rng=0,  # random weights are the same in every run, so that it can go on
        )
        for name in options.generator
    ]
    respond = UnitResponses(scorer, units)
    notes = {
        "network": options.network,
        "network's weights": checksum(scorer.model),
        GENERATOR_WEIGHTS: "random" if options.random_weights else "published",
    }
    references = None if options.references is None else _read_images(options.references)
    evolutions = [_evolution(unit, generators, references, notes, out, options) for unit in units]
    to_do = blocks_to_do(evolutions, options.blocks)
    with tqdm(total=to_do, desc="blocks", disable=None) as bar:
        records = evolve(evolutions, respond, options.blocks, after_block=bar.update)
    paths = []
    for evolution, record in zip(evolutions, records, strict=True):
        by_name = {thread.name: thread.generator for thread in evolution.threads}
        paths += [evolution.path, *save_figures(record, by_name, evolution.path)]
    return paths


def _evolution(
    unit: tuple,
    generators: "list[Generator]",
    references: "torch.Tensor | None",
    notes: dict,
    out: Path,
    options: argparse.Namespace,
) -> "Evolution":
    from core.experiments.evolution.loop import Evolution
    from core.probing.unit_responses import network_unit_name

    layer, *position = unit
    name = network_unit_name(options.network, layer, position)
    threads = [
        _thread(thread, name, generators[thread], options) for thread in range(len(generators))
    ]
    kinds = [f"{t.name}-{label}" for t, label in zip(threads, options.optimizer, strict=True)]
    stem = "_".join([name.replace(" ", "_").replace(",", "_"), *kinds, f"seed{options.seed}"])
    return Evolution(
        path=out / f"{stem}.h5",
        unit=name,
        threads=threads,
        noise=options.noise,
        references=references,
        seed=options.seed,
        notes=notes,
    )


def _thread(
    thread: int, unit: str, generator: "Generator", options: argparse.Namespace
) -> "Thread":
    import numpy as np

    from core.experiments.evolution.loop import Thread
    from core.generators.start_codes import start_code
    from core.optimizers.presets import BENCHMARK, make_optimizer, names_of

    kind, label = options.generator[thread], options.optimizer[thread]
    known = (*names_of(kind), *BENCHMARK)
    if label not in known:
        raise SettingError(
            path="--optimizer", expected=f"for {kind} one of {', '.join(known)}", found=f"{label!r}"
        )
    of_start, of_samples = (
        np.random.default_rng([options.seed, crc32(unit.encode()), thread, purpose])
        for purpose in (0, 1)
    )
    name = kind if options.generator.count(kind) == 1 else f"{kind}-{thread}"
    if label in BENCHMARK:
        optimizer = make_optimizer(
            label, generator.latent_dim, n_generations=options.blocks, random_seed=of_samples
        )
        return Thread(name, generator, optimizer)
    start = start_code(kind, of_start)
    hessian = _hessian(kind, label, options)
    optimizer = make_optimizer(
        f"{kind}/{label}",
        generator.latent_dim,
        init_code=start,
        hessian=hessian,
        random_seed=of_samples,
    )
    return Thread(name, generator, optimizer, start)


def _hessian(kind: str, label: str, options: argparse.Namespace) -> dict | None:
    import numpy as np

    from core.errors import MissingFileError
    from core.spaces import HESSIAN_FILES

    if not label.startswith("Hess"):
        return None
    if options.hessians is None:
        raise SettingError(
            path=label, expected=f"a folder with {HESSIAN_FILES[kind]} as --hessians", found="none"
        )
    path = options.hessians / HESSIAN_FILES[kind]
    if not path.is_file():
        raise MissingFileError(
            path=path, expected=f"the average Hessian of {kind}", found="no file"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _read_images(path: Path) -> "torch.Tensor":
    """All images of a folder in order of name, (n, 3, 256, 256) in [0, 1]."""
    import numpy as np
    import torch
    from PIL import Image

    from core.errors import MissingFileError

    files = sorted(file for file in path.glob("*") if file.suffix.lower() in IMAGE_TYPES)
    if not files:
        raise MissingFileError(
            path=path, expected=f"images ({', '.join(IMAGE_TYPES)})", found="none there"
        )
    images = [np.asarray(Image.open(file).convert("RGB").resize((256, 256))) for file in files]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255


if __name__ == "__main__":
    sys.exit(run(main))
