from collections import Counter
from itertools import pairwise

import pytest
from django.conf import settings

from quiz.content_files import ContentError, copy, load, read, write
from quiz.models import Option, Question, Quiz, Rating, Version
from quiz.scoring.scoring import RESPONSES, score
from tests.quiz.conftest import FIRST, FIXTURES, NEWEST, bank, example, speaks_for

SHORT, FULL = bank("short"), bank("full")
FORMS = {
    "short": SHORT,
    "full": FULL,
    "first short": bank("short", FIRST),
    "first full": bank("full", FIRST),
}


def put(folder, text, name="short"):
    (folder / "quiz").mkdir(exist_ok=True)
    (folder / "quiz" / f"{name}.toml").write_text(text)
    return folder


QUESTION = """
title = "A quiz"
[[question]]
id = "q01"
stem = "Something happens."
[[question.option]]
text = "I push."
weights = { fight = 3 }
[[question.option]]
text = "I go."
weights = { flight = 2, freeze = 1 }
"""


def test_loading_makes_the_newest_version_of_each_quiz_and_shows_it(quiz):
    assert [str(version) for version in Version.objects.all()] == [
        "The 3-minute quiz, version 2",
        "The longer quiz, version 2",
    ]
    assert {version.state for version in Version.objects.all()} == {"live"}
    assert quiz.released_at
    assert [
        Question.objects.filter(version__quiz__slug=slug).count() for slug in ("short", "full")
    ] == [12, 20]
    assert list(Rating.objects.values_list("key", "reverse")) == [
        ("s1", True),
        ("s2", False),
        ("s3", True),
        ("s4", False),
    ]


def test_loading_again_changes_nothing(quiz):
    Quiz.objects.update(title="Edited")
    before = list(Option.objects.values())
    assert load(settings.CONTENT_DIR) == {"quiz versions": 0}
    assert list(Option.objects.values()) == before
    assert set(Quiz.objects.values_list("title", flat=True)) == {"Edited"}


@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_database_holds_what_the_file_says(quiz, slug):
    version = Version.objects.live().get(quiz__slug=slug)
    for letter in [fixture["id"] for fixture in FIXTURES if fixture["form"] == slug]:
        form, answers, ratings, _ = example(letter)
        assert score(version.definition(), answers, ratings) == score(form, answers, ratings)


@pytest.mark.django_db
def test_options_are_called_by_their_place_and_weigh_what_the_file_says():
    read("short", QUESTION)
    assert [(option.key, option.weights) for option in Option.objects.all()] == [
        ("a", {"fight": 3, "flight": 0, "freeze": 0, "fawn": 0}),
        ("b", {"fight": 0, "flight": 2, "freeze": 1, "fawn": 0}),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "A quiz"', "", "'title' is missing"),
        ('stem = "Something happens."', "", "'stem' is missing"),
        ('stem = "Something happens."', 'stem = ""', "blank"),
        ("{ fight = 3 }", "{ fright = 3 }", "unknown response fright"),
        ("{ fight = 3 }", "{ fight = -3 }", "greater than or equal to 0"),
        ("{ fight = 3 }", '{ fight = "much" }', "integer"),
        ('text = "I push."', 'text = "I push."\nkey = "none"', "can't be called “none”"),
        ('text = "I push."', 'text = "I push."\nkey = "b"', "can't be called “b”"),
        ("[[question]]", "[question", "line"),
    ],
)
def test_a_broken_file_names_itself_and_the_reason_and_leaves_nothing(tmp_path, old, new, says):
    with pytest.raises(ContentError) as error:
        load(put(tmp_path, QUESTION.replace(old, new, 1)))
    assert "short.toml" in str(error.value)
    assert says in str(error.value)
    assert not Quiz.objects.exists()


@pytest.mark.django_db
def test_a_file_that_readers_should_not_see_yet_says_what_to_change_and_leaves_nothing(tmp_path):
    with pytest.raises(ContentError, match=r"q01 has 2 answers\. Give it 4\."):
        load(put(tmp_path, QUESTION))
    assert not Quiz.objects.exists()


@pytest.mark.parametrize("slug", ["short", "full"])
def test_what_is_written_is_the_file_it_was_read_from(quiz, slug):
    version = Version.objects.live().get(quiz__slug=slug)
    assert write(version) == NEWEST[slug].read_text()


@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_first_version_is_still_read_and_written_alike(db, slug):
    assert write(read(slug, FIRST[slug].read_text())) == FIRST[slug].read_text()


def test_reading_what_was_written_gives_the_same_again(quiz):
    draft = copy(quiz)
    draft.note = 'Two words\n"clearer" \\ than before'
    draft.save()
    question = draft.questions.first()
    question.stem = 'A “stem” with "quotes", a \\ and \x7f.'
    question.context = ""
    question.save()
    Option.objects.filter(pk=question.options.first().pk).update(position=9)
    text = write(draft)
    again = read("short", text)
    assert write(again) == text
    assert again.definition() == draft.definition()
    assert [option.key for option in again.questions.first().options.all()] == [
        "b",
        "c",
        "d",
        "e",
        "a",
    ]


