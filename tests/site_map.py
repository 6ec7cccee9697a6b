"""The sitemap as search engines read it: its index, and then each part."""

from typing import Any
from xml.etree import ElementTree

LOCATION = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def locations(client: Any, address: str) -> list[str]:
    """Return the addresses that the map, or the index of maps, at `address` names."""
    tree = ElementTree.fromstring(client.get(address).content)
    return [str(place.text) for place in tree.iter(LOCATION)]


def mapped(client: Any) -> list[str]:
    """Return every address that search engines are told of."""
    parts = locations(client, "/sitemap.xml")
    site = parts[0].removesuffix("/sitemap-pages.xml")
    return [place for part in parts for place in locations(client, part.removeprefix(site))]
