"""Panel D: units driven as high as gradients drive them."""

import argparse

import pandas as pd

from core.computing.devices import choose_device
from core.contract import ext1
from core.contract.descriptions import Table
from core.generator_statistics.activation import ascent_table, ascent_tasks, ascents
from core.generator_statistics.panels.inputs import Study
from core.sweep import sweep, worker_count, workers


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
