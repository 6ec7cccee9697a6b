"""The desk's first page: what waits for the person who opens it. Each app tells its own (settings.DESK_NOTICES)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Notice:
    """One line: how many of what, and the list that shows just these. `number` is None where nothing is counted."""

    number: int | None
    words: str
    address: str
    is_urgent: bool = False


def notices(request: HttpRequest) -> list[Notice]:
    """Return what waits for who asks, what is urgent first; nothing that they may not see."""
    told = [notice for path in settings.DESK_NOTICES for notice in _told(path, request)]
    return sorted(told, key=lambda notice: not notice.is_urgent)


def _told(path: str, request: HttpRequest) -> Iterator[Notice]:
    tell: Callable[[HttpRequest], Iterable[Notice]] = import_string(path)
    return (notice for notice in tell(request) if notice.number != 0)


def rows(model: str, **wanted: object) -> str:
    """Return the address of a list of the desk that shows what is wanted alone: `rows("articles_source", checked__exact=0)`."""
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(wanted)}"


def counted(number: int, one: str, many: str) -> str:
    """Return the words that fit a number."""
    return one if number == 1 else many
