"""What every test may use."""

import os

import html5lib
import pytest
from django.conf import settings

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the synchronous Playwright keeps an event loop


@pytest.fixture
def parse():
    """Return a function that parses a response's page, or its HTML, and fails on invalid HTML."""

    def parse(page):
        html = page if isinstance(page, str) else page.content.decode()
        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=False, namespaceHTMLElements=False)
        document = parser.parse(html)
        assert not parser.errors, [error[1:] for error in parser.errors][:5]
        return document

    return parse


@pytest.fixture
def text_of():
    """Return a function that gives an element's text, spaces folded."""
    return lambda element: " ".join("".join(element.itertext()).split())


@pytest.fixture
def content(db):
    """The launch content, loaded."""
    from articles import content_files as article_files
    from quiz import content_files as quiz_files

    article_files.load(settings.CONTENT_DIR)
    quiz_files.load(settings.CONTENT_DIR)
