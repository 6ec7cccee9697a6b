"""Every regular expression of the site's code, found by walking it, and the texts that cost each one most."""

import ast
import importlib
import inspect
import math
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, partial
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]  # the only thing that knows a pattern's parts
from types import ModuleType
from typing import Any

APPS = (
    *("trustsite", "accounts", "analytics", "prose", "articles", "quiz", "newsletter"),
    "operations",
)
METHODS = {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
COMPILED = "compile"
POOL: tuple[str, ...] = (
    "@",
    "a",
    "/",
    ".",
    " ",
    "<",
    "[",
    "(",
    '"',
    "'",
    "-",
    "\n",
    "1",
    ":",
    "=",
    "{",
    "*",
    "&",
    "\\",
    "é",
    "a@",
    "?x",
)
POOL += (
    "a.",
    "a ",
    "[^",
    "](",
    "<a",
    "{%",
    "---\n",
    ":::",
    "https://",
    "<sup",
    "a\n",
    "\n\n",
    "A ",
    "a'",
    "//",
    "a-",
)
CHARACTERS = 10  # of each pattern's own, that are tried in pairs


@dataclass(frozen=True)
class Found:
    """A pattern, how the code uses it, and where it stands."""

    pattern: re.Pattern[Any]
    method: str
    place: str

    def __str__(self) -> str:
        return f"{self.place} {self.method} {self.pattern.pattern[:40]!r}"


def modules() -> Iterator[ModuleType]:
    """Import every module of our apps."""
    for app in APPS:
        package = importlib.import_module(app)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{app}."):
            if "migrations" not in found.name:
                yield importlib.import_module(found.name)


def every_pattern() -> Any:
    """Return every pattern that stands in a module, a class, a container there, or a call of `re` in the code."""
    found: dict[tuple[re.Pattern[Any], str], Found] = {}
    for module in modules():
        source = Path(str(module.__file__)).read_text()
        named = _methods(source)
        held = vars(module).items()
        classes = [
            c
            for c in vars(module).values()
            if inspect.isclass(c) and c.__module__ == module.__name__
        ]
        for name, value in [*held, *(pair for each in classes for pair in vars(each).items())]:
            for pattern in _patterns_in(value):
                for method in named.get(name, {"finditer"}):
                    found.setdefault(
                        (pattern, method), Found(pattern, method, f"{module.__name__}.{name}")
                    )
        # One with a name is tried the ways the code uses that name, and no other way.
        named_ones = {pattern for pattern, _ in found}
        for each in _inline(source, module.__name__):
            if each.method != COMPILED or each.pattern not in named_ones:
                method = "finditer" if each.method == COMPILED else each.method
                found.setdefault((each.pattern, method), replace(each, method=method))
    return sorted(found.values(), key=str)


def _patterns_in(value: Any, depth: int = 0) -> Iterator[Any]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _patterns_in(item, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for item in [*value, *value.values()]:
            yield from _patterns_in(item, depth + 1)
    elif depth < 3 and is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _patterns_in(getattr(value, each.name), depth + 1)


def _methods(source: str) -> dict[str, set[str]]:
    """Return what the code of a module does with each name: `NAME.search(…)`."""
    used: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in METHODS
            and isinstance(node.value, ast.Name)
        ):
            used.setdefault(node.value.id, set()).add(node.attr)
    return used


def _inline(source: str, place: str) -> Iterator[Any]:
    """Yield the patterns of calls such as `re.sub("…", …)`. One that is put together stands with "a" for each value."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if not (
            isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in {*METHODS, COMPILED}
        ):
            continue
        if (text := _literal(node.args[0])) is not None:
            yield Found(re.compile(text, _flags(node)), node.func.attr, f"{place}:{node.lineno}")


def _literal(node: Any) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "a" for part in node.values
        )
    return None


def _flags(node: Any) -> int:
    names = {each.attr for part in [*node.args[1:], *(word.value for word in node.keywords)] for each in ast.walk(part)
             if isinstance(each, ast.Attribute) and each.attr in re.RegexFlag.__members__}  # fmt: skip
    return sum(re.RegexFlag[name] for name in names)


# -- texts -----------------------------------------------------------------------------------------------------------
CATEGORIES = {
    "CATEGORY_SPACE": " \n", "CATEGORY_WORD": "a1_", "CATEGORY_DIGIT": "1",
    "CATEGORY_NOT_SPACE": "a.", "CATEGORY_NOT_WORD": ". ", "CATEGORY_NOT_DIGIT": "a",
}  # fmt: skip


def _members(items: Any) -> Any:
    """Return some characters of a class."""
    negated, excluded = False, ""
    kept: list[str] = []
    for kind, value in items:
        kind = str(kind)
        if kind == "NEGATE":
            negated = True
        elif kind == "LITERAL":
            kept.append(chr(value))
        elif kind == "RANGE":
            kept += [chr(value[0]), chr(value[1])]
        elif kind == "CATEGORY":
            kept += CATEGORIES[str(value)]
    if negated:
        excluded = "".join(kept)
        kept = [
            c
            for c in "a1. <[-@/\n"
            if c not in excluded and not (" \n" in excluded and c.isspace())
        ]
    return kept or ["a"]


def _read(parsed: Any) -> Any:
    """Return (all characters a pattern names, one text it matches as a list of pieces)."""
    characters, sample = [], []
    for kind, value in parsed:
        kind = str(kind)
        if kind in {"LITERAL", "NOT_LITERAL"}:
            own, piece = [chr(value)], chr(value) if kind == "LITERAL" else "a"
        elif kind == "ANY":
            own, piece = ["a"], "a"
        elif kind == "IN":
            own = _members(value)
            piece = own[0]
        elif kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            own, pieces = _read(value[2])
            piece = "".join(pieces) * min(max(value[0], 1), 40)
        elif kind == "SUBPATTERN":
            own, pieces = _read(value[3])
            piece = "".join(pieces)
        elif kind == "ATOMIC_GROUP":
            own, pieces = _read(value)
            piece = "".join(pieces)
        elif kind == "BRANCH":
            branches = [_read(branch) for branch in value[1]]
            own, piece = [c for branch in branches for c in branch[0]], "".join(branches[0][1])
            own += ["".join(branch[1]) for branch in branches]
        elif kind in {"ASSERT", "ASSERT_NOT"}:
            own, pieces = _read(value[1])
            piece = "" if kind == "ASSERT_NOT" else "".join(pieces)
        else:
            own, piece = [], ""
        characters += own
        sample.append(piece)
    return characters, sample


@cache
def worst_fragments(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Return (a beginning, a fragment to repeat, an end) for each text that may cost `pattern` much."""
    is_bytes = isinstance(pattern.pattern, bytes)
    text = pattern.pattern.decode("latin-1") if is_bytes else pattern.pattern
    characters, sample = _read(
        parser.parse(text, pattern.flags & ~re.UNICODE if is_bytes else pattern.flags)
    )
    own = list(dict.fromkeys(characters))
    singles = [each for each in own if len(each) == 1][:CHARACTERS]
    starts = ["".join(sample[:length]) for length in range(1, len(sample) + 1)][-12:]
    starts = [start for start in dict.fromkeys(starts) if start]
    found = {("", fragment, "") for fragment in (*POOL, *own[:60])}
    found |= {
        ("", first + second, "") for first in singles for second in singles if first != second
    }
    found |= {("", start, "") for start in starts}
    found |= {(start, each, "\0") for start in starts[-6:] for each in (*singles, "a", " ")}
    found |= {("", start[:-1], "") for start in starts if len(start) > 1}
    found |= {("", start + "\n", "") for start in starts[-3:]}
    return sorted(each for each in found if each[1])


def text_of(fragment: tuple[str, str, str], length: int) -> str:
    """Return a text of `length` characters made of a fragment."""
    start, middle, end = fragment
    return (start + middle * (length // len(middle) + 1))[:length] + end


# -- cost ------------------------------------------------------------------------------------------------------------
FLOOR = 0.008  # seconds; below it nothing is measured but noise
HARMLESS = 2 * FLOOR  # for the longest text; what can't cost more is not looked at further
LEAST_TO_TELL = 2_048  # characters; shorter texts may not yet show what a pattern costs
LEAST_TO_COMPARE = 8_192  # characters; from here on two sizes tell what of a cost is quadratic
TRIES = 5  # others may use the machine just now, and a slow moment is no growth
MOST_GROWTH = 2.5


def cost(run: Callable[[str], object], text: str) -> float:
    """Return the processor time that `run(text)` takes in this thread."""
    began = time.thread_time()
    run(text)
    return time.thread_time() - began


def grows(
    run: Callable[[str], object],
    make: Callable[[int], str],
    sizes: Sequence[int] = (8, 16, 24, 32, 128, 512, 2_048, 8_192, 32_768, 65_536),
) -> str:
    """Return how the cost of `run` grows too fast over `make(size)`, or "". Small sizes first: the large may take hours."""
    before, last = 0.0, 0
    for size in sizes:
        now = cost(run, make(size))
        if now > FLOOR:
            allowed = MOST_GROWTH ** math.log2(size / last) if last else 1.0
            now, before, is_growth = _compared(run, make(size), make(last), allowed, now, before)
            if is_growth:
                return f"{last}: {before:.4f} s, {size}: {now:.4f} s"
        if size >= LEAST_TO_TELL and now * (sizes[-1] / size) ** 2 < HARMLESS:
            return ""  # were it quadratic from here on, it would still cost nothing
        if size >= LEAST_TO_COMPARE and last:
            before = min(before, cost(run, make(last)))  # a slow moment there would hide growth
            if _quadratic(last, before, size, now) * sizes[-1] ** 2 < HARMLESS:
                return ""
        before, last = now, size
    return ""


def _quadratic(shorter: int, before: float, longer: int, now: float) -> float:
    """Return what of a cost grows with the square of the length, per square character: c of b·n + c·n²."""
    times = longer / shorter
    return (now - times * before) / (longer**2 - times * shorter**2)


def _compared(
    run: Callable[[str], object], text: str, shorter: str, allowed: float, now: float, before: float
) -> tuple[float, float, bool]:
    """Return the least cost of both texts over interleaved tries, and whether each try shows growth."""
    for _ in range(TRIES):
        if now <= FLOOR or now <= allowed * before:
            return now, before, False
        # A moment that is slow for one is slow for the other: the two of one try are compared.
        before, now = cost(run, shorter), cost(run, text)
    return now, before, now > FLOOR and now > allowed * before


def runner(found: Found) -> Callable[[str], None]:
    """Return a function that does with a text what the code does with it."""
    pattern, method = found.pattern, found.method
    empty = b"" if isinstance(pattern.pattern, bytes) else ""

    def run(text: str) -> None:
        subject = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
        if method in {"sub", "subn"}:
            pattern.sub(empty, subject)
        elif method == "finditer":
            for _ in pattern.finditer(subject):
                pass
        else:
            getattr(pattern, method)(subject)

    return run


def too_slow(found: Found) -> str:
    """Return the texts whose cost grows too fast for a pattern, with how."""
    run = runner(found)
    for fragment in worst_fragments(found.pattern):
        if how := grows(run, partial(text_of, fragment)):
            return f"{found}: {fragment} {how}"
    return ""
