"""Bounce classes: what a refusal is about.

The address, its mailbox for now, us, this message, or nobody can tell. Every refusal goes through
`classify`, whoever reports it: the server we send to, or a mail service. The enhanced status code
(RFC 3463, the list of RFC 5248) says most. Where there is none, or one that says "other", the words
are read, then the service's own class, then the basic code. What accuses an address must be said by
a code or by a class that means exactly that, and by nothing contradicted: words alone never do it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Meaning(StrEnum):
    """What a refusal is about."""

    GONE = "address does not exist"
    UNAVAILABLE = "mailbox unavailable for now"
    ABOUT_US = "about us"
    ABOUT_MESSAGE = "about this message"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """Where in the conversation a server refused. A service's report is about the recipient."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


@dataclass(frozen=True)
class Refusal:
    """All that is told about one refusal, as far as it is told."""

    text: str = ""
    code: int | None = None  # the basic reply code
    status: str = ""  # the enhanced one, where it is given by itself
    # The service's own class. UNKNOWN is a word too: the service itself would not send it.
    says: Meaning | None = None
    stage: Stage = Stage.RECIPIENT


_GONE = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
_ABOUT_US = {"1.7", "1.8", "5.3"}
_ABOUT_MESSAGE = {"1.9", "2.3", "3.3", "3.4"}
_UNAVAILABLE = {"2.2", "3.1", "3.2", "3.5"}
_SAYS_LITTLE = {"1.4", "1.5", "2.4", "3.6", "7.17", "7.18", "7.19"}
_BY_SUBJECT = {"4": Meaning.UNAVAILABLE, "6": Meaning.ABOUT_MESSAGE, "7": Meaning.ABOUT_US}

# The local part of an address may look like a code, and a link may hold any word.
_NOT_WORDS = re.compile(r"(?<!\S)\S*@\S*|\bhttps?://\S*", re.IGNORECASE)
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_BASIC = re.compile(r"(?<![\d.#-])([45]\d\d)(?=[\s-]|$)")
_WORDS = [
    (
        Meaning.ABOUT_US,
        r"spamhaus|barracuda|spamcop|block(ed|ing|s)?\b|(block|black|deny)[ -]?list|banned"
        r"|\brbl\b|\bdnsbl\b"
        r"|\bspf\b|\bdkim\b|\bdmarc\b|reputation|unauthenticated|not authenticated|authentication"
        r"|unauthori[sz]ed|not (authori[sz]ed|permitted|allowed)|relay|access denied|polic(y|ies)"
        r"|sender (address )?(rejected|denied|verif)|reverse dns|\bptr\b|bulk mail",
    ),
    (
        Meaning.UNAVAILABLE,
        r"quota|(mailbox|inbox|account|storage|disk)( is| space is)? ?full"
        r"|insufficient (system )?storage|exceeded storage|gr[ea]ylist|try (again|later)|temporar"
        r"|time[ds]?[ -]?out|too old|inactive"
        r"|too quickly|at a rate|too many (connections|messages)|unable to route|host not found"
        r"|connection (refused|lost)",
    ),
    (
        Meaning.ABOUT_MESSAGE,
        r"too (large|big)|size (limit|exceed)|exceeds? (the )?(maximum )?(message )?size"
        r"|virus|malware|attachment|content|spam|unwanted|message (was )?rejected",
    ),
]
_WORD_PATTERNS = [(meaning, re.compile(pattern, re.IGNORECASE)) for meaning, pattern in _WORDS]
_BUSY = re.compile(r"too quickly|at a rate", re.IGNORECASE)
# What no server says of an address that isn't there, whatever code stands before it. Fewer words
# than above: "unknown in relay recipient table" is such an address.
_CONTRADICTS = [
    (
        Meaning.ABOUT_US,
        r"spamhaus|barracuda|spamcop|\bblocked\b|(block|black|deny)[ -]?list|\brbl\b|\bdnsbl\b"
        r"|\bspf\b|\bdkim\b|\bdmarc\b|reputation|unauthenticated|not authenticated"
        r"|sender (address )?(rejected|denied|verif)|reverse dns|\bptr\b",
    ),
    (
        Meaning.UNAVAILABLE,
        r"quota|\bfull\b|exceeded storage|insufficient (system )?storage|gr[ea]ylist"
        r"|try (again|later)|temporar|time[ds]?[ -]?out|too old",
    ),
    (Meaning.ABOUT_MESSAGE, r"(message|mail) (is )?too (large|big)|virus|malware|spam\b"),
]
_CONTRADICT_PATTERNS = [
    (meaning, re.compile(pattern, re.IGNORECASE)) for meaning, pattern in _CONTRADICTS
]
_AUTHENTICATION_REQUIRED = {530, 534, 535, 538}


