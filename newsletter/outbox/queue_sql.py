"""The queue's SQL: what each mail costs the database, as four statements.

By the ORM they took as long as all the rest of sending it (docs/decisions/0011 has the figures).
Columns are taken as they come, by their names, so a new field needs no change here.
"""

from datetime import datetime

from django.db import connection

from newsletter.models import Delivery, Letter, Subscriber

_CLAIM = """
    UPDATE newsletter_delivery
    SET state = 'sending', worker_token = %s, lease_until = %s, changed_at = %s
    WHERE state IN ('queued', 'retry') AND id = (
      SELECT id FROM newsletter_delivery {index}
      WHERE state IN ('queued', 'retry') AND not_before <= %s AND rank <= %s
      ORDER BY rank, not_before, id LIMIT 1"""
# SQLite would rather sort all that wait than walk the index that has them in order. PostgreSQL lets
# workers pass over rows that another one is taking; SQLite lets its writers in one
# after the other.
CLAIM = {
    "sqlite": _CLAIM.format(index="INDEXED BY waiting_mail") + ") RETURNING *",
    "postgresql": _CLAIM.format(index="") + " FOR UPDATE SKIP LOCKED) RETURNING *",
}
SUBSCRIBER = """
    SELECT *,
      (SELECT reason FROM newsletter_suppression AS known
       WHERE known.fingerprint = person.fingerprint) AS suppressed_as
    FROM newsletter_subscriber AS person WHERE id = %s"""
# The rest of a letter is long, and the same for thousands.
LETTER = "SELECT id, state, changed_at FROM newsletter_letter WHERE id = %s"
MARK_SENT = """
    UPDATE newsletter_delivery
    SET state = 'sent', smtp_reply = '', worker_token = '', lease_until = NULL,
      sent_at = %s, changed_at = %s
    WHERE id = %s AND state = 'sending' AND worker_token = %s"""


def claim(token: str, lease_until: datetime, now: datetime, priority: int) -> Delivery | None:
    """Claim the mail that has been due longest, of this priority or before.

    It comes with its subscriber and letter as they are now; the subscriber carries `suppressed_as`,
    the reason not to write to them, or None. To be called inside a transaction.
    """
    moment, until = _adapt(now), _adapt(lease_until)
    parameters = [token, until, moment, moment, priority]
    claimed = list(Delivery.objects.raw(CLAIM[connection.vendor], parameters))
    if not claimed:
        return None
    [delivery] = claimed
    [delivery.subscriber] = Subscriber.objects.raw(SUBSCRIBER, [delivery.subscriber_id])
    if delivery.letter_id:
        [delivery.letter] = Letter.objects.raw(LETTER, [delivery.letter_id])
    return delivery


def mark_sent(delivery: Delivery, now: datetime) -> bool:
    """Record that a mail has gone, if we still hold it."""
    moment = _adapt(now)
    with connection.cursor() as cursor:
        cursor.execute(MARK_SENT, [moment, moment, delivery.pk, delivery.worker_token])
        return bool(cursor.rowcount)


def _adapt(moment: datetime) -> str:
    """Return a moment as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)  # type: ignore[return-value]
