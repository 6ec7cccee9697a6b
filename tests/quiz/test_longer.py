"""The longer quiz: taken by itself, and gone on to from the 3-minute one with its answers, which nothing keeps."""

import pytest

from articles.models import Response
from quiz.content_files import copy
from quiz.models import Version
from tests.factories import make_response
from tests.quiz.conftest import example
from tests.quiz.test_take import ticked

SHORT_ORDER = ["q01", "q03", "q10", "q05", "q02", "q06", "q08", "q07", "q12", "q04", "q09", "q11"]


@pytest.fixture
def page(quiz, client, parse):
    return parse(client.get("/quiz/longer/"))


@pytest.fixture
def post_longer(quiz, client):
    """Return a function that posts a worked example of the longer form, its ratings included."""

    def post_longer(letter, **over):
        _, answers, ratings, _ = example(letter)
        data = {
            "version": 2,
            **answers,
            **{key: str(value) for key, value in (ratings or {}).items()},
        }
        return client.post("/quiz/longer/", data | over)

    return post_longer


def continue_to_full(client, letter="J", **over):
    return client.post("/quiz/longer/", {"short": 2, **example(letter)[1], **over})


def test_the_page_says_what_it_is_and_asks_all_questions_and_ratings(page, text_of):
    words = text_of(page.find(".//main"))
    assert (
        "It has 20 everyday situations and a few short ratings, and takes about 6 minutes." in words
    )
    assert (
        "Question 24 of 24 My reactions to stress get in the way of things I care about." in words
    )
    groups = page.findall(".//fieldset")
    assert len(groups) == 24
    labels = [text_of(label) for label in groups[-1].iter("label")]
    assert labels == [
        "Not at all like me",
        "A little like me",
        "Somewhat like me",
        "Mostly like me",
        "Very much like me",
        "Skip this one",
    ]
    assert not ticked(page)


def test_the_page_is_the_same_for_everyone_and_posts_to_itself(quiz, client, page):
    assert client.get("/quiz/longer/").headers["Cache-Control"].startswith("public")
    assert [form.get("action") for form in page.findall(".//main//form")] == ["/quiz/longer/"]


@pytest.mark.parametrize(
    ("letter", "heading", "paragraph"),
    [
        ("M", "Your answers lean clearly towards fawn", "hard-going"),
        ("O", "Your answers are spread across several patterns", "settles"),
        ("P", "Your answers lean a little towards flight, with some freeze", "noticeable"),
    ],
)
def test_the_result_says_how_stress_settles(
    post_longer, texts, parse, text_of, letter, heading, paragraph
):
    document = parse(post_longer(letter))
    assert text_of(document.find(".//h1")) == heading
    words = text_of(document.find(".//main"))
    assert f"The text about steadiness-{paragraph}." in words
    assert words.count("The text about steadiness") == 1


def test_the_headings_of_that_text_step_back_into_their_section(post_longer, texts, parse, text_of):
    tonight, settles = (
        "## What can help tonight\n\nA lamp.",
        "## How stress settles\n\nIt takes a while.",
    )
    Response.objects.get(key="fawn").delete()
    make_response(key="fawn", title="Fawn", body=f"{tonight}\n\n## What it protects\n\nThe bond.")
    hard = Response.objects.get(key="steadiness-hard-going")
    hard.body = f"{tonight}\n\n{settles}"
    hard.save()
    document = parse(post_longer("M"))
    headings = [
        (heading.tag, text_of(heading))
        for heading in document.find(".//main").iter()
        if heading.tag in {"h2", "h3"}
    ]
    assert [tag for tag, text in headings if text == "How stress settles"] == ["h2"]
    assert [tag for tag, text in headings if text == "What can help tonight"] == ["h2", "h3"]
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_contradicting_or_missing_ratings_bring_no_paragraph(post_longer, texts, parse, text_of):
    for response in (post_longer("N"), post_longer("M", s1=""), post_longer("M", s1="skip")):
        assert "How stress settles" not in text_of(parse(response).find(".//main"))


def test_the_ratings_never_change_the_pattern(post_longer, texts, parse, text_of):
    headings = {
        text_of(parse(post_longer("M", s1=s1, s2=s2)).find(".//h1")) for s1 in "04" for s2 in "04"
    }
    assert len(headings) == 1


@pytest.mark.parametrize("value", ["5", "-1", "a", "none", "١", "03"])
def test_a_rating_that_can_not_be_read_is_asked_for_again(post_longer, parse, text_of, value):
    response = post_longer("M", s3=value)
    assert response.status_code == 400
    document = parse(response)
    assert "#s3" in {link.get("href") for link in document.findall(".//div[@class='doubts']//a")}
    assert len(ticked(document)) == 23


def test_change_my_answers_brings_the_ratings_too(post_longer, parse):
    document = parse(post_longer("M", change=1))
    assert ticked(document)["s2"] == "4"
    assert len(ticked(document)) == 24


