"""Mutation test: change one thing in the code at a time, and see whether a test notices.

`make mutants` takes a sample (SAMPLE=120, SEED=… for the same one again) of all the mutants that cosmic-ray can make of the
modules below, puts each into a copy of the tree, and runs the tests that speak for its module. What survives is either
a missing test, or listed in bench/mutants.toml with the reason why nobody could notice it.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = (
    "BitOr",  # mostly the | of type annotations, which do nothing
    "Variable",  # replaces names by numbers: any run would fail
    "RemoveDecorator",  # of dataclasses and properties: fails at import
)
SECONDS = 120  # for the tests of one mutant; one that never ends has been noticed too
LIMIT = 25 * 60  # for the whole run
GOAL = 0.95


@dataclass(frozen=True)
class Mutant:
    """One change: an operator's n-th place in a module."""

    module: str
    line: int
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.operator.removeprefix('core/')}"

    def code(self, root: Path) -> str | None:
        """Return the module's text with the change."""
        source = (root / self.module).read_text()
        operator = get_operator(self.operator)()
        return MutationVisitor.mutate_code(source, operator, self.occurrence)


def mutants(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    tree = get_ast_from_path(ROOT / module)
    nodes = list(ast_nodes(tree))
    for name in operator_names():
        operator_class = get_operator(name)
        if any(word in name for word in LEFT_OUT) or operator_class.arguments():
            continue
        operator = operator_class()
        places = (place for node in nodes for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            yield Mutant(module, start[0], name, occurrence)


def sample(modules: list[str], size: int, seed: int) -> list[Mutant]:
    """Return `size` mutants, spread over modules and lines: one place has many, and counts once."""
    choose = random.Random(seed)
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for module in modules:
        for mutant in mutants(module):
            by_line.setdefault((module, mutant.line), []).append(mutant)
    lines = sorted(by_line)
    chosen = choose.sample(lines, min(size, len(lines)))
    return [choose.choice(by_line[line]) for line in chosen]


def is_noticed(mutant: Mutant, tree: Path, tests: list[str]) -> bool:
    """Whether the module's tests fail with the mutant in its place in `tree`."""
    code = mutant.code(tree)
    if code is None:
        return True
    file = tree / mutant.module
    original = file.read_text()
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", *tests]
    environment = os.environ | {"MODE": "development", "DATA": str(tree / "var")}
    file.write_text(code)
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(original)
    return done.returncode != 0


def copies(number: int, folder: Path) -> Queue[Path]:
    """Return copies of the tree, for as many runs side by side."""
    trees: Queue[Path] = Queue()
    leave = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".hypothesis")
    for index in range(number):
        tree = folder / str(index)
        shutil.copytree(ROOT, tree, ignore=leave, symlinks=True)
        trees.put(tree)
    return trees


def run(chosen: list[Mutant], tests: dict[str, list[str]]) -> tuple[int, list[Mutant]]:
    """Try mutants until the time is up; return how many were tried, and those nobody noticed."""
    begun, survivors, tried = time.monotonic(), [], 0
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = copies(workers, Path(folder))

        def attempt(mutant: Mutant) -> bool | None:
            if time.monotonic() - begun > LIMIT:
                return None
            tree = trees.get()
            try:
                return is_noticed(mutant, tree, tests[mutant.module])
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(workers) as pool:
            for mutant, noticed in zip(chosen, pool.map(attempt, chosen), strict=True):
                if noticed is None:
                    continue
                tried += 1
                if not noticed:
                    survivors.append(mutant)
                    print(f"survived  {mutant}", flush=True)
    return tried, survivors


def main() -> int:
    """Run the sample and print the table; return 1 when too many survive without a reason."""
    known = tomllib.loads((ROOT / "bench/mutants.toml").read_text())
    tests = {
        module: names
        for group in known["group"]
        for module in group["modules"]
        for names in [group["tests"]]
    }
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    chosen = sample(sorted(tests), int(os.environ.get("SAMPLE", "120")), seed)
    print(f"SEED={seed}: {len(chosen)} mutants of {len(tests)} modules", flush=True)
    tried, survivors = run(chosen, tests)
    reasons = {entry["code"]: entry["why"] for entry in known.get("unnoticeable", [])}
    open_ones = [mutant for mutant in survivors if line_of(mutant) not in reasons]
    share = 1 - len(open_ones) / max(tried, 1)
    print(
        f"{tried} tried, {len(survivors)} survived, {len(open_ones)} of them without a reason: {share:.0%}"
    )
    return 0 if tried and share >= GOAL else 1


def line_of(mutant: Mutant) -> str:
    """Return the line of code that a mutant changes, as bench/mutants.toml names it."""
    lines = (ROOT / mutant.module).read_text().splitlines()
    return f"{mutant.module}: {lines[mutant.line - 1].strip()}"


if __name__ == "__main__":
    sys.exit(main())
