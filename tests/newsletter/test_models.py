"""What is kept about people: this and nothing else."""

import pytest
from django.apps import apps

from tests.factories import make_delivery, make_subscriber

KEPT = {
    "Subscriber": "id address fingerprint public_id state wants_letters letters_asked "
    "letters_agreed_at wording basis asked_at confirmed_at guide_sent_at paused_until returned_at replaces",
    "Bounce": "id fingerprint kind at event",
    "Letter": "id subject body state send_at sent_subject sent_html sent_text created_at changed_at started_at finished_at "
    "trouble enqueue_below is_settling in_archive copies reached",
    "EmailWords": "id kind subject body html text day is_sent changed_at synced_digest",
    "HistoricalEmailWords": "id kind subject body day is_sent changed_at "
    "history_id history_date history_change_reason history_type history_user",
    "ListJob": "id kind state options counts cursor total problem asked_by created_at changed_at lease_until",
    "Suppression": "id fingerprint reason since",
    "FormMailCount": "id hash at",
    "FormRequest": "id kind address fingerprint wants_letters wording asked_by asked_at is_stuck",
    "Delivery": "id kind subscriber letter priority state attempts crashes not_before lease_until worker_token "
    "message_id smtp_reply created_at changed_at sent_at",
    "Heartbeat": "id at trouble paused_at bulk_paused_at bulk_trouble bulk_resumed_at mailbox_read_at mailbox_trouble",
}


def test_every_field_kept_is_one_the_privacy_page_knows():
    models = apps.get_app_config("newsletter").get_models()
    assert {
        model.__name__: " ".join(field.name for field in model._meta.fields) for model in models
    } == KEPT


@pytest.mark.django_db
def test_signing_up_fills_in_address_choice_wording_and_time(ask):
    from newsletter.models import Subscriber

    ask("ann@example.org", HTTP_USER_AGENT="Browser", REMOTE_ADDR="203.0.113.7")
    [subscriber] = Subscriber.objects.all()
    assert (subscriber.address, subscriber.state, subscriber.wants_letters) == (
        "ann@example.org",
        "pending",
        False,
    )
    assert subscriber.wording
    assert subscriber.asked_at
    assert subscriber.confirmed_at is None


@pytest.mark.django_db
def test_a_row_never_shows_its_address_as_its_name():
    delivery = make_delivery()
    assert "@" not in f"{delivery} {delivery.subscriber}"


@pytest.mark.django_db
def test_an_address_has_one_row_whatever_its_capitals():
    from django.db import IntegrityError

    make_subscriber(address="ann@example.org")
    with pytest.raises(IntegrityError):
        make_subscriber(address="Ann@example.org")
