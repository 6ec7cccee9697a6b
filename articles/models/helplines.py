"""Helplines: whom to call or write to."""

import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from articles.models.offers import Offer
from articles.models.synced import STALE_AFTER, SyncedModel, is_stale
from prose import affiliate_rules
from prose import helpline_needs as needs


class HelplineQuerySet(models.QuerySet["Helpline"]):
    """Helplines by how sure their numbers are."""

    def doubtful(self) -> "HelplineQuerySet":
        """Those whose numbers aren't sure (`doubt` says why)."""
        stale = Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - STALE_AFTER)
        return self.filter(stale | Q(url=""))


class Helpline(SyncedModel):
    """A service to call or write to.

    Shown as checked only once a person has entered the day they checked it.
    """

    key = models.SlugField(unique=True)
    country = models.CharField(max_length=3)
    country_name = models.CharField(max_length=40)
    region = models.CharField(
        max_length=40, blank=True, help_text="“Scotland”; empty: the whole country."
    )
    needs = models.JSONField(
        default=list, help_text="What people call it for, what it is most for first."
    )
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=30, blank=True)
    sms = models.CharField(max_length=20, blank=True)
    sms_keyword = models.CharField(max_length=20, blank=True)
    extra = models.CharField(max_length=60, blank=True)
    url = models.URLField("address", blank=True)
    chat = models.URLField("web chat", blank=True, help_text="The page on which the service chats.")
    hours = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    checked_on = models.DateField("last checked", null=True, blank=True)

    TYPESET = ("name", "hours", "note")
    CHECK_FIELDS = ("checked_on",)

    objects = HelplineQuerySet.as_manager()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    def cache_tags(self, before: "Helpline | None") -> Iterable[str]:
        """The pages that list helplines go at once."""
        return ("helplines",)

    def loss(self, after: "Helpline | None", gone: Collection[Any] = ()) -> str:
        """Return for whom this is the last line, of those whom search and help pages promise one."""
        rest = list(Helpline.objects.exclude(pk__in=[self.pk, *gone]))
        unanswered = needs.grid([*rest, after] if after else rest, self.country)
        before = needs.grid(Helpline.objects.all(), self.country)
        lost = []
        for need in needs.PROMISED:
            if set(unanswered[need]) - set(before[need]):
                lost.append(needs.GRID[need])
        if self.country == needs.ANYWHERE or not lost:
            return ""
        return (
            f"In {self.country_name} this is the last line {' and '.join(lost)}, and the help page and"
            " the search promise one. Enter the line that takes its place first."
        )

    def clean(self) -> None:
        errors: dict[str, str] = {}
        for name in ("phone", "sms"):
            if not re.fullmatch(r"(\+?[0-9][0-9 -]*)?", getattr(self, name)):
                errors[name] = "Digits and spaces alone, so that a telephone can dial it."
        for name in ("url", "chat"):
            if problem := _address_problem(getattr(self, name)):
                errors[name] = problem
        errors |= self._need_problems()
        if self.checked_on and self.checked_on > timezone.localdate():
            errors["checked_on"] = "That day hasn’t come yet."
        if errors:
            raise ValidationError(errors)

    def _need_problems(self) -> dict[str, str]:
        """Return what is wrong with the needs and the region it serves."""
        problems: dict[str, str] = {}
        is_list = isinstance(self.needs, list) and bool(self.needs)
        if not is_list or needs.unknown(map(str, self.needs)):
            problems["needs"] = f"Name one or more of: {', '.join(needs.NEEDS)}."
        if not needs.regions_are_known(self.country, self.region):
            known = ", ".join(needs.REGIONS.get(self.country, [])) or "none"
            problems["region"] = (
                f"The regions of this country are: {known}. Two are joined by “and”."
            )
        return problems

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if before and before.checked_on == self.checked_on and before.numbers != self.numbers:
            self.checked_on = None  # nobody has looked up the new number
        super().save(*args, **kwargs)

    @property
    def numbers(self) -> str:
        """What to call and what to text, in one line."""
        call = ", ".join(filter(None, [self.phone, self.extra]))
        text = f"text {self.sms_keyword} to {self.sms}" if self.sms_keyword else f"text {self.sms}"
        return "; ".join(filter(None, [call, text if self.sms else ""])) or self.url

    @property
    def where(self) -> str:
        """The part of the country that it serves, where its name doesn't say so."""
        return "" if self.region in self.name else self.region

    @property
    def chat_page(self) -> str:
        """The address of its chat, if that isn't its site's own; empty otherwise."""
        return "" if self.chats_on_its_site else self.chat

    @property
    def chats_on_its_site(self) -> bool:
        """Whether the way to its chat is the page that its name leads to."""
        return bool(self.chat) and self.chat == self.url

    @property
    def group(self) -> str:
        """The heading that it stands under on the get-help page."""
        return needs.group_of(self.needs)

    @property
    def is_stale(self) -> bool:
        """Whether nobody has looked it up within the last 180 days."""
        return is_stale(self.checked_on)

    @property
    def doubt(self) -> str:
        """What keeps its numbers from being sure; empty when nothing does."""
        if self.checked_on is None:
            return "nobody has looked it up yet"
        if self.is_stale:
            return f"last looked up on {date_format(self.checked_on)}, more than 180 days ago"
        return "" if self.url else "no address to look it up at"

    @property
    def dial(self) -> str:
        """The phone number as a tel: link takes it."""
        return _digits(self.phone)

    @property
    def text_to(self) -> str:
        """The number for texts as an sms: link takes it."""
        return _digits(self.sms)


def _digits(number: str) -> str:
    return "+" * number.startswith("+") + "".join(
        character for character in number if character.isdigit()
    )


def _address_problem(address: str) -> str:
    if problem := affiliate_rules.disguise(address):
        return problem
    if affiliate_rules.leads_to_partner(address, Offer.objects.hosts()):
        return "A partner that pays us stands in an offer, never among the helplines."
    is_secure = not address or urlsplit(address).scheme == "https"
    return "" if is_secure else "The address must begin with https://."
