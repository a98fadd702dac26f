"""The panels of Extended Data Figure 1, computed into tables with a stamp each.

What is there already with the same settings is not computed again. The ascents of panel D go on
where they were stopped.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from core.computing.devices import choose_device
from core.contract import ext1
from core.contract.descriptions import Sizes, Table
from core.contract.provenance import read_provenance, record, write_provenance
from core.contract.source_data import SourceData
from core.errors import MissingFileError, SettingError
from core.experiments.evolution.loop import Evolution, Thread, evolve
from core.experiments.stamps import matches_stamp, write_stamp
from core.files import replacing, scratch, writable_folder
from core.generator_statistics.activation import ascent_table, ascent_tasks, ascents
from core.generator_statistics.explorer_sets import explorer_sets
from core.generator_statistics.features import (
    FeatureExtractor,
    antialiased,
    efficientnet_features,
    inception_features,
    set_features,
)
from core.generator_statistics.frechet import bootstrap_error, frechet_of_features
from core.generator_statistics.image_sets import (
    ImageSet,
    array_set,
    crop_set,
    folder_set,
    generated_set,
    noise_set,
)
from core.generator_statistics.inversions import invert_photographs
from core.generator_statistics.low_level import SpectrumSummary, set_statistics
from core.generator_statistics.objectness import (
    Detector,
    Recognisability,
    TorchvisionDetector,
    objectness_table,
)
from core.generator_statistics.photographs import centre_square, files_of_images, random_crops
from core.generator_statistics.presets import PRESETS, Preset
from core.generator_statistics.surrogates import generator_by_name
from core.generator_statistics.yolo_results import read_yolo_results
from core.generators import Generator, start_code
from core.images.grids import save_imgrid
from core.optimizers import CholeskyCMAES
from core.probing import Scorer
from core.probing.unit_responses import UnitResponses, unit_label
from core.project import COMPUTED_DATA, SOURCE_DATA
from core.sweep import sweep, worker_count, workers
from core.weights import WeightSource

SIGMAS = {"DeePSim": 3.0, "BigGAN": 0.2, "small": 3.0, "random CNN": 1.0}
"""Step size with which an evolution starts, by generator; the first two are published."""

REFERENCE_PIXELS = 299
"""Size of natural images of the published preset."""

N_SHOWN, N_EXAMPLES = 10, 8
"""Sample images of each set, and examples of inversions, that are kept as a picture."""

COMPUTATION = "computation"
"""Source of these tables in ``provenance.json``."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Study:
    """What the options of the command come to.

    Attributes
    ----------
    preset
        Counts and models.
    root
        Folder in the layout of ``source_data/``.
    seed
        Of all that is random.
    device
        By default CUDA when present, else the CPU.
    weights_dir
        Folder with weight files, looked at first.
    natural
        Folders of natural images by name of the set (published panel A).
    photographs
        Folder of targets (published panel C).
    yolo
        Saved results of YOLO by name of the set.
    explorer
        Folder of averages and images of the explorer.
    """

    preset: Preset
    root: Path
    seed: int
    device: str | None
    weights_dir: str | None
    natural: Mapping[str, Path]
    photographs: Path | None
    yolo: Mapping[str, Path]
    explorer: Path

    @property
    def folder(self) -> Path:
        """Folder of the tables."""
        return self.root / ext1.FOLDER

    @property
    def is_published(self) -> bool:
        """Whether the paper's own models and images are used."""
        return not self.preset.substitutes

    def generator(self, name: str) -> Generator:
        """A generator by name, with its weights."""
        return generator_by_name(name, device=self.device, weights_dir=self.weights_dir)

    def extractor(self) -> FeatureExtractor:
        """Features by which sets are compared."""
        if self.is_published:
            return inception_features(self.device, WeightSource(folder=self.weights_dir))
        return efficientnet_features(self.preset.pixels, self.device)

    def detector(self) -> Detector:
        """What finds objects."""
        if self.is_published:
            source = WeightSource(folder=self.weights_dir)
            return TorchvisionDetector(device=self.device, source=source)
        return Recognisability(self.preset.pixels, self.device)


