"""Services: whose export a file is, by its columns, and what each row says of its person.

A state is respected: only who is active comes in. Whoever left, whose mail came back or who
complained becomes a suppression; who never confirmed there is left out. A word that we don't know
brings nobody in, and a column that looks like a state and isn't known asks a person first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from newsletter.list_files.table import NAMELESS

Cells = dict[str, str]


class Standing(Enum):
    """What a row says of its person."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNKNOWN = "unknown"


S = Standing
# The words of the services' own columns, and what people write by hand.
WORDS = {
    S.ACTIVE: "active subscribed enabled confirmed regular premium yes true 1 on gifted trialed "
    "free paid comp gift member subscriber healthy optin opted-in churning past_due unpaid",
    S.PENDING: "pending unconfirmed unactivated inactive_unconfirmed validating awaiting upcoming "
    "non-subscribed transactional needs_attention asked",
    S.UNSUBSCRIBED: "unsubscribed unsubscribe inactive cancelled canceled disabled blocklisted "
    "blacklisted removed archived deleted no false 0 off left erased opted-out optout paused blocked",
    S.BOUNCED: "bounced bounce hard_bounce hard-bounce cleaned undeliverable invalid returned",
    S.COMPLAINED: "complained complaint spam junk spam_complaint marked_as_spam",
}
MEANING = {word: standing for standing, words in WORDS.items() for word in words.split()}

ADDRESS = (
    "email address", "email", "e-mail", "email_address", "e-mail address", "address", "mail",
    "subscriber", "subscriber email", "emailaddress",
)  # fmt: skip
DAY = (
    "asked", "confirm_time", "optin_time", "opt-in date", "created_at", "subscribed_at",
    "creation_date", "created", "subscribed", "subscription date", "signed up", "date added",
    "date_created", "confirmed_at", "day",
)  # fmt: skip
STATE = (
    "status", "state", "subscriber_type", "subscription_status", "subscription status",
    "subscriber status", "email marketing status", "type",
)  # fmt: skip
IS_ON = ("subscribed_to_emails", "subscribed to emails", "opted in", "opt_in", "optin")
IS_OFF = {
    "email_disabled": S.UNSUBSCRIBED,
    "unsubscribed": S.UNSUBSCRIBED,
    "unsub_time": S.UNSUBSCRIBED,
    "unsubscribed_at": S.UNSUBSCRIBED,
    "unsubscription_date": S.UNSUBSCRIBED,
    "unsubscribe date": S.UNSUBSCRIBED,
    "deleted_at": S.UNSUBSCRIBED,
    "clean_time": S.BOUNCED,
    "bounced": S.BOUNCED,
    "bounced_at": S.BOUNCED,
    "undeliverability_date": S.BOUNCED,
    "undeliverable_date": S.BOUNCED,
    "complained": S.COMPLAINED,
    "complained_at": S.COMPLAINED,
}
# Columns of the services that sound like a state and say nothing about who may be written to.
NO_STATE = {
    "active_subscription", "subscription_type", "optin_ip", "confirm_ip", "opt-in ip", "unsub_reason",
    "unsub_campaign_title", "unsub_campaign_id", "unsub_reason_other", "clean_campaign_title",
    "clean_campaign_id", "undeliverability_reason", "unsubscription_reason", "complimentary_plan",
    "subscription date (substack)", "confirmed", "subscribed", "optin_time", "opt-in date",
    "subscribed_at", "confirm_time", "confirmed_at", "subscription date", "subscriptions",
    "subscription_source", "subscriber_id", "subscription_id", "active", "active_subscription_count",
}  # fmt: skip
SUSPICIOUS = re.compile(
    r"stat(?:e|us)|subscri|consent|opt[ _-]?(?:in|out)|unsub|bounce|complain|block|clean|suppress"
    r"|disabled|delet|undeliver|do[ _-]not|newsletter|marketing|permission"
)


@dataclass(frozen=True)
class Service:
    """A service, by columns that all of its exports have."""

    name: str
    columns: frozenset[str]
    words: dict[str, Standing] | None = None  # where its words mean something of their own


