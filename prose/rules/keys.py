"""Rules for what a text asks for by its key: offers, pictures, figures, sources; and for partners' links."""

import re
from collections.abc import Iterator

from prose import affiliate_rules
from prose.document import PICTURE, block_keys
from prose.finding import Finding
from prose.renderer import CITATION
from prose.rules.catalogue import finding
from prose.rules.library import Library
from prose.rules.source_files import SourceFile

OFFER = re.compile(r":::\s*offer\s*([a-z0-9-]*)")
SNIPPET = re.compile(r":::\s*snippet\s+([a-z0-9-]+)")
FIGURE = re.compile(r":::\s*figure\s+([a-z0-9-]+)")


def check(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield what is wrong with the keys of a text."""
    yield from partner_links(text, library)
    yield from _offers(text, library)
    yield from _pictures(text, library)
    yield from _figures(text, library)
    yield from _snippets(text, library)
    lines = text.first_lines(CITATION)
    for key in sorted(library.unknown_sources(text.rendered.citations)):
        message = f"There is no source “{key}”. Add it under Sources, or take the mark out."
        yield finding("source.unknown", lines.get(key, 1), message)


def partner_links(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield links to partners that stand in the text without a label."""
    for problem in affiliate_rules.unlabelled_links(text.rendered.links, library.partner_hosts()):
        yield finding("link.partner", text.body_line + problem.line, problem.message)


def _offers(text: SourceFile, library: Library) -> Iterator[Finding]:
    keys = block_keys(text.rendered.html, "offer")
    lines = text.first_lines(OFFER)
    line = min(lines.values(), default=1)
    if keys and text.kind != "articles":
        yield finding("offer.elsewhere", line, "Offers stand in articles alone.")
        return
    for key in sorted(library.unknown_offers(keys)):
        yield finding("offer.unknown", lines.get(key, line), f"There is no offer “{key}”.")
    if len(keys) > 1:
        yield finding("offer.several", line, "An article may hold one offer at most.")
    if keys and not text.meta.get("affiliate"):
        message = "This article may hold no offer: take “:::offer” out, or allow it below."
        yield finding("offer.not-allowed", line, message)
    if affiliate_rules.offer_stands_too_early(text.rendered.html):
        message = "The offer stands too early: it may come after the second section’s heading."
        yield finding("offer.early", line, message)
    if text.meta.get("affiliate"):
        yield from _affiliate(text, keys)


def _affiliate(text: SourceFile, keys: list[str]) -> Iterator[Finding]:
    line = text.line_with("affiliate:")
    if text.meta.get("safety"):
        message = "A page with the help panel at its top holds no offer."
        yield finding("offer.help-panel", line, message, "affiliate")
    danger = affiliate_rules.danger_among(item.text for item in text.rendered.contents)
    if danger:
        message = f"A page with a section about danger or dying (“{danger}”) holds no offer."
        yield finding("offer.danger", line, message, "affiliate")
    if not keys:
        message = "It may hold an offer, and holds none: place one, or take the permission back."
        yield finding("offer.missing", line, message, "affiliate")


def _pictures(text: SourceFile, library: Library) -> Iterator[Finding]:
    keys = set(block_keys(text.rendered.html, "picture"))
    lines = text.first_lines(PICTURE)
    if keys and text.kind != "articles":
        line = min(lines.values(), default=1)
        yield finding("picture.elsewhere", line, "Pictures stand in articles alone.")
        return
    has_words = library.pictures(keys)
    for key in sorted(keys):
        line = lines.get(key, 1)
        if key not in has_words:
            yield finding("picture.unknown", line, f"There is no picture “{key}”.")
        elif not has_words[key]:
            message = f"The picture “{key}” has no words for who can’t see it."
            yield finding("picture.words", line, f"{message} Add them under Pictures.")


def _figures(text: SourceFile, library: Library) -> Iterator[Finding]:
    keys = set(block_keys(text.rendered.html, "figure"))
    lines = text.first_lines(FIGURE)
    if keys and text.kind != "articles":
        line = min(lines.values(), default=1)
        yield finding("figure.elsewhere", line, "Figures stand in articles alone.")
        return
    unknown = keys - library.figures()
    known = ", ".join(sorted(library.figures())) if unknown else ""
    for key in sorted(unknown):
        message = f"There is no figure “{key}”. There are: {known or 'none'}."
        yield finding("figure.unknown", lines.get(key, 1), message)


def _snippets(text: SourceFile, library: Library) -> Iterator[Finding]:
    lines = text.first_lines(SNIPPET)
    for key in sorted(library.unknown_snippets(block_keys(text.rendered.html, "snippet"))):
        yield finding("snippet.unknown", lines.get(key, 1), f"There is no snippet “{key}”.")
