"""Topics: the shelves that articles stand on."""

from typing import Any

from django.db import models, transaction
from django.urls import reverse

from articles.models.redirects import lead, lead_nowhere_from
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

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; the address that readers had for it leads on."""
        stored = Topic.objects.filter(pk=self.pk).first() if self.pk else None
        super().save(*args, **kwargs)
        if stored and stored.slug != self.slug:
            lead(stored.get_absolute_url(), self.get_absolute_url(), f"“{self.title}” moved.")
        if stored is None or stored.slug != self.slug:
            lead_nowhere_from(self.get_absolute_url())

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        lead(self.get_absolute_url(), "", f"“{self.title}” stood here and was deleted.")
        return result
