"""Mutation test: change one thing in the code at a time, and see whether a test notices.

`make mutants` takes a sample (SAMPLE=120, SEED=… for the same one again, ROOM=scoring for one room)
of all the mutants that cosmic-ray can make of the modules in bench/mutants.toml, puts each into a
copy of the tree, and runs the tests that speak for its module. What survives is a missing test, or
stands in bench/equivalent_mutants.toml with the reason why nobody could notice it. Any other
survivor fails the run.

A run of tests spends most of its time on importing libraries and migrating a database. So libraries
are imported once, in the process that every run is forked from, and each run gets a copy of a
database that was migrated once.
"""

import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[1]
# Lines whose flags (frozen, slots) keep programmers, not programs, from mistakes, and sizes of what is kept for speed.
LEFT_OUT_LINES = ("@dataclass(", "@lru_cache(")
LEFT_OUT = (
    "BitOr",  # mostly the | of type annotations, which do nothing
    "Variable",  # replaces names by numbers: any run would fail
    "RemoveDecorator",  # of dataclasses and properties: fails at import
    *("Is_Eq", "IsNot_NotEq"),  # for members of enums and None the same
)
# For the tests of one mutant: processor time, so that a busy machine notices no more than an idle
# one, and time in all for one that waits for ever. A run that doesn't end has noticed the mutant.
CPU_SECONDS = 120
SECONDS = 600
MINUTES = 45  # for the whole run
GOAL = 0.95
OPTIONS = ["-q", "-x", "-p", "no:randomly", "-p", "no:xdist", "--reuse-db", "--ds=mutant_settings"]
SETTINGS = """
from tests.settings import *
DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "mutant.sqlite3"}
DATABASES["default"]["OPTIONS"]["init_command"] = (
    "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
)
"""
# Imported once for all runs, besides what these import. pytest wants to import its plugins itself.
LIBRARIES = """
    PIL.Image allauth brotli css_inline cryptography.fernet django.core.handlers.wsgi django.db.models
    django.db.backends.sqlite3.base django.forms django.template django.test django.test.client
    django.urls django.utils.translation django.views.generic email.message environs fido2.webauthn
    fontTools.ttLib html5lib lightningcss markdown_it nh3 qrcode redis regex textstat typst yaml
"""

Tests = tuple[str, ...]  # files and folders of tests, as pytest takes them


@dataclass(frozen=True)
class Mutant:
    """One change: an operator's n-th place in a module."""

    module: str
    line: int
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.name} #{self.occurrence}"

    @property
    def name(self) -> str:
        return self.operator.removeprefix("core/")

    @property
    def code(self) -> str:
        """The line that is changed."""
        return (ROOT / self.module).read_text().splitlines()[self.line - 1].strip()

    def text(self, root: Path) -> str | None:
        """Return the module's text with the change."""
        source = (root / self.module).read_text()
        operator = get_operator(self.operator)()
        try:
            changed: str | None = MutationVisitor.mutate_code(source, operator, self.occurrence)
        except AttributeError:  # of the library, on some nodes
            return None
        return changed


@dataclass(frozen=True)
class Room:
    """Modules that are changed, and the tests that must notice."""

    name: str
    modules: list[str]
    tests: list[str]


@dataclass(frozen=True)
class Equivalent:
    """A mutant that nobody could notice, named by its line and operator, and why."""

    module: str
    code: str
    operator: str
    why: str

    def __post_init__(self) -> None:
        if len(self.why.split()) < 4:
            raise ValueError(f"{self.module}: {self.code}: say why nobody could notice it")

    def is_(self, mutant: Mutant) -> bool:
        named = self.operator in (mutant.name, "any")
        return named and (self.module, self.code) == (mutant.module, mutant.code)


def rooms(only: str = "") -> list[Room]:
    """Return the rooms of bench/mutants.toml, or one of them."""
    tables = tomllib.loads((ROOT / "bench/mutants.toml").read_text())["room"]
    return [Room(**table) for table in tables if only in ("", table["name"])]


def equivalents() -> list[Equivalent]:
    """Return the mutants that nobody could notice."""
    tables = tomllib.loads((ROOT / "bench/equivalent_mutants.toml").read_text())
    return [Equivalent(**table) for table in tables.get("mutant", [])]


@cache
def mutants(module: str) -> list[Mutant]:
    """Return every mutant of a module."""
    return list(_mutants(module))


def _mutants(module: str) -> Iterator[Mutant]:
    nodes = list(ast_nodes(get_ast_from_path(ROOT / module)))
    for name in operator_names():
        operator_class = get_operator(name)
        if any(word in name for word in LEFT_OUT) or operator_class.arguments():
            continue
        operator = operator_class()
        places = (place for node in nodes for place in operator.mutation_positions(node))
        for occurrence, (start, _) in enumerate(places):
            mutant = Mutant(module, start[0], name, occurrence)
            if not mutant.code.startswith(LEFT_OUT_LINES):
                yield mutant


def sample(modules: Iterable[str], size: int, seed: int) -> list[Mutant]:
    """Return `size` mutants, spread over modules and lines: one place has many, and counts once."""
    choose = random.Random(seed)
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for module in sorted(modules):
        for mutant in mutants(module):
            by_line.setdefault((module, mutant.line), []).append(mutant)
    chosen = choose.sample(sorted(by_line), min(size, len(by_line)))
    picked = [choose.choice(by_line[line]) for line in chosen]
    return [mutant for mutant in picked if mutant.text(ROOT)]


