"""Texts that are no articles: standing pages, and what the site says of each response."""

from typing import Any

from django.db import models
from django.urls import reverse

from articles.models.text import Text, recorded


class Page(Text):
    """A standing page: about, privacy and their like."""

    slug = models.SlugField(unique=True)
    checked_on = models.DateField("last checked", null=True, blank=True)

    history: Any = recorded()

    class Meta:
        ordering = ["slug"]

    def get_absolute_url(self) -> str:
        return f"/{self.slug}/"


class Response(Text):
    """What the site says of a pattern: the four responses, the blends, and the results that name none.

    `key` is `fight`, `fight-flight`, `even-mix`, `low-signal`, `incomplete` or `steadiness-settles` and its like.
    """

    key = models.SlugField(unique=True)
    belief = models.CharField(max_length=80, blank=True)
    tagline = models.CharField(max_length=40, blank=True)
    at_a_glance = models.CharField(max_length=240, blank=True)
    warm_line = models.CharField(max_length=240, blank=True)
    related = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    history: Any = recorded()

    TYPESET = (*Text.TYPESET, "belief", "tagline", "at_a_glance", "warm_line")

    class Meta:
        ordering = ["position", "key"]

    def get_absolute_url(self) -> str:
        return reverse("articles:response", args=[self.key])
