"""old_addresses.toml: each address an article once had, and the article it leads to."""

import re
from pathlib import Path

from django.core.exceptions import ValidationError

from articles.content_files.changes import Change, Fate
from articles.content_files.files import ContentError, tables_of, text_of
from articles.models import Article, OldAddress

PLACE = "old_addresses.toml"


def sync(folder: Path, force: bool) -> list[Change]:
    """Load the old addresses of `folder`, once its articles are there. Raises ContentError with all that is wrong with them."""
    file = folder / PLACE
    changes: list[Change] = []
    problems: list[str] = []
    for slug, article in (tables_of(file) if file.exists() else {}).items():
        try:
            changes.append(_sync_one(file, slug, article, force))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(*problems)
    return changes


def said() -> dict[str, str]:
    """Return the article of each old address, as the file says it."""
    return dict(OldAddress.objects.order_by("slug").values_list("slug", "article__slug"))


def _sync_one(file: Path, slug: str, key: object, force: bool) -> Change:
    article = Article.objects.filter(slug=key).first() if isinstance(key, str) else None
    if article is None:
        raise ContentError(f"{_where(file, slug)}: there is no article “{key}”")
    if any(there.was_public for there in Article.objects.filter(slug=slug)):
        raise ContentError(f"{_where(file, slug)}: an article stands at this address")
    row = OldAddress.objects.select_related("article").filter(slug=slug).first() or OldAddress(
        slug=slug
    )
    fate, reason = Fate.NEW, ""
    if row.pk:
        fate = Fate.SAME if row.article == article else Fate.CHANGED if force else Fate.REFUSED
        reason = f"{_where(file, slug)}: in the database it leads to “{row.article.slug}”. Export it first, or use --force."
    if fate in {Fate.NEW, Fate.CHANGED}:
        row.article = article
        try:
            row.full_clean()
        except ValidationError as error:
            raise ContentError(f"{_where(file, slug)}: {' '.join(error.messages)}") from error
        row.save()
    return Change(file, str(OldAddress._meta.verbose_name_plural), slug, fate, reason)


def _where(file: Path, slug: str) -> str:
    name = re.compile(rf"\"?{re.escape(slug)}\"?\s*=")
    line = next(
        (
            number
            for number, line in enumerate(text_of(file).split("\n"), start=1)
            if name.match(line)
        ),
        0,
    )
    return f"{file}, line {line}: {slug}" if line else f"{file}: {slug}"
