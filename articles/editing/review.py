"""Review of a text by a second person: once its words change, the page no longer says so."""

from datetime import timedelta

from django.utils import timezone

from articles.models import Article
from articles.models.article import words_hash

DUE_AFTER = timedelta(days=365)  # how long a check holds good; the editorial policy says the same
STATES = 200  # looked through for who wrote the words


def reset_when_text_changes(article: Article) -> None:
    """Part of saving `article`: a new day of checking is for the text as it is now."""
    before = None
    if article.pk:
        stored = Article.objects.filter(pk=article.pk).values_list("checked_on", flat=True)
        before = stored.first()
    is_loaded = article.pk is None and article.checked_text
    if article.checked_on is None:
        article.checked_text = ""
    elif article.checked_on != before and not is_loaded:
        article.checked_text = words_hash(article)


def sign_off(article: Article, by: str) -> None:
    """Enter that `by` (a name and profession; empty for nobody named) checked the text as it
    stands, today.
    """
    article.checked_on, article.checked_by, article.checked_text = (
        timezone.localdate(),
        by,
        words_hash(article),
    )
    article.save()


def last_writer(article: Article) -> int | None:
    """Return the key of who gave the article the words it has now; None for nobody known."""
    now, writer = words_hash(article), None
    for state in article.history.all()[:STATES]:
        if words_hash(state) != now:
            break
        writer = state.history_user_id
    return writer


def is_due(article: Article) -> bool:
    """Whether the check of a published article has run out, or there never was one."""
    return article.checked_on is None or article.checked_on < timezone.localdate() - DUE_AFTER