def run_study(options: argparse.Namespace, say: Say) -> None:
    """Compute the panels that were asked for, and say where their tables are.

    Parameters
    ----------
    options
        As the parser of the command gives them.
    say
        Takes a line for the user.

    Raises
    ------
    SettingError
        If an option cannot be meant.
    MissingFileError, WeightsError
        If data or weights are not at hand.
    """
    study = _study(options)
    for line in plan(study.preset):
        say(line)
    if options.plan:
        return
    choose_device(study.device)
    writable_folder(study.folder)
    if options.images == "explorer":
        _keep(study, "explorer", say, partial(explorer_tables, study), {})
        return
    _check_data(study, options.panel)
    details = {"natural": sorted(study.natural), "photographs": str(study.photographs or "")}
    work = {"A": panel_a, "B": panel_b, "C": panel_c}
    for panel in options.panel:
        compute = partial(work[panel], study) if panel in work else partial(panel_d, study, options)
        _keep(study, panel, say, compute, details)


def _study(options: argparse.Namespace) -> Study:
    preset = PRESETS[options.preset]
    root = SOURCE_DATA if options.preset == "published" else COMPUTED_DATA
    return Study(
        preset=preset,
        root=Path(options.out or root),
        seed=options.seed,
        device=options.device,
        weights_dir=options.weights_dir,
        natural=_named_paths(options.natural, "--natural"),
        photographs=options.photographs,
        yolo=_named_paths(options.yolo, "--yolo"),
        explorer=options.data,
    )


def _named_paths(given: list[str], option: str) -> dict[str, Path]:
    pairs = [text.partition("=") for text in given]
    for name, equals, path in pairs:
        if not (name and equals and path):
            raise SettingError(path=option, expected="NAME=PATH", found=f"{name}{equals}{path!r}")
    return {name: Path(path).expanduser() for name, _, path in pairs}


def plan(preset: Preset) -> Iterator[str]:
    """What a preset needs and does, line by line.

    Parameters
    ----------
    preset
        Counts and models.

    Examples
    --------
    >>> next(plan(PRESETS["offline"]))
    'offline: offline substitutes: generators without weights (small, random CNN) for DeePSim and \
BigGAN, EfficientNet-Lite0 for Inception, YOLO, AlexNet and ResNet-50, crops of bundled photographs'
    """
    yield f"{preset.name}: {preset.substitutes or 'models and images of the paper'}"
    if preset.weights:
        yield "weights: " + "; ".join(preset.weights)
        yield (
            "data: --natural NAME=FOLDER for each set of natural images of panel A (50,000 of "
            "ImageNet's validation set, THINGS, COCO, EcoSet); --photographs FOLDER for panel C "
            "(EcoSet, a folder for each category)"
        )
    for panel in "ABCD":
        hours = preset.hours.get(panel)
        spent = f"; about {hours:g} hours on one GPU" if hours else ""
        yield f"{panel}: {preset.counts(panel)}{spent}"


def _check_data(study: Study, panels: list[str]) -> None:
    """Say what is missing before anything is computed."""
    if study.is_published and "A" in panels and not study.natural:
        raise SettingError(
            path="--natural", expected="a folder of natural images, NAME=FOLDER", found="none"
        )
    if study.is_published and "C" in panels and study.photographs is None:
        raise SettingError(path="--photographs", expected="a folder of photographs", found="none")
    for folder in (*study.natural.values(), study.photographs):
        if folder is not None:
            files_of_images(folder)
    for path in study.yolo.values():
        if not path.exists():
            raise MissingFileError(path=path, expected="saved results of YOLO", found="none")


