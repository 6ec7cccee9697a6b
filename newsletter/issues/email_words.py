"""E-mail words, checked: what an editor must mend before a mail says something else.

The checks of letters, and of the mail itself: its placeholders, its one button, no offer.
"""

from django.db import transaction

from articles import api as articles
from newsletter.emails import welcome_series, words
from newsletter.emails.email import one_line
from newsletter.emails.words import EDITABLE, STANDS_FOR
from newsletter.issues import body, preflight
from newsletter.models import Delivery, EmailWords, Letter
from prose import renderer

NOTES = [kind for kind in EDITABLE if kind.value.startswith("welcome")]
LAST_DAY = 14  # the sign-up form says “four short notes over two weeks”


def problems(own: EmailWords) -> dict[str, list[str]]:
    """Return what is wrong, by field."""
    kind = Delivery.Kind(own.kind)
    own.subject = one_line(own.subject)
    read = words.readable(kind, own.body)
    found = body.problems(own.subject, read)
    in_body = [*_placeholders(kind, own.body), *_links(kind, own.body, read)]
    letter = Letter(subject=own.subject, body=read)
    if not found and not in_body:
        for finding in preflight.blocking(preflight.check(letter)):
            field = "subject" if finding.name == "subject" else "body"
            if finding.name not in {"sender", "domain", "way out"}:
                found.setdefault(field, []).append(finding.message)
    if in_body:
        found.setdefault("body", []).extend(in_body)
    if kind in NOTES and not (own.day and 1 <= own.day <= LAST_DAY):
        found["day"] = [
            f"A note goes out from 1 to {LAST_DAY} days after the guide: "
            "the sign-up form promises two weeks."
        ]
    return found


def shipped_day(kind: Delivery.Kind) -> int | None:
    """Return how many days after the guide a shipped note goes."""
    after = welcome_series.AFTER.get(kind)
    return after.days if after else None


def _placeholders(kind: Delivery.Kind, text: str) -> list[str]:
    places = EDITABLE[kind]
    there = ", ".join(f"{{{name}}}" for name in places.placeholders) or "none"
    unknown = words.named(kind, text)
    found = [f"There is no {{{name}}} in this mail. What it can name: {there}." for name in unknown]
    if places.required and places.placeholders:
        name = next(iter(places.placeholders))
        if text.count(f"]({{{name}}})") != 1:
            found.append(
                f"This mail needs its one button: a link to {{{name}}}, once, as in "
                f"[Words on it]({{{name}}})."
            )
    return found


def _links(kind: Delivery.Kind, text: str, read: str) -> list[str]:
    rendered = renderer.render(read)
    hrefs = [link.href for link in rendered.links]
    found = []
    if not EDITABLE[kind].other_links and any(not href.startswith(STANDS_FOR) for href in hrefs):
        found.append("This mail has one button and leads nowhere else.")
    partners = articles.partner_hosts()
    if ":::offer" in text or any(host and host in href for host in partners for href in hrefs):
        found.append("No mail but a letter may hold an offer.")
    return found


@transaction.atomic
def save(own: EmailWords) -> EmailWords:
    """Keep words that were checked."""
    words.finish(own).save()
    return own
