"""What other apps' pages show of the articles: a response's text, and cards."""

from collections.abc import Iterable
from typing import Any

from django import template

from articles.reading import response_texts
from prose.document import Part, section
from prose.rules import catalogue

register = template.Library()

# What the renderer puts into a text: its class, and the component in static/css that styles it.
CLASSES = {
    "cite": "cite",
    "exercise": "note",
    "note": "note",
    "pull": "pull",
    "table": "table",
}
BLOCK_CLASSES = {"retention": "table"}  # what blocks bring with them on every page


@register.filter
def why_asked(code: str) -> str:
    """Return why a rule of texts asks for what it asks for, by its code."""
    return catalogue.why(code)


@register.inclusion_tag("components/response_text.html")
def response_text(key: str) -> dict[str, Any]:
    """Show the text of response `key` (`freeze`, `flight-fawn`, `even-mix` …)."""
    return {"response": response_texts.find(key)}


@register.inclusion_tag("components/steadiness.html")
def steadiness(key: str) -> dict[str, Any]:
    """Show text `key` about how stress settles.

    It stands in a section, so its own headings step back.
    """
    response = response_texts.find(key)
    html = "".join(part.html for part in response.parts) if response else ""
    tonight = section(html, "what-can-help-tonight")
    return {
        "response": response,
        "says": section(html, "how-stress-settles"),
        "tonight": tonight,
    }


@register.simple_tag
def at_a_glance(key: str) -> str:
    """Return the short text about response `key`, for where its whole text would be too long."""
    text = response_texts.find(key)
    return text.at_a_glance if text else ""


@register.simple_tag
def reassurance(key: str) -> str:
    """Return the warm sentence that stands before the text of response `key`."""
    text = response_texts.find(key)
    return text.reassurance if text else ""


@register.inclusion_tag("components/cards.html")
def related_cards(key: str) -> dict[str, Any]:
    """Show the articles that belong to response `key`."""
    text = response_texts.find(key)
    return {"articles": response_texts.related_articles(text) if text else []}


@register.filter
def components(parts: Iterable[Part]) -> str:
    """Return the components that occur in the parts of a text, for its page's `styles` block."""
    shown = list(parts)
    html = "".join(part.html for part in shown)
    found = {name for css_class, name in CLASSES.items() if f'class="{css_class}"' in html}
    found |= {BLOCK_CLASSES[part.kind] for part in shown if part.kind in BLOCK_CLASSES}
    return " ".join(sorted(found))


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """Return `mapping[key]`, or nothing when it isn't there."""
    return mapping.get(key)
