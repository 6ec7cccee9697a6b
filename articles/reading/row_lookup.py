"""Row lookup: one row by the value of a unique field, by SQL that Django writes once.

Django writes the SQL of a query anew each time it is sent: of the 42 columns of an article that takes three times as long
as the database and the making of the row together (docs/decisions/0023).
"""

from functools import cache
from typing import TypeVar

from django.db.models import Model
from django.http import Http404

Row = TypeVar("Row", bound=Model)


def find_row(model: type[Row], field: str, value: str | int) -> Row | None:
    """Return the row whose unique `field` is `value`, or None. In one query, of this row alone."""
    return next(iter(model._default_manager.raw(_sql(model, field), [value])), None)


def get_row_or_404(model: type[Row], field: str, value: str | int) -> Row:
    """Return the row whose unique `field` is `value`; Http404 for none."""
    row = find_row(model, field, value)
    if row is None:
        raise Http404
    return row


@cache
def _sql(model: type[Model], field: str) -> str:
    """Return the query for a row, with a place for the value."""
    sample = "" if field != "pk" else 0
    sql, _ = model._base_manager.order_by().filter(**{field: sample}).query.sql_with_params()
    return sql
