"""Plain makers: each returns a saved row that is valid, and takes what a test wants otherwise."""

from datetime import timedelta
from io import BytesIO
from itertools import count
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from articles.models import Article, Helpline, Offer, Page, Picture, Response, Source, Topic
from newsletter.emails.messages import audience_of
from newsletter.emails.registry import Audience
from newsletter.hashing import fingerprint
from newsletter.models import Delivery, FormRequest, Letter, Subscriber

_numbers = count(1)


def make_form_request(
    kind: str = "guide", address: str = "ann@example.org", **over: Any
) -> FormRequest:
    values = {"wording": "2026-11", "asked_at": timezone.now()} | over
    return FormRequest.objects.create(
        kind=kind, address=address, fingerprint=fingerprint(address), **values
    )


def make_topic(**over: Any) -> Topic:
    number = next(_numbers)
    return Topic.objects.create(
        **{"slug": f"topic-{number}", "title": f"Topic {number}", "position": number} | over
    )


def make_source(**over: Any) -> Source:
    number = next(_numbers)
    return Source.objects.create(
        **{"key": f"author-{number}", "authors": "Author A", "year": 2001, "title": "A work"} | over
    )


def make_article(**over: Any) -> Article:
    number = next(_numbers)
    values = {
        "slug": f"article-{number}",
        "title": f"Article {number}",
        "standfirst": "A line under the title.",
        "body": "A lead paragraph.\n\n## First\n\nWords.\n\n## Second\n\nMore words.\n\n## Third\n\nThe last words.",
        "state": Article.State.PUBLISHED,
        "publish_at": timezone.now() - timedelta(days=1),
    }
    values |= over
    if "topic" not in values:
        values["topic"] = Topic.objects.first() or make_topic()
    return Article.objects.create(**values)


def make_offer(**over: Any) -> Offer:
    values = {
        "key": "online-therapy",
        "partner": "a partner",
        "heading": "Want to explore this with a professional?",
        "text": "Online therapy is one way to talk to somebody.",
        "button": "See online therapy options",
        "url": "https://partner.example/start",
        "allowed_host": "partner.example",
        "free_alternative": "Your doctor.",
        "valid_until": timezone.localdate() + timedelta(days=30),
        "checked_on": timezone.localdate(),
    }
    return Offer.objects.create(**values | over)


def make_response(**over: Any) -> Response:
    values = {
        "key": "freeze",
        "title": "Freeze",
        "belief": "I'll be safe if I'm still.",
        "body": "## What it protects\n\nTime.",
    }
    return Response.objects.create(**values | over)


def make_subscriber(**over: Any) -> Subscriber:
    values: dict[str, Any] = {
        "address": f"reader-{next(_numbers)}@example.org",
        "state": Subscriber.State.CONFIRMED,
        "wording": "test",
    }
    values |= over
    if values["state"] == Subscriber.State.CONFIRMED:
        values.setdefault("confirmed_at", timezone.now())
    return Subscriber.objects.create(**values)


def make_letter(**over: Any) -> Letter:
    values = {"subject": "A quiet week", "body": "Hello,\n\nNothing much, and that’s fine."}
    return Letter.objects.create(**values | over)


# Of a subscriber whom a mail of this audience may be sent to.
STATES = {Audience.UNCONFIRMED: "pending", Audience.LEAVING: "leaving"}


def make_delivery(**over: Any) -> Delivery:
    values = {"kind": Delivery.Kind.GUIDE} | over
    if "subscriber" not in values:
        state = STATES.get(audience_of(values["kind"]), "confirmed")
        values["subscriber"] = make_subscriber(state=state)
    return Delivery.objects.create(**values)


SMALL = (90, 60)  # soon written in every size and format


def picture_file(
    kind: str = "JPEG",
    size: tuple[int, int] = (900, 600),
    colour: tuple[int, int, int] = (120, 140, 110),
    **options: Any,
) -> Any:
    """Return the bytes of a picture of one colour."""
    file = BytesIO()
    Image.new(
        "RGBA" if isinstance(colour, tuple) and len(colour) == 4 else "RGB", size, colour
    ).save(file, kind, **options)
    return file.getvalue()


def make_picture(**over: Any) -> Picture:
    values = {"key": f"picture-{next(_numbers)}", "alt": "A path through a garden."} | over
    if "original" not in values:
        values["original"] = ContentFile(picture_file(size=SMALL), name="photo.jpg")
    return Picture.objects.create(**values)


def make_page(**over: Any) -> Page:
    values = {
        "slug": "about",
        "title": "About",
        "description": "What this is.",
        "body": "A site about stress.",
    }
    return Page.objects.create(**values | over)


def make_helpline(**over: Any) -> Helpline:
    number = next(_numbers)
    values = {
        "key": f"line-{number}",
        "country": "gb",
        "country_name": "United Kingdom",
        "needs": ["crisis"],
        "name": "Samaritans",
        "phone": "116 123",
        "position": number,
    }
    return Helpline.objects.create(**values | over)
