"""Sending through a service's own interface (anymail): our heads and parts get there."""

import pytest
from django.core.mail import get_connection

from newsletter.emails import messages
from newsletter.outbox.smtp_errors import classify_send_error
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db
NAMES = {
    "mailersend": {"MAILERSEND_API_TOKEN": "x"},
    "mailgun": {"MAILGUN_API_KEY": "x", "MAILGUN_SENDER_DOMAIN": "site.example"},
    "mailjet": {"MAILJET_API_KEY": "x", "MAILJET_SECRET_KEY": "x"},
    "postmark": {"POSTMARK_SERVER_TOKEN": "x"},
    "sparkpost": {"SPARKPOST_API_KEY": "x"},
}


class Handed(Exception):  # noqa: N818
    """Carries what was about to be sent."""


@pytest.fixture
def send(settings):
    def send(name, delivery, answer=None):
        settings.ANYMAIL = NAMES[name]
        backend = get_connection(f"anymail.backends.{name}.EmailBackend")
        backend.open()

        def request(**values):
            raise answer or Handed(values)

        backend.session.request = request
        backend.send_messages([messages.render(delivery)])

    return send


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["confirm", "guide", "welcome-1"])
def test_a_service_is_handed_the_message_id_the_way_out_and_all_parts(send, name, kind):
    delivery = make_delivery(kind=kind)
    with pytest.raises(Handed) as handed:
        send(name, delivery)
    values = handed.value.args[0]
    data = values["data"]
    said = (
        data if isinstance(data, str) else data.decode() if isinstance(data, bytes) else repr(data)
    )
    assert delivery.message_id.strip("<>") in said
    assert "auto-generated" in said
    assert ("List-Unsubscribe=One-Click" in said) is (kind != "confirm")
    if kind == "guide":
        attached = said + repr([file[1][0] for file in values.get("files") or []])
        assert "trauma-healing-guide.pdf" in attached
        assert "cid:line" in said


def test_a_service_that_does_not_answer_is_asked_again(send):
    import requests

    with pytest.raises(Exception) as raised:
        send("postmark", make_delivery(), requests.ConnectionError("no route"))
    verdict = classify_send_error(raised.value)
    assert (verdict.state, verdict.broken) == ("retry", True)
