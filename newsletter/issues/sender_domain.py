"""Sender domain: whether the DNS lets mail programs believe that a mail is ours, and answer it.

What decides is DMARC: a mail passes by SPF of the envelope's domain or by DKIM, if that domain
belongs with the one in From. Large mailbox providers want all three of who sends many.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings

from newsletter.issues.dns_lookup import Lookup, NoAnswer

MAX_LEVELS = 8  # how far DMARC is looked for upwards
LOCAL = {"localhost", "127.0.0.1", "::1"}


class Verdict(Enum):
    """How much a fact matters."""

    GOOD = "good"
    HINT = "hint"  # worth a look
    FAULT = "fault"  # mail won't arrive
    UNKNOWN = "unknown"  # the DNS did not answer


@dataclass(frozen=True)
class Fact:
    """One thing that the DNS says, or doesn't."""

    name: str
    verdict: Verdict
    words: str
    mend: str = ""


@dataclass(frozen=True)
class Sender:
    """Who our mails say they are from, outside (the envelope) and inside (From)."""

    domain: str
    envelope: str
    selectors: tuple[str, ...]


@dataclass(frozen=True)
class Dmarc:
    """A domain's wish for mails that claim it, and at which level it was said."""

    level: str
    is_strict: bool = False  # about SPF: the very same domain


def domain_of(address: str) -> str:
    """Return the domain of an address."""
    return address.rpartition("@")[2].lower()


def sender() -> Sender:
    """Return who our mails say they are from."""
    domain = domain_of(settings.FROM_EMAIL)
    envelope = settings.RETURN_PATH_DOMAIN.lower() or domain_of(settings.BOUNCE_ADDRESS)
    return Sender(domain, envelope or domain, tuple(settings.DKIM_SELECTORS))


def examine() -> list[Fact]:
    """Ask the DNS for all that decides whether our mails are taken; a few seconds at the most."""
    lookup, who = Lookup(), sender()
    spf = _ask("SPF", who.envelope, lambda: _spf(lookup, who))
    dkim = _ask("DKIM", who.domain, lambda: _dkim(lookup, who))
    facts = [_spared(spf, dkim), dkim]
    facts += _dmarc_facts(lookup, who, spf, dkim)
    for domain in dict.fromkeys([who.domain, who.envelope]):
        facts.append(_ask("MX", domain, partial(_mx, lookup, domain)))
    if settings.EMAIL_HOST in LOCAL and not settings.EMAIL_BACKEND.startswith("anymail."):
        facts.append(_ask("PTR", _site_host(), lambda: _ptr(lookup)))
    return facts


def _ask(name: str, domain: str, look: Callable[[], Fact]) -> Fact:
    try:
        return look()
    except NoAnswer:
        words = f"The DNS did not answer about {name} of {domain}."
        return Fact(name, Verdict.UNKNOWN, words, "Look again later.")


# -- SPF ----------------------------------------------------------------------------------------


def _spf(lookup: Lookup, who: Sender) -> Fact:
    domain = who.envelope
    records = [record.split() for record in lookup.txt(domain) if _is_version(record, "v=spf1")]
    if not records:
        return Fact(
            "SPF",
            Verdict.FAULT,
            f"{domain} has no SPF record.",
            "Add one that names who sends your mail.",
        )
    if len(records) > 1:
        return Fact(
            "SPF",
            Verdict.FAULT,
            f"{domain} has {len(records)} SPF records, so none counts.",
            "Make them one.",
        )
    terms = [term.lower() for term in records[0][1:]]
    if not any(map(_lets_somebody_send, terms)):
        return Fact(
            "SPF",
            Verdict.FAULT,
            f"The SPF record of {domain} lets nobody send.",
            "Name in it who sends your mail.",
        )
    if "+all" in terms or "all" in terms:
        return Fact(
            "SPF",
            Verdict.HINT,
            f"The SPF record of {domain} lets everybody send.",
            "End it with ~all or -all.",
        )
    return Fact("SPF", Verdict.GOOD, "SPF is published.")


def _is_version(record: str, version: str) -> bool:
    """Whether a record begins with a version, as a word of its own."""
    return record.lower().partition(" ")[0] == version


def _lets_somebody_send(term: str) -> bool:
    if term.startswith(("-", "~", "?")):
        return False
    name = term.lstrip("+").partition(":")[0].partition("/")[0].partition("=")[0]
    return name in {"a", "mx", "ip4", "ip6", "include", "exists", "ptr", "redirect", "all"}


def _spared(spf: Fact, dkim: Fact) -> Fact:
    """Return SPF's fact: that there is none is no more than a hint while DKIM vouches for us."""
    is_missing = spf.verdict is Verdict.FAULT and "no SPF record" in spf.words
    if is_missing and dkim.verdict is Verdict.GOOD:
        return Fact("SPF", Verdict.HINT, spf.words, spf.mend)
    return spf


# -- DKIM ---------------------------------------------------------------------------------------


