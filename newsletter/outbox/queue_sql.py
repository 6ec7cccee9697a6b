"""The queue's SQL: what each mail costs the database, as four statements.

By the ORM they took as long as all the rest of sending it (docs/decisions/0011 has the figures).
Columns are taken as they come, by their names, so a new field needs no change here.
"""

from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from newsletter.models import Delivery, Letter, Subscriber

Row = TypeVar("Row", bound=Model)

_CLAIM = """
    UPDATE newsletter_delivery
    SET state = 'sending', worker_token = %s, lease_until = %s, changed_at = %s
    WHERE state IN ('queued', 'retry') AND id = (
      SELECT id FROM newsletter_delivery {index}
      WHERE state IN ('queued', 'retry') AND not_before <= %s AND rank <= %s
      ORDER BY rank, not_before, id LIMIT 1{lock}) RETURNING *"""
# SQLite would rather sort all that wait than walk the index that has them in order. PostgreSQL lets
# workers pass over rows that another one is taking; SQLite lets its writers in one
# after the other.
SQLITE_CLAIM = _CLAIM.format(index="INDEXED BY waiting_mail", lock="")
POSTGRESQL_CLAIM = _CLAIM.format(index="", lock=" FOR UPDATE SKIP LOCKED")
# A mail's person, why not to write to them, and its letter, of which the rest is long and the same for thousands.
CUT = "next_part"  # a column between them, for their names are the same
_ITS = f"""
    person.*,
    (SELECT reason FROM newsletter_suppression AS known
     WHERE known.fingerprint = person.fingerprint) AS suppressed_as,
    0 AS {CUT}, letter.id AS id, letter.state AS state, letter.changed_at AS changed_at"""  # noqa: S608  no value in it
SQLITE_ITS = f"""
    SELECT {_ITS} FROM newsletter_subscriber AS person
    LEFT JOIN newsletter_letter AS letter ON letter.id = %s WHERE person.id = %s"""  # noqa: S608
# One journey to the server in the place of two.
POSTGRESQL_BOTH = f"""
    WITH mail AS ({POSTGRESQL_CLAIM})
    SELECT mail.*, 0 AS {CUT}, {_ITS} FROM mail
    JOIN newsletter_subscriber AS person ON person.id = mail.subscriber_id
    LEFT JOIN newsletter_letter AS letter ON letter.id = mail.letter_id"""  # noqa: S608
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
    with connection.cursor() as cursor:
        read = _read_from_sqlite if connection.vendor == "sqlite" else _read_from_postgresql
        found = read(cursor, parameters)
    if found is None:
        return None
    mail, (*person, suppressed_as), letter = found
    delivery, subscriber = _row(Delivery, mail), _row(Subscriber, person)
    subscriber.suppressed_as = suppressed_as[1]  # type: ignore[attr-defined]
    delivery.subscriber = subscriber
    if delivery.letter_id:
        delivery.letter = _row(Letter, letter)
    return delivery


Columns = list[tuple[str, Any]]  # names and values


def _read_from_sqlite(cursor: Any, parameters: list[Any]) -> list[Columns] | None:
    cursor.execute(SQLITE_CLAIM, parameters)
    mail = _columns(cursor)
    if mail is None:
        return None
    values = dict(mail)
    cursor.execute(SQLITE_ITS, [values["letter_id"], values["subscriber_id"]])
    return [mail, *_parts(_columns(cursor) or [])]


def _read_from_postgresql(cursor: Any, parameters: list[Any]) -> list[Columns] | None:
    cursor.execute(POSTGRESQL_BOTH, parameters)
    found = _columns(cursor)
    return None if found is None else _parts(found)


def _columns(cursor: Any) -> Columns | None:
    names, rows = [column[0] for column in cursor.description], cursor.fetchall()
    return list(zip(names, rows[0], strict=True)) if rows else None


def _parts(columns: Columns) -> list[Columns]:
    parts: list[Columns] = [[]]
    for name, value in columns:
        if name == CUT:
            parts.append([])
        else:
            parts[-1].append((name, value))
    return parts


def _row(model: type[Row], columns: Columns) -> Row:
    """Return a model's row of what the database gave, as the ORM reads it."""
    found = dict(columns)
    names, values = [], []
    for column, name, expression, converters in _fields(model, connection.vendor):
        if column in found:
            value = found[column]
            for convert in converters:
                value = convert(value, expression, connection)
            names.append(name)
            values.append(value)
    return model.from_db(connection.alias, names, values)


@cache
def _fields(model: type[Model], vendor: str) -> list[tuple[str, str, Any, list[Any]]]:
    """Return of each field, in their order, its column, its name and what turns the database's value into its own."""
    found = []
    for field in model._meta.concrete_fields:
        column = field.get_col(model._meta.db_table)
        own = field.get_db_converters(connection)
        converters = [*connection.ops.get_db_converters(column), *own]
        found.append((field.column or "", field.attname, column, converters))
    return found


def mark_sent(delivery: Delivery, now: datetime) -> bool:
    """Record that a mail has gone, if we still hold it."""
    moment = _adapt(now)
    with connection.cursor() as cursor:
        cursor.execute(MARK_SENT, [moment, moment, delivery.pk, delivery.worker_token])
        return bool(cursor.rowcount)


def _adapt(moment: datetime) -> str:
    """Return a moment as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)  # type: ignore[return-value]
