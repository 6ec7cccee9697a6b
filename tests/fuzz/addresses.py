"""Every address of the site, from the URL configuration, and every name that its code reads out of a request."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLResolver, get_resolver
from django.utils.regex_helper import normalize

from tests.trustsite.web.patterns import modules

ADMIN = "admin/"


@dataclass(frozen=True)
class Address:
    """One pattern: its text with places such as %(slug)s, and the names of these."""

    text: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"/{self.text}"

    @property
    def is_admin(self) -> bool:
        return self.text.startswith(ADMIN)

    def filled(self, values: Mapping[str, str]) -> str:
        """Return a path with a value for each place."""
        return f"/{self.text % {name: values[name] for name in self.names}}"


@cache
def every_address() -> list[Address]:
    """Walk the URL configuration as Django does when it reverses a name."""
    found: dict[str, Address] = {}
    for regex in _regexes(get_resolver().url_patterns, ""):
        for text, names in normalize(regex):
            found.setdefault(text, Address(text, tuple(names)))
    return sorted(found.values(), key=str)


def _regexes(patterns: Iterable[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        regex = before + pattern.pattern.regex.pattern.removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _regexes(pattern.url_patterns, regex)
        else:
            yield regex


@cache
def names_read() -> list[str]:
    """Return the names that our code reads from a request: `GET.get("q")`, `POST["wish"]`, `"change" in data`."""
    names: set[str] = set()
    for module in modules():
        assert module.__file__
        with open(module.__file__) as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            names.update(_names_in(node))
    return sorted(names)


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if node.func.attr in {"get", "getlist", "pop"} and _is_posted(node.func.value):
            yield from _text(node.args[0])
    elif isinstance(node, ast.Subscript) and _is_posted(node.value):
        yield from _text(node.slice)
    elif isinstance(node, ast.Compare) and any(map(_is_posted, node.comparators)):
        yield from _text(node.left)


def _is_posted(node: ast.AST) -> bool:
    named = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return named in {"GET", "POST", "FILES", "data", "posted", "params"}


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
