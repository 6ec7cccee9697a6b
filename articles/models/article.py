"""Articles: what they say, and who may see them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils import timezone

from articles import states
from articles.models.markdown import MarkdownModel, Section, SignedOffModel, history_field
from articles.models.redirects import address
from articles.models.sources import Source
from articles.models.topics import Topic
from trustsite.web.serving.fragments import recall_each
from trustsite.web.serving.page_cache import soft

RESPONSES = [("fight", "Fight"), ("flight", "Flight"), ("freeze", "Freeze"), ("fawn", "Fawn")]


LAST = 999  # the place of an article that nobody has placed

# What of the front matter, besides title and description, the rules of texts look at.
READ_BY_RULES = (
    *("content_note", "affiliate", "safety", "evidence", "evidence_note"),
    *("related", "takeaways"),
)


@dataclass(frozen=True)
class Correction:
    """What was put right in an article, and on which day."""

    on: date
    what: str


@dataclass(frozen=True)
class Reference:
    """A numbered source under an article, with the ids of its mentions to link back to."""

    number: int
    source: Source
    backlinks: list[str]


Order = tuple[str, ...]
# Orders of lists; an index has the columns of each.
BY_TITLE: Order = ("title", "pk")
READING_ORDER: Order = ("position", "title", "pk")


class Row(models.Func):
    """Several columns, or values, compared as one."""

    function = ""
    output_field = models.Field()


def _place(article: "Article", order: Order) -> Row:
    values = [getattr(article, name) for name in order]
    # One that isn't saved has no number yet.
    return Row(*(models.Value(0 if value is None else value) for value in values))


class ArticleQuerySet(models.QuerySet["Article"]):
    """Articles by who may see them."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them, unless readers have seen one of them."""
        for article in self.only("slug", "state", "publish_at", "first_published_at"):
            article.refuse_if_public()
        return super().delete()

    def published(self) -> "ArticleQuerySet":
        """Those a reader can open now.

        Decided by the clock, so a scheduled article needs no job to appear.
        """
        return self.filter(states.published())

    def released(self) -> "ArticleQuerySet":
        """Those published, and those whose time is still to come."""
        return self.filter(state=states.PUBLISHED)

    def open_at(self, moment: datetime) -> "ArticleQuerySet":
        """Those that readers can open at a moment to come, as it stands now."""
        return self.filter(state=states.PUBLISHED, publish_at__lte=moment)

    def withdrawn(self) -> "ArticleQuerySet":
        """Those readers could open once, and that were taken back."""
        seen = Q(first_published_at__isnull=False) | Q(publish_at__lte=timezone.now())
        return self.filter(seen, state=Article.State.WITHDRAWN)

    def citing(self, source_key: str) -> "ArticleQuerySet":
        """Those, drafts too, that cite a source."""
        return self.filter(citations__has_key=source_key)

    def after(self, article: "Article", order: Order) -> "ArticleQuerySet":
        """Those after `article` in an order: a range of an index, wherever it begins."""
        return self.filter(GreaterThan(Row(*order), _place(article, order))).order_by(*order)

    def until(self, article: "Article", order: Order) -> "ArticleQuerySet":
        """`article` and those before it in an order, backwards."""
        backwards = [f"-{name}" for name in order]
        rows = self.filter(LessThanOrEqual(Row(*order), _place(article, order)))
        return rows.order_by(*backwards)

    def topics(self) -> "models.QuerySet[Topic]":
        """The topics that one of these stands on."""
        return Topic.objects.filter(Exists(self.filter(topic=OuterRef("pk")).order_by()))


