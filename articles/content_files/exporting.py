"""Exporting: rows into files, the same bytes each time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from articles.content_files import slug_redirects, writing
from articles.content_files.file_types import (
    CRISIS_WORDS,
    FILE_TYPES,
    HELPLINES,
    OFFERS,
    PICTURES,
    REDIRECTS,
    SNIPPETS,
    SOURCES,
    SYNONYMS,
    TOPICS,
    FileType,
    Values,
    values_of,
)
from articles.content_files.files import ContentError
from articles.content_files.helplines import file_only_fields
from articles.content_files.loading import mark_synced
from articles.content_files.newer_files import newer_files
from articles.models import Picture, SyncedModel

HINT = "Load the folder first, export into another one and compare, or export with --force to write over them."
HEADERS = {
    TOPICS.path: "The topics, in the order readers see them.",
    SOURCES.path: """
What the articles rest on. `checked = true` once a person has opened the link and found the work there; a work without that line
is not yet checked.""",
    PICTURES.path: "Pictures for articles (`:::picture key`), kept in pictures/. Each has `alt`, or `decorative = true`.",
    OFFERS.path: """
Partners' offers, by the key that articles name (`:::offer online-therapy`).

partner.example is a placeholder host, and a live site hides offers with a placeholder host. When there is a partner, change
every line to what that company's terms say on the day, enter the day in `checked_on`, and name the company on the affiliate
disclosure page.""",
    SNIPPETS.path: "Words that stand in several texts (`:::snippet key`). `title` is for the desk alone.",
    REDIRECTS.path: """
Addresses that lead elsewhere, set by hand; those of renamed articles are in old_addresses.toml. Without a target: gone for
good.""",
    CRISIS_WORDS.path: """
Words and phrases that bring people to talk to above everything on the search page, with their near spellings. Small letters,
no signs. `kind` is suicide, violence or other. The search reads this file itself when the database is away.""",
    SYNONYMS.path: """
What people type for things that our texts call by other names. `means`: our words, with commas between them; with each, all
of its words are looked for. What is typed is looked for as well, and counts more.""",
    HELPLINES.path: """
Emergency numbers and helplines, in the order readers see them. The get-help page and the guide read this file.

`checked_on` is the day a person looked the number up on the service's own page; without one it doesn't show as checked.
`confidence` says how far it was confirmed before that: A at the service's own or several sources, B at one other source, C not
at all; where two lists differed, the lower mark stands. `needs`: what people call it for (prose/helpline_needs.py), most of
all first. `region`: where it serves a part of the country alone. `chat`: the page on which it chats. `in_guide`: printed on
page 3 of the guide. `hours`: only where a source gave them. `remark`: for editors. "112 or 999" is two numbers: a link to
dial takes the ones beside " or " apart.""",
    slug_redirects.PATH: "Addresses that articles once had, and the articles they lead to now.",
}


@dataclass
class Exported:
    """What an export did to a folder, by paths in it.

    `strays` are files of no row, which are left unless asked otherwise.
    """

    written: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


@transaction.atomic
def export(folder: Path, *, prune: bool = False, force: bool = False) -> Exported:
    """Write all content below `folder`, and note of each row that its file says the same now.

    A folder with a file that says what was never loaded is left as it is, and ContentError names
    that file, unless `force` says to write over it.

    The old file of an article that moved is deleted. A file that belongs to no row may be one that
    was never loaded: it is left, unless `prune` says that the folder shall hold what the database
    holds and nothing else.
    """
    if not force:
        _refuse_newer_files(folder)
    rows = {file_type.path: _rows(file_type) for file_type in FILE_TYPES}
    files: dict[str, bytes] = {}
    for file_type in FILE_TYPES:
        files.update(_files(file_type, rows[file_type.path], folder))
    files[slug_redirects.PATH] = _addresses()
    exported = Exported()
    _write_all(folder, files, exported)
    _sort_out_strays(folder, files, exported, prune=prune)
    for file_type in FILE_TYPES:
        for row in rows[file_type.path]:
            mark_synced(file_type, row)
    return exported


def _write_all(folder: Path, files: dict[str, bytes], exported: Exported) -> None:
    for path, data in files.items():
        if _write(folder / path, data):
            exported.written.append(path)


def _sort_out_strays(
    folder: Path, files: dict[str, bytes], exported: Exported, *, prune: bool
) -> None:
    moved = {f"articles/{slug}.md" for slug in slug_redirects.values()}
    for path in sorted(set(_files_there(folder)) - set(files)):
        is_to_go = prune or path in moved
        if is_to_go:
            (folder / path).unlink()
        (exported.deleted if is_to_go else exported.strays).append(path)


def _refuse_newer_files(folder: Path) -> None:
    """Raise ContentError when writing over `folder` would lose something that nobody has loaded."""
    if newer := newer_files(folder):
        raise ContentError("These files say what was never loaded:", *newer, HINT)


def _rows(file_type: FileType) -> list[SyncedModel]:
    """Return all rows of one kind in the order of the file."""
    rows = file_type.model._default_manager.select_related()
    return sorted(rows, key=lambda row: (getattr(row, "position", 0), getattr(row, file_type.key)))


def _files(
    file_type: FileType, rows: list[SyncedModel], folder: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each file of one kind."""
    if file_type.is_markdown:
        for row in rows:
            path = f"{file_type.path}/{getattr(row, file_type.key)}.md"
            yield path, writing.markdown(_values(file_type, row, {})).encode()
        return
    entries: dict[str, Values] = {}
    before: Values = {}
    for row in rows:
        entries[getattr(row, file_type.key)] = _values(file_type, row, before)
        before = values_of(file_type, row)
    header = writing.comment(HEADERS[file_type.path])
    yield file_type.path, writing.toml([header, *_tables(file_type, entries, folder)]).encode()
    for row in rows:
        if isinstance(row, Picture):
            yield _picture(row)