def test_a_copy_is_a_draft_with_the_next_number(quiz):
    draft = copy(quiz)
    assert (draft.number, draft.state, draft.definition()) == (3, "draft", quiz.definition())


# -- a newer version of a quiz that readers have already -----------------------------------------------------------


@pytest.fixture
def since_the_first(db, tmp_path):
    """A site that has shown the first version since before there was a second; returns it."""
    for slug, file in FIRST.items():
        load(put(tmp_path, file.read_text(), slug))
    return Version.objects.get(quiz__slug="short")


def test_where_readers_have_a_version_a_newer_one_is_a_draft_for_an_editor(since_the_first, client):
    assert load(settings.CONTENT_DIR) == {"quiz versions": 2}
    states = Version.objects.filter(quiz__slug="short").values_list("number", "state")
    assert list(states) == [(2, "draft"), (1, "live")]
    assert 'name="version" value="1"' in client.get("/quiz/").content.decode()
    assert load(settings.CONTENT_DIR) == {"quiz versions": 0}


def test_once_it_is_released_who_began_on_the_first_is_still_scored_by_it(
    since_the_first, client, texts, text_of, parse
):
    load(settings.CONTENT_DIR)
    for draft in Version.objects.filter(state="draft"):
        draft.release()
    assert 'name="version" value="2"' in client.get("/quiz/").content.decode()
    for number, files in ((1, FIRST), (2, NEWEST)):
        answer = client.post("/quiz/", {"version": number, **example("B", files)[1]})
        assert text_of(parse(answer).find(".//h1")) == "Your answers lean clearly towards freeze"


def test_the_number_of_a_version_is_its_files(tmp_path, db):
    for number in ("1", "2", "10"):
        name = "short" if number == "1" else f"short-v{number}"
        put(tmp_path, NEWEST["short"].read_text(), name)
    load(tmp_path)
    assert [version.number for version in Version.objects.all()] == [10]


def test_how_the_answers_sound_is_no_quiz(tmp_path, db):
    assert load(put(tmp_path, "[q01]\n", "ratings")) == {"quiz versions": 0}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("calm = true", "", "'weights' is missing"),
        ("calm = true", "calm = true\nweights = { fawn = 3 }", "a calm answer gives no points"),
        ("calm = true", 'calm = "maybe"', "True or False"),
    ],
)
def test_a_calm_answer_is_one_or_is_not(tmp_path, db, old, new, says):
    with pytest.raises(ContentError, match=says):
        load(put(tmp_path, NEWEST["short"].read_text().replace(old, new, 1), "short"))
    assert not Quiz.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_no_quiz_of_ours_is_refused(tmp_path):
    with pytest.raises(ContentError, match=r"long\.toml"):
        load(put(tmp_path, QUESTION, "long"))


# -- what must stay true of the bank after any edit -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pure", "mixed", "most"),
    [
        ("short", 11, 1, 35),
        ("full", 18, 2, 58),
        ("first short", 11, 1, 35),
        ("first full", 18, 2, 58),
    ],
)
def test_no_response_has_an_advantage_in_the_key(name, pure, mixed, most):
    form = FORMS[name]
    options = [option for question in form.questions for option in question.weighed]
    for place, response in enumerate(RESPONSES):
        given = Counter(
            option.weights[response] for option in options if response in option.weights
        )
        assert given == {3: pure, 2: mixed, 1: mixed}
        assert sum(question.highest[place] for question in form.questions) == most
    assert {sum(option.weights.values()) for option in options} == {3}
    assert all(
        {speaks_for(option) for option in question.weighed} == set(RESPONSES)
        for question in form.questions
    )


@pytest.mark.parametrize(
    ("name", "often"), [("short", {2, 3}), ("full", {4}), ("first short", {3}), ("first full", {5})]
)
def test_each_response_and_the_calm_answer_stand_equally_often_in_each_place(name, often):
    form = FORMS[name]
    for place, _ in enumerate(form.questions[0].options):
        counted = Counter(speaks_for(question.options[place]) for question in form.questions)
        assert set(counted.values()) == often
        assert len(counted) == len(form.questions[0].options)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_always_choosing_the_same_place_leans_nowhere(form):
    for place in "abcde"[: len(form.questions[0].options)]:
        assert (
            score(form, {question.key: place for question in form.questions}).outcome == "even-mix"
        )


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_key_can_not_be_guessed_from_the_order(form):
    orders = [
        tuple(speaks_for(option) for option in question.options) for question in form.questions
    ]
    assert len(set(orders)) == len(orders)
    turned = sum(one[1:] + one[:1] == two for one, two in pairwise(orders))
    assert turned <= 2  # a rotation would turn every time
    # Whichever stands before another does so about as often as the other way round.
    pairs = Counter(pair for order in orders for pair in pairwise(order))
    assert max(pairs.values()) - min(pairs.values()) <= 3


def test_an_easy_question_comes_first_and_the_one_that_looks_back_last():
    for form in (SHORT, FULL):
        assert (form.questions[0].key, form.questions[-1].key) == ("q01", "q11")
