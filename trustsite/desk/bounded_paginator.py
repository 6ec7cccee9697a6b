"""Bounded paginator: pages of a list that may be long, without counting all of it.

A list is counted up to `most` rows, and has no page beyond them: who looks for one filters or searches.
"""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):
    """Django's, which counts with an end."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        """How many rows there are, `most` at the most."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most].count())
