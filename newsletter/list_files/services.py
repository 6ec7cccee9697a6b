"""Services: whose export a file is, by its columns, and what each row says of its person.

A state is respected: only who is active comes in. Whoever left, whose mail came back or who
complained becomes a suppression; who never confirmed there is left out. A word that we don't know
brings nobody in, and a column that looks like a state and isn't known asks a person first. Names of
columns are compared without capitals, and a space stands for a dash or an underscore.
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
    S.ACTIVE: "active subscribed enabled confirmed regular premium yes y true t 1 on gifted trialed "
    "free paid comp comped complimentary founding monthly yearly lifetime gift member subscriber "
    "healthy optin opted_in churning past_due unpaid cold",
    S.PENDING: "pending unconfirmed not_confirmed unactivated validating awaiting upcoming "
    "non_subscribed nonsubscribed transactional needs_attention asked",
    S.UNSUBSCRIBED: "unsubscribed unsubscribe inactive cancelled canceled disabled blocklisted "
    "blacklisted removed archived deleted no n false f 0 off left erased opted_out optout paused "
    "blocked banned spammy suppressed excluded",
    S.BOUNCED: "bounced bounce hard_bounce hard_bounced cleaned undeliverable invalid returned",
    S.COMPLAINED: "complained complaint spam junk spam_complaint marked_as_spam",
}
MEANING = {word: standing for standing, words in WORDS.items() for word in words.split()}
SWITCHES = set("yes y true t 1 on no n false f 0 off".split())

ADDRESS = (
    "email address", "email", "e mail", "e mail address", "user email address", "address", "mail",
    "subscriber", "subscriber email", "emailaddress",
)  # fmt: skip
DAY = (
    "asked", "confirm time", "optin time", "opt in date", "opted in at", "created at",
    "subscribed at", "subscription created at", "creation date", "created", "subscribed",
    "subscription date", "subscribe date", "start date", "signed up", "date added", "date created",
    "confirmed at", "day",
)  # fmt: skip
STATE = (
    "status", "subscriber type", "subscription status", "subscriber status",
    "email marketing status", "subscription type", "state", "type",
)  # fmt: skip
# Columns that say yes, or since when, for who is active; what a no means, and an empty cell.
IS_ON = {
    "subscribed to emails": (S.UNSUBSCRIBED, S.UNSUBSCRIBED),
    "opted in": (S.UNSUBSCRIBED, S.UNSUBSCRIBED),
    "opt in": (S.UNSUBSCRIBED, S.UNSUBSCRIBED),
    "optin": (S.UNSUBSCRIBED, S.UNSUBSCRIBED),
    "subscribed": (S.UNSUBSCRIBED, S.ACTIVE),
    "active": (S.UNSUBSCRIBED, S.ACTIVE),
    "confirmed": (S.PENDING, S.ACTIVE),
}
# Columns that are empty, or say no, for who is active.
IS_OFF = {
    "email disabled": S.UNSUBSCRIBED,
    "unsubscribed": S.UNSUBSCRIBED,
    "unsub time": S.UNSUBSCRIBED,
    "unsubscribed at": S.UNSUBSCRIBED,
    "unsubscription date": S.UNSUBSCRIBED,
    "unsubscribe date": S.UNSUBSCRIBED,
    "unsubscribed date": S.UNSUBSCRIBED,
    "deleted at": S.UNSUBSCRIBED,
    "clean time": S.BOUNCED,
    "bounced": S.BOUNCED,
    "bounced at": S.BOUNCED,
    "bounce date": S.BOUNCED,
    "undeliverability date": S.BOUNCED,
    "undeliverable date": S.BOUNCED,
    "complained": S.COMPLAINED,
    "complained at": S.COMPLAINED,
}
# Columns of the services that sound like a state and say nothing about who may be written to.
NO_STATE = {
    "active subscription", "subscription type", "optin ip", "confirm ip", "opt in ip", "unsub reason",
    "unsub campaign title", "unsub campaign id", "unsub reason other", "clean campaign title",
    "clean campaign id", "undeliverability reason", "unsubscription reason", "complimentary plan",
    "subscription date (substack)", "optin time", "opt in date", "opted in at", "subscribed at",
    "confirm time", "confirmed at", "subscription date", "subscriptions", "subscription source",
    "subscription source (free)", "subscription source (paid)", "subscription created at",
    "subscription expires at", "subscription interval", "last subscribed at", "subscriber id",
    "subscription id", "active subscription count", "subscriber import id",
}  # fmt: skip
# Beside these, a column called "state" may be part of an address.
PLACES = {"city", "country", "zip", "z i p", "zip code", "zip/postal code", "postal code", "region"}
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
MAILCHIMP, KIT = "Mailchimp", "Kit"
STILL_THERE = {"paused": S.ACTIVE}  # Buttondown: what they pay is paused
NEVER_CONFIRMED = {"inactive": S.PENDING}  # Kit
SERVICES = (
    Service(OURS, frozenset({"address", "status", "wants the letters", "wording agreed to"})),
    Service(MAILCHIMP, frozenset({"email address", "optin time"})),
    Service("Ghost", frozenset({"email", "subscribed to emails"})),
    Service("listmonk", frozenset({"uuid", "email", "attributes"})),
    Service("Substack", frozenset({"email", "email disabled"})),
    Service("Substack", frozenset({"email", "active subscription", "expiry"})),
    Service("Substack", frozenset({"email", "type", "stripe plan", "start date"})),
    Service("Buttondown", frozenset({"email", "subscriber type"}), STILL_THERE),
    Service("Buttondown", frozenset({"email", "type", "creation date"}), STILL_THERE),
    Service("Buttondown", frozenset({"email address", "type", "creation date"}), STILL_THERE),
    Service("beehiiv", frozenset({"email", "status", "tier"})),
    Service("beehiiv", frozenset({"email", "status", "utm source"})),
    Service(KIT, frozenset({"email", "state", "created at"}), NEVER_CONFIRMED),
    Service(KIT, frozenset({"email address", "state", "created at"}), NEVER_CONFIRMED),
    Service("MailerLite", frozenset({"subscriber", "subscribed"})),
    Service("MailerLite", frozenset({"subscriber", "opt in date"})),
    Service("MailerLite", frozenset({"email", "opt in date"})),
    Service("MailerLite", frozenset({"email", "subscribed", "groups"})),
)


@dataclass(frozen=True)
class Reading:
    """How a file's rows are read: which column is what, as the file names it."""

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
    given = {_plain(name): name for name in reversed(columns)}
    service = next((one for one in SERVICES if one.columns <= given.keys()), None)
    named = service.name if service else ""
    address = _named(columns, address) or _first(ADDRESS, given)
    if not address:
        return None
    others = {plain: name for plain, name in given.items() if name != address}
    day = _named(columns, day) or _first(DAY, others)
    tells = _tells(others, day, service)
    known = {address, day, *tells} | {name for name in columns if _says_nothing(name)}
    if named == OURS:
        known |= set(columns)
    asks = [name for name in columns if name not in known and SUSPICIOUS.search(name)]

    def standing(cells: Cells) -> Standing:
        return _worst([tell(cells.get(name, "")) for name, tell in tells.items()])

    # A column that may be part of an address is shown to a person all the same.
    if _may_be_place(others, service):
        asks.append(others["state"])
    return Reading(named, address, day, standing, tuple(tells), tuple(asks))


