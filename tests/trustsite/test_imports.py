"""Rules of imports that import-linter can't express, for it sees other people's packages only as a
whole.
"""

import ast
from functools import cache

import pytest

from bench import house
from tests.servers import ROOT

LONGEST_CHAIN = 20  # modules; docs/decisions/0015-the-tree.md says why it is no shorter
MOST_IN_A_FOLDER = 14

PACKAGES = ("trustsite", "accounts", "prose", "articles", "quiz", "newsletter")


def imported(source):
    """Yield the dotted names that a module imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_internal(name):
    return name.startswith("allauth.") and "internal" in name.split(".")


def modules():
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_allauths_internals_are_imported_in_their_seam_alone():
    importers = []
    for path in modules():
        if any(is_internal(name) for name in imported(path.read_text())):
            importers.append(str(path.relative_to(ROOT)))
    assert importers == ["accounts/allauth_internal.py"]


@pytest.mark.parametrize(
    "source",
    [
        "import allauth.mfa.totp.internal.auth",
        "from allauth.account.internal import flows",
        "def f():\n    from allauth.core.internal.cryptokit import compare_user_code",
    ],
)
def test_the_rule_sees_every_way_to_import(source):
    assert any(is_internal(name) for name in imported(source))


@cache
def graph():
    return house.import_graph(ROOT)


def test_no_modules_import_each_other_in_circles():
    assert house.circles(graph()) == []


def test_the_longest_chain_of_imports_gets_no_longer():
    chain = house.longest_chain(graph())
    assert len(chain) <= LONGEST_CHAIN, " > ".join(chain)


def test_a_circle_and_a_chain_are_seen():
    tree = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"e"}, "e": {"d"}}
    assert house.circles(tree) == [["d", "e"]]
    del tree["d"], tree["e"]
    assert house.longest_chain(tree) == ["a", "b", "c"]


def test_no_folder_holds_more_modules_than_an_eye_takes_in():
    heaps = {
        folder: number
        for folder, number in house.modules_per_folder(ROOT).items()
        if number > MOST_IN_A_FOLDER
    }
    assert heaps == {}
