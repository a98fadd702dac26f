"""A figure drawn from a broken file says so in a sentence, or shows what the file now holds."""

import random
import shutil

import pytest

from core.contract.manifest import FIGURE_FILES
from core.figures import FIGURES
from tests.mutations import mutate, outcome


@pytest.fixture(scope="module")
def copies(simulation, tmp_path_factory):
    """Root of a copy of each figure's source data, made when first asked for."""
    made = {}

    def copy(figure):
        if figure not in made:
            made[figure] = tmp_path_factory.mktemp(figure)
            source = simulation / "source_data"
            shutil.copytree(source / FIGURES[figure].folder, made[figure] / FIGURES[figure].folder)
            for name in ("exp_order.csv", "provenance.json"):
                shutil.copy(source / name, made[figure])
        return made[figure]

    return copy


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_broken_file_goes_unnoticed(copies, seed):
    rng = random.Random(seed)
    figure = ("2", "3", "4", "6")[seed % 4]
    root = copies(figure)
    files = [file for file in FIGURE_FILES[FIGURES[figure].folder] if (root / file.path).is_file()]
    path = root / rng.choice(files).path
    whole = path.read_bytes()
    kind, broken = mutate(whole, rng)
    path.write_bytes(broken)
    try:
        assert outcome(figure, root) in ("refused", "reported"), kind
    finally:
        path.write_bytes(whole)
