"""The registry of e-mails: each kind is declared once, with its audience and what builds it.

@email(Kind.GUIDE, audience=Audience.CONFIRMED, counted_as="bringing the guide again")
def guide(delivery): ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from django.core.mail import EmailMultiAlternatives

from newsletter.models import Delivery

Builder = Callable[[Delivery], EmailMultiAlternatives]


class Audience(Enum):
    """Who a kind of e-mail may be sent to, by the state of the subscriber (outbox.eligibility)."""

    UNCONFIRMED = auto()  # asks whether an address is its owner's; nothing else goes to such a one
    CONFIRMED = auto()  # answers what somebody on the list asked for
    OPTED_IN = auto()  # for who ticked the box
    LEAVING = auto()  # the last one, when everything else is erased already


@dataclass(frozen=True)
class EmailType:
    """One declared kind of e-mail."""

    audience: Audience
    build: Builder
    # What a person reads on their page when a form made us send it; empty where no form does.
    counted_as: str = ""


EMAILS: dict[Delivery.Kind, EmailType] = {}


class AlreadyDeclared(Exception):  # noqa: N818  a programmer's mistake, at start-up
    """Two functions were declared for one kind of e-mail."""


def email(
    *kinds: Delivery.Kind, audience: Audience, counted_as: str = ""
) -> Callable[[Builder], Builder]:
    """Declare the function that builds an e-mail of these kinds."""

    def declare(build: Builder) -> Builder:
        for kind in kinds:
            if kind in EMAILS:
                raise AlreadyDeclared(kind)
            EMAILS[kind] = EmailType(audience, build, counted_as)
        return build

    return declare