class Article(SignedOffModel, MarkdownModel):
    """One article."""

    class State(models.TextChoices):
        DRAFT = states.DRAFT, "Draft"
        IN_REVIEW = states.IN_REVIEW, "In review"
        PUBLISHED = states.PUBLISHED, "Published"
        WITHDRAWN = states.WITHDRAWN, "Withdrawn"

    class Evidence(models.TextChoices):
        WELL_SUPPORTED = "well supported", "Well supported"
        MIXED = "mixed", "Mixed"
        CONTESTED = "contested", "Contested"

    slug = models.SlugField(unique=True, max_length=80)
    position = models.PositiveSmallIntegerField(
        "place in its topic",
        blank=True,
        default=LAST,
        db_default=LAST,
        help_text="1 is read first. Articles with the same number stand by title.",
    )
    starts = models.BooleanField(
        "where to start",
        default=False,
        db_default=False,
        help_text="The home page names the first three of these.",
    )
    topic = models.ForeignKey(  # the indexes below begin with it
        Topic, on_delete=models.PROTECT, related_name="articles", db_index=False
    )
    response = models.CharField(
        max_length=6, choices=RESPONSES, blank=True, help_text="Whose trace it shows, if one's."
    )
    takeaways = models.JSONField("key takeaways", default=list, blank=True)
    content_note = models.CharField(
        max_length=160, blank=True, help_text="One neutral line: “Mentions X, without detail.”"
    )
    affiliate = models.BooleanField("may hold an offer", default=False)
    safety = models.BooleanField("help panel at the top", default=False)
    sign_up = models.BooleanField("offers the guide and sharing", default=True)
    evidence = models.CharField(
        "how sure are we?", max_length=20, choices=Evidence, default=Evidence.MIXED
    )
    evidence_note = models.CharField(max_length=400, blank=True)
    related = models.JSONField(
        "related articles", default=list, blank=True, help_text="Slugs, the closest first."
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    publish_at = models.DateTimeField(null=True, blank=True)
    planned_on = models.DateField(
        "planned for",
        null=True,
        blank=True,
        help_text="A plan for the calendar of the desk. Nothing is published by it.",
    )
    # A fact, not a wish: set when a save finds that readers could open it, and never cleared. A
    # scheduled article falls due by the clock alone, so until it is next saved `was_public` says
    # the same of it.
    first_published_at = models.DateTimeField(null=True, editable=False)
    withdrawn_note = models.CharField(
        "why it was withdrawn",
        max_length=240,
        blank=True,
        help_text="Shown at its address, which answers 410.",
    )
    leads_to = models.CharField(
        "who comes to its address reads on at",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="A path on this site, such as /articles/grounding-techniques/. "
        "The page that says why it was withdrawn leads there.",
    )
    # What its words were when it was last saved.
    text_hash = models.CharField(max_length=32, default="", editable=False, db_column="text_now")
    # [{"on": day, "what": words}], shown under the article.
    corrections = models.JSONField(default=list, editable=False)
    # A new one makes preview links worthless.
    preview_key = models.CharField(max_length=22, blank=True, editable=False)
    # The articles nearest to it by their words, by row, the nearest first; and what of that the
    # worker has to make anew (searching/nearness.py).
    nearest = models.JSONField(null=True, editable=False)
    nearest_due = models.PositiveSmallIntegerField(default=2, db_default=2, editable=False)
    # How much the rules found when it was last saved (editing/checks.py).
    problems = models.PositiveSmallIntegerField(default=0, editable=False)

    TYPESET = (*MarkdownModel.TYPESET, "takeaways", "content_note", "evidence_note")
    SEEN_AT_ONCE = False
    FOLDER = "articles"
    FRONT_MATTER = MarkdownModel.FRONT_MATTER | {name: name for name in READ_BY_RULES}
    # What other pages show of it: in lists, on cards, in the neighbours under an article.
    ON_CARDS = (
        *("slug", "topic_id", "response", "title", "standfirst", "minutes"),
        *("state", "publish_at", "position", "starts"),
    )
    COMPARES = True
    # By key, for who reads the sources of many articles at once.
    known_sources: dict[str, Source] | None = None

    objects = ArticleQuerySet.as_manager()
    history: Any = history_field(
        *("preview_key", "problems", "text_hash", "first_published_at", "planned_on"),
        *("nearest", "nearest_due"),
    )

    class Meta:
        ordering = ["topic__position", "position", "title"]
        # All in a list, those of a topic as they are read, all at the desk; the feed and what falls
        # due; what waits to be compared with others; what was changed last; whose check runs out.
        indexes = [
            models.Index(fields=["state", "title", "id"], name="article_by_title"),
            models.Index(
                fields=["topic", "state", "position", "title", "id"], name="article_reading_order"
            ),
            models.Index(fields=["topic", "title", "id"], name="article_at_the_desk"),
            models.Index(fields=["state", "publish_at", "id"], name="article_by_time"),
            models.Index(
                fields=["state", "topic"], condition=Q(starts=True), name="article_to_start_with"
            ),
            models.Index(fields=["-nearest_due", "id"], name="article_nearest_due"),
            models.Index(fields=["-changed_at", "-id"], name="article_last_change"),
            models.Index(fields=["state", "checked_on", "id"], name="article_by_check"),
        ]
        permissions = [
            ("publish_article", "Can publish, schedule and withdraw articles"),
            ("review_article", "Can sign off the text of articles"),
        ]

    @property
    def file_name(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return address("articles:article", self.slug)

    def clean(self) -> None:
        if errors := states.undone(self._stored(), self):
            raise ValidationError(errors)
        if self.state == self.State.WITHDRAWN and not self.withdrawn_note.strip():
            raise ValidationError(
                {"withdrawn_note": "Say in a line why it was withdrawn: its address shows it."}
            )
        if self.state != self.State.WITHDRAWN:
            super().clean()  # nobody reads it else, and no mistake may keep it before readers

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; articles/receivers.py keeps its old address, its check and the search index."""
        self._note_first_publication()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        (self._stored() or self).refuse_if_public()
        return super().delete(*args, **kwargs)

    def as_readers_have_it(self) -> "MarkdownModel | None":
        """Return it as stored, if it is released: nobody reads the text of a withdrawn one."""
        stored = super().as_readers_have_it()
        return stored if isinstance(stored, Article) and stored.state == states.PUBLISHED else None

    @property
    def cache_tag(self) -> str:
        """What pages that show its text are made of."""
        return f"article:{self.pk}"

    def is_seen(self) -> bool:
        """Whether readers see it, will by the clock, or are told that it was withdrawn."""
        return self.state in states.PUBLIC

    def cache_tags(self, before: "Article | None") -> Iterable[str]:
        """Its own page goes; lists go when what they show changes; what led to it goes when it is taken back."""
        shown = [row for row in (before, self) if row and row.state in states.PUBLIC]
        if not shown:
            return ()
        tags = [self.cache_tag, "texts"]
        if before and all(getattr(before, name) == getattr(self, name) for name in self.ON_CARDS):
            return tags
        is_taken_back = before is not None and before.is_published and not self.is_published
        return [*tags, "lists", "cards" if is_taken_back else soft("cards")]

    def refuse_if_public(self) -> None:
        """Raise ProtectedError when readers have seen it.

        Its address must go on saying what became of it.
        """
        if self.was_public:
            raise models.ProtectedError(states.FOR_GOOD, {self})

    def _stored(self) -> "Article | None":
        """Return it as the database has it, as far as it says what readers have seen."""
        names = ("slug", "state", "publish_at", "first_published_at")
        return Article.objects.filter(pk=self.pk).only(*names).first() if self.pk else None

    def _note_first_publication(self) -> None:
        """Part of saving.

        Note since when readers could open it, before a change to its state or time takes effect.
        """
        before = self._stored()
        if errors := states.undone(before, self):
            raise ValidationError(errors)
        seen_since = before.seen_since if before else None
        if self.state == self.State.PUBLISHED and self.publish_at is None:
            self.publish_at = seen_since or timezone.now()
        self.first_published_at = seen_since or self.seen_since

    @property
    def is_published(self) -> bool:
        """Whether readers can open it now."""
        return states.is_published(self.state, self.publish_at)

    @property
    def is_scheduled(self) -> bool:
        """Whether it is released and its time is still to come."""
        is_to_come = self.publish_at is not None and self.publish_at > timezone.now()
        return self.state == self.State.PUBLISHED and is_to_come and not self.was_public

    @property
    def stage(self) -> str:
        """Its state in a word; a published article whose time is still to come is scheduled."""
        return "Scheduled" if self.is_scheduled else self.get_state_display()

    @property
    def was_public(self) -> bool:
        """Whether readers can open it, or could at some time."""
        return self.seen_since is not None

    @property
    def was_withdrawn(self) -> bool:
        """Whether readers could open it once, and it was taken back."""
        return self.state == self.State.WITHDRAWN and self.was_public

    @property
    def seen_since(self) -> datetime | None:
        """Since when readers could open it.

        As noted when it was saved or, since it fell due after that, by the clock.
        """
        if self.first_published_at or self.state not in states.PUBLIC or self.publish_at is None:
            return self.first_published_at
        return self.publish_at if self.publish_at <= timezone.now() else None

    @property
    def skip_to(self) -> Section | None:
        """Where to read on past what the content note names: what helps, or else the takeaways."""
        for section in self.sections[1:]:
            if re.search(r"\bhelps?\b", section.text, re.IGNORECASE):
                return Section(section.id, f"“{section.text}”")
        return Section("takeaways", "the points to take away") if self.takeaways else None

    @property
    def has_quiz_block(self) -> bool:
        """Whether the author placed the invitation to the quiz; if not, the page adds it."""
        return any(part.kind == "quiz" for part in self.parts)

    @property
    def dated_corrections(self) -> list[Correction]:
        """What was put right, each with its day."""
        corrections = []
        for item in self.corrections:
            corrections.append(Correction(date.fromisoformat(item["on"]), item["what"]))
        return corrections

    def references(self) -> Iterator[Reference]:
        """Yield the numbered sources, in the order of their first mention."""
        sources = self.known_sources
        if sources is None:
            sources = recall_each("source", self.citations, Source.by_key)
        for number, (key, mentions) in enumerate(self.citations.items(), start=1):
            if key in sources:
                backlinks = [f"cite-{number}-{mention}" for mention in range(1, mentions + 1)]
                yield Reference(number, sources[key], backlinks)


def next_publication() -> datetime | None:
    """Return when the next scheduled article falls due."""
    return (
        Article.objects.filter(states.scheduled())
        .order_by("publish_at")
        .values_list("publish_at", flat=True)
        .first()
    )
