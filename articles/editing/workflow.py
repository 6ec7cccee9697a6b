"""The states of an article, and who may bring it from one to the next.

A writer drafts and hands in; who may publish also schedules, takes back and withdraws. What readers
have seen never becomes a draft again: it is changed, or withdrawn with a reason.
"""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from articles.models import Article
from articles.states import DRAFT, IN_REVIEW, PUBLISHED, WITHDRAWN
from trustsite.desk.publishing import PUBLISH

WRITE = "articles.change_article"

# From a state to each that may follow, with the permission it takes.
STEPS = {
    DRAFT: {IN_REVIEW: WRITE, PUBLISHED: PUBLISH},
    IN_REVIEW: {DRAFT: WRITE, PUBLISHED: PUBLISH},
    PUBLISHED: {WITHDRAWN: PUBLISH},
    WITHDRAWN: {PUBLISHED: PUBLISH},
}
UNSCHEDULE = {DRAFT: PUBLISH, IN_REVIEW: PUBLISH}  # from published, while its time is still to come


def steps(article: Article | None) -> dict[str, str]:
    """Return the states that may follow, with the permission each takes; of a new article, those
    that follow a draft.
    """
    if article is None:
        return STEPS[DRAFT]
    return STEPS[article.state] | (UNSCHEDULE if article.is_scheduled else {})


def may_withdraw(article: Article | None, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether `user` may take back an article that readers see."""
    return article is not None and article.is_published and user.has_perm(PUBLISH)  # type: ignore[union-attr]


def is_asked_once_more(article: Article | None, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether `user` may take back or put off an article to which other texts may lead."""
    if article is None or not (article.is_published or article.is_scheduled):
        return False
    return bool(user.has_perm(PUBLISH))  # type: ignore[union-attr]


def choices(article: Article | None, user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """Return the states `user` may save `article` in, its present one first."""
    present = article.state if article else DRAFT
    return [present, *(state for state, right in steps(article).items() if user.has_perm(right))]  # type: ignore[union-attr]
