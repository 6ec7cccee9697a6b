"""Rows into files: what the database holds, the same bytes each time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from articles.content_files import slug_redirects, writing
from articles.content_files.file_types import (
    CRISIS_WORDS,
    HELPLINES,
    KINDS,
    OFFERS,
    PICTURES,
    REDIRECTS,
    SOURCES,
    TOPICS,
    Kind,
    Values,
    values_of,
)
from articles.content_files.files import ContentError
from articles.content_files.helplines import kept_beside
from articles.content_files.loading import remember
from articles.models import Filed, OldAddress, Picture

HEADERS = {
    TOPICS.place: "The topics, in the order readers see them.",
    SOURCES.place: """
What the articles rest on. `checked = true` once a person has opened the link and found the work there; a work without that line
is not yet checked.""",
    PICTURES.place: "Pictures for articles (`:::picture key`), kept in pictures/. Each has `alt`, or `decorative = true`.",
    OFFERS.place: """
Partners' offers, by the key that articles name (`:::offer online-therapy`).

partner.example is a placeholder host, and a live site hides offers with a placeholder host. When there is a partner, change
every line to what that company's terms say on the day, enter the day in `checked_on`, and name the company on the affiliate
disclosure page.""",
    REDIRECTS.place: """
Addresses that lead elsewhere, set by hand; those of renamed articles are in old_addresses.toml. Without a target: gone for
good.""",
    CRISIS_WORDS.place: """
Words and phrases that bring people to talk to above everything on the search page, with their near spellings. Small letters,
no signs. `kind` is suicide, violence or other. The search reads this file itself when the database is away.""",
    HELPLINES.place: """
Emergency numbers and helplines, in the order readers see them. The get-help page and the guide read this file.

`checked_on` is the day a person looked the number up on the service's own page; without one it doesn't show as checked.
`confidence` says how far it was confirmed before that: A at the service's own or several sources, B at one other source, C not
at all; where two lists differed, the lower mark stands. `needs`: what people call it for (prose/helpline_needs.py), most of
all first. `region`: where it serves a part of the country alone. `chat`: the page on which it chats. `in_guide`: printed on
page 3 of the guide. `hours`: only where a source gave them. `remark`: for editors. "112 or 999" is two numbers: a link to
dial takes the ones beside " or " apart.""",
    slug_redirects.PLACE: "Addresses that articles once had, and the articles they lead to now.",
}


@dataclass
class Exported:
    """What an export did to a folder, by paths in it. `strays` are files of no row, which are left unless asked otherwise."""

    written: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


@transaction.atomic
def export(folder: Path, *, prune: bool = False) -> Exported:
    """Write all content below `folder`, and remember of each row that its file says the same now.

    The old file of an article that moved is deleted. A file that belongs to no row may be one that was never loaded: it is
    left, unless `prune` says that the folder shall hold what the database holds and nothing else.
    """
    rows = {kind.place: list(_rows(kind)) for kind in KINDS}
    files = {path: data for kind in KINDS for path, data in _files(kind, rows[kind.place], folder)}
    files[slug_redirects.PLACE] = _addresses()
    done = Exported()
    strays = sorted(set(_there(folder)) - set(files))
    moved = {f"articles/{slug}.md" for slug in OldAddress.objects.values_list("slug", flat=True)}
    for path, data in files.items():
        if _write(folder / path, data):
            done.written.append(path)
    for path in strays:
        if prune or path in moved:
            (folder / path).unlink()
        (done.deleted if prune or path in moved else done.strays).append(path)
    for kind in KINDS:
        for row in rows[kind.place]:
            remember(kind, row)
    return done


def _rows(kind: Kind) -> list[Filed]:
    """Return all rows of one kind in the order of the file."""
    rows = kind.model._default_manager.select_related()
    return sorted(rows, key=lambda row: (getattr(row, "position", 0), getattr(row, kind.key)))


def _files(kind: Kind, rows: list[Filed], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each file of one kind."""
    if kind.is_markdown:
        for row in rows:
            yield (
                f"{kind.place}/{getattr(row, kind.key)}.md",
                writing.markdown(_said(kind, row, {})).encode(),
            )
        return
    entries: dict[str, Values] = {}
    before: Values = {}
    for row in rows:
        entries[getattr(row, kind.key)] = _said(kind, row, before)
        before = values_of(kind, row)
    parts = (
        _helplines(entries, folder)
        if kind is HELPLINES
        else (_table(name, said) for name, said in entries.items())
    )
    yield kind.place, writing.toml([writing.comment(HEADERS[kind.place]), *parts]).encode()
    yield from (_picture(row) for row in rows if isinstance(row, Picture))


def _said(kind: Kind, row: Filed, before: Values) -> Values:
    """Return what a file says of `row`: no default, and nothing that the rest implies."""
    values = values_of(kind, row)
    implied = kind.implied(values, before)
    said = {
        name: values[field]
        for name, field in kind.fields.items()
        if values[field] != _unsaid(kind, field, implied)
    }
    return said | {"file": Path(str(row.original.name)).name} if isinstance(row, Picture) else said


def _unsaid(kind: Kind, field: str, implied: Values) -> object:
    return implied[field] if field in implied else kind.default(field)


def _table(name: str, said: Values) -> str:
    return writing.table(f"[{writing.key(name)}]", said)


def _helplines(entries: dict[str, Values], folder: Path) -> Iterator[str]:
    """Yield the tables of helplines.toml, with what only the file knows."""
    emergency, beside = kept_beside(folder)
    countries: dict[str, str] = {}
    for said in entries.values():
        countries.setdefault(said["country"], said.get("country_name", ""))
    yield writing.table("[countries]", countries)
    for line in emergency:
        yield writing.table("[[emergency]]", line)
    for name, said in entries.items():
        if said.get("country_name") == countries[said["country"]]:
            del said["country_name"]
        kept = {known: value for known, value in beside.get(name, {}).items() if value is not False}
        yield writing.table("[[helpline]]", {"id": name, **said, **kept})


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
        writing.comment(HEADERS[slug_redirects.PLACE]),
        writing.table("", slug_redirects.said()),
    ]
    return writing.toml(parts).encode()


def _there(folder: Path) -> Iterator[str]:
    """Yield the files of `folder` that each belong to one row, or should."""
    for place in [*(f"{kind.place}/*.md" for kind in KINDS if kind.is_markdown), "pictures/[!.]*"]:
        for file in folder.glob(place):
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
