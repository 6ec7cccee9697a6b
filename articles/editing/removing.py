"""Removing: what may become of the links to a row that goes, and where readers are led instead."""

from typing import Any

from django.utils import timezone

from articles.editing.relinking import Choice
from articles.linking import site_links, uses
from articles.models import Article, CrisisWord, Helpline, Page, Redirect, Response, Synonym, Topic
from articles.models.pages import address_of
from articles.models.redirects import lead

MOST = 20  # places offered


def choices(rows: list[Any], act: str) -> list[Choice]:
    """Return what may become of the links, what hurts least first."""
    model = rows[0]._meta.model_name
    if act == "withdraw":
        return [Choice.LEAD, Choice.REPLACE, Choice.TAKE_OUT]
    if model in uses.KEYED:
        return [Choice.TAKE_OUT, Choice.REPLACE]
    if model == "redirect":
        return [Choice.REPLACE, Choice.TAKE_OUT, Choice.LEAVE]
    if model == "article":  # one that readers have never seen
        return [Choice.TAKE_OUT, Choice.REPLACE, Choice.LEAVE]
    if address(rows[0]):
        return [Choice.LEAD, Choice.REPLACE, Choice.TAKE_OUT, Choice.LEAVE]
    return [Choice.LEAVE]


def must_stay(row: Any) -> bool:
    """Whether a row isn't deleted, whatever becomes of its uses: the site can't be without it."""
    if isinstance(row, Topic):
        return row.articles.exists()
    if isinstance(row, Article):
        return row.was_public
    if row._meta.model_name in uses.KEYED:
        return False  # its uses alone keep it
    return bool(row.loss(None))


def guards_itself(row: Any) -> bool:
    """Whether the row's own rules keep it while a text uses it, whoever wants it gone."""
    return row._meta.model_name in {"source", "picture"}


def address(row: Any) -> str:
    """Return the path at which readers open a row; empty for what is no page."""
    if isinstance(row, Redirect):
        return row.path
    is_page = isinstance(row, Article | Page | Response | Topic)
    return address_of(row) if is_page else ""


def name_of(row: Any) -> str:
    """Return what texts write to use a row: its path, or its key."""
    return address(row) or row.key


def written(row: Any, target: str) -> str:
    """Return what is to stand in texts in the place of `row`: a path as links have it, or a key."""
    return target if row._meta.model_name in uses.KEYED else (site_links.path_of(target) or target)


def target_problem(rows: list[Any], target: str, *, needs_one: bool) -> str:
    """Return why readers can't be led to `target` instead of `rows`; empty when they can."""
    if not target:
        return "Choose what takes its place." if needs_one else ""
    row = rows[0]
    if row._meta.model_name in uses.KEYED:
        taken = {one.key for one in rows}
        is_there = type(row)._default_manager.filter(key=target).exists() and target not in taken
        return "" if is_there else f"There is no other {row._meta.verbose_name} “{target}”."
    names = {name for one in rows for name in uses.targets(one)}
    path = site_links.path_of(target)
    if path is None:
        return "Write a path of this site, such as /articles/grounding-techniques/."
    if uses.target_of(target) in names:
        return "That leads back to what goes."
    return (
        ""
        if site_links.leads_somewhere(path)
        else "There is no page at this address that readers can open."
    )


def places(rows: list[Any]) -> list[tuple[str, str]]:
    """Return what may take a row's place, nearest first: address or key, and title."""
    row = rows[0]
    if row._meta.model_name in uses.KEYED:
        others = type(row)._default_manager.exclude(pk__in=[one.pk for one in rows]).order_by("key")
        return [(other.key, str(other)) for other in others[:MOST]]
    if isinstance(row, Redirect):
        is_open = row.target and site_links.leads_somewhere(row.target)
        return [(row.target, row.target)] if is_open else []
    if isinstance(row, Article):
        return _near(row)
    if not address(row):
        return []
    others = type(row)._default_manager.exclude(pk__in=[one.pk for one in rows])
    found = [(address_of(other), str(other)) for other in others[:MOST]]
    return [(path, title) for path, title in found if path and site_links.leads_somewhere(path)]


def _near(article: Article) -> list[tuple[str, str]]:
    """Return articles that may stand in for one: those it names as related, then its topic's."""
    others = Article.objects.published().exclude(pk=article.pk).only("slug", "title")
    related = {other.slug: other for other in others.filter(slug__in=article.related)}
    near = [related[slug] for slug in article.related if slug in related]
    shelf = others.filter(topic=article.topic_id).exclude(slug__in=list(related))
    near += list(shelf.order_by("title")[:MOST])
    return [(other.get_absolute_url(), other.title) for other in near[:MOST]]


def notes(row: Any) -> list[str]:
    """Return what else goes with a row, in sentences: what no text shows."""
    if isinstance(row, Synonym):
        return [f"Who searches for “{row.phrase}” no longer finds what we say of “{row.means}”."]
    if isinstance(row, CrisisWord):
        return [
            f"Who searches for “{row.phrase}” no longer sees people to talk to above everything."
        ]
    if isinstance(row, Helpline):
        return [
            f"“Get help” shows it in {row.country_name}, under “{row.group}”. The guide may print it."
        ]
    return []


def withdraw(article: Article, why: str, leads_to: str) -> None:
    """Take an article back from readers, say why at its address, and lead them on from there."""
    article.state, article.withdrawn_note = Article.State.WITHDRAWN, why
    article.leads_to, article.updated_at = site_links.path_of(leads_to) or "", timezone.now()
    article.save()


def lead_on(path: str, target: str) -> None:
    """Lead readers from the address of a row that was deleted to another."""
    if path and target:
        lead(path, site_links.path_of(target) or target, "What stood here was deleted.")


def reader_sees(article: Article, form: Any) -> dict[str, Any]:
    """Return what the page at a withdrawn article’s address would show."""
    data = form.data if form.is_bound else form.initial
    target = str(data.get("other") or data.get("to") or "")
    leads = data.get("links", Choice.LEAD) == Choice.LEAD
    slug = target.removeprefix("/articles/").strip("/")
    return {
        "why": str(data.get("withdrawn_note", "")).strip(),
        "next": Article.objects.published().filter(slug=slug).first() if leads else None,
    }
