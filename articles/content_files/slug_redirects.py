"""Slug redirects (old_addresses.toml): each address an article had, and where it leads now."""

import re
from pathlib import Path

from django.core.exceptions import ValidationError

from articles.content_files.changes import Change, SyncResult
from articles.content_files.files import ContentError, tables_of, text_of
from articles.models import Article, SlugRedirect

PATH = "old_addresses.toml"


def sync(folder: Path, force: bool) -> list[Change]:
    """Load the old addresses of `folder`, once its articles are there.

    Raises ContentError with all that is wrong with them.
    """
    file = folder / PATH
    changes: list[Change] = []
    problems: list[str] = []
    addresses = tables_of(file) if file.exists() else {}
    for slug, article in addresses.items():
        try:
            changes.append(_sync_one(file, slug, article, force))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(*problems)
    return changes


def values() -> dict[str, str]:
    """Return the article of each old address, as the file says it."""
    return dict(SlugRedirect.objects.order_by("slug").values_list("slug", "article__slug"))


def _sync_one(file: Path, slug: str, key: object, force: bool) -> Change:
    where = _where(file, slug)
    article = Article.objects.filter(slug=key).first() if isinstance(key, str) else None
    if article is None:
        raise ContentError(f"{where}: there is no article “{key}”")
    if any(other.was_public for other in Article.objects.filter(slug=slug)):
        raise ContentError(f"{where}: an article stands at this address")
    row = SlugRedirect.objects.select_related("article").filter(slug=slug).first()
    result, reason = SyncResult.NEW, ""
    if row is not None:
        result = _result(row, article, force)
        reason = (
            f"{where}: in the database it leads to “{row.article.slug}”. "
            "Export it first, or use --force."
        )
    if result in {SyncResult.NEW, SyncResult.CHANGED}:
        _save(row or SlugRedirect(slug=slug), article, where)
    return Change(file, str(SlugRedirect._meta.verbose_name_plural), slug, result, reason)


def _result(row: SlugRedirect, article: Article, force: bool) -> SyncResult:
    if row.article == article:
        return SyncResult.SAME
    return SyncResult.CHANGED if force else SyncResult.REFUSED


def _save(row: SlugRedirect, article: Article, where: str) -> None:
    row.article = article
    try:
        row.full_clean()
    except ValidationError as error:
        raise ContentError(f"{where}: {' '.join(error.messages)}") from error
    row.save()


def _where(file: Path, slug: str) -> str:
    """Return the file, the line that begins with `slug`, and `slug`."""
    name = re.compile(rf"\"?{re.escape(slug)}\"?\s*=")
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if name.match(line):
            return f"{file}, line {number}: {slug}"
    return f"{file}: {slug}"
