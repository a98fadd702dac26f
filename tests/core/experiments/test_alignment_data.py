"""Tables of the alignment experiment: kept, and computed again when they are not whole."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from core.contract import ext5
from core.experiments.alignment import ensemble
from core.experiments.alignment import runs as alignment
from core.experiments.alignment.data import BEST_SCORED, STAMP, alignment_data, is_computed
from core.experiments.alignment.runs import make_runs
from core.experiments.alignment_data import main


def shallow(dimension, depths, seeds):
    """Runs through one layer at most, under the depths that were asked for."""
    runs = make_runs(dimension, [min(depth, 1) for depth in depths], seeds)
    asked = [depth for depth in sorted(depths, reverse=True) for _ in seeds]
    return replace(runs, depths=tuple(asked))


def test_tables_are_computed_once_in_the_published_form(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(alignment, "make_runs", shallow)
    for name, optimize in list(alignment.OPTIMIZERS.items()):
        monkeypatch.setitem(alignment.OPTIMIZERS, name, partial(optimize, n_steps=2))
    monkeypatch.setattr(ensemble, "ensemble_table", lambda: pd.DataFrame({"replicate": [0]}))
    assert main(["--out", str(tmp_path)]) == 0
    *printed, more_runs = capsys.readouterr().out.split()
    assert pd.read_csv(more_runs).replicate.tolist() == [0]
    tables = {name: alignment_data(tmp_path).read(file) for name, file in ext5.ALIGNMENT.items()}
    for table, path in zip(tables.values(), printed, strict=True):
        assert len(table) == 640
        assert table.gaussian_value.between(0, 1).all()
        assert pd.read_csv(path).columns[0] == "Unnamed: 0"
    best = pd.read_csv(tmp_path / BEST_SCORED)
    assert (best.CMAES >= 0).all()
    monkeypatch.setattr(alignment, "alignment_tables", None)  # nothing is computed again
    alignment_data(tmp_path)
    assert is_computed(tmp_path)
    path = Path(printed[0])
    content = path.read_text()
    path.write_text(content.replace("0.", "0.1", 1))  # a table by hand
    assert not is_computed(tmp_path)
    path.write_text(content)
    assert is_computed(tmp_path)
    (tmp_path / STAMP).write_text((tmp_path / STAMP).read_text().replace("version", "once"))
    assert not is_computed(tmp_path)
    (tmp_path / STAMP).write_text("half")
    assert not is_computed(tmp_path)
