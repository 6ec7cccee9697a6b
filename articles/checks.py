"""What must not be forgotten about offers and helplines: system checks that say it at a release."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import Error

from articles.models import Helpline, Offer


@register(Tags.database)
def offers_are_shown(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """An offer that readers don't see is a promise to a partner that nobody keeps."""
    if not databases:
        return []
    try:
        hidden = [offer for offer in Offer.objects.all() if offer.why_hidden]
    except Error:  # before the first migration there is no table
        return []
    return [
        Warning(
            f"The offer “{offer.key}” isn’t shown. {offer.why_hidden}",
            hint="Look it up at the partner by the admin’s own link, or delete it.",
            id="articles.W001",
        )
        for offer in hidden
    ]


@register(Tags.security, deploy=True)
def helplines_are_looked_up(**kwargs: Any) -> list[CheckMessage]:
    """A public site says of each number when a person last looked it up."""
    try:
        doubtful = [helpline for helpline in Helpline.objects.all() if helpline.doubt]
    except Error:
        return []
    if not doubtful:
        return []
    keys = ", ".join(helpline.key for helpline in doubtful)
    return [
        Warning(
            f"{len(doubtful)} helplines are in doubt: {keys}.",
            hint="“manage.py check_helplines” says why. Look them up on their own pages by the admin’s own links.",
            id="articles.W002",
        )
    ]
