"""One name for one thing: parameter names that look alike, and public names defined twice.

``python .ci/check_names.py`` compares the names of this checkout with ``.ci/names.toml``, where
each exception is argued in a line. It fails on a name that is not listed there, and on an entry
that is no longer needed. What is compared is said in ``.ci/code_marks.py``; in addition,

- functions and classes that the doors define, or hand on by ``__all__``, have the paper's names,
  which are compared with nothing; doors are ``core/utils``, four libraries of
  ``neuro_data_analysis`` and the published modules of ``dualneuron``;
- a singular and its plural, and a thing and its number (`code`, `codes`, `n_codes`), are no twins.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from code_marks import ROOT, Checkout, Function, Module, near_alike_pairs, parameters, same_word

EXCEPTIONS = Path(__file__).with_name("names.toml")

DOORS = (
    "core.utils.",
    "neuro_data_analysis.image_comparison_lib",
    "neuro_data_analysis.neural_data_lib",
    "neuro_data_analysis.neural_data_utils",
    "neuro_data_analysis.neural_tuning_analysis_lib",
    *(f"dualneuron.twins.{name}" for name in ("nets", "activations")),
    *(f"dualneuron.screening.{name}" for name in ("run", "sets", "utils", "visualize")),
    *(f"dualneuron.synthesis.{name}" for name in ("ascend", "generate", "ops", "visualize")),
    *(f"dualneuron.dream.{name}" for name in ("axis", "sim")),
)
"""Beginnings of the names of modules that offer published names."""


def problems(checkout: Checkout, exceptions: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What is wrong with the names of a checkout, a sentence each.

    Parameters
    ----------
    checkout
        Where the names stand.
    exceptions
        Reasons by name, under ``near_alike`` (two names with a space between them) and
        ``defined_twice``.
    """
    where = own_parameters(checkout)
    pairs = {
        f"{first} {second}": f"parameters of {where[first]} and {where[second]}"
        for first, second in near_alike_pairs(set(where))
        if not same_word(first, second)
    }
    yield from _compare("near_alike", pairs, exceptions.get("near_alike", {}))
    published = handed_on(checkout)
    twice = {
        name: f"defined in {' and '.join(modules)}"
        for name, modules in checkout.homes.items()
        if len([module for module in modules if (module, name) not in published]) > 1
    }
    yield from _compare("defined_twice", twice, exceptions.get("defined_twice", {}))


def own_parameters(checkout: Checkout) -> dict[str, str]:
    """Every parameter name that is not published, with the first function that has it."""
    published = handed_on(checkout)
    found = {}
    for module in checkout.modules:
        for node in module.tree.body:
            if (module.name, getattr(node, "name", "")) in published or is_door(module):
                continue
            for function in (n for n in ast.walk(node) if isinstance(n, Function)):
                for name in parameters(function):
                    found.setdefault(name.lstrip("_"), f"{module.name}.{function.name}")
    found.pop("", None)
    return found


def handed_on(checkout: Checkout) -> set[tuple[str, str]]:
    """Module and name of all that the doors hand on, in the door and on the way from its home."""
    modules = {module.name: module for module in checkout.modules}
    waiting = [(m.name, name) for m in checkout.modules if is_door(m) for name in _listed(m)]
    found = set()
    while waiting:
        module, name = waiting.pop()
        found.add((module, name))
        if module in modules:
            waiting += [(m, n) for m, n in _imported(modules[module]) if n == name]
    return found


def is_door(module: Module) -> bool:
    """Whether a module offers published names."""
    return module.name.startswith(DOORS)


def _listed(module: Module) -> list[str]:
    """Names of ``__all__``; none without one."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def _imported(module: Module) -> Iterator[tuple[str, str]]:
    for node in module.nodes():
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.module, alias.name) for alias in node.names)


def _compare(kind: str, found: Mapping[str, str], allowed: Iterable[str]) -> Iterator[str]:
    for name in sorted(found.keys() - set(allowed)):
        yield (
            f"{name}: {found[name]}; give one thing one name and two things two, or argue for them "
            f"under [{kind}] of .ci/names.toml."
        )
    for name in sorted(set(allowed) - found.keys()):
        yield f"{name}: an exception under [{kind}] of .ci/names.toml that is no longer needed."


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path, nargs="?", default=ROOT, help="the checkout to look at")
    parser.add_argument("--exceptions", type=Path, default=EXCEPTIONS, help="a file of exceptions")
    options = parser.parse_args()
    exceptions = tomllib.loads(options.exceptions.read_text(encoding="utf-8"))
    found = list(problems(Checkout(options.root.resolve()), exceptions))
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
