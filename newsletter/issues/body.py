"""A letter's words: an editor's markdown as the HTML and the text of a mail, and what of it can't stand in one.

The site's renderer makes the HTML. What a page does with its blocks a mail can't: the quiz and the guide become links, a
picture would have to be fetched from us, so there is none. An offer stands in a letter where the owner allows it
(LETTER_OFFERS), and then as on an article: label and disclosure before its link.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from articles.models import Offer
from prose import affiliate_rules, placeholders, renderer
from prose.document import Part, parts
from prose.finding import Finding
from prose.plain_text import plain

LONGEST_SUBJECT = 150
OFFERS_AT_MOST = 1


@dataclass(frozen=True)
class Words:
    """What a letter says, finished but for the foot, which is each person's own."""

    subject: str
    html: str
    text: str


def one_line(subject: str) -> str:
    """Return a subject without line breaks and the like: they would begin another header."""
    return " ".join(
        "".join(character if character.isprintable() else " " for character in subject).split()
    )


def words(subject: str, body: str) -> Words:
    """Return the finished words of a letter. What `problems` names is left out."""
    html = _html(body)
    return Words(one_line(subject), html, plain(html))


def problems(subject: str, body: str) -> dict[str, list[str]]:
    """Return what an editor must mend before a letter is kept, by field."""
    found = {
        "subject": _wrong_subject(one_line(subject)),
        "body": [str(problem) for problem in _wrong_body(body)],
    }
    return {name: messages for name, messages in found.items() if messages}


def _wrong_subject(subject: str) -> list[str]:
    if not subject:
        return ["Please write a subject."]
    if len(subject) > LONGEST_SUBJECT:
        return [f"A subject has {LONGEST_SUBJECT} characters at most; this one has {len(subject)}."]
    return []


def _wrong_body(body: str) -> Iterator[Finding]:
    made = renderer.render(body)
    if not made.words and not any(parts(made.html)):
        yield Finding(0, "Please write the letter.")
    yield from made.problems
    yield from affiliate_rules.unlabelled_links(made.links, Offer.objects.hosts())
    if made.citations:
        yield Finding(
            0,
            "Footnotes have no foot in a mail. Link to the source, or to the article that cites it.",
        )
    for link in made.links:
        if wrong := _wrong_link(link.href):
            yield Finding(link.line, f"The link {link.href} {wrong}")
    yield from _wrong_blocks(body, [part for part in parts(made.html) if part.kind])


def _wrong_link(href: str) -> str:
    if href.startswith("#"):
        return "leads to a place on a page. In a mail it has nowhere to go."
    if href and not re.match(r"(https?://|mailto:|tel:|sms:|/(?!/))", href, re.IGNORECASE):
        return "needs to begin with https://, or with / for a page of ours."
    return ""


def _wrong_blocks(body: str, blocks: list[Part]) -> Iterator[Finding]:
    for block in blocks:
        if block.kind == "picture":
            yield Finding(
                _line(body, "picture"),
                "Pictures don’t travel in letters. Link to the page that shows it.",
            )
        elif block.kind == "offer" and (wrong := wrong_with_offer(block.key)):
            yield Finding(_line(body, "offer"), wrong)
    if sum(block.kind == "offer" for block in blocks) > OFFERS_AT_MOST:
        yield Finding(_line(body, "offer"), "A letter has one offer at most.")


def wrong_with_offer(key: str) -> str:
    """Return why an offer can't stand in a letter; empty when it can."""
    if not settings.LETTER_OFFERS:
        return "Offers don’t stand in letters. The owner can allow labelled ones by the setting LETTER_OFFERS."
    offer = Offer.objects.filter(key=key).first()
    if offer is None:
        return f"There is no offer “{key}”."
    return f"Readers don’t see the offer “{key}”: {offer.why_hidden}" if offer.why_hidden else ""


def offers_in(body: str) -> list[str]:
    """Return the keys of the offers a letter asks for."""
    return affiliate_rules.offers_in(renderer.render(body).html)


def _line(body: str, directive: str) -> int:
    """Return the line on which a directive first stands."""
    match = re.search(rf"^[^\S\n]*:::[^\S\n]*{directive}\b", body, re.MULTILINE)
    return body.count("\n", 0, match.end()) + 1 if match else 0


def _html(body: str) -> str:
    made = placeholders.substitute_html(renderer.render(body).html)
    html = "".join(str(part.html) or _block(part.kind, part.key) for part in parts(made))
    html = re.sub(r' tabindex="-?\d+"', "", html)  # for a page's links to its sections
    return re.sub(r'href="/(?!/)', f'href="{settings.SITE_URL}/', html)


def _block(kind: str, key: str) -> str:
    """Return what stands in a mail where a page has a block."""
    if kind == "quiz":
        return _button(reverse("quiz:take"), "Open the quiz")
    if kind == "guide":
        return _button(reverse("newsletter:guide"), "About the free guide")
    offer = Offer.objects.filter(key=key).first() if kind == "offer" else None
    if offer and not wrong_with_offer(key):
        return render_to_string("emails/offer.html", {"offer": offer})
    return ""


def _button(path: str, label: str) -> SafeString:
    return render_to_string("emails/button.html", {"url": settings.SITE_URL + path, "label": label})