def _keep(
    study: Study,
    panel: str,
    say: Say,
    work: Callable[[], dict[Table, pd.DataFrame]],
    details: dict,
) -> None:
    """Compute and write the tables of a panel with their stamp, unless they are there."""
    source = SourceData(study.root, Sizes())
    stamp = study.folder / ext1.stamp_name(panel)
    settings = {
        "version": ext1.VERSION,
        "preset": study.preset.name,
        "seed": study.seed,
        "substitutes": "" if panel == "explorer" else study.preset.substitutes,
        "counts": "" if panel == "explorer" else study.preset.counts(panel),
        **details,
    }
    paths = [source.path(file) for file in ext1.PANELS[panel]]
    if matches_stamp(stamp, paths, settings):
        say(f"{panel}: computed before, {stamp}")
        return
    stamp.unlink(missing_ok=True)
    start = time.perf_counter()
    tables = work()
    for file, table in tables.items():
        source.write(file, table[[column.name for column in file.columns]])
    if panel in ext1.PICTURES:
        paths.append(study.folder / ext1.PICTURES[panel])
    spent = {"seconds": round(time.perf_counter() - start, 1)}
    write_stamp(stamp, paths, {**settings, **spent, "torch": torch.__version__})
    if study.is_published:
        _record(study.root, [source.path(file) for file in tables])
    say(f"{panel}: {spent['seconds']:.0f} s, {', '.join(str(source.path(f)) for f in tables)}")


def _record(root: Path, written: list[Path]) -> None:
    records = read_provenance(root)
    for path in written:
        records[path.relative_to(root).as_posix()] = record(path, COMPUTATION)
    write_provenance(root, records)


def panel_a(study: Study) -> dict[Table, pd.DataFrame]:
    """Fréchet distances of all pairs of sets, and objects in every image."""
    sets = list(_sets(study))
    _save_samples(study, sets)
    return {
        ext1.FRECHET: distance_table(sets, study.extractor(), study.preset.n_resamples, study.seed),
        ext1.OBJECTNESS: _objects(study, sets),
    }


def _sets(study: Study) -> Iterator[ImageSet]:
    preset, n = study.preset, study.preset.n_images
    for number in range(preset.n_crops):
        name = f"photograph crops {'AB'[number]}"
        yield crop_set(n, preset.pixels, study.seed + number, name)
    for name, folder in study.natural.items():
        yield folder_set(folder, name, REFERENCE_PIXELS, n)
    for kind in preset.kinds:
        of = next(name for name in preset.generators if kind.startswith(name.replace(" ", "_")))
        yield generated_set(study.generator(of), kind, n, study.seed)
    for color in ("pink", "white"):
        yield noise_set(color, n, preset.noise_pixels, study.seed)


def distance_table(
    sets: list[ImageSet], extractor: FeatureExtractor, n_resamples: int, seed: int = 0
) -> pd.DataFrame:
    """Fréchet distances of all pairs of sets with their errors.

    Parameters
    ----------
    sets
        At least two.
    extractor
        Gives the features.
    n_resamples
        Of each error.
    seed
        Of the resamples.

    Returns
    -------
    DataFrame
        Columns of `core.contract.ext1.FRECHET`.
    """
    rows = []
    with scratch() as folder:
        features = [
            set_features(images, extractor, folder / f"{number}.npy")
            for number, images in enumerate(sets)
        ]
        for (i, first), (j, second) in combinations(enumerate(sets), 2):
            found = frechet_of_features(features[i], features[j])
            error = bootstrap_error(features[i], features[j], seed, n_resamples)
            rows.append(
                {
                    **{"set1": first.name, "set2": second.name},
                    **{"kind1": first.kind, "kind2": second.kind},
                    **{"extractor": extractor.name, "dim": extractor.dim},
                    **{"n1": len(first), "n2": len(second)},
                    "preproc1": f"{first.preprocessing}; {extractor.preprocessing}",
                    "preproc2": f"{second.preprocessing}; {extractor.preprocessing}",
                    **{"frechet_distance": found.distance, "frechet_se": error},
                    **{"n_resamples": n_resamples, "seed": seed},
                }
            )
    return pd.DataFrame(rows)


