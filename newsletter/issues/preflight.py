"""What is looked at before a letter may go: each finding says what is wrong, where, and how to mend it.

A blocking finding keeps the letter here. The others inform: a person may know better.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from articles.linking import redirects, site_links
from newsletter.emails import samples
from newsletter.emails.messages import Letter as Mail
from newsletter.issues import body, sender_domain
from newsletter.models import Delivery, Letter
from prose.rules import words
from prose.rules.source_files import stored_text

LARGEST = 100 * 1000  # bytes; Gmail cuts a longer mail off, its foot with the way out included
# Others may see an inbox. These words in its list of subjects would tell what its owner reads about.
TELLING = re.compile(
    r"\b(trauma\w*|c?-?ptsd|abus\w+|violen\w+|assault\w*|rape\w*|victim\w*|survivor\w*|neglect\w*|suicid\w*|self[- ]harm\w*|"
    r"fight|flight|freeze|fawn|quiz|your (?:answers|result)|triggers?|flashbacks?|dissociat\w+|anxi\w+|depress\w+|panic|"
    r"therap\w+|mental|heal(?:s|ed|ing)?|diagnos\w+|disorders?)\b",
    re.IGNORECASE,
)
LOUD = re.compile(r"!|\b[A-Z]{4,}\b|(?i:\b(?:urgent|hurry|last chance|don[’']t miss|act now)\b)")


@dataclass(frozen=True)
class Finding:
    """One thing a person should know before the letter goes."""

    name: str
    message: str
    blocks: bool = True


def blocking(findings: list[Finding]) -> list[Finding]:
    """Return those that keep the letter here."""
    return [finding for finding in findings if finding.blocks]


def check(letter: Letter, *, ask_dns: bool = False) -> list[Finding]:
    """Return all findings, the blocking ones first. No network but, when asked to, the DNS."""
    wrong = [
        text for texts in body.problems(letter.subject, letter.body).values() for text in texts
    ]
    findings = [Finding("words", text) for text in wrong]
    if not wrong:
        mail = as_mail(letter)
        findings += [
            *_subject(letter),
            *_parts(mail),
            *_links(mail),
            *_pictures(mail),
            *_size(mail),
        ]
        findings += _wording(letter)
    findings += [*_sender(), *(_domain() if ask_dns else ())]
    return sorted(findings, key=lambda finding: not finding.blocks)


def as_mail(letter: Letter, to: str = samples.ADDRESS) -> Mail:
    """Return the letter as one made-up person would get it, in the words it has now, or had when it was sent."""
    if not letter.sent_subject:
        said = body.words(letter.subject, letter.body)
        letter = Letter(sent_subject=said.subject, sent_html=said.html, sent_text=said.text)
    return samples.render(Delivery.Kind.LETTER, letter=letter, to=to)


def html_of(mail: Mail) -> str:
    """Return the HTML part."""
    return str(mail.alternatives[0][0])


def _subject(letter: Letter) -> Iterator[Finding]:
    if told := TELLING.findall(letter.subject):
        listed = "”, “".join(told)
        yield Finding(
            "subject", f"The subject says “{listed}”. Others may see an inbox: use a plainer one."
        )
    if LOUD.search(letter.subject):
        yield Finding(
            "subject",
            "The subject is loud. Calm words, no capitals, no exclamation mark.",
            blocks=False,
        )


def _wording(letter: Letter) -> Iterator[Finding]:
    """Yield the words that the site's texts avoid; a person may know better."""
    text = stored_text("letters", "letter", {}, letter.body)
    for match in words.matches(text, words.read_allowed(settings.CONTENT_DIR), set()):
        message = f"Line {match.line}: “{match.words}”: {match.instead}."
        yield Finding("wording", message, blocks=False)


def _parts(mail: Mail) -> Iterator[Finding]:
    way_out = f"/unsubscribe/{samples.INERT}/"
    text = str(mail.body)
    if not text.partition("\n--\n")[0].strip():
        yield Finding(
            "text part",
            "The text part is empty, so some people would get an empty mail. Write some words.",
        )
    for name, part in {"HTML part": html_of(mail), "text part": text}.items():
        if way_out not in part:
            yield Finding(
                "way out",
                f"The {name} has no link to unsubscribe. Its template must include the foot.",
            )
    heads = mail.extra_headers
    if way_out not in str(heads.get("List-Unsubscribe")) or "List-Unsubscribe-Post" not in heads:
        yield Finding(
            "way out",
            "The head of the mail has no List-Unsubscribe. It belongs into newsletter/emails/messages.py.",
        )


