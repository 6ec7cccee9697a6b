"""Partners' offers."""

from collections.abc import Iterable
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from articles.models.synced import STALE_AFTER, SyncedModel, is_stale
from prose import affiliate_rules

SOON = timedelta(days=30)
# Names that RFC 2606 keeps for examples: an offer that points there is a placeholder and earns
# nobody anything.
PLACEHOLDER_HOSTS = (".example", ".test", ".invalid", "example.com", "example.org")


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers by whether they may be shown."""

    def hosts(self) -> list[str]:
        """Return the hosts of all partners, whether their offers are shown or not."""
        return list(self.values_list("allowed_host", flat=True))

    def current(self) -> "OfferQuerySet":
        """Those still valid and checked within the last 180 days; on a live site none that points
        at a placeholder.
        """
        today = timezone.localdate()
        result = self.filter(valid_until__gte=today, checked_on__gte=today - STALE_AFTER)
        if not settings.DEVELOPMENT:
            result = result.exclude(_ends_with(PLACEHOLDER_HOSTS))
        return result

    def hidden(self) -> "OfferQuerySet":
        """Those that readers don't see (`why_hidden` says why)."""
        return self.exclude(pk__in=self.model._default_manager.current().values("pk"))

    def unsure(self) -> "OfferQuerySet":
        """Those with a partner whose terms nobody has looked up within the last 180 days."""
        stale = Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - STALE_AFTER)
        return self.filter(stale).exclude(_ends_with(PLACEHOLDER_HOSTS))

    def placeholders(self) -> "OfferQuerySet":
        """Those without a partner."""
        return self.filter(_ends_with(PLACEHOLDER_HOSTS))

    def expiring(self) -> "OfferQuerySet":
        """Those shown now that won't be in 30 days, unless somebody looks them up."""
        soon = timezone.localdate() + SOON
        return self.current().filter(Q(valid_until__lt=soon) | Q(checked_on__lt=soon - STALE_AFTER))


def _ends_with(endings: tuple[str, ...]) -> Q:
    result = Q()
    for ending in endings:
        result |= Q(allowed_host__endswith=ending)
    return result


class Offer(SyncedModel):
    """A partner's offer.

    Shown on articles alone, labelled before its link, never without a free route beside it.
    """

    key = models.SlugField(unique=True)
    partner = models.CharField(max_length=80)
    heading = models.CharField(max_length=100)
    text = models.CharField(max_length=300)
    button = models.CharField(max_length=60)
    url = models.URLField("address")
    allowed_host = models.CharField(max_length=100, help_text="The one host the address may have.")
    disclosure = models.CharField(
        max_length=200, default="We may earn a commission if you sign up, at no extra cost to you."
    )
    free_alternative = models.CharField(max_length=300)
    not_for = models.CharField(max_length=120, default="Not for emergencies.")
    price_model = models.CharField(max_length=200, blank=True)
    valid_until = models.DateField()
    checked_on = models.DateField("last checked", null=True, blank=True)

    TYPESET = (
        "heading",
        "text",
        "button",
        "disclosure",
        "free_alternative",
        "not_for",
        "price_model",
    )

    CHECK_FIELDS = ("checked_on",)

    objects = OfferQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key

    @property
    def is_placeholder(self) -> bool:
        """Whether it points at a host that RFC 2606 keeps for examples."""
        return self.allowed_host.endswith(PLACEHOLDER_HOSTS)

    @property
    def why_hidden(self) -> str:
        """Why readers don't see it now; empty when they do."""
        if self.valid_until < timezone.localdate():
            return f"It expired on {date_format(self.valid_until)}."
        if self.checked_on is None:
            return "Nobody has looked up its terms yet."
        if is_stale(self.checked_on):
            return f"It was last checked on {date_format(self.checked_on)}, more than 180 days ago."
        if self.is_placeholder and not settings.DEVELOPMENT:
            return "It points at a placeholder: no partner has been chosen."
        return ""

    @property
    def shown_until(self) -> date:
        """The last day on which readers see it, unless somebody looks it up."""
        checked = self.checked_on or date.min
        return min(self.valid_until, checked + STALE_AFTER)

    def cache_tags(self, before: "Offer | None") -> Iterable[str]:
        """The pages that may show an offer go at once: one that has ended must not be read as one that stands."""
        return ("offers",)

    def clean(self) -> None:
        errors: dict[str, list[str]] = {}
        for name in ("partner", *self.TYPESET):
            text = getattr(self, name)
            if not text.strip() and name != "price_model":
                errors.setdefault(name, []).append("This field cannot be blank.")
            if name != "partner" and (words := affiliate_rules.banned_words(text)):
                errors.setdefault(name, []).append(
                    f"An advert here doesn’t say “{'”, “'.join(words)}”."
                )
        if self.checked_on and self.checked_on > timezone.localdate():
            errors["checked_on"] = ["That day hasn’t come yet."]
        own_host = urlsplit(settings.SITE_URL).hostname or ""
        if wrong := affiliate_rules.host_error(self.allowed_host):
            errors["allowed_host"] = [wrong]
        elif wrong := affiliate_rules.address_error(self.url, self.allowed_host, own_host):
            errors["url"] = [wrong]
        if errors:
            raise ValidationError(errors)