OURS = "our own export"
SERVICES = (
    Service(OURS, frozenset({"address", "status", "wants the letters", "wording agreed to"})),
    Service("Mailchimp", frozenset({"email address", "optin_time"})),
    Service("Ghost", frozenset({"email", "subscribed_to_emails"})),
    Service("listmonk", frozenset({"uuid", "email", "attributes"})),
    Service("Substack", frozenset({"email", "email_disabled"})),
    Service("Buttondown", frozenset({"email", "subscriber_type"}), {"paused": S.UNSUBSCRIBED}),
    Service("Buttondown", frozenset({"email_address", "type", "creation_date"})),
    # In beehiiv who left is “inactive”; in Kit who never confirmed.
    Service("beehiiv", frozenset({"email", "status", "tier"}), {"inactive": S.UNSUBSCRIBED}),
    Service("beehiiv", frozenset({"email", "status", "utm_source"}), {"inactive": S.UNSUBSCRIBED}),
    Service("Kit", frozenset({"email", "state", "created_at"}), {"inactive": S.PENDING}),
    Service("Kit", frozenset({"email", "status", "first_name"}), {"inactive": S.PENDING}),
    Service("MailerLite", frozenset({"subscriber", "opt-in date"})),
    Service("MailerLite", frozenset({"email", "opt-in date"})),
)


@dataclass(frozen=True)
class Reading:
    """How a file's rows are read: which column is what."""

    service: str
    address: str
    day: str
    standing: Callable[[Cells], Standing]
    states: tuple[str, ...]  # the columns that say it
    asks: tuple[str, ...]  # columns that look like a state and aren't known


def recognise(columns: list[str], address: str = "", day: str = "") -> Reading | None:
    """Return how a file with these columns is read; None when no column holds the address.

    `address` and `day` are what a person named, if they did.
    """
    names = set(columns)
    service = next((one for one in SERVICES if one.columns <= names), None)
    address = _named(columns, address) or next((one for one in ADDRESS if one in names), "")
    if not address:
        return None
    day = _named(columns, day) or next((one for one in DAY if one in names and one != address), "")
    state = next((one for one in STATE if one in names and one not in {address, day}), "")
    is_on = [one for one in IS_ON if one in names]
    is_off = [one for one in IS_OFF if one in names]
    states = (*([state] if state else []), *is_on, *is_off)
    words = MEANING | ((service.words if service else None) or {})
    known = {address, day, *states} | NO_STATE
    if service and service.name == OURS:
        known |= names
    asks = [name for name in columns if name not in known and SUSPICIOUS.search(name)]

    def standing(cells: Cells) -> Standing:
        found = [_word(cells.get(state, ""), words)] if state else []
        found += [_switch(cells.get(name, ""), S.UNSUBSCRIBED, if_empty=True) for name in is_on]
        found += [_off(cells.get(name, ""), IS_OFF[name]) for name in is_off]
        return _worst(found)

    return Reading(service.name if service else "", address, day, standing, states, tuple(asks))


def nameless(cells: list[str]) -> str:
    """Return the column that holds the address where no line names them."""
    for number, cell in enumerate(cells, start=1):
        if "@" in cell:
            return NAMELESS.format(number)
    return ""


def _named(columns: list[str], name: str) -> str:
    name = name.strip().lower()
    return name if name in columns else ""


def _word(cell: str, words: dict[str, Standing]) -> Standing:
    return words.get(cell.strip().lower().replace(" ", "_"), S.UNKNOWN)


def _switch(cell: str, off: Standing, *, if_empty: bool) -> Standing:
    """Read a yes or no where yes means active."""
    word = cell.strip().lower()
    if not word:
        return off if if_empty else S.ACTIVE
    return {S.ACTIVE: S.ACTIVE, S.UNSUBSCRIBED: off}.get(MEANING.get(word, S.UNKNOWN), S.UNKNOWN)


def _off(cell: str, standing: Standing) -> Standing:
    """Read a column that is empty, or says no, for who is active, and else says when or yes."""
    word = cell.strip().lower()
    if word in {"", "no", "false", "0", "null", "none", "never", "n", "-"}:
        return S.ACTIVE
    return standing


# Of two columns that disagree, the one that writes to fewer people holds.
ORDER = (S.COMPLAINED, S.BOUNCED, S.UNSUBSCRIBED, S.PENDING, S.UNKNOWN, S.ACTIVE)


def _worst(found: list[Standing]) -> Standing:
    return next((standing for standing in ORDER if standing in found), S.ACTIVE)
