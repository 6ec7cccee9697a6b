"""The result page: what it says for each outcome. (That nothing of it stays anywhere: test_no_trace.py.)"""

from urllib.parse import quote

import pytest

from articles.models import Response
from quiz.models import Version
from quiz.scoring.scoring import RESPONSES
from tests.quiz.conftest import example
from trustsite.web.serving.fragments import used


@pytest.fixture
def read(post, texts, parse, text_of):
    """Return a function that takes a worked example and gives the result page and its words."""

    def read(letter, **over):
        document = parse(post(letter, **over))
        return document, text_of(document.find(".//main"))

    return read


HEADINGS = {
    "A": "Your answers lean clearly towards fight",
    "B": "Your answers lean clearly towards freeze",
    "C": "Your answers point to two patterns: flight and fawn",
    "D": "Your answers are spread across several patterns",
    "E": "No strong pattern showed up",
    "F": "Not quite enough answers yet",
    "H": "Your answers lean a little towards fight, with some flight",
    "K": "Your answers lean a little towards flight",
    "C1": "Your answers are mostly calm",
}


@pytest.mark.parametrize(("letter", "heading"), HEADINGS.items())
def test_the_heading_says_what_the_answers_lean_to(read, text_of, letter, heading):
    document, _ = read(letter)
    [title] = document.findall(".//h1")
    assert text_of(title) == heading


@pytest.mark.parametrize("letter", HEADINGS)
def test_the_title_and_the_head_never_tell_the_result(read, text_of, letter):
    document, _ = read(letter)
    assert text_of(document.find(".//title")) == "Your result · What’s My Trauma Response"
    for meta in document.findall(".//head/meta"):
        assert not any(f"towards {response}" in meta.get("content", "") for response in RESPONSES)
    assert document.find(".//link[@rel='canonical']") is None
    assert document.find(".//meta[@name='robots']").get("content") == "noindex"


def test_one_response_brings_its_warm_line_its_text_and_its_articles(read):
    _, words = read("B")
    for said in ("Warm words about freeze.", "The text about freeze.", "More about freeze"):
        assert said in words
    assert "The text about fight" not in words


def test_a_second_response_brings_the_words_about_the_pair(read, text_of):
    document, words = read("H")
    assert "With some flight" in [text_of(heading) for heading in document.findall(".//h2")]
    assert "In short: fight-flight." in words
    assert "The text about fight-flight." not in words
    assert "With some" not in read("A")[1]


def test_a_blend_brings_its_own_words_and_leads_to_both(read):
    document, words = read("C")
    assert "The text about flight-fawn." in words
    assert "Warm words about flight-fawn. Neither comes first." in words
    links = [link.get("href") for link in document.findall(".//main//a")]
    assert (
        links.index("/responses/flight/")
        < links.index("/responses/fawn/")
        < links.index("/responses/")
    )


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ("D", "All four came out close together"),
        ("I", "Fight, flight and freeze came out close together"),
    ],
)
def test_an_even_mix_names_the_responses_that_are_close(read, letter, said):
    _, words = read(letter)
    assert said in words
    assert "The text about even-mix." in words


@pytest.mark.parametrize(
    ("letter", "key"),
    [("E", "low-signal"), ("F", "incomplete"), ("C1", "mostly-calm"), ("C5", "mostly-calm")],
)
def test_too_little_to_go_on_shows_no_figures(read, letter, key):
    document, words = read(letter)
    assert f"The text about {key}." in words
    assert f"Warm words about {key}." in words
    assert "%" not in words
    assert not document.findall(".//{*}rect")


def test_nothing_answered_gets_the_kind_page_with_the_form_one_click_away(
    quiz, client, texts, parse, text_of
):
    response = client.post("/quiz/", {"version": 2})
    document = parse(response)
    assert response.status_code == 200
    assert text_of(document.find(".//h1")) == "Not quite enough answers yet"
    assert "Carry on" in [text_of(button) for button in document.findall(".//main//button")]


