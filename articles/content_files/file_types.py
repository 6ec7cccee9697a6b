"""What travels: each kind of row, its place in the folder, and the names its fields have there, in the order of writing."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.files import File
from django.db.models.fields.files import FieldFile

from articles.editing.review import fingerprint_of
from articles.models import (
    RESPONSES,
    Article,
    CrisisWord,
    Filed,
    Helpline,
    Offer,
    Page,
    Picture,
    Redirect,
    Response,
    Source,
    Topic,
)
from trustsite.characters import cleaned

Values = dict[str, Any]  # of one row or entry, by the names of the model's fields

_FOUR = [key for key, _ in RESPONSES]


def _nothing(values: Values, before: Values) -> Values:
    return {}


def _next_position(values: Values, before: Values) -> Values:
    return {"position": before["position"] + 1 if before else 0}


def _response_position(values: Values, before: Values) -> Values:
    return {"position": _FOUR.index(values["key"]) if values["key"] in _FOUR else len(_FOUR)}


def _publishing(values: Values, before: Values) -> Values:
    moment = values.get("publish_at")
    state = Article.State.PUBLISHED if moment else Article.State.DRAFT
    return {"state": state.value, "updated_at": moment, "checked_text": _checked_text(values)}


def _checked_text(values: Values) -> str:
    """Return what a day of checking says by itself: that the text was what it is now."""
    return fingerprint_of(values) if values.get("checked_on") else ""


def _named(names: str, **others: str) -> dict[str, str]:
    return {name: others.get(name, name) for name in names.split()}


@dataclass(frozen=True)
class Kind:
    """A kind of row.

    `place` is a folder of markdown files or one TOML file, `key` the field that names a row. `fields` leads from the name in
    the file to the model's field. `implied` returns what the other values of a row, and those of the row before it, say
    already; that isn't written.
    """

    model: type[Filed]
    place: str
    key: str
    fields: dict[str, str]
    implied: Callable[[Values, Values], Values] = _nothing

    @property
    def is_markdown(self) -> bool:
        """Whether each row has a file of its own, with its text under its front matter."""
        return not self.place.endswith(".toml")

    def default(self, field: str) -> Any:
        """Return what `field` is when a file doesn't say."""
        return self.model._meta.get_field(field).get_default()  # type: ignore[union-attr]


TOPICS = Kind(Topic, "topics.toml", "slug", _named("title intro position"), _next_position)
SOURCES = Kind(Source, "sources.toml", "key", _named("authors year title published_in url checked"))
PICTURES = Kind(
    Picture, "pictures.toml", "key", _named("file alt decorative caption", file="original")
)
OFFERS = Kind(
    Offer,
    "offers.toml",
    "key",
    _named(
        "partner heading text button url allowed_host disclosure free_alternative not_for price_model "
        "valid_until checked_on"
    ),
)
HELPLINES = Kind(
    Helpline,
    "helplines.toml",
    "key",
    _named(
        "country country_name region needs name phone sms sms_keyword extra url chat hours note checked_on position",
    ),
    _next_position,
)
PAGES = Kind(
    Page,
    "pages",
    "slug",
    _named(
        "title dek description updated checked body", updated="updated_at", checked="checked_on"
    ),
)
RESPONSE_TEXTS = Kind(
    Response,
    "responses",
    "key",
    _named(
        "name belief tagline at_a_glance warm_line dek description related position updated body",
        name="title",
        updated="updated_at",
    ),
    _response_position,
)
ARTICLES = Kind(
    Article,
    "articles",
    "slug",
    _named(
        "title dek description topic response content_note affiliate safety sign_up evidence evidence_note related "
        "takeaways state withdrawn_note published updated checked checked_by checked_text corrections body",
        published="publish_at",
        updated="updated_at",
        checked="checked_on",
    ),
    _publishing,
)

CRISIS_WORDS = Kind(CrisisWord, "crisis_words.toml", "phrase", _named("kind"))
REDIRECTS = Kind(Redirect, "redirects.toml", "path", _named("is_prefix target note"))

# In the order of loading: articles name topics, sources, offers and pictures, redirects lead to pages.
KINDS = [
    TOPICS,
    SOURCES,
    PICTURES,
    OFFERS,
    HELPLINES,
    CRISIS_WORDS,
    PAGES,
    RESPONSE_TEXTS,
    ARTICLES,
    REDIRECTS,
]


def values_of(kind: Kind, row: Filed) -> Values:
    """Return what of `row` travels. Texts have plain line ends, a topic is its slug, a picture the digest of its bytes."""
    return {name: _plain(getattr(row, name, None)) for name in (kind.key, *kind.fields.values())}


def digest(kind: Kind, row: Filed) -> str:
    """Return the fingerprint of what of `row` travels. A new field that keeps its default doesn't change it."""
    said = {
        name: value for name, value in values_of(kind, row).items() if value != kind.default(name)
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r"\r\n?", "\n", cleaned(value)).strip()
    if isinstance(value, list):
        return cleaned(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Topic):
        return value.slug
    if isinstance(value, FieldFile):
        return file_digest(value)
    return value


def file_digest(file: File) -> str:
    """Return the fingerprint of a file's bytes; of one that is gone, none."""
    try:
        with file.open() as opened:
            return hashlib.sha256(opened.read()).hexdigest()
    except (OSError, ValueError):
        return ""
