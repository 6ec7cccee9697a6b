"""Page head: what a page says of itself to browsers, to shared links and to machines.

A template gives its title and its description once; Open Graph and JSON-LD (schema.org) are made of
them here, so that no kind of page can be without. They claim nothing that the page doesn't show.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.conf import settings

from trustsite.characters import without_control

LONGEST_TITLE = 65  # characters that lists of search results show
TITLE = re.compile(r"<title>([^<]*)</title>")
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')
KIND = re.compile(r'<meta name="kind" content="([A-Za-z]*)">\s*')  # for us alone
CANONICAL = '<link rel="canonical"'  # a page without it is for nobody to share or to find
OWN_JSON_LD = "application/ld+json"
# Characters that could end the element or start another; JSON reads their escapes as the same.
ESCAPES = {
    ord("<"): "\\u003C",
    ord(">"): "\\u003E",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


class JsonLd(str):
    """JSON of our own making that is safe inside a script element, to be written as it stands."""

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Head:
    """What a finished head says: its HTML without our marks, and the words in it.

    The page’s name is its title without the site’s.
    """

    html: str
    name: str
    description: str
    kind: str
    is_public: bool
    has_json_ld: bool


def read(html: str) -> Head:
    """Return what a rendered head says, its title cut to what is shown of it."""
    found = TITLE.search(html)
    title = shortened(found[1].strip()) if found else ""
    description = DESCRIPTION.search(html)
    kind = KIND.search(html)
    html = KIND.sub("", html)
    return Head(
        html=TITLE.sub(lambda match: f"<title>{title}</title>", html),
        name=unescape(title).removesuffix(f" · {settings.SITE_NAME}"),
        description=unescape(description[1].strip()) if description else "",
        kind=kind[1] if kind else "WebPage",
        is_public=CANONICAL in html,
        has_json_ld=OWN_JSON_LD in html,
    )


def shortened(title: str) -> str:
    """Return an escaped title at its full length or, when it's too long, without the parts behind “ · ”."""
    while len(unescape(title)) > LONGEST_TITLE and " · " in title:
        title = title.rpartition(" · ")[0]
    return title


def as_json(data: Mapping[str, Any]) -> JsonLd:
    """Return `data` as JSON that is safe inside a script element."""
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return JsonLd(without_control(text, is_line=True))


def publisher() -> dict[str, Any]:
    """Return the organisation behind the site."""
    return {"@type": "Organization", "name": settings.SITE_NAME, "url": settings.SITE_URL + "/"}


def page_data(kind: str, name: str, description: str, address: str) -> dict[str, Any]:
    """Return a page as schema.org describes it; `kind` is a CreativeWork's or one below it."""
    return {
        "@type": kind,
        "name": name,
        "description": description,
        "url": address,
        "inLanguage": "en-GB",
        "isAccessibleForFree": True,
        "isPartOf": {
            "@type": "WebSite",
            "name": settings.SITE_NAME,
            "url": settings.SITE_URL + "/",
        },
        "publisher": publisher(),
    }
