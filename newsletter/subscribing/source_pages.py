"""Source pages: which of our pages led to a sign-up, from a fixed list of kinds of pages.

A field of the form says it, the same for everybody on that page. It is counted and kept with nobody:
the counts of single sign-ups wait until twenty are together (analytics/kinds.py).
"""

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from articles import api as articles

ELSEWHERE = "elsewhere"
LONGEST = 120  # characters of a path
VIEWS = frozenset(
    {
        "articles:home",
        "articles:article",
        "articles:topic",
        "articles:response",
        "quiz:take",
        "quiz:longer",
        "newsletter:guide",
        "newsletter:subscribe",
    }
)


def of_request(request: HttpRequest | None) -> str:
    """Return what the form on a page says; nothing on a page that isn't of the list, such as a preview."""
    match = request.resolver_match if request else None
    return request.path if request and match and match.view_name in VIEWS else ""


def known(path: str) -> str:
    """Return a path that a form brought, if a page of the list is there; ELSEWHERE for anything else."""
    if len(path) > LONGEST or not path.startswith("/"):
        return ELSEWHERE
    try:
        match = resolve(path)
    except Resolver404:
        return ELSEWHERE
    is_known = match.view_name in VIEWS and articles.page_exists(path)
    return path if is_known else ELSEWHERE