@pytest.mark.parametrize(
    ("letter", "rows"),
    [
        ("B", ["Freeze 64%", "Fawn 19%", "Flight 11%", "Fight 6%"]),
        ("H", ["Fight 50%", "Flight 33%", "Freeze 8%", "Fawn 8%"]),
        ("K", ["Flight 100%", "Fight 0%", "Freeze 0%", "Fawn 0%"]),
    ],
)
def test_all_four_shares_are_shown_with_label_bar_and_figure(read, text_of, letter, rows):
    document, words = read(letter)
    shown = [
        row for row in document.findall(".//main//li") if row.find("{*}svg/{*}rect") is not None
    ]
    assert [text_of(row) for row in shown] == rows
    for row, text in zip(shown, rows, strict=True):
        share = row.findall("{*}svg/{*}rect")[1]
        assert f"{share.get('width')}%" == text.split()[-1]
    assert "Figures are rounded." in words
    assert "This ranks your own answers against each other." in words


def test_few_answers_are_said_to_be_few(read):
    assert "This rests on only 6 answers, so hold it loosely." in read("K")[1]
    assert "hold it loosely" not in read("A")[1]


@pytest.mark.parametrize("letter", HEADINGS)
def test_every_result_says_its_limits_and_where_help_is(read, letter):
    document, words = read(letter)
    assert "isn’t a diagnosis" in words
    assert "No study has tested" in words
    assert document.find(".//main//aside[@aria-label='Help']//a").get("href") == "/get-help/"
    links = {link.get("href") for link in document.findall(".//main//a")}
    assert {f"/responses/{response}/" for response in RESPONSES} <= links
    assert "/responses/" in links


@pytest.mark.parametrize("letter", HEADINGS)
def test_no_result_advertises_or_leads_off_the_site(read, letter):
    document, words = read(letter)
    assert not [link for link in document.iter("a") if "sponsored" in link.get("rel", "")]
    assert not [
        link
        for link in document.findall(".//main//a")
        if not link.get("href").startswith(("/", "#", "mailto:?subject="))
    ]
    assert "affiliate" not in words.lower()
    sources = [element.get("src") for element in document.iter() if element.get("src")]
    assert all(source.startswith("/static/") for source in sources)


@pytest.mark.parametrize("letter", HEADINGS)
def test_what_is_passed_on_is_a_page_of_ours_and_says_nothing_of_the_answers(
    read, letter, settings
):
    document, _ = read(letter)
    outcome = example(letter)[3]
    alone = outcome["types"][0] if outcome["outcome"] == "primary" else ""
    path = f"/responses/{alone}/" if alone else "/responses/"
    title = alone.capitalize() or "The four responses"
    address = settings.SITE_URL + path
    mails = [link.get("href") for link in document.findall(".//main//a[@href]")]
    assert [mail for mail in mails if mail.startswith("mailto:")] == [
        f"mailto:?subject={quote(title)}&body={quote(address)}"
    ]
    for button in document.findall(".//main//button[@data-address]"):
        assert button.get("data-address") == address
        assert button.get("data-title", title) == title


def test_the_guide_is_offered_after_the_result_and_the_help(read):
    document, _ = read("A")
    main = list(document.find(".//main").iter())
    help_panel = next(
        place for place, element in enumerate(main) if element.get("aria-label") == "Help"
    )
    emails = [place for place, element in enumerate(main) if element.get("type") == "email"]
    assert emails
    assert min(emails) > help_panel
    for place in emails:
        assert not main[place].get("value")
        assert "autofocus" not in main[place].attrib


def test_nothing_of_the_result_can_leave_with_the_guide_form(read):
    document, _ = read("A")
    [form] = [
        form
        for form in document.findall(".//main//form")
        if form.find(".//input[@type='email']") is not None
    ]
    assert not [field for field in form.iter("input") if field.get("name", "").startswith("q0")]
    assert all(response not in "".join(form.itertext()).lower() for response in RESPONSES)


def test_change_my_answers_carries_the_answers_and_nothing_else(read):
    document, _ = read("E")
    [form] = [
        form
        for form in document.findall(".//form")
        if form.find(".//input[@name='change']") is not None
    ]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert fields == {"version": "2", "change": "1", **example("E")[1]}
    assert (form.get("method"), form.get("action")) == ("post", "/quiz/")


