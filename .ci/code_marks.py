"""Marks that say how easily the code is found and read, of one checkout or two side by side.

``python .ci/code_marks.py`` measures this checkout, ``python .ci/code_marks.py BEFORE AFTER`` two
others. Code is what pyproject.toml packages, tests is ``tests/``. What is counted:

- *Files of a folder* are modules besides ``__init__``.
- *Public functions* are those of modules, and the methods of public classes, whose names have no
  leading underscore. Left out are functions inside functions, which nobody else can call,
  properties, and methods that a base class in this project documents: their contract is the base's.
  Parameters are those besides ``self`` and ``cls``; ``*args`` and ``**kwargs`` count.
- *An example that runs* is a ``>>>`` in the docstring of the function, or, for a method, in that
  of its class.
- *Parameter names* are those of all functions, private ones too. Two are *near-alike* if the ratio
  of ``difflib.SequenceMatcher`` is at least 0.8; pairs are counted for each hundred names.
- *Public names defined in several modules* are functions and classes at the top of modules.
  ``main`` is in none of them, since every command has one.
- *Imports inside functions* are the statements that import modules of this project.
- *Small helpers used once* are private functions at the top of a module that have at most four
  lines, from ``def`` to the end, and whose name stands once in the code of their module.
"""

import argparse
import ast
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

NEAR_ALIKE = 0.8
"""Ratio of difflib's SequenceMatcher from which two names are taken for spellings of one."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of Python: its path below the checkout, and its syntax tree."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """Dotted name, as it is imported."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def nodes(self) -> Iterator[ast.AST]:
        """All nodes of the tree."""
        return ast.walk(self.tree)


@dataclass(frozen=True)
class PublicFunction:
    """A public function or method, with the docstring of its class if it is a method."""

    node: Function
    of_class: str | None

    @property
    def doc(self) -> str:
        """Docstring; empty without one."""
        return ast.get_docstring(self.node) or ""

    @property
    def example_runs(self) -> bool:
        """Whether its own docstring or that of its class has an example."""
        return ">>>" in self.doc or ">>>" in (self.of_class or "")

    @property
    def n_parameters(self) -> int:
        """Number of parameters besides ``self`` and ``cls``."""
        return len(parameters(self.node))


def parameters(function: Function) -> list[str]:
    """Names of a function's parameters besides ``self`` and ``cls``.

    >>> parameters(ast.parse("def f(self, a, *b, c=1, **d): ...").body[0])
    ['a', 'c', 'b', 'd']
    """
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    starred = [argument for argument in (given.vararg, given.kwarg) if argument]
    return [a.arg for a in (*named, *starred) if a.arg not in ("self", "cls")]


