"""E-mail samples: every mail as one made-up person would get it. No link in them acts on anybody.

The person is never saved. Links that carry a person's token lead to the page for links that no
longer work.
"""

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from newsletter import tokens
from newsletter.consent import WORDING
from newsletter.emails import messages
from newsletter.emails.registry import Audience
from newsletter.models import Delivery, Letter, Subscriber

ADDRESS = "reader@example.org"
INERT = "sample"  # what stands in a link where a person's token would


def render(
    kind: Delivery.Kind, *, letter: Letter | None = None, to: str = ADDRESS
) -> EmailMultiAlternatives:
    """Return the mail of one kind. Nothing is read from or written to the list."""
    person = _person(kind, to)
    mail = messages.render(Delivery(kind=kind, subscriber=person, letter=letter))
    _make_inert(mail, tokens.unsubscribe_token(person))
    _make_inert(mail, tokens.settings_token(person))
    return mail


def _person(kind: Delivery.Kind, address: str) -> Subscriber:
    now = timezone.now()
    is_unconfirmed = messages.audience_of(kind) is Audience.UNCONFIRMED
    state = Subscriber.State.PENDING if is_unconfirmed else Subscriber.State.CONFIRMED
    return Subscriber(
        address=address,
        fingerprint=INERT,
        state=state,
        wants_letters=True,
        wording=WORDING,
        confirmed_at=now,
    )


def _make_inert(mail: EmailMultiAlternatives, token: str) -> None:
    mail.body = str(mail.body).replace(token, INERT)
    alternatives, mail.alternatives = mail.alternatives, []
    for content, content_type in alternatives:
        mail.attach_alternative(str(content).replace(token, INERT), content_type)
    for name, value in mail.extra_headers.items():
        mail.extra_headers[name] = str(value).replace(token, INERT)
