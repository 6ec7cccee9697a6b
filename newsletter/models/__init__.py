"""Subscribers, letters and the outbox: all that is kept. A test pins the list of fields.

Imports hashing alone; every other module of the newsletter may import it.
"""

from newsletter.models.email_words import EmailWords
from newsletter.models.intake import FormRequest
from newsletter.models.issues import Letter
from newsletter.models.list_jobs import ListJob
from newsletter.models.outbox import HEARTBEAT_EVERY, Delivery, Heartbeat, new_message_id
from newsletter.models.subscribers import (
    Bounce,
    FormMailCount,
    Subscriber,
    Suppression,
    new_public_id,
)

__all__ = [
    "HEARTBEAT_EVERY",
    "Bounce",
    "Delivery",
    "EmailWords",
    "FormMailCount",
    "FormRequest",
    "Heartbeat",
    "Letter",
    "ListJob",
    "Subscriber",
    "Suppression",
    "new_message_id",
    "new_public_id",
]
