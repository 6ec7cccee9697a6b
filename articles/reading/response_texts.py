"""What the site says of each response, for the pages of other apps; from memory when the database isn't there."""

from django.db import Error

from articles.models import Response
from articles.reading.row_lookup import find_row
from trustsite.web.serving.fragments import remembered

_remembered: dict[str, Response] = {}


def remember() -> None:
    """Have the texts in memory; called at a worker's start and when content changes."""
    texts = {text.key: text for text in Response.objects.all()}
    for text in texts.values():
        _ = text.parts, text.pictures  # made now: they may ask the database
    _remembered.clear()
    _remembered.update(texts)


@remembered
def find(key: str) -> Response | None:
    """Return the text of response `key` (`freeze`, `flight-fawn`, `even-mix` …)."""
    try:
        return find_row(Response, "key", key)
    except Error:
        if not _remembered:
            raise
        return _remembered.get(key)
