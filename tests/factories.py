"""Plain makers: each returns a saved row that is valid, and takes what a test wants otherwise."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from articles.models import Article, Offer, Response, Source, Topic
from newsletter.models import Delivery, Subscriber

_numbers = count(1)


def make_topic(**over):
    number = next(_numbers)
    return Topic.objects.create(**{"slug": f"topic-{number}", "title": f"Topic {number}", "position": number} | over)


def make_source(**over):
    number = next(_numbers)
    return Source.objects.create(
        **{"key": f"author-{number}", "authors": "Author A", "year": 2001, "title": "A work"} | over
    )


def make_article(**over):
    number = next(_numbers)
    values = {
        "slug": f"article-{number}",
        "title": f"Article {number}",
        "dek": "A line under the title.",
        "body": "A lead paragraph.\n\n## First\n\nWords.\n\n## Second\n\nMore words.\n\n## Third\n\nThe last words.",
        "state": Article.State.PUBLISHED,
        "publish_at": timezone.now() - timedelta(days=1),
    }
    values |= over
    if "topic" not in values:
        values["topic"] = Topic.objects.first() or make_topic()
    return Article.objects.create(**values)


def make_offer(**over):
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


def make_response(**over):
    values = {
        "key": "freeze",
        "title": "Freeze",
        "belief": "I'll be safe if I'm still.",
        "body": "## What it protects\n\nTime.",
    }
    return Response.objects.create(**values | over)


def make_subscriber(**over):
    values = {"address": f"reader-{next(_numbers)}@example.org", "state": Subscriber.State.CONFIRMED, "wording": "test"}
    values |= over
    if values["state"] == Subscriber.State.CONFIRMED:
        values.setdefault("confirmed_at", timezone.now())
    return Subscriber.objects.create(**values)


def make_delivery(**over):
    values = {"kind": Delivery.Kind.GUIDE} | over
    if "subscriber" not in values:
        waiting = values["kind"] == Delivery.Kind.CONFIRM
        values["subscriber"] = make_subscriber(state="pending" if waiting else "confirmed")
    return Delivery.objects.create(**values)