def _dkim(lookup: Lookup, who: Sender) -> Fact:
    if not who.selectors:
        return Fact(
            "DKIM",
            Verdict.HINT,
            "DKIM can’t be looked up without the name of its key.",
            "Set DKIM_SELECTOR; your mail company knows it.",
        )
    missing = [name for name in who.selectors if not _has_key(lookup, name, who.domain)]
    if not missing:
        return Fact("DKIM", Verdict.GOOD, "DKIM is published.")
    is_all = len(missing) == len(who.selectors)
    return Fact(
        "DKIM",
        Verdict.FAULT if is_all else Verdict.HINT,
        f"{who.domain} has no DKIM record for {', '.join(missing)}.",
        "Publish the key, or take its name out of DKIM_SELECTOR.",
    )


def _has_key(lookup: Lookup, selector: str, domain: str) -> bool:
    """Whether a key is published and not withdrawn: one that is has an empty `p`."""
    records = lookup.txt(f"{selector}._domainkey.{domain}")
    return any(_tags(record).get("p") for record in records)


def _tags(record: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in record.split(";")]
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


# -- DMARC --------------------------------------------------------------------------------------


def _dmarc_facts(lookup: Lookup, who: Sender, spf: Fact, dkim: Fact) -> Iterator[Fact]:
    try:
        found = _dmarc(lookup, who.domain)
    except NoAnswer:
        words = f"The DNS did not answer about DMARC of {who.domain}."
        yield Fact("DMARC", Verdict.UNKNOWN, words, "Look again later.")
        return
    if isinstance(found, Fact):
        yield found
        return
    yield Fact("DMARC", Verdict.GOOD, "DMARC is published.")
    yield from _alignment(who, found, spf, dkim)


def _dmarc(lookup: Lookup, domain: str) -> Dmarc | Fact:
    """Return the wish of a domain, or of the nearest one above."""
    for level in _levels(domain):
        texts = lookup.txt(f"_dmarc.{level}")
        records = [_tags(text) for text in texts if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            words = f"{level} has {len(records)} DMARC records, so none counts."
            return Fact("DMARC", Verdict.FAULT, words, "Make them one.")
        if records:
            return _read_dmarc(level, records[0])
    return Fact(
        "DMARC", Verdict.FAULT, f"{domain} has no DMARC record.", "Add one; p=none is a beginning."
    )


def _levels(domain: str) -> Iterator[str]:
    labels = domain.split(".")[-MAX_LEVELS:]
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _read_dmarc(level: str, tags: dict[str, str]) -> Dmarc | Fact:
    if tags.get("p", "").lower() not in {"none", "quarantine", "reject"}:
        words = f"The DMARC record of {level} says no policy, so it doesn’t count."
        return Fact("DMARC", Verdict.FAULT, words, "Add p=none, p=quarantine or p=reject to it.")
    return Dmarc(level, tags.get("aspf", "r").lower() == "s")


def _alignment(who: Sender, dmarc: Dmarc, spf: Fact, dkim: Fact) -> Iterator[Fact]:
    """Yield what keeps a mail from passing DMARC; nothing where a way may be open.

    The keys were looked up at From's own domain, so what they sign belongs with it.
    """
    is_signed = who.selectors and dkim.verdict is not Verdict.FAULT
    if is_signed or _belong_together(who, dmarc):
        return
    if who.selectors:
        words = f"Mails from {who.domain} can’t pass DMARC: SPF vouches for {who.envelope} alone."
        mend = "Publish the DKIM key of the domain in FROM_EMAIL."
        yield Fact("DMARC", Verdict.FAULT, words, mend)
        return
    words = f"SPF vouches for {who.envelope} alone, so {who.domain} passes DMARC by DKIM or not."
    yield Fact("DMARC", Verdict.HINT, words, "Set DKIM_SELECTOR, so that it can be looked up.")


def _belong_together(who: Sender, dmarc: Dmarc) -> bool:
    """Whether SPF's domain counts for From's (RFC 7489, 3.1). Both lie where DMARC was found."""
    if dmarc.is_strict:
        return who.envelope == who.domain
    below = f".{dmarc.level}"
    return _is_below(who.envelope, who.domain) or f".{who.envelope}".endswith(below)


def _is_below(first: str, second: str) -> bool:
    return f".{first}".endswith(f".{second}") or f".{second}".endswith(f".{first}")


# -- who takes mail, and what the address is called ---------------------------------------------


def _mx(lookup: Lookup, domain: str) -> Fact:
    hosts = lookup.mx(domain)
    if "." in hosts:
        words = f"{domain} says that it takes no mail, so servers refuse mail from it."
        return Fact("MX", Verdict.FAULT, words, "Publish an MX record that names a mail server.")
    if not hosts and not lookup.addresses(domain):
        words = f"Nobody takes mail for {domain}, so answers and returned mail are lost."
        return Fact("MX", Verdict.FAULT, words, "Publish an MX record that names a mail server.")
    return Fact("MX", Verdict.GOOD, f"Mail for {domain} is taken.")


def _site_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or ""


def _ptr(lookup: Lookup) -> Fact:
    """Return whether this machine's address has a name. Only a guess at the address is possible."""
    host = _site_host()
    for address in lookup.addresses(host):
        names = lookup.names_of(address)
        if not any(address in lookup.addresses(name.rstrip(".")) for name in names):
            return Fact(
                "PTR",
                Verdict.HINT,
                f"The address of {host} has no name that leads back to it.",
                "If mail leaves from there, have your hosting company set its reverse DNS.",
            )
    return Fact("PTR", Verdict.GOOD, "The machine’s address has a name.")
