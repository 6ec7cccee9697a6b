"""A letter's copies are byte for byte what the ordinary way makes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.emails import messages
from newsletter.emails.email import to_bytes
from newsletter.models import Delivery, Letter
from newsletter.outbox import personalise
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
HTML = (
    "<h2>It’s late</h2><p>To: nobody in particular.</p>"
    + "<p>"
    + "A long line of words — and a dash. " * 40
    + "</p>"
)
TEXT = (
    "It’s late\n\nTo: everybody\nDate: today\n.\n..\nFrom here on.\n" + "words = words " * 30 + "\n"
)


@pytest.fixture
def letter():
    sent = {"sent_subject": "A quiet morning — naïvely", "sent_html": HTML, "sent_text": TEXT}
    return Letter.objects.create(subject="A letter", body="…", state="sending", **sent)


@pytest.fixture(autouse=True)
def same_minute_and_boundary(monkeypatch):
    personalise._templates.clear()
    monkeypatch.setattr(
        "email.generator.Generator._make_boundary",
        classmethod(lambda cls, text=None: "=====b====="),
    )
    monkeypatch.setattr("email.utils.time.time", lambda: 1_800_000_000.0)


def to(letter, **person):
    return make_delivery(
        kind="letter", letter=letter, subscriber=make_subscriber(wants_letters=True, **person)
    )


def ordinary(delivery):
    return to_bytes(messages.render(delivery))


PEOPLE = [
    {"address": "a@b.co"},
    {"address": "somebody.with.a.long.name@a-rather-long.domain-name.example.org"},
    {"address": "o'brien+notes=x@example.org"},
    {"address": "reader@xn--bcher-kva.example"},
    {"asked_at": timezone.now() - timedelta(days=400)},
    {"basis": "at the fair in Bath, on paper"},
]


def test_every_copy_is_what_the_ordinary_way_makes(letter):
    rows = [to(letter, **person) for person in [*PEOPLE, {}, {}]]
    for row in rows * 2:
        assert personalise.raw_bytes(row) == ordinary(row)
    assert 1 < len(personalise._templates) < len(rows)


def test_the_plain_site_and_the_long_one(letter, settings):
    for address in (
        "https://site.example",
        "https://a-very-long-name-for-a-site.and-its-domain.example.org",
    ):
        settings.SITE_URL = address
        personalise._templates.clear()
        first, second = to(letter), to(letter)
        assert personalise.raw_bytes(first) == ordinary(first)
        assert personalise.raw_bytes(second) == ordinary(second)


def test_no_copy_carries_anything_of_another_person(letter):
    first, second = to(letter), to(letter)
    personalise.raw_bytes(first)
    mine = personalise.raw_bytes(second).replace(b"=\r\n", b"")
    for own in personalise._personal(first).values():
        assert own not in mine or own == personalise._personal(second)["Date"]


def test_what_would_not_fit_is_made_the_ordinary_way(letter):
    assert personalise.raw_bytes(to(letter))
    assert personalise.raw_bytes(to(letter, address=f"{'a' * 60}@example.org")) is None
    odd = to(letter)
    Delivery.objects.filter(pk=odd.pk).update(message_id="<short@example.org>")
    odd.refresh_from_db()
    assert personalise.raw_bytes(odd) is None


def test_other_mails_are_made_the_ordinary_way():
    assert personalise.raw_bytes(make_delivery(kind="guide")) is None


def test_the_memory_is_bounded_and_a_changed_letter_is_made_anew(letter):
    for day in range(2 * personalise.MAX_TEMPLATES):
        personalise.raw_bytes(to(letter, asked_at=timezone.now() - timedelta(days=day)))
    assert len(personalise._templates) <= personalise.MAX_TEMPLATES
    row = to(letter)
    personalise.raw_bytes(row)
    letter.sent_text = "Other words.\n"
    letter.save()
    row.letter.refresh_from_db()
    assert personalise.raw_bytes(row) == ordinary(row)
