"""Uses: which letters and mails lead to a page of the site or hold an offer, asked before it goes."""

from collections.abc import Collection

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from articles.api import Use
from newsletter.models import EmailWords, Letter

MOST = 200  # letters named
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
