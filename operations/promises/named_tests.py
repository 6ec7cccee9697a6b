"""Named tests: whether the tests that a promise names are there, read from their files without running any.

`make check` has pytest collect them as well (tests/check_promises.py); the site itself has no pytest.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

LEFT_OUT = {"skip", "skipif", "xfail"}


def is_there(node_id: str, root: Path | None = None) -> bool:
    """Whether a test of this name is in its file, and nothing there leaves it out."""
    name, _, test = node_id.partition("::")
    return test in _tests((root or settings.BASE_DIR) / name)


@cache
def _tests(path: Path) -> frozenset[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return frozenset()
    if any(_is_mark_of_file(node) for node in tree.body):
        return frozenset()
    return frozenset(_named(tree.body))


def _named(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not _is_left_out(node):
            yield from _named(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_left_out(node):
            yield prefix + node.name


def _is_left_out(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator leaves it out, or a line of it does: `pytest.skip()` in a test is no test."""
    if any(LEFT_OUT & _attributes(decorator) for decorator in node.decorator_list):
        return True
    is_test = not isinstance(node, ast.ClassDef)
    calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return is_test and any(
        {"pytest"} <= _attributes(call) and LEFT_OUT & _attributes(call) for call in calls
    )


def _is_mark_of_file(node: ast.stmt) -> bool:
    is_mark = isinstance(node, ast.Assign) and "pytestmark" in {
        target.id for target in node.targets if isinstance(target, ast.Name)
    }
    return is_mark and bool(LEFT_OUT & _attributes(node))


def _attributes(node: ast.AST) -> set[str]:
    names = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return names | {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
