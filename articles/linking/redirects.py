"""Addresses that lead elsewhere by hand.

Asked only when nothing else answers, so none can hide a page that is there.
"""

from collections.abc import Callable

from django.db.models import Q
from django.db.models.functions import Length

from articles.linking import site_links
from articles.linking.slug_history import resolve
from articles.models.article import Article
from articles.models.redirects import Redirect, prefixes_of

MOST_KNOWN = 5_000  # paths kept in memory; with more of them each is looked up


def find(path: str) -> Redirect | None:
    """Return what is set for `path`: itself, or the longest prefix that holds it."""
    if not path.isprintable():
        return None
    rows = Redirect.objects.filter(Q(path=path) | Q(path__in=prefixes_of(path), is_prefix=True))
    return rows.order_by(Length("path").desc()).first()


def known() -> Callable[[str], bool]:
    """Return what tells, without a database, whether anything may be set for a path."""
    rows = list(Redirect.objects.values_list("path", "is_prefix")[: MOST_KNOWN + 1])
    if len(rows) > MOST_KNOWN:
        return lambda path: True
    paths = {path for path, _ in rows}
    prefixes = tuple(path for path, is_prefix in rows if is_prefix)
    return lambda path: path in paths or path.startswith(prefixes)


def problems(row: Redirect) -> dict[str, str]:
    """Return what is wrong with `row`, by field.

    An address that isn't one, a page it would stand before, a chain, a loop.
    """
    messages = {"path": _path_problem(row), "target": _target_problem(row)}
    return {name: message for name, message in messages.items() if message}


def _path_problem(row: Redirect) -> str:
    if not _is_path(row.path) or row.path == "/":
        return "Write a path of this site, such as /old-page/, without a question mark."
    if _is_of_desk(row.path):
        return "The desk’s own addresses stay as they are."
    if row.is_prefix:
        is_folder = row.path.endswith("/")
        return "" if is_folder else "To hold all below it, the path ends with a slash."
    answer = _already_there(row.path)
    return f"{answer} Nobody would be led on." if answer else ""


def _target_problem(row: Redirect) -> str:
    if not row.target:
        return ""
    if not _is_path(row.target):
        return (
            "Write a path of this site, such as /articles/, "
            "or leave it empty for a page that is gone."
        )
    if row.target == row.path or (row.is_prefix and row.target.startswith(row.path)):
        return "That leads back to itself."
    if _is_of_desk(row.target):
        return "Readers aren’t led to the desk."
    return "" if site_links.leads_somewhere(row.target) else _dead_target_problem(row)


def _dead_target_problem(row: Redirect) -> str:
    """Say of a target at which no page stands where to lead instead."""
    if moved := site_links.has_moved(row.target):
        return f"That page has moved. Lead straight to {moved.get_absolute_url()}."
    further = find(row.target)
    if further is None or not further.target:
        return "There is no page at this address."
    if further.target == row.path:
        return f"That leads back here: {further.path} leads to {row.path}."
    return f"That leads on itself. Lead straight to {further.target}."


def _already_there(path: str) -> str:
    """Return what answers at `path` before anything set here is asked; empty when nothing does."""
    if site_links.leads_somewhere(path):
        return "A page stands at this address."
    if not path.endswith("/") and site_links.leads_somewhere(f"{path}/"):
        return f"The page at {path}/ answers here as well."
    slug = path.removeprefix("/articles/").removesuffix("/")
    if not path.startswith("/articles/") or not path.endswith("/") or "/" in slug:
        return ""
    if Article.objects.withdrawn().filter(slug=slug).exists():
        return "An article was withdrawn at this address, and it says why."
    moved = resolve(slug)
    return (
        f"An article moved from here, so this leads to {moved.get_absolute_url()} already."
        if moved
        else ""
    )


def _is_of_desk(path: str) -> bool:
    return path == "/admin" or path.startswith("/admin/")


def _is_path(text: str) -> bool:
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ?#\\"<>%')
    return plain and text.startswith("/") and "//" not in text and "/." not in text
