"""What other apps' pages show of the articles: a response's text, and cards."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import template
from django.db import Error
from django.template.loader import get_template, render_to_string
from django.utils.safestring import SafeString

from articles.models import Article, Response, Topic
from articles.models.article import Reference
from articles.reading import response_texts
from articles.reading.cards import Card
from articles.reading.related import cards
from prose.document import Part, Section, section, sections, trusted
from prose.rules import catalogue
from trustsite.web.serving.fragments import recall, remembered

register = template.Library()

TONIGHT = "what-can-help-tonight"  # the id of the section that each response's text opens with

# What the renderer puts into a text: its class, and the component in static/css that styles it.
CLASSES = {
    "cite": "cite",
    "exercise": "note",
    "note": "note",
    "pull": "pull",
    "table": "table",
}
BLOCK_CLASSES = {
    "retention": "table",
    "figure": "figure",
}  # what blocks bring with them on every page


@register.filter
def why_asked(code: str) -> str:
    """Return why a rule of texts asks for what it asks for, by its code."""
    return catalogue.why(code)


@register.simple_tag
def response_text(key: str) -> Response | None:
    """Return the text of response `key` (`freeze`, `flight-fawn`, `even-mix` …)."""
    return response_texts.find(key)


@register.filter
def tonight(response: Response | None) -> SafeString:
    """Return what can help tonight, of a response's text."""
    return section(_html(response), TONIGHT)


@register.filter
def facets(response: Response | None) -> list[Section]:
    """Return a response's text by its headings, without what can help tonight."""
    return [part for part in sections(_html(response)) if part.id != TONIGHT]


@register.simple_tag
@remembered
def steadiness(key: str) -> str:
    """Show text `key` about how stress settles.

    It stands in a section, so its own headings step back.
    """
    response = response_texts.find(key)
    html = _html(response)
    context = {
        "response": response,
        "says": section(html, "how-stress-settles"),
        "tonight": section(html, TONIGHT),
    }
    return render_to_string("components/steadiness.html", context)


def _html(response: Response | None) -> str:
    """Return the HTML of a response's text; links within it stay on the page, whose others open beside it."""
    html = "".join(part.html for part in response.parts) if response else ""
    return html.replace('<a href="#', '<a target="_self" href="#')


@register.simple_tag
def at_a_glance(key: str) -> str:
    """Return the short text about response `key`, for where its whole text would be too long."""
    text = response_texts.find(key)
    return text.at_a_glance if text else ""


@register.simple_tag
def related_cards(key: str) -> str:
    """Show the articles that belong to response `key`; none while the database can't say which there are."""
    try:
        return _related_cards(key)
    except Error:
        return render_to_string("components/cards.html", {"articles": []})


@remembered
def _related_cards(key: str) -> str:
    response = response_texts.find(key)
    articles = cards(response.related) if response else []
    return render_to_string("components/cards.html", {"articles": articles})


@register.simple_tag
def each_article(articles: list[Card], name: str) -> SafeString:
    """Show articles one after the other by a component, each made once of what its card says."""
    component = get_template(name)

    def shown(card: Card) -> str:
        make = partial(component.render, {"article": card})
        # The style guide's examples are no cards.
        return recall((name, *card.says), make) if isinstance(card, Card) else make()

    return SafeString("".join(map(shown, articles)))


@register.simple_tag
def article_cards(articles: list[Card]) -> str:
    """Show published articles as cards: as they are read by their slugs, so that these stand for them."""
    key = ("article cards", *(article.slug for article in articles))
    return recall(key, lambda: render_to_string("components/cards.html", {"articles": articles}))


@register.simple_tag
def sources(article: Article, references: list[Reference]) -> str:
    """Show the sources of a text: of its citations, and of the sources as they stand, nothing else."""
    key = ("sources", *article.citations.items())
    context = {"references": references}
    return recall(key, lambda: render_to_string("components/sources.html", context))


@register.filter
def components(parts: Iterable[Part]) -> str:
    """Return the components that occur in the parts of a text, for its page's `styles` block."""
    shown = list(parts)
    html = "".join(part.html for part in shown)
    found = {name for css_class, name in CLASSES.items() if f'class="{css_class}"' in html}
    found |= {BLOCK_CLASSES[part.kind] for part in shown if part.kind in BLOCK_CLASSES}
    return " ".join(sorted(found))


@register.filter
def with_line(html: SafeString, topic: Topic) -> SafeString:
    """Draw the topic's line over each sentence that a text sets large."""
    opening = '<blockquote class="pull">'
    if opening not in html:
        return html
    line = render_to_string("components/mark.html", {"line": topic.line}).strip()
    return trusted(html.replace(opening, opening + line))


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """Return `mapping[key]`, or nothing when it isn't there."""
    return mapping.get(key)
