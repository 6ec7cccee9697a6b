"""A page with all of its CSS fits the first network round trip."""

import brotli
import pytest

FIRST_ROUND_TRIP = 14 * 1024  # bytes: ten packets, less their headers


@pytest.mark.parametrize("path", ["/", "/articles/", "/quiz/", "/get-help/", "/responses/fawn/"])
def test_a_page_with_its_css_fits_one_round_trip(client, content, path):
    assert len(brotli.compress(client.get(path).content, quality=9)) <= FIRST_ROUND_TRIP


def test_every_article_fits_one_round_trip(client, content):
    from articles.models import Article

    for article in Article.objects.published():
        page = client.get(article.get_absolute_url()).content
        assert len(brotli.compress(page, quality=9)) <= FIRST_ROUND_TRIP, article.slug
        assert page.count(b'<script type="module"') <= 2
