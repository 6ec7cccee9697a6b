"""Sources: the works that articles rest on."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from articles.models.offers import Offer
from articles.models.synced import SyncedModel, articles
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

    SEEN_AT_ONCE = False
    CHECK_FIELDS = ("checked",)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def by_key(cls, keys: list[str]) -> "dict[str, Source]":
        """Return those of these keys, by key, in one query."""
        return {source.key: source for source in cls.objects.filter(key__in=keys)}

    def cache_tags(self, before: "Source | None") -> Iterable[str]:
        """The pages that list sources go."""
        return ("sources",)

    def is_seen(self) -> bool:
        """Whether an article cites it that readers see, or will by the clock."""
        return bool(articles().released().citing(self.key).exists())

    def loss(self, after: "Source | None", gone: Collection[Any] = ()) -> str:
        """Return which articles cite it, drafts too, by a key that nothing would have any more."""
        if after is not None and (after.key == self.key or after.carries_its_uses):
            return ""
        titles = ", ".join(f"“{article.title}”" for article in articles().citing(self.key))
        return f"It is cited in {titles}. Take it out there first." if titles else ""

    def clean(self) -> None:
        if problem := affiliate_rules.disguise(self.url):
            raise ValidationError({"url": problem})
        if affiliate_rules.leads_to_partner(self.url, Offer.objects.hosts()):
            raise ValidationError({"url": "A partner that pays us is no source."})
