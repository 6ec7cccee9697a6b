"""Issue body: an editor's markdown as the HTML and the text of a mail, and what can't stand in one.

The site's renderer makes the HTML. What a page does with its blocks a mail can't: the quiz and the
guide become links, a picture would have to be fetched from us, so there is none. An offer stands in
an issue where the owner allows it (LETTER_OFFERS), and then as on an article: label and disclosure
before its link.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from articles import api as articles
from newsletter.emails.email import one_line
from prose import affiliate_rules, placeholders, renderer
from prose.document import Part, parts
from prose.finding import Finding
from prose.plain_text import plain

LONGEST_SUBJECT = 150
MAX_OFFERS = 1
LINK_STARTS = re.compile(r"(https?://|mailto:|tel:|sms:|/(?!/))", re.IGNORECASE)


@dataclass(frozen=True)
class IssueBody:
    """What an issue says, finished but for the foot, which is each person's own."""

    subject: str
    html: str
    text: str


def render(subject: str, body: str) -> IssueBody:
    """Return the finished words of an issue. What `problems` names is left out."""
    html = _html(body)
    return IssueBody(one_line(subject), html, plain(html))


def problems(subject: str, body: str) -> dict[str, list[str]]:
    """Return what an editor must mend before an issue is saved, by field."""
    by_field = {
        "subject": _subject_problems(one_line(subject)),
        "body": [str(problem) for problem in _body_problems(body)],
    }
    return {name: messages for name, messages in by_field.items() if messages}


def _subject_problems(subject: str) -> list[str]:
    if not subject:
        return ["Please write a subject."]
    if len(subject) > LONGEST_SUBJECT:
        return [f"A subject has {LONGEST_SUBJECT} characters at most; this one has {len(subject)}."]
    return []


def _body_problems(body: str) -> Iterator[Finding]:
    rendered = renderer.render(body)
    pieces = list(parts(rendered.html))
    if not rendered.words and not any(pieces):
        yield Finding(0, "Please write the letter.")
    yield from rendered.problems
    yield from affiliate_rules.unlabelled_links(rendered.links, articles.partner_hosts())
    if rendered.citations:
        yield Finding(
            0,
            "Footnotes have no foot in a mail. Link to the source, "
            "or to the article that cites it.",
        )
    for link in rendered.links:
        problem = _link_problem(link.href)
        if problem:
            yield Finding(link.line, f"The link {link.href} {problem}")
    yield from _block_problems(body, [part for part in pieces if part.kind])


def _link_problem(href: str) -> str:
    if href.startswith("#"):
        return "leads to a place on a page. In a mail it has nowhere to go."
    if href and not LINK_STARTS.match(href):
        return "needs to begin with https://, or with / for a page of ours."
    return ""


def _block_problems(body: str, blocks: list[Part]) -> Iterator[Finding]:
    offers = 0
    for block in blocks:
        if block.kind in {"picture", "figure"}:
            yield Finding(
                _line_of(body, block.kind),
                f"{block.kind.capitalize()}s don’t travel in letters. "
                "Link to the page that shows it.",
            )
        elif block.kind == "snippet":
            yield Finding(
                _line_of(body, "snippet"), "Snippets don’t travel in letters. Write it out."
            )
        elif block.kind == "offer":
            offers += 1
            problem = offer_problem(block.key)
            if problem:
                yield Finding(_line_of(body, "offer"), problem)
    if offers > MAX_OFFERS:
        yield Finding(_line_of(body, "offer"), "A letter has one offer at most.")


def offer_problem(key: str) -> str:
    """Return why an offer can't stand in an issue; empty when it can."""
    if not settings.LETTER_OFFERS:
        return (
            "Offers don’t stand in letters. "
            "The owner can allow labelled ones by the setting LETTER_OFFERS."
        )
    offer = articles.offer(key)
    if offer is None:
        return f"There is no offer “{key}”."
    return f"Readers don’t see the offer “{key}”: {offer.why_hidden}" if offer.why_hidden else ""


def _line_of(body: str, directive: str) -> int:
    """Return the line on which a directive first stands."""
    match = re.search(rf"^[^\S\n]*:::[^\S\n]*{directive}\b", body, re.MULTILINE)
    return body.count("\n", 0, match.end()) + 1 if match else 0


def _html(body: str) -> str:
    rendered = placeholders.substitute_html(renderer.render(body).html)
    html = "".join(str(part.html) or _block(part.kind, part.key) for part in parts(rendered))
    html = re.sub(r' tabindex="-?\d+"', "", html)  # for a page's links to its sections
    return re.sub(r'href="/(?!/)', f'href="{settings.SITE_URL}/', html)


def _block(kind: str, key: str) -> str:
    """Return what stands in a mail where a page has a block."""
    if kind == "quiz":
        return _button(reverse("quiz:take"), "Open the quiz")
    if kind == "guide":
        return _button(reverse("newsletter:guide"), "About the free guide")
    if kind == "offer" and not offer_problem(key):
        return render_to_string("emails/offer.html", {"offer": articles.offer(key)})
    return ""


def _button(path: str, label: str) -> SafeString:
    return render_to_string("emails/button.html", {"url": settings.SITE_URL + path, "label": label})
