"""Addresses of rows, and redirects: addresses that lead elsewhere, set by hand or left by an article that moved."""

from collections.abc import Iterable
from functools import cache

from django.core.validators import slug_re
from django.db import models
from django.urls import reverse
from django.utils import timezone

from articles.models.synced import SyncedModel
from trustsite.models import CachedPageModel

LONGEST = 200  # characters of a path that is set
ARTICLES = "/articles/"  # what the addresses of articles begin with


def address(view: str, slug: str) -> str:
    """Return what `reverse` says of a view that takes a slug alone, in a tenth of its time."""
    if not slug_re.match(slug):  # of a broken row: say so as `reverse` does
        return reverse(view, args=[slug])
    return f"{_before(view)}{slug}/"


@cache
def _before(view: str) -> str:
    return reverse(view, args=["0"]).removesuffix("0/")


class CountedModel(models.Model):
    """An address that knows whether readers still come by it (linking/redirect_uses.py sets all of this)."""

    used = models.PositiveIntegerField(
        "used in 90 days", default=0, db_default=0, editable=False, db_index=True
    )
    last_used_on = models.DateField("last used", null=True, editable=False)
    counted_since = models.DateField(null=True, default=timezone.localdate, editable=False)

    class Meta:
        abstract = True


class Redirect(CountedModel, SyncedModel):
    """An address of ours that leads elsewhere on the site, or is gone for good.

    Asked only when nothing else answers.
    """

    path = models.CharField(
        unique=True, max_length=LONGEST, help_text="Such as /old-page/; with its leading slash."
    )
    is_prefix = models.BooleanField("and all below it", default=False)
    target = models.CharField(
        max_length=200, blank=True, help_text="A path on this site. Empty: gone for good (410)."
    )
    note = models.CharField(max_length=200, blank=True, help_text="Why; for editors.")

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

    def cache_tags(self, before: "Redirect | None") -> Iterable[str]:
        """Return what changes: it shows on no page."""
        return ("redirects",)


class SlugRedirect(CountedModel, CachedPageModel):
    """Slug redirect: an address an article once had, which leads to it for good (301)."""

    slug = models.SlugField(unique=True, max_length=80)
    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="old_addresses"
    )

    class Meta:
        db_table = "articles_oldaddress"
        verbose_name, verbose_name_plural = "old address", "old addresses"
        default_permissions = ()
        permissions = [
            ("add_oldaddress", "Can add old address"),
            ("change_oldaddress", "Can change old address"),
            ("delete_oldaddress", "Can delete old address"),
            ("view_oldaddress", "Can view old address"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def path(self) -> str:
        """The address."""
        return f"{ARTICLES}{self.slug}/"

    def cache_tags(self, before: "SlugRedirect | None") -> Iterable[str]:
        """Return what changes: it shows on no page."""
        return ("addresses",)


def prefixes_of(path: str) -> list[str]:
    """Return what a redirect that holds `path` with all else below it may begin at, the shortest first."""
    return [path[: at + 1] for at, sign in enumerate(path[:LONGEST]) if sign == "/"]


def lead(path: str, target: str, note: str) -> None:
    """Set where `path` leads from now on (nowhere: gone for good), and what led there until now."""
    for row in Redirect.objects.filter(target=path, is_prefix=False):
        row.target = target
        row.save()
    Redirect.objects.update_or_create(
        path=path, defaults={"target": target, "note": note[:200], "is_prefix": False}
    )


def lead_nowhere_from(path: str) -> None:
    """Take away what leads on from `path`: a page stands there now."""
    for row in Redirect.objects.filter(path=path, is_prefix=False):
        row.delete()
