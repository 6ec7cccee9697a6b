"""Rules of imports that import-linter can't express, for it sees other people's packages only as a
whole.
"""

import ast
import re
from functools import cache

import pytest

from bench import house
from tests.servers import ROOT

# Who may use names that begin with an underscore of libraries, and so is read again at an upgrade.
SEAMS = {
    "accounts/allauth_internal.py": "allauth",
    "trustsite/serve.py": "granian",
    "trustsite/web/django_internal.py": "Django",
}
OFFERED = {
    "_base_manager",
    "_change_reason",
    "_default_manager",
    "_meta",
    "_replace",
}  # documented all the same
# Modules of Django that its documentation doesn't name, and who imports them.
UNDOCUMENTED = {
    "django.contrib.admin.options": [
        "newsletter/admin/subscribers.py",
        "trustsite/desk/publishing.py",
    ],
    "django.contrib.admin.templatetags.admin_list": ["trustsite/templatetags/desk_lists.py"],
    "django.contrib.admin.templatetags.admin_urls": ["trustsite/templatetags/desk_lists.py"],
    "django.contrib.admin.utils": [
        "articles/admin/history.py",
        "trustsite/desk/trash.py",
        "trustsite/templatetags/desk_lists.py",
    ],
    "django.contrib.admin.views.main": [
        "articles/admin/article_list.py",
        "articles/admin/history.py",
        "newsletter/admin/keyset.py",
        "trustsite/templatetags/desk_lists.py",
    ],
    "django.core.handlers.wsgi": ["trustsite/web/serving/refusals.py"],
    "django.core.mail.message": ["newsletter/emails/email.py"],  # gone from Django 7
    "django.db.migrations.loader": [
        "operations/backups/version.py",
        "operations/upgrading/migration_rules.py",
    ],
    "django.db.migrations.recorder": ["operations/backups/version.py"],
    "django.db.models.fields.files": [
        "articles/content_files/file_types.py",
        "trustsite/web/django_internal.py",
    ],
    "django.http.multipartparser": ["quiz/views.py"],
    "django.http.request": ["trustsite/web/serving/edge.py"],
    "django.template.base": ["trustsite/templatetags/site.py"],
    "django.templatetags.static": ["trustsite/web/inline_css.py"],
}
LONGEST_CHAIN = 20  # modules; docs/decisions/0015-the-tree.md says why it is no shorter
MOST_IN_A_FOLDER = 14

PACKAGES = (
    *("trustsite", "accounts", "analytics", "prose", "articles", "quiz", "newsletter"),
    "operations",
)


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


def private_names(source):
    """Yield the names with an underscore that are asked of something else than `self`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner not in {"self", "cls"} and node.attr not in OFFERED:
                yield node.attr


def test_what_libraries_keep_for_themselves_is_used_in_seams_alone():
    users = set()
    for path in modules():
        if "migrations" not in path.parts and any(private_names(path.read_text())):
            users.add(str(path.relative_to(ROOT)))
    assert users == set(SEAMS)


def test_a_private_name_is_seen_and_ones_own_is_not():
    assert list(private_names("file._committed; super()._post_clean()"))
    assert not list(private_names("self._mine; cls._mine; model._meta"))


def test_modules_that_django_does_not_document_are_known_with_who_imports_them():
    importers = {}
    for path in modules():
        for name in imported(path.read_text()):
            for module in UNDOCUMENTED:
                if name.startswith(f"{module}."):
                    importers.setdefault(module, set()).add(str(path.relative_to(ROOT)))
    assert {module: sorted(users) for module, users in importers.items()} == UNDOCUMENTED


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
