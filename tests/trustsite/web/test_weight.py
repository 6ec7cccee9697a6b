"""A page with all of its CSS fits the first network round trip."""

import re

import brotli
import pytest

from articles.models import Article, Source
from quiz.models import Version
from tests.factories import make_article
from tests.quiz.conftest import example
from trustsite.web.inline_css import FOLDER, stylesheet, stylesheet_in

FIRST_ROUND_TRIP = 14 * 1024  # bytes: ten packets, less their headers
PAGES = ["/", "/articles/", "/quiz/", "/quiz/longer/", "/get-help/", "/responses/fawn/", "/guide/"]


def weight(page):
    return len(brotli.compress(page, quality=9))


@pytest.mark.parametrize("path", [*PAGES, "/search/?q=sleep", "/search/?q=kill+myself", "/none/"])
def test_a_page_with_its_css_fits_one_round_trip(client, content, path):
    assert weight(client.get(path).content) <= FIRST_ROUND_TRIP


def test_every_result_fits_one_round_trip(client, content):
    newest = Version.objects.live().get(quiz__slug="short").number
    for letter in ("A", "C", "D", "E", "F", "H", "C1"):
        page = client.post("/quiz/", {"version": newest, **example(letter)[1]}).content
        assert weight(page) <= FIRST_ROUND_TRIP, letter
        assert page.count(b'<script type="module"') <= 3


def test_every_article_fits_one_round_trip(client, content):
    for article in Article.objects.published():
        page = client.get(article.get_absolute_url()).content
        assert weight(page) <= FIRST_ROUND_TRIP, article.slug
        assert page.count(b'<script type="module"') <= 2


def paragraphs():
    """Yield plain paragraphs of the launch articles, one of each in turn, so that nothing repeats itself."""
    texts = [article.body.split("\n\n") for article in Article.objects.published().order_by("slug")]
    for place in range(max(map(len, texts))):
        for text in texts:
            if place < len(text) and re.match(r"[A-Z“]", text[place]):
                yield re.sub(r"\[\^[^]]*\]|\[([^]]*)\]\([^)]*\)", r"\1", text[place])


def long_text(words, sources):
    """Return markdown of so many words, with headings, that cites each of the sources."""
    parts, count = [], 0
    for paragraph in paragraphs():
        if count >= words:
            break
        if len(parts) % 6 == 3:
            parts.append("## " + " ".join(paragraph.split()[:5]).strip(".,:"))
        key = sources[len(parts) % len(sources)].key
        parts.append(f"{paragraph}[^{key}]")
        count += len(paragraph.split())
    return "\n\n".join(parts)


def test_there_is_room_for_an_article_of_1800_words_with_nine_sources(client, content):
    sources = list(Source.objects.order_by("key")[:9])
    body = long_text(1_800, sources)
    assert len(body.split()) >= 1_800
    lines = ["What one can take away from it, in a sentence of some length."] * 4
    article = make_article(body=body, takeaways=lines, evidence_note="What is known, and what not.")
    page = client.get(article.get_absolute_url()).content
    assert page.count(b'<li id="source-') == 9
    assert weight(page) <= FIRST_ROUND_TRIP, weight(page)
    components = [file.stem for file in (FOLDER / "components").glob("*.css")]
    own, whole = str(stylesheet_in(page)), str(stylesheet(components))
    assert weight(page.replace(own.encode(), whole.encode())) > FIRST_ROUND_TRIP
