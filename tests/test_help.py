"""Every command's help says the default of each option, its choices, and an example that parses."""

import argparse
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

COMMANDS = (
    *("core.experiments.evolve", "core.experiments.optimizer_benchmark.__main__"),
    *("core.experiments.alignment_data", "core.experiments.linearity_data"),
    *("core.geometry.__main__", "core.level_sets.__main__", "core.generator_statistics.__main__"),
    *("neuro_data_analysis.__main__", "neuro_data_analysis.export.__main__"),
    *("neuro_data_analysis.export.explorer", "neuro_data_analysis.claims.__main__"),
    *("neuro_data_analysis.prototype_similarity", "neuro_data_analysis.covariance_tensors"),
    *("neuro_data_analysis.simulation.__main__", "neuro_data_analysis.tuning_maps.__main__"),
    *("neuro_data_analysis.evolved_images.__main__", "dualneuron.__main__"),
    *("source_data_export.__main__", "figure_reproduction.__main__"),
)
"""Modules whose `parser()` is a command line."""

BENCHMARKS = sorted(
    f"benchmarks.{path.stem}"
    for path in (ROOT / "benchmarks").glob("*.py")
    if re.search(r'^if __name__ == "__main__":\n    ', path.read_text(encoding="utf-8"), re.M)
    and path.stem not in ("__main__", "stages")  # whose line is of a process that it starts
)


def options(parser):
    """All options of a command and its sub-commands, each with its help as it is shown."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from options(command)
        elif action.option_strings and action.dest != "help":
            shown = parser._get_formatter()._get_help_string(action) if action.help else ""
            yield f"{parser.prog} {action.option_strings[-1]}", action, shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_and_its_default(name):
    for option, action, shown in options(import_module(name).parser()):
        assert shown, f"{option} has no help"
        if action.default not in (None, False, (), []) and not action.required:
            assert "default" in shown, option


@pytest.mark.parametrize("name", COMMANDS)
def test_its_examples_are_command_lines_that_it_takes(name):
    parser = import_module(name).parser()
    examples = re.findall(r"^  (.+)$", parser.epilog, re.M)
    assert examples
    assert "example" in parser.format_help()
    for example in examples:
        words = shlex.split(example)
        module = name.removesuffix(".__main__")
        start = 2 if words[0] == "reproduce" else words.index(module) + 1
        parser.parse_args(words[start:])


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks_have_help(name):
    done = subprocess.run(
        [sys.executable, "-m", name, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")
