"""File types: how each model's rows stand in the content folder, with their fields in order."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.files import File
from django.db.models.fields.files import FieldFile

from articles.models import (
    RESPONSES,
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
    SyncedModel,
    Synonym,
    Topic,
)
from articles.models.markdown import HASHED_FIELDS
from prose.text_hash import text_hash
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
    # When a draft was last saved is nobody's business but this database's: files don't say it.
    updated_at = moment or values.get("updated_at")
    return {"state": state.value, "updated_at": updated_at, "checked_text": _checked_text(values)}


def _page(values: Values, before: Values) -> Values:
    return {"checked_text": _checked_text(values, ("title", "standfirst", "body"))}


def _checked_text(values: Values, names: Iterable[str] = HASHED_FIELDS) -> str:
    """Return what a day of checking implies: that the text was what it is now."""
    if not values.get("checked_on"):
        return ""
    return text_hash(values.get(name) for name in names)


def _named(names: str, **others: str) -> dict[str, str]:
    return {name: others.get(name, name) for name in names.split()}


@dataclass(frozen=True)
class FileType:
    """How the rows of a model stand in files.

    `path` is a folder of markdown files or one TOML file, `key` the field that names a row.
    `fields` leads from the name in the file to the model's field. `inferred` returns what the
    other values of a row, and those of the row before it, say already; that isn't written.
    """

    model: type[SyncedModel]
    path: str
    key: str
    fields: dict[str, str]
    inferred: Callable[[Values, Values], Values] = _nothing

    @property
    def is_markdown(self) -> bool:
        """Whether each row has a file of its own, with its text under its front matter."""
        return not self.path.endswith(".toml")

    def default(self, field: str) -> Any:
        """Return what `field` is when a file doesn't say."""
        return self.model._meta.get_field(field).get_default()  # type: ignore[union-attr]


TOPICS = FileType(Topic, "topics.toml", "slug", _named("title intro mark position"), _next_position)
SOURCES = FileType(
    Source, "sources.toml", "key", _named("authors year title published_in url checked")
)
PICTURES = FileType(
    Picture, "pictures.toml", "key", _named("file alt decorative caption", file="original")
)
OFFERS = FileType(
    Offer,
    "offers.toml",
    "key",
    _named(
        "partner heading text button url allowed_host disclosure free_alternative not_for "
        "price_model valid_until checked_on"
    ),
)
HELPLINES = FileType(
    Helpline,
    "helplines.toml",
    "key",
    _named(
        "country country_name region needs name phone sms sms_keyword extra url chat hours note checked_on position",
    ),
    _next_position,
)
PAGES = FileType(
    Page,
    "pages",
    "slug",
    _named(
        "title dek description updated checked checked_by checked_text body",
        dek="standfirst",
        updated="updated_at",
        checked="checked_on",
    ),
    _page,
)
RESPONSE_TEXTS = FileType(
    Response,
    "responses",
    "key",
    _named(
        "name belief tagline at_a_glance warm_line dek description related position updated body",
        name="title",
        warm_line="reassurance",
        dek="standfirst",
        updated="updated_at",
    ),
    _response_position,
)
ARTICLES = FileType(
    Article,
    "articles",
    "slug",
    _named(
        "title dek description topic position start_here response content_note affiliate safety sign_up evidence "
        "evidence_note related takeaways state withdrawn_note leads_to published updated checked checked_by "
        "checked_text corrections body",
        dek="standfirst",
        published="publish_at",
        updated="updated_at",
        checked="checked_on",
        start_here="starts",
    ),
    _publishing,
)

SNIPPETS = FileType(Snippet, "snippets.toml", "key", _named("title body"))
CRISIS_WORDS = FileType(CrisisWord, "crisis_words.toml", "phrase", _named("kind"))
SYNONYMS = FileType(Synonym, "synonyms.toml", "phrase", _named("means"))
REDIRECTS = FileType(Redirect, "redirects.toml", "path", _named("is_prefix target note"))

# In the order of loading: articles name topics, sources, offers and pictures, redirects lead to
# pages.
FILE_TYPES = [
    TOPICS,
    SOURCES,
    PICTURES,
    OFFERS,
    HELPLINES,
    CRISIS_WORDS,
    SYNONYMS,
    SNIPPETS,
    PAGES,
    RESPONSE_TEXTS,
    ARTICLES,
    REDIRECTS,
]


def values_of(file_type: FileType, row: SyncedModel) -> Values:
    """Return what of `row` travels.

    Texts have plain line ends, a topic is its slug, a picture the digest of its bytes.
    """
    return {
        name: _plain(getattr(row, name, None))
        for name in (file_type.key, *file_type.fields.values())
    }


def digest(file_type: FileType, row: SyncedModel) -> str:
    """Return the digest of what of `row` travels. A new field that keeps its default adds nothing.

    It goes by the columns' names: a field that gets another name changes no digest.
    """
    values: Values = {}
    for name, value in values_of(file_type, row).items():
        if value != file_type.default(name):
            values[_column(file_type.model, name)] = value
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def _column(model: type[SyncedModel], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return field.db_column or name


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
    """Return the digest of a file's bytes; of one that is gone, none."""
    try:
        with file.open() as opened:
            return hashlib.sha256(opened.read()).hexdigest()
    except (OSError, ValueError):
        return ""
