"""Words of e-mails: an editor's own where there are some, the shipped ones everywhere else.

What is a person's own in a mail is a placeholder, of a fixed list for each mail. In Markdown it is
where a link leads: `[Confirm my e-mail]({confirm})`. A link that has a paragraph to itself becomes
the button.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from newsletter.emails.html_to_markdown import markdown
from newsletter.models import Delivery, EmailWords
from prose import renderer
from prose.document import trusted
from prose.plain_text import plain

Kind = Delivery.Kind
STANDS_FOR = "https://placeholder.invalid/"  # what a placeholder is while Markdown is read
NAMED = re.compile(r"\{([a-z_]+)\}")
LONELY = re.compile(rf'<p><a href="{STANDS_FOR}([a-z]+)"[^>]*>([^<]*)</a></p>')
FOOT = "\n--\n"


@dataclass(frozen=True)
class Places:
    """What one kind of mail can name, by what its template calls it, and whether it must."""

    placeholders: dict[str, str]
    required: bool = True
    other_links: bool = True  # a confirmation has its one button and leads nowhere else


EDITABLE: dict[Kind, Places] = {
    Kind.CONFIRM: Places({"confirm": "confirm_url"}, other_links=False),
    Kind.MOVE: Places({"confirm": "confirm_url"}, other_links=False),
    Kind.GUIDE: Places({"guide": "guide_url", "help": "help_url"}),
    Kind.LISTED: Places({"guide": "guide_url", "help": "help_url"}),
    Kind.SETTINGS: Places({"link": "link"}),
    Kind.GOODBYE: Places({}),
    **{
        kind: Places({"article": "article_url", "help": "help_url"}, required=False)
        for kind in (Kind.WELCOME_1, Kind.WELCOME_2, Kind.WELCOME_3, Kind.WELCOME_4)
    },
}


# Words that are looked at and not kept.
_tried: ContextVar[EmailWords | None] = ContextVar("tried", default=None)


@contextmanager
def trying(words: EmailWords) -> Iterator[None]:
    """Have mails of a kind say this, in a preview."""
    token = _tried.set(words)
    try:
        yield
    finally:
        _tried.reset(token)


def own(kind: str) -> EmailWords | None:
    """Return the words an editor has written for this kind, if there are some."""
    tried = _tried.get()
    if tried and tried.kind == kind:
        return tried
    return EmailWords.objects.filter(kind=kind).first()


def named(kind: str, body: str) -> list[str]:
    """Return the placeholders that a text names and this mail doesn't have."""
    known = EDITABLE[Kind(kind)].placeholders
    return [name for name in NAMED.findall(body) if name not in known and name not in SETTINGS]


# Filled in everywhere by the site's settings (prose.placeholders).
SETTINGS = {"publisher", "postal_address", "contact_email", "site_name"}


def readable(kind: str, body: str) -> str:
    """Return a body whose placeholders are addresses that Markdown and its checks can read."""
    known = EDITABLE[Kind(kind)].placeholders
    return NAMED.sub(lambda found: STANDS_FOR + found[1] if found[1] in known else found[0], body)


def finish(words: EmailWords) -> EmailWords:
    """Make HTML and text of the body."""
    html = str(renderer.render(readable(words.kind, words.body)).html)
    words.text = plain(html)
    words.html = LONELY.sub(rf'<p><a class="button" href="{STANDS_FOR}\1">\2</a></p>', html)
    return words


def render(words: EmailWords, name: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Return subject, text and HTML of a mail whose shipped templates are called `name`."""
    places = EDITABLE[Kind(words.kind)].placeholders
    html, text = words.html, words.text
    for placeholder, variable in places.items():
        value = str(context.get(variable, ""))
        html = html.replace(STANDS_FOR + placeholder, value)
        text = text.replace(STANDS_FOR + placeholder, value)
    own_words = {"shipped": f"emails/{name}.html", "subject": words.subject, "html": trusted(html)}
    foot = render_to_string(f"emails/{name}.txt", context).rpartition(FOOT)[2]
    help_url = str(context["help_url"])
    way = "" if help_url in foot else f"Need help today? {help_url}\n"
    return (
        words.subject,
        f"{text.strip()}\n\n{way}{FOOT.lstrip()}{foot}",
        render_to_string("emails/own_words.html", context | own_words),
    )


def shipped(kind: str) -> tuple[str, str]:
    """Return subject and body, as Markdown, of the words that come with the site."""
    name = kind.replace("-", "_")
    places = EDITABLE[Kind(kind)].placeholders
    context: dict[str, Any] = {
        variable: f"{{{placeholder}}}" for placeholder, variable in places.items()
    }
    context |= {"attached": True, "pages": 12}
    html = render_to_string(f"emails/{name}.html", context)
    subject = render_to_string(f"emails/{name}.subject.txt", context).strip()
    return subject, markdown(html)
