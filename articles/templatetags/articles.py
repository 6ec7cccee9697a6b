"""What other apps' pages show of the articles: a response's text, and cards."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.db import Error
from django.template.loader import render_to_string

from articles.reading import response_texts
from articles.reading.related import cards
from prose.document import Part, section
from trustsite.web.serving.fragments import remembered

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


@register.simple_tag
@remembered
def response_text(key: str) -> str:
    """Show the text of response `key` (`freeze`, `flight-fawn`, `even-mix` …)."""
    return render_to_string("components/response_text.html", {"response": response_texts.find(key)})


@register.simple_tag
@remembered
def steadiness(key: str) -> str:
    """Show text `key` about how stress settles.

    It stands in a section, so its own headings step back.
    """
    response = response_texts.find(key)
    html = "".join(part.html for part in response.parts) if response else ""
    context = {
        "response": response,
        "says": section(html, "how-stress-settles"),
        "tonight": section(html, "what-can-help-tonight"),
    }
    return render_to_string("components/steadiness.html", context)


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


@register.simple_tag
def related_cards(key: str) -> str:
    """Show the articles that belong to response `key`; none while the database can't say which there are."""
    try:
        return _related_cards(key)
    except Error:
        return render_to_string("components/cards.html", {"articles": []})


@remembered
def _related_cards(key: str) -> str:
    text = response_texts.find(key)
    articles = cards(text.related) if text else []
    return render_to_string("components/cards.html", {"articles": articles})


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
