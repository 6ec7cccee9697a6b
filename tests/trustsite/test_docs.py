"""Docs: every path, link, manage.py command and make target that a document names is there."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.servers import ROOT

# Paths in backticks that are there once the site runs.
MADE_WHEN_RUN = ("var", "build", "media", "daily-sums", "limits.sqlite3", "staticfiles", ".env")
ENDINGS = "css|html|in|js|json|md|mk|py|sh|svg|toml|txt|typ|webp"
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(rf"\.?[\w.*-]+(/[\w.*-]+)*(/|\.({ENDINGS}))")
TARGET = re.compile(r"(?:`|^)make ([a-z]+)", re.MULTILINE)
MAKEFILE_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")


def documents():
    """Yield every document."""
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def tracked():
    """Return every file of the working tree that is ours, by its path from the root."""
    skipped = {".git", ".venv", ".mypy_cache", "build", "var", "__pycache__", "node_modules"}
    found = set()
    for path in ROOT.rglob("*"):
        relative = path.relative_to(ROOT)
        if skipped.isdisjoint(relative.parts):
            found.add(relative.as_posix())
    return found


FILES = tracked()


def paths_named(text):
    """Yield what looks like a path of the repository in a document's backticks."""
    for words in IN_BACKTICKS.findall(FENCED.sub("", text)):
        if PATH.fullmatch(words) and not words.startswith(MADE_WHEN_RUN):
            yield words


def is_there(path, document="README.md"):
    """Whether a path is there: from the root, beside the document, or as the end of one path."""
    wanted = path.rstrip("/")
    beside = (Path(document).parent / wanted).as_posix()
    ends = [f"*/{wanted}", wanted, beside]
    return any(fnmatch(file, end) for file in FILES for end in ends)


def commands_named(text):
    return COMMAND.findall(text)


def unknown_targets(text):
    """Return the make targets that a document names and the Makefile hasn't."""
    known = MAKEFILE_TARGET.findall((ROOT / "Makefile").read_text())
    return [target for target in TARGET.findall(text) if target not in known]


@pytest.mark.parametrize("document", documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_document_names_is_there(document):
    text, name = document.read_text(), document.relative_to(ROOT).as_posix()
    missing = [path for path in paths_named(text) if not is_there(path, name)]
    assert not missing
    links = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not links
    unknown = [command for command in commands_named(text) if command not in get_commands()]
    assert not unknown
    assert not unknown_targets(text)


@pytest.mark.parametrize("words", ["`articles/reading/views.py`", "`nowhere.py`", "`newsletter/`"])
def test_paths_are_seen(words):
    assert list(paths_named(words)) == [words.strip("`")]


@pytest.mark.parametrize("words", ["`.env.example`", "`/get-help/`", "`a/b`", "`:::offer key`"])
def test_what_is_no_path_is_left_alone(words):
    assert not list(paths_named(words))


@pytest.mark.parametrize("path", ["trustsite/nowhere.py", "nowhere.py", "newsletter/desk/"])
def test_a_path_that_is_gone_is_seen(path):
    assert not is_there(path)


def test_a_command_that_is_gone_is_seen():
    assert commands_named("run `manage.py let_all_in`") == ["let_all_in"]
    assert "let_all_in" not in get_commands()


def test_a_make_target_that_is_gone_is_seen():
    assert unknown_targets("`make run` and `make coffee`\n\nmake tea\n") == ["coffee", "tea"]


def test_every_record_has_a_number_of_its_own():
    numbers = []
    for record in sorted((ROOT / "docs/decisions").glob("*.md")):
        numbers.append(int(record.name[:4]))
        assert record.read_text().startswith(f"# {numbers[-1]}. "), record.name
    assert numbers == list(range(1, len(numbers) + 1))
