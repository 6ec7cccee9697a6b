"""One function a mail: what it says, to whom, with which headers. Everybody gets the same words and the same links.

A mail is templates/emails/<mail>.{subject.txt,txt,html}. It has a text part that says the same as its HTML, no picture from
elsewhere, no link through a counter and no advertisement.
"""

from collections.abc import Callable
from email.charset import QP, Charset
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.utils import formataddr
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart
from django.template.loader import render_to_string
from django.urls import reverse

from newsletter.emails.guide_pdf import GUIDE_FILE_NAME, GUIDE_PAGES, GUIDE_VERSION, compile_guide
from newsletter.issues.body import one_line
from newsletter.models import Delivery
from newsletter.subscribing import tokens
from prose.document import trusted
from trustsite.characters import without_control
from trustsite.web.drawings import line_png

LINE = "line"  # the name by which a mail's HTML finds its one picture
# Quoted-printable: every server passes it on unchanged, whatever the letters and however long the line.
UTF_8 = Charset("utf-8")
UTF_8.body_encoding = QP


class Letter(EmailMultiAlternatives):
    """A mail whose pictures belong to its HTML part (multipart/related), so that they aren't listed as attachments."""

    encoding = UTF_8

    def message(self) -> SafeMIMEMultipart:  # type: ignore[override]
        """Return the MIME message."""
        whole = super().message()
        # Folded with room for the header's own name: else a first encoded word that is too long leaves its line empty.
        if not str(self.subject).isascii():
            whole.replace_header(
                "Subject", Header(str(self.subject), UTF_8, header_name="Subject").encode()
            )
        parts = list(whole.get_payload())  # type: ignore[arg-type]
        if pictures := [part for part in parts if part["Content-ID"]]:
            body = MIMEMultipart("related", _subparts=[parts[0], *pictures])
            whole.set_payload([body, *(part for part in parts[1:] if part not in pictures)])
        return whole  # type: ignore[return-value]


def render(delivery: Delivery) -> Letter:
    """Return the mail of a delivery."""
    return MAILS[Delivery.Kind(delivery.kind)](delivery)


def confirm(delivery: Delivery) -> Letter:
    """Ask whether it was really this address's owner who asked. No picture and no word but that."""
    token = tokens.confirm_token(delivery.subscriber)
    return _letter("confirm", delivery, {"confirm_url": address("newsletter:confirm", token)})


def move(delivery: Delivery) -> Letter:
    """Ask whether a new address belongs to the person who named it."""
    token = tokens.confirm_token(delivery.subscriber)
    return _letter("move", delivery, {"confirm_url": address("newsletter:confirm", token)})


def guide(delivery: Delivery) -> Letter:
    """Bring the guide: attached when it is small enough, and linked."""
    return _with_guide("guide", delivery)


def listed(delivery: Delivery) -> Letter:
    """Bring the guide again, to somebody who has had it."""
    return _with_guide("listed", delivery)


def note(delivery: Delivery) -> Letter:
    """Bring one of the four notes: the same for everybody, with one link to read on."""
    name = delivery.kind.replace("-", "_")
    article = address("articles:article", NOTE_LINKS[Delivery.Kind(delivery.kind)])
    return list_letter(name, delivery, {"article_url": article})


def letter(delivery: Delivery) -> Letter:
    """Bring a letter, in the words it had when its sending began."""
    sent = delivery.letter
    if sent is None:
        raise ValueError(f"Delivery {delivery.pk} is of no letter.")
    words = {"subject": sent.sent_subject, "html": trusted(sent.sent_html), "text": sent.sent_text}
    return list_letter("letter", delivery, words)


def settings_link(delivery: Delivery) -> Letter:
    """Bring the link to what we hold, to somebody who asked for it. Its foot has no second, longer-lived one."""
    link = address("newsletter:settings", tokens.asked_settings_token(delivery.subscriber))
    return list_letter("settings", delivery, {"link": link}, settings_url="")


def goodbye(delivery: Delivery) -> Letter:
    """Say that it's done, to somebody who asked for this one last mail."""
    letter = _letter("goodbye", delivery, {})
    _add_way_out(letter, _leave_url(delivery))
    return letter


