"""Navigation of the desk: one list of its places, of which everybody sees those they may open."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

HERE, BELOW = "page", "true"  # what aria-current says of a list, and of what stands in it


@dataclass(frozen=True)
class Place:
    """A place: the list of a model (“app_model”), or another page of the admin by its name."""

    title: str
    name: str
    right: str = ""  # whoever may view the model, if empty

    @property
    def is_list(self) -> bool:
        """Whether it is the list of a model."""
        return self.name.count("_") == 1

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(f"admin:{self.name}_changelist" if self.is_list else f"admin:{self.name}")

    def is_open_to(self, request: HttpRequest) -> bool:
        """Whether who asks may open it."""
        if self.right:
            return request.user.has_perm(self.right)
        app, _, model = self.name.partition("_")
        rights = (f"{app}.{action}_{model}" for action in ("view", "change"))
        return not self.is_list or any(map(request.user.has_perm, rights))


@dataclass(frozen=True)
class Shown:
    """A place as the page shows it; `current` is the value of aria-current, or empty."""

    title: str
    url: str
    current: str


# By heading; the last group is folded away.
PLACES: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "",
        (
            Place("Today", "index"),
            Place("Articles", "articles_article"),
            Place("Pages", "articles_page"),
            Place("Responses", "articles_response"),
            Place("Quiz", "quiz_version"),
            Place("Letters", "newsletter_letter"),
        ),
    ),
    (
        "What texts draw on",
        (
            Place("Sources", "articles_source"),
            Place("Pictures", "articles_picture"),
            Place("Snippets", "articles_snippet"),
            Place("Offers", "articles_offer"),
            Place("Helplines", "articles_helpline"),
            Place("Topics", "articles_topic"),
            Place("Old addresses", "articles_redirect"),
        ),
    ),
    (
        "Who reads",
        (
            Place("Numbers", "analytics_dailysum"),
            Place("Subscribers", "newsletter_subscriber"),
            Place("Mail", "newsletter_delivery"),
        ),
    ),
    (
        "More",
        (
            Place("Words of danger", "articles_crisisword"),
            Place("Synonyms", "articles_synonym"),
            Place("Words of mails", "newsletter_emailwords"),
            Place("Quizzes", "quiz_quiz"),
            Place("Questions", "quiz_question"),
            Place("Reviews of the quiz", "quiz_review"),
            Place("People", "auth_user"),
            Place("Roles", "auth_group"),
            Place("Reviewers", "articles_reviewer"),
            Place("What was done", "admin_logentry"),
            Place("Trash", "trustsite_trashedrow", "articles.add_article"),
        ),
    ),
)


def navigation(request: HttpRequest) -> Iterator[tuple[str, list[Shown]]]:
    """Yield the headings with the places that who asks may open."""
    match = request.resolver_match
    name = match.url_name or "" if match and match.app_name == "admin" else ""
    for heading, places in PLACES:
        shown = [
            Shown(place.title, place.url, _current(place, name))
            for place in places
            if place.is_open_to(request)
        ]
        if shown:
            yield heading, shown


def _current(place: Place, view: str) -> str:
    if view in (place.name, f"{place.name}_changelist"):
        return HERE
    return BELOW if place.is_list and view.startswith(f"{place.name}_") else ""
