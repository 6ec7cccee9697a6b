"""Preflight: what is checked before an issue may go.

Each finding says what is wrong and how to mend it. A blocking finding keeps the issue here. The
others inform: a person may know better.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from articles import api as articles
from newsletter.emails import samples
from newsletter.emails.email import to_bytes
from newsletter.emails.preview import Finding
from newsletter.issues import body, sender_checks
from newsletter.models import Delivery, Letter
from prose.rules import words
from prose.rules.source_files import stored_text

LARGEST = 100 * 1000  # bytes; Gmail cuts a longer mail off, its foot with the way out included
# Others may see an inbox. These words in its list of subjects would tell what its owner reads
# about.
SENSITIVE_WORDS = re.compile(
    r"\b(trauma(?!\w*-informed)\w*|(?:c|complex)?[\W_]{0,2}p\W?t\W?s\W?d|abus\w+|violen\w+|assault\w*"
    r"|rap(?:e[sd]?|ists?)|victim\w*|survivor\w*|suicid\w*|self[\W_]?harm\w*|fawn(?:s|ing|ed)?|quiz\w*"
    r"|your (?:answers|results?)|flashbacks?|dissociat\w+|narc(?:s|issis\w*)?|gas[\W_]?l(?:ight\w*|it)"
    r"|diagnos\w+|incest\w*|molest\w*|hyper[\W_]?vigilan\w*)\b",
    re.IGNORECASE,
)
# These mean something else as often: a flight to Rome, a freeze of prices, a childhood by the sea.
UNSURE_WORDS = re.compile(
    r"\b(trauma\w*-informed|fight\w*|flight|freez\w+|trigger(?:s|ed|ing)?|neglect\w*|anxi\w+"
    r"|depress\w+|panic\w*|therap\w+|mental\w*|heal(?:s|ed|ing)?|disorders?|childhoods?|upbringing"
    r"|toxic|wound\w*|shame|coping|nervous[\W_]systems?|inner[\W_]child\w*|abandon\w*|addict\w*"
    r"|stalk(?:s|ed|ing|ers?)|coerci\w+|people[\W_]pleas\w+|bpd|ocd|grief|griev\w+)\b",
    re.IGNORECASE,
)
LOUD = re.compile(r"!|\b[A-Z]{4,}\b|(?i:\b(?:urgent|hurry|last chance|don[’']t miss|act now)\b)")


def blocking(findings: list[Finding]) -> list[Finding]:
    """Return those that keep the issue here."""
    return [finding for finding in findings if finding.blocks]


def check(letter: Letter, *, ask_dns: bool = False) -> list[Finding]:
    """Return all findings, the blocking ones first. No network but, when asked to, the DNS."""
    findings = list(_words(letter))
    if not findings:
        email = as_email(letter)
        findings += [*_subject(letter), *_parts(email), *_links(email), *_pictures(email)]
        findings += [*_size(email), *_wording(letter)]
    findings += sender_checks.check_sender()
    if ask_dns:
        findings += sender_checks.check_domain()
    return sorted(findings, key=lambda finding: not finding.blocks)


def as_email(letter: Letter, to: str = samples.ADDRESS) -> EmailMultiAlternatives:
    """Return the issue as one made-up person would get it.

    In the words it has now, or had when it was sent.
    """
    if not letter.sent_subject:
        rendered = body.render(letter.subject, letter.body)
        letter = Letter(
            sent_subject=rendered.subject, sent_html=rendered.html, sent_text=rendered.text
        )
    return samples.render(Delivery.Kind.LETTER, letter=letter, to=to)


def _html_of(email: EmailMultiAlternatives) -> str:
    return str(email.alternatives[0][0])


def _words(letter: Letter) -> Iterator[Finding]:
    for messages in body.problems(letter.subject, letter.body).values():
        for message in messages:
            yield Finding("words", message)


def _subject(letter: Letter) -> Iterator[Finding]:
    sensitive = SENSITIVE_WORDS.findall(letter.subject)
    unsure = UNSURE_WORDS.findall(letter.subject)
    if sensitive:
        yield Finding(
            "subject",
            f"The subject says “{_quoted(sensitive)}”. Others may see an inbox: use a plainer one.",
        )
    elif unsure:
        yield Finding(
            "subject",
            f"The subject says “{_quoted(unsure)}”, which may tell what its reader reads about. "
            "Others may see an inbox: is there a plainer one?",
            blocks=False,
        )
    if LOUD.search(letter.subject):
        yield Finding(
            "subject",
            "The subject is loud. Calm words, no capitals, no exclamation mark.",
            blocks=False,
        )


def _quoted(words_found: list[str]) -> str:
    return "”, “".join(word.strip() for word in words_found)


def _wording(letter: Letter) -> Iterator[Finding]:
    """Yield the words that the site's texts avoid; a person may know better."""
    text = stored_text("letters", "letter", {}, letter.body)
    for match in words.matches(text, words.read_allowed(settings.CONTENT_DIR), set()):
        message = f"Line {match.line}: “{match.words}”: {match.instead}."
        yield Finding("wording", message, blocks=False)