NOTE_LINKS = {
    Delivery.Kind.WELCOME_1: "what-is-a-trauma-response",
    Delivery.Kind.WELCOME_2: "grounding-techniques",
    Delivery.Kind.WELCOME_3: "trauma-and-trust-issues",
    Delivery.Kind.WELCOME_4: "trauma-therapies-explained",
}
MAILS: dict[Delivery.Kind, Callable[[Delivery], Letter]] = {
    Delivery.Kind.CONFIRM: confirm,
    Delivery.Kind.MOVE: move,
    Delivery.Kind.GUIDE: guide,
    Delivery.Kind.LISTED: listed,
    **dict.fromkeys(NOTE_LINKS, note),
    Delivery.Kind.LETTER: letter,
    Delivery.Kind.SETTINGS: settings_link,
    Delivery.Kind.GOODBYE: goodbye,
}


def address(view: str, *args: str) -> str:
    """Return the full address of a view."""
    return settings.SITE_URL + reverse(view, args=args)


def guide_url() -> str:
    """Return where the guide opens: for everybody the same."""
    if settings.GUIDE_PUBLIC:
        return address("newsletter:guide_file")
    return address("newsletter:guide_file", tokens.guide_token(GUIDE_VERSION))


def list_letter(
    name: str, delivery: Delivery, facts: dict[str, Any], *, settings_url: str | None = None
) -> Letter:
    """Make a mail to somebody on the list: with the foot and the headers that let them see, change and leave."""
    leave_url = _leave_url(delivery)
    if settings_url is None:
        settings_url = address("newsletter:settings", tokens.settings_token(delivery.subscriber))
    foot = _facts(delivery) | {
        "leave_url": leave_url,
        "settings_url": settings_url,
        "basis": delivery.subscriber.basis,
    }
    letter = _letter(name, delivery, facts | {"foot": foot})
    _add_way_out(letter, leave_url)
    return letter


def _with_guide(name: str, delivery: Delivery) -> Letter:
    pdf = compile_guide()
    attached = len(pdf) <= settings.GUIDE_ATTACH_MAX
    facts = {"guide_url": guide_url(), "pages": GUIDE_PAGES, "attached": attached, "line": LINE}
    letter = list_letter(name, delivery, facts)
    letter.attach(_picture(LINE, line_png()))
    if attached:
        letter.attach(GUIDE_FILE_NAME, pdf, "application/pdf")
    return letter


def _leave_url(delivery: Delivery) -> str:
    return address("newsletter:unsubscribe", tokens.unsubscribe_token(delivery.subscriber))


def _add_way_out(letter: Letter, leave_url: str) -> None:
    """Give mail programs their own button for leaving (RFC 8058)."""
    letter.extra_headers["List-Unsubscribe"] = f"<{leave_url}>"
    letter.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _facts(delivery: Delivery) -> dict[str, Any]:
    """Return what every mail may say about us and about the request."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "help_url": address("articles:get_help"),
        "postal_address": settings.POSTAL_ADDRESS,
        "publisher": settings.PUBLISHER,
        "asked_at": delivery.subscriber.asked_at,
    }


def _letter(name: str, delivery: Delivery, facts: dict[str, Any]) -> Letter:
    context = _facts(delivery) | facts
    letter = Letter(
        subject=one_line(render_to_string(f"emails/{name}.subject.txt", context)),
        body=without_control(render_to_string(f"emails/{name}.txt", context)).strip() + "\n",
        from_email=formataddr((settings.FROM_NAME, settings.FROM_EMAIL)),
        to=[delivery.subscriber.address],
        reply_to=[settings.CONTACT_EMAIL],
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    html = without_control(render_to_string(f"emails/{name}.html", context))
    letter.attach_alternative(_inliner().inline(html), "text/html")
    return letter


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )


def _picture(name: str, png: bytes) -> MIMEImage:
    picture = MIMEImage(png, "png")
    picture["Content-ID"] = f"<{name}>"
    picture["Content-Disposition"] = f'inline; filename="{name}.png"'
    return picture
