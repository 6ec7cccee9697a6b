"""Preview links: they show an unpublished text to somebody without an account.

Signed, good for a week, and worthless on demand.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.core import signing

from articles.editing import unsaved, workflow
from articles.editing.article_form import ArticleForm
from articles.models import Article
from trustsite.desk import publishing
from trustsite.desk.writing import drafts
from trustsite.models import Autosave

GOOD_FOR = timedelta(days=7)
_SALT = "articles.preview"


def link_token(article: Article) -> str:
    """Return a new token for `article`; its first one gives the article a key."""
    if not article.preview_key:
        renew(article)
    return signing.TimestampSigner(salt=_SALT).sign(f"{article.pk}.{article.preview_key}")


def renew(article: Article) -> None:
    """Make every preview link of `article` worthless."""
    article.preview_key = secrets.token_urlsafe(16)
    Article.objects.filter(pk=article.pk).update(preview_key=article.preview_key)


def read(token: str) -> Article | None:
    """Return the article a token shows, or None when it is no longer good."""
    signer = signing.TimestampSigner(salt=_SALT)
    try:
        pk, _, key = signer.unsign(token, max_age=GOOD_FOR).partition(".")
    except signing.BadSignature:
        return None
    return (
        Article.objects.select_related("topic")
        .filter(pk=pk, preview_key=key)
        .exclude(preview_key="")
        .first()
    )


def latest_draft(article: Article) -> Any:
    """Return `article` with what was last typed into it, saved or not, by somebody who may still
    change it.
    """
    newer = (
        Autosave.objects.filter(model="articles.article", row=str(article.pk))
        .filter(saved_at__gte=article.changed_at)
        .order_by("-saved_at")
        .select_related("author")
    )
    draft = next((draft for draft in newer if _may_change(article, draft.author)), None)
    if draft is None:
        return article
    typed: Any = unsaved.text_of(ArticleForm(drafts.as_posted(draft)))
    typed.pk, typed.publish_at = article.pk, article.publish_at
    return typed


def _may_change(article: Article, author: Any) -> bool:
    may_write = author.is_active and author.has_perm(workflow.WRITE)
    return bool(may_write and publishing.may_change(author, article))