def nameless(cells: list[str]) -> str:
    """Return the column that holds the address where no line names them."""
    for number, cell in enumerate(cells, start=1):
        if "@" in cell:
            return NAMELESS.format(number)
    return ""


def is_switch(cell: str) -> bool:
    """Whether a cell is a plain yes or no: of a column that may say since when, too."""
    return cell.strip().lower() in SWITCHES


Tell = Callable[[str], Standing]


def _tells(columns: dict[str, str], day: str, service: Service | None) -> dict[str, Tell]:
    """Return which columns say who may be written to, each with how its cells are read."""
    words = MEANING | ((service.words if service else None) or {})
    found: dict[str, Tell] = {}
    state = next((one for one in STATE if one in columns and columns[one] != day), "")
    if state:
        reads = _place_or_word if _may_be_place(columns, service) else _word
        found[columns[state]] = lambda cell: reads(cell, words)
    for plain in IS_ON.keys() & columns.keys():
        found[columns[plain]] = _switch(*IS_ON[plain])
    for plain in IS_OFF.keys() & columns.keys():
        found[columns[plain]] = _off(IS_OFF[plain])
    if service and service.name == MAILCHIMP and "confirm time" in columns:
        # Its file of people who never subscribed has the same columns as that of those who did.
        found[columns["confirm time"]] = lambda cell: S.ACTIVE if cell.strip() else S.PENDING
    return found


def _may_be_place(columns: dict[str, str], service: Service | None) -> bool:
    """Whether "state" may be part of an address, and so its words but for the known ones."""
    is_last = "state" in columns and not any(
        one in columns for one in STATE[: STATE.index("state")]
    )
    return is_last and bool(PLACES & columns.keys()) and not (service and service.name == KIT)


def _says_nothing(name: str) -> bool:
    """Whether a column is one of the services' own that is no state, be it the second of its name."""
    return re.sub(r" \(\d+\)$", "", _plain(name)) in NO_STATE or _plain(name) in NO_STATE


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


def _named(columns: list[str], name: str) -> str:
    """Return the column that a person named, however they wrote it."""
    return next((one for one in columns if name.strip() and _plain(one) == _plain(name)), "")


def _first(names: tuple[str, ...], columns: dict[str, str]) -> str:
    return next((columns[name] for name in names if name in columns), "")


def _word(cell: str, words: dict[str, Standing]) -> Standing:
    return words.get(_plain(cell).replace(" ", "_"), S.UNKNOWN)


def _place_or_word(cell: str, words: dict[str, Standing]) -> Standing:
    """Read a state of either sort: a word that says who may be written to holds, no other does."""
    found = _word(cell, words)
    return S.ACTIVE if found is S.UNKNOWN or is_switch(cell) else found


def _switch(off: Standing, empty: Standing) -> Tell:
    """Return how a column is read that says yes, or since when, for who is active."""

    def tell(cell: str) -> Standing:
        if not cell.strip():
            return empty
        if any(map(str.isdigit, cell)) and not is_switch(cell):
            return S.ACTIVE  # since then
        meaning = MEANING.get(_plain(cell).replace(" ", "_"), S.UNKNOWN)
        return {S.ACTIVE: S.ACTIVE, S.UNSUBSCRIBED: off}.get(meaning, S.UNKNOWN)

    return tell


def _off(standing: Standing) -> Tell:
    """Return how a column is read that is empty, or says no, for who is active."""
    nothing = {"", "no", "n", "false", "f", "0", "null", "none", "never", "-", "off"}

    def tell(cell: str) -> Standing:
        is_empty = cell.strip().lower() in nothing or cell.startswith("0000-00-00")
        return S.ACTIVE if is_empty else standing

    return tell


# Of two columns that disagree, the one that writes to fewer people holds.
ORDER = (S.COMPLAINED, S.BOUNCED, S.UNSUBSCRIBED, S.PENDING, S.UNKNOWN, S.ACTIVE)


def _worst(found: list[Standing]) -> Standing:
    return next((standing for standing in ORDER if standing in found), S.ACTIVE)
