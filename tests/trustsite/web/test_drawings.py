"""The picture that a shared link shows."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from articles.models import Article
from tests.factories import make_article, make_response
from trustsite.web import drawings
from trustsite.web.drawings import COLOURS, article_card, site_card

WIDTH, MARGIN = 1200, 88

pytestmark = pytest.mark.django_db


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def inked(card, box=None):
    """Return the box around everything that isn't paper, within `box`."""
    part = card.crop(box) if box else card
    return ImageChops.difference(part, Image.new("RGB", part.size, card.getpixel((3, 3)))).getbbox()


# -- the line --------------------------------------------------------------------------------------
def test_the_traces_are_the_ones_that_pages_show(settings):
    component = (settings.BASE_DIR / "templates/components/trace.html").read_text()
    paths = [trace["path"] for trace in drawings.traces().values()]
    assert paths == re.findall(r' d="([^"]+)"', component)
    assert set(drawings.traces()) == set(drawings.COLOURS)


def test_a_line_across_a_card_is_the_same_line_with_longer_ends():
    for trace in drawings.traces().values():
        middle = re.sub(r"^M2 \d+", "", trace["path"])
        assert re.fullmatch(rf"M-400 \d+h402{re.escape(middle)}h400", trace["across"])


# -- the card --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("response", ["fight", "flight", "freeze", "fawn", ""])
def test_each_response_has_its_own_line_in_its_own_colour(response):
    card = opened(article_card("A Title", response))
    assert card.size == (1200, 630)
    wanted = tuple(int(COLOURS[response or "logo"][start : start + 2], 16) for start in (1, 3, 5))
    colours = {colour for _, colour in card.crop((0, 400, 1200, 630)).getcolors(1000)}
    assert (
        min(max(abs(a - b) for a, b in zip(wanted, colour, strict=True)) for colour in colours) <= 6
    )
    left, _, right, _ = inked(card, (0, 400, 1200, 630))
    assert (left, right) == (0, 1200)


TITLES = [
    "Sleep",
    "The First Weeks After Something Terrible",
    "What Science Does and Doesn’t Say About Fight, Flight, Freeze and Fawn",
    "When somebody you love and trust has been through something terrible, and what you might say to them in a year or so",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_of_any_length_stays_in_its_place(title):
    left, top, right, bottom = inked(opened(article_card(title, "")), (0, 110, 1200, 395))
    assert left >= MARGIN - 8
    assert right <= WIDTH - MARGIN + 8
    assert 110 + top >= 125
    assert 110 + bottom <= 393


@pytest.mark.parametrize("title", TITLES[2:])
def test_its_lines_are_about_equally_long(title):
    card = opened(article_card(title, ""))
    _, top, _, bottom = inked(card, (0, 110, 1200, 395))
    third = (bottom - top) // 3
    lines = [
        (0, 110 + top + place * third + 12, 1200, 110 + top + (place + 1) * third - 12)
        for place in range(3)
    ]
    ends = [inked(card, line)[2] for line in lines]
    assert max(ends) - min(ends) < 0.3 * (WIDTH - 2 * MARGIN)


def test_a_title_that_is_too_long_is_cut_short_and_says_so():
    assert article_card("word " * 90, "") == article_card("word " * 80, "")


def test_what_the_face_has_no_letters_for_is_left_out():
    assert article_card("Rest \U0001f331\ufe0f \u202etxet", "") == article_card("Rest txet", "")
    assert article_card("£5 & Café", "") != article_card("5 & Caf", "")


@pytest.mark.parametrize("title", ["", "W" * 120, "word " * 24, "\u4f11\u606f", "\U0001f331"])
def test_no_title_breaks_it(title):
    assert opened(article_card(title, "fawn")).size == (1200, 630)


def test_it_is_small():
    assert max(len(article_card(title, "fawn")) for title in TITLES) < 40_000


def test_the_sites_own_card_shows_all_four():
    card = opened(site_card())
    parts = [
        inked(card, (MARGIN + place * 260, 400, MARGIN + place * 260 + 250, 500))
        for place in range(4)
    ]
    assert all(parts)
    assert card.size == (1200, 630)


# -- its address -----------------------------------------------------------------------------------------------------
def test_an_articles_card_may_be_shown_by_other_sites(client):
    make_article(slug="shown", title="Shown", response="freeze")
    response = client.get("/articles/shown/card.png")
    assert response.content == article_card("Shown", "freeze")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"].startswith("public")
    assert not response.cookies
    assert client.post("/articles/shown/card.png").status_code == 405


def test_its_page_may_not(client):
    make_article(slug="shown")
    assert client.get("/articles/shown/").headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_sites_card_is_there_without_any_content(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/card.png").content == site_card()


def test_a_card_takes_one_query(client, django_assert_num_queries):
    make_article(slug="shown")
    with django_assert_num_queries(1):
        client.get("/articles/shown/card.png")


@pytest.mark.parametrize("state", [Article.State.DRAFT, Article.State.WITHDRAWN])
def test_what_readers_cannot_open_has_no_card(client, state):
    make_article(slug="hidden", state=state, withdrawn_note="Out of date.")
    assert client.get("/articles/hidden/card.png").status_code == 404
    assert client.get("/articles/nowhere/card.png").status_code == 404


# -- what a page says of it ------------------------------------------------------------------------------------------
def tags(document):
    named = [
        (meta.get("property") or meta.get("name"), meta.get("content"))
        for meta in document.iter("meta")
    ]
    found = [
        (name, content) for name, content in named if name and name.startswith(("og:", "twitter:"))
    ]
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def test_an_article_names_its_card_its_size_and_its_words(client, parse, settings):
    make_article(slug="shown", title="“Rest” & <unrest>", description="", standfirst="A line.")
    found = tags(parse(client.get("/articles/shown/")))
    assert found["og:image"] == f"{settings.SITE_URL}/articles/shown/card.png"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert "“Rest” & <unrest>" in found["og:image:alt"]
    assert found["twitter:card"] == "summary_large_image"
    assert (found["og:title"], found["og:description"]) == ("“Rest” & <unrest>", "A line.")
    assert found["og:type"] == "article"
    assert client.get(found["og:image"].removeprefix(settings.SITE_URL)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/articles/", "/quiz/", "/guide/", "/responses/", "/get-help/"]
)
def test_every_other_page_has_the_sites_card(client, content, parse, settings, path):
    found = tags(parse(client.get(path)))
    assert found["og:image"] == f"{settings.SITE_URL}/card.png"
    assert found["twitter:card"] == "summary_large_image"
    assert found["og:url"] == settings.SITE_URL + path


def test_each_of_the_four_responses_has_a_card_of_its_own(client):
    make_response(key="freeze", title="Freeze")
    assert client.get("/responses/freeze/card.png").content == article_card("Freeze", "freeze")
    assert client.get("/responses/fawn/card.png").status_code == 404
    assert client.get("/responses/even-mix/card.png").status_code == 404


def test_no_card_and_no_word_of_one_knows_a_result():
    make_response()
    files = [Path(drawings.__file__), drawings.SOURCE]
    assert not [file for file in files if "quiz" in file.read_text()]
    assert re.search(r"result", drawings.SITE_WORDS, re.IGNORECASE) is None
