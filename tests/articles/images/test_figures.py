"""Drawn figures: files with words, light and dark, and what articles show of them."""

import re
import tomllib
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from articles.images import figures
from tests.factories import make_article, make_page

SVG = "{http://www.w3.org/2000/svg}"
FOLDER = settings.CONTENT_DIR / "figures"
KEYS = sorted(tomllib.loads((settings.CONTENT_DIR / "figures.toml").read_text()))


def test_every_file_has_its_words_and_all_words_have_a_file():
    assert sorted(file.stem for file in FOLDER.glob("*.svg")) == KEYS == sorted(figures.figures())


@pytest.mark.parametrize("key", KEYS)
def test_a_figure_is_small_labelled_and_drawn_for_both_schemes(key):
    source = (FOLDER / f"{key}.svg").read_text()
    root = ElementTree.fromstring(source)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "t d"
    assert root.findtext(f"{SVG}title")
    assert len(root.findtext(f"{SVG}desc")) > 60
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    for needed in ("prefers-color-scheme:dark", "forced-colors:active", "min-width:480px"):
        assert needed in source
    assert not re.search(r"<script|<image|<use|href|url\(|@import|\bon\w+=", source)
    assert len(source) < 2_500


@pytest.mark.parametrize("key", KEYS)
def test_its_words_carry_the_meaning(key):
    figure = figures.figures()[key]
    assert figure.alt.endswith(".")
    assert figure.alt != figure.caption
    assert len(figure.caption) > 60


def test_an_article_shows_it_lazily_with_its_size_and_words(client, db, parse):
    make_article(slug="with", body="Lead.\n\n:::figure a-night\n\nAfter.")
    figure = parse(client.get("/articles/with/")).find(".//figure[@class='figure']")
    image, known = figure.find("img"), figures.figures()["a-night"]
    assert image.get("loading") == "lazy"
    assert (image.get("width"), image.get("height")) == (f"{known.width}", f"{known.height}")
    assert image.get("alt") == known.alt
    assert image.get("src") == known.url
    assert figure.findtext("figcaption") == known.caption


def test_an_unknown_one_is_refused_with_those_there_are(db):
    article = make_article()
    article.body = "Lead.\n\n:::figure nothing"
    with pytest.raises(
        ValidationError, match=r"Line 3: There is no figure “nothing”\. There are: a-boundary"
    ):
        article.full_clean()


def test_one_that_is_gone_leaves_a_page_that_shows_the_rest(client, db, monkeypatch):
    make_article(slug="with", body="Lead.\n\n:::figure a-night\n\nAfter.")
    monkeypatch.setattr(figures, "figures", dict)
    page = client.get("/articles/with/").content.decode()
    assert "<figure" not in page
    assert "After." in page


def test_figures_stand_in_articles_alone(db):
    page = make_page()
    page.body = "Words.\n\n:::figure a-night"
    with pytest.raises(ValidationError, match="Figures stand in articles alone"):
        page.full_clean()


def test_the_writing_page_finds_them_by_what_they_say(admin_client):
    found = admin_client.get(
        "/admin/articles/article/lookup/", {"kind": "figure", "q": "wavering"}
    ).json()["choices"]
    assert [choice["value"] for choice in found] == ["window-of-tolerance"]
    assert found[0]["image"].endswith(".svg")