def _parts(email: EmailMultiAlternatives) -> Iterator[Finding]:
    unsubscribe = f"/unsubscribe/{samples.INERT}/"
    text = str(email.body)
    if not text.partition("\n--\n")[0].strip():
        yield Finding(
            "text part",
            "The text part is empty, so some people would get an empty mail. Write some words.",
        )
    for name, part in {"HTML part": _html_of(email), "text part": text}.items():
        if unsubscribe not in part:
            yield Finding(
                "way out",
                f"The {name} has no link to unsubscribe. Its template must include the foot.",
            )
    headers = email.extra_headers
    has_link = unsubscribe in str(headers.get("List-Unsubscribe"))
    if not has_link or "List-Unsubscribe-Post" not in headers:
        yield Finding(
            "way out",
            "The head of the mail has no List-Unsubscribe. "
            "It belongs into newsletter/emails/email.py.",
        )


def _links(email: EmailMultiAlternatives) -> Iterator[Finding]:
    for href in dict.fromkeys(LinkParser.of(_html_of(email)).links):
        path = articles.path_on_site(href)
        problem = _page_problem(path) if path else ""
        if problem:
            yield Finding("links", f"The link {href} leads nowhere: {problem}")
        elif path is None and href.startswith("http:"):
            yield Finding(
                "links",
                f"The link {href} isn’t encrypted. Use https:// if that works.",
                blocks=False,
            )


def _page_problem(path: str) -> str:
    """Return why readers can't open a page of ours, not even by an older address; mostly empty."""
    if path.startswith(reverse("admin:index")):
        return "readers can’t open the desk."
    if articles.has_moved(path) or articles.page_exists(path):
        return ""
    return (
        "there is no such page, it isn’t published or it was withdrawn. "
        "Publish it first, or change the link."
    )


def _pictures(email: EmailMultiAlternatives) -> Iterator[Finding]:
    for source, alt in LinkParser.of(_html_of(email)).pictures:
        if alt is None:
            yield Finding(
                "pictures",
                f"The picture {source} has no alternative text. Say what a person misses.",
            )


def _size(email: EmailMultiAlternatives) -> Iterator[Finding]:
    size = len(to_bytes(email))
    if size > LARGEST:
        kilobytes = f"{size / 1000:.0f} KB, and more than {LARGEST // 1000} KB"
        yield Finding(
            "size",
            f"The mail has {kilobytes} is cut off by some mail programs, its foot too. Shorten it.",
        )


class LinkParser(HTMLParser):
    """The links and pictures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[tuple[str, str | None]] = []

    @classmethod
    def of(cls, html: str) -> "LinkParser":
        """Return what stands in `html`."""
        parser = cls()
        parser.feed(html)
        return parser

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(str(attributes["href"]))
        elif tag == "img":
            self.pictures.append((str(attributes.get("src")), attributes.get("alt")))