def _objects(study: Study, sets: list[ImageSet]) -> pd.DataFrame:
    if study.yolo:
        tables = [
            read_yolo_results(study.yolo[images.name], images)
            for images in sets
            if images.name in study.yolo
        ]
        if not tables:
            names = ", ".join(images.name for images in sets)
            raise SettingError(path="--yolo", expected=f"one of {names}", found="others")
    else:
        detector = study.detector()
        tables = [objectness_table(images, detector) for images in sets]
    return pd.concat(tables, ignore_index=True)


def _save_samples(study: Study, sets: list[ImageSet]) -> None:
    """A row of sample images for each set."""
    pixels = min(study.preset.target_pixels, 128)
    rows = [antialiased(images.load(range(N_SHOWN)), pixels) for images in sets]
    path = study.folder / ext1.PICTURES["A"]
    with replacing(path) as temporary:
        save_imgrid(torch.cat([row.cpu() for row in rows]), temporary, nrow=N_SHOWN)


def panel_b(study: Study) -> dict[Table, pd.DataFrame]:
    """Statistics of the last generation of images evolved for units of a network."""
    rows, spectra = [], []
    for name in study.preset.generators:
        images, units = last_generation(study, name)
        gathered = SpectrumSummary()
        found = set_statistics(array_set(images, name), gathered)
        keys = {"generator": name, "unit_id": units}
        keys["image_in_gen"] = pd.Series(units).groupby(units).cumcount()
        rows.append(pd.concat([pd.DataFrame(keys), found], axis=1))
        spectra.append(gathered.table(name))
    return {ext1.LOWLEVEL: pd.concat(rows), ext1.SPECTRA: pd.concat(spectra)}


