"""All that is kept about people who asked for mail, the letters, and the outbox. A test pins the list of fields."""

from newsletter.models.issues import Letter
from newsletter.models.outbox import HEARTBEAT_EVERY, Delivery, Heartbeat, new_message_id
from newsletter.models.subscribers import Bounce, FormMail, Subscriber, Suppression, new_public_id

__all__ = [
    "HEARTBEAT_EVERY",
    "Bounce",
    "Delivery",
    "FormMail",
    "Heartbeat",
    "Letter",
    "Subscriber",
    "Suppression",
    "new_message_id",
    "new_public_id",
]
