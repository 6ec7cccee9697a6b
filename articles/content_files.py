"""The content folder's way into the database: articles, pages, response texts, sources, topics, offers, helplines.

A row that is there already is left as it is, so loading again changes nothing; `force` writes the files over it.
A file that can't be loaded names itself and the reason, and nothing half-loaded remains.
"""

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from articles.models import Article, Helpline, Offer, Page, Response, Source, Topic


class ContentError(Exception):
    """A content file that can't be loaded: which, and why."""


def load(folder: Path, *, force: bool = False) -> dict[str, int]:
    """Load all of `folder` in one transaction. Return how many rows of each kind were written."""
    steps: list[tuple[type[models.Model], Callable[[Path], Iterator[tuple[Path, dict[str, Any]]]]]] = [
        (Topic, _topics),
        (Source, _sources),
        (Offer, _offers),
        (Helpline, _helplines),
        (Page, _pages),
        (Response, _responses),
        (Article, _articles),
    ]
    with transaction.atomic():
        return {str(model._meta.verbose_name_plural): _write(model, read(folder), force) for model, read in steps}


def _write(model: type[models.Model], rows: Iterator[tuple[Path, dict[str, Any]]], force: bool) -> int:
    key = "key" if any(field.name == "key" for field in model._meta.fields) else "slug"
    present = {getattr(row, key): row for row in model._default_manager.all()}
    written = 0
    for file, values in rows:
        row = present.get(values[key])
        if row is not None and not force:
            continue
        row = row or model()
        for name, value in values.items():
            setattr(row, name, value)
        try:
            row.full_clean()
        except ValidationError as error:
            raise ContentError(f"{file}: {values[key]}: {'; '.join(error.messages)}") from error
        row.save()
        written += 1
    return written


def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"{file}: {error}") from error


def _known(model: type[models.Model], file: Path, values: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in model._meta.fields}
    if unknown := set(values) - names:
        raise ContentError(f"{file}: unknown field {', '.join(sorted(unknown))}")
    return values


def _topics(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    file = folder / "topics.toml"
    for position, (slug, values) in enumerate(_tables(file).items()):
        yield file, _known(Topic, file, {"slug": slug, "position": position, **values})


def _sources(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    file = folder / "sources.toml"
    for key, values in _tables(file).items():
        yield file, _known(Source, file, {"key": key, **values})


def _offers(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    file = folder / "offers.toml"
    for key, values in _tables(file).items():
        yield file, _known(Offer, file, {"key": key, **values})


def _helplines(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    file = folder / "helplines.toml"
    tables = _tables(file)
    for position, values in enumerate(tables["helpline"]):
        # How far a number was confirmed and whether the guide prints it are the file's own matters.
        kept = {name: value for name, value in values.items() if name not in {"id", "confidence", "in_guide"}}
        try:
            country_name = tables["countries"][values["country"]]
        except KeyError as error:
            raise ContentError(f"{file}: {values.get('id')}: unknown country {error}") from error
        yield (
            file,
            _known(Helpline, file, {"key": values["id"], "country_name": country_name, "position": position, **kept}),
        )


def emergency_numbers() -> list[dict[str, Any]]:
    """Return country and numbers of each emergency line, from the file: a page that needs them can't wait for a database."""
    lines = _tables(settings.CONTENT_DIR / "helplines.toml")["emergency"]
    return [{"country": line["country"], "numbers": line["number"].split(" or ")} for line in lines]


def _texts(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(folder.glob("*.md")):
        try:
            post = frontmatter.loads(file.read_text())
        except yaml.YAMLError as error:
            raise ContentError(f"{file}: {error}") from error
        yield file, {**post.metadata, "body": _with_site_facts(post.content)}


def _with_site_facts(body: str) -> str:
    """Fill in what only the settings know about the publisher."""
    facts = {
        "{publisher}": settings.PUBLISHER,
        "{postal_address}": settings.POSTAL_ADDRESS,
        "{contact_email}": settings.CONTACT_EMAIL,
        "{site_name}": settings.SITE_NAME,
    }
    for name, value in facts.items():
        body = body.replace(name, value)
    return body


def _morning(day: Any) -> datetime:
    return datetime.combine(day, time(), UTC)


def _pages(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file, values in _texts(folder / "pages"):
        values["updated_at"] = _morning(values.pop("updated"))
        yield file, _known(Page, file, {"slug": file.stem, **values})


def _responses(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    order = ["fight", "flight", "freeze", "fawn"]
    for file, values in _texts(folder / "responses"):
        values["title"] = values.pop("name")
        position = order.index(file.stem) if file.stem in order else len(order)
        yield file, _known(Response, file, {"key": file.stem, "position": position, **values})


def _articles(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    for file, values in _texts(folder / "articles"):
        try:
            values["topic"] = topics[values["topic"]]
        except KeyError as error:
            raise ContentError(f"{file}: unknown topic {error}") from error
        published = values.pop("published", None)
        values["state"] = Article.State.PUBLISHED if published else Article.State.DRAFT
        values["publish_at"] = _morning(published) if published else None
        values["updated_at"] = _morning(values.pop("updated", None) or published) if published else values["publish_at"]
        values["checked_on"] = values.pop("checked", None)
        yield file, _known(Article, file, {"slug": file.stem, **values})
