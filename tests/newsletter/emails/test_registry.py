"""Every kind of e-mail is declared once, with the audience that decides who may still get it."""

import pytest

from newsletter.emails import messages
from newsletter.emails.registry import EMAILS, AlreadyDeclared, Audience, email
from newsletter.models import Delivery
from newsletter.outbox import eligibility
from newsletter.subscribing import data_export
from tests.factories import make_delivery, make_subscriber

STATES = {
    Audience.UNCONFIRMED: {"pending", "returned"},
    Audience.CONFIRMED: {"confirmed"},
    Audience.OPTED_IN: {"confirmed"},
    Audience.LEAVING: {"leaving"},
}
WITHOUT_LETTER = [kind for kind in Delivery.Kind if kind != Delivery.Kind.LETTER]


def kinds_of(audience):
    return {kind for kind, entry in EMAILS.items() if entry.audience is audience}


def test_every_kind_is_in_exactly_one_audience():
    kinds = [kind for audience in Audience for kind in kinds_of(audience)]
    assert sorted(kinds) == sorted(Delivery.Kind)


def test_a_kind_that_is_not_declared_cannot_be_sent_by_accident(monkeypatch):
    monkeypatch.delitem(EMAILS, Delivery.Kind.GUIDE)
    with pytest.raises(KeyError):
        messages.audience_of("guide")


def test_a_kind_is_declared_once():
    with pytest.raises(AlreadyDeclared):
        email(Delivery.Kind.GUIDE, audience=Audience.UNCONFIRMED)(messages.guide)
    assert EMAILS[Delivery.Kind.GUIDE].audience is Audience.CONFIRMED


def test_an_unconfirmed_address_is_only_ever_asked():
    assert kinds_of(Audience.UNCONFIRMED) == {Delivery.Kind.CONFIRM, Delivery.Kind.MOVE}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", WITHOUT_LETTER)
@pytest.mark.parametrize("state", ["pending", "confirmed", "leaving", "returned"])
def test_a_kind_goes_to_its_audience_alone(kind, state):
    row = make_delivery(kind=kind, subscriber=make_subscriber(state=state, wants_letters=True))
    assert eligibility.is_wanted(row) == (state in STATES[messages.audience_of(kind)])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", WITHOUT_LETTER)
def test_only_the_opted_in_kinds_depend_on_the_box(kind):
    row = make_delivery(kind=kind)
    row.subscriber.wants_letters = False
    assert eligibility.is_wanted(row) == (messages.audience_of(kind) is not Audience.OPTED_IN)


def test_what_a_form_may_cause_is_counted_under_a_name_people_can_read():
    assert data_export.COUNTED == {
        "confirm": "asking you to confirm",
        "guide": "bringing the guide again",
        "settings": "bringing the link to this page",
        "move": "asking about a new address",
        "moves": "asking for another address",
    }
