"""Sources: the works that articles rest on."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models

from articles.models.offers import Offer
from articles.models.synced import SyncedModel
from prose import affiliate_rules


class Source(SyncedModel):
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
        if affiliate_rules.leads_to_partner(self.url, Offer.objects.hosts()):
            raise ValidationError({"url": "A partner that pays us is no source."})