def classify(refusal: Refusal) -> Meaning:
    """Return what a refusal is about."""
    if refusal.says is Meaning.UNKNOWN:
        return Meaning.UNKNOWN
    meaning = _weigh(refusal)
    if refusal.stage is Stage.SENDER and meaning in {Meaning.GONE, Meaning.UNKNOWN}:
        return Meaning.ABOUT_US  # at this point no recipient has been named
    if refusal.stage is Stage.DATA and meaning is Meaning.GONE:
        return Meaning.UNKNOWN  # the server has taken the recipient
    return meaning


def _weigh(refusal: Refusal) -> Meaning:
    text = _NOT_WORDS.sub(" ", refusal.text)
    code = refusal.code or _basic_code(text)
    by_status = _by_status(_statuses(f"{refusal.status} {text}"), text, code)
    if by_status:
        if by_status is Meaning.GONE and refusal.says:
            return refusal.says
        return by_status
    return _by_words(text) or _by_class(refusal.says, code) or _by_basic_code(code, refusal.stage)


def _basic_code(text: str) -> int | None:
    match = _BASIC.search(text)
    return int(match[1]) if match else None


def _statuses(text: str) -> list[str]:
    return [".".join(match.groups()) for match in _ENHANCED.finditer(text)]


def _by_status(statuses: list[str], text: str, code: int | None) -> Meaning | None:
    """Return what the enhanced codes say; where they disagree, what accuses no address."""
    meanings = [
        _unless_contradicted(meaning, text, code)
        for meaning in filter(None, map(_of_status, statuses))
    ]
    innocent = [meaning for meaning in meanings if meaning is not Meaning.GONE]
    return next(iter(innocent or meanings), None)


def _of_status(status: str) -> Meaning | None:
    """Return what one enhanced code says; None for a code that says "other"."""
    kind, _, rest = status.strip().partition(".")
    subject = rest.partition(".")[0]
    if kind not in {"4", "5"}:
        return None
    if rest in _GONE:
        return Meaning.GONE if kind == "5" else Meaning.UNAVAILABLE
    for meaning, details in (
        (Meaning.ABOUT_US, _ABOUT_US),
        (Meaning.ABOUT_MESSAGE, _ABOUT_MESSAGE),
        (Meaning.UNAVAILABLE, _UNAVAILABLE),
        (Meaning.UNKNOWN, _SAYS_LITTLE),
    ):
        if rest in details:
            return meaning
    return _BY_SUBJECT.get(subject)


def _unless_contradicted(meaning: Meaning, text: str, code: int | None) -> Meaning:
    """Take back an accusation that comes with a code for now, or with words of something else.

    Gmail's 5.2.1 for a busy mailbox is one.
    """
    if meaning is not Meaning.GONE:
        return meaning
    if (code is not None and code < 500) or _BUSY.search(text):
        return Meaning.UNAVAILABLE
    return _by_words(text, _CONTRADICT_PATTERNS) or meaning


def _by_words(
    text: str, patterns: list[tuple[Meaning, re.Pattern[str]]] = _WORD_PATTERNS
) -> Meaning | None:
    return next((meaning for meaning, words in patterns if words.search(text)), None)


def _by_class(says: Meaning | None, code: int | None) -> Meaning | None:
    if says is Meaning.GONE and code is not None and code < 500:
        return Meaning.UNAVAILABLE
    return says


def _by_basic_code(code: int | None, stage: Stage) -> Meaning:
    if code in _AUTHENTICATION_REQUIRED:
        return Meaning.ABOUT_US
    if code == 523 or (code == 552 and stage is Stage.DATA):
        return Meaning.ABOUT_MESSAGE
    # 552, "exceeded storage allocation", is a full mailbox when the recipient is refused.
    is_for_now = code is not None and 400 <= code < 500
    return Meaning.UNAVAILABLE if code == 552 or is_for_now else Meaning.UNKNOWN
