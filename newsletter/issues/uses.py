"""Uses: which letters and mails lead to a page of the site or hold an offer, asked before it goes.

And which letters that are still to go out lead to what readers can't open, for the list of them.
"""

import re
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from articles import api as articles
from articles.api import Use
from newsletter.models import EmailWords, Letter

MOST = 200  # letters named
TO_COME = (Letter.State.DRAFT, Letter.State.SCHEDULED)
LINK = re.compile(r"\]\(\s*([^()\s]+)")
SENT = (Letter.State.SENDING, Letter.State.SENT, Letter.State.PAUSED, Letter.State.WITHDRAWN)


def uses(targets: Collection[str]) -> list[Use]:
    """Return the letters and the words of mails that use one of `targets`, by subject."""
    words = [text for target in targets if (text := _written(target))]
    if not words:
        return []
    asked = Q()
    for text in words:
        asked |= Q(body__contains=text)
    found = [
        _of_letter(row, words) for row in Letter.objects.filter(asked).order_by("subject")[:MOST]
    ]
    for row in EmailWords.objects.filter(asked).order_by("kind"):
        url = reverse("admin:newsletter_emailwords_change", args=[row.pk])
        found.append(Use("mail", str(row), url, _times(row.body, words), is_fixed=True))
    return found


def _written(target: str) -> str:
    """Return how a letter names a target; empty for what letters don't hold."""
    if target.startswith("offer:"):
        return f":::offer {target.removeprefix('offer:')}"
    return target if target.startswith("/") and target != "/" else ""


def _of_letter(row: Letter, words: list[str]) -> Use:
    url, note = reverse("admin:newsletter_letter_change", args=[row.pk]), ""
    if row.state in SENT and row.started_at:
        note = f"was sent on {timezone.localdate(row.started_at):%-d %B %Y} and can’t change"
    elif row.state in SENT:
        note = "was sent and can’t change"
    return Use("letter", row.subject, url, _times(row.body, words), is_fixed=True, note=note)


def _times(body: str, words: list[str]) -> int:
    return sum(body.count(text) for text in words)


def leading_nowhere() -> QuerySet[Letter]:
    """Return the letters to come, the newest 200 of them, with a link to what readers can't open when it goes out."""
    to_come = Letter.objects.filter(state__in=TO_COME).order_by("-pk")[:MOST]
    found = broken_links(to_come.only("state", "body", "send_at"))
    return Letter.objects.filter(pk__in=[pk for pk, number in found.items() if number])


def broken_links(letters: Iterable[Letter]) -> dict[int, int]:
    """Return of each letter to come how many places it leads to that readers can't open when it goes out."""
    rows = [letter for letter in letters if letter.state in TO_COME]
    paths = {letter.pk: _paths(letter.body) for letter in rows}
    opens = articles.openings({path for of_one in paths.values() for path in of_one})
    found = {}
    for letter in rows:
        by_then = max(letter.send_at or timezone.now(), timezone.now())
        late = [path for path in paths[letter.pk] if (at := opens[path]) and at > by_then]
        found[letter.pk] = len(late)
    return found


def _paths(body: str) -> set[str]:
    addresses = filter(None, map(articles.path_on_site, LINK.findall(body)))
    return {re.split("[?#]", address)[0] for address in addresses}
