"""Texts that are no articles: standing pages, and what the site says of each response."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import models, transaction
from django.urls import NoReverseMatch, reverse

from articles.models.markdown import MarkdownModel, SignedOffModel, history_field
from articles.models.redirects import lead, lead_nowhere_from

# Pages that every page, the mails or the law lead to.
STANDING_PAGES = (
    *("about", "editorial-policy", "affiliate-disclosure", "privacy", "health-data-privacy"),
    *("accessibility", "contact", "leaving-this-site"),
)
# What the quiz says of each result that it can come to, and the four responses' own pages.
RESULTS = (
    *("fight", "flight", "freeze", "fawn"),
    *("fight-flight", "fight-freeze", "fight-fawn", "flight-freeze", "flight-fawn", "freeze-fawn"),
    *("even-mix", "mostly-calm", "low-signal", "incomplete"),
    *("steadiness-settles", "steadiness-noticeable", "steadiness-hard-going"),
)


class Standing(MarkdownModel):
    """A text that readers can open from when it is first saved.

    Its address leads on when it changes, and says when it's gone.

    The address is told to search engines and linked from mails, so it must never turn into one that
    nobody knows.
    """

    # Names of rows that the site can't be without.
    NEEDED: tuple[str, ...] = ()

    class Meta:
        abstract = True

    def loss(self, after: Any, gone: Collection[Any] = ()) -> str:
        """Return that the site can't do without it, or under another name."""
        if self.file_name not in self.NEEDED or (after and after.file_name == self.file_name):
            return ""
        return (
            "The site can’t be without this text: other pages and the quiz lead to it by its name."
            " Change its words instead."
        )

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        stored = type(self)._base_manager.filter(pk=self.pk).first() if self.pk else None
        super().save(*args, **kwargs)
        before, now = address_of(stored) if stored else "", address_of(self)
        if before and before != now:
            lead(before, now, f"“{self.title}” moved.")
        lead_nowhere_from(now)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        if before := address_of(self):
            lead(before, "", f"“{self.title}” stood here and was deleted.")
        return result


class Page(SignedOffModel, Standing):
    """A standing page: about, privacy and their like."""

    slug = models.SlugField(unique=True)

    history: Any = history_field()

    FOLDER = "pages"
    NEEDED = (*STANDING_PAGES, "get-help")
    COMPARES = True

    class Meta:
        ordering = ["slug"]

    @property
    def file_name(self) -> str:
        return self.slug

    def cache_tags(self, before: "Page | None") -> Iterable[str]:
        """Return what changes: it goes from its address, and from the one it had."""
        slugs = {row.slug for row in (before, self) if row}
        return ["texts", *(f"page:{slug}" for slug in slugs)]

    def get_absolute_url(self) -> str:
        return f"/{self.slug}/"


class Response(Standing):
    """What the site says of a pattern.

    The four responses, the blends, and the results that name none.

    `key` is `fight`, `fight-flight`, `even-mix`, `low-signal`, `incomplete` or `steadiness-settles`
    and its like.
    """

    key = models.SlugField(unique=True)
    belief = models.CharField(max_length=80, blank=True)
    tagline = models.CharField(max_length=40, blank=True)
    at_a_glance = models.CharField(max_length=240, blank=True)
    reassurance = models.CharField("warm line", max_length=240, blank=True, db_column="warm_line")
    related = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    history: Any = history_field()

    TYPESET = (*MarkdownModel.TYPESET, "belief", "tagline", "at_a_glance", "reassurance")

    FOLDER = "responses"
    NEEDED = RESULTS
    FRONT_MATTER = {
        "name": "title",
        "belief": "belief",
        "tagline": "tagline",
        "at_a_glance": "at_a_glance",
        "warm_line": "reassurance",
        "dek": "standfirst",
        "description": "description",
        "related": "related",
    }

    class Meta:
        ordering = ["position", "key"]

    @property
    def file_name(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("articles:response", args=[self.key])


def address_of(row: Any) -> str:
    """Return where readers open a row; empty when no address can be made of it, as of a blend."""
    try:
        return str(row.get_absolute_url())
    except NoReverseMatch:
        return ""
