"""Taking the quiz: the page with its form, and every post that isn't answered by a result (those: test_result.py)."""

import pytest

from quiz.content_files import copy
from quiz.models import Version
from quiz.scoring.scoring import RESPONSES
from tests.quiz.conftest import example


def radios(document, question):
    return document.findall(f".//input[@type='radio'][@name='{question}']")


def ticked(document):
    return {
        radio.get("name"): radio.get("value")
        for radio in document.findall(".//input[@type='radio']")
        if "checked" in radio.attrib
    }


def forms(document):
    return [form for form in document.findall(".//form") if form.get("action") == "/quiz/"]


@pytest.fixture
def page(quiz, client, parse):
    return parse(client.get("/quiz/"))


def test_the_page_says_what_the_quiz_is_before_the_first_question(page, text_of):
    words = text_of(page.find(".//main")).partition("Question 1 of 12")[0]
    for said in (
        "This quiz is for reflection. It isn’t a medical test and it can’t tell you whether you’ve been through trauma.",
        "It has 12 everyday situations and takes about 3 minutes. You can skip any question.",
        "Your answers are scored and forgotten. It’s written for adults (18 and over).",
        "No study has tested this quiz",
        "Get help now",
    ):
        assert said in words


def test_the_page_has_one_form_that_posts_to_itself(page):
    [form] = forms(page)
    assert form.get("method") == "post"
    assert "autocomplete" not in form.attrib  # the browser keeps it; the script says until when
    assert form.find(".//input[@name='version']").get("value") == "2"
    assert form.find(".//button[@type='submit']").text == "See my result"


def test_each_question_is_a_group_of_radios_under_its_situation(page, text_of, quiz):
    groups = page.findall(".//fieldset")
    assert len(groups) == 12
    for number, (group, question) in enumerate(
        zip(groups, quiz.questions.all(), strict=True), start=1
    ):
        assert text_of(group.find("legend")) == f"Question {number} of 12 {question.stem}"
        labels = [label for label in group.iter("label") if label.find("input") is not None]
        assert [text_of(label) for label in labels] == [
            *(option.text for option in question.options.all()),
            "None of these fits me",
            "Skip this one",
        ]
        assert {label.find("input").get("name") for label in labels} == {question.key}


def test_nothing_is_ticked_beforehand_and_no_answer_is_required(page):
    assert not ticked(page)
    [form] = forms(page)
    assert not [control for control in form.iter() if "required" in control.attrib]


def test_the_key_is_not_in_the_page(page):
    values = {radio.get("value") for radio in page.findall(".//input[@type='radio']")}
    assert values == {"a", "b", "c", "d", "e", "none", "skip"}
    form = forms(page)[0]
    named = {value for element in form.iter() for value in element.attrib.values()}
    assert not named & set(RESPONSES)


def test_one_calm_line_stands_halfway(page, text_of):
    words = text_of(forms(page)[0])
    assert (
        words.index("Question 7 of 12")
        < words.index("Halfway. Take a breath if you’d like one.")
        < words.index("Question 8")
    )


def test_descriptions_point_at_something(page):
    ids = {element.get("id") for element in page.iter()}
    for element in page.iter():
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(element.get(name, "").split()) <= ids


def test_the_page_is_the_same_for_everyone(quiz, client):
    response = client.get("/quiz/")
    assert response.headers["Cache-Control"].startswith("public")
    assert "Cookie" not in response.headers.get("Vary", "")
    assert not response.cookies
    assert client.get("/quiz/").content == response.content