def last_generation(study: Study, name: str) -> tuple[torch.Tensor, np.ndarray]:
    """Images of the last generation of every unit, and the unit of each.

    All units evolve side by side, with CMA-ES and no gradient.

    Parameters
    ----------
    study
        Counts and models.
    name
        Name of a generator.
    """
    preset, generator = study.preset, study.generator(name)
    scorer = Scorer(
        preset.network, size=preset.pixels, device=study.device, weights_dir=study.weights_dir
    )
    shape = scorer.layer_shape(preset.layer)
    random = np.random.default_rng([study.seed, 0])
    channels = np.sort(random.choice(shape[0], preset.n_units, replace=False))
    middle = [size // 2 for size in shape[1:]]
    units = [(preset.layer, int(channel), *middle) for channel in channels]
    respond = UnitResponses(scorer, units)
    with scratch() as folder:
        evolutions = [
            _evolution(study, name, generator, unit, folder / f"{number}.h5")
            for number, unit in enumerate(units)
        ]
        records = evolve(evolutions, respond, preset.n_blocks)
        last = [
            thread.codes[thread.generations == preset.n_blocks - 1]
            for thread in (found.threads[0] for found in records)
        ]
    images = generator.images(np.concatenate(last), device="cpu")
    return images, np.repeat(channels, [len(codes) for codes in last])


def _evolution(study: Study, name: str, generator: Generator, unit: tuple, path: Path) -> Evolution:
    preset = study.preset
    random = np.random.default_rng([study.seed, unit[1]])
    if name == "BigGAN":
        start = start_code("BigGAN", random)
    else:
        start = random.standard_normal((1, generator.latent_dim))
    optimizer = CholeskyCMAES(
        generator.latent_dim,
        population_size=preset.population,
        init_sigma=SIGMAS[name],
        init_code=start,
        random_seed=random,
    )
    label = unit_label(preset.network, unit[0], unit[1:])
    return Evolution(path, label, [Thread(name, generator, optimizer, start)], seed=study.seed)


def panel_c(study: Study) -> dict[Table, pd.DataFrame]:
    """Photographs, and what each generator makes of them."""
    preset = study.preset
    images, ids, categories = _targets(study)
    targets = torch.from_numpy(images)
    tables, shown = [], [targets[:N_EXAMPLES]]
    for name in preset.generators:
        generator = study.generator(name)
        found = invert_photographs(
            generator,
            antialiased(targets, generator.images(generator.sample(1, rng=0)).shape[-1]),
            name,
            identities=ids,
            categories=categories,
            n_iterations=preset.n_iterations,
            seed=study.seed,
        )
        tables.append(found.table)
        shown.append(antialiased(found.images[:N_EXAMPLES], preset.target_pixels))
    with replacing(study.folder / ext1.PICTURES["C"]) as temporary:
        save_imgrid(torch.cat(shown), temporary, nrow=len(shown[0]))
    return {ext1.INVERSION: pd.concat(tables)}


def _targets(study: Study) -> tuple[np.ndarray, list[str], list[str]]:
    """Target images with their names and categories, a random choice over all categories."""
    preset = study.preset
    if not study.is_published:
        crops = random_crops(preset.n_targets, preset.target_pixels, study.seed)
        names = [crop.photograph for crop in crops]
        ids = [f"{name}_{number:03d}" for number, name in enumerate(names)]
        return np.stack([crop.image for crop in crops]), ids, names
    files = files_of_images(study.photographs)
    if len(files) < preset.n_targets:
        raise MissingFileError(
            path=study.photographs, expected=f"{preset.n_targets} photographs", found=len(files)
        )
    random = np.random.default_rng(study.seed)
    chosen = [files[n] for n in random.choice(len(files), preset.n_targets, replace=False)]
    images = np.stack([centre_square(file, preset.target_pixels) for file in chosen])
    ids = [file.relative_to(study.photographs).as_posix() for file in chosen]
    return images, ids, [file.parent.name for file in chosen]


def panel_d(study: Study, options: argparse.Namespace) -> dict[Table, pd.DataFrame]:
    """Gradient ascents of units, on workers."""
    preset = study.preset
    results = study.folder / f"ascents_{preset.name}_{study.seed}"
    tables = []
    n_workers = worker_count(options, choose_device(study.device).type)
    with workers(options.scheduler, n_workers, options.memory) as client:
        for network in preset.networks:
            tasks = ascent_tasks(
                {
                    **{(name, False): range(n) for name, n in preset.layers.items()},
                    **{(name, True): range(n) for name, n in preset.field_layers.items()},
                },
                preset.methods,
                preset.n_codes,
                preset.n_reps,
                network=network,
                n_steps=preset.n_steps,
                seed=study.seed,
                pixels=preset.pixels,
                device=study.device,
                weights_dir=study.weights_dir,
            )
            tables.append(ascent_table(sweep(ascents, tasks, results / network, client)))
    return {ext1.ACTIVATION: pd.concat(tables)}


def explorer_tables(study: Study) -> dict[Table, pd.DataFrame]:
    """Panels A and B of the images that neurons evolved: by thread, block and area.

    Distances are those of each area's sets from one another, which hold the same experiments, and
    from as many crops of photographs.
    """
    sets = explorer_sets(study.explorer)
    extractor, detector = study.extractor(), study.detector()
    distances, objects, rows, spectra = [], [], [], []
    for area in dict.fromkeys(area for _, _, area in sets):
        of_area = {key: value for key, value in sets.items() if key[2] == area}
        images = [found for found, _ in of_area.values()]
        crops = crop_set(len(images[0]), 256, study.seed, f"photograph crops, {area}")
        distances.append(
            distance_table([*images, crops], extractor, study.preset.n_resamples, study.seed)
        )
        objects += [objectness_table(found, detector) for found in (*images, crops)]
        for (thread, block, _), (found, numbers) in of_area.items():
            gathered = SpectrumSummary()
            statistics = set_statistics(found, gathered)
            keys = {"generator": thread, "area": area, "block": block, "Expi": numbers}
            rows.append(pd.concat([pd.DataFrame(keys), statistics], axis=1))
            spectra.append(gathered.table(found.name))
    return {
        ext1.FRECHET_EXPLORER: pd.concat(distances),
        ext1.OBJECTNESS_EXPLORER: pd.concat(objects),
        ext1.LOWLEVEL_EXPLORER: pd.concat(rows),
        ext1.SPECTRA_EXPLORER: pd.concat(spectra),
    }
