"""What the desk's search finds of the articles and of what stands around them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from articles.models import (
    Article,
    CrisisWord,
    Helpline,
    Offer,
    Page,
    Picture,
    Redirect,
    Response,
    Snippet,
    Source,
    Synonym,
    Topic,
)
from articles.searching import desk_index
from trustsite.desk.find import Group, Hit, group
from trustsite.desk.rows import change_url

Detail = Callable[[Any], str]


def _said(*names: str) -> Detail:
    """Return what tells a row from others of its kind: the first of its fields that says something."""
    return lambda row: next((str(value) for name in names if (value := getattr(row, name))), "")


def _of_article(row: Article) -> str:
    changed = timezone.localtime(row.changed_at)
    return f"{row.stage}, {row.topic}, last changed {changed:%-d %B %Y}"


# Name of the kind, model, fields that are searched (the first is its name), what stands beside it.
KINDS: list[tuple[str, Any, tuple[str, ...], Detail]] = [
    ("Articles", Article, ("title", "slug", "standfirst", "description"), _of_article),
    ("Pages", Page, ("title", "slug", "description", "body"), lambda row: f"/{row.slug}/"),
    ("Responses", Response, ("title", "key", "tagline", "belief", "body"), _said("key")),
    ("Topics", Topic, ("title", "slug", "intro"), _said("intro")),
    ("Sources", Source, ("title", "key", "authors", "published_in"), _said("authors", "key")),
    ("Pictures", Picture, ("key", "alt", "caption"), _said("alt", "caption")),
    ("Snippets", Snippet, ("title", "key", "body"), _said("key")),
    ("Offers", Offer, ("heading", "key", "partner", "text"), _said("partner")),
    (
        "Helplines",
        Helpline,
        ("name", "key", "country_name", "region", "phone", "sms", "note"),
        lambda row: f"{row.country_name}: {row.numbers}",
    ),
    ("Redirects", Redirect, ("path", "target", "note"), lambda row: row.target or "gone for good"),
    ("Synonyms", Synonym, ("phrase", "means"), _said("means")),
    ("Crisis words", CrisisWord, ("phrase",), lambda row: row.get_kind_display()),
]
HEAVY = ("html", "contents", "citations", "body")  # not needed to be named


def find(words: Sequence[str], user: Any) -> Iterator[Group]:
    """Yield what `user` may see, by kind."""
    for name, model, fields, detail in KINDS:
        if not user.has_perm(f"articles.view_{model._meta.model_name}"):
            continue
        rows, indexed = model._default_manager.all(), None
        if model is Article:  # however many there are: their texts are asked by the index
            rows = rows.select_related("topic")
            indexed = Q(pk__in=desk_index.find(" ".join(words)))
        heavy = [field.name for field in model._meta.fields if field.name in HEAVY]
        yield group(name, rows.defer(*heavy), words, fields, _hit(fields[0], detail), indexed)


def _hit(title: str, detail: Detail) -> Callable[[Any], Hit]:
    return lambda row: Hit(str(getattr(row, title) or row), detail(row)[:160], change_url(row))
