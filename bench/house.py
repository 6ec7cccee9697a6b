"""Measure the house: folders, functions, density, circles and the longest chain of imports.

`python bench/house.py [TREE]` prints the figures of this tree or another one; the tests hold the
longest chain and the modules per folder (tests/trustsite/test_imports.py).
"""

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
NO_PACKAGES = {"tests", "bench", "content", "static", "templates", "docs", "deploy", "build", "var"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Graph = Mapping[str, set[str]]  # a module, and what it imports when it is imported


def packages(tree: Path) -> list[str]:
    """Return the packages of a tree."""
    found = (path.parent.name for path in tree.glob("*/__init__.py"))
    return sorted(name for name in found if name not in NO_PACKAGES)


def modules(tree: Path) -> Iterator[Path]:
    """Yield the files of Python code, without migrations."""
    for package in packages(tree):
        for path in sorted((tree / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


# -- imports ---------------------------------------------------------------------------------------
def import_graph(tree: Path) -> Graph:
    """Return who imports whom on being imported: a package comes before what lies in it, and
    imports inside functions don't count.
    """
    sys.path.insert(0, str(tree))
    graph = grimp.build_graph(*packages(tree), cache_dir=None, exclude_type_checking_imports=True)
    sys.path.remove(str(tree))
    later = {name: _lines_in_functions(tree, name) for name in graph.modules}
    found: dict[str, set[str]] = {name: set() for name in graph.modules}
    for name, imports in found.items():
        for imported in graph.find_modules_directly_imported_by(name):
            details = graph.get_import_details(importer=name, imported=imported)
            if any(each["line_number"] not in later[name] for each in details):
                imports.add(imported)
    return found


def _lines_in_functions(tree: Path, module: str) -> set[int]:
    path = tree.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    lines: set[int] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, FUNCTIONS):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of modules that can't be imported one after the other."""
    reach = {name: _reached(graph, name) for name in graph}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in graph
        if name in reach[name]
    }
    return sorted(sorted(group) for group in groups)


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def longest_chain(graph: Graph) -> list[str]:
    """Return the longest way from a module down through what it imports; no circles allowed."""

    @cache
    def below(module: str) -> list[str]:
        ways = [below(imported) for imported in sorted(graph[module])]
        return [module, *max(ways, key=len, default=[])]

    chains = [below(name) for name in sorted(graph)]
    return max(chains, key=len)


# -- the look of the code --------------------------------------------------------------------------
def modules_per_folder(tree: Path) -> Counter[str]:
    """Return how many modules lie in each folder; __init__ isn't counted."""
    files = (path for path in modules(tree) if path.name != "__init__.py")
    return Counter(str(path.parent.relative_to(tree)) for path in files)


def _nested_conditionals(node: ast.AST) -> bool:
    return isinstance(node, ast.IfExp) and any(
        isinstance(child, ast.IfExp) for child in ast.walk(node) if child is not node
    )


def figures(tree: Path) -> dict[str, str]:
    """Return the measurements, in words."""
    lengths, lines, counts = [], [], Counter[str]()
    for path in modules(tree):
        text = path.read_text()
        lines += text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, FUNCTIONS):
                lengths.append((node.end_lineno or node.lineno) - node.lineno + 1)
            counts["comprehensions"] += isinstance(node, COMPREHENSIONS)
            counts["conditionals"] += isinstance(node, ast.IfExp)
            counts["nested"] += _nested_conditionals(node)
    graph = import_graph(tree)
    round_trips = circles(graph)
    chain = [] if round_trips else longest_chain(graph)
    thousand = len(lines) / 1000
    long = sum(len(line) > 100 for line in lines)
    folders = modules_per_folder(tree)
    return {
        "modules, lines": f"{sum(folders.values())}, {len(lines)}",
        "modules per folder, most": ", ".join(f"{n} {f}" for f, n in folders.most_common(4)),
        "function lengths": (
            f"median {statistics.median(lengths):.0f}, "
            f"p99 {statistics.quantiles(lengths, n=100)[98]:.0f}, longest {max(lengths)}"
        ),
        "lines over 100": f"{long} ({100 * long / len(lines):.1f} %)",
        "comprehensions per 1,000 lines": f"{counts['comprehensions'] / thousand:.1f}",
        "conditional expressions per 1,000 lines": f"{counts['conditionals'] / thousand:.1f}",
        "nested conditional expressions": str(counts["nested"]),
        "circles": "; ".join(", ".join(group) for group in round_trips) or "none",
        "longest chain": f"{len(chain)}: {' > '.join(chain)}" if chain else "none, for circles",
    }


if __name__ == "__main__":
    for what, figure in figures(Path(sys.argv[1]) if sys.argv[1:] else ROOT).items():
        print(f"{what}: {figure}")
