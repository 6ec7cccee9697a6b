"""Rules of imports that import-linter can't express, for it sees other people's packages only as a
whole.
"""

import ast

import pytest

from tests.servers import ROOT

PACKAGES = ("trustsite", "accounts", "analytics", "prose", "articles", "quiz", "newsletter")


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
