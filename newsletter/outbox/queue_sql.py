"""The queue's SQL: what mails cost the database, for as many of them as share a transaction.

By the ORM they took as long as all the rest of sending them (docs/decisions/0011 has the figures).
Columns are asked for as the models have them, so a new field needs no change here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model

from newsletter.models import Delivery, Letter, Subscriber

Row = TypeVar("Row", bound=Model)
Values = Sequence[Any]
Statement = tuple[str, Values]
Converter = tuple[int, Callable[..., Any], Any]  # of the value at a place

OF_LETTER = {"id", "state", "changed_at"}  # the rest is long and the same for thousands


def _columns(model: type[Model]) -> list[str]:
    columns = [field.column for field in model._meta.concrete_fields if field.column]
    return [column for column in columns if model is not Letter or column in OF_LETTER]


def _of(name: str, model: type[Model]) -> str:
    return ", ".join(f"{name}.{column}" for column in _columns(model))


MARK_SENT = """
    UPDATE newsletter_delivery AS mail
    SET state = 'sent', smtp_reply = '', worker_token = '', lease_until = NULL,
      sent_at = %s, changed_at = %s
    FROM (VALUES {pairs}) AS sent
    WHERE mail.id = sent.column1 AND mail.worker_token = sent.column2 AND mail.state = 'sending'
    RETURNING id"""
_NEXT = """
    WITH next AS MATERIALIZED (
      SELECT id FROM newsletter_delivery {index}
      WHERE state IN ('queued', 'retry') AND not_before <= %s AND rank <= %s
      ORDER BY rank, not_before, id LIMIT {{number}}{lock})"""
# SQLite would rather sort all that wait than walk the index that has them in order.
SQLITE_CLAIM = f"""{_NEXT.format(index="INDEXED BY waiting_mail", lock="")}
    UPDATE newsletter_delivery
    SET state = 'sending', changed_at = %s, worker_token = %s, lease_until = %s
    WHERE id IN (SELECT id FROM next) RETURNING id"""  # noqa: S608  no value in it
# A mail as it is now, its person, why not to write to them, and its letter.
_READ = f"""
    SELECT {_of("mail", Delivery)}, {_of("person", Subscriber)}, {_of("letter", Letter)},
      (SELECT reason FROM newsletter_suppression AS known
       WHERE known.fingerprint = person.fingerprint)
    FROM %s AS mail
    JOIN newsletter_subscriber AS person ON person.id = mail.subscriber_id
    LEFT JOIN newsletter_letter AS letter ON letter.id = mail.letter_id"""  # noqa: S608  no value in it
SQLITE_READ = f"{_READ % 'newsletter_delivery'} WHERE mail.id IN ({{places}})"
# PostgreSQL takes and reads them in one statement, and lets workers pass over rows that another one
# is taking.
POSTGRESQL_CLAIM = f"""{_NEXT.format(index="", lock=" FOR UPDATE SKIP LOCKED")},
    taken AS (
      UPDATE newsletter_delivery AS mail
      SET state = 'sending', changed_at = %s, worker_token = %s, lease_until = %s
      FROM next WHERE mail.id = next.id RETURNING mail.*)
    {_READ % "taken"}"""  # noqa: S608  no value in it


class Claim(NamedTuple):
    """What is to be claimed: so many mails at most, of this priority or before."""

    number: int
    token: str
    lease_until: datetime
    now: datetime
    priority: int

    def statement(self, sql: str) -> Statement:
        """Return the statement that claims them. The number is written out: plans depend on it."""
        now = _adapt(self.now)
        values = [now, self.priority, now, self.token, _adapt(self.lease_until)]
        return sql.format(number=self.number), values


def record_and_claim(
    sent: Sequence[Delivery], now: datetime, claim: Claim | None
) -> tuple[set[int], list[Delivery]]:
    """Record which mails have gone, and claim those that have been due longest.

    Return the keys of the former that were still ours, and the latter: each with its subscriber and
    letter as they are now; the subscriber carries `suppressed_as`, the reason not to write to them,
    or None. To be called inside a transaction; on PostgreSQL it is one by itself.
    """
    connection.ensure_connection()
    run = _run_on_sqlite if connection.vendor == "sqlite" else _run_on_postgresql
    with connection.wrap_database_errors:
        recorded, rows = run(_mark(sent, now) if sent else None, claim)
    return {pk for (pk,) in recorded}, [_delivery(row) for row in rows]


def _mark(sent: Sequence[Delivery], now: datetime) -> Statement:
    # In their order, so that two workers never wait for each other.
    pairs = sorted((one.pk, one.worker_token) for one in sent)
    moment = _adapt(now)
    sql = MARK_SENT.format(pairs=", ".join(["(%s, %s)"] * len(pairs)))
    return sql, [moment, moment, *(value for pair in pairs for value in pair)]


Found = tuple[list[Values], list[Values]]  # what was recorded, what is claimed


def _run_on_sqlite(mark: Statement | None, claim: Claim | None) -> Found:
    """Run one statement after the other, past Django's cursors, which cost more than SQLite does."""
    execute = connection.connection.execute

    def found(sql: str, values: Values) -> list[Any]:
        return list(execute(sql.replace("%s", "?"), values))

    recorded = found(*mark) if mark else []
    pks = [pk for (pk,) in found(*claim.statement(SQLITE_CLAIM))] if claim else []
    if not pks:
        return recorded, []
    return recorded, found(SQLITE_READ.format(places=", ".join(["%s"] * len(pks))), pks)


def _run_on_postgresql(mark: Statement | None, claim: Claim | None) -> Found:
    """Run both in one journey to the server, which is a transaction where nobody has begun one.

    Prepared: planning them costs more than running them.
    """
    from psycopg import Cursor  # for sites that have PostgreSQL

    raw = connection.connection
    raw.prepare_threshold = 0  # at once; Django's own cursors prepare nothing
    marking, claiming = Cursor(raw), Cursor(raw)
    with raw.pipeline():
        if mark:
            marking.execute(*mark)
        if claim:
            claiming.execute(*claim.statement(POSTGRESQL_CLAIM))
    return marking.fetchall() if mark else [], claiming.fetchall() if claim else []


def _delivery(row: Values) -> Delivery:
    delivery, rest = _row(Delivery, row)
    subscriber, rest = _row(Subscriber, rest)
    letter, [subscriber.suppressed_as] = _row(Letter, rest)  # type: ignore[attr-defined]
    delivery.subscriber = subscriber
    if delivery.letter_id:
        delivery.letter = letter
    return delivery


def _row(model: type[Row], values: Values) -> tuple[Row, Values]:
    """Return a model's row of what the database gave, as the ORM reads it, and what is left."""
    names, converters = _fields(model, connection.vendor)
    own = list(values[: len(names)])
    for place, convert, expression in converters:
        own[place] = convert(own[place], expression, connection)
    return model.from_db(connection.alias, names, own), values[len(names) :]


@cache
def _fields(model: type[Model], vendor: str) -> tuple[list[str], list[Converter]]:
    """Return the names of a model's fields, and what turns the database's values into theirs."""
    columns = _columns(model)
    names: list[str] = []
    converters: list[Converter] = []
    for field in model._meta.concrete_fields:
        if field.column in columns:
            column = field.get_col(model._meta.db_table)
            of_database = connection.ops.get_db_converters(column)
            for convert in (*of_database, *field.get_db_converters(connection)):
                converters.append((len(names), convert, column))
            names.append(field.attname)
    return names, converters


def _adapt(moment: datetime) -> str:
    """Return a moment as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)  # type: ignore[return-value]
