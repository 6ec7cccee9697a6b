"""What paper shows: the words, their sources and addresses; nothing to press, fill in or buy."""

import io
import re

import pytest
from pypdf import PdfReader

ARTICLE = "/articles/childhood-emotional-neglect/"  # it has an offer, a note, sources, an invitation and a sign-up
PRESSED = "button, input, label, .button, .leave, nav, .invite, .offer, .rail, .search, .guide-sign-up, .cards, .share"


@pytest.fixture
def paper(visit):
    """Return a function that opens a page as paper shows it, for a reader who likes dark screens."""

    def paper(path, **options):
        page = visit(color_scheme="dark", **options).new_page()
        page.goto(path)
        page.emulate_media(media="print")
        return page

    return paper


def seen(page, selector):
    """Return the words of the elements that are on the paper."""
    return page.eval_on_selector_all(
        selector,
        "all => all.filter(e => e.checkVisibility()).map(e => e.textContent.trim().replace(/\\s+/g, ' '))",
    )


def words_on_paper(page):
    """Return the words of the page's PDF."""
    reader = PdfReader(io.BytesIO(page.pdf(format="A4")))
    return " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split()), len(
        reader.pages
    )


def result(page):
    page.get_by_role("link", name="Start the quiz").click()
    for number in range(1, 13):
        page.locator("form fieldset:visible label").first.click()
        page.get_by_role("button", name="Continue" if number < 12 else "See my result").click()
    page.wait_for_selector("#shares")


def test_an_article_is_its_text_its_sources_and_its_address(site, paper):
    page = paper(ARTICLE)
    assert seen(page, "h1") == ["Childhood emotional neglect: signs, effects, what helps"]
    assert len(seen(page, ".prose h2")) == 5
    assert seen(page, ".sources li")
    assert seen(page, ".help-panel")
    assert seen(page, PRESSED) == []
    words, _ = words_on_paper(page)
    assert f"{site.url}{ARTICLE}" in words.replace(" ", "") or f"{site.url}{ARTICLE}" in words
    assert "https://doi.org/" in words.replace(" ", "")
    for gone in (
        "Ad · affiliate link",
        "one advert",
        "Take the free quiz",
        "Related Articles",
        "E-mail address",
        "skip to",
    ):
        assert gone not in words, gone


def test_the_way_back_from_a_source_is_no_use_on_paper(paper):
    page = paper(ARTICLE)
    assert seen(page, ".sources a[href^='#']") == []
    page.emulate_media(media="screen")
    assert seen(page, ".sources a[href^='#']") != []


def test_the_helplines_are_on_paper_with_their_numbers(paper):
    page = paper("/get-help/")
    assert (
        seen(page, ".helpline__numbers a")
        == page.locator(".helpline__numbers a").all_text_contents()
    )
    assert seen(page, PRESSED.replace(".button, ", "")) == []
    size = page.eval_on_selector(
        ".helpline__numbers a", "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert size >= 12 * 96 / 72
    words, sheets = words_on_paper(page)
    for number in (
        "999",
        "112",
        "911",
        "000",
        "116 123",
        "Text SHOUT to 85258",
        "13 11 14",
        "1800 247 247",
    ):
        assert number in words, number
    assert re.search(r"https://www\.samaritans\.org", words.replace(" ", ""))
    assert sheets <= 8


def test_a_result_is_its_figures_its_words_and_help(visit):
    page = visit(color_scheme="dark").new_page()
    page.goto("/quiz/")
    result(page)
    page.emulate_media(media="print")
    assert seen(page, ".bars__name")
    assert seen(page, ".help-panel")
    assert seen(page, PRESSED) == []
    words, sheets = words_on_paper(page)
    assert "isn’t a diagnosis" in words
    assert "%" in words
    assert "Get help now" in words
    assert sheets <= 2


def test_a_search_of_somebody_in_danger_prints_the_lines_of_every_country(paper):
    words, _ = words_on_paper(paper("/search/?q=he+hits+me"))
    for number in ("0808 2000 247", "1800 341 900", "1-800-799-7233", "1800 737 732"):
        assert number in words, number


@pytest.mark.parametrize(
    ("path", "most"), [("/articles/", 3), ("/tools/ground/", 1), ("/tools/then-or-now/", 1)]
)
def test_lists_and_tools_fill_few_sheets_and_say_where_to_read_on(site, paper, path, most):
    page = paper(path)
    assert seen(page, PRESSED) == []
    words, sheets = words_on_paper(page)
    assert sheets <= most
    assert f"{site.url}{path}" in words.replace(" ", "")
    assert (
        "/articles/hypervigilance/" if path == "/articles/" else "/tools/feet-and-floor/"
    ) in words


@pytest.mark.parametrize("path", [ARTICLE, "/get-help/", "/responses/fawn/", "/privacy/"])
def test_paper_is_light_whatever_the_screen_is(paper, path):
    page = paper(path)
    colours = page.evaluate(
        "['body', 'h1', '.helpline__numbers a'].map(s => document.querySelector(s)).filter(Boolean)"
        ".map(e => getComputedStyle(e)).map((s, i) => i ? s.color : s.backgroundColor)"
    )
    ground, *inks = colours
    assert ground == "rgba(0, 0, 0, 0)"
    for ink in inks:
        assert all(int(part) < 130 for part in re.findall(r"\d+", ink)[:3]), ink