def test_the_longer_result_does_not_offer_itself(post_longer, texts, parse):
    document = parse(post_longer("M"))
    assert not [
        form
        for form in document.findall(".//form")
        if form.find(".//input[@name='short']") is not None
    ]
    assert {form.get("action") for form in document.findall(".//main//form")} == {
        "/quiz/longer/",
        "/newsletter/subscribe/",
    }


# -- going on from the short one -----------------------------------------------------------------------------------


def test_the_short_result_offers_it_and_carries_the_answers(post, texts, parse, text_of):
    [form] = [
        form
        for form in parse(post("J")).findall(".//form")
        if form.find(".//input[@name='short']") is not None
    ]
    fields = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert fields == {"short": "2", **example("J")[1]}
    assert (form.get("method"), form.get("action")) == ("post", "/quiz/longer/")
    assert text_of(form.find(".//button")) == "Go on to the longer quiz"


def test_an_incomplete_result_leads_back_and_not_on(post, texts, parse):
    assert not parse(post("F")).findall(".//input[@name='short']")


def test_it_asks_what_is_left_first_and_keeps_the_twelve_ticked(quiz, client, parse, text_of):
    response = continue_to_full(client)
    document = parse(response)
    assert ticked(document) == example("J")[1]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    names = [group.find(".//input").get("name") for group in document.findall(".//fieldset")]
    assert len(names) == len(set(names)) == 24
    assert set(names[:8]) == {f"q{number}" for number in range(13, 21)}
    assert names[8:12] == ["s1", "s2", "s3", "s4"]
    kept = document.find(".//details")
    assert {group.find(".//input").get("name") for group in kept.iter("fieldset")} == set(
        SHORT_ORDER
    )
    assert "Question 12 of 12" in text_of(document.find(".//main"))
    assert "12 of your answers are ticked already. 12 questions are left" in text_of(
        document.find(".//main")
    )


def test_the_ticks_mean_the_same_answers(quiz, client, parse, text_of):
    document = parse(continue_to_full(client))
    words = {
        radio.get("name"): text_of(label)
        for label in document.iter("label")
        if (radio := label.find("input")) is not None and "checked" in radio.attrib
    }
    options = {question.key: question.options for question in quiz.questions.all()}
    assert words == {
        key: options[key].get(key=value).text for key, value in example("J")[1].items()
    }


def test_none_and_skip_are_kept_and_silence_is_asked_again(quiz, client, parse):
    answers = {"q01": "none", "q02": "skip", "q03": "a"}
    document = parse(client.post("/quiz/longer/", {"short": 2, **answers}))
    assert ticked(document) == answers
    assert len(document.findall(".//details//fieldset")) == 3


def test_answers_are_found_by_their_words_and_left_open_where_those_changed(quiz, client, parse):
    draft = copy(Version.objects.live().get(quiz__slug="full"))
    renamed, reworded = (draft.questions.get(key=key).options.first() for key in ("q01", "q02"))
    renamed.key = "x"
    renamed.save()
    reworded.text = "I say something kind to each of them in turn."
    reworded.save()
    draft.questions.filter(key="q03").update(stem="A friend takes long to answer.")
    draft.release()
    told = ticked(
        parse(
            client.post(
                "/quiz/longer/", {"short": 2, "q01": "a", "q02": "a", "q03": "a", "q04": "a"}
            )
        )
    )
    assert told == {"q01": "x", "q04": "a"}


@pytest.mark.parametrize("short", ["", "9", "abc", "-1"])
def test_an_unknown_short_version_opens_the_longer_quiz_with_nothing_ticked(
    quiz, client, parse, short
):
    response = client.post("/quiz/longer/", {"short": short, "q01": "a"})
    assert response.status_code == 200
    assert not ticked(parse(response))


def test_nonsense_among_the_carried_answers_is_left_out(quiz, client, parse):
    document = parse(continue_to_full(client, q05=["a", "b"], q06="zz", s1="3"))
    assert set(ticked(document)) == set(SHORT_ORDER) - {"q05", "q06"}


def test_without_a_live_longer_quiz_it_is_neither_there_nor_offered(
    quiz, client, post, texts, parse
):
    Version.objects.live().get(quiz__slug="full").retire()
    assert client.get("/quiz/longer/").status_code == 404
    assert continue_to_full(client).status_code == 404
    assert not parse(post("A")).findall(".//input[@name='short']")
    assert "/quiz/longer/" not in {
        link.get("href") for link in parse(client.get("/quiz/")).iter("a")
    }


def test_a_post_from_another_site_is_refused(quiz, client):
    assert (
        client.post(
            "/quiz/longer/", {"short": 2}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )


def test_what_was_answered_before_stands_without_a_number(quiz, client):
    page = continue_to_full(client).content.decode()
    assert "Question 1 of" in page
    numbered = page.count("Question ") - page.count("Question 1 of 0")
    assert numbered == page.count("data-number")
    assert page.count("<fieldset") > page.count("data-number")