class Checkout:
    """The product packages and the tests of one checkout."""

    def __init__(self, root: Path):
        self.root = root
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        found = settings["tool"]["setuptools"]["packages"]["find"]["include"]
        self.packages = [pattern.rstrip("*") for pattern in found]
        self.modules = [
            Module(path.relative_to(root), ast.parse(path.read_text(encoding="utf-8")))
            for package in self.packages
            for path in sorted((root / package).rglob("*.py"))
        ]

    @cached_property
    def functions(self) -> list[Function]:
        """Every function, public or not."""
        return [n for module in self.modules for n in module.nodes() if isinstance(n, Function)]

    @cached_property
    def public_functions(self) -> list[PublicFunction]:
        """Public functions and methods, without those whose contract is that of a base class."""
        found = []
        for module in self.modules:
            for node in module.tree.body:
                if isinstance(node, Function) and _is_public(node.name):
                    found.append(PublicFunction(node, None))
                elif isinstance(node, ast.ClassDef) and _is_public(node.name):
                    found += self._public_methods(node)
        return found

    @cached_property
    def parameter_names(self) -> set[str]:
        """Distinct names of parameters; leading underscores count for nothing."""
        names = {name.lstrip("_") for function in self.functions for name in parameters(function)}
        return names - {""}

    @cached_property
    def near_alike(self) -> list[tuple[str, str]]:
        """Pairs of parameter names that look like spellings of one."""
        return near_alike_pairs(self.parameter_names)

    @cached_property
    def homes(self) -> dict[str, list[str]]:
        """Modules that define each public function or class, by its name."""
        found = defaultdict(list)
        for module in self.modules:
            for node in module.tree.body:
                if isinstance(node, Function | ast.ClassDef) and _is_public(node.name):
                    found[node.name].append(module.name)
        found.pop("main", None)
        return {name: sorted(set(modules)) for name, modules in found.items()}

    @property
    def fullest_folder(self) -> tuple[str, int]:
        """The folder with most files, and how many it has."""
        counts = Counter(
            module.path.parent.as_posix()
            for module in self.modules
            if module.path.name != "__init__.py"
        )
        return counts.most_common(1)[0]

    def inner_imports(self) -> Counter[str]:
        """Imports of own modules inside functions, by file."""
        return Counter(
            str(module.path)
            for module in self.modules
            for function in module.tree.body
            for outer in ast.walk(function)
            if isinstance(outer, Function)
            for node in _own_nodes(outer)
            if self._imports_own(node)
        )

    def small_helpers_used_once(self) -> list[str]:
        """Private functions of at most four lines that their module uses once."""
        found = []
        for module in self.modules:
            uses = Counter(n.id for n in module.nodes() if isinstance(n, ast.Name))
            for node in module.tree.body:
                private = isinstance(node, Function) and node.name.startswith("_")
                if private and uses[node.name] == 1 and _n_lines(node) <= 4:
                    found.append(f"{module.path}:{node.lineno} {node.name}")
        return found

    def lines(self, *folders: str) -> int:
        """Lines of Python below some folders."""
        files = [path for folder in folders for path in (self.root / folder).rglob("*.py")]
        return sum(len(path.read_bytes().splitlines()) for path in files)

    @cached_property
    def _classes(self) -> dict[str, ast.ClassDef]:
        nodes = (node for module in self.modules for node in module.tree.body)
        return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}

    def _public_methods(self, node: ast.ClassDef) -> list[PublicFunction]:
        inherited = self._documented_by_bases(node, set())
        return [
            PublicFunction(method, ast.get_docstring(node))
            for method in node.body
            if isinstance(method, Function)
            and _is_public(method.name)
            and not _is_property(method)
            and method.name not in inherited
        ]

    def _documented_by_bases(self, node: ast.ClassDef, seen: set[str]) -> set[str]:
        """Names of methods that a base class, near or far, documents."""
        names = set()
        for base in node.bases:
            name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
            if name not in self._classes or name in seen:
                continue
            parent = self._classes[name]
            names |= {m.name for m in parent.body if _is_documented(m)}
            names |= self._documented_by_bases(parent, seen | {name})
        return names

    def _imports_own(self, node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.level > 0 or node.module.split(".")[0] in self.packages
        if isinstance(node, ast.Import):
            return any(alias.name.split(".")[0] in self.packages for alias in node.names)
        return False


def near_alike_pairs(names: set[str]) -> list[tuple[str, str]]:
    """Pairs of names that look like spellings of one, in alphabetical order.

    >>> near_alike_pairs({"nrow", "n_row", "pad"})
    [('n_row', 'nrow')]
    """
    pairs = []
    for first, second in combinations(sorted(names), 2):
        matcher = SequenceMatcher(None, first, second)
        if matcher.quick_ratio() >= NEAR_ALIKE and matcher.ratio() >= NEAR_ALIKE:
            pairs.append((first, second))
    return pairs


def same_word(first: str, second: str) -> bool:
    """Whether one name is the other's plural, or a number of it.

    >>> same_word("code", "codes"), same_word("codes", "n_codes"), same_word("codes", "nodes")
    (True, True, False)
    >>> same_word("axis", "axes"), same_word("trajectories", "trajectory")
    (True, True)
    """
    singulars = [_singulars(name.removeprefix("n_")) for name in (first, second)]
    return bool(singulars[0] & singulars[1])


def marks(checkout: Checkout) -> dict[str, str]:
    """Values of all marks, by what they measure."""
    public = checkout.public_functions
    folder, n_files = checkout.fullest_folder
    inner = checkout.inner_imports()
    twice = [name for name, modules in checkout.homes.items() if len(modules) > 1]
    n_names = len(checkout.parameter_names)
    alike = checkout.near_alike
    spellings = [pair for pair in alike if not same_word(*pair)]
    code, tests = checkout.lines(*checkout.packages), checkout.lines("tests")
    values = {"files in the fullest folder": f"{n_files} ({folder})"}
    for least in (1, 2, 3):
        chosen = [function for function in public if function.n_parameters >= least]
        described = sum("Parameters\n---" in function.doc for function in chosen)
        words = "a parameter" if least == 1 else f"{least} parameters or more"
        values[f"public functions with {words}: with a section"] = _share(described, len(chosen))
    return values | {
        "public functions with an example that runs": _share(
            sum(function.example_runs for function in public), len(public)
        ),
        "near-alike parameter names per 100": (
            f"{100 * len(alike) / max(n_names, 1):.0f} ({len(alike)} pairs of {n_names} names)"
        ),
        "- neither plurals nor numbers of the other": (
            f"{100 * len(spellings) / max(n_names, 1):.0f} ({len(spellings)} pairs)"
        ),
        "public names defined in several modules": str(len(twice)),
        "imports of own modules inside functions": f"{inner.total()} in {len(inner)} files",
        "small helpers used once": str(len(checkout.small_helpers_used_once())),
        "tests / code, lines": f"{tests / code:.2f} ({tests} / {code})",
    }


def table(columns: dict[str, dict[str, str]]) -> str:
    """Marks of one checkout or several as aligned text."""
    rows = [["", *columns]]
    rows += [[mark, *(c[mark] for c in columns.values())] for mark in next(iter(columns.values()))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", type=Path, nargs="*", default=[ROOT], help="one, or two")
    parser.add_argument("--list", action="store_true", help="also what the counts stand for")
    options = parser.parse_args()
    found = [Checkout(root.resolve()) for root in options.checkouts]
    names = ["before", "after"] if len(found) == 2 else [str(c.root) for c in found]
    print(table({name: marks(c) for name, c in zip(names, found, strict=True)}))
    if options.list:
        print(*_details(found[-1]), sep="\n")


def _details(checkout: Checkout) -> Iterator[str]:
    yield "\nPublic functions with two parameters or more without a section:"
    for module in checkout.modules:
        inside = {id(node) for node in module.nodes()}
        for function in checkout.public_functions:
            lacks = function.n_parameters > 1 and "Parameters\n---" not in function.doc
            if lacks and id(function.node) in inside:
                yield f"  {module.path}:{function.node.lineno} {function.node.name}"
    yield "\nNear-alike parameter names:"
    yield from (f"  {first} {second}" for first, second in checkout.near_alike)
    yield "\nPublic names defined in several modules:"
    for name, modules in checkout.homes.items():
        if len(modules) > 1:
            yield f"  {name}: {', '.join(modules)}"
    yield "\nImports of own modules inside functions:"
    yield from (f"  {file}: {n}" for file, n in checkout.inner_imports().items())
    yield "\nSmall helpers used once:"
    yield from (f"  {helper}" for helper in checkout.small_helpers_used_once())


def _singulars(name: str) -> set[str]:
    """What a name can be the plural of, and the name itself."""
    endings = (("ies", "y"), ("es", "is"), ("es", ""), ("s", ""))
    found = {name.removesuffix(end) + new for end, new in endings if name.endswith(end)}
    return {name} | found


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.0%} ({part} of {whole})"


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _is_property(function: Function) -> bool:
    decorators = {ast.unparse(node) for node in function.decorator_list}
    return not decorators.isdisjoint({"property", "cached_property"})


def _is_documented(node: ast.AST) -> bool:
    return isinstance(node, Function) and bool(ast.get_docstring(node))


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Nodes of a function without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function):
            waiting += ast.iter_child_nodes(node)


def _n_lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


if __name__ == "__main__":
    main()