@pytest.mark.parametrize("letter", HEADINGS)
def test_clearing_comes_last_and_asks_once_without_a_script(read, text_of, letter):
    document, _ = read(letter)
    asked = list(document.find(".//main").iter())[-4:]
    assert [element.tag for element in asked] == ["details", "summary", "p", "a"]
    details, summary, _, link = asked
    assert (text_of(summary), details.get("open")) == ("Clear my result", None)
    assert (link.get("href"), link.get("target")) == ("/quiz/", "_self")


@pytest.mark.parametrize("letter", HEADINGS)
def test_links_open_beside_a_result_but_for_leaving_and_what_goes_on_from_it(read, letter):
    document, _ = read(letter)
    assert document.find(".//head/base").get("target") == "_blank"
    here = [element for element in document.iter() if element.get("target") == "_self"]
    assert {link.get("action") or link.get("href") for link in here} <= {
        *("#main", "/quiz/", "/quiz/longer/"),
        document.find(".//a[@data-leave]").get("href"),
    }
    for form in document.findall(".//main//form"):
        goes_on = form.find(".//input[@name='q01']") is not None
        assert (form.get("target") == "_self") == goes_on


def test_a_link_to_a_place_in_the_same_text_stays_there(quiz, client, texts, parse):
    text = Response.objects.get(key="fight")
    text.body = "## Strengths\n\nSee [costs](#costs).\n\n## Costs\n\nSome."
    text.save()
    document = parse(client.post("/quiz/", {"version": quiz.number, **example("A")[1]}))
    assert document.find(".//main//a[@href='#costs']").get("target") == "_self"


FULL = [
    "What can help tonight",
    "What it protects",
    "How it can show up",
    "Strengths",
    "Costs",
    "First steps",
    "When to seek help",
]


def test_every_outcome_is_as_full_as_a_single_one_and_opens_with_tonight(
    content, client, parse, text_of
):
    newest = Version.objects.live().get(quiz__slug="short").number
    for letter in HEADINGS:
        document = parse(client.post("/quiz/", {"version": newest, **example(letter)[1]}))
        headings = [text_of(heading) for heading in document.findall(".//main//h2")]
        opening = headings.index(FULL[0])
        assert headings[:opening] in ([], ["Your pattern"])
        assert headings[opening : opening + len(FULL)] == FULL
        assert len(document.findall(".//main//section[@aria-labelledby='tonight']//li/strong")) == 3
        assert len(headings) == len(set(headings))


def test_without_its_text_a_result_still_says_what_it_is(post, parse, text_of):
    document = parse(post("C"))
    assert text_of(document.find(".//h1")) == HEADINGS["C"]
    assert document.find(".//main//section[@aria-labelledby='tonight']") is None


@pytest.mark.parametrize("letter", HEADINGS)
def test_no_style_or_script_stands_in_the_page(read, letter):
    document, _ = read(letter)
    for element in document.iter():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]
    assert not [script for script in document.iter("script") if script.text]


def test_the_same_answers_always_give_the_same_page(post, texts):
    assert post("H").content == post("H").content


def test_a_result_asks_the_database_nothing_that_it_knows(
    post, texts, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):  # where nothing is remembered
        post("H")
    with used():  # as in the web server
        post("H")
        with django_assert_num_queries(0):
            post("H")


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ("A", "Five of your answers would have to be different to show another result."),
        ("C", "One different answer could have shown"),
        ("H", "could have shown a blend of two patterns"),
    ],
)
def test_it_says_how_many_answers_would_change_it(read, letter, said):
    assert said in read(letter)[1]


@pytest.mark.parametrize(
    ("letter", "said"),
    [("C10", "4 of your answers were calm ones. They give no points."), ("A", "")],
)
def test_calm_answers_beside_a_pattern_are_counted_in_sight(read, letter, said):
    words = read(letter)[1]
    assert said in words
    assert ("calm one" in words) == bool(said)


@pytest.mark.parametrize("letter", ["E", "F", "C1"])
def test_without_figures_nothing_is_said_about_how_firm_it_is(read, letter):
    words = read(letter)[1]
    assert "could have shown" not in words
    assert "would have to be different" not in words


def test_it_leads_to_how_the_quiz_works(read):
    for letter in HEADINGS:
        assert "/quiz/method/" in {
            link.get("href") for link in read(letter)[0].findall(".//main//a")
        }
