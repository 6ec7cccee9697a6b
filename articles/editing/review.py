"""Review of a text by a second person: once its words change, the page no longer says so."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from articles.models import Article, Page
from articles.models.markdown import HASHED_FIELDS, words_hash

DUE_AFTER = timedelta(days=365)  # how long a check holds good; the editorial policy says the same
SOON = timedelta(days=30)  # before it runs out, lists mark the day
STATES = 200  # looked through for who wrote the words


def reset_when_text_changes(text: Article | Page) -> None:
    """Part of saving `text`: a new day of checking is for the words as they are now."""
    before = None
    if text.pk:
        stored = type(text)._default_manager.filter(pk=text.pk)
        before = stored.values_list("checked_on", flat=True).first()
    is_loaded = text.pk is None and text.checked_text
    if text.checked_on is None:
        text.checked_text = ""
    elif text.checked_on != before and not is_loaded:
        text.checked_text = words_hash(text)


def sign_off(text: Article | Page, by: str) -> None:
    """Enter that `by` (a name and profession; empty for nobody named) checked the text as it
    stands, today.
    """
    text.checked_on, text.checked_by = timezone.localdate(), by
    text.checked_text = words_hash(text)
    text.save()


def writers(text: Article | Page) -> set[int]:
    """Return the keys of all who gave the text words, as far back as its latest states go."""
    kept = [name for name in HASHED_FIELDS if hasattr(text, name)]
    found: set[Any] = set()
    states = text.history.only(*kept, "history_user", "history_type", "history_date")
    newer, newer_words = None, ""
    for state in states[: STATES + 1]:
        words = words_hash(state)
        if newer and words != newer_words:
            found.add(newer.history_user_id)
        newer, newer_words = state, words
    if newer and newer.history_type == "+":
        found.add(newer.history_user_id)
    return found - {None}


def is_due(article: Article) -> bool:
    """Whether the check of a published article has run out, or there never was one."""
    return article.checked_on is None or article.checked_on < timezone.localdate() - DUE_AFTER