def test_the_page_asks_the_database_little(quiz, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get("/quiz/")
    with django_assert_max_num_queries(3):  # its questions are in memory now
        client.get("/quiz/")


@pytest.mark.django_db
def test_without_a_live_quiz_the_page_says_so_for_now(client, parse, text_of):
    response = client.get("/quiz/")
    assert response.status_code == 503
    assert "no-store" in response.headers["Cache-Control"]
    main = parse(response).find(".//main")
    assert text_of(main.find(".//h1")) == "There is no quiz here for now"
    assert main.find(".//a[@href='/get-help/']") is not None
    assert forms(main) == []


def test_other_methods_are_refused(quiz, client):
    assert client.put("/quiz/").status_code == 405
    assert client.delete("/quiz/").status_code == 405


# -- changing answers ----------------------------------------------------------------------------------------------


def test_change_shows_the_form_with_the_same_answers_ticked(post, parse, text_of):
    response = post("E", change=1)
    document = parse(response)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert text_of(document.find(".//h1")) == "Change your answers"
    assert ticked(document) == example("E")[1]


def test_a_skipped_question_stays_skipped(post, parse):
    assert ticked(parse(post("F", change=1)))["q12"] == "skip"


# -- what no form of ours sends ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "f",
        "A",
        "1",
        "-1",
        "١",
        "aa",
        "fight",
        "a ",
        "\x00",
        "q02",
        "<b>",
        ["a", "b"],
        ["a", "none"],
    ],
)
def test_an_answer_that_can_not_be_read_is_asked_for_again_and_the_others_are_kept(
    post, parse, text_of, value
):
    response = post("A", q05=value)
    document = parse(response)
    assert response.status_code == 400
    assert text_of(document.find(".//h1")) == "Some answers didn’t reach us"
    assert ticked(document) == {
        key: answer for key, answer in example("A")[1].items() if key != "q05"
    }
    [link] = [
        link
        for link in document.findall(".//div[@class='doubts']//a")
        if link.get("href") == "#q05"
    ]
    assert document.find(".//h2[@id='q05']") is not None
    assert "Question 4" in text_of(link)


def test_the_same_answer_twice_is_one_answer(post):
    answer = example("A")[1]["q05"]
    assert post("A", q05=[answer, answer]).status_code == 200


@pytest.mark.parametrize(
    "field", ["q13", "q99", "fight", "email", "s1", "", "Q01", "csrfmiddlewaretoken"]
)
def test_fields_that_the_form_does_not_have_are_left_alone(post, field):
    assert post("A", **{field: "a"}).content == post("A").content


@pytest.mark.parametrize(
    "version", ["", "1", "3", "0", "-1", "1.0", "١", "99999999999", "abc", "1 OR 1"]
)
def test_an_unknown_version_gets_a_kind_page_with_a_way_on(post, parse, text_of, version):
    response = post("A", version=version)
    document = parse(response)
    assert response.status_code == 400
    assert text_of(document.find(".//h1")) == "The questions have changed"
    assert "/quiz/" in {link.get("href") for link in document.findall(".//main//a")}


def test_a_draft_can_not_be_taken(quiz, post):
    Version.objects.create(quiz=quiz.quiz, number=3)
    assert post("A", version=3).status_code == 400


def test_who_began_before_a_new_version_is_scored_by_the_old_one(quiz, post, parse, text_of):
    before = text_of(parse(post("A")).find(".//main"))
    new = copy(quiz)
    new.questions.filter(key="q01").update(stem="Something else.")
    new.release()
    assert text_of(parse(post("A")).find(".//main")) == before
    assert ticked(parse(post("A", change=1))) == example("A")[1]


def test_the_longer_quiz_is_not_taken_here(quiz, post):
    assert {version.quiz.slug for version in Version.objects.live()} == {"short", "full"}
    assert post("A", q13="a").content == post("A").content


def test_a_body_that_is_far_too_long_is_refused_unread(quiz, client, parse, text_of):
    response = client.post("/quiz/", {"version": 2, "q01": "a" * 70_000})
    assert response.status_code == 413
    assert "/quiz/" in {link.get("href") for link in parse(response).findall(".//main//a")}


def test_too_many_fields_get_a_kind_page(quiz, client, parse, text_of):
    body = "&".join(["version=1", *(f"x{number}=1" for number in range(1_500))])
    response = client.post("/quiz/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert text_of(parse(response).find(".//h1")) == "We couldn’t read that"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("--", "multipart/form-data"),
        ("broken", "multipart/form-data; boundary=x"),
        ("version=1&q01=a", "application/x-www-form-urlencoded; charset=utf-16"),
        ("{}", "application/json"),
        ("%ff%fe=%00&version=1%00", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_form_gets_a_kind_page(quiz, client, body, kind):
    assert client.post("/quiz/", body, content_type=kind).status_code == 400


def test_a_post_from_another_site_is_refused(quiz, client):
    data = {"version": 2, **example("A")[1]}
    assert client.post("/quiz/", data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (
        client.post("/quiz/", data, headers={"Origin": "https://elsewhere.example"}).status_code
        == 403
    )
    assert client.post("/quiz/", data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_no_csrf_cookie_is_needed_or_set(quiz):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post("/quiz/", {"version": 2, **example("A")[1]})
    assert response.status_code == 200
    assert not response.cookies
