"""A text: markdown kept beside the HTML that was made of it."""

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from articles.models.synced import Filed
from prose import affiliate_rules, placeholders
from prose import renderer as rendering

if TYPE_CHECKING:
    from articles.models.images import Picture

# What is made anew from the rest, or belongs to the file: no part of what a text said at a time.
MADE = [
    "html",
    "contents",
    "citations",
    "words",
    "renderer",
    "changed_at",
    "synced_at",
    "synced_digest",
]


def recorded(*made: str) -> HistoricalRecords:
    """Return the field that keeps every saved state of a text with its author."""
    return HistoricalRecords(excluded_fields=[*MADE, *made])


class Text(Filed):
    """A title, a line under it, and markdown kept beside the HTML that was made of it."""

    title = models.CharField(max_length=120)
    dek = models.CharField("line under the title", max_length=240, blank=True)
    description = models.CharField(
        max_length=170, blank=True, help_text="For search engines and previews of shared links."
    )
    body = models.TextField(
        "text",
        help_text="Markdown. Directives: :::offer key, :::quiz, :::note, :::exercise, :::quote.",
    )
    html = models.TextField(editable=False)
    contents = models.JSONField(default=list, editable=False)
    citations = models.JSONField(default=dict, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField("updated", default=timezone.now)

    TYPESET: tuple[str, ...] = ("title", "dek", "description")
    MAY_HOLD_OFFERS = False
    MAY_HOLD_PICTURES = (
        False  # a result page shows some texts; a picture it fetched would tell a log which
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude)
        if too_long := rendering.wrong_length(self.body):
            raise ValidationError({"body": too_long})

    def clean(self) -> None:
        from articles.models import Offer, Picture

        super().clean()
        if rendering.wrong_length(self.body):
            return
        made = rendering.render(self.body)
        problems = [
            str(found)
            for found in [
                *made.problems,
                *affiliate_rules.raw_links(made.links, Offer.objects.hosts()),
            ]
        ]
        if not self.MAY_HOLD_OFFERS and affiliate_rules.offers_in(made.html):
            problems.append("Offers stand in articles alone.")
        asked_for = {part.key for part in rendering.parts(made.html) if part.kind == "picture"}
        if asked_for and not self.MAY_HOLD_PICTURES:
            problems.append("Pictures stand in articles alone.")
        elif unknown := asked_for - set(
            Picture.objects.filter(key__in=asked_for).values_list("key", flat=True)
        ):
            problems.append(f"There is no picture “{'”, “'.join(sorted(unknown))}”.")
        if problems:
            raise ValidationError({"body": problems})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render()
        super().save(*args, **kwargs)

    def render(self) -> None:
        """Make the stored HTML from the markdown."""
        made = rendering.render(self.body)
        self.html, self.citations, self.words = made.html, made.citations, made.words
        self.contents = [[heading.level, heading.id, heading.text] for heading in made.contents]
        self.renderer = rendering.VERSION

    @cached_property
    def parts(self) -> list[rendering.Part]:
        """The text as the page shows it: HTML, and blocks to fill in."""
        if self.renderer != rendering.VERSION:
            self.render()
        return list(rendering.parts(placeholders.fill_in_html(self.html)))

    @cached_property
    def pictures(self) -> dict[str, "Picture"]:
        """The pictures that stand in the text, by key. No query when there are none."""
        from articles.models import Picture

        keys = {part.key for part in self.parts if part.kind == "picture"}
        return Picture.objects.in_bulk(list(keys), field_name="key") if keys else {}

    @property
    def sections(self) -> list[dict[str, str]]:
        """The sections (h2) for the contents list."""
        return [
            {"id": anchor, "text": placeholders.fill_in(text)}
            for level, anchor, text in self.contents
            if level == 2
        ]

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes, rounded up, never 0."""
        return max(1, math.ceil(self.words / settings.WORDS_PER_MINUTE))
