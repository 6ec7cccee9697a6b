"""The e-mails: one function each, declared with `@email`; the same words for everybody."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from newsletter import tokens
from newsletter.emails import list_headers
from newsletter.emails.email import (
    Email,
    absolute_url,
    compose,
    compose_for_list,
    inline_image,
)
from newsletter.emails.guide_pdf import GUIDE_FILE_NAME, GUIDE_PAGES, GUIDE_VERSION, compile_guide
from newsletter.emails.registry import EMAILS, Audience, email
from newsletter.models import Delivery
from prose.document import trusted
from trustsite.web.drawings import line_png

LINE = "line"  # the name by which a mail's HTML finds its one picture
Kind = Delivery.Kind
# The article that each welcome e-mail leads to.
WELCOME_LINKS = {
    Kind.WELCOME_1: "what-is-a-trauma-response",
    Kind.WELCOME_2: "grounding-techniques",
    Kind.WELCOME_3: "trauma-and-trust-issues",
    Kind.WELCOME_4: "trauma-therapies-explained",
}


def linked_articles() -> tuple[str, set[str]]:
    """Return the slugs of the articles that welcome e-mails lead to."""
    return "Welcome e-mails", set(WELCOME_LINKS.values())


def render(delivery: Delivery) -> EmailMultiAlternatives:
    """Return the e-mail of a delivery."""
    kind = EMAILS[Kind(delivery.kind)]
    message = kind.build(delivery)
    if kind.audience is Audience.OPTED_IN:
        list_headers.add_list(message, delivery)
    return message


def audience_of(kind: str) -> Audience:
    """Return who an e-mail of this kind may be sent to."""
    return EMAILS[Kind(kind)].audience


def counted_kinds() -> dict[str, str]:
    """Return how the mails that a form may cause are called on a person's page, by kind."""
    return {kind: entry.counted_as for kind, entry in EMAILS.items() if entry.counted_as}


def guide_url() -> str:
    """Return where the guide opens: for everybody the same."""
    if settings.GUIDE_PUBLIC:
        return absolute_url("newsletter:guide_file")
    return absolute_url("newsletter:guide_file", tokens.guide_token(GUIDE_VERSION))


@email(Kind.CONFIRM, audience=Audience.UNCONFIRMED, counted_as="asking you to confirm")
def confirm(delivery: Delivery) -> Email:
    """Ask whether this address's owner really asked. No picture and no word but that."""
    return compose("confirm", delivery, {"confirm_url": _confirm_url(delivery)})


@email(Kind.MOVE, audience=Audience.UNCONFIRMED, counted_as="asking about a new address")
def move(delivery: Delivery) -> Email:
    """Ask whether a new address belongs to the person who named it."""
    return compose("move", delivery, {"confirm_url": _confirm_url(delivery)})


@email(Kind.GUIDE, audience=Audience.CONFIRMED, counted_as="bringing the guide again")
def guide(delivery: Delivery) -> Email:
    """Bring the guide: attached when it is small enough, and linked."""
    return _with_guide("guide", delivery)


@email(Kind.LISTED, audience=Audience.CONFIRMED)
def listed(delivery: Delivery) -> Email:
    """Bring the guide again, to somebody who has had it."""
    return _with_guide("listed", delivery)


@email(*WELCOME_LINKS, audience=Audience.OPTED_IN)
def welcome(delivery: Delivery) -> Email:
    """Bring one of the four welcome e-mails: the same for everybody, with one link to read on."""
    name = delivery.kind.replace("-", "_")
    article = absolute_url("articles:article", WELCOME_LINKS[Kind(delivery.kind)])
    return compose_for_list(name, delivery, {"article_url": article})


@email(Kind.LETTER, audience=Audience.OPTED_IN)
def issue(delivery: Delivery) -> Email:
    """Bring an issue of the newsletter, in the words it had when its sending began."""
    letter = delivery.letter
    if letter is None:
        raise ValueError(f"Delivery {delivery.pk} is of no letter.")
    words = {
        "subject": letter.sent_subject,
        "html": trusted(letter.sent_html),
        "text": letter.sent_text,
    }
    return compose_for_list("issue", delivery, words)


@email(Kind.SETTINGS, audience=Audience.CONFIRMED, counted_as="bringing the link to this page")
def settings_link(delivery: Delivery) -> Email:
    """Bring the link to what we hold, as asked for. Its foot has no second, longer-lived one."""
    token = tokens.asked_settings_token(delivery.subscriber)
    link = absolute_url("newsletter:settings", token)
    return compose_for_list("settings", delivery, {"link": link}, settings_url="")


@email(Kind.GOODBYE, audience=Audience.LEAVING)
def goodbye(delivery: Delivery) -> Email:
    """Say that it's done, to somebody who asked for this one last mail."""
    message = compose("goodbye", delivery, {})
    list_headers.add_unsubscribe(message, delivery)
    return message


def _confirm_url(delivery: Delivery) -> str:
    person = delivery.subscriber
    letters = person.wants_letters or person.letters_asked
    return absolute_url("newsletter:confirm", tokens.confirm_token(person, letters=letters))


def _with_guide(name: str, delivery: Delivery) -> Email:
    pdf = compile_guide()
    is_attached = len(pdf) <= settings.GUIDE_ATTACH_MAX
    context = {
        "guide_url": guide_url(),
        "pages": GUIDE_PAGES,
        "attached": is_attached,
        "line": LINE,
    }
    message = compose_for_list(name, delivery, context)
    message.attach(inline_image(LINE, line_png()))
    if is_attached:
        message.attach(GUIDE_FILE_NAME, pdf, "application/pdf")
    return message