def _values(file_type: FileType, row: SyncedModel, before: Values) -> Values:
    """Return what a file says of `row`: no default, and nothing that the rest implies."""
    values = values_of(file_type, row)
    inferred = file_type.inferred(values, before)
    written: Values = {}
    for name, field_name in file_type.fields.items():
        is_inferred = field_name in inferred
        unwritten = inferred[field_name] if is_inferred else file_type.default(field_name)
        if values[field_name] != unwritten:
            written[name] = values[field_name]
    if isinstance(row, Picture):
        written["file"] = Path(str(row.original.name)).name
    return written


def _tables(file_type: FileType, entries: dict[str, Values], folder: Path) -> Iterator[str]:
    if file_type is HELPLINES:
        yield from _helplines(entries, folder)
        return
    for name, values in entries.items():
        yield writing.table(f"[{writing.key(name)}]", values)


def _helplines(entries: dict[str, Values], folder: Path) -> Iterator[str]:
    """Yield the tables of helplines.toml, with what only the file knows."""
    emergency, file_only = file_only_fields(folder)
    countries: dict[str, str] = {}
    for values in entries.values():
        countries.setdefault(values["country"], values.get("country_name", ""))
    yield writing.table("[countries]", countries)
    for line in emergency:
        yield writing.table("[[emergency]]", line)
    for name, values in entries.items():
        if values.get("country_name") == countries[values["country"]]:
            del values["country_name"]
        beside = file_only.get(name, {})
        added = {key: value for key, value in beside.items() if value is not False}
        yield writing.table("[[helpline]]", {"id": name, **values, **added})


def _picture(row: Picture) -> tuple[str, bytes]:
    name = str(row.original.name)
    try:
        with row.original.storage.open(name) as file:
            return f"pictures/{Path(name).name}", file.read()
    except OSError as error:
        raise ContentError(
            f"The file of the picture “{row.key}” isn’t in the store: {name}"
        ) from error


def _addresses() -> bytes:
    parts = [
        writing.comment(HEADERS[slug_redirects.PATH]),
        writing.table("", slug_redirects.values()),
    ]
    return writing.toml(parts).encode()


def _files_there(folder: Path) -> Iterator[str]:
    """Yield the files of `folder` that each belong to one row, or should."""
    folders = [file_type.path for file_type in FILE_TYPES if file_type.is_markdown]
    for pattern in [*(f"{name}/*.md" for name in folders), "pictures/[!.]*"]:
        for file in folder.glob(pattern):
            yield file.relative_to(folder).as_posix()


def _write(file: Path, data: bytes) -> bool:
    """Write a file as a whole or not at all; one that says the same already is left alone."""
    if file.is_file() and file.read_bytes() == data:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.part")
    half.write_bytes(data)
    half.replace(file)
    return True
