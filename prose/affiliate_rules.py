"""The wall between articles and adverts.

What an offer may say, where it may lead and stand, what may not get past it.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from prose.document import Link, block_keys, parts
from prose.finding import Finding

# A host in plain letters, with a dot, whose last label is no number: no IP address, in whatever
# spelling, has that shape.
HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*")
# Words that promise what nobody can, hurry a reader, or judge one (FTC, "Bringing Dark Patterns to
# Light", 2022).
BANNED = re.compile(
    r"\b(cur(?:e[ds]?|ing)|guarante\w*|limited|now or never|diagnos\w*|proven|miracle\w*|heal(?:s|ing)? fast|rewire\w*|"
    r"unlock\w*|secrets?|hurry|last chance|don[’']t miss|only today|today only|ends (?:soon|today|tonight)|"
    r"recommended by experts)\b",
    re.IGNORECASE,
)
# A heading that says that its section is about danger, control or dying. "Why limits feel
# dangerous" is about a feeling.
DANGER = re.compile(
    r"\b(?:danger(?:ous)?|unsafe|(?:isn|aren|wasn|weren)[’']t safe|not safe|at risk|suicid\w*|self-harm\w*|dying|die[sd]?|"
    r"death|kill(?:ed|ing|s)?|hurt(?:ing)? (?:someone|somebody|yourself|others)|frighten(?:s|ing)? you|used to control)\b",
    re.IGNORECASE,
)
FELT = re.compile(r"\bfe(?:el(?:s|ing)?|lt) (?:dangerous|unsafe)\b", re.IGNORECASE)
SECTIONS_BEFORE = 2  # headings that stand before an offer, so that it is never on the first screen


def offers_in(html: str) -> list[str]:
    """Return the keys of the offers that a rendered text asks for."""
    return block_keys(html, "offer")


def offer_stands_too_early(html: str) -> bool:
    """Whether an offer comes before the second section."""
    sections = 0
    for part in parts(html):
        if part.kind == "offer" and sections < SECTIONS_BEFORE:
            return True
        sections += part.html.count("<h2")
    return False


def danger_among(headings: Iterable[str]) -> str:
    """Return the first heading of a section about danger or dying; empty if there is none.

    No offer stands on its page.
    """
    return next((heading for heading in headings if DANGER.search(FELT.sub("", heading))), "")


def leads_to_partner(url: str, hosts: Iterable[str]) -> bool:
    """Whether `url` leads to one of the partners' `hosts`, or below it."""
    host = _host(url)
    domains = [allowed.lower().removeprefix("www.") for allowed in hosts]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def unlabelled_links(links: Iterable[Link], hosts: Iterable[str]) -> list[Finding]:
    """Return a problem for each of a text's links that leads to a partner.

    Those stand in an offer, with their label.
    """
    partners = list(hosts)
    return [
        Finding(
            link.line,
            f"The link {link.href} leads to a partner. "
            "Take it out, or place the offer with “:::offer”.",
            "link.partner",
        )
        for link in links
        if leads_to_partner(link.href, partners)
    ]


def disguise(url: str) -> str:
    """Return how `url` says that it leads elsewhere than it does; empty when it doesn't."""
    try:
        parts_of_url = urlsplit(url)
        is_plain = parts_of_url.scheme in {"", "http", "https"} and "@" not in parts_of_url.netloc
    except ValueError:
        is_plain = False
    if is_plain and "\\" not in url:
        return ""
    return "The address must be a plain one of the web: https://, then the host, with no user before it."


def host_error(host: str) -> str:
    """Return what keeps `host` from being a partner's; empty when nothing does."""
    if not HOST.fullmatch(host):
        return "Write the host alone and in small letters, such as www.partner.com: no https://, no port, no number."
    if any(label.startswith("xn--") for label in host.split(".")):
        return "A host in coded letters (xn--) can look like another one."
    return ""


def address_error(url: str, allowed_host: str, own_host: str) -> str:
    """Return what keeps `url` from being an offer's address; empty when nothing does."""
    plain = re.fullmatch(r"https://([^/?#]+)([/?#].*)?", url)
    if not plain or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return "The address must begin with https:// and hold no spaces and no other than plain letters."
    if plain[1] != allowed_host:
        return f"The address must be on {allowed_host}, with nothing before or after that name: no user, no port."
    if f".{allowed_host}".endswith(f".{own_host}") or f".{own_host}".endswith(f".{allowed_host}"):
        return "An offer leads to the partner, not to a page of our own that sends readers on."
    return ""


def banned_words(text: str) -> list[str]:
    """Return the words of `text` that no advert here may use."""
    return [match[0] for match in BANNED.finditer(text)]


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
