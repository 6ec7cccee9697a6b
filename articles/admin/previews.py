"""Links that show an unpublished text to somebody without an account: signed, good for a week, and worthless on demand."""

import secrets
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles.admin import autosave
from articles.editing import workflow
from articles.models import Article
from articles.reading.views import article_context

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
    try:
        pk, _, key = (
            signing.TimestampSigner(salt=_SALT).unsign(token, max_age=GOOD_FOR).partition(".")
        )
    except signing.BadSignature:
        return None
    return (
        Article.objects.select_related("topic")
        .filter(pk=pk, preview_key=key)
        .exclude(preview_key="")
        .first()
    )


def newest(article: Article) -> Article:
    """Return `article` with what was last typed into it, saved or not, by somebody who may still change it."""
    newer = (
        article.drafts.filter(saved_at__gte=article.changed_at)
        .order_by("-saved_at")
        .select_related("author")
    )
    draft = next((draft for draft in newer if _may_change(article, draft.author)), None)
    if draft is None:
        return article
    typed = autosave.unsaved(autosave.as_posted(draft))
    typed.pk, typed.publish_at = article.pk, article.publish_at
    return typed


def _may_change(article: Article, author: Any) -> bool:
    return (
        author.is_active and author.has_perm(workflow.WRITE) and workflow.may_edit(article, author)
    )


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show the newest text of the article a link is for. Nobody keeps or finds this page."""
    article = read(token)
    if article is None:
        raise Http404
    context = article_context(newest(article)) | {"is_shared": True}
    response = render(request, "articles/article.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
