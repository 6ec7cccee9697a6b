"""An e-mail as an object, and what all of ours share: sender, headers, styles put inline, the foot.

An e-mail is templates/emails/<name>.{subject.txt,txt,html}. It has a text part that says the same
as its HTML, no picture from elsewhere, no link through a counter and no advertisement.
"""

import re
from email.charset import QP, Charset
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.policy import Compat32
from email.utils import formataddr
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import SafeMIMEMultipart
from django.template.loader import render_to_string
from django.urls import reverse

from newsletter import tokens
from newsletter.emails import list_headers, words
from newsletter.models import Delivery
from trustsite.characters import without_control

if TYPE_CHECKING:
    import css_inline

# Quoted-printable: every server passes it on unchanged, whatever the letters and however long the
# line.
UTF_8 = Charset("utf-8")
UTF_8.body_encoding = QP


class FilledFirstLine(Compat32):
    """Folds headers as ever, and leaves no first line empty: some programs lose such a header."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        folded = super().fold_binary(name, value)
        return re.sub(rb"^([\w-]+):[ \t]*\r?\n[ \t]+", rb"\1: ", folded)


POLICY = FilledFirstLine()


class Email(EmailMultiAlternatives):
    """A mail whose pictures belong to its HTML part (multipart/related), not to the attachments."""

    encoding = UTF_8

    def message(self) -> SafeMIMEMultipart:  # type: ignore[override]
        """Return the MIME message."""
        whole = super().message()
        whole.policy = POLICY
        subject = str(self.subject)
        # Folded with room for the header's own name: else a first encoded word that is too long
        # leaves its line empty.
        if not subject.isascii():
            whole.replace_header("Subject", Header(subject, UTF_8, header_name="Subject").encode())
        parts = list(whole.get_payload())
        pictures = [part for part in parts if part["Content-ID"]]
        if pictures:
            body = MIMEMultipart("related", _subparts=[parts[0], *pictures])
            others = [part for part in parts[1:] if part not in pictures]
            whole.set_payload([body, *others])
        return whole  # type: ignore[return-value]


def to_bytes(message: EmailMessage) -> bytes:
    """Return a message as it stands in a file or on the wire. The one place that knows how."""
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def one_line(subject: str) -> str:
    """Return a subject without line breaks and the like: they would begin another header."""
    printable = [character if character.isprintable() else " " for character in subject]
    return " ".join("".join(printable).split())


def absolute_url(view: str, *args: str) -> str:
    """Return the full address of a view."""
    return settings.SITE_URL + reverse(view, args=args)


def compose(name: str, delivery: Delivery, context: dict[str, Any]) -> Email:
    """Build an e-mail from the templates called `name`."""
    context = _base_context(delivery) | context
    subject, text, html = _words(name, delivery.kind, context)
    message = Email(
        subject=one_line(subject),
        body=without_control(text).strip() + "\n",
        from_email=formataddr((settings.FROM_NAME, settings.FROM_EMAIL)),
        to=[delivery.subscriber.address],
        reply_to=[settings.CONTACT_EMAIL],
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(_css_inliner().inline(without_control(html)), "text/html")
    return message


def _words(name: str, kind: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Return subject, text and HTML: an editor's words where there are some, or the shipped."""
    own = words.own(kind) if kind in words.EDITABLE else None
    if own:
        return words.render(own, name, context)
    return (
        render_to_string(f"emails/{name}.subject.txt", context),
        render_to_string(f"emails/{name}.txt", context),
        render_to_string(f"emails/{name}.html", context),
    )


def compose_for_list(
    name: str, delivery: Delivery, context: dict[str, Any], *, settings_url: str | None = None
) -> Email:
    """Build an e-mail to somebody on the list: its foot and headers let them see, change, leave."""
    leave_url = list_headers.unsubscribe_url(delivery)
    if settings_url is None:
        token = tokens.settings_token(delivery.subscriber)
        settings_url = absolute_url("newsletter:settings", token)
    foot = _base_context(delivery) | {
        "leave_url": leave_url,
        "settings_url": settings_url,
        "basis": delivery.subscriber.basis,
    }
    message = compose(name, delivery, context | {"foot": foot})
    list_headers.add_unsubscribe(message, delivery)
    return message


def inline_image(name: str, png: bytes) -> MIMEImage:
    """Return a picture that the HTML part shows by `cid:<name>`."""
    image = MIMEImage(png, "png")
    image["Content-ID"] = f"<{name}>"
    image["Content-Disposition"] = f'inline; filename="{name}.png"'
    return image


def _base_context(delivery: Delivery) -> dict[str, Any]:
    """Return what every mail may say about us and about the request."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "help_url": absolute_url("articles:get_help"),
        "postal_address": settings.POSTAL_ADDRESS,
        "publisher": settings.PUBLISHER,
        "asked_at": delivery.subscriber.asked_at,
    }


@cache
def _css_inliner() -> "css_inline.CSSInliner":
    import css_inline  # for the processes that make mails

    return css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
