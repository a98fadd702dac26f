"""What tests of the closed loop share: a neuron, a manifest, a small session, answers by hand."""

import threading
import time

import numpy as np
import torch
from PIL import Image
from torch import nn

from core.experiments.closed_loop.controller import RigSession, run_session
from core.experiments.closed_loop.folder import Folder
from core.experiments.closed_loop.images import read_references
from core.experiments.closed_loop.manifest import ManifestRow, evolved_name, reference_name
from core.experiments.closed_loop.neuron import Neuron
from core.experiments.closed_loop.rig_run import SimulatedRig
from core.experiments.closed_loop.settings import SessionSettings, Stop
from core.experiments.closed_loop.start_run import with_whole_first
from core.experiments.evolution.threads import Thread
from core.generators.small import SmallGenerator
from core.optimizers.presets import make_optimizer


def brightness():
    """A factory for ``--network closed_loop_rig:brightness``: mean red of the images."""
    return lambda images: images[:, 0].mean(dim=(1, 2)).numpy()


def rows(n_evolved=(4, 4), n_references=2, block=0):
    """A manifest: images of two threads, each with references."""
    made = []
    for thread, n in enumerate(n_evolved):
        for code in range(n):
            name = evolved_name(block, thread, block, code)
            made.append(ManifestRow(name, thread, code, block, "", "0" * 64, 3.0, 0.0, 0.0))
        for order in range(n_references):
            name = reference_name(block, thread, order, f"ref{order}")
            made.append(
                ManifestRow(name, thread, -1, block, f"ref{order}", "0" * 64, 3.0, 0.0, 0.0)
            )
    return sorted(made, key=lambda row: row.file)


def reference_folder(folder, n=2):
    """A folder of images of noise."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        pixels = np.random.default_rng(i).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"ref {i}.png")
    return folder


def session(
    root, *, seed=0, populations=(8, 6), settings=None, flat=None, names=("small-0", "small-1")
):
    """A session of two small generators; its optimizers are fresh."""
    threads = []
    for number, population in enumerate(populations):
        generator = SmallGenerator(16, 16)
        optimizer = make_optimizer(
            "CholeskyCMAES", 16, population_size=population, random_seed=seed * 10 + number
        )
        threads.append(with_whole_first(Thread(names[number], generator, optimizer)))
    references = read_references(reference_folder(root.parent / "references"), None)
    return RigSession(
        Folder.at(root, flat=flat), threads, references, settings or SessionSettings(seed=seed), {}
    )


def rig_for(root, **options):
    """A simulated rig without drift, unless `steady` says otherwise."""
    steady = options.pop("steady", True)
    return SimulatedRig(Folder.at(root), brightness(), Neuron(steady=steady), **options)


def run_with_rig(made, n_blocks, rig, **options):
    """Run a session here, and a rig in a thread; returns what was kept, and what was said."""
    said = []
    made.folder.finished.unlink(missing_ok=True)  # or the rig has nothing to do
    thread = threading.Thread(target=rig.run, daemon=True)
    thread.start()
    kept = run_session(
        made, Stop(n_blocks, minutes=3), say=said.append, **{"patience": 0.2} | options
    )
    thread.join(30)
    return kept, said


def wait_until(condition, seconds=60):
    """Wait until a condition holds, and fail if it does not."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def network():
    """A factory of a small network, for ``--network tests.closed_loop_rig:network --unit …``."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
