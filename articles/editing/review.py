"""A check is of a text: once the words have changed, the page no longer says that somebody checked it."""

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from articles.models import Article

DUE_AFTER = timedelta(days=365)  # how long a check holds good; the editorial policy says the same
STATES = 200  # looked through for who wrote the words
SUBSTANCE = ("title", "dek", "body", "takeaways", "content_note", "evidence", "evidence_note")


def fingerprint(article: "Article") -> str:
    """Return 32 hexadecimal digits that stand for the words of an article. Signs, spaces and capitals make no difference."""
    return fingerprint_of({name: getattr(article, name) for name in SUBSTANCE})


def fingerprint_of(values: dict[str, object]) -> str:
    """Return the fingerprint of an article's fields by name; a missing one counts as empty."""
    said = [values.get(name) or "" for name in SUBSTANCE]
    words = [
        " ".join(re.findall(r"[^\W_]+", "\n".join(text) if isinstance(text, list) else str(text)))
        for text in said
    ]
    return hashlib.sha256("\n".join(words).casefold().encode()).hexdigest()[:32]


def keep(article: "Article") -> None:
    """Part of saving `article`: a new day of checking is for the text as it is now."""
    from articles.models import Article

    before = (
        Article.objects.filter(pk=article.pk).values_list("checked_on", flat=True).first()
        if article.pk
        else None
    )
    if article.checked_on is None:
        article.checked_text = ""
    elif article.checked_on != before and not (article.pk is None and article.checked_text):
        article.checked_text = fingerprint(article)


def sign_off(article: "Article", by: str) -> None:
    """Enter that `by` (a name and profession; empty for nobody named) checked the text as it stands, today."""
    article.checked_on, article.checked_by, article.checked_text = (
        timezone.localdate(),
        by,
        fingerprint(article),
    )
    article.save()


def last_writer(article: "Article") -> int | None:
    """Return the key of who gave the article the words it has now; None for nobody known."""
    now, writer = fingerprint(article), None
    for state in article.history.all()[:STATES]:
        if fingerprint(state) != now:
            break
        writer = state.history_user_id
    return writer


def is_due(article: "Article") -> bool:
    """Whether the check of a published article has run out, or there never was one."""
    return article.checked_on is None or article.checked_on < timezone.localdate() - DUE_AFTER