# -- one run of tests ------------------------------------------------------------------------------
def import_libraries() -> None:
    """Import what every run imports, but nothing of ours."""
    for name in LIBRARIES.split():
        with suppress(ImportError):
            importlib.import_module(name)
    ours = {room.split("/")[0] for group in rooms() for room in group.modules}
    assert not ours & set(sys.modules), "nothing of ours may be imported before it is changed"


def start_tests(tree: Path, tests: Tests) -> int:
    """Run tests in `tree` in a process of their own; return its id. It ends with pytest's code."""
    shutil.copyfile(tree / "migrated.sqlite3", tree / "mutant.sqlite3")
    if process := os.fork():
        return process
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    said = os.open(tree / "said.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.environ |= {"MODE": "development", "DATA": str(tree / "var")}
    os.environ |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    os.chdir(tree)
    sys.dont_write_bytecode = True
    sys.path[0] = str(tree)
    code = 1
    try:
        code = int(pytest.main([*OPTIONS, *tests]))
    finally:
        os._exit(code)


def ended(process: int, begun: float) -> int | None:
    """Return the code a run ended with, or None while it runs; one that doesn't end is ended."""
    done, status = os.waitpid(process, os.WNOHANG)
    if done:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)  # servers that the tests had started
        return os.waitstatus_to_exitcode(status)
    if time.monotonic() - begun > SECONDS:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return -signal.SIGKILL
    return None


class Tree:
    """A copy of the tree in which one mutant at a time is tried."""

    def __init__(self, path: Path) -> None:
        self.path = path
        leave = shutil.ignore_patterns(".git", ".venv", "var", "build", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, path, ignore=leave, symlinks=True)
        (path / "mutant_settings.py").write_text(SETTINGS)
        (path / "migrated.sqlite3").touch()
        self.mutant: Mutant | None = None
        self.tests: Tests = ()
        self.process = self.code = 0
        self.begun = 0.0

    def start(self, tests: Tests, mutant: Mutant | None = None) -> None:
        """Put a mutant in its place, if there is one, and start tests."""
        self.tests, self.mutant, self.begun = tests, mutant, time.monotonic()
        if mutant:
            (self.path / mutant.module).write_text(mutant.text(self.path) or "")
        self.process = start_tests(self.path, tests)

    def has_ended(self) -> bool:
        """Whether the tests have ended; then the tree is as it was, and `code` says how it went."""
        if not self.process or (code := ended(self.process, self.begun)) is None:
            return False
        self.process, self.code = 0, code
        if self.mutant:
            shutil.copyfile(ROOT / self.mutant.module, self.path / self.mutant.module)
        elif code:
            said = (self.path / "said.txt").read_text()[-3000:]
            raise SystemExit(f"Without a mutant, {' '.join(self.tests)} end with {code}:\n{said}")
        return True


def migrated_tree(path: Path) -> Tree:
    """Return a tree whose database has been migrated once, to be copied for each run."""
    tree = Tree(path)
    tree.start(("tests/articles/linking/test_redirects.py",))
    while not tree.has_ended():
        time.sleep(0.05)
    shutil.copyfile(path / "mutant.sqlite3", path / "migrated.sqlite3")
    return tree


def run(chosen: list[Mutant], tests: dict[str, Tests]) -> Iterator[tuple[Mutant, bool]]:
    """Try mutants side by side until the time is up; yield each, and whether it was noticed.

    Each room's tests run on the code as it is, too: what fails anyway would notice everything.
    """
    begun = time.monotonic()
    limit = 60 * int(os.environ.get("MINUTES", MINUTES))
    unchanged: list[tuple[Tests, Mutant | None]] = [(names, None) for names in {*tests.values()}]
    waiting = [(tests[mutant.module], mutant) for mutant in reversed(chosen)] + unchanged
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        first = migrated_tree(Path(folder, "0"))
        trees = [first]
        for index in range(1, int(os.environ.get("WORKERS", os.cpu_count() or 1))):
            tree = Tree(Path(folder, str(index)))
            shutil.copyfile(first.path / "migrated.sqlite3", tree.path / "migrated.sqlite3")
            trees.append(tree)
        while waiting or any(tree.process for tree in trees):
            if time.monotonic() - begun > limit:
                waiting.clear()
            for tree in trees:
                if tree.has_ended() and tree.mutant:
                    yield tree.mutant, tree.code != 0
                if waiting and not tree.process:
                    tree.start(*waiting.pop())
            time.sleep(0.05)


def main() -> int:
    """Run the sample and print the table; return 1 when a mutant survives without a reason."""
    wanted = rooms(os.environ.get("ROOM", ""))
    tests: dict[str, Tests] = {}
    for room in wanted:
        tests |= dict.fromkeys(room.modules, tuple(room.tests))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    chosen = sample(tests, int(os.environ.get("SAMPLE", "120")), seed)
    print(f"SEED={seed}: {len(chosen)} mutants of {len(tests)} modules", flush=True)
    import_libraries()
    listed = equivalents()
    tried = survived = excused = 0
    for mutant, is_noticed in run(chosen, tests):
        tried += 1
        if tried % 10 == 0:
            print(f"{tried} of {len(chosen)}", flush=True)
        if not is_noticed:
            survived += 1
            has_reason = any(entry.is_(mutant) for entry in listed)
            excused += has_reason
            print(
                f"{'equivalent' if has_reason else 'survived  '}  {mutant}  {mutant.code}",
                flush=True,
            )
    unexplained = survived - excused
    share = 1 - unexplained / max(tried - excused, 1)
    print(
        f"{tried} tried, {tried - survived} noticed, {excused} equivalent, "
        f"{unexplained} survived without a reason: {share:.0%} of what could be noticed"
    )
    return 0 if tried and share >= GOAL and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
