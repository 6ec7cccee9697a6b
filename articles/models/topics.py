"""Topics: the shelves that articles stand on."""

from django.db import models
from django.urls import reverse

from articles.models.synced import SyncedModel


class Topic(SyncedModel):
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
