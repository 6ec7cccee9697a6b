"""What each mail costs the database, as four statements: by the ORM they took as long as all the rest of sending it.

Columns are taken as they come, by their names, so a new field needs no change here. docs/decisions/0011 has the figures.
"""

from datetime import datetime

from django.db import connection

from newsletter.models import Delivery, Letter, Subscriber

_TAKE = """
    UPDATE newsletter_delivery SET state = 'sending', worker_token = %s, lease_until = %s, changed_at = %s
    WHERE state IN ('queued', 'retry') AND id = (
      SELECT id FROM newsletter_delivery WHERE state IN ('queued', 'retry') AND not_before <= %s AND rank <= %s
      ORDER BY rank, not_before, id LIMIT 1"""
# PostgreSQL lets workers pass over rows that another one is taking; SQLite lets its writers in one after the other.
TAKE = {
    "sqlite": _TAKE + ") RETURNING *",
    "postgresql": _TAKE + " FOR UPDATE SKIP LOCKED) RETURNING *",
}
PERSON = """
    SELECT *, (SELECT reason FROM newsletter_suppression AS known WHERE known.fingerprint = person.fingerprint) AS suppressed_as
    FROM newsletter_subscriber AS person WHERE id = %s"""
LETTER = "SELECT id, state, changed_at FROM newsletter_letter WHERE id = %s"  # the rest is long, and the same for thousands
SENT = """
    UPDATE newsletter_delivery
    SET state = 'sent', smtp_reply = '', worker_token = '', lease_until = NULL, sent_at = %s, changed_at = %s
    WHERE id = %s AND state = 'sending' AND worker_token = %s"""


def take(token: str, lease_until: datetime, now: datetime, rank: int) -> Delivery | None:
    """Make the mail ours that has been due longest, of this rank or before, with its person and letter as they are now.

    To be called inside a transaction. The person carries `suppressed_as`, the reason not to write to them, or None.
    """
    moment, until = _kept(now), _kept(lease_until)
    found = list(
        Delivery.objects.raw(TAKE[connection.vendor], [token, until, moment, moment, rank])
    )
    if not found:
        return None
    [delivery] = found
    [delivery.subscriber] = Subscriber.objects.raw(PERSON, [delivery.subscriber_id])
    if delivery.letter_id:
        [delivery.letter] = Letter.objects.raw(LETTER, [delivery.letter_id])
    return delivery


def mark_sent(delivery: Delivery, now: datetime) -> bool:
    """Note that a mail has gone, if we still hold it."""
    moment = _kept(now)
    with connection.cursor() as cursor:
        cursor.execute(SENT, [moment, moment, delivery.pk, delivery.worker_token])
        return bool(cursor.rowcount)


def _kept(moment: datetime) -> str:
    """Return a moment as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(moment)  # type: ignore[return-value]