def _links(mail: Mail) -> Iterator[Finding]:
    for href in dict.fromkeys(_Page.of(html_of(mail)).links):
        path = site_links.path_of(href)
        if path and (wrong := wrong_with_page(path)):
            yield Finding("links", f"The link {href} leads nowhere: {wrong}")
        elif path is None and href.startswith("http:"):
            yield Finding(
                "links",
                f"The link {href} isn’t encrypted. Use https:// if that works.",
                blocks=False,
            )


def wrong_with_page(path: str) -> str:
    """Return why readers can't open a page of ours; empty when they can, be it by way of an older address."""
    if path.startswith(reverse("admin:index")):
        return "readers can’t open the desk."
    leads_on = site_links.has_moved(path) or ((row := redirects.find(path)) and row.target)
    if leads_on or site_links.leads_somewhere(path):
        return ""
    return "there is no such page, it isn’t published or it was withdrawn. Publish it first, or change the link."


def _pictures(mail: Mail) -> Iterator[Finding]:
    for source, alt in _Page.of(html_of(mail)).pictures:
        if alt is None:
            yield Finding(
                "pictures",
                f"The picture {source} has no alternative text. Say what a person misses.",
            )


def _size(mail: Mail) -> Iterator[Finding]:
    size = len(mail.message().as_bytes())
    if size > LARGEST:
        kilobytes = f"{size / 1000:.0f} KB, and more than {LARGEST // 1000} KB"
        yield Finding(
            "size",
            f"The mail has {kilobytes} is cut off by some mail programs, its foot too. Shorten it.",
        )


def _sender() -> Iterator[Finding]:
    live = (
        not settings.DEVELOPMENT
    )  # a development site has nobody to name, and sends into a folder
    for name in ("PUBLISHER", "POSTAL_ADDRESS"):
        value = getattr(settings, name).strip()
        if not value or "[" in value:
            yield Finding(
                "sender",
                f"{name} is a placeholder, and the law asks for the real one. Set it.",
                blocks=live,
            )
    if not live:
        return
    domain, site = _from_domain(), urlsplit(settings.SITE_URL).hostname or ""
    if f".{domain}".endswith(f".{site.removeprefix('www.')}") or f".{site}".endswith(f".{domain}"):
        return
    told = f"Mails come from {domain}, the site is {site}. Readers may wonder; use an address of the site if you can."
    yield Finding("sender", told, blocks=False)


def _domain() -> Iterator[Finding]:
    domain = _from_domain()
    if settings.DEVELOPMENT:
        yield Finding(
            "domain", "A development site doesn’t ask the DNS about its sender.", blocks=False
        )
        return
    questions = {"SPF": sender_domain.has_spf, "DMARC": sender_domain.has_dmarc}
    if settings.DKIM_SELECTOR:
        questions["DKIM"] = sender_domain.has_dkim
    else:
        told = "DKIM can’t be looked up without the name of its key. Set DKIM_SELECTOR; your mail company knows it."
        yield Finding("domain", told, blocks=False)
    for name, is_there in questions.items():
        try:
            if not is_there(domain):
                told = f"{domain} has no {name} record, so mail programs may refuse the letter. Add it to the DNS."
                yield Finding("domain", told)
        except sender_domain.NoAnswer:
            told = f"The DNS did not answer about {name} of {domain}. Look again later."
            yield Finding("domain", told, blocks=False)
            return  # the next question would only keep a person waiting as well


def _from_domain() -> str:
    return str(settings.FROM_EMAIL).rpartition("@")[2].lower()


class _Page(HTMLParser):
    """The links and pictures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[tuple[str, str | None]] = []

    @classmethod
    def of(cls, html: str) -> "_Page":
        page = cls()
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        elif tag == "img":
            self.pictures.append((str(given.get("src")), given.get("alt")))
