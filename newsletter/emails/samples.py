"""Every mail as one person would get it, for people who look through them. Nobody is written to, and no link acts on anybody.

The person is made up and never kept. Links that carry a person's token lead to the page for links that no longer work.
"""

from django.utils import timezone

from newsletter.emails import messages
from newsletter.models import Delivery, Letter, Subscriber
from newsletter.subscribing import tokens
from newsletter.subscribing.signup import WORDING

ADDRESS = "reader@example.org"
INERT = "sample"  # what stands in a link where a person's token would


def render(
    kind: Delivery.Kind, *, letter: Letter | None = None, to: str = ADDRESS
) -> messages.Letter:
    """Return the mail of one kind. Nothing is read from or written to the list."""
    person = _person(kind, to)
    mail = messages.render(Delivery(kind=kind, subscriber=person, letter=letter))
    _make_inert(mail, tokens.unsubscribe_token(person))
    _make_inert(mail, tokens.settings_token(person))
    return mail


def _person(kind: Delivery.Kind, address: str) -> Subscriber:
    now = timezone.now()
    state = Subscriber.State.PENDING if kind in Delivery.ASKING else Subscriber.State.CONFIRMED
    return Subscriber(
        address=address,
        fingerprint=INERT,
        state=state,
        wants_letters=True,
        wording=WORDING,
        confirmed_at=now,
    )


def _make_inert(mail: messages.Letter, token: str) -> None:
    mail.body = str(mail.body).replace(token, INERT)
    pages = [(str(content).replace(token, INERT), kind) for content, kind in mail.alternatives]
    mail.alternatives = []
    for content, kind in pages:
        mail.attach_alternative(content, kind)
    mail.extra_headers = {
        name: str(value).replace(token, INERT) for name, value in mail.extra_headers.items()
    }
