"""What articles stand on: topics as their shelves, sources as their ground."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from articles.models.offers import Offer
from articles.models.synced import Filed
from prose import affiliate_rules


class Topic(Filed):
    """One of the shelves that articles stand on."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    intro = models.CharField(max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    TYPESET = ("title", "intro")

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("articles:topic", args=[self.slug])


class Source(Filed):
    """A work that articles rest on. `checked` once a person has opened it and found it there."""

    key = models.SlugField(unique=True)
    authors = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    title = models.CharField(max_length=300, blank=True)
    published_in = models.CharField(max_length=200, blank=True)
    url = models.URLField("address", blank=True)
    checked = models.BooleanField(default=False)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    def cache_tags(self, before: "Source | None") -> Iterable[str]:
        """The pages that list sources go."""
        return ("sources",)

    def clean(self) -> None:
        if affiliate_rules.is_partners(self.url, Offer.objects.hosts()):
            raise ValidationError({"url": "A partner that pays us is no source."})
