"""Topics: the shelves that articles stand on."""

from typing import Any

from django.db import models, transaction

from articles.models.redirects import address, lead, lead_nowhere_from
from articles.models.synced import SyncedModel

# The lines that topics are told apart by, on a ground of 900 by 44. Each draws its shape within the
# first 160 units and runs on level, so that one path is a small mark beside a topic's name and a
# rule across a page.
PLAIN = "plain"
MARKS = {
    PLAIN: "M2 24h40l6-14 9 25 7-17 4 6H900",
    "four-shapes": (
        "M2 24h12l5-15 8 26 7-17 4 6h12l9-7 9 4 10-9 8 3 8-2h6l5-12 5 20 3-7h10"
        "c9 0 9-13 18-13s9 21 18 21 8-8 16-8H900"
    ),
    "two-meeting": "M2 8c44 0 50 12 84 12H900M2 42c44 0 50-14 84-14H900",
    "large-and-small": ("M2 36h12c22 0 22-32 46-32s24 32 46 32h6c9 0 9-13 18-13s9 13 18 13H900"),
    "pulse": "M2 24h18l5-7 4 7h18l5-7 4 7h18l5-14 6 22 4-8h18l5-7 4 7h18l5-7 4 7H900",
    "settling": (
        "M2 22l7-18 9 36 8-28 8 20 7-13 7 9c8 0 9-6 19-6s10 8 20 8 10-6 20-6 9 4 17 4H900"
    ),
    "held": "M2 8h26c22 0 22 27 44 27s22-27 44-27H900M46 43h52",
    "steps": "M2 38h24V30h24V22h24V14h24V8H900",
    "round-and-on": "M2 24h40c20 0 20-18 0-18s-20 32 14 32 30-14 60-14H900",
}


class Topic(SyncedModel):
    """One of the shelves that articles stand on."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    intro = models.CharField(max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    mark = models.CharField(
        "its line",
        max_length=20,
        choices=[(name, name.replace("-", " ").capitalize()) for name in MARKS],
        default=PLAIN,
        db_default=PLAIN,
        help_text="The line drawn above its name.",
    )

    # Of its articles, where a page says so (articles.reading.lists).
    number: int | None = None

    TYPESET = ("title", "intro")

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    @property
    def line(self) -> str:
        """The path of its line, as SVG writes it; of a line that isn't there any more, the plain one."""
        return MARKS.get(self.mark, MARKS[PLAIN])

    def get_absolute_url(self) -> str:
        return address("articles:topic", self.slug)

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; the address that readers had for it leads on."""
        stored = Topic.objects.filter(pk=self.pk).first() if self.pk else None
        super().save(*args, **kwargs)
        if stored and stored.slug != self.slug:
            lead(stored.get_absolute_url(), self.get_absolute_url(), f"“{self.title}” moved.")
        lead_nowhere_from(self.get_absolute_url())

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        lead(self.get_absolute_url(), "", f"“{self.title}” stood here and was deleted.")
        return result
