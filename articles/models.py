"""What the site reads from: articles and the things they are made of."""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from articles import facts, partners, pictures, rendering
from trustsite.pages import Content

RESPONSES = [("fight", "Fight"), ("flight", "Flight"), ("freeze", "Freeze"), ("fawn", "Fawn")]
OFFER_STALE_AFTER = timedelta(days=180)
# Names that RFC 2606 keeps for examples: an offer that points there is a placeholder and earns nobody anything.
PLACEHOLDER_HOSTS = (".example", ".test", ".invalid", "example.com", "example.org")


class Filed(Content):
    """A row that also travels as a file: what it said when it was last loaded or exported, and when it changed since."""

    changed_at = models.DateTimeField(auto_now=True)
    synced_at = models.DateTimeField(null=True, editable=False)
    synced_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


class Text(Filed):
    """A title, a line under it, and markdown kept beside the HTML that was made of it."""

    title = models.CharField(max_length=120)
    dek = models.CharField("line under the title", max_length=240, blank=True)
    description = models.CharField(
        max_length=170, blank=True, help_text="For search engines and previews of shared links."
    )
    body = models.TextField(
        "text", help_text="Markdown. Directives: :::offer key, :::quiz, :::note, :::exercise, :::quote."
    )
    html = models.TextField(editable=False)
    contents = models.JSONField(default=list, editable=False)
    citations = models.JSONField(default=dict, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField("updated", default=timezone.now)

    TYPESET: tuple[str, ...] = ("title", "dek", "description")
    MAY_HOLD_OFFERS = False
    MAY_HOLD_PICTURES = False  # a result page shows some texts; a picture it fetched would tell a log which

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        made = rendering.render(self.body)
        problems = [str(found) for found in [*made.problems, *partners.raw_links(made.links, Offer.objects.hosts())]]
        if not self.MAY_HOLD_OFFERS and partners.offers_in(made.html):
            problems.append("Offers stand in articles alone.")
        asked_for = {part.key for part in rendering.parts(made.html) if part.kind == "picture"}
        if asked_for and not self.MAY_HOLD_PICTURES:
            problems.append("Pictures stand in articles alone.")
        elif unknown := asked_for - set(Picture.objects.filter(key__in=asked_for).values_list("key", flat=True)):
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
        return list(rendering.parts(facts.fill_in_html(self.html)))

    @cached_property
    def pictures(self) -> dict[str, "Picture"]:
        """The pictures that stand in the text, by key. No query when there are none."""
        keys = {part.key for part in self.parts if part.kind == "picture"}
        return Picture.objects.in_bulk(list(keys), field_name="key") if keys else {}

    @property
    def sections(self) -> list[dict[str, str]]:
        """The sections (h2) for the contents list."""
        return [{"id": anchor, "text": facts.fill_in(text)} for level, anchor, text in self.contents if level == 2]

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes, rounded up, never 0."""
        return max(1, math.ceil(self.words / settings.WORDS_PER_MINUTE))


class Topic(Filed):
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


class Source(Filed):
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

    def clean(self) -> None:
        if partners.is_partners(self.url, Offer.objects.hosts()):
            raise ValidationError({"url": "A partner that pays us is no source."})


class ArticleQuerySet(models.QuerySet["Article"]):
    """Articles by who may see them."""

    def published(self) -> "ArticleQuerySet":
        """Those a reader can open now. Decided by the clock, so a scheduled article needs no job to appear."""
        return self.filter(state=Article.State.PUBLISHED, publish_at__lte=timezone.now())

    def withdrawn(self) -> "ArticleQuerySet":
        """Those readers could open once, and that were taken back."""
        return self.filter(state=Article.State.WITHDRAWN, publish_at__lte=timezone.now())

    def for_cards(self) -> "ArticleQuerySet":
        """With what a card shows and no more."""
        topic = ("topic__title", "topic__slug", "topic__intro")
        return self.select_related("topic").only("slug", "title", "dek", "words", "response", *topic)


class Article(Text):
    """One article."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Evidence(models.TextChoices):
        WELL_SUPPORTED = "well supported", "Well supported"
        MIXED = "mixed", "Mixed"
        CONTESTED = "contested", "Contested"

    slug = models.SlugField(unique=True, max_length=80)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="articles")
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
    evidence = models.CharField("how sure are we?", max_length=20, choices=Evidence, default=Evidence.MIXED)
    evidence_note = models.CharField(max_length=400, blank=True)
    related = models.JSONField("related articles", default=list, blank=True, help_text="Slugs, the closest first.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    publish_at = models.DateTimeField(null=True, blank=True)
    withdrawn_note = models.CharField(
        "why it was withdrawn", max_length=240, blank=True, help_text="Shown at its address, which answers 410."
    )
    checked_on = models.DateField(
        "last checked",
        null=True,
        blank=True,
        help_text="The day a person went through text and sources. Empty: nobody yet.",
    )

    TYPESET = (*Text.TYPESET, "takeaways", "content_note", "evidence_note")
    MAY_HOLD_OFFERS = MAY_HOLD_PICTURES = True

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["topic__position", "title"]

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        if self.state == self.State.WITHDRAWN and not self.withdrawn_note.strip():
            raise ValidationError({"withdrawn_note": "Say in a line why it was withdrawn: its address shows it."})
        if self.affiliate and self.safety:
            raise ValidationError({"affiliate": "A page with the help panel at its top holds no offer."})
        html = rendering.render(self.body).html
        offers = partners.offers_in(html)
        errors = []
        if len(offers) > 1:
            errors.append("An article may hold one offer at most.")
        if offers and not self.affiliate:
            errors.append("This article may hold no offer: take “:::offer” out, or allow it below.")
        if partners.stands_too_early(html):
            errors.append("The offer stands too early: it may come after the second section’s heading.")
        if unknown := set(offers) - set(Offer.objects.values_list("key", flat=True)):
            errors.append(f"There is no offer “{', '.join(sorted(unknown))}”.")
        cited = rendering.render(self.body).citations
        if missing := set(cited) - set(Source.objects.filter(key__in=cited).values_list("key", flat=True)):
            errors.append(f"There is no source “{', '.join(sorted(missing))}”.")
        if errors:
            raise ValidationError({"body": errors})

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        from articles import addresses, search

        if self.state == self.State.PUBLISHED and self.publish_at is None:
            self.publish_at = timezone.now()
        addresses.keep(self)
        super().save(*args, **kwargs)
        self.__dict__.pop("parts", None)
        self.__dict__.pop("pictures", None)
        search.index(self)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        from articles import search

        search.forget(self)
        return super().delete(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        """Whether readers can open it now."""
        return self.state == self.State.PUBLISHED and self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def was_public(self) -> bool:
        """Whether readers can open it, or could before it was withdrawn."""
        return self.state != self.State.DRAFT and self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def skip_to(self) -> dict[str, str] | None:
        """Where to read on without what the content note names: the section on what helps, or else the takeaways."""
        for section in self.sections[1:]:
            if re.search(r"\bhelps?\b", section["text"], re.IGNORECASE):
                return {"id": section["id"], "text": f"“{section['text']}”"}
        return {"id": "takeaways", "text": "the points to take away"} if self.takeaways else None

    @property
    def has_quiz_block(self) -> bool:
        """Whether the author placed the invitation to the quiz; if not, the page adds it."""
        return any(part.kind == "quiz" for part in self.parts)

    def references(self) -> Iterator[dict[str, Any]]:
        """Yield the numbered sources, in the order of their first mention, each with its mentions to link back to."""
        sources = Source.objects.in_bulk(list(self.citations), field_name="key")
        for number, (key, mentions) in enumerate(self.citations.items(), start=1):
            if key in sources:
                backlinks = [f"cite-{number}-{mention}" for mention in range(1, mentions + 1)]
                yield {"number": number, "source": sources[key], "backlinks": backlinks}


class OldAddress(Content):
    """An address an article once had. It leads to the article for good (301)."""

    slug = models.SlugField(unique=True, max_length=80)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="old_addresses")

    class Meta:
        verbose_name_plural = "old addresses"

    def __str__(self) -> str:
        return self.slug


class Picture(Filed):
    """A picture for articles: uploaded once, kept in several sizes, with its words for those who don't see it."""

    key = models.SlugField(unique=True)
    original = models.ImageField(upload_to="pictures/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(
        "alternative text", max_length=240, blank=True, help_text="What a person who can't see it misses."
    )
    decorative = models.BooleanField(
        default=False, help_text="It adds nothing that needs words; then leave the text empty."
    )
    caption = models.CharField(max_length=240, blank=True)
    renditions = models.JSONField(default=list, editable=False)

    TYPESET = ("alt", "caption")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        super().clean()
        if not re.fullmatch(r"[a-z0-9-]+", self.key):
            raise ValidationError({"key": "Use small letters, digits and hyphens alone."})
        if not self.alt and not self.decorative:
            raise ValidationError({"alt": "Say what a person who can’t see it misses, or mark it as decorative."})
        if self.alt and self.decorative:
            raise ValidationError({"alt": "A decorative picture has no text: take it out, or the mark."})
        try:
            self._remake()
        except ValidationError as error:
            raise ValidationError({"original": error.messages}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = Picture.objects.filter(pk=self.pk).first()
        self._remake()
        if self._is_uploaded():
            self.renditions = pictures.keep(self.original.file, "pictures/")
            self.original = f"pictures/{self.original.name}"
        super().save(*args, **kwargs)
        if before and before.original != self.original:
            transaction.on_commit(before.discard_files)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if articles := list(self.used_in()):
            titles = ", ".join(f"“{article.title}”" for article in articles)
            raise models.ProtectedError(f"This picture is in {titles}. Take it out there first.", set(articles))
        result = super().delete(*args, **kwargs)
        transaction.on_commit(self.discard_files)
        return result

    def _is_uploaded(self) -> bool:
        return bool(self.original) and not self.original._committed  # type: ignore[attr-defined]  # Django's own mark

    def _remake(self) -> None:
        """Put a picture of our own writing in the place of a new upload."""
        if self._is_uploaded() and not isinstance(self.original.file, pictures.Remade):
            self.original = pictures.remade(self.original.file)

    def discard_files(self) -> None:
        """Delete the picture and its renditions from the store, unless another row shows the very same picture."""
        if not Picture.objects.filter(original=self.original.name).exists():
            pictures.discard([str(self.original.name), *(one["name"] for one in self.renditions)])

    def used_in(self) -> ArticleQuerySet:
        """Return the articles, drafts too, that show it."""
        return Article.objects.filter(html__contains=f'data-block="picture:{self.key}"')

    @property
    def sources(self) -> list[dict[str, str]]:
        """Type and srcset of each format a browser may choose."""
        return pictures.sources(self.renditions)

    @property
    def fallback(self) -> dict[str, Any]:
        """The address, width and height every browser can use."""
        return pictures.fallback(self.renditions)


def next_publication() -> datetime | None:
    """Return when the next scheduled article falls due."""
    due = Article.objects.filter(state=Article.State.PUBLISHED, publish_at__gt=timezone.now())
    return due.order_by("publish_at").values_list("publish_at", flat=True).first()


class Page(Text):
    """A standing page: about, privacy and their like."""

    slug = models.SlugField(unique=True)
    checked_on = models.DateField("last checked", null=True, blank=True)

    class Meta:
        ordering = ["slug"]

    def get_absolute_url(self) -> str:
        return f"/{self.slug}/"


class Response(Text):
    """What the site says of a pattern: the four responses, the blends, and the results that name none.

    `key` is `fight`, `fight-flight`, `even-mix`, `low-signal`, `incomplete` or `steadiness-settles` and its like.
    """

    key = models.SlugField(unique=True)
    belief = models.CharField(max_length=80, blank=True)
    tagline = models.CharField(max_length=40, blank=True)
    at_a_glance = models.CharField(max_length=240, blank=True)
    warm_line = models.CharField(max_length=240, blank=True)
    related = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    TYPESET = (*Text.TYPESET, "belief", "tagline", "at_a_glance", "warm_line")

    class Meta:
        ordering = ["position", "key"]

    def get_absolute_url(self) -> str:
        return reverse("articles:response", args=[self.key])


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers by whether they may be shown."""

    def hosts(self) -> list[str]:
        """Return the hosts of all partners, whether their offers are shown or not."""
        return list(self.values_list("allowed_host", flat=True))

    def current(self) -> "OfferQuerySet":
        """Those still valid and checked within the last 180 days; on a live site none that points at a placeholder."""
        today = timezone.localdate()
        found = self.filter(valid_until__gte=today, checked_on__gte=today - OFFER_STALE_AFTER)
        if not settings.DEVELOPMENT:
            found = found.exclude(_ends_with(PLACEHOLDER_HOSTS))
        return found


def _ends_with(endings: tuple[str, ...]) -> Q:
    found = Q()
    for ending in endings:
        found |= Q(allowed_host__endswith=ending)
    return found


class Offer(Filed):
    """A partner's offer. Shown on articles alone, labelled before its link, never without a free route beside it."""

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
    checked_on = models.DateField("last checked")

    TYPESET = ("heading", "text", "button", "disclosure", "free_alternative", "not_for", "price_model")

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
        if is_stale(self.checked_on):
            return f"It was last checked on {date_format(self.checked_on)}, more than 180 days ago."
        if self.is_placeholder and not settings.DEVELOPMENT:
            return "It points at a placeholder: no partner has been chosen."
        return ""

    def clean(self) -> None:
        errors: dict[str, list[str]] = {}
        for name in ("partner", *self.TYPESET):
            text = getattr(self, name)
            if not text.strip() and name != "price_model":
                errors.setdefault(name, []).append("This field cannot be blank.")
            if name != "partner" and (words := partners.banned_words(text)):
                errors.setdefault(name, []).append(f"An advert here doesn’t say “{'”, “'.join(words)}”.")
        if self.checked_on and self.checked_on > timezone.localdate():
            errors["checked_on"] = ["That day hasn’t come yet."]
        own_host = urlsplit(settings.SITE_URL).hostname or ""
        if wrong := partners.wrong_with_host(self.allowed_host):
            errors["allowed_host"] = [wrong]
        elif wrong := partners.wrong_with_address(self.url, self.allowed_host, own_host):
            errors["url"] = [wrong]
        elif linking := list(_texts_that_link_to(self.allowed_host)):
            errors["allowed_host"] = [f"These texts link there without a label: {', '.join(linking)}."]
        if errors:
            raise ValidationError(errors)


def _texts_that_link_to(host: str) -> Iterator[str]:
    for model in (Article, Page, Response):
        for text in model._default_manager.filter(body__icontains=host.removeprefix("www.")):
            if partners.raw_links(rendering.render(text.body).links, [host]):
                yield text.title


class Helpline(Filed):
    """A service to call or write to. Shown as checked only once a person has entered the day they checked it."""

    key = models.SlugField(unique=True)
    country = models.CharField(max_length=3)
    country_name = models.CharField(max_length=40)
    kind = models.SlugField()
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=30, blank=True)
    sms = models.CharField(max_length=20, blank=True)
    sms_keyword = models.CharField(max_length=20, blank=True)
    extra = models.CharField(max_length=60, blank=True)
    url = models.URLField("address", blank=True)
    hours = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    checked_on = models.DateField("last checked", null=True, blank=True)

    TYPESET = ("name", "hours", "note")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = {}
        for name in ("phone", "sms"):
            if not re.fullmatch(r"(\+?[0-9][0-9 -]*)?", getattr(self, name)):
                errors[name] = "Digits and spaces alone, so that a telephone can dial it."
        if self.url and urlsplit(self.url).scheme != "https":
            errors["url"] = "The address must begin with https://."
        if partners.is_partners(self.url, Offer.objects.hosts()):
            errors["url"] = "A partner that pays us stands in an offer, never among the helplines."
        if self.checked_on and self.checked_on > timezone.localdate():
            errors["checked_on"] = "That day hasn’t come yet."
        if errors:
            raise ValidationError(errors)

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
    return "+" * number.startswith("+") + "".join(character for character in number if character.isdigit())


def is_stale(checked_on: date | None) -> bool:
    """Whether nobody has checked this within the last 180 days."""
    return checked_on is None or timezone.localdate() - checked_on > OFFER_STALE_AFTER
